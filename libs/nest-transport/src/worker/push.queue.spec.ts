import { jest } from '@jest/globals';
import type { Frames } from '../packet/frames.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns } from '../testing/turns.js';
import { type PushOutlet, PushQueue } from './push.queue.js';

/** Takes as many messages as it was allowed. */
class FakeOutlet implements PushOutlet {
  readonly taken: string[] = [];
  waits = 0;
  #room = 0;
  #waiting: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  allow(count: number): void {
    this.#room += count;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  trySend([name]: Frames): boolean {
    if (this.#room === 0) return false;
    this.#room--;
    this.taken.push(String(name));
    return true;
  }

  untilWritable({ signal }: { signal: AbortSignal }): Promise<void> {
    this.waits++;
    if (this.#room > 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}

function queueOn(clock = new ManualClock()) {
  const outlet = new FakeOutlet();
  let sent = 0;
  const queue = new PushQueue(clock, () => sent++);
  queue.open(outlet);
  const outcomes: string[] = [];
  const add = (name: string, more: Partial<Parameters<PushQueue['add']>[0]> = {}) => {
    queue.add({ frames: () => [name], ...more }).then(
      () => outcomes.push(`${name}: sent`),
      (error: Error) => outcomes.push(`${name}: ${error.message}`),
    );
  };
  return { clock, outlet, queue, outcomes, add, sent: () => sent };
}

describe('PushQueue', () => {
  it('sends in the order of the calls, as room comes', async () => {
    const { outlet, queue, outcomes, add, sent } = queueOn();
    for (const name of ['a', 'b', 'c', 'd']) add(name);
    await turns();
    expect(queue.length).toBe(4);
    outlet.allow(2);
    await turns();
    expect(outlet.taken).toEqual(['a', 'b']);
    outlet.allow(5);
    await turns();
    add('e');
    await turns();
    expect(outcomes).toEqual(['a: sent', 'b: sent', 'c: sent', 'd: sent', 'e: sent']);
    expect(sent()).toBe(5);
    expect(queue.length).toBe(0);
  });

  it('keeps what comes before it has an outlet', async () => {
    const queue = new PushQueue(new ManualClock(), () => {});
    const outlet = new FakeOutlet();
    outlet.allow(1);
    const push = queue.add({ frames: () => ['early'] });
    await turns();
    queue.open(outlet);
    await push;
    expect(outlet.taken).toEqual(['early']);
  });

  it('takes one out of the middle when its signal aborts', async () => {
    const { outlet, outcomes, add } = queueOn();
    const controller = new AbortController();
    add('a');
    add('b', { signal: controller.signal });
    add('c');
    controller.abort(new Error('no longer wanted'));
    await turns();
    outlet.allow(3);
    await turns();
    expect(outcomes).toEqual(['b: no longer wanted', 'a: sent', 'c: sent']);
    expect(outlet.taken).toEqual(['a', 'c']);
  });

  it('lets many share one signal', async () => {
    const { outlet, outcomes, add } = queueOn();
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = jest.spyOn(signal, 'addEventListener');
    for (let i = 0; i < 20; i++) add(`${i}`, { signal });
    outlet.allow(1);
    await turns();
    controller.abort(new Error('no'));
    await turns();
    expect(outcomes[0]).toBe('0: sent');
    expect(outcomes.slice(1)).toEqual(Array.from({ length: 19 }, (_, i) => `${i + 1}: no`));
    expect(listeners).toHaveBeenCalledTimes(1);
  });

  it('does not queue what is aborted already', async () => {
    const { queue, outcomes, add } = queueOn();
    add('a', { signal: AbortSignal.abort(new Error('too late')) });
    await turns();
    expect(queue.length).toBe(0);
    expect(outcomes).toEqual(['a: too late']);
  });

  it('gives up at the expiry, and leaves no timer behind when sent earlier', async () => {
    const { clock, outlet, outcomes, add } = queueOn();
    const expiry = (afterMs: number) => ({ expiry: { afterMs, error: () => new Error(`${afterMs} ms are over`) } });
    add('a', expiry(100));
    add('b', expiry(200));
    clock.advance(100);
    outlet.allow(1);
    await turns();
    expect(outcomes).toEqual(['a: 100 ms are over', 'b: sent']);
    expect(clock.pending).toBe(0);
  });

  it('stops waiting for the outlet when nobody is left who wants it', async () => {
    const { outlet, outcomes, add } = queueOn();
    const controller = new AbortController();
    add('a', { signal: controller.signal });
    controller.abort(new Error('no'));
    await turns();
    expect(outlet.waits).toBe(1);
    add('b');
    outlet.allow(1);
    await turns();
    expect(outcomes).toEqual(['a: no', 'b: sent']);
    expect(outlet.waits).toBe(2);
  });

  it('fails one whose message cannot be made, and goes on', async () => {
    const { outlet, outcomes, add } = queueOn();
    add('a', {
      frames: () => {
        throw new Error('cannot be encoded');
      },
    });
    add('b');
    outlet.allow(2);
    await turns();
    expect(outcomes).toEqual(['a: cannot be encoded', 'b: sent']);
  });

  it('fails all when the outlet fails', async () => {
    const { outlet, outcomes, add, queue } = queueOn();
    add('a');
    add('b');
    outlet.fail(new Error('the socket is gone'));
    await turns();
    expect(outcomes).toEqual(['a: the socket is gone', 'b: the socket is gone']);
    expect(queue.length).toBe(0);
  });

  it('fails all at the close', async () => {
    const { clock, outcomes, add, queue } = queueOn();
    add('a', { expiry: { afterMs: 10, error: () => new Error('expired') } });
    add('b');
    queue.close(() => new Error('closed'));
    clock.advance(20);
    await turns();
    expect(outcomes).toEqual(['a: closed', 'b: closed']);
  });
});
