import { Controller, type Type } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Publisher, Router, Subscriber } from '@nest-zmq/core';
import { type ZmqClient, ZmqContext, ZmqNoPeerError, ZmqRecordBuilder } from '@nest-zmq/transport';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { Apps, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { frames } from './support/raw.js';
import { turns, until } from './turns.js';

interface Heard {
  readonly by: string;
  readonly topic: string;
  readonly data: unknown;
  readonly headers?: unknown;
}
let heard: Heard[] = [];

/** Nest's typed decorator takes no context that has a type. */
const OnEvent = (pattern: unknown): MethodDecorator => EventPattern(pattern) as MethodDecorator;

/** Controllers of different servers, each with its name. */
function listener(by: string): Type {
  @Controller()
  class ListenerController {
    @OnEvent('tick')
    tick(@Payload() data: unknown, @Ctx() ctx: ZmqContext): void {
      heard.push({ by, topic: ctx.getPattern(), data, headers: ctx.getHeaders() });
    }

    @OnEvent({ type: 'order', state: 'paid' })
    object(@Payload() data: unknown, @Ctx() ctx: ZmqContext): void {
      heard.push({ by, topic: ctx.getPattern(), data });
    }
  }
  return ListenerController;
}

@Controller()
class WildcardController {
  @OnEvent('orders.*')
  one(@Payload() data: unknown): void {
    heard.push({ by: 'one', topic: 'orders.*', data });
  }

  @OnEvent('orders.>')
  many(@Payload() data: unknown): void {
    heard.push({ by: 'many', topic: 'orders.>', data });
  }

  @OnEvent('orders.paid')
  exact(@Payload() data: unknown): void {
    heard.push({ by: 'exact', topic: 'orders.paid', data });
  }

  @OnEvent('orders.paid')
  exactToo(@Payload() data: unknown): Observable<number> {
    heard.push({ by: 'exact too', topic: 'orders.paid', data });
    return of(1, 2);
  }

  @OnEvent('orders.failing')
  failing(@Payload() data: unknown): never {
    throw new Error(`no ${String(data)}`);
  }

  @MessagePattern('orders.call')
  call(): void {
    heard.push({ by: 'call', topic: 'orders.call', data: undefined });
  }
}

const emit = (client: ZmqClient, topic: unknown, data: unknown): Promise<unknown> =>
  lastValueFrom(client.emit(topic, data), { defaultValue: 'done' });

let apps: Apps;
let clock: ManualClock;
beforeEach(() => {
  heard = [];
  clock = new ManualClock();
  apps = new Apps();
});
afterEach(() => apps.close());

describe.each(transports)('events over %s', (transport) => {
  beforeEach(() => {
    apps = new Apps(transport);
  });

  it('reach every server, none is lost between listen and the first emit, and the order stays', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const servers = await Promise.all(names.map((name) => apps.serve([listener(name)])));
    const client = apps.client(servers);
    const count = 200;
    const emits = Array.from({ length: count }, (_, i) => emit(client, 'tick', i + 1));
    await Promise.all(emits);
    await until(
      () => heard.length === names.length * count,
      () => heard.length,
    );
    for (const name of names) {
      expect(heard.filter(({ by }) => by === name).map(({ data }) => data)).toEqual(
        Array.from({ length: count }, (_, i) => i + 1),
      );
    }
    expect(client.stats()?.events).toMatchObject({
      published: count,
      withoutSubscriber: 0,
      lateSubscribers: 0,
      dropped: 0,
      waiting: 0,
    });
  });

  it('that wait for a server reach it all, in order and with those that follow, however many they are', async () => {
    const endpoint = await apps.fixedAddress();
    const client = apps.bareClient({
      events: { connect: endpoint },
      connectTimeout: 30_000,
      subscribeTimeout: 30_000,
      reconnect: { initialDelay: 5, maxDelay: 20 },
    });
    const count = 5_000;
    const text = 'x'.repeat(1_024);
    const emits = Array.from({ length: count }, (_, i) => emit(client, 'tick', [i, text]));
    await apps.serve([listener('a')], { bind: undefined, events: { bind: endpoint } });
    await emits[0];
    // The others are on their way.
    emits.push(emit(client, 'tick', [count, text]));
    await Promise.all(emits);
    await until(
      () => heard.length === emits.length,
      () => heard.length,
    );
    expect(heard.map(({ data }) => (data as [number, string])[0])).toEqual(emits.map((_, i) => i));
    expect(client.stats()?.events).toMatchObject({ published: emits.length, dropped: 0, waiting: 0 });
  });

  it('reach servers that dial a client which binds, from the first one on that came after listen', async () => {
    const client = apps.bareClient({ bind: apps.address(), events: { bind: apps.address() } });
    await client.connect();
    const { calls, events } = client.unwrap<{ calls: Publisher; events: Publisher }>();
    const dialled = (name: string) =>
      apps.serve([listener(name)], {
        bind: undefined,
        connect: calls.lastEndpoint ?? '',
        events: { connect: events.lastEndpoint ?? '' },
      });
    await Promise.all([dialled('a'), dialled('b')]);
    // Their calls are connected; the events' handshakes are at least under way.
    await until(() => events.peers.length === 2);
    await emit(client, 'tick', 1);
    await until(() => heard.length === 2);
    expect(heard.map(({ by }) => by).sort()).toEqual(['a', 'b']);
  });

  it.each(['publishers bind', 'servers bind'])('of many publishers reach many servers: %s', async (who) => {
    const names = ['a', 'b'];
    const publishers: ZmqClient[] = [];
    if (who === 'servers bind') {
      const servers = await Promise.all(names.map((name) => apps.serve([listener(name)])));
      for (let i = 0; i < 3; i++) publishers.push(apps.client(servers));
    } else {
      for (let i = 0; i < 3; i++) publishers.push(apps.bareClient({ events: { bind: apps.address() } }));
      const sockets = await Promise.all(
        publishers.map(async (client) => {
          await client.connect();
          return client.unwrap<{ events: Publisher }>().events;
        }),
      );
      const connect = sockets.map(({ lastEndpoint }) => lastEndpoint ?? '');
      await Promise.all(names.map((name) => apps.serve([listener(name)], { bind: undefined, events: { connect } })));
      await until(() => sockets.every(({ peers }) => peers.length === names.length));
    }
    await Promise.all(publishers.flatMap((client, c) => [1, 2, 3].map((i) => emit(client, 'tick', [c, i]))));
    await until(() => heard.length === names.length * publishers.length * 3);
    for (const name of names) {
      for (const c of publishers.keys()) {
        const mine = heard.filter(({ by, data }) => by === name && (data as number[])[0] === c);
        expect(mine.map(({ data }) => (data as number[])[1])).toEqual([1, 2, 3]);
      }
    }
  });

  it('carry object patterns, bytes and headers', async () => {
    const client = apps.client([await apps.serve([listener('a')])]);
    await emit(client, { state: 'paid', type: 'order' }, 1);
    await emit(client, 'tick', Buffer.from([0, 255]));
    await emit(client, 'tick', new ZmqRecordBuilder('x').setHeaders({ a: 'b' }).build());
    await until(() => heard.length === 3);
    expect(heard).toEqual([
      { by: 'a', topic: '{"state":"paid","type":"order"}', data: 1 },
      { by: 'a', topic: 'tick', data: Buffer.from([0, 255]), headers: {} },
      { by: 'a', topic: 'tick', data: 'x', headers: { a: 'b' } },
    ]);
  });
});

