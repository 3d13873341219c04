import { frames, PatternHarness } from '../testing/pattern-harness.js';

describe('PULL (30/PIPELINE)', () => {
  it('never sends', () => {
    const pull = new PatternHarness('PULL');
    const a = pull.join();
    expect(() => pull.send('x')).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect(() => pull.pattern.trySendTo(a.own, frames('x'))).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect(pull.pattern.canSend()).toBe(false);
    expect(pull.pattern.dropped).toBe(0);
  });

  it('gives the very array that was queued', () => {
    const pull = new PatternHarness('PULL');
    const a = pull.join();
    const message = frames('x', 'y');
    a.end.send(message);
    expect(pull.pattern.tryReceive()).toBe(message);
  });

  it('goes on after a lost connection', () => {
    const pull = new PatternHarness('PULL');
    const a = pull.attach({ dialed: true });
    a.send('before');
    a.hiccup();
    a.announce();
    a.send('after');
    expect(pull.receiveAll()).toEqual([['before'], ['after']]);
  });
});
