import { createContext, Pull, Push } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, frame, message, pattern } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog, Stage } from '../support/stage.js';

let clock: ManualClock;
let stage: Stage;

beforeEach(async () => {
  clock = new ManualClock();
  stage = await Stage.set(clock);
});
afterEach(() => stage.close());

/** A raw DEALER whose handshake is done. */
async function connected(to = stage, id = 'raw'): Promise<RawPeer> {
  const peer = await to.raw();
  await peer.handshake('DEALER', id);
  return peer;
}

const SIZES = [0, 1, 63, 64, 254, 255, 256, 8191, 8192, 8193, 65_535, 65_536];

describe('messages of every size', () => {
  it.each(SIZES)('37-WIRE-1 37-WIRE-2: %i bytes come and go unchanged', async (size) => {
    const peer = await connected();
    const body = pattern(size);
    peer.write(message(body), message(body, '', body));
    const first = await stage.router.receive();
    expect(first.slice(1).map(({ length }) => length)).toEqual([size]);
    expect(first[1]!.equals(body)).toBe(true);
    const second = await stage.router.receive();
    expect(second.slice(1).map(({ length }) => length)).toEqual([size, 0, size]);
    expect(second[1]!.equals(body) && second[3]!.equals(body)).toBe(true);

    await stage.router.send(['raw', body]);
    await stage.router.send(['raw', body, '', body]);
    expect((await peer.readFrame()).equals(message(body))).toBe(true);
    const wire = message(body, '', body);
    expect((await peer.read(wire.length)).equals(wire)).toBe(true);
    peer.destroy();
  });

  it.each(SIZES.filter((size) => size <= 256))('%i bytes come byte by byte', async (size) => {
    const peer = await connected();
    await peer.writeByteByByte(message(pattern(size), pattern(size, 1)));
    expect(await stage.router.receive()).toEqual([Buffer.from('raw'), pattern(size), pattern(size, 1)]);
    peer.destroy();
  });

  it('a long body that is cut anywhere is the same', async () => {
    const peer = await connected();
    const body = pattern(8193);
    const wire = message(body);
    for (const at of [1, 5, 9, 10, 4096, wire.length - 1]) {
      peer.write(wire.subarray(0, at));
      await stage.exchange();
      peer.write(wire.subarray(at));
      expect((await stage.router.receive())[1]!.equals(body)).toBe(true);
    }
    peer.destroy();
  });

  it('1,000 frames, every third of them empty', async () => {
    const peer = await connected();
    const frames = Array.from({ length: 1000 }, (_, i) => pattern(i % 3 === 0 ? 0 : i, i));
    peer.write(message(...frames));
    expect(Buffer.concat((await stage.router.receive()).slice(1)).equals(Buffer.concat(frames))).toBe(true);
    await stage.router.send(['raw', ...frames]);
    const wire = message(...frames);
    expect((await peer.read(wire.length)).equals(wire)).toBe(true);
    peer.destroy();
  });

  it('37-FRAME-1: the long form of short bodies, and reserved bits', async () => {
    const peer = await connected();
    peer.write(bytes('03 0000000000000001 "a" FA 0000000000000000'), bytes('F9 01 "b" F8 00'));
    expect((await stage.router.receive()).map(String)).toEqual(['raw', 'a', '']);
    expect((await stage.router.receive()).map(String)).toEqual(['raw', 'b', '']);
    peer.destroy();
  });
});

describe('lengths that nobody means', () => {
  it.each([
    ['2^63', '8000000000000000'],
    ['2^64-1', 'FFFFFFFFFFFFFFFF'],
    ['2^63-1', '7FFFFFFFFFFFFFFF'],
    ['2^53+1', '0020000000000001'],
    ['2^40', '0000010000000000'],
    ['2^31', '0000000080000000'],
  ])('%s: closed, and nothing is allocated for it', async (_, length) => {
    const peer = await connected();
    const before = process.memoryUsage().arrayBuffers;
    peer.write(message('first part').fill(1, 0, 1), bytes(`02 ${length}`), pattern(1000));
    await peer.ended;
    const aftermath = await stage.aftermath();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    expect(aftermath).toEqual({
      types: ['accept', 'handshake', 'disconnect'],
      reasons: [expect.stringMatching(/over the limit/)],
    });
  });

  it('200 peers that declare 16 MiB and send 1 KiB: memory follows what they sent', async () => {
    const peers = await Promise.all(Array.from({ length: 200 }, (_, i) => connected(stage, `raw ${i}`)));
    const before = process.memoryUsage().arrayBuffers;
    for (const peer of peers) peer.write(bytes('02 0000000001000000'), pattern(1024));
    for (const peer of peers) peer.write(pattern(1024));
    await stage.exchange();
    await stage.exchange();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    for (const peer of peers) peer.destroy();
    await stage.events.until('disconnect', 200);
    await stage.exchange();
    expect(stage.events.reasons).toHaveLength(200);
  });
});

