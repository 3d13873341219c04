import {
  Channel,
  Client,
  type Context,
  createContext,
  Dealer,
  Dish,
  Gather,
  Pair,
  PeerSocket,
  Publisher,
  Pull,
  Push,
  Radio,
  Reply,
  Request,
  Router,
  Scatter,
  Server,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, message } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, deadEndpoint, numbers, receive, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/*
 * The clauses of 37/ZMTP (https://rfc.zeromq.org/spec/37/) about sockets and what they
 * say to each other. Those about single bytes are in greeting, handshake, frames and
 * heartbeat beside this file.
 */

const open = closedAfterEach();

const pairs: readonly (readonly [string, (context: Context) => Socket, (context: Context) => Socket])[] = [
  ['PAIR', (context) => new Pair({ context }), (context) => new Pair({ context })],
  ['REQ and REP', (context) => new Request({ context }), (context) => new Reply({ context })],
  ['DEALER and ROUTER', (context) => new Dealer({ context }), (context) => new Router({ context })],
  ['PUSH and PULL', (context) => new Push({ context }), (context) => new Pull({ context })],
  ['PUB and SUB', (context) => new Publisher({ context }), (context) => new Subscriber({ context })],
  ['XPUB and XSUB', (context) => new XPublisher({ context }), (context) => new XSubscriber({ context })],
  ['CLIENT and SERVER', (context) => new Client({ context }), (context) => new Server({ context })],
  ['RADIO and DISH', (context) => new Radio({ context }), (context) => new Dish({ context })],
  ['SCATTER and GATHER', (context) => new Scatter({ context }), (context) => new Gather({ context })],
  ['PEER', (context) => new PeerSocket({ context }), (context) => new PeerSocket({ context })],
  ['CHANNEL', (context) => new Channel({ context }), (context) => new Channel({ context })],
];

it.each(pairs)('37-SOCKET-1 37-SOCKET-2 37-TYPE-2 37-NULL-2: %s accept connections and make them, to an endpoint that is not there yet too', async (_, one, other) => {
  for (const [create, createPeer] of [[one, other], [other, one]] as const) {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const dialer = open(create(context));
    const events = new EventLog(dialer);
    const endpoint = await deadEndpoint(open(new Pair({ context })));
    dialer.connect(endpoint);
    await events.until('connect:retry');
    const binder = open(createPeer(context));
    await binder.bind(endpoint);
    clock.advance(1000);
    await Promise.all([untilPeers(dialer, 1), untilPeers(binder, 1)]);
    dialer.close();
    binder.close();
  }
}); // prettier-ignore

describe('messages', () => {
  it('37-SOCKET-4 37-SOCKET-5 37-SOCKET-6: come whole, once and in order, over connections that break', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const listener = await RawListener.listen();
    const push = open(new Push({ context, linger: 0 }));
    const events = new EventLog(push);
    push.connect(listener.endpoint);
    let sent = 0;
    const received: string[] = [];
    for (let round = 0; round < 4; round++) {
      const peer = await listener.accept();
      await peer.handshake('PULL');
      for (let i = 0; i < 25; i++) await push.send([sent++, 'of two frames']);
      // All that was written for this connection, and the frames of each message together.
      for (let i = 0; i < 25; i++) {
        received.push(String((await peer.readFrame()).subarray(2)));
        expect(String((await peer.readFrame()).subarray(2))).toBe('of two frames');
      }
      peer.end();
      await events.until('connect:retry');
      events.mark();
      clock.advance(1000);
    }
    expect(received).toEqual(numbers(100).flat());
    listener.close();
  });

  it('37-SOCKET-7: a message is kept until its last frame is sent: no connection begins in the midst of one', async () => {
    const clock = new ManualClock();
    const listener = await RawListener.listen();
    const push = open(new Push({ context: createContext({ clock }), linger: 0 }));
    const events = new EventLog(push);
    push.connect(listener.endpoint);
    const first = await listener.accept();
    await first.handshake('PULL');
    await events.until('handshake');
    first.pause();
    // More than the kernel takes.
    await push.send(['the first frame', Buffer.alloc(64 * 1024 * 1024), 'the last frame']);
    await nextTurn();
    await push.send(['the first', 'of the next']);
    first.reset();
    await events.until('connect:retry');
    clock.advance(1000);
    const second = await listener.accept();
    await second.handshake('PULL');
    const frames = [await second.readFrame(), await second.readFrame()];
    expect(Buffer.concat(frames)).toEqual(message('the first', 'of the next'));
    second.destroy();
    listener.close();
  });

  it('37-MSG-1: a message that is begun when the connection ends is delivered by nobody', async () => {
    const pull = open(new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const halves = await RawPeer.connect(pull.lastEndpoint!);
    await halves.handshake('PUSH');
    halves.write(message('whole'), message('half', 'of', 'it').subarray(0, -3));
    expect(await receive(pull, 1)).toEqual([['whole']]);
    halves.end();
    await halves.ended;
    const next = await RawPeer.connect(pull.lastEndpoint!);
    await next.handshake('PUSH');
    next.write(message('it goes on'));
    expect(await receive(pull, 1)).toEqual([['it goes on']]);
    next.destroy();
  });
});

