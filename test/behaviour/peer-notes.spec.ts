import { Client, type Context, createContext, Dealer, Pair, PeerSocket, Router, Server } from '@nest-zmq/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { message } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, deadEndpoint, fill, receive, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/*
 * Messages that nobody sends: what the application is told of peers that come and go.
 * Orders and contents are those of libzmq 4.3.5 (npm zeromq, options by number).
 */

const directory = mkdtempSync(join(tmpdir(), 'zmq-notes-'));
afterAll(() => rmSync(directory, { recursive: true }));

const overBytes = [
  ['tcp', 'tcp://127.0.0.1:*'],
  // A file of its own: it can be bound again.
  ['ipc', `ipc://${join(directory, 'notes')}`],
] as const;
const everywhere = [...overBytes, ['inproc', 'inproc://notes']] as const;

describe.each(everywhere)('over %s', (_name, address) => {
  const open = closedAfterEach();

  it('a ROUTER with `helloMessage` greets each new DEALER, before anything else that it sends', async () => {
    const router = open(new Router({ helloMessage: 'H' }));
    await router.bind(address);
    for (const name of ['a', 'b']) {
      const dealer = open(new Dealer({ routingId: name }));
      dealer.connect(router.lastEndpoint!);
      await dealer.send('question');
      await router.receive();
      await router.send([name, 'answer']);
      expect(await receive(dealer, 2)).toEqual([['H'], ['answer']]);
    }
  });

  it('a DEALER with `helloMessage` greets a ROUTER before its probe and its messages', async () => {
    const router = open(new Router());
    const dealer = open(new Dealer({ routingId: 'd', helloMessage: 'H', probeRouter: true }));
    await router.bind(address);
    dealer.connect(router.lastEndpoint!);
    await dealer.send('first');
    expect(await receive(router, 3)).toEqual([
      ['d', 'H'],
      ['d', ''],
      ['d', 'first'],
    ]);
  });

  it('greetings go both ways when the connect came before the bind', async () => {
    // The name of an address that was free a moment ago.
    const clock = new ManualClock();
    const context = createContext({ clock });
    const inproc = address.startsWith('inproc:');
    const endpoint = inproc ? address : await deadEndpoint(open(new Pair({ context })), address);
    const dealer = open(new Dealer({ context, routingId: 'd', helloMessage: 'from the dealer', linger: 0 }));
    const events = new EventLog(dealer);
    dealer.connect(endpoint);
    await dealer.send('first');
    if (!inproc) await events.until('connect:retry');
    const router = open(new Router({ context, helloMessage: 'from the router', linger: 0 }));
    await router.bind(endpoint);
    clock.advance(1000);
    expect(await receive(router, 2)).toEqual([
      ['d', 'from the dealer'],
      ['d', 'first'],
    ]);
    expect(await receive(dealer, 1)).toEqual([['from the router']]);
  });

  it('is not limited by the mark, and an empty one is none', async () => {
    const router = open(new Router({ helloMessage: 'H', sendHighWaterMark: 1, mandatory: true }));
    const dealer = open(new Dealer({ routingId: 'd', helloMessage: '', receiveHighWaterMark: 1 }));
    await router.bind(address);
    dealer.connect(router.lastEndpoint!);
    await untilPeers(router, 1);
    expect(fill(router, 10, (i) => ['d', i])).toBeGreaterThanOrEqual(1);
    await dealer.send('no greeting before');
    expect(text(await router.receive())).toEqual(['d', 'no greeting before']);
    expect(await receive(dealer, 2)).toEqual([['H'], ['0']]);
  });

  it('a ROUTER with `disconnectMessage` finds it when a DEALER goes, behind the last message of it', async () => {
    const router = open(new Router({ disconnectMessage: 'BYE' }));
    await router.bind(address);
    const stays = open(new Dealer({ routingId: 'stays' }));
    stays.connect(router.lastEndpoint!);
    for (const leave of ['close', 'disconnect'] as const) {
      const dealer = open(new Dealer({ routingId: leave }));
      dealer.connect(router.lastEndpoint!);
      await dealer.send('last words');
      if (leave === 'close') dealer.close();
      else dealer.disconnect(router.lastEndpoint!);
      expect(await receive(router, 2)).toEqual([
        [leave, 'last words'],
        [leave, 'BYE'],
      ]);
    }
    await stays.send('fence');
    expect(text(await router.receive())).toEqual(['stays', 'fence']);
  });

  it('nobody finds a `disconnectMessage` of a peer that it connected to, or that it left itself', async () => {
    const dealer = open(new Dealer({ linger: 0 }));
    const router = open(new Router({ disconnectMessage: 'BYE', linger: 0, reconnectInterval: -1 }));
    await dealer.bind(address);
    router.connect(dealer.lastEndpoint!);
    await untilPeers(router, 1);
    const left = new Promise<void>((resolve) => router.onPeer({ left: () => resolve() }));
    dealer.close();
    await left;
    const other = open(new Dealer({ routingId: 'other' }));
    await router.bind(`${address}-2`.replace('*-2', '*'));
    other.connect(router.lastEndpoint!);
    await untilPeers(router, 1);
    router.disconnectPeer(router.peer!);
    const third = open(new Dealer({ routingId: 'third' }));
    third.connect(router.lastEndpoint!);
    await third.send('fence');
    for (;;) {
      const [id, body] = text(await router.receive())!;
      expect(body).not.toBe('BYE');
      if (id === 'third') break;
    }
  });
});

