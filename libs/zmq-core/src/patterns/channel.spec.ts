import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('CHANNEL (52/CHANNEL)', () => {
  it('talks to its one peer, both ways', () => {
    const channel = new PatternHarness('CHANNEL');
    const { pattern } = channel;
    expect([pattern.canSend(), channel.send('x'), channel.receive(), pattern.canReceive()]).toEqual([
      false,
      false,
      undefined,
      false,
    ]);
    const a = channel.join();
    expect([pattern.canSend(), channel.send('x')]).toEqual([true, true]);
    expect(a.readAll()).toEqual([['x']]);
    a.send('z');
    expect(pattern.canReceive()).toBe(true);
    expect(channel.receive()).toEqual(['z']);
    expect(pattern.source).toBe(a.own);
  });

  it('refuses a second peer that comes, by its handshake', () => {
    const channel = new PatternHarness('CHANNEL');
    const a = channel.join();
    const b = channel.join();
    expect(b.closed).toMatch(/one peer/);
    expect(channel.refused).toHaveLength(1);
    channel.send('x');
    expect([a.readAll(), b.readAll()]).toEqual([[['x']], []]);
  });

  it('refuses a second pipe that was dialed, at once', () => {
    const channel = new PatternHarness('CHANNEL');
    channel.attach({ dialed: true });
    expect(channel.attach({ dialed: true }).closed).toMatch(/one peer/);
    expect(channel.join().closed).toMatch(/one peer/);
  });

  it('takes a new peer when the old one is gone', () => {
    const channel = new PatternHarness('CHANNEL');
    const a = channel.join();
    a.send('last words');
    a.close();
    expect(channel.join().closed).toBeDefined(); // a is still being read
    expect(channel.receiveAll()).toEqual([['last words']]);
    const b = channel.join();
    expect(b.closed).toBeUndefined();
    channel.send('x');
    expect(b.readAll()).toEqual([['x']]);
  });

  it('waits while the peer is full', () => {
    const channel = new PatternHarness('CHANNEL');
    const a = channel.join(undefined, marks(1));
    expect([channel.send('x'), channel.send('y'), channel.pattern.canSend()]).toEqual([true, false, false]);
    expect(channel.pattern.trySendTo(a.own, frames('y'))).toBe(false);
    a.read();
    expect(channel.pattern.trySendTo(a.own, frames('y'))).toBe(true);
  });
});
