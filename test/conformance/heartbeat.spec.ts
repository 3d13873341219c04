import { createContext, Dealer } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, message, pattern } from '../support/raw-bytes.js';
import { RawListener, type RawPeer } from '../support/raw-peer.js';
import { EventLog, Stage } from '../support/stage.js';

let clock: ManualClock;
let stage: Stage;
let peer: RawPeer;

async function setUp(options: Parameters<typeof Stage.set>[1] = {}): Promise<void> {
  clock = new ManualClock();
  stage = await Stage.set(clock, options);
  peer = await stage.raw();
  await peer.handshake('DEALER', 'raw');
}

afterEach(() => {
  peer.destroy();
  stage.close();
});

describe('our PING', () => {
  it.each([
    [0, '0000'],
    [299, '0002'],
    [65_500, '028F'],
    // libzmq multiplies in 16 bits: more than 655 would make it close after some milliseconds.
    [6_553_599, '028F'],
  ])('with heartbeatTimeToLive %i announces %s', async (heartbeatTimeToLive, ttl) => {
    await setUp({ heartbeatInterval: 50, heartbeatTimeToLive });
    clock.advance(50);
    expect(await peer.readFrame()).toEqual(bytes(`04 07 04 "PING" ${ttl}`));
  });

  it('37-BEAT-3: comes at every interval, as long as it is answered', async () => {
    await setUp({ heartbeatInterval: 50, heartbeatTimeout: 50 });
    for (let i = 0; i < 10; i++) {
      clock.advance(50);
      expect(await peer.readFrame()).toEqual(bytes('04 07 04 "PING" 0000'));
      peer.write(command('PONG'));
      await peer.fence();
      await stage.exchange();
    }
    expect(stage.events.types).toEqual(['accept', 'handshake']);
  });

  it('37-BEAT-5: unanswered ends the peer after interval and timeout, and the good one is served', async () => {
    await setUp({ heartbeatInterval: 50, heartbeatTimeout: 50 });
    clock.advance(50);
    await peer.readFrame();
    await stage.exchange();
    clock.advance(49);
    await stage.exchange();
    expect(stage.events.types).toEqual(['accept', 'handshake']);
    clock.advance(1);
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake', 'disconnect'],
      reasons: [expect.stringMatching(/silent/)],
    });
  });

  it('37-BEAT-4: is answered by any traffic: a peer that only sends data stays', async () => {
    await setUp({ heartbeatInterval: 50, heartbeatTimeout: 50 });
    for (let i = 0; i < 10; i++) {
      clock.advance(49);
      peer.write(message(String(i)));
      expect((await stage.router.receive()).map(String)).toEqual(['raw', String(i)]);
      await stage.exchange();
    }
    expect(stage.events.types).toEqual(['accept', 'handshake']);
  });

  it('37-BEAT-7 37-ERROR-4 37-SOCKET-3: is sent by the connecting side too, which connects again after a death', async () => {
    await setUp();
    const listener = await RawListener.listen();
    const dealer = new Dealer({ context: createContext({ clock }), linger: 0, heartbeatInterval: 50 });
    const events = new EventLog(dealer);
    dealer.connect(listener.endpoint);
    const first = await listener.accept();
    await first.handshake('ROUTER', '');
    await first.fence();
    clock.advance(50);
    expect(await first.readFrame()).toEqual(bytes('04 07 04 "PING" 0000'));
    clock.advance(50);
    await first.ended;
    await events.until('connect:retry');
    expect(events.reasons).toHaveLength(1);
    clock.advance(1000);
    const second = await listener.accept();
    await second.handshake('ROUTER', '');
    await dealer.send('here again');
    expect(await second.readFrame()).toEqual(message('here again'));
    dealer.close();
    second.destroy();
    listener.close();
  });
});

describe('a PING of the peer', () => {
  it.each([
    ['', ''],
    ['"abc"', '"abc"'],
    ['"0123456789abcdef"', '"0123456789abcdef"'],
    ['"0123456789abcdefghij"', '"0123456789abcdef"'],
  ])('37-BEAT-1 37-BEAT-2: with the context %s is answered with %s', async (context, answer) => {
    await setUp();
    peer.write(command('PING', bytes(`0000 ${context}`)));
    expect(await peer.readFrame()).toEqual(command('PONG', bytes(answer)));
  });

  it('with a context of 64 KiB is answered with 16 bytes', async () => {
    await setUp();
    peer.write(command('PING', Buffer.concat([bytes('0000'), pattern(65_536)])));
    expect(await peer.readFrame()).toEqual(command('PONG', pattern(65_536).subarray(0, 16)));
    await stage.exchange();
  });

  it.each([
    ['without a TTL', bytes('04 05 04 "PING"')],
    ['with half a TTL', bytes('04 06 04 "PING" 00')],
  ])('%s ends the peer', async (_, wire) => {
    await setUp();
    peer.write(wire, message('x'));
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake', 'disconnect'],
      reasons: [expect.stringMatching(/PING has no TTL/)],
    });
  });

  it('37-BEAT-6: with a TTL ends the peer that is silent for longer', async () => {
    await setUp();
    peer.write(command('PING', bytes('0003')));
    await peer.readFrame();
    clock.advance(299);
    peer.write(message('x'));
    await stage.router.receive();
    clock.advance(299);
    await stage.exchange();
    expect(stage.events.types).toEqual(['accept', 'handshake']);
    clock.advance(1);
    await peer.ended;
    expect((await stage.aftermath()).reasons).toEqual([expect.stringMatching(/silent/)]);
  });

  it('as many at once as it likes are answered to a peer that reads, each; `maxPendingPongs` counts what is unread', async () => {
    await setUp({ maxPendingPongs: 10 });
    const many = (frame: Buffer): Buffer => Buffer.concat(new Array<Buffer>(1000).fill(frame));
    const pings = many(command('PING', bytes('0000 "0123456789abcdef"')));
    const pongs = many(command('PONG', bytes('"0123456789abcdef"')));
    for (let i = 0; i < 20; i++) {
      peer.write(pings);
      expect((await peer.read(pongs.length)).equals(pongs)).toBe(true);
    }
    expect(stage.events.types).toEqual(['accept', 'handshake']);
    peer.write(message('done'));
    expect((await stage.router.receive()).map(String)).toEqual(['raw', 'done']);
  });
});
