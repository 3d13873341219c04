import { jest } from '@jest/globals';
import fc from 'fast-check';
import { pattern, print } from '../testing/bytes.js';
import { Batch, BATCH_SIZE, BY_REFERENCE, type Loan } from './batch.js';
import { encodeMessage } from './frame-encoder.js';

/** A write that the kernel has not taken yet: its segments, and what they held when it began. */
interface PendingWrite {
  readonly loan: Loan;
  readonly segments: readonly Buffer[];
  readonly bytes: Buffer;
}

function write(batch: Batch, messages: readonly (readonly Buffer[])[]): PendingWrite {
  batch.begin();
  for (const message of messages) encodeMessage(message, batch);
  const segments = [...batch.finish()];
  return { segments, bytes: Buffer.concat(segments), loan: batch.lend() };
}

/** Everything encoded at once, in memory of its own. */
function encoded(messages: readonly (readonly Buffer[])[]): Buffer {
  const batch = new Batch();
  batch.begin();
  for (const message of messages) encodeMessage(message, batch);
  return Buffer.concat(batch.finish());
}

function countArenas(run: () => void): number {
  const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
  try {
    run();
    return allocate.mock.calls.filter(([size]) => size === BATCH_SIZE).length;
  } finally {
    allocate.mockRestore();
  }
}

const small = (size: number, seed = 0) => [pattern(size, seed)];

describe('a batch', () => {
  it('is empty at first, and has no segments', () => {
    const batch = new Batch();
    batch.begin();
    expect([batch.isFull, batch.size, batch.finish()]).toEqual([false, 0, []]);
  });

  it('gathers small messages in one segment', () => {
    const batch = new Batch();
    batch.begin();
    encodeMessage(small(3), batch);
    encodeMessage(small(300), batch);
    expect(batch.size).toBe(2 + 3 + 9 + 300);
    expect(batch.finish()).toHaveLength(1);
  });

  it('takes large bodies by reference, in their place', () => {
    const large = pattern(BY_REFERENCE);
    const batch = new Batch();
    batch.begin();
    encodeMessage([pattern(1), large, pattern(1)], batch);
    const segments = batch.finish();
    expect(segments.map((segment) => segment.length)).toEqual([3 + 9, BY_REFERENCE, 3]);
    expect(segments[1]).toBe(large);
    expect(batch.size).toBe(15 + BY_REFERENCE);
  });

  it('puts ready bytes in line, copied if small and by reference if large', () => {
    const large = pattern(BY_REFERENCE);
    const batch = new Batch();
    batch.begin();
    batch.append(pattern(BY_REFERENCE - 1));
    batch.append(large);
    batch.append(Buffer.alloc(0));
    expect(batch.finish()).toEqual([pattern(BY_REFERENCE - 1), large]);
    expect(batch.finish()[1]).toBe(large);
  });

  it('is full after 256 KiB, copied or by reference', () => {
    const batch = new Batch();
    batch.begin();
    encodeMessage(small(BATCH_SIZE - 10), batch);
    expect([batch.size, batch.isFull]).toEqual([BATCH_SIZE - 1, false]);
    encodeMessage(small(0), batch);
    expect(batch.isFull).toBe(true);

    batch.begin();
    let messages = 0;
    while (!batch.isFull) {
      encodeMessage(small(100), batch);
      messages++;
    }
    expect(batch.size).toBeGreaterThan(BATCH_SIZE - BY_REFERENCE - 200);
    expect(batch.size).toBeLessThanOrEqual(BATCH_SIZE);
    expect(batch.finish()).toEqual([encoded(new Array(messages).fill(small(100)))]);
  });

  it('of one message may be larger than the arena', () => {
    const message = Array.from({ length: 100 }, (_, i) => pattern(8000, i));
    const batch = new Batch();
    batch.begin();
    encodeMessage(message, batch);
    const segments = batch.finish();
    const wire = Buffer.concat(message.map((body, i) => {
      const header = Buffer.alloc(9);
      header[0] = i < 99 ? 3 : 2;
      header.writeBigUInt64BE(8000n, 1);
      return Buffer.concat([header, body]);
    })); // prettier-ignore
    expect(print(Buffer.concat(segments))).toBe(print(wire));
    expect(batch.size).toBe(wire.length);
  });
});

describe('a batch that is held', () => {
  it('goes on where it was', () => {
    const batch = new Batch();
    batch.begin();
    encodeMessage(small(3), batch);
    batch.hold({ evict: () => expect('nobody else').toBe('here') });
    batch.resume();
    encodeMessage(small(3), batch);
    expect(batch.size).toBe(10);
    batch.begin();
  });

  it('is busy from its beginning to its end, but not while it is held', () => {
    const batch = new Batch();
    const states: boolean[] = [batch.isBusy];
    batch.begin();
    states.push(batch.isBusy);
    batch.hold({ evict: () => {} });
    states.push(batch.isBusy);
    batch.resume();
    states.push(batch.isBusy);
    batch.finish();
    states.push(batch.isBusy);
    expect(states).toEqual([false, true, false, true, false]);
  });

  it('is written by its holder before somebody else begins', () => {
    const batch = new Batch();
    batch.begin();
    encodeMessage(small(3), batch);
    const written: Buffer[] = [];
    batch.hold({ evict: () => written.push(Buffer.concat(batch.finish())) });
    batch.begin();
    expect(written).toEqual([encoded([small(3)])]);
    expect(batch.size).toBe(0);
    batch.begin();
    expect(written).toHaveLength(1);
  });
});