describe('subscriptions', () => {
  async function publisherWithPeer(): Promise<[Publisher, RawPeer]> {
    const publisher = open(new Publisher());
    await publisher.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(publisher.lastEndpoint!);
    await peer.handshake('SUB');
    return [publisher, peer];
  }

  it('37-PUBSUB-1 37-PUBSUB-4 37-PUBSUB-5: the publisher filters: what goes out begins with a topic, to "" all goes', async () => {
    const [publisher, peer] = await publisherWithPeer();
    const all = ['A', 'AB', 'B', '', 'a'];
    peer.write(command('SUBSCRIBE', bytes('"A"')));
    await peer.fence();
    for (const topic of all) await publisher.send(topic);
    expect([await peer.readFrame(), await peer.readFrame()]).toEqual([message('A'), message('AB')]);
    peer.write(command('SUBSCRIBE'));
    await peer.fence();
    for (const topic of all) await publisher.send(topic);
    for (const topic of all) expect(await peer.readFrame()).toEqual(message(topic));
    peer.destroy();
  });

  it('37-PUBSUB-6: are additive, and not idempotent: who subscribed twice cancels twice', async () => {
    const subscriber = open(new Subscriber());
    await subscriber.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(subscriber.lastEndpoint!);
    await peer.handshake('PUB');
    subscriber.subscribe('A', 'A', '');
    for (const topic of ['"A"', '"A"', '']) expect(await peer.readFrame()).toEqual(command('SUBSCRIBE', bytes(topic)));
    subscriber.unsubscribe('A');
    subscriber.unsubscribe('');
    expect(await peer.readFrame()).toEqual(command('CANCEL'));
    // It is still subscribed once.
    peer.write(message('AB'));
    expect(await receive(subscriber, 1)).toEqual([['AB']]);
    subscriber.unsubscribe('A');
    expect(await peer.readFrame()).toEqual(command('CANCEL', bytes('"A"')));
    peer.destroy();
  });
});

describe('groups', () => {
  it('37-RADIO-1 37-RADIO-2 37-RADIO-3: a DISH says JOIN and LEAVE, and the RADIO sends to who has joined', async () => {
    const listener = await RawListener.listen();
    const dish = open(new Dish());
    dish.connect(listener.endpoint);
    const radioPeer = await listener.accept();
    await radioPeer.handshake('RADIO');
    dish.join('group');
    expect(await radioPeer.readFrame()).toEqual(bytes('04 0A 04 "JOIN" "group"'));
    dish.leave('group');
    expect(await radioPeer.readFrame()).toEqual(bytes('04 0B 05 "LEAVE" "group"'));
    radioPeer.destroy();
    listener.close();

    const radio = open(new Radio());
    await radio.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(radio.lastEndpoint!);
    await peer.handshake('DISH');
    peer.write(command('JOIN', bytes('"g"')));
    await peer.fence();
    for (const group of ['g', 'gg', '']) await radio.send(`to ${group}`, { group });
    peer.write(command('LEAVE', bytes('"g"')), command('JOIN', bytes('"h"')));
    await peer.readFrame();
    expect(await peer.readFrame()).toEqual(message('to g'));
    await peer.fence();
    await radio.send('nobody', { group: 'g' });
    await radio.send('last', { group: 'h' });
    expect(await peer.readFrame()).toEqual(bytes('01 01 "h"'));
    expect(await peer.readFrame()).toEqual(message('last'));
    peer.destroy();
  });
});

describe('the thread-safe types', () => {
  it('37-SAFE-1 37-SAFE-2: send no message of several parts', async () => {
    const client = open(new Client());
    await client.bind('inproc://safe');
    const send = client.send.bind(client) as (message: unknown) => Promise<void>;
    await expect(Promise.resolve().then(() => send(['two', 'parts']))).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('37-SAFE-3: discard those that come', async () => {
    const server = open(new Server());
    await server.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(server.lastEndpoint!);
    await peer.handshake('CLIENT');
    peer.write(message('two', 'parts'), message('one'));
    expect(String((await server.receive())[0])).toBe('one');
    expect(server.dropped).toBe(1);
    peer.destroy();
  });
});

it('37-FRAME-2 37-WIRE-4: the commands that we send have printable names, and no MORE', async () => {
  const clock = new ManualClock();
  const listener = await RawListener.listen();
  const subscriber = open(new Subscriber({ context: createContext({ clock }), heartbeatInterval: 100 }));
  const events = new EventLog(subscriber);
  subscriber.connect(listener.endpoint);
  const peer = await listener.accept();
  const frames = [await peer.handshake('PUB')];
  subscriber.subscribe('A');
  frames.push(await peer.readFrame());
  subscriber.unsubscribe('A');
  frames.push(await peer.readFrame());
  await events.until('handshake');
  clock.advance(100);
  frames.push(await peer.readFrame());
  peer.write(command('PING', bytes('0000')));
  frames.push(await peer.readFrame());
  const names = frames.map((frame) => {
    expect(frame[0]).toBe(4);
    return frame.toString('latin1', 3, 3 + frame[2]!);
  });
  expect(names).toEqual(['READY', 'SUBSCRIBE', 'CANCEL', 'PING', 'PONG']);
  peer.destroy();
  listener.close();
});
