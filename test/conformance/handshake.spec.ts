import { createContext, Dealer, Publisher, Pull, Reply, Subscriber } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, greeting, GREETING_SIZE, message, pattern, property, ready } from '../support/raw-bytes.js';
import { RawListener } from '../support/raw-peer.js';
import { EventLog, Stage } from '../support/stage.js';

let clock: ManualClock;
let stage: Stage;

beforeEach(async () => {
  clock = new ManualClock();
  stage = await Stage.set(clock);
});
afterEach(() => stage.close());

const TYPE = property('Socket-Type', 'DEALER');
const readyOf = (...parts: Buffer[]) => command('READY', Buffer.concat(parts));

describe('READY', () => {
  it('37-NULL-3 37-NULL-4 37-NULL-5 23-NULL-3 23-NULL-4 37-META-1 37-META-3 37-ID-2: a DEALER as libzmq writes it: answered with ours, and its message has its id', async () => {
    const peer = await stage.raw();
    peer.write(greeting(3, 0));
    await peer.read(GREETING_SIZE);
    peer.write(bytes('04 29 05 "READY" 0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000'));
    expect(await peer.readFrame()).toEqual(bytes('04 29 05 "READY" 0B "Socket-Type" 00000006 "ROUTER" 08 "Identity" 00000000'));
    peer.write(bytes('00 05 "Hello"'));
    const [id, body] = (await stage.router.receive()) as [Buffer, Buffer];
    expect([id.length, id[0], String(body)]).toEqual([5, 0, 'Hello']);
    await stage.router.send([id, 'World']);
    expect(await peer.readFrame()).toEqual(bytes('00 05 "World"'));
    peer.destroy();
  }); // prettier-ignore

  it('and data in one segment, after ours has come', async () => {
    const peer = await stage.raw();
    peer.write(greeting());
    await peer.read(GREETING_SIZE);
    await peer.readFrame();
    peer.write(ready('DEALER', 'raw'), message('Hello'));
    expect((await stage.router.receive()).map(String)).toEqual(['raw', 'Hello']);
    peer.destroy();
  });

  it.each(['socket-type', 'SOCKET-TYPE', 'sOcKeT-tYpE'])(
    '37-NULL-7 37-META-2: the name %s is Socket-Type',
    async (name) => {
      const peer = await stage.raw();
      peer.write(greeting(), readyOf(property(name, 'DEALER'), property('IDENTITY', 'raw')), message('x'));
      expect((await stage.router.receive()).map(String)).toEqual(['raw', 'x']);
      peer.destroy();
    },
  );

  it('37-META-4 37-NULL-8 37-NULL-9: may carry what the application made up', async () => {
    const peer = await stage.raw();
    peer.write(greeting(), readyOf(TYPE, property('Identity', 'raw'), property('X-empty', ''), property('X-big', pattern(60_000))));
    await stage.events.until('handshake');
    expect(stage.router.peers.map(({ routingId }) => String(routingId))).toContain('raw');
    peer.destroy();
  }); // prettier-ignore

  const metadata = [
    ['a cut property', readyOf(TYPE, property('X-a', 'bcd').subarray(0, -1))],
    ['one byte left over', readyOf(TYPE, bytes('05'))],
    ['a name of length 0', readyOf(TYPE, property('', 'x'))],
    ['a value length of 0xFFFFFFFF', readyOf(TYPE, bytes('01 "a" FFFFFFFF 00'))],
    ['the same property twice', readyOf(TYPE, TYPE)],
    ['the same property twice, in other case', readyOf(TYPE, property('SOCKET-TYPE', 'DEALER'))],
    ['no Socket-Type', readyOf(property('Identity', 'x'))],
    ['nothing', readyOf()],
    ['a routing id of 256 bytes', ready('DEALER', pattern(256))],
    ['a routing id that begins with zero', ready('DEALER', bytes('00 01020304'))],
  ] as const;

  it.each(metadata)(
    '37-NULL-6 37-ID-2 37-ID-3: with %s: told, closed, and the good peer is served',
    async (_, wire) => {
      const peer = await stage.raw();
      peer.write(greeting(), wire, message('x'));
      expect(await peer.readToEnd()).toEqual(
        Buffer.concat([greeting().fill(0, 8, 9), ready('ROUTER', ''), bytes('04 17 05 "ERROR" 10 "Invalid metadata"')]),
      );
      expect(await stage.aftermath()).toEqual({ types: ['accept', 'disconnect'], reasons: [expect.anything()] });
    },
  );

  it.each([
    ['of 10 MB', bytes('06 0000000000989680 05 "READY"')],
    ['of 64 KiB and one byte', bytes('06 0000000000010001 05 "READY"')],
    ['of 2^40 bytes', bytes('06 0000010000000000')],
    ['of 2^63 bytes', bytes('06 8000000000000000')],
    ['of 2^64-1 bytes', bytes('06 FFFFFFFFFFFFFFFF')],
  ])('%s is refused by its length', async (_, wire) => {
    const peer = await stage.raw();
    peer.write(greeting(), wire);
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake:error:protocol', 'disconnect'],
      reasons: [expect.stringMatching(/over the limit of 65536/)],
    });
  });

  it('is not measured by maxMessageSize', async () => {
    const small = await Stage.set(clock, { maxMessageSize: 16 });
    const peer = await small.raw();
    peer.write(greeting(), readyOf(TYPE, property('Identity', 'raw'), property('X-long', 'x'.repeat(1000))), message('x'));
    expect((await small.router.receive()).map(String)).toEqual(['raw', 'x']);
    peer.destroy();
    small.close();
  }); // prettier-ignore
});

