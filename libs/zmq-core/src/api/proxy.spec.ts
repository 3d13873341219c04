import { turn } from '../testing/turn.js';
import { Context } from './context.js';
import { Poller } from './poller.js';
import { Proxy } from './proxy.js';
import type { Socket } from './socket.js';
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
  XPublisher,
  XSubscriber,
} from './sockets.js';

let context: Context;
let running: Promise<unknown>[];

beforeEach(() => {
  context = new Context({ blocky: false });
  running = [];
});
afterEach(async () => {
  await context.terminate();
  await Promise.allSettled(running);
});

function run(proxy: Proxy, options?: Parameters<Proxy['run']>[0]): Promise<void> {
  const ended = proxy.run(options);
  running.push(ended);
  return ended;
}

/** PUSH → PULL | proxy | PUSH → PULL over inproc, each socket with this high-water mark. */
async function streamer(
  mark: number,
  capture?: Push | Publisher,
): Promise<{ source: Push; sink: Pull; proxy: Proxy<Pull, Push> }> {
  const send = { context, sendHighWaterMark: mark };
  const receive = { context, receiveHighWaterMark: mark };
  const [source, front, back, sink] = [new Push(send), new Pull(receive), new Push(send), new Pull(receive)];
  await front.bind('inproc://front');
  await back.bind('inproc://back');
  source.connect('inproc://front');
  sink.connect('inproc://back');
  return { source, sink, proxy: new Proxy(front, back, capture) };
}

/** Sends numbers without waiting until no more are taken, with turns of the event loop between. Gives how many were. */
async function fill(socket: Push | Dealer, from = 0): Promise<number> {
  let count = 0;
  for (let idle = 0; idle < 5; idle++) {
    while (count < 10_000 && socket.trySend(String(from + count))) {
      count++;
      idle = 0;
    }
    await turn();
  }
  return count;
}

async function drain(socket: Pull, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) all.push(String(await socket.receive()));
  return all;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

describe('the three devices', () => {
  it('a shared queue: ROUTER and DEALER', async () => {
    const [front, back] = [new Router({ context }), new Dealer({ context })];
    await front.bind('tcp://127.0.0.1:*');
    await back.bind('tcp://127.0.0.1:*');
    const proxy = new Proxy(front, back);
    void run(proxy);
    const replies = [1, 2].map((name) => {
      const reply = new Reply({ context });
      reply.connect(back.lastEndpoint!);
      reply.onMessage(([question]) => reply.trySend([String(question), `answered by ${name}`]));
      return reply;
    });
    const asked = [1, 2, 3].map(async (name) => {
      const request = new Request({ context });
      request.connect(front.lastEndpoint!);
      const by = new Set<string>();
      for (let i = 0; i < 10; i++) {
        await request.send(`${name}: ${i}`);
        const [question, answer] = await request.receive();
        expect(String(question)).toBe(`${name}: ${i}`);
        by.add(String(answer));
      }
      return by;
    });
    for (const by of await Promise.all(asked)) expect(by.size).toBeGreaterThan(0);
    expect(replies).toHaveLength(2);
  });

  it('a forwarder: XSUB and XPUB, and subscriptions go up', async () => {
    const [front, back] = [new XSubscriber({ context }), new XPublisher({ context })];
    await front.bind('tcp://127.0.0.1:*');
    await back.bind('tcp://127.0.0.1:*');
    void run(new Proxy(front, back));
    const [publisher, subscriber] = [new Publisher({ context }), new Subscriber({ context })];
    const topics: string[] = [];
    let told: () => void = () => {};
    publisher.onSubscription(({ topic, subscribed }) => {
      topics.push(`${subscribed ? '+' : '-'}${String(topic)}`);
      told();
    });
    const until = async (count: number): Promise<void> => {
      while (topics.length < count) await new Promise<void>((resolve) => (told = resolve));
    };
    publisher.connect(front.lastEndpoint!);
    subscriber.connect(back.lastEndpoint!);
    subscriber.subscribe('a', 'b');
    await until(2);
    for (const topic of ['a1', 'c', 'b1']) await publisher.send([topic, 'body']);
    for (const topic of ['a1', 'b1']) expect((await subscriber.receive()).map(String)).toEqual([topic, 'body']);
    subscriber.unsubscribe('a');
    await until(3);
    expect(topics).toEqual(['+a', '+b', '-a']);
  });

  it('a streamer: PULL and PUSH, in order, multipart whole and large parts not copied', async () => {
    const { source, sink, proxy } = await streamer(10);
    void run(proxy);
    const large = Buffer.alloc(100_000, 7);
    await source.send(['a', '', large]);
    const [first, empty, received] = await sink.receive();
    expect([String(first), empty!.length, received!.equals(large)]).toEqual(['a', 0, true]);
    expect(received!.buffer).toBe(large.buffer);
    const sent = (async () => {
      for (const number of numbers(5000)) await source.send(number);
    })();
    expect(await drain(sink, 5000)).toEqual(numbers(5000));
    await sent;
  });

  it.each([
    ['REP', () => new Reply({ context }), () => new Request({ context })],
    ['DEALER', () => new Dealer({ context }), () => new Dealer({ context })],
    ['ROUTER', () => new Router({ context }), () => new Dealer({ context })],
  ] as const)('one socket twice answers itself: %s', async (_type, make, makeClient) => {
    const echo = make();
    await echo.bind('inproc://echo');
    const proxy = new Proxy(echo, echo);
    void run(proxy);
    const client = makeClient();
    client.connect('inproc://echo');
    for (let i = 0; i < 3; i++) {
      await client.send(['x', String(i)]);
      expect((await client.receive()).map(String)).toEqual(['x', String(i)]);
    }
    proxy.terminate();
    expect(echo.closed).toBe(true);
  });
});

