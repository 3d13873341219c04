import { Controller, Injectable, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { Publisher, Subscriber, XSubscriber } from '@nest-zmq/core';
import {
  InjectZmqForwarder,
  type ZmqClient,
  type ZmqContext,
  ZmqForwarder,
  type ZmqForwarderInfo,
  type ZmqForwarderOptions,
  type ZmqMetricsSource,
  ZmqModule,
  ZmqOptionsError,
} from '@nest-zmq/transport';
import { lastValueFrom } from 'rxjs';
import { type Apps, appsForEach, type RunningServer, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { frames, shown } from './support/raw.js';
import { turns, until } from './turns.js';

let heard: { by: string; topic: string; data: unknown }[] = [];

function listener(by: string, ...topics: string[]): Type {
  @Controller()
  class ListenerController {
    @(EventPattern(topics) as MethodDecorator)
    heard(@Payload() data: unknown, @Ctx() context: ZmqContext): void {
      heard.push({ by, topic: context.getPattern(), data });
    }
  }
  return ListenerController;
}

const emit = (client: ZmqClient, topic: string, data: unknown): Promise<unknown> =>
  lastValueFrom(client.emit(topic, data), { defaultValue: 'done' });

interface OpenForwarder extends ZmqForwarderInfo {
  readonly forwarder: ZmqForwarder;
}

async function open(apps: Apps, options: Partial<ZmqForwarderOptions> = {}): Promise<OpenForwarder> {
  const forwarder = new ZmqForwarder({
    context: apps.context,
    publishers: { bind: apps.address(), security: apps.security.server },
    subscribers: { bind: apps.address(), security: apps.security.client },
    ...options,
  });
  apps.defer(() => forwarder.close());
  return { forwarder, ...(await forwarder.open()) };
}

const serve = (apps: Apps, by: string, topics: string[], endpoints: readonly string[]): Promise<RunningServer> =>
  apps.serve([listener(by, ...topics)], { bind: undefined, events: { connect: [...endpoints] } });
const publisher = (apps: Apps, endpoints: readonly string[]): ZmqClient =>
  apps.bareClient({ events: { connect: [...endpoints] } });

beforeEach(() => (heard = []));

describe.each(transports)('a forwarder over %s', (transport) => {
  const apps = appsForEach(transport);

  it('hands the events of every publisher to every server, none lost after listen()', async () => {
    const { publishers, subscribers, forwarder } = await open(apps());
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => serve(apps(), name, ['tick'], subscribers)));
    await until(() => forwarder.stats()?.subscribers === names.length);
    const clients = [1, 2, 3].map(() => publisher(apps(), publishers));
    const count = 100;
    await Promise.all(
      clients.flatMap((client, c) => Array.from({ length: count }, (_, i) => emit(client, 'tick', [c, i]))),
    );
    await until(
      () => heard.length === names.length * clients.length * count,
      () => [heard.length, forwarder.stats()],
    );
    for (const name of names) {
      const mine = heard.filter(({ by }) => by === name).map(({ data }) => data as [number, number]);
      for (const c of clients.keys()) {
        expect(mine.filter(([by]) => by === c).map(([, i]) => i)).toEqual(Array.from({ length: count }, (_, i) => i));
      }
    }
    expect(forwarder.stats()).toEqual({
      publishers: 3,
      subscribers: 3,
      forwarded: 300,
      dropped: 0,
      lateSubscribers: 0,
      strays: 0,
    });
    for (const client of clients) expect(client.stats()?.events).toMatchObject({ lateSubscribers: 0, dropped: 0 });
  });

  it('may dial both sides', async () => {
    const server = await apps().serve([listener('a', 'tick')]);
    const client = apps().bareClient({ events: { bind: apps().address() } });
    await client.connect();
    const bound = client.unwrap<{ events: Publisher }>().events;
    await open(apps(), {
      publishers: { connect: bound.lastEndpoint ?? '', security: apps().security.server },
      subscribers: { connect: server.events, security: apps().security.client },
    });
    await until(() => bound.peers.length === 1);
    await emit(client, 'tick', 1);
    await until(() => heard.length === 1);
  });

  it('in a row with another does the same', async () => {
    const first = await open(apps());
    const second = await open(apps(), {
      publishers: { connect: [...first.subscribers], security: apps().security.server },
    });
    await serve(apps(), 'far', ['tick'], second.subscribers);
    await serve(apps(), 'near', ['tick'], first.subscribers);
    await until(() => first.forwarder.stats()?.subscribers === 2 && second.forwarder.stats()?.subscribers === 1);
    const client = publisher(apps(), first.publishers);
    await emit(client, 'tick', 1);
    await until(() => heard.length === 2);
    expect(heard.map(({ by }) => by).sort()).toEqual(['far', 'near']);
    expect(client.stats()?.events).toMatchObject({ lateSubscribers: 0 });
  });
});

