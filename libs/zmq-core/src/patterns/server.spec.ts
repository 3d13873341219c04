import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const EHOSTUNREACH = expect.objectContaining({ code: 'EHOSTUNREACH' });

describe.each(['SERVER', 'PEER'] as const)('%s (41/CLISRV, 51/P2P)', (type) => {
  it('numbers its peers: four bytes, each its own, never 0', () => {
    const server = new PatternHarness(type);
    const peers = [server.join(), server.join(), server.join()];
    for (const peer of peers) peer.send('x');
    const ids = server.receiveAll().map(([id]) => id!);
    // The counter starts at 0xfffffffe here, and wraps.
    expect(ids).toEqual(['\xff\xff\xff\xff', '\0\0\0\x01', '\0\0\0\x02']);
    ids.forEach((id) => server.send(id, `to ${id}`));
    expect(peers.map((peer) => peer.readAll())).toEqual(ids.map((id) => [[`to ${id}`]]));
    expect(peers.map(({ own }) => server.pattern.routingIdOf(own)?.toString('latin1'))).toEqual(ids);
  });

  it('an announced identity is nothing to it', () => {
    const server = new PatternHarness(type);
    const a = server.join('A');
    a.send('x');
    expect(server.receive()).toEqual(['\xff\xff\xff\xff', 'x']);
    expect(server.pattern.source).toBe(a.own);
  });

  it('a number in use is not given again', () => {
    const server = new PatternHarness(type);
    server.attach({ dialed: true, connectRoutingId: Buffer.from([0, 0, 0, 1]) });
    server.attach({ dialed: true, connectRoutingId: Buffer.from([0xff, 0xff, 0xff, 0xff]) });
    const a = server.join();
    expect(server.pattern.routingIdOf(a.own)).toEqual(Buffer.from([0, 0, 0, 2]));
  });

  it('an unknown peer, and one that is gone, cannot be reached', () => {
    const server = new PatternHarness(type);
    expect(server.pattern.canSend()).toBe(true);
    const a = server.join();
    a.send('unread');
    const id = server.pattern.routingIdOf(a.own)!;
    expect(() => server.send('\0\0\0\x09', 'x')).toThrow(EHOSTUNREACH);
    a.close(); // still to be read, but nothing reaches it any more
    expect(() => server.pattern.trySend([id, Buffer.from('x')])).toThrow(EHOSTUNREACH);
    expect(server.receiveAll()).toHaveLength(1);
    expect(() => server.pattern.trySend([id, Buffer.from('x')])).toThrow(EHOSTUNREACH);
    expect(() => server.pattern.trySendTo(a.own, frames('x'))).toThrow(EHOSTUNREACH);
    expect(server.pattern.routingIdOf(a.own)).toBeUndefined();
  });

  it('a full peer makes the sender wait, and loses nothing', () => {
    const server = new PatternHarness(type);
    const [a, b] = [server.join(undefined, marks(1)), server.join()];
    const [idOfA, idOfB] = [a, b].map(({ own }) => server.pattern.routingIdOf(own)!) as [Buffer, Buffer];
    expect([server.send(idOfA, '1'), server.send(idOfA, '2'), server.send(idOfB, '3')]).toEqual([true, false, true]);
    expect(server.pattern.trySendTo(a.own, frames('2'))).toBe(false);
    expect(a.readAll()).toEqual([['1']]);
    expect(server.send(idOfA, '2')).toBe(true);
    expect([a.readAll(), b.readAll()]).toEqual([[['2']], [['3']]]);
    expect(server.pattern.dropped).toBe(0);
  });

  it('a routing id that has not four bytes is the caller’s mistake', () => {
    const server = new PatternHarness(type);
    for (const id of ['', 'abc', 'abcde']) {
      expect(() => server.send(id, 'x')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
  });

  it('receives fairly', () => {
    const server = new PatternHarness(type);
    const [a, b] = [server.join(), server.join()];
    for (const text of ['a1', 'a2', 'a3']) a.send(text);
    b.send('b1');
    expect(server.receiveAll().map(([, text]) => text)).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('what it dialled has its number at once, and keeps it over reconnects', () => {
    const server = new PatternHarness(type);
    const id = server.pattern.newRoutingId();
    const a = server.attach({ dialed: true, connectRoutingId: id });
    expect(server.pattern.trySend([id, Buffer.from('early')])).toBe(true);
    a.announce();
    a.hiccup();
    expect(server.pattern.trySend([id, Buffer.from('between')])).toBe(true);
    a.announce();
    expect(a.readAll()).toEqual([['early'], ['between']]);
    a.send('x');
    expect(server.receive()).toEqual([id.toString('latin1'), 'x']);
  });

  it('gives the id of all messages of a peer as one object, and never changes a shared array', () => {
    const server = new PatternHarness(type);
    const a = server.join();
    const shared = frames('x');
    shared.encoded = null;
    a.end.send(shared);
    a.send('z');
    const [first, second] = [server.pattern.tryReceive()!, server.pattern.tryReceive()!];
    expect(first[0]).toBe(second[0]);
    expect([shared.length, first.encoded]).toEqual([1, undefined]);
  });
});
