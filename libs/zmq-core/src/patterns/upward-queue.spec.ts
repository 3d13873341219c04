import { createPipe } from '../pipe/pipe.js';
import { mayResume, UpwardQueue, XPublisherPipe } from './upward-queue.js';

describe('UpwardQueue', () => {
  it('drops notifications when an absurd number of bytes is unread, and counts them', () => {
    const queue = new UpwardQueue();
    const long = 'x'.repeat(2 ** 20);
    for (let i = 0; i < 300; i++) queue.pushNotification(true, long);
    expect(queue.length).toBe(255);
    expect(queue.dropped).toBe(45);
    while (queue.shift() !== undefined);
    queue.pushNotification(false, 'again');
    expect(queue.shift()!.message[0]!.toString()).toBe('\x00again');
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
