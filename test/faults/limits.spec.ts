import {
  channelNames,
  type ConnectionEnded,
  type ConnectionRefused,
  counters,
  createContext,
  curveKeyPair,
  Pair,
  Publisher,
  Pull,
  Router,
  type Socket,
  stats,
  XPublisher,
} from '@nest-zmq/core';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import type { ListenSink } from '../../libs/zmq-core/src/transport/transport.js';
import { TcpTransport } from '../../libs/zmq-core/src/transports/tcp/tcp-transport.js';
import { bytes, command, greeting, message, pattern, ready } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';
import { Trial } from '../support/trial.js';

/** Each limit, and each other way of misbehaving: one closed peer, one event with a reason, one count, one record. The tables have every name of `counters`. */

let clock: ManualClock;
const ended: ConnectionEnded[] = [];
const refused: ConnectionRefused[] = [];
const onEnded = (record: unknown): void => void ended.push(record as ConnectionEnded);
const onRefused = (record: unknown): void => void refused.push(record as ConnectionRefused);

beforeEach(() => {
  clock = new ManualClock();
  ended.length = refused.length = 0;
  subscribe(channelNames.ended, onEnded);
  subscribe(channelNames.refused, onRefused);
});
afterEach(() => {
  unsubscribe(channelNames.ended, onEnded);
  unsubscribe(channelNames.refused, onRefused);
});

type Act = (trial: Trial) => Promise<RawPeer>;

const afterHandshake =
  (...wires: readonly Buffer[]): Act =>
  async (trial) => {
    const peer = await trial.connected('raw');
    peer.write(...wires);
    return peer;
  };
const inHandshake =
  (...wires: readonly Buffer[]): Act =>
  async (trial) => {
    const peer = await trial.raw();
    peer.write(...wires);
    return peer;
  };

