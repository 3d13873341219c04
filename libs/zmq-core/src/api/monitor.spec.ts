import { monitorEvents } from '../foundation/monitor-events.js';
import { turn } from '../testing/turn.js';
import { Context } from './context.js';
import { Dealer, Pair, Pull, Push, Subscriber } from './sockets.js';

const { CONNECTED, LISTENING, CLOSED, MONITOR_STOPPED, PIPES_STATS, ALL_V1, ALL_V2 } = monitorEvents;
const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

let context: Context;
beforeEach(() => (context = new Context({ blocky: false })));
afterEach(() => context.terminate());

function reader(name: string): Pair {
  const pair = new Pair({ context });
  pair.connect(`inproc://${name}`);
  return pair;
}

const names = new Map(Object.entries(monitorEvents).map(([name, number]) => [number as number, name]));

/** An event of either version, with its name and its texts. */
function decode([first, ...rest]: readonly Buffer[]): string {
  if (first!.length === 6) return [names.get(first!.readUInt16LE()), ...rest].join(' ');
  return [names.get(Number(first!.readBigUInt64LE())), ...rest.slice(-2)].join(' ');
}

async function read(monitor: Pair | Pull | Subscriber, last: keyof typeof monitorEvents): Promise<string[]> {
  const all: string[] = [];
  do all.push(decode(await monitor.receive()));
  while (!all.at(-1)!.startsWith(last));
  return all;
}

describe('monitor', () => {
  it('tells a connection from both sides, and at the end that it has stopped', async () => {
    const [server, client] = [new Dealer({ context }), new Dealer({ context })];
    for (const [name, socket] of Object.entries({ server, client })) socket.monitor(`inproc://${name}`, ALL_V2, 2);
    const [ofServer, ofClient] = [reader('server'), reader('client')];
    await server.bind('tcp://0.0.0.0:*');
    const bound = server.lastEndpoint!;
    const there = bound.replace('0.0.0.0', '127.0.0.1');
    client.connect(there);
    await client.send('x');
    await server.receive();
    client.close();
    const seen = await read(ofServer, 'DISCONNECTED');
    const here = seen[1]!.split(' ')[2]!;
    expect(here).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    expect(seen).toEqual([
      `LISTENING ${bound} `,
      `ACCEPTED ${there} ${here}`,
      `HANDSHAKE_SUCCEEDED ${there} ${here}`,
      `DISCONNECTED ${there} ${here}`,
    ]);
    expect(await read(ofClient, 'MONITOR_STOPPED')).toEqual([
      `CONNECT_DELAYED  ${there}`,
      `CONNECTED ${here} ${there}`,
      `HANDSHAKE_SUCCEEDED ${here} ${there}`,
      'MONITOR_STOPPED  ',
    ]);
    server.close();
    expect(await read(ofServer, 'MONITOR_STOPPED')).toEqual([`CLOSED ${bound} `, 'MONITOR_STOPPED  ']);
  });

  it('keeps what came before its reader', async () => {
    const socket = new Dealer({ context });
    socket.monitor('inproc://late');
    await socket.bind('tcp://127.0.0.1:*');
    expect(await read(reader('late'), 'LISTENING')).toEqual([`LISTENING ${socket.lastEndpoint}`]);
  });

  it('tells only what the mask asks for', async () => {
    const socket = new Dealer({ context });
    socket.monitor('inproc://masked', LISTENING | MONITOR_STOPPED);
    const monitor = reader('masked');
    await socket.bind('tcp://127.0.0.1:*');
    const endpoint = socket.lastEndpoint!;
    socket.close();
    expect(await read(monitor, 'MONITOR_STOPPED')).toEqual([`LISTENING ${endpoint}`, 'MONITOR_STOPPED ']);
  });

  it('is ended by the next, which may have its endpoint, and by null', async () => {
    const socket = new Dealer({ context });
    const first = reader('same');
    socket.monitor('inproc://same');
    socket.monitor('inproc://same', ALL_V1, 1, 'PUSH');
    expect(await read(first, 'MONITOR_STOPPED')).toEqual(['MONITOR_STOPPED ']);
    const second = new Pull({ context });
    second.connect('inproc://same');
    await socket.bind('tcp://127.0.0.1:*');
    socket.monitor(null);
    socket.monitor(null);
    expect(await read(second, 'MONITOR_STOPPED')).toEqual([`LISTENING ${socket.lastEndpoint}`, 'MONITOR_STOPPED ']);
    expect(context.sockets).toBe(3);
  });

  it('may be a PUB, whose topics are the numbers of the events', async () => {
    const socket = new Dealer({ context });
    socket.monitor('inproc://pub', ALL_V2, 2, 'PUB');
    const subscriber = new Subscriber({ context });
    const topic = Buffer.alloc(8);
    topic.writeBigUInt64LE(BigInt(CLOSED));
    subscriber.subscribe(topic);
    subscriber.connect('inproc://pub');
    await socket.bind('tcp://127.0.0.1:*');
    const endpoint = socket.lastEndpoint!;
    socket.close();
    expect(await read(subscriber, 'CLOSED')).toEqual([`CLOSED ${endpoint} `]);
  });

  it('ends with its context', async () => {
    const socket = new Dealer({ context });
    socket.monitor('inproc://ended');
    const monitor = reader('ended');
    context.shutdown();
    expect(() => socket.monitor('inproc://again')).toThrow(code('ETERM'));
    expect(() => monitor.tryReceive()).toThrow(code('ETERM'));
  });

  it('and socket.events are told the same', async () => {
    const socket = new Dealer({ context });
    const { events } = socket;
    socket.monitor('inproc://both');
    const monitor = reader('both');
    await socket.bind('tcp://127.0.0.1:*');
    expect((await events.receive()).type).toBe('bind');
    expect(await read(monitor, 'LISTENING')).toHaveLength(1);
  });
});

