import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { Dealer, createContext } from '@nest-zmq/core';
import { bytes, command, frame, greeting, GREETING_SIZE, message, ready } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog, Stage } from '../support/stage.js';

const SIGNATURE = bytes('FF 0000000000000000 7F');
const OUR_GREETING = greeting();
OUR_GREETING[8] = 0;

let clock: ManualClock;
let stage: Stage;

beforeEach(async () => {
  clock = new ManualClock();
  // With a shorter backlog the kernel drops connections of 1,000 that come at once.
  stage = await Stage.set(clock, { handshakeInterval: 100, backlog: 1024 });
});
afterEach(() => stage.close());

describe('our greeting', () => {
  it('37-VERSION-3 37-VERSION-4 37-COMPAT-1 37-TOPOLOGY-1 37-NULL-1 37-MECH-1: is there before the peer has said anything', async () => {
    const peer = await stage.raw();
    expect(await peer.read(GREETING_SIZE)).toEqual(OUR_GREETING);
    peer.destroy();
  });

  it('does not wait for more than the signature, and all of it is there after the version', async () => {
    const peer = await stage.raw();
    peer.write(SIGNATURE);
    expect(await peer.read(10)).toEqual(SIGNATURE);
    peer.write(bytes('03'));
    expect(await peer.read(54)).toEqual(OUR_GREETING.subarray(10));
    peer.destroy();
  });
});

describe('versions', () => {
  it.each([
    [3, 0],
    [3, 1],
    [3, 2],
    [4, 7],
    [255, 255],
  ])(
    '37-VERSION-5 37-VERSION-6 37-VERSION-7 23-VERSION-1: a peer of version %i.%i is spoken to',
    async (major, minor) => {
      const peer = await stage.raw();
      peer.write(greeting(major, minor), ready('DEALER', 'raw'), message('hello'));
      await peer.read(GREETING_SIZE);
      expect(await peer.readFrame()).toEqual(ready('ROUTER', ''));
      expect((await stage.router.receive()).map(String)).toEqual(['raw', 'hello']);
      await stage.router.send(['raw', 'hi']);
      expect(await peer.readFrame()).toEqual(message('hi'));
      peer.destroy();
    },
  );

  it.each([
    ['ZMTP 2.0 (revision 1)', Buffer.concat([SIGNATURE, bytes('01 05 00 00')])],
    ['revision 2', Buffer.concat([SIGNATURE, bytes('02 05 00 00')])],
    ['revision 0', Buffer.concat([SIGNATURE, bytes('00')])],
    ['ZMTP 1.0 with a long identity frame', bytes('FF 0000000000000001 00')],
    ['ZMTP 1.0 without an identity', bytes('01 00')],
  ])('37-VERSION-8: %s is refused without `legacy`', async (_, start) => {
    const peer = await stage.raw();
    peer.write(start);
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake:error:protocol', 'disconnect'],
      reasons: [expect.stringMatching(/not a ZMTP 3 peer/)],
    });
  });
});

describe('one byte at a time', () => {
  it('the handshake is done, and a message comes through', async () => {
    const peer = await stage.raw();
    await peer.writeByteByByte(Buffer.concat([greeting(), ready('DEALER', 'slow'), message('a', '', 'b')]));
    expect((await stage.router.receive()).map(String)).toEqual(['slow', 'a', '', 'b']);
    expect(await peer.read(GREETING_SIZE)).toEqual(OUR_GREETING);
    peer.destroy();
    await stage.events.until('disconnect');
    await stage.exchange();
  });
});

describe('what is no greeting is closed at its first wrong byte', () => {
  const noise = Buffer.concat([bytes('A5'), greeting()]);
  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')],
    ['a TLS ClientHello', bytes('16 0301 00C8 01 0000C4 0303')],
    ['64 zero bytes', Buffer.alloc(64)],
    ['noise', noise],
    ['a greeting whose signature has another end', Buffer.concat([bytes('FF 0000000000000000 7D'), greeting().subarray(10)])],
  ])('%s', async (_, wire) => {
    const peer = await stage.raw();
    peer.write(wire);
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake:error:protocol', 'disconnect'],
      reasons: [expect.stringMatching(/not a ZMTP 3 peer/)],
    });
    expect((await peer.readToEnd()).subarray(GREETING_SIZE)).toHaveLength(0);
  }); // prettier-ignore
});

