import { jest } from '@jest/globals';
import fc from 'fast-check';
import { packedFrames } from '../connection/packed-frames.js';
import type { Multipart } from '../foundation/multipart.js';
import { pattern } from '../testing/bytes.js';
import { PackedQueue } from './packed-queue.js';

/** Takes packed messages up to a size, and gives them as they were. */
class Target {
  readonly taken: Multipart[] = [];

  constructor(public room: number) {}

  take(bytes: Uint8Array, from: number, to: number): void {
    expect(to - from).toBeLessThanOrEqual(this.room);
    this.room -= to - from;
    const run = bytes.slice(from, to);
    for (let at = 0; at < run.length;) {
      const end = at + packedFrames.sizeAt(run, at);
      this.taken.push(packedFrames.unpack(run, at, end));
      at = end;
    }
  }
}

const one = (size: number, seed = 0): Multipart => [pattern(size, seed)];

/** As a distributor marks it. */
function shared(message: Multipart): Multipart {
  message.encoded = null;
  message.packed = undefined;
  return message;
}

/** What was in it, without the marks. */
const plain = (message: Multipart): Multipart => [...message];

describe('PackedQueue', () => {
  it('gives small messages again as they were when they were pushed', () => {
    const queue = new PackedQueue(packedFrames);
    const memory = Buffer.from('first');
    queue.push([memory]);
    memory.write('other');
    queue.push([memory, Buffer.alloc(0), memory]);
    memory.fill(0);
    expect(queue.length).toBe(2);
    expect(queue.shift()!.map(String)).toEqual(['first']);
    expect(queue.shift()!.map(String)).toEqual(['other', '', 'other']);
    expect(queue.shift()).toBeUndefined();
  });

  it('keeps a large frame by reference and copies the small ones beside it', () => {
    const queue = new PackedQueue(packedFrames);
    const [small, large] = [Buffer.from('small'), Buffer.alloc(129)];
    queue.push([small, large]);
    small.fill(0);
    const message = queue.shift()!;
    expect(message[0]!.toString()).toBe('small');
    expect(message[1]).toBe(large);
  });

  it('packs what goes to several queues once, and keeps a large one by reference', () => {
    const queues = [new PackedQueue(packedFrames), new PackedQueue(packedFrames)];
    const [small, large] = [shared(one(8)), shared(one(300))];
    let packed: Multipart['packed'];
    for (const queue of queues) {
      queue.push(small);
      packed ??= small.packed;
      expect(small.packed).toBe(packed);
      queue.push(large);
      expect(queue.shift()).toEqual(one(8));
      expect(queue.shift()).toBe(large);
    }
    expect(packed?.size).toBe(10);
  });

  it('takes what others have too as one run where it stands in a row', () => {
    const [all, odd] = [new PackedQueue(packedFrames), new PackedQueue(packedFrames)];
    for (let i = 0; i < 1000; i++) {
      const message = shared(one(60, i % 200));
      all.push(message);
      if (i % 2 === 1) odd.push(message);
    }
    const spy = jest.spyOn(Target.prototype, 'take');
    expect(all.shiftPacked(new Target(Infinity), Infinity)).toBe(1000);
    const runs = spy.mock.calls.length;
    expect(runs).toBeLessThan(30);
    expect(odd.shiftPacked(new Target(Infinity), Infinity)).toBe(500);
    expect(spy.mock.calls.length - runs).toBe(500);
    spy.mockRestore();
  });

  it('hands over packed messages up to the room, the number, or one that is not packed', () => {
    const queue = new PackedQueue(packedFrames);
    for (let i = 0; i < 5; i++) queue.push(one(8, i));
    queue.push(one(1000));
    queue.push(one(8, 9));
    const target = new Target(25);
    expect(queue.shiftPacked(target, Infinity)).toBe(2);
    target.room = 1000;
    expect(queue.shiftPacked(target, 1)).toBe(1);
    expect(queue.shiftPacked(target, Infinity)).toBe(2);
    expect(queue.shiftPacked(target, Infinity)).toBe(0);
    expect(target.taken).toEqual([0, 1, 2, 3, 4].map((seed) => one(8, seed)));
    expect(queue.shift()).toEqual(one(1000));
    expect(queue.shiftPacked(target, Infinity)).toBe(1);
    expect(queue.length).toBe(0);
  });

  it('is a queue, whatever is pushed and taken', () => {
    const size = fc.constantFrom(0, 1, 10, 63, 64, 127, 128, 129, 300);
    const message = fc
      .array(fc.tuple(size, fc.nat(200)), { minLength: 1, maxLength: 12 })
      .map((parts): Multipart => parts.map(([length, seed]) => pattern(length, seed)));
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ push: fc.array(message, { maxLength: 30 }), forAll: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ shift: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.record({ room: fc.nat(5000), most: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new PackedQueue(packedFrames);
        const other = new PackedQueue(packedFrames);
        let model: Multipart[] = [];
        for (const todo of steps) {
          if (todo === 'clear') {
            queue.clear();
            model = [];
          } else if ('push' in todo) {
            const pushed = todo.push.map((each) => (todo.forAll ? shared(plain(each)) : each));
            for (const each of pushed) queue.push(each);
            // Another queue that has some of them too, and never reads.
            if (todo.forAll) for (const each of pushed.slice(1)) other.push(each);
            model.push(...todo.push);
          } else if ('shift' in todo) {
            for (let i = 0; i < todo.shift; i++) expect(queue.shift()?.map(String)).toEqual(model.shift()?.map(String));
          } else {
            const target = new Target(todo.room);
            const count = queue.shiftPacked(target, todo.most);
            expect(target.taken).toEqual(model.splice(0, count));
          }
          expect(queue.length).toBe(model.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});
