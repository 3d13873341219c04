import {
  type Context,
  createContext,
  Publisher,
  Subscriber,
  type SubscriptionEvent,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bindAll, connectAll, transports } from '../support/clauses.js';
import { bytes, command, message } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, fill, numbers, receive, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/* 29/PUBSUB, clause by clause: https://rfc.zeromq.org/spec/29/ */

const open = closedAfterEach();
type PublisherOptions = { context?: Context; sendHighWaterMark?: number };
type SubscriberOptions = { context?: Context; receiveHighWaterMark?: number };
const subscribe = (topic: string) => command('SUBSCRIBE', Buffer.from(topic));
const cancel = (topic: string) => command('CANCEL', Buffer.from(topic));

/** Resolves with the next subscriptions and cancellations that come to the publisher. */
function subscriptions(publisher: Publisher | XPublisher, count: number): Promise<SubscriptionEvent[]> {
  const events: SubscriptionEvent[] = [];
  return new Promise((resolve) => {
    publisher.onSubscription((event) => {
      events.push(event);
      if (events.length === count) resolve(events);
    });
  });
}

const publishers = [
  ['PUB', (options: PublisherOptions = {}) => new Publisher(options), { any: '29-PUB-1', filters: '29-PUB-9 29-PUB-10', keeps: '29-PUB-7', drops: '29-PUB-5 29-PUB-11 29-PUB-12', queue: '29-PUB-2 29-PUB-4', dialed: '29-PUB-3', commands: '29-PUB-13' }],
  ['XPUB', (options: PublisherOptions = {}) => new XPublisher(options), { any: '29-XPUB-1', filters: '29-XPUB-8 29-XPUB-9', keeps: '29-XPUB-6', drops: '29-XPUB-5 29-XPUB-10 29-XPUB-11', queue: '29-XPUB-4', dialed: '29-XPUB-3', commands: '29-XPUB-14' }],
] as const; // prettier-ignore

describe.each(publishers)('37-PATTERN-2: %s', (_type, create, id) => {
  describe.each(transports)('over %s', (_name, address) => {
    it(`${id.any} ${id.filters} ${id.keeps}: sends each message, unchanged, to those of any number of SUBs and XSUBs whose topic it begins with`, async () => {
      const publisher = open(create());
      const [endpoint] = await bindAll(address, publisher);
      const [a, b] = [open(new Subscriber()), open(new Subscriber())];
      const c = open(new XSubscriber());
      connectAll(endpoint!, a, b, c);
      const all = subscriptions(publisher, 5);
      a.subscribe('A', Buffer.from([0]));
      b.subscribe('');
      await c.send('\x01AB');
      await c.send('\x01C');
      await all;
      const messages = [['A'], ['AB', 'body', ''], ['B', 'A'], ['', 'A'], ['\0\x01'], ['C']];
      for (const parts of messages) await publisher.send(parts);
      expect(await receive(b, 6)).toEqual(messages);
      expect(await receive(a, 3)).toEqual([['A'], ['AB', 'body', ''], ['\0\x01']]);
      expect(await receive(c, 2)).toEqual([['AB', 'body', ''], ['C']]);
    });
  });

  it(`${id.drops} ${id.queue}: each subscriber has a queue of limited size; who is full misses the message, and nobody waits`, async () => {
    const publisher = open(create({ sendHighWaterMark: 3 }));
    await publisher.bind('inproc://pub-queues');
    const [slow, fast] = [2, 100].map((receiveHighWaterMark) => open(new Subscriber({ receiveHighWaterMark })));
    for (const sub of [slow!, fast!]) sub.subscribe('');
    connectAll('inproc://pub-queues', slow!, fast!);
    for (let i = 0; i < 20; i++) expect(publisher.trySend(i)).toBe(true);
    expect(publisher.dropped).toBe(15);
    expect([await receive(slow!, 5), await receive(fast!, 20)]).toEqual([numbers(5), numbers(20)]);
    // What waits for one that goes is discarded with its queue.
    await publisher.send('for the old connection');
    slow!.disconnect('inproc://pub-queues');
    slow!.connect('inproc://pub-queues');
    await publisher.send('for the new one');
    expect(text(await slow!.receive())).toEqual(['for the new one']);
  });

  it(`${id.dialed}: a queue is there from the connect on, and is kept while the connection is lost`, async () => {
    const clock = new ManualClock();
    const listener = await RawListener.listen();
    const dialer = open(create({ context: createContext({ clock }) }));
    const events = new EventLog(dialer);
    dialer.connect(listener.endpoint);
    const subscribed = subscriptions(dialer, 1);
    const first = await listener.accept();
    await first.handshake('SUB');
    first.write(subscribe('A'));
    await subscribed;
    first.end();
    await events.until('connect:retry');
    await dialer.send('A while it was lost');
    clock.advance(1000);
    const second = await listener.accept();
    await second.handshake('SUB');
    expect(await second.readFrame()).toEqual(message('A while it was lost'));
    second.destroy();
    listener.close();
  });

  it(`${id.commands}: takes subscriptions in both forms of ZMTP`, async () => {
    const publisher = open(create());
    await publisher.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(publisher.lastEndpoint!);
    await peer.handshake('SUB');
    for (const [make, undo] of [
      [subscribe('A'), cancel('A')],
      [message(bytes('01 "A"')), message(bytes('00 "A"'))],
    ]) {
      peer.write(make!);
      await peer.fence();
      await publisher.send('A 1');
      expect(await peer.readFrame()).toEqual(message('A 1'));
      peer.write(undo!);
      await peer.fence();
      await publisher.send('A 2');
    }
    await peer.fence();
    peer.destroy();
  });
});

