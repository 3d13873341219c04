import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const EHOSTUNREACH = expect.objectContaining({ code: 'EHOSTUNREACH' });

describe('ROUTER (28/REQREP)', () => {
  it('puts the id in front of what comes, and sends by it', () => {
    const router = new PatternHarness('ROUTER');
    const [a, b] = [router.join('A'), router.join('B')];
    a.send('', 'x');
    b.send('y');
    expect(router.receiveAll()).toEqual([
      ['A', '', 'x'],
      ['B', 'y'],
    ]);
    expect(router.pattern.source).toBe(b.own);
    router.send('A', '', 're x');
    router.send('B', 'more', 're', 'y', 'z');
    expect([a.readAll(), b.readAll()]).toEqual([[['', 're x']], [['more', 're', 'y', 'z']]]);
  });

  it('names a peer without an id: 0x00 and a counter, each its own', () => {
    const router = new PatternHarness('ROUTER');
    const peers = [router.join(), router.join(''), router.join()];
    for (const peer of peers) peer.send('x');
    const ids = router.receiveAll().map(([id]) => id!);
    expect(ids).toEqual(['\0\xff\xff\xff\xff', '\0\0\0\0\0', '\0\0\0\0\x01']);
    ids.forEach((id) => router.send(id, id));
    expect(peers.map((peer) => peer.readAll())).toEqual(ids.map((id) => [[id]]));
  });

  it('passes a probe up as an empty message', () => {
    const router = new PatternHarness('ROUTER');
    router.join('A').send('');
    expect(router.pattern.canReceive()).toBe(true);
    expect(router.receive()).toEqual(['A', '']);
  });

  it('probes each connection', () => {
    const router = new PatternHarness('ROUTER', { probeRouter: true });
    const a = router.attach({ dialed: true });
    a.announce('A');
    a.hiccup();
    a.announce('A');
    expect(a.readAll()).toEqual([[''], ['']]);
  });

  it('an id with nothing behind it is nothing to send', () => {
    const router = new PatternHarness('ROUTER', { mandatory: true });
    const a = router.join('A');
    expect([router.send('A'), router.send('nobody')]).toEqual([true, true]);
    expect(a.readAll()).toEqual([]);
    expect(() => router.send()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('drops and counts what cannot be routed', () => {
    const router = new PatternHarness('ROUTER');
    expect(router.pattern.canSend()).toBe(true);
    const a = router.join('A', marks(1));
    expect([router.send('B', 'x'), router.send('A', '1'), router.send('A', '2')]).toEqual([true, true, true]);
    expect(router.pattern.dropped).toBe(2);
    expect(a.readAll()).toEqual([['1']]);
    a.close();
    router.send('A', 'x');
    expect(router.pattern.dropped).toBe(3);
  });

  it('mandatory: an unknown or lost peer throws, a full one waits', () => {
    const router = new PatternHarness('ROUTER', { mandatory: true });
    expect(router.pattern.canSend()).toBe(false);
    const a = router.join('A', marks(1));
    expect(router.pattern.canSend()).toBe(true);
    expect(() => router.send('B', 'x')).toThrow(EHOSTUNREACH);
    expect([router.send('A', '1'), router.send('A', '2'), router.pattern.canSend()]).toEqual([true, false, false]);
    a.send('unread');
    a.close();
    expect(() => router.send('A', 'x')).toThrow(EHOSTUNREACH);
    expect(router.pattern.dropped).toBe(0);
  });

  it('connectRoutingId names the pipe before any handshake, whatever the peer announces', () => {
    const router = new PatternHarness('ROUTER', { mandatory: true });
    const a = router.attach({ dialed: true, connectRoutingId: Buffer.from('A') });
    expect(router.send('A', 'early')).toBe(true);
    a.announce('other');
    expect(a.readAll()).toEqual([['early']]);
    expect(() => router.send('other', 'x')).toThrow(EHOSTUNREACH);
    a.send('x');
    expect(router.receive()).toEqual(['A', 'x']);
    a.hiccup();
    expect(router.send('A', 'waits')).toBe(true);
    a.announce();
    expect(a.readAll()).toEqual([['waits']]);
  });

  it('a dialed peer without connectRoutingId is known by what it announces', () => {
    const router = new PatternHarness('ROUTER', { mandatory: true });
    const a = router.attach({ dialed: true });
    expect(() => router.pattern.trySendTo(a.own, frames('x'))).toThrow(EHOSTUNREACH);
    a.announce('A');
    expect(router.send('A', 'x')).toBe(true);
    expect(a.readAll()).toEqual([['x']]);
  });

  it('after a reconnect goes by the new id; a made one is kept', () => {
    const router = new PatternHarness('ROUTER', { mandatory: true });
    const a = router.attach({ dialed: true });
    a.announce('A');
    a.send('from A');
    a.hiccup();
    a.announce('B');
    a.send('from B');
    expect(router.receiveAll()).toEqual([
      ['A', 'from A'],
      ['B', 'from B'],
    ]);
    expect(() => router.send('A', 'x')).toThrow(EHOSTUNREACH);
    a.hiccup();
    a.announce();
    a.send('1');
    a.hiccup();
    a.announce();
    a.send('2');
    const made = router.receiveAll().map(([id]) => id);
    expect(made[0]).toBe(made[1]);
    expect(made[0]).toHaveLength(5);
    expect(() => router.send('B', 'x')).toThrow(EHOSTUNREACH);
  });

  it('refuses a peer whose id is in use', () => {
    const router = new PatternHarness('ROUTER');
    const [first, second] = [router.join('A'), router.join('A')];
    expect(second.closed).toMatch(/in use/);
    router.send('A', 'x');
    expect([first.readAll(), second.readAll()]).toEqual([[['x']], []]);
    const third = router.attach({ dialed: true, connectRoutingId: Buffer.from('A') });
    expect(third.closed).toMatch(/in use/);
    router.leave(first);
    expect(router.join('A').closed).toBeUndefined();
  });

  it('handover: the new peer takes the id, the old pipe is closed', () => {
    const router = new PatternHarness('ROUTER', { handover: true });
    const [first, second] = [router.join('A'), router.join('A')];
    expect(first.closed).toMatch(/took over/);
    expect(second.closed).toBeUndefined();
    router.send('A', 'x');
    expect(second.readAll()).toEqual([['x']]);
    router.pattern.detach(first.own);
    router.send('A', 'y');
    expect(second.readAll()).toEqual([['y']]);
    second.send('z');
    expect(router.receive()).toEqual(['A', 'z']);
    const third = router.attach({ dialed: true, connectRoutingId: Buffer.from('A') });
    expect(second.closed).toMatch(/took over/);
    router.send('A', 'w');
    expect(third.readAll()).toEqual([['w']]);
  });

  it('sendTo takes no id frame; false = full', () => {
    const router = new PatternHarness('ROUTER');
    const a = router.join('A', marks(1));
    expect(router.pattern.trySendTo(a.own, frames('x', 'y'))).toBe(true);
    expect(router.pattern.trySendTo(a.own, frames('z'))).toBe(false);
    expect(a.readAll()).toEqual([['x', 'y']]);
    expect(router.pattern.dropped).toBe(0);
    router.leave(a);
    expect(() => router.pattern.trySendTo(a.own, frames('z'))).toThrow(EHOSTUNREACH);
  });

  it('gives the id of all messages of a peer as one object, and never changes a shared array', () => {
    const router = new PatternHarness('ROUTER');
    const a = router.join('A');
    const shared = frames('x', 'y');
    shared.encoded = null;
    a.end.send(shared);
    a.send('z');
    const [first, second] = [router.pattern.tryReceive()!, router.pattern.tryReceive()!];
    expect(first[0]).toBe(second[0]);
    expect([shared.length, first.encoded]).toEqual([2, undefined]);
  });
});
