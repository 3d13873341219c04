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
  expect(woken).toBe(2);
  expect(() => traffic.drain(decoder, sink, 0)).toThrow(expect.objectContaining({ code: 'ERR_ZMTP_INVALID_SEQUENCE' }));
});

it('a message that libsodium has no memory for ends the conversation, and nothing else', async () => {
  const backend = await openWasm();
  const scarce: CryptoBackend = {
    name: backend.name,
    publicKey: (key) => backend.publicKey(key),
    sharedKey: (publicKey, secretKey) => backend.sharedKey(publicKey, secretKey),
    seal: () => {
      throw new ProtocolError('ERR_ZMTP_UNSPECIFIED', 'no memory');
    },
    open: (key, nonce, body, at) => backend.open(key, nonce, body, at),
  };
  const messages = new CurveMessages(scarce, pattern(32), true, {
    sent: new SentNonces(),
    received: new ReceivedNonces(),
  });
  let woken = 0;
  const decoder = new FrameDecoder(1000);
  const traffic = new SealedTraffic(new TrafficPhase(options, true, () => {}), messages, decoder, () => void woken++);
  const batch = new Batch();
  batch.begin();
  traffic.encode([Buffer.alloc(10_000)], batch);
  expect(batch.finish()).toEqual([]);
  expect(woken).toBe(1);
  expect(() => traffic.drain(decoder, new RecordingSink(), 0)).toThrow('no memory');
});
