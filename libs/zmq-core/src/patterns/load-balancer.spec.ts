import { jest } from '@jest/globals';
import { marks, PatternHarness } from '../testing/pattern-harness.js';

describe('load balancer (PUSH)', () => {
  it('sends round robin, a whole message each', () => {
    const push = new PatternHarness('PUSH');
    const peers = [push.join(), push.join(), push.join()];
    for (let i = 0; i < 6; i++) expect(push.send(`${i}`, 'body')).toBe(true);
    expect(peers.map((peer) => peer.readAll())).toEqual([
      [
        ['0', 'body'],
        ['3', 'body'],
      ],
      [
        ['1', 'body'],
        ['4', 'body'],
      ],
      [
        ['2', 'body'],
        ['5', 'body'],
      ],
    ]);
  });

  it('waits when there is no pipe, or all are full', () => {
    const push = new PatternHarness('PUSH');
    expect(push.pattern.canSend()).toBe(false);
    expect(push.send('x')).toBe(false);
    push.join(undefined, marks(2));
    expect(push.pattern.canSend()).toBe(true);
    expect([push.send('1'), push.send('2'), push.send('3')]).toEqual([true, true, false]);
    expect(push.pattern.canSend()).toBe(false);
    expect(push.pattern.dropped).toBe(0);
  });

  it('leaves a full pipe out until it takes messages again', () => {
    const push = new PatternHarness('PUSH');
    const a = push.join(undefined, marks(1));
    const b = push.join();
    const writes = jest.spyOn(a.own, 'write');
    for (let i = 0; i < 10; i++) push.send(`${i}`);
    expect(writes).toHaveBeenCalledTimes(2); // one taken, one refused
    expect(a.readAll().flat()).toEqual(['0']);
    expect(b.readAll()).toHaveLength(9);
    for (let i = 0; i < 2; i++) push.send('later');
    expect([a.readAll().length, b.readAll().length]).toEqual([1, 1]);
  });

  it('skips a peer that closed', () => {
    const push = new PatternHarness('PUSH');
    const [a, b] = [push.join(), push.join()];
    a.close();
    for (let i = 0; i < 4; i++) expect(push.send('x')).toBe(true);
    expect(b.readAll()).toHaveLength(4);
    push.leave(b);
    expect(push.send('x')).toBe(false);
  });
});
