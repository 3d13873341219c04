import { jest } from '@jest/globals';
import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('PUSH (30/PIPELINE)', () => {
  it('never receives', () => {
    const push = new PatternHarness('PUSH');
    expect(() => push.pattern.tryReceive()).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect(push.pattern.canReceive()).toBe(false);
    expect(push.pattern.source).toBeUndefined();
  });

  it('throws away what comes, so that it sees the peer close', () => {
    const push = new PatternHarness('PUSH');
    const detach = jest.spyOn(push.pattern, 'detach');
    const a = push.join();
    a.send('x');
    a.send('y');
    expect(push.pattern.dropped).toBe(2);
    a.close();
    expect(detach).toHaveBeenCalledWith(a.own);
  });

  it('sends to one peer alone', () => {
    const push = new PatternHarness('PUSH');
    const [a, b] = [push.join(), push.join(undefined, marks(1))];
    expect(push.pattern.trySendTo(b.own, frames('x'))).toBe(true);
    expect(push.pattern.trySendTo(b.own, frames('y'))).toBe(false);
    expect([a.readAll(), b.readAll()]).toEqual([[], [['x']]]);
    b.close();
    expect(() => push.pattern.trySendTo(b.own, frames('z'))).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }));
  });

  it('keeps the pipe and its messages when the connection is lost', () => {
    const push = new PatternHarness('PUSH');
    const a = push.attach({ dialed: true });
    push.send('before');
    a.hiccup();
    a.announce();
    push.send('after');
    expect(a.readAll()).toEqual([['before'], ['after']]);
  });

  it('refuses a message without frames', () => {
    const push = new PatternHarness('PUSH');
    expect(() => push.send()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});