describe('patterns of events', () => {
  it('match whole, by token, and every handler of a pattern', async () => {
    const running = await apps.serve([WildcardController]);
    const client = apps.client([running]);
    for (const topic of ['orders.paid', 'orders.eu.paid', 'orders', 'ordersX', 'orders.call'])
      await emit(client, topic, topic);
    await emit(client, 'orders.failing', 'order');
    await emit(client, 'orders.paid', 'last');
    await until(() => heard.filter(({ data }) => data === 'last').length === 4);
    const by = (topic: string) =>
      heard
        .filter(({ data }) => data === topic)
        .map((event) => event.by)
        .sort();
    expect(by('orders.paid')).toEqual(['exact', 'exact too', 'many', 'one']);
    expect(by('orders.eu.paid')).toEqual(['many']);
    expect(by('orders')).toEqual([]);
    expect(by('orders.call')).toEqual(['many', 'one']);
    expect(running.server.stats()?.events).toMatchObject({ failed: 1, running: 0, malformed: 0 });
  });
});

describe('emit() waits', () => {
  it('is hot: published without a subscription', async () => {
    const client = apps.client([await apps.serve([listener('a')])]);
    client.emit('tick', 1);
    await until(() => heard.length === 1);
  });

  it('for a server that has connected and not subscribed, at most subscribeTimeout', async () => {
    const mute = new Subscriber({ context: apps.context, metadata: { 'X-Nest-Zmq': '1' } });
    await mute.bind('tcp://127.0.0.1:*');
    apps.defer(() => mute.close());
    const client = apps.bareClient({ events: { connect: mute.lastEndpoint ?? '' }, clock });
    await client.connect();
    let emitted = false;
    const first = emit(client, 'tick', 1).then(() => (emitted = true));
    await turns(3);
    clock.advance(980);
    await turns(3);
    expect([emitted, client.stats()?.events?.waiting]).toEqual([false, 1]);
    clock.advance(40);
    await first;
    expect(client.stats()?.events).toMatchObject({ lateSubscribers: 1, published: 1 });
    // It was waited for once.
    await emit(client, 'tick', 2);
  });

  it('no longer for many that come one after the other', async () => {
    const client = apps.bareClient({ events: { bind: 'tcp://127.0.0.1:*' }, clock });
    await client.connect();
    const { events } = client.unwrap<{ events: Publisher }>();
    const comes = async (): Promise<void> => {
      const mute = new Subscriber({ context: apps.context, metadata: { 'X-Nest-Zmq': '1' } });
      apps.defer(() => mute.close());
      const count = events.peers.length;
      mute.connect(events.lastEndpoint ?? '');
      await until(() => events.peers.length > count);
    };
    await comes();
    let emitted = false;
    const first = emit(client, 'tick', 1).then(() => (emitted = true));
    await until(() => client.stats()?.events?.waiting === 1);
    clock.advance(600);
    await comes();
    clock.advance(380);
    await turns(3);
    expect(emitted).toBe(false);
    clock.advance(40);
    await first;
    expect(client.stats()?.events).toMatchObject({ lateSubscribers: 2, published: 1 });
  });

  it('until the ready mark, and no longer', async () => {
    const mute = new Subscriber({ context: apps.context, metadata: { 'X-Nest-Zmq': '1' } });
    await mute.bind('tcp://127.0.0.1:*');
    apps.defer(() => mute.close());
    const client = apps.bareClient({ events: { connect: mute.lastEndpoint ?? '' }, clock });
    await client.connect();
    let emitted = false;
    const first = emit(client, 'tick', 1).then(() => (emitted = true));
    mute.subscribe('tick');
    await turns(5);
    expect(emitted).toBe(false);
    mute.subscribe('\0ready');
    await first;
    expect((await mute.receive()).map(String)).toEqual(['tick', '1']);
    expect(client.stats()?.events).toMatchObject({ lateSubscribers: 0 });
  });

  it('for a connection, at most connectTimeout, when it dials', async () => {
    const client = apps.bareClient({ events: { connect: 'tcp://127.0.0.1:1' }, connectTimeout: 2_000, clock });
    const failed = emit(client, 'tick', 1).catch((error: unknown) => error);
    await until(() => client.stats()?.events?.waiting === 1);
    clock.advance(2_050);
    expect(await failed).toBeInstanceOf(ZmqNoPeerError);
  });

  it('for nobody when it binds and nobody is there: counted', async () => {
    const client = apps.bareClient({ events: { bind: apps.address() } });
    await emit(client, 'tick', 1);
    expect(client.stats()?.events).toMatchObject({ published: 1, withoutSubscriber: 1 });
  });

  it('and fails when the client is closed', async () => {
    const client = apps.bareClient({ events: { connect: 'tcp://127.0.0.1:1' } });
    const failed = emit(client, 'tick', 1).catch((error: unknown) => error);
    await until(() => client.stats()?.events?.waiting === 1);
    await client.close();
    expect(await failed).toMatchObject({ name: 'ZmqClosedError' });
  });
});

