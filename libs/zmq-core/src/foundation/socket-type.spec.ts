import { isLegalPeer, isRaw, type SocketTypeName, socketTypes } from './socket-type.js';

const names = Object.keys(socketTypes) as SocketTypeName[];

describe('the table of socket types', () => {
  it('names only types that exist', () => {
    for (const { peers } of Object.values(socketTypes)) for (const peer of peers) expect(names).toContain(peer);
  });

  it('is symmetric: who may talk to me, may I talk to', () => {
    const pairs = names.flatMap((own) => names.map((peer) => [own, peer] as const));
    for (const [own, peer] of pairs)
      expect([own, peer, isLegalPeer(own, peer)]).toEqual([own, peer, isLegalPeer(peer, own)]);
  });

  it('gives everybody who speaks ZMTP somebody to talk to, each once', () => {
    for (const name of names) {
      const { peers } = socketTypes[name];
      expect([name, peers.length > 0]).toEqual([name, !isRaw(name)]);
      expect(new Set<string>(peers).size).toBe(peers.length);
    }
    expect(names.filter(isRaw)).toEqual(['STREAM']);
  });

  it('has unique ids', () => {
    const ids = Object.values(socketTypes).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  // The numbers are an interface: npm's `type` option and `new Socket(type)`.
  it('has the ids of libzmq', () => {
    const expected = ['PAIR', 'PUB', 'SUB', 'REQ', 'REP', 'DEALER', 'ROUTER', 'PULL', 'PUSH', 'XPUB', 'XSUB', 'STREAM'];
    for (const [id, name] of expected.entries()) expect(socketTypes[name as SocketTypeName].id).toBe(id);
    const drafts = { SERVER: 12, CLIENT: 13, RADIO: 14, DISH: 15, GATHER: 16, SCATTER: 17, PEER: 19, CHANNEL: 20 };
    for (const [name, id] of Object.entries(drafts)) expect(socketTypes[name as SocketTypeName].id).toBe(id);
  });

  it.each([
    ['REQ', 'DEALER'],
    ['REQ', 'REQ'],
    ['PUB', 'PUB'],
    ['PUSH', 'PUSH'],
    ['PAIR', 'DEALER'],
    ['PAIR', 'NONSENSE'],
    ['PAIR', ''],
    ['PAIR', 'pair'],
  ] as const)('%s may not talk to %s', (own, peer) => {
    expect(isLegalPeer(own, peer)).toBe(false);
  });

  it('REQ, DEALER and ROUTER announce their routing ids', () => {
    expect(names.filter((name) => socketTypes[name].announcesRoutingId).sort()).toEqual(
      expect.arrayContaining(['DEALER', 'REQ', 'ROUTER']),
    );
  });
});
