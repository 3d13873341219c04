import { Pull, Push } from '@nest-zmq/core';
import { closedAfterEach, text, untilPeers } from '../support/sockets.js';

/*
 * A PUSH and workers that come and go while it sends (30/PIPELINE).
 */

describe.each(['tcp://127.0.0.1:*', 'ipc://*', 'inproc://workers'])('workers over %s', (address) => {
  const open = closedAfterEach();

  interface Worker {
    readonly pull: Pull;
    readonly done: string[];
  }

  /** Resolves `when` all workers together have got so many. */
  class Crew {
    readonly workers: Worker[] = [];
    #total = 0;
    #expected = Infinity;
    #reached: (() => void) | undefined;

    join(endpoint: string, count: number): void {
      for (let i = 0; i < count; i++) {
        const worker: Worker = { pull: open(new Pull()), done: [] };
        worker.pull.onMessage((message) => {
          worker.done.push(text(message)![0]!);
          if (++this.#total >= this.#expected) this.#reached?.();
        });
        worker.pull.connect(endpoint);
        this.workers.push(worker);
      }
    }

    async until(total: number): Promise<void> {
      if (this.#total >= total) return;
      this.#expected = total;
      await new Promise<void>((resolve) => (this.#reached = resolve));
    }

    get all(): string[] {
      return this.workers.flatMap(({ done }) => done).toSorted((a, b) => Number(a) - Number(b));
    }
  }

  it('nothing is lost while there is none: the send waits for the first', async () => {
    const push = open(new Push());
    await push.bind(address);
    const crew = new Crew();
    const waiting = push.send(0);
    expect(push.trySend('not before it')).toBe(false);
    crew.join(push.lastEndpoint!, 1);
    await waiting;
    await crew.until(1);
    expect(crew.all).toEqual(['0']);
  });

  it('forty that join while it sends take their share, and nothing is lost', async () => {
    const push = open(new Push());
    await push.bind(address);
    const crew = new Crew();
    crew.join(push.lastEndpoint!, 2);
    await untilPeers(push, 2);
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      for (const end = sent + count; sent < end; sent++) await push.send(sent);
    };
    await send(1000);
    crew.join(push.lastEndpoint!, 40);
    const joined = untilPeers(push, 42);
    while (push.peers.length < 42) {
      await send(42);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await joined;
    await crew.until(sent);
    const before = crew.workers.map(({ done }) => done.length);
    await send(42 * 25);
    await crew.until(sent);
    // In turn: each just as many.
    expect(crew.workers.map(({ done }, i) => done.length - before[i]!)).toEqual(Array<number>(42).fill(25));
    expect(crew.all).toEqual(Array.from({ length: sent }, (_, i) => String(i)));
  });

  it('one goes: the others go on, in turn', async () => {
    const push = open(new Push());
    await push.bind(address);
    const crew = new Crew();
    crew.join(push.lastEndpoint!, 3);
    await untilPeers(push, 3);
    for (let i = 0; i < 30; i++) await push.send(i);
    await crew.until(30);
    const [leaving] = crew.workers;
    const left = new Promise<void>((resolve) => push.onPeer({ left: () => resolve() }));
    leaving!.pull.close();
    await left;
    for (let i = 30; i < 50; i++) await push.send(i);
    await crew.until(50);
    expect(crew.workers.map(({ done }) => done.length)).toEqual([10, 20, 20]);
    expect(crew.all).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });
});