describe('readiness through a forwarder', () => {
  const apps = appsForEach();
  let clock: ManualClock;
  beforeEach(() => (clock = new ManualClock()));

  /** What a publisher is told, in order. */
  async function spy(endpoints: readonly string[]): Promise<string[]> {
    const socket = new Publisher({ context: apps().context });
    apps().defer(() => socket.close());
    const told: string[] = [];
    socket.onSubscription(({ topic, subscribed }) => told.push(`${subscribed ? '+' : '-'}${topic.toString()}`));
    for (const endpoint of endpoints) socket.connect(endpoint);
    await until(() => socket.peers.length === endpoints.length);
    return told;
  }

  it('the mark comes after all subscriptions, also those of servers that came later', async () => {
    const { publishers, subscribers } = await open(apps());
    await serve(apps(), 'a', ['one', 'two'], subscribers);
    const early = await spy(publishers);
    await until(() => early.includes('+\0ready'));
    await serve(apps(), 'b', ['three'], subscribers);
    await until(() => early.lastIndexOf('+\0ready') > early.indexOf('+three') && early.includes('+three'));
    const late = await spy(publishers);
    await until(() => late.includes('+\0ready'));
    expect(late).toHaveLength(4);
    expect(late.at(-1)).toBe('+\0ready');
    expect(late.slice(0, 3).sort()).toEqual(['+one', '+three', '+two']);
  });

  it('the mark waits for a server that has not subscribed, at most subscribeTimeout', async () => {
    const { publishers, subscribers, forwarder } = await open(apps(), { clock, subscribeTimeout: 1_000 });
    const mute = new Subscriber({ context: apps().context, metadata: { 'X-Nest-Zmq': '1' } });
    apps().defer(() => mute.close());
    mute.connect(subscribers[0] ?? '');
    await until(() => forwarder.stats()?.subscribers === 1);
    await serve(apps(), 'a', ['tick'], subscribers);
    await until(() => forwarder.stats()?.subscribers === 2);
    const told = await spy(publishers);
    await until(() => told.includes('+tick'));
    await turns(5);
    expect(told).toEqual(['+tick']);
    clock.advance(1_050);
    await until(() => told.includes('+\0ready'));
    expect(forwarder.stats()).toMatchObject({ lateSubscribers: 1 });
  });

  it('a subscriber of another library is not waited for', async () => {
    const { publishers, subscribers } = await open(apps(), { clock });
    const plain = new Subscriber({ context: apps().context });
    apps().defer(() => plain.close());
    plain.subscribe('tick');
    plain.connect(subscribers[0] ?? '');
    const told = await spy(publishers);
    // Nobody waits for its subscription either, but for this test.
    await until(() => told.includes('+\0ready') && told.includes('+tick'));
    const client = publisher(apps(), publishers);
    await emit(client, 'tick', 1);
    expect(shown(await plain.receive())).toEqual(['tick', '1']);
  });

  it('is taken back with the last server', async () => {
    const { publishers, subscribers } = await open(apps());
    const { app } = await serve(apps(), 'a', ['tick'], subscribers);
    const told = await spy(publishers);
    await until(() => told.includes('+\0ready'));
    await app.close();
    await until(() => told.includes('-\0ready') && told.includes('-tick'));
  });

  it('a publisher with no server behind the forwarder waits subscribeTimeout once, and goes on', async () => {
    const { publishers } = await open(apps());
    const client = apps().bareClient({ events: { connect: [...publishers] }, clock });
    await client.connect();
    const first = emit(client, 'tick', 1);
    await until(() => client.stats()?.events?.waiting === 1);
    clock.advance(1_050);
    await first;
    await emit(client, 'tick', 2);
    expect(client.stats()?.events).toMatchObject({ lateSubscribers: 1, published: 2 });
  });
});