describe('what has waited', () => {
  /** Subscribers with room for 20 that a client dials, and which subscribe when told to; 100 events wait for them. */
  async function waiting(names: string[]) {
    const subscribers = await Promise.all(
      names.map(async (name) => {
        const metadata = { 'X-Nest-Zmq': '1' };
        const subscriber = new Subscriber({ context: apps.context, receiveHighWaterMark: 10, metadata });
        await subscriber.bind(`inproc://${name}`);
        apps.defer(() => subscriber.close());
        return subscriber;
      }),
    );
    const connect = names.map((name) => `inproc://${name}`);
    const client = apps.bareClient({ events: { connect }, sendHighWaterMark: 10, clock });
    const emits = Array.from({ length: 100 }, (_, i) => emit(client, 'tick', i));
    await client.connect();
    const { events } = client.unwrap<{ events: Publisher }>();
    await until(() => events.peers.length === names.length);
    for (const subscriber of subscribers) subscriber.subscribe('tick', '\0ready');
    return { client, emits, subscribers };
  }
  const hundred = Array.from({ length: 100 }, (_, i) => String(i));

  it('goes on without a subscriber that is full and has taken nothing for subscribeTimeout', async () => {
    const { client, emits, subscribers } = await waiting(['stuck', 'reads']);
    const [stuck, reads] = subscribers as [Subscriber, Subscriber];
    const got: string[] = [];
    reads.onMessage(([, data]) => got.push(String(data)));
    await until(() => got.length === 20);
    await turns(3);
    expect([got.length, client.stats()?.events?.waiting]).toEqual([20, 80]);
    // Its time is over; in the turn after it takes some, not enough to have more queued, and has as long again.
    clock.advance(1_010);
    for (let i = 0; i < 3; i++) await stuck.receive();
    clock.advance(20);
    clock.advance(980);
    await turns(3);
    expect(got).toHaveLength(20);
    clock.advance(60);
    await Promise.all(emits);
    await until(() => got.length === 100);
    expect(got).toEqual(hundred);
    expect(client.stats()?.events).toMatchObject({ published: 100, dropped: 80, waiting: 0 });
    expect((await stuck.receive()).map(String)).toEqual(['tick', '3']);
  });

  it('goes on when the one that is full is lost', async () => {
    const { client, emits, subscribers } = await waiting(['lost', 'reads']);
    const [lost, reads] = subscribers as [Subscriber, Subscriber];
    const got: string[] = [];
    reads.onMessage(([, data]) => got.push(String(data)));
    await until(() => got.length === 20);
    lost.close();
    await Promise.all(emits);
    await until(() => got.length === 100);
    expect(got).toEqual(hundred);
    expect(client.stats()?.events).toMatchObject({ published: 100, dropped: 0, waiting: 0 });
  });

  it('fails when the client is closed', async () => {
    const { client, emits } = await waiting(['full']);
    await until(() => client.stats()?.events?.waiting === 80);
    const outcomes = Promise.allSettled(emits);
    await client.close();
    const failed = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(failed).toHaveLength(80);
    expect(failed[0]).toMatchObject({ reason: { name: 'ZmqClosedError' } });
    expect(clock.pending).toBe(0);
  });
});

