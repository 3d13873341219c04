import { createPipe } from '../pipe/pipe.js';
import { mayResume, UpwardQueue, XPublisherPipe } from './upward-queue.js';

describe('UpwardQueue', () => {
  it('tells of notifications as they came, and keeps the accounts', () => {
    const queue = new UpwardQueue();
    const pipe = new XPublisherPipe(createPipe()[0]);
    queue.pushNotification('A', 'first', false, pipe.account, pipe);
    queue.pushNotification('long', 'last', false, pipe.account);
    expect(pipe.account).toEqual({ notifications: 2, bytes: 7, closed: false });
    expect(queue.shift()).toMatchObject({ message: [Buffer.from('\x01A')], pipe });
    expect(pipe.account).toEqual({ notifications: 1, bytes: 5, closed: false });
    expect(queue.shift()).toMatchObject({ message: [Buffer.from('\x00long')], pipe: undefined });
    expect([pipe.account.notifications, pipe.account.bytes, queue.length]).toEqual([0, 0, 0]);
  });

  it.each([
    ['notifications', { items: 10, bytes: 1000 }, 'A', 10],
    ['bytes of them', { items: 1000, bytes: 100 }, 'nine octets', 8],
  ])('forgets history when there are too many %s, and looks again when there are twice as many', (_, large, text, most) => {
    const queue = new UpwardQueue(large);
    const pipe = new XPublisherPipe(createPipe()[0]);
    const push = (topic: string, change: 'first' | 'last') => queue.pushNotification(topic, change, false, pipe.account, pipe);
    for (let i = 0; i < most / 2; i++) {
      push(text, 'first');
      push(text, 'last');
    }
    expect(queue.length).toBe(most);
    push(text, 'first');
    expect([queue.length, pipe.account.notifications, pipe.account.bytes]).toEqual([1, 1, text.length + 1]);
    // What is no history stays, however much it is.
    for (let i = 0; i < 99; i++) push(String(i).padStart(text.length, '-'), 'first');
    expect([queue.length, pipe.account.notifications]).toEqual([100, 100]);
    const lengths: number[] = [];
    for (let i = 0; i < 200; i++) {
      push(text, i % 2 === 0 ? 'last' : 'first');
      lengths.push(queue.length);
    }
    expect(Math.max(...lengths)).toBeGreaterThan(130);
    expect(Math.min(...lengths.slice(100))).toBeLessThan(110);
  }); // prettier-ignore

  it('drops messages of pipes that are gone when they are too many, and counts them', () => {
    const queue = new UpwardQueue({ items: 10, bytes: 1000 });
    const stays = new XPublisherPipe(createPipe()[0]);
    const come = (messages: number, size: number) => {
      const pipe = new XPublisherPipe(createPipe()[0]);
      for (let i = 0; i < messages; i++) queue.pushMessage([Buffer.alloc(size)], pipe);
      queue.pushNotification('A', 'last', false, pipe.account);
      queue.leave(pipe);
    };
    queue.pushMessage([Buffer.alloc(900)], stays);
    come(5, 1);
    come(5, 1);
    expect([queue.length, queue.dropped]).toEqual([13, 0]);
    // What was read makes room.
    for (let i = 0; i < 4; i++) queue.shift();
    come(3, 1);
    expect([queue.length, queue.dropped]).toEqual([13, 0]);
    come(2, 1);
    expect([queue.length, queue.dropped]).toEqual([4, 12]);
    come(1, 900);
    expect(queue.dropped).toBe(12);
    come(1, 900);
    expect(queue.dropped).toBe(14);
    for (let i = 0; i < 10; i++) come(1, 1);
    expect(queue.dropped).toBe(14);
  });

  it('parks a pipe at 1,000 unread messages or 64 MiB, and resumes it at half', () => {
    const queue = new UpwardQueue();
    const pipe = new XPublisherPipe(createPipe()[0]);
    for (let i = 0; i < 1000; i++) queue.pushMessage([Buffer.alloc(1)], pipe);
    expect([pipe.parked, mayResume(pipe)]).toEqual([true, false]);
    for (let i = 0; i < 500; i++) queue.shift();
    expect(mayResume(pipe)).toBe(true);
    while (queue.shift() !== undefined);
    expect([pipe.unread, pipe.unreadBytes]).toEqual([0, 0]);
    queue.pushMessage([Buffer.alloc(1)], pipe);
    expect(pipe.parked).toBe(false);
    queue.pushMessage([Buffer.alloc(64 * 2 ** 20)], pipe);
    expect(pipe.parked).toBe(true);
  });
});
