import {
  createContext,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  type Readable,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  type Writable,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, greeting, GREETING_SIZE, message as modernMessage, pattern, ready } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, text, untilPeers } from '../support/sockets.js';
import { Stage } from '../support/stage.js';

/* Peers of ZMTP 2.0 (15/ZMTP) and 1.0 (13/ZMTP) by hand: there is none to install everywhere. */

const classes = {
  PAIR: Pair,
  PUB: Publisher,
  SUB: Subscriber,
  REQ: Request,
  REP: Reply,
  DEALER: Dealer,
  ROUTER: Router,
  PULL: Pull,
  PUSH: Push,
  XPUB: XPublisher,
  XSUB: XSubscriber,
} as const;
type Name = keyof typeof classes;
type AnySocket = Socket & Readable & Writable;
const names = Object.keys(classes) as Name[];

const SIGNATURE = bytes('FF 0000000000000001 7F');

/** What differs between the old versions. */
interface Dialect {
  frame(more: boolean, body: Buffer): Buffer;
  /** What such a peer sends until its identity is told. */
  beginning(type: Name, identity: string): Buffer;
  /** Speaks with a socket until both identities are told; checks all that the socket says. */
  meet(peer: RawPeer, own: Name, type: Name, identity?: string): Promise<void>;
  /** The next frame's flags and body. */
  read(peer: RawPeer): Promise<[more: boolean, body: string]>;
}

const two: Dialect = {
  frame(more, body) {
    if (body.length < 256) return Buffer.concat([Buffer.of(more ? 1 : 0, body.length), body]);
    const header = Buffer.alloc(9);
    header[0] = more ? 3 : 2;
    header.writeBigUInt64BE(BigInt(body.length), 1);
    return Buffer.concat([header, body]);
  },
  beginning: (type, identity) =>
    Buffer.concat([SIGNATURE, Buffer.of(1, socketTypes[type].id, 0, identity.length), Buffer.from(identity, 'latin1')]),
  async meet(peer, own, type, identity = '') {
    const all = two.beginning(type, identity);
    expect(await peer.read(10)).toEqual(SIGNATURE);
    peer.write(all.subarray(0, 10));
    expect(await peer.read(1)).toEqual(bytes('03'));
    peer.write(all.subarray(10, 11));
    expect(await peer.read(3)).toEqual(Buffer.of(socketTypes[own].id, 0, 0));
    peer.write(all.subarray(11));
  },
  async read(peer) {
    const [flags, short] = (await peer.read(2)) as unknown as [number, number];
    expect(flags & ~3).toBe(0);
    const rest = (flags & 2) === 0 ? undefined : await peer.read(7);
    const size = rest === undefined ? short : rest.readUIntBE(1, 6);
    return [(flags & 1) !== 0, (await peer.read(size)).toString('latin1')];
  },
};

const one: Dialect = {
  frame(more, body) {
    if (body.length < 254) return Buffer.concat([Buffer.of(body.length + 1, more ? 1 : 0), body]);
    const header = Buffer.alloc(10);
    header[0] = 0xff;
    header.writeBigUInt64BE(BigInt(body.length + 1), 1);
    header[9] = more ? 1 : 0;
    return Buffer.concat([header, body]);
  },
  beginning: (_type, identity) => one.frame(false, Buffer.from(identity, 'latin1')),
  async meet(peer, _own, type, identity = '') {
    // To such a peer this is the header of a frame that holds an empty identity.
    expect(await peer.read(10)).toEqual(SIGNATURE);
    peer.write(one.beginning(type, identity));
  },
  async read(peer) {
    const [length, flags] = (await peer.read(2)) as unknown as [number, number];
    if (length < 255) return [(flags & 1) !== 0, (await peer.read(length - 1)).toString('latin1')];
    const rest = await peer.read(8);
    return [(rest[7]! & 1) !== 0, (await peer.read(rest.readUIntBE(1, 6) - 1)).toString('latin1')];
  },
};

const dialects = [
  ['2.0', two],
  ['1.0', one],
] as const;

function write(dialect: Dialect, peer: RawPeer, ...frames: readonly (string | Buffer)[]): void {
  const last = frames.length - 1;
  peer.write(
    ...frames.map((body, i) => dialect.frame(i < last, typeof body === 'string' ? Buffer.from(body, 'latin1') : body)),
  );
}

async function read(dialect: Dialect, peer: RawPeer): Promise<string[]> {
  const frames: string[] = [];
  for (;;) {
    const [more, body] = await dialect.read(peer);
    frames.push(body);
    if (!more) return frames;
  }
}

