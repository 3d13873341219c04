import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('DEALER (28/REQREP)', () => {
  it('sends round robin and receives by turns, with no envelope', () => {
    const dealer = new PatternHarness('DEALER');
    const [a, b] = [dealer.join(), dealer.join()];
    for (const n of ['1', '2', '3']) dealer.send('', n);
    expect([a.readAll(), b.readAll()]).toEqual([
      [
        ['', '1'],
        ['', '3'],
      ],
      [['', '2']],
    ]);
    a.send('a1');
    a.send('a2');
    b.send('b1');
    expect(dealer.receiveAll().flat()).toEqual(['a1', 'b1', 'a2']);
    expect(dealer.pattern.source).toBe(a.own);
  });

  it('waits without a peer, and while all are full', () => {
    const dealer = new PatternHarness('DEALER');
    expect([dealer.pattern.canSend(), dealer.send('x')]).toEqual([false, false]);
    const a = dealer.join(undefined, marks(1));
    expect([dealer.send('x'), dealer.send('y'), dealer.pattern.canSend()]).toEqual([true, false, false]);
    a.read();
    expect([dealer.pattern.canSend(), dealer.send('y')]).toEqual([true, true]);
  });

  it('forgets a detached pipe in both directions', () => {
    const dealer = new PatternHarness('DEALER');
    const a = dealer.join();
    a.send('x');
    dealer.leave(a);
    dealer.leave(a);
    expect([dealer.receive(), dealer.send('x'), dealer.pattern.canReceive()]).toEqual([undefined, false, false]);
  });

  it('sends to one peer alone', () => {
    const dealer = new PatternHarness('DEALER');
    const [a, b] = [dealer.join(), dealer.join()];
    for (let i = 0; i < 2; i++) dealer.pattern.trySendTo(b.own, frames('x'));
    expect([a.readAll(), b.readAll()]).toEqual([[], [['x'], ['x']]]);
  });

  it('probes each connection: first of all at attach, and again after a reconnect', () => {
    const dealer = new PatternHarness('DEALER', { probeRouter: true });
    const a = dealer.attach({ dialed: true });
    dealer.send('first');
    a.announce();
    expect(a.readAll()).toEqual([[''], ['first']]);
    a.hiccup();
    a.announce();
    expect(a.readAll()).toEqual([['']]);
    expect(dealer.join().readAll()).toEqual([['']]);
  });
});
