import { jest } from '@jest/globals';
import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('SCATTER (49/SCATTERGATHER)', () => {
  it('sends round robin to available peers, waits when there is none, and drops nothing', () => {
    const scatter = new PatternHarness('SCATTER');
    expect([scatter.pattern.canSend(), scatter.send('x')]).toEqual([false, false]);
    const [a, b] = [scatter.join(undefined, marks(2)), scatter.join(undefined, marks(1))];
    expect(['1', '2', '3', '4'].map((text) => scatter.send(text))).toEqual([true, true, true, false]);
    expect([a.readAll(), b.readAll()]).toEqual([[['1'], ['3']], [['2']]]);
    expect([scatter.pattern.canSend(), scatter.send('4')]).toEqual([true, true]);
    expect(scatter.pattern.dropped).toBe(0);
  });

  it('never receives', () => {
    const scatter = new PatternHarness('SCATTER');
    expect(() => scatter.pattern.tryReceive()).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect(scatter.pattern.canReceive()).toBe(false);
    expect(scatter.pattern.source).toBeUndefined();
  });

  it('throws away what comes, so that it sees the peer close', () => {
    const scatter = new PatternHarness('SCATTER');
    const detach = jest.spyOn(scatter.pattern, 'detach');
    const a = scatter.join();
    a.send('x');
    a.send('y', 'z');
    expect(scatter.pattern.dropped).toBe(2);
    a.close();
    expect(detach).toHaveBeenCalledWith(a.own);
  });

  it('keeps the pipe and its messages when the connection is lost', () => {
    const scatter = new PatternHarness('SCATTER');
    const a = scatter.attach({ dialed: true });
    scatter.send('before');
    a.hiccup();
    a.announce();
    scatter.send('after');
    expect(a.readAll()).toEqual([['before'], ['after']]);
  });

  it('sends to one peer alone; false = full', () => {
    const scatter = new PatternHarness('SCATTER');
    const [a, b] = [scatter.join(), scatter.join(undefined, marks(1))];
    expect(scatter.pattern.trySendTo(b.own, frames('x'))).toBe(true);
    expect(scatter.pattern.trySendTo(b.own, frames('y'))).toBe(false);
    expect([a.readAll(), b.readAll()]).toEqual([[], [['x']]]);
    b.close();
    expect(() => scatter.pattern.trySendTo(b.own, frames('z'))).toThrow(
      expect.objectContaining({ code: 'EHOSTUNREACH' }),
    );
  });
});