describe('a server that is back', () => {
  it('hears again, from the first event after its subscriptions', async () => {
    const old = await apps.serve([listener('old')]);
    const client = apps.client([old], { reconnect: { initialDelay: 5, maxDelay: 20 } });
    await emit(client, 'tick', 1);
    await until(() => heard.length === 1);
    await old.app.close();
    await until(() => client.unwrap<{ events: Publisher }>().events.peers.length === 0);
    await apps.serve([listener('new')], { bind: old.calls, events: { bind: old.events } });
    await emit(client, 'tick', 2);
    await until(() => heard.length === 2);
    expect(heard[1]).toMatchObject({ by: 'new', data: 2 });
  });
});

describe('who is connected', () => {
  const reconnect = { initialDelay: 5, maxDelay: 20 };

  /** What a client tells of its connections, in order. */
  function toldBy(client: ZmqClient): string[] {
    const told: string[] = [];
    client.status.subscribe((status) => told.push(status));
    client.on('connect', ({ socketType }) => told.push(`+${socketType}`));
    client.on('disconnect', ({ socketType }) => told.push(`-${socketType}`));
    return told;
  }

  // Over inproc a peer that is gone does not come back.
  const dialled = transports.filter((each) => each !== 'inproc');

  it.each(dialled)('is told of subscribers by a client that only emits, over %s', async (transport) => {
    apps = new Apps(transport);
    const endpoint = await apps.fixedAddress();
    const a = await apps.serve([listener('a')], { events: { bind: endpoint } });
    const b = await apps.serve([listener('b')]);
    const client = apps.client([a, b], { connect: undefined, connectTimeout: 30_000, reconnect });
    const told = toldBy(client);
    const first = client.connect();
    await first;
    await until(() => told.length === 3);
    expect(told.splice(0)).toEqual(['connected', '+SUB', '+SUB']);
    await a.app.close();
    await until(() => told.length === 1);
    expect(client.connect()).toBe(first);
    await b.app.close();
    await until(() => told.length === 3);
    expect(told.splice(0)).toEqual(['-SUB', 'disconnected', '-SUB']);
    const again = client.connect();
    expect(again).not.toBe(first);
    await apps.serve([listener('a')], { bind: undefined, events: { bind: endpoint } });
    await again;
    expect(told.splice(0)).toEqual(['connected', '+SUB']);
    await client.close();
    expect(told).toEqual(['disconnected']);
  });

  it('is told of the servers of its calls by a client that has any; connect() waits for both anew', async () => {
    const router = new Router({ context: apps.context });
    await router.bind('tcp://127.0.0.1:*');
    apps.defer(() => router.close());
    const running = await apps.serve([listener('a')], { bind: undefined });
    const connect = router.lastEndpoint ?? '';
    const client = apps.client([running], { connect, connectTimeout: 30_000, reconnect });
    const told = toldBy(client);
    const first = client.connect();
    await first;
    await running.app.close();
    await until(() => client.unwrap<{ events: Publisher }>().events.peers.length === 0);
    const again = client.connect();
    expect(again).not.toBe(first);
    await apps.serve([listener('b')], { bind: undefined, events: { bind: running.events } });
    await again;
    expect(told).toEqual(['connected', '+ROUTER']);
  });
});