describe('before READY nothing else is accepted', () => {
  it.each([
    ['data', message('x')],
    ['data of several frames', message('x', 'y')],
    ['a PING', command('PING', bytes('0000'))],
    ['a subscription', command('SUBSCRIBE', bytes('"A"'))],
    ['an unknown command', command('HELLO')],
    ['an empty command', bytes('04 00')],
    ['a command whose name is longer than itself', bytes('04 02 05 "R"')],
  ])('%s', async (_, wire) => {
    const peer = await stage.raw();
    peer.write(greeting(), wire, ready('DEALER', 'raw'), message('x'));
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake:error:protocol', 'disconnect'],
      reasons: [expect.anything()],
    });
  });

  it('37-ERROR-1: an ERROR of the peer ends it, and its reason is told', async () => {
    const peer = await stage.raw();
    peer.write(greeting(), bytes('04 0B 05 "ERROR" 04 "busy"'));
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'disconnect'],
      reasons: [expect.stringMatching(/refused us: "busy"/)],
    });
  });
});

describe('after READY', () => {
  it.each([
    ['another READY', ready('DEALER', 'other')],
    ['an unknown command', bytes('04 06 05 "HELLO"')],
    ['an empty command', bytes('04 00')],
    ['an empty command name', bytes('04 01 00')],
    ['a PONG that nobody asked for', command('PONG', bytes('"abc"'))],
    ['a subscription to a ROUTER', command('SUBSCRIBE', bytes('"A"'))],
    ['a command with MORE', bytes('05 06 05 "HELLO"')],
  ])('%s is ignored, and the connection lives', async (_, wire) => {
    const peer = await stage.raw();
    await peer.handshake('DEALER', 'raw');
    peer.write(wire, message('x'));
    expect((await stage.router.receive()).map(String)).toEqual(['raw', 'x']);
    await peer.fence();
    expect(stage.events.types).toEqual(['accept', 'handshake']);
    peer.destroy();
  });
});

describe('impossible pairs', () => {
  it.each(['PUB', 'SUB', 'PUSH', 'PULL', 'PAIR', 'REP', 'XPUB', 'XSUB', 'dealer', 'NOBODY', ''])(
    '37-TYPE-1 37-TYPE-2 37-TYPE-3: a %s at a ROUTER is told so',
    async (type) => {
      const peer = await stage.raw();
      peer.write(greeting(), ready(type), message('x'));
      await peer.read(GREETING_SIZE);
      await peer.readFrame();
      expect(await peer.readFrame()).toEqual(bytes('04 1A 05 "ERROR" 13 "Invalid socket type"'));
      await peer.ended;
      expect(await stage.aftermath()).toEqual({
        types: ['accept', 'disconnect'],
        reasons: [expect.stringMatching(/a ROUTER talks to REQ or DEALER or ROUTER only/)],
      });
    },
  );

  it.each([
    ['PUB', Publisher, 'REP'],
    ['REP', Reply, 'PUB'],
    ['PULL', Pull, 'PULL'],
    ['SUB', Subscriber, 'SUB'],
  ] as const)('a connecting %s does not come back', async (_, SocketClass, peerType) => {
    const listener = await RawListener.listen();
    const own = new ManualClock();
    const socket = new SocketClass({ context: createContext({ clock: own }), linger: 0 });
    const events = new EventLog(socket);
    socket.connect(listener.endpoint);
    const peer = await listener.accept();
    peer.write(greeting(), ready(peerType));
    await peer.ended;
    await events.until('disconnect');
    expect(events.types).toEqual(['connect:delay', 'connect', 'disconnect']);
    expect(events.reasons).toHaveLength(1);
    expect(own.pending).toBe(0);
    socket.close();
    listener.close();
  });
});