describe.each(everywhere)('of SERVER, CLIENT and PEER over %s', (_name, address) => {
  const open = closedAfterEach();

  it('greetings go both ways, and a SERVER is told when a CLIENT goes', async () => {
    const server = open(new Server({ helloMessage: 'from the server', disconnectMessage: 'BYE' }));
    const client = open(new Client({ helloMessage: 'from the client' }));
    await server.bind(address);
    client.connect(server.lastEndpoint!);
    await client.send('first');
    const [[hello, from], [first]] = [await server.receive(), await server.receive()];
    expect([String(hello), String(first)]).toEqual(['from the client', 'first']);
    expect(String((await client.receive())[0])).toBe('from the server');
    client.close();
    const [bye, gone] = await server.receive();
    expect([String(bye), gone.routingId]).toEqual(['BYE', from.routingId]);
  });

  it('a PEER is greeted, and told when one that came to it goes', async () => {
    const binder = open(new PeerSocket({ helloMessage: 'H', disconnectMessage: 'BYE', hiccupMessage: 'HICCUP' }));
    const dialer = open(new PeerSocket({ disconnectMessage: 'not for those it connected to' }));
    await binder.bind(address);
    const id = dialer.connectPeer(binder.lastEndpoint!);
    await dialer.send('first', { routingId: id });
    expect(String((await binder.receive())[0])).toBe('first');
    expect(String((await dialer.receive())[0])).toBe('H');
    dialer.close();
    expect(String((await binder.receive())[0])).toBe('BYE');
  });
});

describe.each(overBytes)('over %s', (_name, address) => {
  const open = closedAfterEach();

  it.each([
    [1, [['d', ''], ['d', 'H'], ['d', ''], ['d', 'x'], ['d', 'BYE']]],
    [2, [['d', 'H'], ['d', ''], ['d', 'x'], ['d', ''], ['d', 'BYE']]],
    [3, [['d', ''], ['d', 'H'], ['d', ''], ['d', 'x'], ['d', ''], ['d', 'BYE']]],
  ])('a ROUTER with `routerNotify` %i is told of peers that come and go', async (routerNotify, expected) => {
    const router = open(new Router({ routerNotify, disconnectMessage: 'BYE' }));
    await router.bind(address);
    const dealer = open(new Dealer({ routingId: 'd', helloMessage: 'H', probeRouter: true }));
    dealer.connect(router.lastEndpoint!);
    await dealer.send('x');
    dealer.close();
    expect(await receive(router, expected.length)).toEqual(expected);
  }); // prettier-ignore

  it('and of those that it connected to, at each loss and each reconnect', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const router = open(new Router({ context, routerNotify: 3, linger: 0 }));
    let dealer = new Dealer({ context, routingId: 'd', linger: 0 });
    const events = new EventLog(router);
    await dealer.bind(address);
    const endpoint = dealer.lastEndpoint!;
    router.connect(endpoint);
    expect(text(await router.receive())).toEqual(['d', '']);
    dealer.close();
    expect(text(await router.receive())).toEqual(['d', '']);
    await events.until('connect:retry');
    dealer = open(new Dealer({ context, routingId: 'd', linger: 0 }));
    await dealer.bind(endpoint);
    clock.advance(1000);
    expect(text(await router.receive())).toEqual(['d', '']);
    await dealer.send('fence');
    expect(text(await router.receive())).toEqual(['d', 'fence']);
  });
});