describe('mechanisms', () => {
  it.each(['PLAIN', 'CURVE', 'GSSAPI', 'NULLX', 'null', ''])(
    '37-MECH-4 37-MECH-5: the mechanism "%s" is refused',
    async (mechanism) => {
      const peer = await stage.raw();
      peer.write(greeting(3, 1, mechanism), ready('DEALER', ''), message('x'));
      // Ours comes all the same, and nothing else.
      expect(await peer.readToEnd()).toEqual(OUR_GREETING);
      expect(await stage.aftermath()).toEqual({
        types: ['accept', 'handshake:error:protocol', 'disconnect'],
        reasons: [expect.stringMatching(/mechanism/)],
      });
    },
  );

  it('37-ERROR-2: the connecting side does not try again', async () => {
    const listener = await RawListener.listen();
    const dealer = new Dealer({ context: createContext({ clock }), linger: 0 });
    const events = new EventLog(dealer);
    dealer.connect(listener.endpoint);
    const peer = await listener.accept();
    peer.write(greeting(3, 1, 'PLAIN'));
    await peer.ended;
    await events.until('disconnect');
    expect(events.types).toEqual(['connect:delay', 'connect', 'handshake:error:protocol', 'disconnect']);
    expect(events.reasons).toHaveLength(1);
    clock.advance(3_600_000);
    // A connection of the test's own comes after any other that was under way.
    const fence = await RawPeer.connect(listener.endpoint);
    expect(listener.waiting).toBeLessThanOrEqual(1);
    fence.destroy();
    dealer.close();
    listener.close();
  });
});

describe('the handshake limit', () => {
  const timeout = {
    types: ['accept', 'handshake:error:other', 'disconnect'],
    reasons: [expect.stringMatching(/no handshake within 100 ms/)],
  };

  it.each([
    ['a silent peer', []],
    ['a peer that stops after its greeting', [greeting()]],
    ['a peer that stops within its greeting', [greeting().subarray(0, 20)]],
    ['a peer that stops within READY', [greeting(), ready('DEALER', '').subarray(0, 10)]],
    ['a READY whose length never comes', [greeting(), bytes('06 0000')]],
  ])('%s is closed when it is reached, not before', async (_, wires) => {
    const peer = await stage.raw();
    if (wires.length > 0) peer.write(...wires);
    await peer.read(GREETING_SIZE);
    await stage.events.until('accept');
    clock.advance(99);
    await stage.exchange();
    expect(stage.events.types).toEqual(['accept']);
    clock.advance(1);
    await peer.ended;
    expect(await stage.aftermath()).toEqual(timeout);
  });

  it('is absolute: 1,000 peers that send a byte now and then are all closed', async () => {
    const peers = await Promise.all(Array.from({ length: 1000 }, () => stage.raw()));
    await stage.events.until('accept', 1000);
    for (let at = 0; at < 4; at++) {
      for (const peer of peers) peer.write(greeting().subarray(at, at + 1));
      await stage.exchange();
      clock.advance(25);
    }
    await Promise.all(peers.map(({ ended }) => ended));
    await stage.events.until('disconnect', 1000);
    expect(stage.events.reasons).toHaveLength(1000);
    await stage.exchange();
    clock.advance(30_000);
    expect(clock.pending).toBe(0);
  });

  it('a good peer connects while 1,000 others say nothing', async () => {
    const peers = await Promise.all(Array.from({ length: 1000 }, () => stage.raw()));
    const dealer = new Dealer({ context: stage.context, linger: 0, routingId: 'late' });
    dealer.connect(stage.endpoint);
    await dealer.send('here');
    expect((await stage.router.receive()).map(String)).toEqual(['late', 'here']);
    for (const peer of peers) peer.destroy();
    dealer.close();
  });
});

describe('a connection that ends in the middle', () => {
  it.each([
    ['at once', []],
    ['within the greeting', [greeting().subarray(0, 30)]],
    ['after the greeting', [greeting()]],
    ['within READY', [greeting(), ready('DEALER', 'x').subarray(0, -1)]],
  ])('%s, by FIN and by RST', async (_, wires) => {
    for (const how of ['end', 'reset'] as const) {
      stage.events.mark();
      const peer = await stage.raw();
      if (wires.length > 0) peer.write(...wires);
      await peer.read(GREETING_SIZE);
      peer[how]();
      const { types, reasons } = await stage.aftermath();
      expect(types).toEqual(['accept', 'handshake:error:other', 'disconnect']);
      expect(reasons).toHaveLength(1);
    }
  });
});

it('37-NULL-10 23-NULL-2: we never send data before the READY of the peer has come', async () => {
  const listener = await RawListener.listen();
  const dealer = new Dealer({ context: createContext({ clock }), linger: 0, routingId: 'me' });
  dealer.connect(listener.endpoint);
  await dealer.send('waiting since before the connection');
  const peer = await listener.accept();
  expect(await peer.read(GREETING_SIZE)).toEqual(OUR_GREETING);
  peer.write(greeting());
  expect(await peer.readFrame()).toEqual(ready('DEALER', 'me'));
  await dealer.send('waiting since before READY');
  // The peer refuses, so all that was sent until then is known.
  peer.write(command('ERROR', frame(0, Buffer.from('no')).subarray(1)));
  expect(await peer.readToEnd()).toHaveLength(0);
  dealer.close();
  listener.close();
});