describe('back-pressure', () => {
  it('a slow consumer: as much is on its way as the high-water marks allow, and nothing is lost', async () => {
    const { source, sink, proxy } = await streamer(3);
    void run(proxy);
    // Two queues of 3 + 3 each.
    expect(await fill(source)).toBe(12);
    expect((await drain(sink, 12)).concat()).toEqual(numbers(12));
    expect(await fill(source, 12)).toBe(12);
    expect(await drain(sink, 12)).toEqual(numbers(24).slice(12));
  });

  it('no consumer at all: the source meets its mark', async () => {
    const { source, sink, proxy } = await streamer(3);
    sink.close();
    void run(proxy);
    expect(await fill(source)).toBe(6);
    const late = new Pull({ context });
    late.connect('inproc://back');
    expect(await drain(late, 6)).toEqual(numbers(6));
  });

  it('pause is the same for the senders; resume goes on where it was', async () => {
    const { source, sink, proxy } = await streamer(3);
    void run(proxy);
    await source.send('before');
    expect(String(await sink.receive())).toBe('before');
    proxy.pause();
    expect(await fill(source)).toBe(6);
    expect(sink.tryReceive()).toBeUndefined();
    proxy.resume();
    proxy.pause();
    proxy.resume();
    expect(await drain(sink, 6)).toEqual(numbers(6));
    await source.send('after');
    expect(String(await sink.receive())).toBe('after');
  });

  it('a full subscriber with noDrop: what cannot go yet waits, nothing is lost', async () => {
    const [front, back] = [
      new XSubscriber({ context }),
      new XPublisher({ context, noDrop: true, sendHighWaterMark: 2 }),
    ];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    void run(new Proxy(front, back));
    const publisher = new Publisher({ context, noDrop: true });
    const subscriber = new Subscriber({ context, receiveHighWaterMark: 2 });
    publisher.connect('inproc://front');
    subscriber.connect('inproc://back');
    const subscribed = new Promise<void>((resolve) => publisher.onSubscription(() => resolve()));
    subscriber.subscribe('');
    await subscribed;
    for (const number of numbers(50)) await publisher.send(number);
    const all: string[] = [];
    while (all.length < 50) all.push(String(await subscriber.receive()));
    expect(all).toEqual(numbers(50));
  });

  it('moves up to 1,000 messages one way before it looks at the other', async () => {
    const unlimited = { context, sendHighWaterMark: 0, receiveHighWaterMark: 0 };
    const [left, front, back, right] = [1, 2, 3, 4].map(() => new Pair(unlimited)) as [Pair, Pair, Pair, Pair];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    left.connect('inproc://front');
    right.connect('inproc://back');
    const [capture, log] = [new Pair(unlimited), new Pair(unlimited)];
    await capture.bind('inproc://capture');
    log.connect('inproc://capture');
    for (let i = 0; i < 2500; i++) for (const socket of [left, right]) socket.trySend(socket === left ? 'up' : 'down');
    await turn();
    void run(new Proxy(front, back, capture));
    const runs: string[] = [];
    let length = 0;
    let previous = String(await log.receive());
    for (let i = 1; i <= 5000; i++) {
      length++;
      const next = i < 5000 ? String(await log.receive()) : '';
      if (next === previous) continue;
      runs.push(`${length} ${previous}`);
      length = 0;
      previous = next;
    }
    expect(runs).toEqual(['1000 up', '1000 down', '1000 up', '1000 down', '500 up', '500 down']);
  });
});