/** What is done to the ROUTER of a trial. */
const acts = {
  maxMessageSize: [{ maxMessageSize: 100 }, afterHandshake(message(pattern(101)))],
  maxFramesPerMessage: [{ maxFramesPerMessage: 3 }, afterHandshake(message('a', 'b', 'c', 'd'))],
  maxUnfinishedBytes: [{ maxUnfinishedBytes: 100 }, afterHandshake(message(pattern(60), pattern(60)))],
  handshakeInterval: [
    { handshakeInterval: 100 },
    async (trial) => {
      const peer = await trial.raw();
      await trial.stage.events.until('accept');
      clock.advance(100);
      return peer;
    },
  ],
  maxHandshakes: [
    { maxHandshakes: 1 },
    async (trial) => {
      const peer = await trial.raw();
      await trial.stage.events.until('accept');
      await trial.connected('next');
      return peer;
    },
  ],
  // By default: an hour.
  writeStallTimeout: [
    { sendHighWaterMark: 10 },
    async (trial) => {
      const peer = await trial.connected('raw');
      peer.write(message('ready'));
      await trial.stage.router.receive();
      peer.pause();
      const body = pattern(1024 * 1024);
      for (let i = 0; i < 30; i++) {
        await trial.stage.router.send(['raw', body]);
        await nextTurn();
      }
      // The watch may have begun before the kernel took the last that it takes.
      for (let i = 0; i < 2; i++) {
        clock.advance(3_599_999);
        await nextTurn();
        expect(trial.stage.events.types).not.toContain('disconnect');
        clock.advance(1);
        await nextTurn();
        if (trial.stage.events.types.includes('disconnect')) break;
      }
      await trial.stage.events.until('disconnect');
      // It learns of it when it reads.
      peer.resume();
      return peer;
    },
  ],
  maxPendingPongs: [
    { maxPendingPongs: 100 },
    async (trial) => {
      const peer = await trial.connected('raw');
      peer.pause();
      const pings = Buffer.concat(new Array<Buffer>(1000).fill(command('PING', bytes('0000 "0123456789abcdef"'))));
      while (!trial.stage.events.types.includes('disconnect')) {
        peer.write(pings);
        await nextTurn();
      }
      peer.resume();
      return peer;
    },
  ],
  greeting: [{}, inHandshake(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
  mechanism: [{}, inHandshake(greeting(3, 1, 'PLAIN'))],
  handshakeCommand: [{}, inHandshake(greeting(), message('too early'))],
  properties: [{}, inHandshake(greeting(), command('READY', bytes('05')))],
  socketType: [{}, inHandshake(greeting(), ready('PUB'))],
  refusedByPeer: [{}, inHandshake(greeting(), bytes('04 0B 05 "ERROR" 04 "busy"'))],
  authentication: [{}, inHandshake(greeting(), bytes('04 0A 05 "ERROR" 03 "400"'))],
  handshakeLost: [
    {},
    async (trial) => {
      const peer = await trial.raw();
      await trial.stage.events.until('accept');
      peer.end();
      return peer;
    },
  ],
  protocol: [{}, afterHandshake(bytes('04 05 04 "PING"'))],
  pattern: [
    {},
    async (trial) => {
      const peer = await trial.raw();
      peer.write(greeting(), ready('DEALER', 'good peer'));
      return peer;
    },
  ],
  silence: [
    { heartbeatInterval: 100, heartbeatTimeout: 100 },
    async (trial) => {
      const peer = await trial.connected('raw');
      // The good peer answers in between.
      clock.advance(100);
      await trial.stage.exchange();
      clock.advance(100);
      return peer;
    },
  ],
  lost: [
    {},
    async (trial) => {
      const peer = await trial.connected('raw');
      peer.reset();
      return peer;
    },
  ],
} satisfies Partial<Record<keyof typeof counters, readonly [options: object, act: Act]>>;

/** A socket that is bound to tcp, watched from then on. */
async function bound<Some extends Socket & { bind(address: string): Promise<void> }>(socket: Some) {
  await socket.bind('tcp://127.0.0.1:*');
  return { socket, events: new EventLog(socket), endpoint: socket.lastEndpoint! };
}

/** What needs another socket: it, a raw peer at it that misbehaves, and what else to close. */
type Scene = (
  trial: Trial,
) => Promise<readonly [at: Awaited<ReturnType<typeof bound>>, peer: RawPeer, ...others: Socket[]]>;

const topics = async (publisher: Publisher | XPublisher): ReturnType<Scene> => {
  const at = await bound(publisher);
  const peer = await RawPeer.connect(at.endpoint);
  await peer.handshake('SUB');
  for (const topic of ['one', 'two', 'three']) peer.write(command('SUBSCRIBE', Buffer.from(topic)));
  return [at, peer];
};

const scenes = {
  maxSubscriptions: ({ stage }) => topics(new Publisher({ context: stage.context, linger: 0, maxSubscriptions: 2 })),
  maxSubscriptionBytes: ({ stage }) =>
    topics(new Publisher({ context: stage.context, linger: 0, maxSubscriptionBytes: 8 })),
  maxPendingNotifications: ({ stage }) =>
    topics(new XPublisher({ context: stage.context, linger: 0, maxPendingNotifications: 2 })),
  maxPendingNotificationBytes: ({ stage }) =>
    topics(new XPublisher({ context: stage.context, linger: 0, maxPendingNotificationBytes: 8 })),
  cryptography: async (trial) => {
    const { secretKey } = curveKeyPair();
    const at = await bound(new Router({ context: trial.stage.context, curveServer: true, curveSecretKey: secretKey }));
    const peer = await RawPeer.connect(at.endpoint);
    const hello = Buffer.concat([bytes('0100'), Buffer.alloc(72), pattern(32), bytes('0000000000000001'), pattern(80)]);
    peer.write(greeting(3, 1, 'CURVE'), command('HELLO', hello));
    return [at, peer];
  },
  zap: async (trial) => {
    const { context } = trial.stage;
    const handler = new Router({ context });
    await handler.bind('inproc://zeromq.zap.01');
    handler.onMessage(([id, delimiter, , request]) => {
      handler.trySend([id!, delimiter!, '1.0', request!, '2oo', 'OK', '', '']);
    });
    const at = await bound(new Router({ context, zapDomain: 'test' }));
    const peer = await RawPeer.connect(at.endpoint);
    peer.write(greeting(), ready('DEALER'));
    return [at, peer, handler];
  },
} satisfies Partial<Record<keyof typeof counters, Scene>>;

/** Who is not even begun with: a socket that refuses, and the peers of which the last is refused. */
type Refusal = (trial: Trial) => Promise<readonly [at: Awaited<ReturnType<typeof bound>>, ...peers: RawPeer[]]>;

/** The system's failures are had from the test. */
class FailingTransport extends TcpTransport {
  sink: ListenSink | undefined;

  override listen(...args: Parameters<TcpTransport['listen']>): ReturnType<TcpTransport['listen']> {
    this.sink = args[2];
    return super.listen(...args);
  }
}

const refusals = {
  maxConnections: async (trial) => {
    const at = await bound(new Pair({ context: trial.stage.context, maxConnections: 2 }));
    const peers: RawPeer[] = [];
    for (let i = 0; i < 3; i++) peers.push(await RawPeer.connect(at.endpoint));
    return [at, ...peers];
  },
  maxConnectionsPerAddress: async (trial) => {
    const { context } = trial.stage;
    const at = await bound(new Pair({ context, maxConnectionsPerAddress: 2, maxConnections: 3 }));
    const peers: RawPeer[] = [];
    for (let i = 0; i < 3; i++) peers.push(await RawPeer.connect(at.endpoint));
    return [at, ...peers];
  },
  tcpAcceptFilter: async (trial) => {
    const at = await bound(new Pair({ context: trial.stage.context, tcpAcceptFilter: '10.0.0.0/8' }));
    return [at, await RawPeer.connect(at.endpoint)];
  },
  acceptFailed: async () => {
    const transport = new FailingTransport();
    const at = await bound(new Pair({ context: createContext({ clock, transports: [transport] }) }));
    transport.sink!.acceptFailed(Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    return [at];
  },
} satisfies Partial<Record<keyof typeof counters, Refusal>>;

it.each<[string, readonly [object, Act]]>(Object.entries(acts))('%s: one end, one event with a reason, one count, one record', async (counter, [options, act]) => {
  const trial = await Trial.begin(clock, options);
  const peer = await act(trial);
  await trial.bystander.during(peer.ended);
  const { reasons } = await trial.stage.aftermath();
  expect(reasons).toHaveLength(1);
  expect(trial.counted).toEqual({ [counter]: 1 });
  expect([ended.length, refused]).toEqual([1, []]);
  const [record] = ended;
  expect(record).toEqual({
    reason: counter,
    socketType: 'ROUTER',
    address: trial.stage.endpoint,
    local: trial.stage.endpoint,
    remote: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/) as string,
    established: record!.established,
    error: expect.objectContaining({ message: reasons[0] }) as Error,
  });
  expect(record!.established).toBe(trial.stage.events.types.includes('handshake') && counter !== 'maxHandshakes');
  await trial.end();
}); // prettier-ignore

it.each<[string, Scene]>(Object.entries(scenes))('%s: one end, one event with a reason, one count, one record', async (counter, scene) => {
  const trial = await Trial.begin(clock);
  const [{ socket, events, endpoint: address }, peer, ...others] = await scene(trial);
  await trial.bystander.during(Promise.all([peer.ended, events.until('disconnect')]));
  await trial.stage.exchange();
  const [reason, ...more] = events.reasons;
  expect(more).toEqual([]);
  expect(trial.counted).toEqual({ [counter]: 1 });
  expect(ended).toEqual([
    expect.objectContaining({ reason: counter, address, established: counter.startsWith('max'), error: reason }),
  ]);
  expect(refused).toEqual([]);
  for (const each of [socket, ...others]) each.close();
  await trial.end();
}); // prettier-ignore

it.each<[string, Refusal]>(Object.entries(refusals))('%s: refused, one event with a reason, one count, one record', async (counter, refusal) => {
  const trial = await Trial.begin(clock);
  const [{ socket, events, endpoint: address }, ...peers] = await refusal(trial);
  await trial.bystander.during(Promise.all([peers.at(-1)?.ended, events.until('accept:error')]));
  await trial.stage.exchange();
  const [reason, ...more] = events.reasons;
  expect(more).toEqual([]);
  expect(trial.counted).toEqual({ [counter]: 1 });
  expect(refused).toEqual([{ reason: counter, socketType: 'PAIR', address, error: reason }]);
  expect(ended).toEqual([]);
  for (const peer of peers) peer.destroy();
  socket.close();
  await trial.end();
}); // prettier-ignore

it('what ended because we ended it is no fault', async () => {
  const trial = await Trial.begin(clock);
  const peer = await trial.connected('raw');
  peer.write(message('x'));
  await trial.stage.router.receive();
  trial.stage.router.disconnectPeer(trial.stage.router.peers.find(({ routingId }) => String(routingId) === 'raw')!);
  await peer.ended;
  await trial.stage.exchange();
  expect([trial.counted, ended, refused]).toEqual([{}, [], []]);
  await trial.end();
});

it('every name of `counters` is in one of the tables', () => {
  const tested = [acts, scenes, refusals].flatMap((table) => Object.keys(table));
  expect(tested.toSorted()).toEqual(Object.keys(counters).toSorted());
});

it('stats() tells what there is, and is a copy', async () => {
  const before = stats();
  const trial = await Trial.begin(clock);
  const peer = await trial.connected('raw');
  const silent = await trial.raw();
  await trial.stage.events.until('accept', 2);
  const now = stats();
  // Of the good pair and of the bystander both sides are in this process.
  expect(now.sockets - before.sockets).toBe(4);
  expect(now.connections - before.connections).toBe(2 + 2 + 1);
  expect(now.handshakes - before.handshakes).toBe(1);
  expect(now.established - before.established).toBe(2 + 2 + 1);
  (now.counters as { lost: number }).lost += 1000;
  expect(stats().counters.lost).toBe(before.counters.lost);
  for (const each of [peer, silent]) each.destroy();
  await trial.end();
});

it('connections that come, say something and go, again and again, while nobody reads: `maxConnections` counts them too', async () => {
  const trial = await Trial.begin(clock);
  const pull = new Pull({ context: trial.stage.context, maxConnections: 10 });
  await pull.bind('tcp://127.0.0.1:*');
  const events = new EventLog(pull);
  let served = 0;
  for (let i = 0; i < 50; i++) {
    const peer = await RawPeer.connect(pull.lastEndpoint!);
    peer.write(greeting(), ready('PUSH'), message(String(i), pattern(100_000)));
    await events.until('accept:error', i < 10 ? 0 : i - 9);
    if (i < 10) {
      await events.until('handshake', i + 1);
      peer.end();
      await events.until('disconnect', i + 1);
      served++;
    }
    await peer.ended;
  }
  expect(served).toBe(10);
  expect(trial.counted).toEqual({ lost: 10, maxConnections: 40 });
  // What was read makes room.
  const read = [];
  for (let i = 0; i < 10; i++) read.push(Number((await pull.receive())[0]));
  expect(read.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const peer = await RawPeer.connect(pull.lastEndpoint!);
  await peer.handshake('PUSH');
  peer.write(message('again'));
  expect((await pull.receive()).map(String)).toEqual(['again']);
  peer.destroy();
  pull.close();
  await trial.end();
});

it('a server that says something and hangs up, again and again, to a socket that is `immediate` and does not read: `maxConnections` counts those too', async () => {
  const trial = await Trial.begin(clock);
  const listener = await RawListener.listen();
  const { context } = trial.stage;
  const pull = new Pull({ context, immediate: true, maxConnections: 10, reconnectInterval: 100, reconnectMaxInterval: 100 });
  const events = new EventLog(pull);
  pull.connect(listener.endpoint);
  for (let i = 0; i < 10; i++) {
    const peer = await listener.accept();
    peer.write(greeting(), ready('PUSH'), message(String(i), pattern(100_000)));
    await events.until('handshake', i + 1);
    peer.end();
    await events.until('disconnect', i + 1);
    clock.advance(100);
  }
  // Not dialled any more, and each try says why.
  events.mark();
  for (let i = 0; i < 5; i++) {
    clock.advance(100);
    await trial.bystander.exchange();
  }
  expect(listener.waiting).toBe(0);
  expect(events.types).toEqual(new Array(5).fill(['close', 'connect:retry']).flat());
  expect(events.reasons.map(String)).toEqual(new Array(5).fill(expect.stringMatching(/10 connections .* unread \(maxConnections\)/)));
  expect(trial.counted).toEqual({ lost: 10, maxConnections: 6 });
  expect(refused).toHaveLength(6);
  expect(refused[0]).toMatchObject({ reason: 'maxConnections', socketType: 'PULL', address: listener.endpoint });
  // What was read makes room.
  const read = [];
  for (let i = 0; i < 10; i++) read.push(Number((await pull.receive())[0]));
  expect(read.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  clock.advance(100);
  const peer = await listener.accept();
  await peer.handshake('PUSH');
  peer.write(message('again'));
  expect((await pull.receive()).map(String)).toEqual(['again']);
  peer.destroy();
  pull.close();
  listener.close();
  await trial.end();
}); // prettier-ignore

it('`maxConnectionsPerAddress`: who has too many leaves the others their places, and has one again when one has gone', async () => {
  const trial = await Trial.begin(clock);
  const at = await bound(new Pull({ context: trial.stage.context, maxConnectionsPerAddress: 2 }));
  const from = async (host: string): Promise<RawPeer> => {
    const peer = await RawPeer.connect(at.endpoint, { localAddress: host });
    peer.write(greeting(), ready('PUSH'), message(host));
    return peer;
  };
  const greedy = [await from('127.0.0.2'), await from('127.0.0.2')];
  await at.events.until('handshake', 2);
  for (let i = 0; i < 3; i++) await (await from('127.0.0.2')).ended;
  await at.events.until('accept:error', 3);
  expect(at.events.reasons.map(String)).toEqual(new Array(3).fill(expect.stringMatching(/127\.0\.0\.2 has 2 connections already/)));
  expect(trial.counted).toEqual({ maxConnectionsPerAddress: 3 });
  const modest = [await from('127.0.0.3'), await from('127.0.0.3')];
  await at.events.until('handshake', 4);
  greedy[0]!.end();
  await at.events.until('disconnect');
  greedy.push(await from('127.0.0.2'));
  await at.events.until('handshake', 5);
  await (await from('127.0.0.2')).ended;
  const received = [];
  for (let i = 0; i < 5; i++) received.push(String(await at.socket.receive()));
  expect(received.toSorted()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3']);
  for (const peer of [...greedy, ...modest]) peer.destroy();
  at.socket.close();
  await trial.end();
}); // prettier-ignore
