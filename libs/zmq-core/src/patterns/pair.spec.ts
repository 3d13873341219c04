import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('PAIR (31/EXPAIR)', () => {
  it('talks to its one peer, both ways', () => {
    const pair = new PatternHarness('PAIR');
    expect([pair.pattern.canSend(), pair.send('x'), pair.receive(), pair.pattern.canReceive()]).toEqual([
      false,
      false,
      undefined,
      false,
    ]);
    const a = pair.join();
    expect([pair.pattern.canSend(), pair.send('x', 'y')]).toEqual([true, true]);
    expect(a.readAll()).toEqual([['x', 'y']]);
    a.send('z');
    expect(pair.pattern.canReceive()).toBe(true);
    expect(pair.receive()).toEqual(['z']);
    expect(pair.pattern.source).toBe(a.own);
    expect(pair.pattern.dropped).toBe(0);
  });

  it('refuses a second peer that comes, by its handshake', () => {
    const pair = new PatternHarness('PAIR');
    const a = pair.join();
    const b = pair.join();
    expect(b.closed).toMatch(/one peer/);
    expect(pair.refused).toHaveLength(1);
    pair.send('x');
    expect([a.readAll(), b.readAll()]).toEqual([[['x']], []]);
  });

  it('refuses a second pipe that was dialed, at once', () => {
    const pair = new PatternHarness('PAIR');
    pair.attach({ dialed: true });
    expect(pair.attach({ dialed: true }).closed).toMatch(/one peer/);
    expect(pair.join().closed).toMatch(/one peer/);
  });

  it('takes a new peer when the old one is gone', () => {
    const pair = new PatternHarness('PAIR');
    const a = pair.join();
    a.send('last words');
    a.close();
    expect(pair.join().closed).toBeDefined(); // a is still being read
    expect(pair.receiveAll()).toEqual([['last words']]);
    const b = pair.join();
    expect(b.closed).toBeUndefined();
    pair.send('x');
    expect(b.readAll()).toEqual([['x']]);
  });

  it('waits while the peer is full', () => {
    const pair = new PatternHarness('PAIR');
    const a = pair.join(undefined, marks(1));
    expect([pair.send('x'), pair.send('y'), pair.pattern.canSend()]).toEqual([true, false, false]);
    expect(pair.pattern.trySendTo(a.own, frames('y'))).toBe(false);
    a.read();
    expect(pair.pattern.trySendTo(a.own, frames('y'))).toBe(true);
  });
});