describe('what cannot be sent', () => {
  it('to a peer that is gone is dropped and counted, and the others are served', async () => {
    const [front, back] = [new Router({ context, mandatory: true }), new Dealer({ context })];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    const proxy = new Proxy(front, back);
    void run(proxy);
    const [client, worker] = [new Dealer({ context, routingId: 'client' }), new Dealer({ context })];
    client.connect('inproc://front');
    worker.connect('inproc://back');
    await client.send('hello');
    await worker.receive();
    await worker.send(['nobody', 'lost']);
    await worker.send(['client', 'found']);
    expect(String(await client.receive())).toBe('found');
    expect(proxy.statistics()).toMatchObject({
      dropped: 1,
      frontEnd: { received: { frames: 2 }, sent: { frames: 2 } },
      backEnd: { received: { frames: 4 }, sent: { frames: 2 } },
    });
  });

  it('to a full peer of a mandatory ROUTER waits; at the end it is counted', async () => {
    const [front, back] = [new Router({ context, mandatory: true, sendHighWaterMark: 1 }), new Dealer({ context })];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    const proxy = new Proxy(front, back);
    const ended = run(proxy);
    const worker = new Dealer({ context });
    worker.connect('inproc://back');
    const [client, other] = ['client', 'other'].map((routingId) => {
      const dealer = new Dealer({ context, routingId, receiveHighWaterMark: 1 });
      dealer.connect('inproc://front');
      return dealer;
    }) as [Dealer, Dealer];
    for (const number of numbers(10)) await worker.send(['client', number]);
    await worker.send(['other', 'after them all']);
    for (const number of numbers(6)) expect(String(await client.receive())).toBe(number);
    await turn();
    expect(other.tryReceive()).toBeUndefined();
    expect(proxy.statistics().dropped).toBe(0);
    proxy.terminate();
    await ended;
    expect(proxy.statistics().dropped).toBe(1);
  });
});

describe('capture', () => {
  it('gets every message of both directions', async () => {
    const [front, back] = [new Router({ context }), new Dealer({ context })];
    const [capture, log] = [new Pair({ context }), new Pair({ context })];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    await capture.bind('inproc://capture');
    log.connect('inproc://capture');
    void run(new Proxy(front, back, capture));
    const [client, worker] = [new Dealer({ context, routingId: 'client' }), new Dealer({ context })];
    client.connect('inproc://front');
    worker.connect('inproc://back');
    await client.send(['', 'question']);
    const question = await worker.receive();
    await worker.send(['client', '', 'answer']);
    await client.receive();
    expect(question.map(String)).toEqual(['client', '', 'question']);
    expect((await log.receive()).map(String)).toEqual(['client', '', 'question']);
    expect((await log.receive()).map(String)).toEqual(['client', '', 'answer']);
  });

  it('that has no room holds the proxy up, which can still be steered', async () => {
    const capture = new Push({ context, sendHighWaterMark: 2 });
    const { source, sink, proxy } = await streamer(3, capture);
    await capture.bind('inproc://capture');
    void run(proxy);
    expect(await fill(source)).toBe(6);
    expect(sink.tryReceive()).toBeUndefined();
    expect(proxy.statistics().frontEnd.received.frames).toBe(0);
    const log = new Pull({ context });
    log.connect('inproc://capture');
    expect(await drain(sink, 6)).toEqual(numbers(6));
    expect(await drain(log, 6)).toEqual(numbers(6));
  });

  it('a PUB never does', async () => {
    const capture = new Publisher({ context });
    const { source, sink, proxy } = await streamer(3, capture);
    await capture.bind('inproc://capture');
    void run(proxy);
    for (const number of numbers(6)) await source.send(number);
    expect(await drain(sink, 6)).toEqual(numbers(6));
    proxy.terminate();
    expect(capture.closed).toBe(false);
    capture.trySend('it is free again');
  });
});

describe('the end', () => {
  it('closes both sockets, then resolves; what was passed on arrives', async () => {
    const { source, sink, proxy } = await streamer(10);
    const ended = run(proxy);
    await source.send('x');
    await turn();
    proxy.terminate();
    await ended;
    expect([proxy.frontEnd.closed, proxy.backEnd.closed]).toEqual([true, true]);
    expect(String(await sink.receive())).toBe('x');
    for (const method of ['pause', 'resume', 'terminate'] as const)
      expect(() => proxy[method]()).toThrow(code('EBADF'));
    expect(proxy.statistics().backEnd.sent).toEqual({ frames: 1, bytes: 1 });
    expect(() => proxy.run()).toThrow(code('EINVAL'));
  });

  it.each(['frontEnd', 'backEnd'] as const)('comes when %s is closed', async (end) => {
    const { proxy } = await streamer(10);
    const ended = run(proxy);
    proxy[end].close();
    expect([proxy.frontEnd.closed, proxy.backEnd.closed]).toEqual([true, true]);
    await ended;
  });

  it('comes when the capture or control socket is closed, which is closed', async () => {
    for (const what of ['capture', 'control'] as const) {
      const [capture, control] = [new Publisher({ context }), new Pull({ context })];
      const { source, sink, proxy } = await streamer(10, capture);
      const ended = run(proxy, { control });
      (what === 'capture' ? capture : control).close();
      await ended;
      expect([proxy.frontEnd.closed, capture.closed, control.closed]).toEqual([
        true,
        what === 'capture',
        what === 'control',
      ]);
      for (const socket of [source, sink]) socket.close();
    }
  });

  it('comes with ETERM when the context is shut down', async () => {
    const { proxy } = await streamer(10);
    const ended = run(proxy);
    context.shutdown();
    await expect(ended).rejects.toThrow(code('ETERM'));
    expect([proxy.frontEnd.closed, proxy.backEnd.closed]).toEqual([true, true]);
  });
});

