import { concat, EMPTY as NONE, finalize, from, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { fakeCall } from '../testing/fake.call.js';
import { numbers } from '../testing/numbers.js';
import { turns } from '../testing/turns.js';
import { ReplyStream } from './reply.stream.js';
import type { ServerCall } from './server.call.js';

function start(options: Parameters<typeof fakeCall>[0] = {}) {
  const faked = fakeCall(options);
  const { call } = faked;
  let released = false;
  const owner = {
    thrownByIterator: (_call: ServerCall, error: unknown) => ({ message: `mapped ${String(error)}` }),
    release: () => void (released = true),
  };
  const run = (stream: Observable<unknown>, idleMs = 0) => {
    const replies = new ReplyStream(call, idleMs, owner);
    call.subscription = stream.pipe(finalize(() => replies.sourceEnded())).subscribe(replies);
  };
  return { ...faked, run, released: () => released };
}

describe('many replies', () => {
  it.each([
    ['nothing', NONE, [['<02>', '']]],
    ['one value', of(1), [['<01>', '1']]],
    ['null', of(null), [['<01>', 'null']]],
    ['undefined', of(undefined), [['<02>', '']]],
    [
      'values',
      of(1, 2, 3),
      [
        ['<00>', '1'],
        ['<00>', '2'],
        ['<01>', '3'],
      ],
    ],
    [
      'values of which some are undefined',
      of(1, undefined, 2, undefined),
      [
        ['<00>', '1'],
        ['<01>', '2'],
      ],
    ],
    ['a promise', from(Promise.resolve(1)), [['<01>', '1']]],
    ['an error', throwError(() => ({ code: 7 })), [['<03>', '{"code":7}']]],
  ])('%s', async (_, stream, replies) => {
    const call = start();
    call.run(stream);
    await turns();
    expect(call.replies()).toEqual(replies);
    expect(call.outcomes).toHaveLength(1);
    expect(call.client.calls.size).toBe(0);
  });

  it('sends a value when it comes, and the error after the values', async () => {
    const call = start();
    const source = new Subject<number>();
    call.run(source);
    source.next(1);
    await turns();
    expect(call.replies()).toEqual([['<00>', '1']]);
    source.next(2);
    source.error(0);
    await turns();
    expect(call.replies().slice(1)).toEqual([
      ['<00>', '2'],
      ['<03>', '{"name":"Error","message":"0"}'],
    ]);
    expect(call.outcomes).toEqual(['failed']);
  });

  it('waits for a client that is full, in order', async () => {
    const call = start({ room: 2 });
    call.run(from([1, 2, 3, 4, 5]));
    await turns();
    expect(call.replies()).toEqual([
      ['<00>', '1'],
      ['<00>', '2'],
    ]);
    for (let i = 0; i < 3; i++) {
      call.peer.make(1);
      await turns(2);
    }
    expect(call.replies().slice(2)).toEqual([
      ['<00>', '3'],
      ['<00>', '4'],
      ['<01>', '5'],
    ]);
    expect(call.outcomes).toEqual(['completed']);
  });

  it('fails when the client stays full and the values never stop', async () => {
    const call = start({ room: 1 });
    const source = new Subject<number>();
    call.run(source);
    let given = 0;
    for (; given < 20_000 && source.observed; given++) {
      source.next(given);
      if (given % 100 === 0) await turns(1);
    }
    // One was sent, one waits in the outbox, 10,000 here; the turn in which they were too many came to its end.
    expect(given).toBeGreaterThan(10_000);
    expect(given).toBeLessThan(10_300);
    expect(call.outcomes).toEqual(['failed']);
    call.peer.make(Infinity);
    await turns(2);
    expect(call.replies().at(-1)?.[1]).toContain('"code":"OVERFLOW"');
  });

  it('does not fail for a burst, however large, when the client takes what it can', async () => {
    const call = start({ room: 1_000 });
    const source = new Subject<number>();
    call.run(source);
    let given = 0;
    const give = (count: number) => {
      for (const end = given + count; given < end; given++) source.next(given);
    };
    give(11_500);
    await turns(1);
    give(1);
    await turns(2);
    while (call.replies().length < given) {
      call.peer.make(1_000);
      await turns(2);
      if (given < 20_000) give(100);
    }
    // Again, while the client is full.
    give(1_500);
    await turns(2);
    give(30_000);
    await turns(2);
    give(1);
    call.peer.make(Infinity);
    await turns(2);
    expect(call.replies()).toHaveLength(given);
    expect(call.outcomes).toEqual([]);
    source.complete();
    expect(call.outcomes).toEqual(['completed']);
  });

  it('fails when it goes on after a burst of which the client takes nothing, or less than comes', async () => {
    for (const taken of [0, 10]) {
      const call = start({ room: 1_000 });
      const source = new Subject<number>();
      call.run(source);
      for (let i = 0; i < 31_000; i++) source.next(i);
      let turnsOver = 0;
      for (; turnsOver < 1_000 && source.observed; turnsOver++) {
        for (let i = 0; i < 100; i++) source.next(i);
        call.peer.make(taken);
        await turns(1);
      }
      expect(call.outcomes).toEqual(['failed']);
      // 5,000 more than the burst had left.
      expect(turnsOver).toBeGreaterThan(49);
      expect(turnsOver).toBeLessThan(60);
    }
  });

  it('gives all values in order when some wait at all times', async () => {
    const call = start({ room: 1 });
    const source = new Subject<WeakKey>();
    call.run(source);
    source.next({});
    await turns();
    for (let i = 0; i < 300; i++) {
      for (let j = 0; j < 100; j++) source.next([i, j]);
      call.peer.make(i === 0 ? 50 : 100);
      await turns(2);
    }
    call.peer.make(Infinity);
    await turns(2);
    expect(
      call
        .replies()
        .slice(1)
        .map(([, value]) => value),
    ).toEqual(Array.from({ length: 30_000 }, (_, i) => JSON.stringify([Math.floor(i / 100), i % 100])));
  });

  it('stops at a value that cannot be encoded', async () => {
    const call = start();
    const source = new Subject<unknown>();
    call.run(source);
    source.next(1);
    await turns();
    source.next(5n);
    await turns();
    expect(call.replies()[1]?.[0]).toBe('<03>');
    expect(source.observed).toBe(false);
  });

  it('stops when the caller cancels', async () => {
    const call = start();
    const source = new Subject<number>();
    call.run(source);
    call.call.abandon(new Error('enough'));
    expect(source.observed).toBe(false);
    source.next(1);
    await turns();
    expect(call.replies()).toEqual([]);
    expect(call.outcomes).toEqual(['cancelled']);
    expect(call.call.signal.reason).toEqual(new Error('enough'));
  });
});

/** Values that hold something from the start, as a stream of Node does. */
const destroyable = (log: string[]): AsyncIterable<number> & { destroy(): void } => ({
  destroy: () => void log.push('destroyed'),
  [Symbol.asyncIterator]: () => numbers(1, log),
});

describe('a value that is an async iterable', () => {
  it('is iterated, in its place', async () => {
    const call = start();
    call.run(of(0, numbers(2), numbers(0), 9));
    await turns(3);
    expect(call.replies()).toEqual([
      ['<00>', '0'],
      ['<00>', '1'],
      ['<00>', '2'],
      ['<01>', '9'],
    ]);
    expect(call.outcomes).toEqual(['completed']);
    expect(call.released()).toBe(true);
  });

  it('waits for a client that is full, and the call holds its place until it is done', async () => {
    const log: string[] = [];
    const call = start({ room: 1 });
    call.run(of(numbers(3, log)));
    await turns(3);
    expect(log).toEqual(['ask 1', 'ask 2']);
    expect(call.released()).toBe(false);
    call.peer.make(10);
    await turns(3);
    expect(log).toEqual(['ask 1', 'ask 2', 'ask 3', 'end']);
    expect(call.replies().at(-1)).toEqual(['<02>', '']);
    expect(call.released()).toBe(true);
  });

  it('is followed by what comes while it is iterated, and by the end when that comes', async () => {
    const call = start();
    const source = new Subject<unknown>();
    call.run(source);
    source.next(numbers(1));
    await turns(3);
    expect(call.replies()).toEqual([['<00>', '1']]);
    source.next(numbers(1));
    source.next(2);
    source.error({ code: 7 });
    await turns(3);
    expect(call.replies().slice(1)).toEqual([
      ['<00>', '1'],
      ['<00>', '2'],
      ['<03>', '{"code":7}'],
    ]);
    expect(call.released()).toBe(true);
  });

  it('fails the call with what it throws, as the handler would', async () => {
    const log: string[] = [];
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('no');
    }
    const call = start();
    call.run(of(failing(), destroyable(log)));
    await turns(3);
    expect(call.replies()).toEqual([
      ['<00>', '1'],
      ['<03>', '{"message":"mapped Error: no"}'],
    ]);
    expect(log).toEqual(['destroyed']);
    expect(call.released()).toBe(true);
  });

  it('is told to end when the call is settled otherwise: one that is iterated, one that waits, one that comes later', async () => {
    const log: string[] = [];
    const call = start({ room: 1 });
    call.run(of(numbers(5, log), destroyable(log)));
    await turns(3);
    call.call.abandon(new Error('cancelled'));
    expect(call.released()).toBe(false);
    call.peer.make(10);
    await turns(3);
    expect(log).toEqual(['ask 1', 'ask 2', 'destroyed', 'end']);
    expect(call.replies()).toEqual([
      ['<00>', '1'],
      ['<00>', '2'],
    ]);
    expect(call.released()).toBe(true);

    const late = start();
    late.run(
      new Observable((subscriber) => {
        late.call.abandon(new Error('cancelled'));
        subscriber.next(destroyable(log));
        subscriber.complete();
      }),
    );
    expect(log.slice(4)).toEqual(['destroyed']);
    expect(late.released()).toBe(true);
  });

  it.each([
    ['its last value', of(1, numbers(3)), ['<01>', '3']],
    ['nothing, if it has none', of(1, numbers(0)), ['<02>', '']],
  ])('gives a caller of one: %s', async (_, stream, reply) => {
    const call = start({ many: false });
    call.run(stream);
    await turns(3);
    expect(call.replies()).toEqual([reply]);
    expect(call.released()).toBe(true);
  });

  it.each([
    ['a value', of(2), ['<01>', '2']],
    ['an error', throwError(() => ({ code: 7 })), ['<03>', '{"code":7}']],
  ])('is not begun for a caller of one when %s comes after it', async (_, end, reply) => {
    const log: string[] = [];
    const call = start({ many: false });
    call.run(concat(of(destroyable(log)), end));
    await turns(3);
    expect(call.replies()).toEqual([reply]);
    expect(log).toEqual(['destroyed']);
    expect(call.released()).toBe(true);
  });

  it('must give something in time, and its source need not meanwhile', async () => {
    const stuck = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    for (const source of [of(stuck), concat(of(stuck), NEVER)]) {
      const call = start();
      call.run(source, 500);
      await turns();
      call.clock.advance(400);
      expect(call.outcomes).toEqual([]);
      call.clock.advance(200);
      expect(call.outcomes).toEqual(['expired']);
    }
    const slow = start({ room: 1 });
    const source = new Subject<unknown>();
    slow.run(source, 500);
    source.next(numbers(2));
    await turns(3);
    source.next(3);
    slow.clock.advance(1_000);
    expect(slow.outcomes).toEqual([]);
  });
});

