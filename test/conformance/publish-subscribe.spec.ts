import { type Context, createContext, Publisher, type SocketOptions, Subscriber, XPublisher } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, greeting, message, pattern, ready } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';

const subscribe = (topic: Buffer | string) => command('SUBSCRIBE', Buffer.from(topic));
const cancel = (topic: Buffer | string) => command('CANCEL', Buffer.from(topic));

let clock: ManualClock;
let context: Context;
beforeEach(() => {
  clock = new ManualClock();
  context = createContext({ clock });
});

describe('what a SUB sends', () => {
  async function connectedSubscriber(minor: number): Promise<{ subscriber: Subscriber; peer: RawPeer; listener: RawListener }> {
    const listener = await RawListener.listen();
    const subscriber = new Subscriber({ context });
    subscriber.subscribe('before', 'before', 'gone');
    subscriber.unsubscribe('gone');
    subscriber.connect(listener.endpoint);
    const peer = await listener.accept();
    await peer.handshake('PUB', undefined, minor);
    return { subscriber, peer, listener };
  } // prettier-ignore

  it('37-PUBSUB-2 37-PUBSUB-3: to a 3.1 peer: commands, each topic once at the start', async () => {
    const { subscriber, peer, listener } = await connectedSubscriber(1);
    expect(await peer.readFrame()).toEqual(bytes('04 10 09 "SUBSCRIBE" "before"'));
    subscriber.subscribe('');
    expect(await peer.readFrame()).toEqual(bytes('04 0A 09 "SUBSCRIBE"'));
    subscriber.unsubscribe('');
    expect(await peer.readFrame()).toEqual(bytes('04 07 06 "CANCEL"'));
    subscriber.unsubscribe('before');
    subscriber.unsubscribe('before');
    expect(await peer.readFrame()).toEqual(bytes('04 0D 06 "CANCEL" "before"'));
    subscriber.close();
    listener.close();
  });

  it('23-PUBSUB-1 23-PUBSUB-2: to a 3.0 peer: messages', async () => {
    const { subscriber, peer, listener } = await connectedSubscriber(0);
    expect(await peer.readFrame()).toEqual(bytes('00 07 01 "before"'));
    subscriber.unsubscribe('before');
    subscriber.unsubscribe('before');
    expect(await peer.readFrame()).toEqual(bytes('00 07 00 "before"'));
    subscriber.close();
    listener.close();
  });

  it.each([245, 246, 247, 254, 255, 256, 15_000, 100_000])(
    '37-MECH-2 37-MECH-3: a topic of %i bytes, in either form',
    async (size) => {
      for (const minor of [0, 1]) {
        const { subscriber, peer, listener } = await connectedSubscriber(minor);
        await peer.readFrame();
        const topic = pattern(size);
        subscriber.subscribe(topic);
        const expected = minor === 0 ? message(Buffer.concat([bytes('01'), topic])) : subscribe(topic);
        expect((await peer.readFrame()).equals(expected)).toBe(true);
        subscriber.close();
        listener.close();
      }
    },
  );

  it('37-ERROR-4: is sent again after a reconnect, each topic once', async () => {
    const { subscriber, peer, listener } = await connectedSubscriber(1);
    const events = new EventLog(subscriber);
    await peer.readFrame();
    peer.end();
    await events.until('connect:retry');
    clock.advance(1000);
    const again = await listener.accept();
    await again.handshake('PUB');
    expect(await again.readFrame()).toEqual(subscribe('before'));
    again.write(message('before and after'));
    expect((await subscriber.receive()).map(String)).toEqual(['before and after']);
    subscriber.close();
    listener.close();
  });

  it('what does not match is not received', async () => {
    const { subscriber, peer, listener } = await connectedSubscriber(1);
    peer.write(message('other', 'x'), message('befor'), message('', 'x'), message('before', 'y'));
    expect((await subscriber.receive()).map(String)).toEqual(['before', 'y']);
    subscriber.close();
    listener.close();
  });
});

/** A PUB with one good subscriber of everything, for a raw one to misbehave at. */
class PubStage {
  readonly publisher: Publisher;
  readonly good: Subscriber;
  readonly events: EventLog;
  #published = 0;

  private constructor(options: SocketOptions<'PUB'>) {
    this.publisher = new Publisher({ context, linger: 0, ...options });
    this.good = new Subscriber({ context });
    this.events = new EventLog(this.publisher);
  }

  static async set(options: SocketOptions<'PUB'> = {}): Promise<PubStage> {
    const stage = new PubStage(options);
    await stage.publisher.bind('tcp://127.0.0.1:*');
    const subscribed = new Promise<void>((resolve) => stage.publisher.onSubscription(() => resolve()));
    stage.good.subscribe();
    stage.good.connect(stage.publisher.lastEndpoint!);
    await subscribed;
    stage.publisher.onSubscription(undefined);
    stage.events.mark();
    return stage;
  }

  async raw(socketType = 'SUB', minor = 1): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.publisher.lastEndpoint!);
    await peer.handshake(socketType, undefined, minor);
    return peer;
  }

  /** The good subscriber loses nothing. */
  async exchange(topic = 'good'): Promise<void> {
    const text = `${topic} ${++this.#published}`;
    await this.publisher.send(text);
    expect((await this.good.receive()).map(String)).toEqual([text]);
  }

  close(): void {
    this.good.close();
    this.publisher.close();
  }
}