describe('PUB', () => {
  it('29-PUB-6 29-PUB-14: nothing that comes reaches its application; what is no subscription is discarded', async () => {
    const pub = open(new Publisher());
    await pub.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(pub.lastEndpoint!);
    await peer.handshake('XSUB');
    peer.write(message('data'), message('more', 'data'), subscribe('A'));
    await peer.fence();
    expect(['receive' in pub, pub.readable, pub.dropped, pub.topicsCount]).toEqual([false, false, 2, 1]);
    peer.destroy();
  });
});

describe('XPUB', () => {
  it('29-XPUB-2 29-XPUB-13 29-XPUB-15: its application receives what its subscribers say, whatever waits to be sent to them', async () => {
    const xpub = open(new XPublisher({ sendHighWaterMark: 1 }));
    await xpub.bind('inproc://xpub-receives');
    const xsub = open(new XSubscriber({ receiveHighWaterMark: 1 }));
    xsub.connect('inproc://xpub-receives');
    await xsub.send('\x01A');
    for (let i = 0; i < 5; i++) await xpub.send('A');
    await xsub.send(['user', 'message']);
    await xsub.send('\x00A');
    expect(await receive(xpub, 3)).toEqual([['\x01A'], ['user', 'message'], ['\x00A']]);
  });

  it('29-XPUB-12: one that says much does not starve the others', async () => {
    const xpub = open(new XPublisher({ receiveHighWaterMark: 0 }));
    await xpub.bind('inproc://xpub-fair');
    const [loud, quiet] = [open(new XSubscriber({ sendHighWaterMark: 0 })), open(new XSubscriber())];
    connectAll('inproc://xpub-fair', loud!, quiet!);
    for (let i = 0; i < 5000; i++) await loud!.send('loud');
    await quiet!.send('quiet');
    // In the order in which they came, but of no peer more than 1000 ahead of the application.
    const received = (await receive(xpub, 5001)).flat();
    expect(received.indexOf('quiet')).toBeLessThanOrEqual(1000);
  });

  it('29-XPUB-16: a topic that was subscribed already is told again only if asked for', async () => {
    const told = async (verbosity: 'allSubs' | null): Promise<string[]> => {
      const xpub = open(new XPublisher({ verbosity }));
      await xpub.bind(`inproc://verbosity-${verbosity}`);
      const subs = [open(new Subscriber()), open(new Subscriber())];
      connectAll(xpub.lastEndpoint!, ...subs);
      for (const sub of subs) sub.subscribe('A', 'A');
      subs[0]!.subscribe('fence');
      const all: string[] = [];
      while (all.at(-1) !== '\x01fence') all.push(text(await xpub.receive())![0]!);
      return all.slice(0, -1);
    };
    expect(await told(null)).toEqual(['\x01A']);
    expect(await told('allSubs')).toEqual(['\x01A', '\x01A', '\x01A', '\x01A']);
  });

  it('29-XPUB-17: the end of each topic is told when its last subscriber is lost', async () => {
    const xpub = open(new XPublisher());
    await xpub.bind('tcp://127.0.0.1:*');
    const stays = open(new Subscriber());
    stays.connect(xpub.lastEndpoint!);
    stays.subscribe('B');
    expect(await receive(xpub, 1)).toEqual([['\x01B']]);
    const peer = await RawPeer.connect(xpub.lastEndpoint!);
    await peer.handshake('SUB');
    peer.write(...['A', 'B', 'C'].map(subscribe));
    expect(await receive(xpub, 2)).toEqual([['\x01A'], ['\x01C']]);
    peer.reset();
    expect((await receive(xpub, 2)).flat().toSorted()).toEqual(['\x00A', '\x00C']);
  });
});