describe('drops', () => {
  it('at the high-water mark resolve, and are counted', async () => {
    const slow = new Subscriber({ context: apps.context, receiveHighWaterMark: 1 });
    slow.subscribe('tick');
    await slow.bind('inproc://slow');
    apps.defer(() => slow.close());
    const client = apps.bareClient({ events: { connect: 'inproc://slow' }, sendHighWaterMark: 1 });
    await client.connect();
    await turns(3);
    await Promise.all(Array.from({ length: 10 }, (_, i) => emit(client, 'tick', i)));
    expect(client.stats()?.events).toMatchObject({ published: 10, dropped: 8 });
  });
});

it('a publisher of any library may send what it likes', async () => {
  const running = await apps.serve([listener('a')]);
  const publisher = new Publisher({ context: apps.context });
  const ready = new Promise<void>((resolve) =>
    publisher.onSubscription(({ topic }) => topic.toString() === '\0ready' && resolve()),
  );
  publisher.connect(running.events[0] ?? '');
  apps.defer(() => publisher.close());
  await ready;
  for (const message of [
    ['\0ready', 'x'],
    ['tick'],
    ['tick', '"\\ud800"'],
    ['tick', '[[[[', '{}'],
    ['tick', '1', '<01>'],
  ]) {
    await publisher.send(frames(...message));
  }
  await publisher.send(frames('tick', '"fence"'));
  await until(() => heard.at(-1)?.data === 'fence');
  expect(heard.map(({ data }) => data)).toEqual(['\ud800', 1, 'fence']);
});
