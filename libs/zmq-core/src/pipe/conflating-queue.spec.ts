import { message } from '../testing/pipe-log.js';
import { ConflatingQueue } from './conflating-queue.js';

describe('ConflatingQueue', () => {
  it('keeps the newest message only', () => {
    const queue = new ConflatingQueue();
    expect([queue.length, queue.shift()]).toEqual([0, undefined]);
    const [a, b] = [message('a'), message('b', 'more')];
    queue.push(a);
    queue.push(b);
    expect(queue.length).toBe(1);
    expect(queue.shift()).toBe(b);
    expect([queue.length, queue.shift()]).toEqual([0, undefined]);
  });

  it('is empty after clear()', () => {
    const queue = new ConflatingQueue();
    queue.push(message('a'));
    queue.clear();
    expect([queue.length, queue.shift()]).toEqual([0, undefined]);
  });
});