describe('a PUB', () => {
  let stage: PubStage;
  beforeEach(async () => void (stage = await PubStage.set()));
  afterEach(() => stage.close());

  it.each([0, 1])('takes both forms of subscriptions from a peer of version 3.%i', async (minor) => {
    for (const form of [subscribe('A'), message(bytes('01 "A"'))]) {
      for (const undo of [cancel('A'), message(bytes('00 "A"'))]) {
        const peer = await stage.raw('SUB', minor);
        peer.write(form);
        await peer.fence();
        await stage.exchange('A');
        expect(String(await peer.readFrame())).toMatch(/A \d+$/);
        peer.write(undo);
        await peer.fence();
        await stage.exchange('A');
        peer.write(subscribe('B'));
        await peer.fence();
        await stage.exchange('B');
        expect(String(await peer.readFrame())).toMatch(/B \d+$/);
        peer.destroy();
      }
    }
  });

  it('answers the READY of a 3.0 peer as every other', async () => {
    const peer = await RawPeer.connect(stage.publisher.lastEndpoint!);
    expect(await peer.handshake('SUB', undefined, 0)).toEqual(ready('PUB'));
    peer.destroy();
  });

  it('discards what a subscriber sends', async () => {
    const peer = await stage.raw('XSUB');
    peer.write(message('data'), message('more', 'data'), message(''), message(bytes('02')), subscribe('A'));
    await peer.fence();
    await stage.exchange('A');
    expect(String(await peer.readFrame())).toMatch(/A \d+$/);
    expect(stage.events.types).toEqual(['accept', 'handshake']);
    peer.destroy();
  });

  it('does not mind the end of a subscription that never was', async () => {
    const peer = await stage.raw();
    peer.write(cancel('never'), cancel(''), message(bytes('00 "never"')), subscribe('A'), cancel('B'));
    await peer.fence();
    await stage.exchange('A');
    expect(String(await peer.readFrame())).toMatch(/A \d+$/);
    peer.destroy();
  });

  it('a topic of 1 MiB comes and goes', async () => {
    const peer = await stage.raw();
    const topic = pattern(1024 * 1024);
    peer.write(subscribe(topic));
    await peer.fence();
    await stage.publisher.send([Buffer.concat([topic, bytes('"!"')]), 'x']);
    expect((await stage.good.receive())[0]!.length).toBe(topic.length + 1);
    expect(await peer.readFrame()).toHaveLength(9 + topic.length + 1);
    expect(await peer.readFrame()).toEqual(message('x'));
    peer.write(cancel(topic));
    await peer.fence();
    await stage.exchange();
    peer.destroy();
  });

  it('a subscriber that ends in the middle of a subscription is gone', async () => {
    const peer = await stage.raw();
    peer.write(subscribe('A').subarray(0, -1));
    await stage.exchange();
    peer.reset();
    await stage.events.until('disconnect');
    expect(stage.events.reasons).toHaveLength(1);
    await stage.exchange('A');
  });
});

describe('limits', () => {
  it.each([
    ['topics', { maxSubscriptions: 100 }, Array.from({ length: 101 }, (_, i) => subscribe(`topic ${i}`))],
    ['bytes of topics', { maxSubscriptionBytes: 10_000 }, Array.from({ length: 11 }, (_, i) => subscribe(pattern(1000, i)))],
  ])('a subscriber with too many %s is closed, and told', async (_, options, subscriptions) => {
    const stage = await PubStage.set(options);
    const modest = await stage.raw();
    modest.write(...subscriptions.slice(0, -1));
    await modest.fence();
    stage.events.mark();
    const greedy = await stage.raw();
    greedy.write(...subscriptions);
    await greedy.ended;
    await stage.events.until('disconnect');
    await stage.exchange();
    expect(stage.events.reasons).toHaveLength(1);
    await modest.fence();
    modest.destroy();
    stage.close();
  }); // prettier-ignore

  it('a subscriber that stops reading costs others nothing, and what it misses is counted', async () => {
    const stage = await PubStage.set({ sendHighWaterMark: 10 });
    const lazy = await stage.raw();
    lazy.write(subscribe(''));
    await lazy.fence();
    lazy.pause();
    // Enough to fill the kernel's buffers and the queue behind them.
    const body = pattern(256 * 1024);
    for (let i = 0; i < 200; i++) {
      await stage.publisher.send(['large', body]);
      expect((await stage.good.receive())[0]!.toString()).toBe('large');
    }
    expect(stage.publisher.dropped).toBeGreaterThan(0);
    expect(stage.publisher.dropped).toBeLessThan(200);
    await stage.exchange();
    lazy.destroy();
    stage.close();
  });
});

describe('an XPUB', () => {
  it('shows subscriptions in the old form, whatever came, and data as it is', async () => {
    const publisher = new XPublisher({ context, linger: 0 });
    await publisher.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(publisher.lastEndpoint!);
    peer.write(greeting(), ready('XSUB'), subscribe('A'), subscribe('A'), message(bytes('01 "B"')), message('data'));
    peer.write(cancel('never'), cancel('A'), message(bytes('00 "B"')), message('end'));
    const received: string[] = [];
    while (received.at(-1) !== 'end') received.push(String((await publisher.receive())[0]));
    expect(received).toEqual(['\x01A', '\x01B', 'data', '\x00A', '\x00B', 'end']);
    peer.destroy();
    publisher.close();
  });

  it('tells the end of all that a lost subscriber had', async () => {
    const publisher = new XPublisher({ context, linger: 0 });
    await publisher.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(publisher.lastEndpoint!);
    peer.write(greeting(), ready('SUB'), subscribe('A'), subscribe('B'));
    expect([String((await publisher.receive())[0]), String((await publisher.receive())[0])]).toEqual([
      '\x01A',
      '\x01B',
    ]);
    peer.reset();
    const ends = [String((await publisher.receive())[0]), String((await publisher.receive())[0])];
    expect(ends.toSorted()).toEqual(['\x00A', '\x00B']);
    publisher.close();
  });
});
