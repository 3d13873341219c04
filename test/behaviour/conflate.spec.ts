import { jest } from '@jest/globals';
import { createContext, Dealer, Gather, Publisher, Pull, Push, Scatter, Subscriber } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bindAll, transports } from '../support/clauses.js';
import { message } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, receive, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/* As libzmq 4.3.5 does it (npm zeromq), but for messages of several frames: there only the last frame is kept. */

const open = closedAfterEach();

describe.each(transports)('`conflate` over %s', (_name, address) => {
  it.each([
    ['PUSH', () => new Push({ conflate: true, sendHighWaterMark: 2 }), () => new Pull()],
    ['DEALER', () => new Dealer({ conflate: true, sendHighWaterMark: 2 }), () => new Dealer()],
    ['SCATTER', () => new Scatter({ conflate: true, sendHighWaterMark: 2 }), () => new Gather()],
  ])(
    'of a %s keeps the newest message that waits to be sent; marks do not count',
    async (_type, create, createPeer) => {
      const [sender, receiver] = [open(create()), open(createPeer())];
      const [endpoint] = await bindAll(address, receiver);
      sender.connect(endpoint!);
      await untilPeers(sender, 1);
      for (let i = 0; i < 50; i++) expect(sender.trySend(String(i))).toBe(true);
      expect(text(await receiver.receive())).toEqual(['49']);
      expect(sender.trySend('fence')).toBe(true);
      expect(text(await receiver.receive())).toEqual(['fence']);
    },
  );

  it('of a PUB keeps the newest for each subscriber, and loses no subscription', async () => {
    const publisher = open(new Publisher({ conflate: true }));
    const [endpoint] = await bindAll(address, publisher);
    const subscribers = [open(new Subscriber({ conflate: true })), open(new Subscriber())];
    let count = 0;
    const all = new Promise<void>((resolve) => publisher.onSubscription(() => void (++count === 6 && resolve())));
    for (const subscriber of subscribers) {
      subscriber.connect(endpoint!);
      subscriber.subscribe('A', 'B', 'C');
    }
    await all;
    for (const topic of ['A', 'B', 'C', 'D']) for (let i = 0; i < 10; i++) await publisher.send(`${topic}${i}`);
    for (const subscriber of subscribers) expect(text(await subscriber.receive())).toEqual(['C9']);
  });

  it('keeps all frames of a message', async () => {
    const push = open(new Push({ conflate: true }));
    const pull = open(new Pull({ conflate: true }));
    const [endpoint] = await bindAll(address, pull);
    push.connect(endpoint!);
    await untilPeers(push, 1);
    for (let i = 0; i < 50; i++) push.trySend([`topic ${i}`, '', `body ${i}`]);
    expect(text(await pull.receive())).toEqual(['topic 49', '', 'body 49']);
  });
});

describe('`conflate`', () => {
  it.each([
    ['PULL', 'PUSH', () => new Pull({ conflate: true, receiveHighWaterMark: 3 })],
    ['DEALER', 'DEALER', () => new Dealer({ conflate: true, receiveHighWaterMark: 3 })],
    ['GATHER', 'SCATTER', () => new Gather({ conflate: true, receiveHighWaterMark: 3 })],
  ])('of a %s keeps the newest of what comes, however much that is', async (_type, peerType, create) => {
    const socket = open(create());
    await socket.bind('tcp://127.0.0.1:*');
    const peers = [await RawPeer.connect(socket.lastEndpoint!), await RawPeer.connect(socket.lastEndpoint!)];
    for (const [i, peer] of peers.entries()) {
      await peer.handshake(peerType);
      for (let n = 0; n < 100; n++) peer.write(message(`${i}.${n}`));
      await peer.fence();
    }
    // The newest of each peer.
    expect((await receive(socket, 2)).flat().toSorted()).toEqual(['0.99', '1.99']);
    expect(socket.tryReceive()).toBeUndefined();
    for (const peer of peers) peer.destroy();
  });

  it('keeps the newest for a peer that is not there, too, and over a lost connection', async () => {
    const clock = new ManualClock();
    const listener = await RawListener.listen();
    const push = open(new Push({ conflate: true, context: createContext({ clock }), linger: 0 }));
    const events = new EventLog(push);
    push.connect(listener.endpoint);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 10; i++) await push.send(`${round}.${i}`);
      const peer = await listener.accept();
      await peer.handshake('PULL');
      expect(await peer.readFrame()).toEqual(message(`${round}.9`));
      peer.end();
      await events.until('connect:retry', round + 1);
      clock.advance(1000);
    }
    listener.close();
  });
});

it('`conflate` counts for later binds and connects: a bound PULL keeps what it was', async () => {
  const pull = open(new Pull());
  await pull.bind('tcp://127.0.0.1:*');
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
  pull.conflate = true;
  warn.mockRestore();
  const peer = await RawPeer.connect(pull.lastEndpoint!);
  await peer.handshake('PUSH');
  peer.write(message('0'), message('1'), message('2'));
  await peer.fence();
  expect((await receive(pull, 3)).flat()).toEqual(['0', '1', '2']);
  peer.destroy();
});
