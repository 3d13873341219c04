import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { FifoQueue } from './fifo-queue.js';

describe('FifoQueue', () => {
  it('gives back in order what was pushed, over many sizes of its ring', () => {
    for (const count of [1, 15, 16, 17, 33, 5000]) {
      const queue = new FifoQueue<number>();
      for (let i = 0; i < count; i++) queue.push(i);
      expect([queue.length, queue.peek()]).toEqual([count, 0]);
      for (let i = 0; i < count; i++) expect(queue.shift()).toBe(i);
      expect([queue.length, queue.peek(), queue.shift()]).toEqual([0, undefined, undefined]);
    }
  });

  it('keeps the order when it grows while wrapped around', () => {
    const queue = new FifoQueue<number>();
    for (let i = 0; i < 16; i++) queue.push(i);
    for (let i = 0; i < 10; i++) queue.shift();
    for (let i = 16; i < 40; i++) queue.push(i);
    expect(Array.from({ length: 30 }, () => queue.shift())).toEqual(Array.from({ length: 30 }, (_, i) => i + 10));
  });

  it('shows in order what is in it, and leaves it there', () => {
    const queue = new FifoQueue<number>();
    expect([...queue]).toEqual([]);
    for (let i = 0; i < 16; i++) queue.push(i);
    for (let i = 0; i < 10; i++) queue.shift();
    for (let i = 16; i < 20; i++) queue.push(i);
    expect([...queue, ...queue]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(queue.length).toBe(10);
  }); // prettier-ignore

  it('can hold undefined', () => {
    const queue = new FifoQueue<number | undefined>();
    queue.push(undefined);
    expect(queue.length).toBe(1);
    queue.shift();
    expect(queue.length).toBe(0);
  });

  it('lets go of what was taken out', async () => {
    const queue = new FifoQueue<object>();
    // Beyond the size at which the ring is given back, and below it.
    const references = [...passThrough(queue, 5000), ...passThrough(queue, 10)];
    // What a WeakRef shows stays alive until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(references.filter((reference) => reference.deref() !== undefined)).toEqual([]);
  });

  it('behaves as an array', () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 40 }) }) },
      { weight: 5, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 40 }) }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const queue = new FifoQueue<number>();
        let model: number[] = [];
        let next = 0;
        for (const step of actions) {
          if (step === 'clear') {
            queue.clear();
            model = [];
          } else if ('push' in step) {
            for (let i = 0; i < step.push; i++) {
              queue.push(next);
              model.push(next++);
            }
          } else {
            for (let i = 0; i < step.shift; i++) expect(queue.shift()).toBe(model.shift());
          }
          expect([queue.length, queue.peek()]).toEqual([model.length, model[0]]);
        }
      }),
    );
  });
});

function passThrough(queue: FifoQueue<object>, count: number): WeakRef<object>[] {
  const items = Array.from({ length: count }, () => ({}));
  for (const item of items) queue.push(item);
  while (queue.length > 0) queue.shift();
  return items.map((item) => new WeakRef(item));
}
