import { frames, PatternHarness } from '../testing/pattern-harness.js';

const ENOTSUP = expect.objectContaining({ code: 'ENOTSUP' });

describe('GATHER (49/SCATTERGATHER)', () => {
  it('receives fairly', () => {
    const gather = new PatternHarness('GATHER');
    const [a, b] = [gather.join(), gather.join()];
    for (const text of ['a1', 'a2', 'a3']) a.send(text);
    b.send('b1');
    expect(gather.receiveAll()).toEqual([['a1'], ['b1'], ['a2'], ['a3']]);
    expect(gather.pattern.source).toBe(a.own);
  });

  it('never sends', () => {
    const gather = new PatternHarness('GATHER');
    const a = gather.join();
    expect(() => gather.send('x')).toThrow(ENOTSUP);
    expect(() => gather.pattern.trySendTo(a.own, frames('x'))).toThrow(ENOTSUP);
    expect(gather.pattern.canSend()).toBe(false);
  });

  it('reads what a peer wrote before it left', () => {
    const gather = new PatternHarness('GATHER');
    const a = gather.join();
    a.send('last words');
    a.close();
    expect(gather.receiveAll()).toEqual([['last words']]);
  });
});