/** What a socket of each type and its peer tell each other, once they have met. */
const talks: Record<Name, (socket: AnySocket, peer: RawPeer, dialect: Dialect) => Promise<void>> = {
  PAIR: bothWays,
  DEALER: bothWays,
  async PUSH(socket, peer, dialect) {
    await socket.send(['to', '', 'peer']);
    expect(await read(dialect, peer)).toEqual(['to', '', 'peer']);
  },
  async PULL(socket, peer, dialect) {
    write(dialect, peer, 'from', '', 'peer');
    expect(text(await socket.receive())).toEqual(['from', '', 'peer']);
  },
  async REQ(socket, peer, dialect) {
    for (const question of ['first', 'second']) {
      await socket.send([question, 'more']);
      expect(await read(dialect, peer)).toEqual(['', question, 'more']);
      write(dialect, peer, '', 'answer', question);
      expect(text(await socket.receive())).toEqual(['answer', question]);
    }
  },
  async REP(socket, peer, dialect) {
    for (const envelope of [[], ['X', 'Y']]) {
      write(dialect, peer, ...envelope, '', 'question', '?');
      expect(text(await socket.receive())).toEqual(['question', '?']);
      await socket.send('answer');
      expect(await read(dialect, peer)).toEqual([...envelope, '', 'answer']);
    }
  },
  async ROUTER(socket, peer, dialect) {
    write(dialect, peer, '', 'hello');
    const [id, ...rest] = await socket.receive();
    expect([id!.length, rest.map(String)]).toEqual([5, ['', 'hello']]);
    await socket.send([id!, '', 'back']);
    expect(await read(dialect, peer)).toEqual(['', 'back']);
  },
  PUB: publish,
  XPUB: publish,
  SUB: subscribe,
  XSUB: subscribe,
};

async function bothWays(socket: AnySocket, peer: RawPeer, dialect: Dialect): Promise<void> {
  await talks.PULL(socket, peer, dialect);
  await talks.PUSH(socket, peer, dialect);
}

/** A 2.0 subscriber says what it wants, by messages; a 1.0 subscriber gets everything. */
async function publish(socket: AnySocket, peer: RawPeer, dialect: Dialect): Promise<void> {
  const publisher = socket as unknown as Publisher;
  const everything = dialect === one;
  const topics = everything ? [''] : ['a', 'b'];
  const told: string[] = [];
  await new Promise<void>((resolve) => {
    publisher.onSubscription(({ topic, subscribed }) => {
      told.push(`${subscribed ? '+' : '-'}${String(topic)}`);
      if (told.length === (everything ? 1 : 3)) resolve();
    });
    if (everything) write(dialect, peer, '');
    else for (const subscription of ['\x01a', '\x01b', '\x00b']) write(dialect, peer, subscription);
  });
  expect(told).toEqual(everything ? ['+'] : [...topics.map((topic) => `+${topic}`), '-b']);
  for (const topic of ['abc', 'b', 'a']) await socket.send([topic, 'body']);
  for (const topic of everything ? ['abc', 'b', 'a'] : ['abc', 'a'])
    expect(await read(dialect, peer)).toEqual([topic, 'body']);
}

async function subscribe(socket: AnySocket, peer: RawPeer, dialect: Dialect): Promise<void> {
  if (socket instanceof Subscriber) socket.subscribe('a');
  else await socket.send('\x01a');
  expect(await read(dialect, peer)).toEqual(['\x01a']);
  // A 1.0 publisher filters nothing: a SUB does it here, an XSUB leaves it to the application.
  for (const topic of ['b', 'abc']) write(dialect, peer, topic, 'body');
  if (socket instanceof XSubscriber) expect(text(await socket.receive())).toEqual(['b', 'body']);
  expect(text(await socket.receive())).toEqual(['abc', 'body']);
}

