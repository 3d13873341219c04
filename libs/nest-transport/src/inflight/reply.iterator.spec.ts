import { fakeCall } from '../testing/fake.call.js';
import { numbers } from '../testing/numbers.js';
import { turns } from '../testing/turns.js';
import { isAsyncIterable, ReplyIterator } from './reply.iterator.js';

function start(
  values: AsyncIterable<unknown>,
  { idleMs = 0, ...options }: Parameters<typeof fakeCall>[0] & { readonly idleMs?: number } = {},
) {
  const faked = fakeCall(options);
  const iterator = new ReplyIterator(faked.call, values, idleMs, (error) => ({ message: `mapped ${String(error)}` }));
  return { ...faked, iterator };
}

describe('ReplyIterator', () => {
  it('sends every value, then the end', async () => {
    const { iterator, replies, outcomes } = start(numbers(2));
    await iterator.run();
    expect(replies()).toEqual([
      ['<00>', '1'],
      ['<00>', '2'],
      ['<02>', ''],
    ]);
    expect(outcomes).toEqual(['completed']);
  });

  it('sends the last value to a caller of one', async () => {
    const { iterator, replies } = start(numbers(3), { many: false });
    await iterator.run();
    expect(replies()).toEqual([['<01>', '3']]);
  });

  it('asks for the next value only when the one before was taken', async () => {
    const log: string[] = [];
    const { iterator, peer } = start(numbers(5, log), { room: 2 });
    const done = iterator.run();
    await turns(3);
    expect(log).toEqual(['ask 1', 'ask 2', 'ask 3']);
    peer.make(1);
    await turns(3);
    expect(log).toEqual(['ask 1', 'ask 2', 'ask 3', 'ask 4']);
    peer.make(10);
    await done;
    expect(log.at(-1)).toBe('end');
  });

  it('gives the mapped error', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('no');
    }
    const { iterator, replies } = start(failing());
    await iterator.run();
    expect(replies()).toEqual([
      ['<00>', '1'],
      ['<03>', '{"message":"mapped Error: no"}'],
    ]);
  });

  it('ends the generator when the call is settled otherwise, and when its client is lost while it waits', async () => {
    const log: string[] = [];
    const { iterator, call, peer, replies } = start(numbers(5, log), { room: 1 });
    const done = iterator.run();
    await turns(3);
    call.abandon(new Error('cancelled'));
    iterator.stop();
    iterator.stop();
    peer.leave();
    await done;
    expect(log).toEqual(['ask 1', 'ask 2', 'end']);
    expect(replies()).toEqual([['<00>', '1']]);
  });

  it('starts nothing for a call that is settled, and destroys a stream that it did not read', async () => {
    const log: string[] = [];
    const values: AsyncIterable<number> & { destroy(): void } = {
      destroy: () => void log.push('destroyed'),
      [Symbol.asyncIterator]: () => numbers(1, log),
    };
    const { iterator, call } = start(values);
    call.abandon(new Error('cancelled'));
    await iterator.run();
    expect(log).toEqual(['destroyed']);
  });

  it('ends the call when nothing comes for too long', async () => {
    const { iterator, clock, replies, outcomes } = start(
      { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) },
      { idleMs: 1_000 },
    );
    void iterator.run();
    clock.advance(1_050);
    expect(outcomes).toEqual(['expired']);
    expect(replies()[0]?.[0]).toBe('<03>');
  });

  it('does not count the time for which the caller keeps it waiting', async () => {
    const { iterator, clock, peer, outcomes } = start(numbers(3), { room: 1, idleMs: 1_000 });
    const done = iterator.run();
    await turns(3);
    clock.advance(5_000);
    expect(outcomes).toEqual([]);
    peer.make(10);
    await done;
    expect(outcomes).toEqual(['completed']);
  });

  it('does not mind what its iterator throws when it is told to stop', async () => {
    const bad = (end: () => Promise<IteratorResult<number>>): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: end }),
    });
    for (const end of [
      () => Promise.reject(new Error('late')),
      () => {
        throw new Error('at once');
      },
    ]) {
      const { iterator } = start(bad(end));
      void iterator.run();
      await turns();
      expect(() => iterator.stop()).not.toThrow();
    }
    await turns(2);
  });
});

it.each([
  [numbers(1), true],
  [{}, false],
  [{ [Symbol.asyncIterator]: 1 }, false],
  [[1], false],
  [Buffer.from('x'), false],
])('isAsyncIterable', (value, expected) => {
  expect(isAsyncIterable(value)).toBe(expected);
});
