import { Batch } from '../../../libs/zmq-core/src/connection/batch.js';
import { createConnection } from '../../../libs/zmq-core/src/connection/connection-table.js';
import { openWasm } from '../../../libs/zmq-core/src/crypto/open-backend.js';
import type { CryptoBackend } from '../../../libs/zmq-core/src/mechanism/crypto-backend.js';
import { createKeyPair, type KeyPair } from '../../../libs/zmq-core/src/mechanism/curve/curve-box.js';
import { CurveClient } from '../../../libs/zmq-core/src/mechanism/curve/curve-client.js';
import { CurveKeys } from '../../../libs/zmq-core/src/mechanism/curve/curve-keys.js';
import { MESSAGE_OVERHEAD } from '../../../libs/zmq-core/src/mechanism/curve/curve-messages.js';
import { noSecurity } from '../../../libs/zmq-core/src/mechanism/security-options.js';
import { encodeOwnMetadata } from '../../../libs/zmq-core/src/mechanism/peer-metadata.js';
import { decodeCommand } from '../../../libs/zmq-core/src/wire/command.js';
import { encodeGreeting, GREETING_SIZE } from '../../../libs/zmq-core/src/wire/greeting.js';
import type { Session } from '../mutator.js';
import { type Chance, hold, type Target } from '../target.js';
import { allowAllocations } from './allocations.js';
import { HANDSHAKE_MS, limits } from './connection-target.js';
import { FixedRandom } from './secured.js';
import { WatchfulSink } from './watchful-sink.js';

/** A frame of some kind around a body. */
function framed(body: Buffer, flags: number): Buffer {
  if (body.length <= 255) return Buffer.concat([Buffer.of(flags, body.length), body]);
  const header = Buffer.alloc(9);
  header[0] = flags | 2;
  header.writeUIntBE(body.length, 3, 6);
  return Buffer.concat([header, body]);
}

/** The body of the frame that `bytes` begins with, and what follows it. */
function unframed(bytes: Buffer): [body: Buffer, rest: Buffer] {
  const isLong = (bytes[0]! & 2) !== 0;
  const start = isLong ? 9 : 2;
  const end = start + (isLong ? bytes.readUIntBE(3, 6) : bytes[1]!);
  return [bytes.subarray(start, end), bytes.subarray(end)];
}

/**
 * A CURVE client who has the keys, and means harm: what is in its boxes is what it likes. The first
 * piece of an input are its properties, each further one the flags and the payload of a MESSAGE.
 */
class SealedTarget implements Target {
  readonly name = 'curve sealed';
  readonly takesFrames = true;
  readonly corpus: readonly Session[];
  readonly #backend: CryptoBackend;
  readonly #server: KeyPair;
  readonly #client: KeyPair;
  readonly #batch = new Batch();

  constructor(backend: CryptoBackend) {
    this.#backend = backend;
    this.#server = createKeyPair(backend, new FixedRandom(1));
    this.#client = createKeyPair(backend, new FixedRandom(2));
    const metadata = (socketType: 'DEALER' | 'REQ'): Buffer =>
      encodeOwnMetadata({ socketType, routingId: Buffer.from('me'), properties: { 'X-a': 'b' } });
    const text = (value: string): Buffer => Buffer.from(value, 'latin1');
    this.corpus = [
      [metadata('DEALER'), text('\0x'), text('\0'), text('\x01a'), text('\x01'), text('\0b')],
      [metadata('DEALER'), text('\x02\x04PING\0\0context'), text('\x02\x04PONG'), text('\x02\x05READY'), text('\0x')],
      [
        metadata('REQ'),
        text('\x01'),
        text(`\0${'y'.repeat(300)}`),
        text('\x02\x09SUBSCRIBEA'),
        text('\x03\x05ERROR\x02no'),
      ],
    ];
  }

  run(pieces: readonly Buffer[], chance: Chance): void {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    // With the boxes, and what the handshake needs.
    allowAllocations(bytes + 64 * 1024, () => this.#converse(pieces, chance));
  }

  #converse([metadata = Buffer.alloc(0), ...frames]: readonly Buffer[], chance: Chance): void {
    const connection = this.#serverSide();
    const sink = new WatchfulSink('ROUTER', limits, true);
    const client = new CurveClient(
      this.#backend,
      new FixedRandom(4),
      new CurveKeys(this.#client.secretKey, undefined, this.#server.publicKey),
      metadata,
    );
    const tell = (wire: Buffer): void => {
      sink.received += wire.length;
      connection.receive(wire, 0);
      while (connection.drain(sink) && sink.failure === undefined);
    };
    connection.start(0);
    tell(encodeGreeting('CURVE', false));
    tell(client.produce()!);
    let said = this.#output(connection).subarray(GREETING_SIZE);
    const [welcome] = unframed(said);
    client.consume(decodeCommand(welcome));
    tell(client.produce()!);
    if (sink.failure === undefined) {
      said = this.#output(connection);
      client.consume(decodeCommand(unframed(said)[0]));
      for (const frame of frames) {
        if (frame.length === 0 || sink.failure !== undefined) continue;
        const body = Buffer.alloc(MESSAGE_OVERHEAD + frame.length - 1);
        client.messages!.seal(frame[0]!, frame.subarray(1), body, 0);
        tell(framed(body, chance.chance(0.5) ? 4 : 0));
      }
    }
    this.#output(connection);
    connection.abandon();
    hold(sink.isReady || sink.failure !== undefined, 'neither let in nor refused');
  }

  #serverSide() {
    const keys = new CurveKeys(this.#server.secretKey, undefined, undefined);
    return createConnection(
      {
        ...limits,
        socketType: 'ROUTER',
        routingId: undefined,
        metadata: {},
        maxPendingPongs: 4,
        handshakeMs: HANDSHAKE_MS,
        heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
        notify: true,
        legacy: false,
        security: { ...noSecurity, mechanism: 'CURVE', asServer: true, keys },
      },
      '10.0.0.1:5',
      {
        authenticator: undefined,
        crypto: { backend: this.#backend, load() {}, whenLoaded: () => () => {} },
        random: new FixedRandom(3),
        host: '10.0.0.1',
        wake() {},
      },
    );
  }

  #output(connection: ReturnType<typeof createConnection>): Buffer {
    this.#batch.begin();
    connection.takeOutput(this.#batch);
    return Buffer.concat(this.#batch.finish());
  }
}

export async function sealedTarget(): Promise<Target> {
  return new SealedTarget(await openWasm());
}