describe('a routing id that is taken', () => {
  it('is refused visibly, and the first one keeps its connection', async () => {
    const first = await stage.raw();
    await first.handshake('DEALER', 'same');
    first.write(message('one'));
    expect((await stage.router.receive()).map(String)).toEqual(['same', 'one']);
    stage.events.mark();
    const second = await stage.raw();
    second.write(greeting(), ready('DEALER', 'same'), message('two'));
    await second.ended;
    const { reasons } = await stage.aftermath();
    expect(reasons).toHaveLength(1);
    first.write(message('three'));
    expect((await stage.router.receive()).map(String)).toEqual(['same', 'three']);
    first.destroy();
  });

  it('with handover goes to the new connection, and the old one is closed', async () => {
    const other = await Stage.set(clock, { handover: true });
    const first = await other.raw();
    await first.handshake('DEALER', 'same');
    first.write(message('one'));
    expect((await other.router.receive()).map(String)).toEqual(['same', 'one']);
    const second = await other.raw();
    await second.handshake('DEALER', 'same');
    await first.ended;
    second.write(message('two'));
    expect((await other.router.receive()).map(String)).toEqual(['same', 'two']);
    await other.router.send(['same', 'for the second']);
    expect(await second.readFrame()).toEqual(message('for the second'));
    await other.exchange();
    second.destroy();
    other.close();
  });
});

describe('limits', () => {
  it('37-ERROR-3: connections beyond maxConnections are closed at once, and told', async () => {
    const small = await Stage.set(clock, { maxConnections: 3 });
    const peers = [await small.raw(), await small.raw()];
    await small.events.until('accept', 2);
    const third = await small.raw();
    await third.ended;
    await small.events.until('accept:error');
    await small.exchange();
    expect(small.events.types).toEqual(['accept', 'accept', 'accept:error']);
    peers[0]!.destroy();
    await small.events.until('disconnect');
    const fourth = await small.raw();
    await fourth.handshake('DEALER', 'fourth');
    fourth.write(message('x'));
    expect((await small.router.receive()).map(String)).toEqual(['fourth', 'x']);
    for (const peer of [...peers, fourth]) peer.destroy();
    small.close();
  });

  it('beyond maxHandshakes the oldest goes', async () => {
    const small = await Stage.set(clock, { maxHandshakes: 2 });
    const [oldest, ...others] = [await small.raw(), await small.raw(), await small.raw()];
    await oldest!.ended;
    await small.exchange();
    await small.events.until('disconnect');
    expect(small.events.reasons.map(String)).toEqual([expect.stringMatching(/maxHandshakes/)]);
    await others[1]!.handshake('DEALER', 'patient');
    for (const peer of others) peer.destroy();
    small.close();
  });
});

it('a DEALER that we are answers what a ROUTER asks of it', async () => {
  const listener = await RawListener.listen();
  const dealer = new Dealer({ context: createContext({ clock }), linger: 0, routingId: 'me', metadata: { 'X-k': 'v' } });
  dealer.connect(listener.endpoint);
  const peer = await listener.accept();
  peer.write(greeting(), ready('ROUTER', ''), message('x', '', 'y'));
  await peer.read(GREETING_SIZE);
  expect(await peer.readFrame()).toEqual(
    readyOf(property('Socket-Type', 'DEALER'), property('Identity', 'me'), property('X-k', 'v')),
  );
  expect((await dealer.receive()).map(String)).toEqual(['x', '', 'y']);
  dealer.close();
  peer.destroy();
  listener.close();
}); // prettier-ignore