describe('while it runs', () => {
  it('nobody else uses its sockets', async () => {
    const [front, back] = [new Router({ context }), new Dealer({ context })];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    const proxy = new Proxy(front, back);
    void run(proxy);
    for (const use of [
      () => back.send('x'),
      () => back.trySend('x'),
      () => back.receive(),
      () => back.tryReceive(),
      () => back.onMessage(() => {}),
      () => back.connect('inproc://x'),
      () => back.bind('inproc://x'),
      () => back.unbind('inproc://back'),
      () => proxy.run(),
      () => new Proxy(front, back).run(),
    ]) {
      expect(use).toThrow(code('EBUSY'));
      expect(use).toThrow('blocked by a bind or unbind operation');
    }
    const poller = new Poller({ context });
    poller.add(back);
    expect(await poller.poll()).toEqual([{ item: back, readable: false, writable: false, error: code('EBUSY') }]);
    back.linger = 5;
    expect([back.linger, back.readable, back.writable, back.closed]).toEqual([5, false, false, false]);
  });

  it('does not start with sockets that are in use, and leaves them as they are', async () => {
    const [front, back] = [new Dealer({ context }), new Dealer({ context })];
    await front.bind('inproc://front');
    await back.bind('inproc://back');
    const proxy = new Proxy(front, back);
    const received = back.receive();
    expect(() => proxy.run()).toThrow(code('EBUSY'));
    const peer = new Dealer({ context });
    peer.connect('inproc://back');
    await peer.send('x');
    expect(String(await received)).toBe('x');
    back.onMessage(() => {});
    expect(() => proxy.run()).toThrow(code('EBUSY'));
    back.onMessage(undefined);
    const sent = front.send('nobody takes it');
    expect(() => proxy.run()).toThrow(code('EBUSY'));
    front.close();
    await expect(sent).rejects.toThrow(code('EAGAIN'));
  });
});

describe('mistakes', () => {
  const wrong = {} as Socket;

  it('of the sockets', async () => {
    const [front, back] = [new Router({ context }), new Dealer({ context })];
    expect(() => new Proxy(wrong, back)).toThrow(new TypeError('Front-end must be a socket object'));
    expect(() => new Proxy(front, wrong)).toThrow(new TypeError('Back-end must be a socket object'));
    expect(() => new Proxy(front, back, wrong as Push)).toThrow(TypeError);
    const pull = new Pull({ context });
    expect(() => new Proxy(front, back, pull as Socket as Push)).toThrow(
      new TypeError('Capture must be a socket that can send'),
    );
    expect(() => new Proxy(front, back, back)).toThrow(code('EINVAL'));
    const proxy = new Proxy(front, back);
    expect(() => proxy.run()).toThrow('Front-end socket must be bound or connected');
    await front.bind('inproc://front');
    expect(() => proxy.run()).toThrow('Back-end socket must be bound or connected');
    back.connect('inproc://back');
    expect(() => proxy.run({ control: wrong as Pull })).toThrow(TypeError);
    expect(() => proxy.run({ control: new Push({ context }) as Socket as Pull })).toThrow(
      new TypeError('Control must be a socket that can receive'),
    );
    expect(() => proxy.run({ control: front })).toThrow(code('EINVAL'));
    back.close();
    expect(() => proxy.run()).toThrow(code('EINVAL'));
  });

  it('of the time', () => {
    const proxy = new Proxy(new Router({ context }), new Dealer({ context }));
    for (const method of ['pause', 'resume', 'terminate'] as const)
      expect(() => proxy[method]()).toThrow(code('EBADF'));
    expect(proxy.statistics()).toEqual({
      frontEnd: { received: { frames: 0, bytes: 0 }, sent: { frames: 0, bytes: 0 } },
      backEnd: { received: { frames: 0, bytes: 0 }, sent: { frames: 0, bytes: 0 } },
      dropped: 0,
    });
  });
});
