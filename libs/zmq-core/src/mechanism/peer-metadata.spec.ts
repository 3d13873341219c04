import { isLegalPeer, type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { bytes, pattern } from '../testing/bytes.js';
import { decodeMetadata, encodeMetadata } from '../wire/metadata.js';
import { encodeOwnMetadata, IllegalPeerError, readPeerMetadata } from './peer-metadata.js';

const types = Object.keys(socketTypes) as SocketTypeName[];

/** The table of 37/ZMTP "The Socket-Type Property", row by row. */
const legalPeers: Record<SocketTypeName, readonly string[]> = {
  REQ: ['REP', 'ROUTER'],
  REP: ['REQ', 'DEALER'],
  DEALER: ['REP', 'DEALER', 'ROUTER'],
  ROUTER: ['REQ', 'DEALER', 'ROUTER'],
  PUB: ['SUB', 'XSUB'],
  XPUB: ['SUB', 'XSUB'],
  SUB: ['PUB', 'XPUB'],
  XSUB: ['PUB', 'XPUB'],
  PUSH: ['PULL'],
  PULL: ['PUSH'],
  PAIR: ['PAIR'],
  // It speaks no ZMTP.
  STREAM: [],
  CLIENT: ['SERVER'],
  SERVER: ['CLIENT'],
  RADIO: ['DISH'],
  DISH: ['RADIO'],
  SCATTER: ['GATHER'],
  GATHER: ['SCATTER'],
  PEER: ['PEER'],
  CHANNEL: ['CHANNEL'],
};

describe('the legal pairs', () => {
  it.each(types)('%s', (own) => {
    expect(types.filter((peer) => isLegalPeer(own, peer))).toEqual(
      types.filter((peer) => legalPeers[own].includes(peer)),
    );
    for (const peer of types) expect(isLegalPeer(own, peer)).toBe(isLegalPeer(peer, own));
  });

  it.each(['', 'PUBX', 'pub', 'constructor', '__proto__', 'toString'])('"%s" is nobody', (peer) => {
    for (const own of types) expect(isLegalPeer(own, peer)).toBe(false);
  });
});

describe('encodeOwnMetadata', () => {
  const socketType = (name: string) =>
    `0B "Socket-Type" 000000 ${Buffer.from([name.length]).toString('hex')} "${name}"`;

  it.each(types)('%s tells its type, and its identity if it is addressed by it', (type) => {
    const identity = ['REQ', 'DEALER', 'ROUTER'].includes(type);
    const none = encodeOwnMetadata({ socketType: type, routingId: undefined, properties: {} });
    expect(none).toEqual(bytes(`${socketType(type)} ${identity ? '08 "Identity" 00000000' : ''}`));
    const some = encodeOwnMetadata({ socketType: type, routingId: Buffer.from('me'), properties: {} });
    expect(some).toEqual(bytes(`${socketType(type)} ${identity ? '08 "Identity" 00000002 "me"' : ''}`));
  });

  it('adds what the application tells', () => {
    const encoded = encodeOwnMetadata({
      socketType: 'PUB',
      routingId: undefined,
      properties: { 'X-hello': 'wörld', 'X-b': '' },
    });
    expect(encoded).toEqual(bytes(`${socketType('PUB')} 07 "X-hello" 00000006 "w" C3B6 "rld" 03 "X-b" 00000000`));
  });
});

describe('readPeerMetadata', () => {
  const read = (own: SocketTypeName, properties: readonly [string, Buffer | string][]) =>
    readPeerMetadata(
      own,
      decodeMetadata(encodeMetadata(properties.map(([name, value]) => [name, Buffer.from(value)] as const))),
      '10.0.0.1:5',
    );

  it('tells who the peer is', () => {
    const info = read('ROUTER', [['Socket-Type', 'DEALER'], ['Identity', 'abc'], ['X-k', 'v']]); // prettier-ignore
    expect(info).toEqual({
      socketType: 'DEALER',
      routingId: Buffer.from('abc'),
      address: '10.0.0.1:5',
      properties: { 'Socket-Type': 'DEALER', Identity: 'abc', 'Routing-Id': 'abc', 'X-k': 'v' },
    });
  });

  it('does not mind the case of names, and keeps it', () => {
    const info = read('ROUTER', [['sOCKET-tYPE', 'REQ'], ['IDENTITY', 'abc']]); // prettier-ignore
    expect(info).toMatchObject({ socketType: 'REQ', routingId: Buffer.from('abc'), properties: { IDENTITY: 'abc' } });
  });

  it('minds the case of the socket type', () => {
    expect(() => read('ROUTER', [['Socket-Type', 'dealer']])).toThrow(IllegalPeerError);
  });

  it('nobody says of himself what only we can know of him', () => {
    const info = read('PULL', [['Socket-Type', 'PUSH'], ['User-Id', 'root'], ['peer-address', '::1'], ['ROUTING-ID', 'x'], ['X-User-Id', 'x']]); // prettier-ignore
    expect({ ...info.properties }).toEqual({ 'Socket-Type': 'PUSH', 'X-User-Id': 'x' });
  });

  it('beside an authenticator nobody says of himself what it may say of others', () => {
    const properties = decodeMetadata(
      encodeMetadata(
        [['Socket-Type', 'DEALER'], ['Identity', 'a'], ['X-mine', '1'], ['x-Role', 'root'], ['role', 'root'], ['Team', 'x'], ['Identity-role', 'root']]
          .map(([name, value]) => [name!, Buffer.from(value!)] as const), // prettier-ignore
      ),
    );
    const admitted = { userId: 'joe', properties: new Map([['X-role', Buffer.from('guest')]]) };
    const info = readPeerMetadata('ROUTER', properties, '10.0.0.1:5', admitted);
    expect({ ...info.properties }).toEqual({
      'Socket-Type': 'DEALER',
      Identity: 'a',
      'Routing-Id': 'a',
      'X-mine': '1',
      'X-role': 'guest',
      'User-Id': 'joe',
    });
    expect(readPeerMetadata('ROUTER', properties, '10.0.0.1:5').properties['role']).toBe('root');
  });

  it('properties are data, whatever their names', () => {
    const info = read('PULL', [['Socket-Type', 'PUSH'], ['__proto__', 'x'], ['constructor', 'y']]); // prettier-ignore
    expect(info.properties['__proto__']).toBe('x');
    expect(info.properties['constructor']).toBe('y');
    expect(info.properties['toString']).toBeUndefined();
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('needs a Socket-Type', () => {
    expect(() => read('PULL', [])).toThrow(/no Socket-Type/);
  });

  it('an impossible pair names what would be possible', () => {
    expect(() => read('DEALER', [['Socket-Type', 'PUB']])).toThrow(
      expect.objectContaining({
        reply: 'Invalid socket type',
        message: expect.stringMatching(/a PUB, and a DEALER talks to REP or DEALER or ROUTER only/),
      }),
    );
  });

  it.each([1, 254, 255])('a routing id of %i bytes', (size) => {
    const id = pattern(size);
    expect(read('ROUTER', [['Socket-Type', 'DEALER'], ['Identity', id]]).routingId).toEqual(id); // prettier-ignore
  });

  it('an empty routing id means none', () => {
    expect(read('ROUTER', [['Socket-Type', 'DEALER'], ['Identity', '']]).routingId).toBeUndefined(); // prettier-ignore
    expect(read('ROUTER', [['Socket-Type', 'DEALER']]).routingId).toBeUndefined();
  });

  it.each([
    ['of 256 bytes', pattern(256), /256 bytes/],
    ['that begins with zero', bytes('00 "abc"'), /zero byte/],
  ])('refuses a routing id %s', (_, id, why) => {
    const properties: [string, Buffer | string][] = [['Socket-Type', 'DEALER'], ['Identity', id]]; // prettier-ignore
    expect(() => read('ROUTER', properties)).toThrow(why);
  });

  it('37-ID-1: ignores the identity of a type that is not addressed by it', () => {
    const info = read('PULL', [['Socket-Type', 'PUSH'], ['Identity', pattern(256)]]); // prettier-ignore
    expect(info.routingId).toBeUndefined();
  });
});
