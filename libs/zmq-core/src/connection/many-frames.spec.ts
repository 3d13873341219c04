import { pattern } from '../testing/bytes.js';
import { closed } from './many-frames.js';

const message = (frames: number, size: (i: number) => number): Buffer[] =>
  Array.from({ length: frames }, (_, i) => pattern(size(i), i));

it.each([
  ['65 frames', message(65, () => 1)],
  ['empty ones among them', message(1000, (i) => i % 3)],
  ['some with a long header', message(300, (i) => (i % 50 === 0 ? 300 : 10))],
  ['one that is much longer', message(16_384, (i) => (i === 7 ? 1_000_000 : 1))],
])('%s: small, and the same when it is opened', (_, frames) => {
  const run = closed(frames)!;
  expect(run.length).toBe(1);
  const opened = run.shift();
  expect(opened).toHaveLength(frames.length);
  expect(opened.every((frame, i) => frame.equals(frames[i]!))).toBe(true);
  expect(run.length).toBe(0);
  // All of it is one piece of memory.
  expect(new Set(opened.map(({ buffer }) => buffer)).size).toBe(1);
});

it.each([
  ['few frames', message(64, () => 1)],
  ['frames that are large on average', message(100, () => 300)],
])('%s stay as they are', (_, frames) => {
  expect(closed(frames)).toBeUndefined();
});