describe('a monitor that nobody reads', () => {
  async function bindOften(socket: Dealer, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      socket.bindSync('ipc://@zmq-monitor-spec');
      socket.unbindSync('ipc://@zmq-monitor-spec');
      if (i % 100 === 0) await turn();
    }
  }

  it.each([
    ['because there is nobody', false, ['oldest']],
    ['because it sleeps', true, ['newest']],
  ] as const)('%s, holds nobody up, keeps 1,000 events, and counts the %s', async (_why, connects, [gone]) => {
    const socket = new Dealer({ context });
    socket.monitor('inproc://unread', LISTENING | CLOSED | MONITOR_STOPPED);
    const early = connects ? reader('unread') : undefined;
    await bindOften(socket, 600);
    expect(socket.droppedEvents).toBe(200);
    const monitor = early ?? reader('unread');
    await turn();
    socket.close();
    const seen = await read(monitor, 'MONITOR_STOPPED');
    expect(seen).toHaveLength(1001);
    expect(gone === 'oldest' ? seen[0] : seen[999]).toMatch(gone === 'oldest' ? /^LISTENING/ : /^CLOSED/);
  });
});

describe('pipesStats', () => {
  it('tells how much waits, of each connection', async () => {
    const [socket, peer] = [new Dealer({ context }), new Dealer({ context })];
    socket.monitor('inproc://stats', PIPES_STATS, 2);
    const monitor = reader('stats');
    expect(() => socket.pipesStats()).toThrow(code('EAGAIN'));
    await socket.bind('inproc://x');
    peer.connect('inproc://x');
    await peer.send('in');
    for (let i = 0; i < 2; i++) await socket.send('out');
    socket.connect('tcp://127.0.0.1:1');
    socket.pipesStats();
    const told = [await monitor.receive(), await monitor.receive()].map((frames) => [
      ...frames.slice(2, -2).map((value) => Number(value.readBigUInt64LE())),
      ...frames.slice(-2).map(String),
    ]);
    expect(told).toEqual([
      [2, 1, '', ''],
      [0, 0, '', 'tcp://127.0.0.1:1'],
    ]);
  });

  it('needs a monitor that is to tell it', () => {
    const socket = new Push({ context });
    expect(() => socket.pipesStats()).toThrow(code('EINVAL'));
    socket.monitor('inproc://without', CONNECTED, 2);
    expect(() => socket.pipesStats()).toThrow(code('EINVAL'));
    socket.monitor('inproc://first version');
    expect(() => socket.pipesStats()).toThrow(code('EINVAL'));
    socket.close();
    expect(() => socket.pipesStats()).toThrow(code('ENOTSOCK'));
  });
});

describe('mistakes leave the monitor that there is', () => {
  it.each([
    ['another transport', 'EPROTONOSUPPORT', ['tcp://127.0.0.1:*']],
    ['an unknown one', 'EPROTONOSUPPORT', ['foo://x']],
    ['no endpoint', 'EINVAL', ['foo']],
    ['a mask that version 1 does not know', 'EINVAL', ['inproc://x', 0x10000]],
    ['a mask below zero', 'EINVAL', ['inproc://x', -1]],
    ['a version', 'EINVAL', ['inproc://x', 1, 3]],
    ['a type', 'EINVAL', ['inproc://x', 1, 1, 'DEALER']],
  ])('%s: %s', async (_what, expected, args) => {
    const socket = new Dealer({ context });
    socket.monitor('inproc://there');
    const monitor = reader('there');
    expect(() => socket.monitor(...(args as [string]))).toThrow(code(expected));
    await socket.bind('tcp://127.0.0.1:*');
    expect(await read(monitor, 'LISTENING')).toHaveLength(1);
  });

  it('a type error', () => {
    const socket = new Dealer({ context });
    expect(() => socket.monitor(1 as unknown as string)).toThrow(TypeError);
    expect(() => socket.monitor('inproc://x', '1' as unknown as number)).toThrow(TypeError);
    socket.close();
    expect(() => socket.monitor('inproc://x')).toThrow(code('ENOTSOCK'));
  });

  it('an endpoint that is taken: then there is none', () => {
    const socket = new Dealer({ context });
    new Pair({ context }).bindSync('inproc://taken');
    const sockets = context.sockets;
    expect(() => socket.monitor('inproc://taken')).toThrow(code('EADDRINUSE'));
    expect(context.sockets).toBe(sockets);
  });
});