describe('peers of older versions, with `legacy`', () => {
  const open = closedAfterEach();
  const listeners: RawListener[] = [];

  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.close();
  });

  function make(type: Name, options: object = {}): AnySocket {
    const Class = classes[type] as unknown as new (options: object) => AnySocket;
    return open(new Class({ linger: 0, legacy: true, ...options }));
  }

  async function bound(type: Name, options: object = {}): Promise<{ socket: AnySocket; peer: RawPeer }> {
    const socket = make(type, options);
    await socket.bind('tcp://127.0.0.1:*');
    return { socket, peer: await RawPeer.connect(socket.lastEndpoint!) };
  }

  async function connected(type: Name): Promise<{ socket: AnySocket; peer: RawPeer }> {
    const listener = await RawListener.listen();
    listeners.push(listener);
    const socket = make(type);
    socket.connect(listener.endpoint);
    return { socket, peer: await listener.accept() };
  }

  const pairs = names.flatMap((own) => socketTypes[own].peers.map((peer) => [own, peer] as const));

  describe.each(dialects)('of %s', (version, dialect) => {
    it.each(pairs)('our %s, bound and connecting, and its %s', async (own, type) => {
      for (const meet of [bound, connected]) {
        const { socket, peer } = await meet(own);
        await dialect.meet(peer, own, type);
        await talks[own](socket, peer, dialect);
        expect(socket.peers.map(({ socketType }) => socketType)).toEqual([version === '2.0' ? type : '']);
        peer.destroy();
      }
    });

    it('all that the peer says byte by byte', async () => {
      const { socket, peer } = await bound('ROUTER');
      const frames = [dialect.frame(true, Buffer.from('a')), dialect.frame(true, pattern(300)), dialect.frame(false, Buffer.alloc(0))];
      await peer.writeByteByByte(Buffer.concat([dialect.beginning('DEALER', 'slow'), ...frames]));
      expect(await socket.receive()).toEqual([Buffer.from('slow'), Buffer.from('a'), pattern(300), Buffer.alloc(0)]);
      peer.destroy();
    }); // prettier-ignore

    it('all that the peer says at once', async () => {
      const { socket, peer } = await bound('ROUTER');
      peer.write(dialect.beginning('DEALER', 'quick'), dialect.frame(true, Buffer.from('a')), dialect.frame(false, Buffer.from('b')));
      expect(text(await socket.receive())).toEqual(['quick', 'a', 'b']);
      await socket.send(['quick', 'hi']);
      await peer.read(version === '2.0' ? 14 : 10);
      expect(await read(dialect, peer)).toEqual(['hi']);
      peer.destroy();
    }); // prettier-ignore

    it.each([0, 1, 252, 253, 254, 255, 256, 65_535, 65_536, 8192, 1_000_000])('frames of %i bytes', async (size) => {
      const { socket, peer } = await bound('PAIR');
      await dialect.meet(peer, 'PAIR', 'PAIR');
      const body = pattern(size);
      write(dialect, peer, body, 'x', body);
      const received = await socket.receive();
      expect(received.map((part) => part.equals(body))).toEqual([true, false, true]);
      await socket.send([body, 'x', body]);
      const echoed = await read(dialect, peer);
      expect(echoed.map((part) => part === body.toString('latin1'))).toEqual([true, false, true]);
      peer.destroy();
    });

    it('many small messages, in order', async () => {
      const { socket, peer } = await bound('PAIR');
      await dialect.meet(peer, 'PAIR', 'PAIR');
      await untilPeers(socket, 1);
      for (let i = 0; i < 500; i++) socket.trySend([String(i), 'x'.repeat(i % 7)]);
      for (let i = 0; i < 500; i++) expect(await read(dialect, peer)).toEqual([String(i), 'x'.repeat(i % 7)]);
      peer.destroy();
    });

    it('our identity is told, and that of the peer is its routing id', async () => {
      const { socket, peer } = await bound('ROUTER', { routingId: 'me' });
      peer.write(dialect.beginning('DEALER', 'you'));
      expect(await peer.read(10)).toEqual(bytes('FF 0000000000000003 7F'));
      if (version === '2.0') expect(await peer.read(6)).toEqual(bytes('03 06 00 02 "me"'));
      else expect(await peer.read(2)).toEqual(Buffer.from('me'));
      write(dialect, peer, 'hello');
      expect(text(await socket.receive())).toEqual(['you', 'hello']);
      expect(socket.peer).toMatchObject({ routingId: Buffer.from('you'), properties: { 'Peer-Address': '127.0.0.1' } });
      expect(socket.peer!.properties).not.toHaveProperty('Socket-Type');
      peer.destroy();
    });

    it('there are no heartbeats', async () => {
      const clock = new ManualClock();
      const context = createContext({ clock });
      const { socket, peer } = await bound('PAIR', { context, heartbeatInterval: 10, heartbeatTimeout: 10 });
      await dialect.meet(peer, 'PAIR', 'PAIR');
      write(dialect, peer, 'hello');
      await socket.receive();
      clock.advance(3_600_000);
      await socket.send('still there');
      expect(await read(dialect, peer)).toEqual(['still there']);
      peer.destroy();
    });

    it('a message over the limit ends the connection, and nothing of it is delivered', async () => {
      const { socket, peer } = await bound('PULL', { maxMessageSize: 64 });
      const fence = await RawPeer.connect(socket.lastEndpoint!);
      await dialect.meet(peer, 'PULL', 'PUSH');
      write(dialect, peer, 'first part', pattern(65));
      await peer.ended;
      await dialect.meet(fence, 'PULL', 'PUSH');
      write(dialect, fence, 'fence');
      expect(text(await socket.receive())).toEqual(['fence']);
      fence.destroy();
    });
  });

  it('a peer of 1.0 as libzmq 2.1 speaks it, with its reserved flags set', async () => {
    const { socket, peer } = await bound('PULL');
    peer.write(bytes('03 7E "id" 02 7F "a" 03 7E "bc"'));
    expect(text(await socket.receive())).toEqual(['a', 'bc']);
    expect(socket.peer).toMatchObject({ socketType: '', routingId: Buffer.from('id') });
    peer.destroy();
  });

  it('a peer of 1.0 with a long identity', async () => {
    const { socket, peer } = await bound('ROUTER');
    const identity = 'i'.repeat(255);
    peer.write(one.beginning('DEALER', identity), one.frame(false, Buffer.from('x')));
    expect(text(await socket.receive())).toEqual([identity, 'x']);
    peer.destroy();
  });

  it.each([0, 1])('a peer of 3.%i is spoken to as ever', async (minor) => {
    const { socket, peer } = await bound('ROUTER', { routingId: 'me' });
    await peer.writeByteByByte(greeting(3, minor));
    const ours = await peer.read(GREETING_SIZE);
    expect(ours).toEqual(Buffer.concat([bytes('FF 0000000000000003 7F'), greeting().subarray(10)]));
    expect(await peer.readFrame()).toEqual(ready('ROUTER', 'me'));
    peer.write(ready('DEALER', 'you'), modernMessage('hello'));
    expect(text(await socket.receive())).toEqual(['you', 'hello']);
    peer.destroy();
  });

  it('two sockets that both wait for each other come to 3.1', async () => {
    const [router, dealer] = [make('ROUTER'), make('DEALER', { routingId: 'dealer', metadata: { 'X-a': 'b' } })];
    await router.bind('tcp://127.0.0.1:*');
    dealer.connect(router.lastEndpoint!);
    await dealer.send('hello');
    expect(text(await router.receive())).toEqual(['dealer', 'hello']);
    expect(router.peer).toMatchObject({ socketType: 'DEALER', properties: { 'X-a': 'b' } });
  });

  it.each([true, false])('one that is and one that is not, bound: %p', async (legacy) => {
    const [router, dealer] = [make('ROUTER', { legacy }), make('DEALER', { legacy: !legacy, routingId: 'dealer' })];
    await router.bind('tcp://127.0.0.1:*');
    dealer.connect(router.lastEndpoint!);
    await dealer.send('hello');
    expect(text(await router.receive())).toEqual(['dealer', 'hello']);
    expect(router.peer?.properties).toMatchObject({ 'Socket-Type': 'DEALER' });
  });
});