const subscribers = [
  ['SUB', (options: SubscriberOptions = {}) => new Subscriber(options), { any: '29-SUB-1', keeps: '29-SUB-8 29-SUB-10', commands: '29-SUB-11', fair: '29-SUB-2 29-SUB-7', dialed: '29-SUB-3', accepted: '29-SUB-4', limit: '29-SUB-5 29-SUB-6' }],
  ['XSUB', (options: SubscriberOptions = {}) => new XSubscriber(options), { any: '29-XSUB-1', keeps: '29-XSUB-6 29-XSUB-10', commands: '29-XSUB-15 29-XSUB-16', fair: '29-XSUB-8', dialed: '29-XSUB-3', accepted: '29-XSUB-4', limit: '29-XSUB-5 29-XSUB-7' }],
] as const; // prettier-ignore

/** Subscribes or cancels as the type does. */
async function change(subscriber: Subscriber | XSubscriber, subscribed: boolean, topic: string): Promise<void> {
  if (subscriber instanceof XSubscriber) await subscriber.send(`${subscribed ? '\x01' : '\x00'}${topic}`);
  else if (subscribed) subscriber.subscribe(topic);
  else subscriber.unsubscribe(topic);
}

describe.each(subscribers)('%s', (_type, create, id) => {
  describe.each(transports)('over %s', (_name, address) => {
    it(`${id.any} ${id.keeps}: receives, unchanged, from any number of PUBs and XPUBs`, async () => {
      const sources = [open(new Publisher()), open(new XPublisher()), open(new Publisher())];
      const endpoints = await bindAll(address, ...sources);
      const subscriber = open(create());
      await change(subscriber, true, '');
      const all = Promise.all(sources.map((source) => subscriptions(source, 1)));
      for (const endpoint of endpoints) subscriber.connect(endpoint);
      await all;
      const messages = [[''], ['', ''], ['\0', 'x', ''], ['\x01topic'], ['x'.repeat(300)]];
      for (const source of sources) {
        for (const parts of messages) await source.send(parts);
        expect(await receive(subscriber, messages.length)).toEqual(messages);
      }
    });
  });

  it(`${id.commands}: tells its publishers what it subscribes to, and its end`, async () => {
    const subscriber = open(create());
    await subscriber.bind('tcp://127.0.0.1:*');
    await change(subscriber, true, 'before');
    const peers = [await RawPeer.connect(subscriber.lastEndpoint!), await RawPeer.connect(subscriber.lastEndpoint!)];
    for (const [minor, peer] of peers.entries()) {
      await peer.handshake('PUB', undefined, minor);
      const [make, undo] = minor === 0 ? [message(bytes('01 "before"')), message(bytes('00 "before"'))] : [subscribe('before'), cancel('before')];
      expect(await peer.readFrame()).toEqual(make);
      if (minor < 1) continue;
      await change(subscriber, false, 'before');
      expect(await peer.readFrame()).toEqual(undo);
      expect(await peers[0]!.readFrame()).toEqual(message(bytes('00 "before"')));
    }
    for (const peer of peers) peer.destroy();
  }); // prettier-ignore

  it(`${id.fair}: takes messages of its publishers in turn, however many one of them has waiting`, async () => {
    const subscriber = open(create());
    await change(subscriber, true, '');
    await subscriber.bind('inproc://sub-fair');
    const pubs = [0, 1, 2].map(() => open(new Publisher()));
    connectAll('inproc://sub-fair', ...pubs);
    for (const [i, pub] of pubs.entries()) for (let n = 0; n < [50, 3, 3][i]!; n++) await pub.send(`${i}`);
    expect((await receive(subscriber, 9)).flat()).toEqual(['0', '1', '2', '0', '1', '2', '0', '1', '2']);
  });

  it(`${id.dialed}: has a queue from the connect on; what is in it outlives the connection`, async () => {
    const clock = new ManualClock();
    const listener = await RawListener.listen();
    const subscriber = open(create({ context: createContext({ clock }) }));
    await change(subscriber, true, '');
    const events = new EventLog(subscriber);
    subscriber.connect(listener.endpoint);
    for (const body of ['of the first connection', 'of the second']) {
      const peer = await listener.accept();
      await peer.handshake('PUB');
      expect(await peer.readFrame()).toEqual(subscribe(''));
      peer.write(message(body));
      peer.end();
      await events.until('connect:retry');
      events.mark();
      clock.advance(1000);
    }
    expect((await receive(subscriber, 2)).flat()).toEqual(['of the first connection', 'of the second']);
    listener.close();
  });

  // As in libzmq: 29/PUBSUB would discard what was received and not read yet.
  it(`${id.accepted}: has a queue for each publisher that connects; what came before it went is still delivered`, async () => {
    const subscriber = open(create());
    await change(subscriber, true, '');
    await subscriber.bind('tcp://127.0.0.1:*');
    const left = new Promise<void>((resolve) => subscriber.onPeer({ left: () => resolve() }));
    const peer = await RawPeer.connect(subscriber.lastEndpoint!);
    await peer.handshake('PUB');
    peer.write(message('whole'), message('not', 'whole').subarray(0, -1));
    peer.end();
    expect(text(await subscriber.receive())).toEqual(['whole']);
    await left;
    expect(subscriber.tryReceive()).toBeUndefined();
  });

  // 29/PUBSUB has the subscriber discard. As in libzmq it stops reading, and its publishers discard.
  it(`${id.limit}: its queues have limits; what does not fit is discarded by the publisher`, async () => {
    const subscriber = open(create({ receiveHighWaterMark: 2 }));
    await change(subscriber, true, '');
    await subscriber.bind('inproc://sub-limit');
    const pub = open(new Publisher({ sendHighWaterMark: 1 }));
    pub.connect('inproc://sub-limit');
    expect(fill(pub, 10)).toBe(10);
    expect(pub.dropped).toBe(7);
    expect(await receive(subscriber, 3)).toEqual(numbers(3));
  });
});