describe('a forwarder', () => {
  const apps = appsForEach();

  it('hands nothing to who did not ask for it, and counts what is no subscription', async () => {
    const { publishers, subscribers, forwarder } = await open(apps());
    const socket = new XSubscriber({ context: apps().context });
    apps().defer(() => socket.close());
    socket.connect(subscribers[0] ?? '');
    await until(() => socket.peers.length === 1);
    await socket.send(frames('\x01tick'));
    for (const stray of [frames('hello'), frames('', 'x'), frames('\x02')]) await socket.send(stray);
    await until(() => forwarder.stats()?.strays === 3);
    const client = publisher(apps(), publishers);
    await emit(client, 'tock', 1);
    await emit(client, 'tick', 2);
    expect(shown(await socket.receive())).toEqual(['tick', '2']);
  });

  it('drops for who is full, counts it, and others lose nothing', async () => {
    const { publishers, subscribers, forwarder } = await open(apps(), { sendHighWaterMark: 10 });
    const full = new Subscriber({ context: apps().context, receiveHighWaterMark: 1, linger: 0 });
    apps().defer(() => full.close());
    full.subscribe('tick');
    full.connect(subscribers[0] ?? '');
    await serve(apps(), 'a', ['tick'], subscribers);
    await until(() => forwarder.stats()?.subscribers === 2);
    const client = publisher(apps(), publishers);
    const data = 'x'.repeat(256 * 1024);
    for (let i = 1; (forwarder.stats()?.dropped ?? 0) === 0; i++) {
      await emit(client, 'tick', data);
      await until(() => heard.length === i);
    }
    expect(forwarder.stats()?.dropped).toBeGreaterThan(0);
  });

  it('takes its options to heart, and names the wrong one', async () => {
    const wrong = (options: object): unknown => new ZmqForwarder(options as ZmqForwarderOptions);
    expect(() => wrong({ publishers: { bind: 'tcp://*:1' } })).toThrow("'subscribers'");
    expect(() => wrong({ publishers: {}, subscribers: { bind: 'tcp://*:1' } })).toThrow("'publishers'");
    expect(() => wrong({ publishers: { bind: 'x' }, subscribers: { bind: 'tcp://*:1' } })).toThrow("'publishers.bind'");
    const port = { connect: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:99999'] };
    expect(() => wrong({ publishers: { bind: 'tcp://*:1' }, subscribers: port })).toThrow("'subscribers.connect'");
    expect(() => wrong({ publishers: port, subscribers: { bind: 'tcp://*:1' } })).toThrow("'publishers.connect'");
    expect(() => wrong({ publishers: { bind: 'tcp://*:1' }, subscribers: { bind: 'tcp://*:2' }, name: 'x' })).toThrow(
      ZmqOptionsError,
    );
  });

  it('fails to open with the reason, leaves nothing open, and can be opened then', async () => {
    const other = await open(apps());
    const forwarder = new ZmqForwarder({
      context: apps().context,
      publishers: { bind: [...other.publishers] },
      subscribers: { bind: apps().address() },
    });
    const sockets = apps().context.sockets;
    await expect(forwarder.open()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(apps().context.sockets).toBe(sockets);
    expect(forwarder.stats()).toBeUndefined();
    expect(() => forwarder.unwrap()).toThrow('open');
    await other.forwarder.close();
    const opening = forwarder.open();
    expect(forwarder.open()).toBe(opening);
    await opening;
    await Promise.all([forwarder.close(), forwarder.close()]);
    await forwarder.close();
    void forwarder.open();
    await forwarder.close();
    expect(forwarder.stats()).toBeUndefined();
  });

  it('that is opened after a close() is open, however often that was called', async () => {
    const { forwarder } = await open(apps());
    const first = forwarder.unwrap();
    const closes = [forwarder.close(), forwarder.close()];
    const opening = forwarder.open();
    await Promise.all(closes);
    await opening;
    expect(forwarder.unwrap().publishers).not.toBe(first.publishers);
    expect([first.publishers.closed, forwarder.unwrap().publishers.closed]).toEqual([true, false]);
    expect(apps().context.sockets).toBe(2);
  });

  it('tells its counters to metrics, while it is open', async () => {
    const sources: ZmqMetricsSource[] = [];
    const metrics = {
      watch: (source: ZmqMetricsSource) => {
        sources.push(source);
        return () => void sources.splice(sources.indexOf(source), 1);
      },
      observe: () => {},
    };
    const { forwarder } = await open(apps(), { metrics, peerName: 'f1' });
    expect(sources.map(({ kind, name, stats }) => [kind, name, stats()])).toEqual([
      ['forwarder', 'f1', forwarder.stats()],
    ]);
    await forwarder.close();
    expect(sources).toEqual([]);
  });

  it('is provided by ZmqModule, opened with the modules and closed last', async () => {
    const [one, two] = ['inproc://module-publishers', 'inproc://module-subscribers'] as const;
    const { context } = apps();
    @Injectable()
    class Watcher {
      constructor(
        @InjectZmqForwarder() readonly nameless: ZmqForwarder,
        @InjectZmqForwarder('NAMED') readonly named: ZmqForwarder,
      ) {}
    }
    @Module({
      imports: [
        ZmqModule.registerForwarder({ context, publishers: { bind: one }, subscribers: { bind: two } }),
        ZmqModule.registerForwarderAsync({
          name: 'NAMED',
          useFactory: async () => ({
            context,
            publishers: { bind: 'inproc://named-publishers' },
            subscribers: { bind: 'inproc://named-subscribers' },
            peerName: 'forwarder',
          }),
        }),
      ],
      providers: [Watcher],
    })
    class AppModule {}
    const app: INestApplicationContext = await NestFactory.createApplicationContext(AppModule, { logger: false });
    apps().defer(() => app.close());
    const { nameless, named } = app.get(Watcher);
    expect(nameless).not.toBe(named);
    await serve(apps(), 'a', ['tick'], [two]);
    await emit(publisher(apps(), [one]), 'tick', 1);
    await until(() => heard.length === 1);
    expect(named.stats()).toMatchObject({ publishers: 0 });
    await app.close();
    expect([nameless.stats(), named.stats()]).toEqual([undefined, undefined]);
  });
});