describe('what is no peer of any version', () => {
  let clock: ManualClock;
  let stage: Stage;

  beforeEach(async () => {
    clock = new ManualClock();
    stage = await Stage.set(clock, { handshakeInterval: 100, legacy: true });
  });
  afterEach(() => stage.close());

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')],
    ['another', Buffer.from('OPTIONS * HTTP/1.1\r\n\r\n')],
    ['a TLS ClientHello', bytes('16 0301 00C8 01 0000C4 0303')],
    ['64 zero bytes', Buffer.alloc(64)],
    ['an SSH client', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
    ['a first frame with MORE', bytes('03 01 "id" 01 00')],
    ['an identity of 256 bytes', Buffer.concat([bytes('FF 0000000000000101 00'), pattern(256)])],
    ['an identity of 2^40 bytes', bytes('FF 0000010000000000 00')],
    ['an identity that begins with zero', bytes('05 00 00 01020304')],
    ['a PUB of 2.0', two.beginning('PUB', '')],
    ['a type of 2.0 that there is not', bytes('FF 0000000000000001 7F 01 63 0000')],
    ['revision 2', bytes('FF 0000000000000001 7F 02 05 0000')],
  ])('%s is closed at once, and nothing reaches the application', async (_, wire) => {
    const peer = await stage.raw();
    peer.write(wire);
    await peer.ended;
    const { types, reasons } = await stage.aftermath();
    expect(types).toEqual(['accept', 'handshake:error:protocol', 'disconnect']);
    expect(reasons).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['a part of an identity', '20 00 "only a part"'],
    ['a greeting of 2.0 without an identity', 'FF 0000000000000001 7F 01 05'],
    ['half a signature', 'FF 00000000'],
    ['a part of a greeting of 3.1', 'FF 0000000000000001 7F 03 01 "NU"'],
  ])('a peer that says %s and no more is closed when the limit is reached, not before', async (_, wire) => {
    const peer = await stage.raw();
    if (wire !== '') peer.write(bytes(wire));
    await peer.read(10);
    await stage.events.until('accept');
    clock.advance(99);
    await stage.exchange();
    expect(stage.events.types).toEqual(['accept']);
    clock.advance(1);
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake:error:other', 'disconnect'],
      reasons: [expect.stringMatching(/no handshake within 100 ms/)],
    });
  });
});