describe('maxMessageSize', () => {
  let small: Stage;
  beforeEach(async () => void (small = await Stage.set(clock, { maxMessageSize: 64 })));
  afterEach(() => small.close());

  it('exactly as much is delivered, each part counts for itself', async () => {
    const peer = await connected(small);
    peer.write(message(pattern(64), pattern(64, 1)));
    expect((await small.router.receive()).slice(1)).toEqual([pattern(64), pattern(64, 1)]);
    peer.destroy();
  });

  it.each([
    ['a message', message(pattern(65))],
    ['the last part', message('first', 'second', pattern(65))],
    ['the first part', message(pattern(65), 'last')],
    ['the long form', bytes('02 0000000000000041')],
    ['a command', command('HELLO', pattern(65))],
  ])('one more in %s: closed, and no part of it is delivered', async (_, wire) => {
    const peer = await connected(small);
    peer.write(message('before'), wire, message('after'));
    expect((await small.router.receive()).map(String)).toEqual(['raw', 'before']);
    await peer.ended;
    expect(await small.aftermath()).toEqual({
      types: ['accept', 'handshake', 'disconnect'],
      reasons: [expect.stringMatching(/over the limit of 64/)],
    });
  });
});

describe('maxFramesPerMessage', () => {
  it('16,384 frames are a message, one more is not', async () => {
    const peer = await connected();
    const most = frame(1, Buffer.alloc(0));
    peer.write(Buffer.concat(new Array<Buffer>(16_383).fill(most)), message('last'));
    expect(await stage.router.receive()).toHaveLength(1 + 16_384);
    peer.write(Buffer.concat(new Array<Buffer>(16_385).fill(most)), message('last'));
    await peer.ended;
    expect(await stage.aftermath()).toEqual({
      types: ['accept', 'handshake', 'disconnect'],
      reasons: [expect.stringMatching(/16384 frames/)],
    });
  });
});

describe('a connection that ends in the middle', () => {
  it.each([
    ['of a header', bytes('02 00000000')],
    ['of a body', bytes('00 05 "Hel"')],
    ['of a long body', Buffer.concat([bytes('02 0000000000100000'), pattern(100_000)])],
    ['of a message', message('a', 'b').subarray(0, 3)],
    ['of a message of 1,000 frames', message(...new Array<string>(1000).fill('x')).subarray(0, -3)],
    ['of a command', bytes('04 09 09 "SUB"')],
  ])('37-MSG-1 37-SOCKET-4: %s, by FIN and by RST: no part is delivered', async (_, wire) => {
    for (const how of ['end', 'reset'] as const) {
      stage.events.mark();
      const peer = await connected();
      peer.write(message('whole'), wire);
      expect((await stage.router.receive()).map(String)).toEqual(['raw', 'whole']);
      peer[how]();
      const { types, reasons } = await stage.aftermath();
      expect(types).toEqual(['accept', 'handshake', 'disconnect']);
      expect(reasons).toHaveLength(1);
      expect(stage.router.peers).toHaveLength(1);
    }
  });
});

describe('whole messages before a failure', () => {
  it.each([
    ['a frame that is too long', bytes('02 FFFFFFFFFFFFFFFF')],
    ['a PING without a TTL', bytes('04 05 04 "PING"')],
    ['a command whose name is longer than itself', bytes('04 02 09 "S"')],
  ])('%s, in the same segment: they are delivered, then the peer is gone', async (_, wire) => {
    const pull = new Pull({ context: createContext({ clock }), linger: 0 });
    const events = new EventLog(pull);
    await pull.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(pull.lastEndpoint!);
    await peer.handshake('PUSH');
    events.mark();
    peer.write(message('one'), message('two'), wire, message('three'));
    expect((await pull.receive()).map(String)).toEqual(['one']);
    expect((await pull.receive()).map(String)).toEqual(['two']);
    await peer.ended;
    await events.until('disconnect');
    expect(events.reasons).toHaveLength(1);
    expect(pull.peers).toHaveLength(0);
    expect(pull.readable).toBe(false);
    pull.close();
  });
});

it('frames of our own are as short as they can be', async () => {
  const listener = await RawListener.listen();
  const push = new Push({ context: createContext({ clock }), linger: 0 });
  push.connect(listener.endpoint);
  const peer = await listener.accept();
  await peer.handshake('PULL');
  await push.send([pattern(255), pattern(256), '']);
  expect((await peer.readFrame()).subarray(0, 2)).toEqual(bytes('01 FF'));
  expect((await peer.readFrame()).subarray(0, 9)).toEqual(bytes('03 0000000000000100'));
  expect(await peer.readFrame()).toEqual(bytes('00 00'));
  push.close();
  peer.destroy();
  listener.close();
});