describe('the memory of a batch', () => {
  it('serves every write that goes through at once', () => {
    const batch = new Batch();
    const arenas = countArenas(() => {
      for (let i = 0; i < 100; i++) {
        batch.begin();
        while (!batch.isFull) encodeMessage(small(1000), batch);
        batch.finish();
      }
    });
    expect(arenas).toBe(0);
  });

  it('is shared by small writes that are pending, and comes back', () => {
    const batch = new Batch();
    const arenas = countArenas(() => {
      for (let round = 0; round < 5; round++) {
        const writes = Array.from({ length: 40 }, (_, i) => write(batch, [small(1000, i)]));
        for (const { loan } of writes) batch.giveBack(loan);
      }
    });
    expect(arenas).toBe(0);
  });

  it('grows with what is pending, and at most eight arenas are kept', () => {
    const batch = new Batch();
    const large = Array.from({ length: 20 }, (_, i) => small(8000, i));
    const slow = (count: number) => () => {
      const writes = Array.from({ length: count }, () => write(batch, large));
      for (const { loan } of writes) batch.giveBack(loan);
    };
    // 160 KB each: two of them never share.
    expect(countArenas(slow(30))).toBeGreaterThanOrEqual(14);
    expect(countArenas(slow(8))).toBe(0);
    expect(countArenas(slow(60))).toBeGreaterThan(10);
  });

  it('is not used again while another write of the same arena is pending', () => {
    const batch = new Batch();
    const first = write(batch, [small(1000, 1)]);
    const second = write(batch, [small(1000, 2)]);
    batch.giveBack(first.loan);
    const third = write(batch, [small(8000, 3)]);
    expect(Buffer.concat(second.segments)).toEqual(second.bytes);
    batch.giveBack(third.loan);
    batch.giveBack(second.loan);
    expect(write(batch, [small(10)]).segments[0]!.byteOffset).toBe(first.segments[0]!.byteOffset);
  });

  it('is not used again while a message that is larger than an arena is pending', () => {
    const batch = new Batch();
    const first = write(batch, [small(1000, 1)]);
    const huge = write(batch, [Array.from({ length: 50 }, (_, i) => pattern(8000, i))]);
    batch.giveBack(first.loan);
    for (let i = 0; i < 20; i++)
      write(
        batch,
        Array.from({ length: 30 }, (_, k) => small(8000, k + i)),
      );
    expect(print(Buffer.concat(huge.segments))).toBe(print(huge.bytes));
  });

  it('is never overwritten while it is lent, in whatever order it comes back', () => {
    const frame = fc
      .tuple(fc.constantFrom(0, 1, 63, 64, 254, 255, 256, 5000, 8191, 8192, 8193, 70_000), fc.nat(50))
      .map(([size, seed]) => pattern(size, seed));
    const frames = fc.oneof(
      { weight: 6, arbitrary: fc.array(frame, { minLength: 1, maxLength: 8 }) },
      { weight: 1, arbitrary: fc.nat(50).map((seed) => new Array<Buffer>(45).fill(pattern(8000, seed))) },
    );
    const messages = fc.array(frames, { minLength: 1, maxLength: 12 });
    const step = fc.oneof(
      fc.record({ do: fc.constant('lend' as const), messages }),
      fc.record({ do: fc.constant('through' as const), messages }),
      fc.record({ do: fc.constant('give back' as const), which: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const batch = new Batch();
        const pending: PendingWrite[] = [];
        const returnLoan = ({ segments, bytes, loan }: PendingWrite) => {
          expect(Buffer.concat(segments).equals(bytes)).toBe(true);
          batch.giveBack(loan);
        };
        for (const next of steps) {
          if (next.do === 'give back') {
            const [done] = pending.splice(next.which % Math.max(1, pending.length), 1);
            if (done !== undefined) returnLoan(done);
            continue;
          }
          const wire = encoded(next.messages);
          if (next.do === 'lend') {
            const written = write(batch, next.messages);
            expect(written.bytes.equals(wire)).toBe(true);
            pending.push(written);
          } else {
            batch.begin();
            for (const message of next.messages) encodeMessage(message, batch);
            expect(batch.size).toBe(wire.length);
            expect(Buffer.concat(batch.finish()).equals(wire)).toBe(true);
          }
        }
        for (const write of pending) returnLoan(write);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