it('over inproc `routerNotify` and `hiccupMessage` have no effect, as in libzmq: there is no connection to lose', async () => {
  const router = new Router({ routerNotify: 3 });
  const dealer = new Dealer({ routingId: 'd', hiccupMessage: 'HICCUP' });
  await router.bind('inproc://no-notes');
  dealer.connect('inproc://no-notes');
  await dealer.send('first');
  expect(text(await router.receive())).toEqual(['d', 'first']);
  dealer.disconnect('inproc://no-notes');
  dealer.connect('inproc://no-notes');
  await dealer.send('second');
  expect(text(await router.receive())).toEqual(['d', 'second']);
  const left = new Promise<void>((resolve) => dealer.onPeer({ left: () => resolve() }));
  router.close();
  await left;
  expect(dealer.tryReceive()).toBeUndefined();
  dealer.close();
});

describe('a lost connection', () => {
  const open = closedAfterEach();
  let clock: ManualClock;
  let listener: RawListener;
  beforeEach(async () => {
    clock = new ManualClock();
    listener = await RawListener.listen();
  });
  afterEach(() => listener.close());

  it.each([[false], [true]])(
    'gives a DEALER its `hiccupMessage` once, and the next peer its `helloMessage` first (immediate: %s)',
    async (immediate) => {
      const context = createContext({ clock });
      const dealer = open(new Dealer({ context, immediate, helloMessage: 'H', hiccupMessage: 'HICCUP', linger: 0 }));
      const events = new EventLog(dealer);
      dealer.connect(listener.endpoint);
      for (let i = 0; i < 3; i++) {
        const peer = await listener.accept();
        await peer.handshake('DEALER');
        expect(await peer.readFrame()).toEqual(message('H'));
        // What was sent while there was nobody comes behind it.
        if (i > 0 && !immediate) expect(await peer.readFrame()).toEqual(message(`sent before ${i}`));
        peer.write(message(`last of ${i}`));
        peer.end();
        expect(await receive(dealer, 2)).toEqual([[`last of ${i}`], ['HICCUP']]);
        await events.until('connect:retry', i + 1);
        if (!immediate) await dealer.send(`sent before ${i + 1}`);
        clock.advance(1000);
      }
    },
  );

  it.each([
    ['CLIENT', 'SERVER', (context: Context) => new Client({ context, hiccupMessage: 'HICCUP', linger: 0 })],
    ['PEER', 'PEER', (context: Context) => new PeerSocket({ context, hiccupMessage: 'HICCUP', linger: 0 })],
  ])('gives a %s its `hiccupMessage` once', async (_type, peerType, create) => {
    const socket = open(create(createContext({ clock })));
    const events = new EventLog(socket);
    socket.connect(listener.endpoint);
    for (let i = 1; i <= 2; i++) {
      const peer = await listener.accept();
      await peer.handshake(peerType);
      peer.write(message(`last of ${i}`));
      peer.end();
      const received = [await socket.receive(), await socket.receive()];
      expect(received.map(([part]) => String(part))).toEqual([`last of ${i}`, 'HICCUP']);
      await events.until('connect:retry', i);
      clock.advance(1000);
    }
  });

  it('that never had a handshake gives none', async () => {
    const dealer = open(new Dealer({ context: createContext({ clock }), hiccupMessage: 'HICCUP', linger: 0 }));
    const events = new EventLog(dealer);
    dealer.connect(listener.endpoint);
    (await listener.accept()).end();
    await events.until('connect:retry');
    clock.advance(1000);
    const peer = await listener.accept();
    await peer.handshake('DEALER');
    peer.write(message('first'));
    expect(text(await dealer.receive())).toEqual(['first']);
    peer.destroy();
    expect(text(await dealer.receive())).toEqual(['HICCUP']);
  });

  it('after a protocol error gives it too, though no other connection comes', async () => {
    const dealer = open(new Dealer({ context: createContext({ clock }), hiccupMessage: 'HICCUP', linger: 0 }));
    dealer.connect(listener.endpoint);
    const peer = await listener.accept();
    await peer.handshake('DEALER');
    peer.write(Buffer.from([2, 255, 255, 255, 255, 255, 255, 255, 255]));
    expect(text(await dealer.receive())).toEqual(['HICCUP']);
    await peer.ended;
  });

  it('by a reset gives a ROUTER its `disconnectMessage`; one without a handshake does not', async () => {
    const router = open(new Router({ disconnectMessage: 'BYE', linger: 0 }));
    const events = new EventLog(router);
    await router.bind('tcp://127.0.0.1:*');
    const nobody = await RawPeer.connect(router.lastEndpoint!);
    await events.until('accept');
    nobody.reset();
    await events.until('disconnect');
    const peer = await RawPeer.connect(router.lastEndpoint!);
    await peer.handshake('DEALER', 'd');
    peer.write(message('x'));
    await peer.fence();
    peer.reset();
    expect(await receive(router, 2)).toEqual([
      ['d', 'x'],
      ['d', 'BYE'],
    ]);
  });
});
