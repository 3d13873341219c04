import { openWasm } from '../crypto/open-backend.js';
import { ProtocolError } from '../foundation/errors.js';
import type { CryptoBackend } from '../mechanism/crypto-backend.js';
import { CurveMessages } from '../mechanism/curve/curve-messages.js';
import { ReceivedNonces, SentNonces } from '../mechanism/curve/curve-nonce.js';
import { pattern } from '../testing/bytes.js';
import { RecordingSink } from '../testing/recording-sink.js';
import { FrameDecoder } from '../wire/frame-decoder.js';
import { Batch } from './batch.js';
import { SealedTraffic } from './sealed-traffic.js';
import { TrafficPhase } from './traffic-phase.js';

const WORD = 0xffffffff;
const options = {
  socketType: 'PAIR',
  routingId: undefined,
  metadata: {},
  maxMessageSize: 1000,
  maxFramesPerMessage: 10,
  maxUnfinishedBytes: 2 ** 31 - 1,
  maxPendingPongs: 32,
  handshakeMs: 0,
  heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
} as const;

it('when the nonces are used up nothing more is written, and the conversation ends', async () => {
  const counters = { sent: new SentNonces(WORD, WORD - 3), received: new ReceivedNonces() };
  const messages = new CurveMessages(await openWasm(), pattern(32), true, counters);
  const clear = new TrafficPhase(options, true, () => {});
  const decoder = new FrameDecoder(1000);
  let woken = 0;
  const traffic = new SealedTraffic(clear, messages, decoder, () => void woken++);
  const batch = new Batch();
  const write = (body: Buffer): number => {
    batch.begin();
    traffic.encode([body], batch);
    return Buffer.concat(batch.finish()).length;
  };
  const sink = new RecordingSink();
  expect([write(Buffer.from('a')), write(Buffer.alloc(10_000)), woken]).toEqual([36, 10_042, 0]);
  expect(traffic.drain(decoder, sink, 0)).toBe(false);
  expect([write(Buffer.from('a')), write(Buffer.alloc(10_000))]).toEqual([0, 0]);
  expect(woken).toBe(1);
  expect(() => traffic.drain(decoder, sink, 0)).toThrow(expect.objectContaining({ code: 'ERR_ZMTP_INVALID_SEQUENCE' }));
});

describe('where libsodium has no memory for a message', () => {
  const SCARCE = 5000;
  let woken: number;

  /** A server whose library has no memory for more than a little. */
  async function scarceTraffic(error: Error): Promise<{ traffic: SealedTraffic; decoder: FrameDecoder }> {
    const backend = await openWasm();
    const scarce: CryptoBackend = {
      name: backend.name,
      publicKey: (key) => backend.publicKey(key),
      sharedKey: (publicKey, secretKey) => backend.sharedKey(publicKey, secretKey),
      seal: (key, nonce, first, rest, target, at) => {
        if (rest.length > SCARCE) throw error;
        backend.seal(key, nonce, first, rest, target, at);
      },
      open: (key, nonce, body, at) => backend.open(key, nonce, body, at),
    };
    const counters = { sent: new SentNonces(), received: new ReceivedNonces() };
    const messages = new CurveMessages(scarce, pattern(32), true, counters);
    woken = 0;
    const decoder = new FrameDecoder(1000);
    const clear = new TrafficPhase(options, true, () => {});
    return { traffic: new SealedTraffic(clear, messages, decoder, () => void woken++), decoder };
  }

  const noMemory = new ProtocolError('ERR_ZMTP_UNSPECIFIED', 'no memory');

  it('the conversation ends, and nothing else', async () => {
    const { traffic, decoder } = await scarceTraffic(noMemory);
    const batch = new Batch();
    batch.begin();
    traffic.encode([Buffer.alloc(10_000)], batch);
    expect(batch.finish()).toEqual([]);
    expect(woken).toBe(1);
    expect(() => traffic.drain(decoder, new RecordingSink(), 0)).toThrow(noMemory);
  });

  it('nothing of what comes behind is said: the rest of a message would be taken for a whole one', async () => {
    const { traffic } = await scarceTraffic(noMemory);
    const batch = new Batch();
    const written = (...message: Buffer[]): number => {
      batch.begin();
      traffic.encode(message, batch);
      return Buffer.concat(batch.finish()).length;
    };
    expect(written(Buffer.from('first'), Buffer.alloc(10_000), Buffer.from('last'))).toBe(40);
    expect(written(Buffer.from('another'))).toBe(0);
    expect(woken).toBe(1);
  });

  it('a defect of the library is told as one', async () => {
    const { traffic } = await scarceTraffic(new RangeError('out of bounds'));
    const batch = new Batch();
    batch.begin();
    expect(() => traffic.encode([Buffer.alloc(10_000)], batch)).toThrow('out of bounds');
  });
});