describe('SUB', () => {
  it('29-SUB-9: filters for itself what publishers send regardless', async () => {
    const sub = open(new Subscriber());
    await sub.bind('tcp://127.0.0.1:*');
    sub.subscribe('A');
    const peer = await RawPeer.connect(sub.lastEndpoint!);
    await peer.handshake('PUB');
    peer.write(message('B'), message('', 'A'), message('AB', 'C'), message('B', 'A'), message('A'));
    expect(await receive(sub, 2)).toEqual([['AB', 'C'], ['A']]);
    expect('send' in sub).toBe(false);
    peer.destroy();
  });
});

describe('XSUB', () => {
  it('29-XSUB-9: does not filter', async () => {
    const xsub = open(new XSubscriber());
    await xsub.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(xsub.lastEndpoint!);
    await peer.handshake('PUB');
    peer.write(message('nobody subscribed', 'x'));
    expect(text(await xsub.receive())).toEqual(['nobody subscribed', 'x']);
    peer.destroy();
  });

  it('29-XSUB-11 29-XSUB-12: sends what is no subscription, unchanged, to all publishers', async () => {
    const xsub = open(new XSubscriber());
    await xsub.bind('tcp://127.0.0.1:*');
    const xpubs = [0, 1].map(() => open(new XPublisher()));
    connectAll(xsub.lastEndpoint!, ...xpubs);
    await untilPeers(xsub, 2);
    const messages = [[''], ['', ''], ['\x02', 'x', ''], ['x'.repeat(300)]];
    for (const parts of messages) await xsub.send(parts);
    for (const xpub of xpubs) expect(await receive(xpub, messages.length)).toEqual(messages);
  });

  it('29-XSUB-2 29-XSUB-13 29-XSUB-14: a publisher whose queue is full misses a message, never a subscription, and nobody waits', async () => {
    const xsub = open(new XSubscriber({ sendHighWaterMark: 1 }));
    await xsub.bind('inproc://xsub-full');
    const xpub = open(new XPublisher({ receiveHighWaterMark: 1 }));
    xpub.connect('inproc://xsub-full');
    // An XPUB reads 1000 of them ahead of its application.
    expect(fill(xsub, 1100)).toBe(1100);
    expect(xsub.dropped).toBe(98);
    for (let i = 0; i < 10; i++) expect(xsub.trySend(`\x01${i}`)).toBe(true);
    const received: string[] = [];
    while (received.at(-1) !== '\x019') received.push(text(await xpub.receive())![0]!);
    expect(received).toEqual([...numbers(1002).flat(), ...numbers(10).map(([i]) => `\x01${i}`)]);
    // What its publishers send is received meanwhile.
    await xpub.send('9');
    expect(text(await xsub.receive())).toEqual(['9']);
  });
});