describe('one reply', () => {
  it.each([
    ['nothing', NONE, ['<02>', '']],
    ['one value', of(1), ['<01>', '1']],
    ['the last of many', of(1, 2, 3), ['<01>', '3']],
    ['an error after values', new Subject<number>(), ['<03>', '{"code":7}']],
  ])('%s', async (_, stream, reply) => {
    const call = start({ many: false });
    call.run(stream);
    if (stream instanceof Subject) {
      stream.next(1);
      await turns();
      stream.error({ code: 7 });
    }
    await turns();
    expect(call.replies()).toEqual([reply]);
  });
});

describe('time', () => {
  it('ends a call whose deadline passes, and aborts its signal', async () => {
    const call = start({ deadlineMs: 1_000 });
    const source = new Subject<number>();
    call.run(source);
    call.clock.advance(999);
    expect(call.outcomes).toEqual([]);
    call.clock.advance(51);
    expect(call.outcomes).toEqual(['expired']);
    expect(source.observed).toBe(false);
    expect(call.call.signal.aborted).toBe(true);
    expect(call.replies()[0]?.[1]).toContain('"code":"ETIMEDOUT"');
  });

  it('ends a stream that is idle for too long', async () => {
    const call = start();
    const source = new Subject<number>();
    call.run(source, 500);
    for (let i = 0; i < 4; i++) {
      call.clock.advance(400);
      source.next(i);
      await turns();
    }
    expect(call.outcomes).toEqual([]);
    call.clock.advance(600);
    expect(call.outcomes).toEqual(['expired']);
    expect(call.clock.pending).toBe(0);
  });

  it('does not count against a stream that has ended how long its caller takes', async () => {
    const call = start({ room: 1 });
    call.run(from([1, 2, 3]), 500);
    await turns();
    call.clock.advance(1_000);
    expect(call.outcomes).toEqual([]);
    call.peer.make(10);
    await turns(2);
    expect(call.outcomes).toEqual(['completed']);
  });

  it('needs no timer once it is settled', async () => {
    const call = start({ deadlineMs: 1_000 });
    call.run(of(1));
    await turns();
    call.clock.advance(5_000);
    expect(call.replies()).toEqual([['<01>', '1']]);
  });
});
