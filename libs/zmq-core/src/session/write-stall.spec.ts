import { ManualClock } from '../testing/manual-clock.js';
import type { ByteStream } from '../transport/byte-stream.js';
import { WriteStall } from './write-stall.js';

const LIMIT = 100;

function setUp() {
  const clock = new ManualClock();
  const stream = { pendingBytes: 0, unsentBytes: 0 };
  let stalls = 0;
  const stall = new WriteStall(clock, LIMIT, stream as unknown as ByteStream, () => stalls++);
  const pend = (bytes: number): void => {
    stream.pendingBytes = stream.unsentBytes = bytes;
    stall.watch();
  };
  const drain = (): void => {
    stream.pendingBytes = stream.unsentBytes = 0;
    stall.drained();
  };
  return { clock, stream, stall, pend, drain, stalls: () => stalls };
}

it('a peer that takes nothing is told of when the limit is over, once', () => {
  const { clock, pend, stalls } = setUp();
  pend(1000);
  clock.advance(LIMIT - 1);
  expect(stalls()).toBe(0);
  clock.advance(1);
  expect(stalls()).toBe(1);
  clock.advance(10 * LIMIT);
  expect([stalls(), clock.pending]).toEqual([1, 0]);
});

it('while nothing is pending there is no limit, and soon no timer', () => {
  const { clock, pend, drain, stalls } = setUp();
  expect(clock.pending).toBe(0);
  pend(1000);
  clock.advance(LIMIT - 1);
  drain();
  clock.advance(1);
  expect([stalls(), clock.pending]).toEqual([0, 0]);
  clock.advance(10 * LIMIT);
  pend(1000);
  clock.advance(LIMIT - 1);
  expect(stalls()).toBe(0);
  clock.advance(1);
  expect(stalls()).toBe(1);
});

it('any byte that is taken counts, in one write or in several', () => {
  const { clock, stream, pend, drain, stalls } = setUp();
  pend(1000);
  for (let i = 1; i < 20; i++) {
    clock.advance(LIMIT / 2);
    stream.unsentBytes = 1000 - i;
  }
  // The next write has as many bytes left as it saw before.
  drain();
  pend(stream.unsentBytes + 981);
  clock.advance(LIMIT);
  expect(stalls()).toBe(0);
  clock.advance(2 * LIMIT);
  expect(stalls()).toBe(1);
});

it('a write that is as long as the one before is no stall', () => {
  const { clock, pend, drain, stalls } = setUp();
  for (let i = 0; i < 20; i++) {
    pend(1000);
    clock.advance(LIMIT / 2 + 1);
    drain();
  }
  expect(stalls()).toBe(0);
});

it('tells nothing after `stop`', () => {
  const { clock, stall, pend, stalls } = setUp();
  pend(1000);
  stall.stop();
  clock.advance(10 * LIMIT);
  expect([stalls(), clock.pending]).toEqual([0, 0]);
});
