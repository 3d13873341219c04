import { ProtocolError } from '../../foundation/errors.js';
import { type CryptoBackend, NONCE_SIZE, TAG_SIZE } from '../crypto-backend.js';
import { prefixes, type ReceivedNonces, type SentNonces, SHORT_NONCE_SIZE } from './curve-nonce.js';

/*
 * MESSAGE:   0      1..7        8..15          16..31   32      33…
 *            07   "MESSAGE"   short nonce    tag      flags   payload
 */
const NAME = Buffer.from('\x07MESSAGE', 'latin1');
const NONCE_AT = NAME.length;
const BOX_AT = NONCE_AT + SHORT_NONCE_SIZE;
const FLAGS_AT = BOX_AT + TAG_SIZE;
const COUNTER_AT = NONCE_SIZE - SHORT_NONCE_SIZE;

/** Octets that a MESSAGE is longer than the frame in it. */
export const MESSAGE_OVERHEAD = FLAGS_AT + 1;

/** Flags in the box. The second is libzmq's: where the RFC says nothing, all use it. */
export const INNER_MORE = 1;
export const INNER_COMMAND = 2;

/** Frames ⇄ MESSAGE commands, when the handshake is done: both directions have one key, and each its counter. */
export class CurveMessages {
  /** Of the frame that `open` has just opened. */
  flags = 0;

  readonly #backend: CryptoBackend;
  readonly #key: Buffer;
  readonly #sent: SentNonces;
  readonly #received: ReceivedNonces;
  readonly #sendNonce: Buffer;
  readonly #receiveNonce: Buffer;

  /** @param key the shared key of the two short-term pairs */
  constructor(
    backend: CryptoBackend,
    key: Buffer,
    asServer: boolean,
    counters: { readonly sent: SentNonces; readonly received: ReceivedNonces },
  ) {
    this.#backend = backend;
    this.#key = key;
    this.#sent = counters.sent;
    this.#received = counters.received;
    const { messageOfClient, messageOfServer } = prefixes;
    this.#sendNonce = Buffer.alloc(NONCE_SIZE);
    this.#sendNonce.write(asServer ? messageOfServer : messageOfClient, 'latin1');
    this.#receiveNonce = Buffer.alloc(NONCE_SIZE);
    this.#receiveNonce.write(asServer ? messageOfClient : messageOfServer, 'latin1');
  }

  /**
   * Writes `MESSAGE_OVERHEAD + payload.length` octets to `target` from `at` on. False, and
   * nothing written, when the nonces are used up: then the connection has to end.
   */
  seal(flags: number, payload: Uint8Array, target: Buffer, at: number): boolean {
    const nonce = this.#sendNonce;
    if (!this.#sent.next(nonce)) return false;
    for (let i = 0; i < NONCE_AT; i++) target[at + i] = NAME[i]!;
    for (let i = 0; i < SHORT_NONCE_SIZE; i++) target[at + NONCE_AT + i] = nonce[COUNTER_AT + i]!;
    this.#backend.seal(this.#key, nonce, flags, payload, target, at + BOX_AT);
    return true;
  }

  /** Opens a MESSAGE where it lies and gives the payload, a view on it. Throws `ProtocolError`. */
  open(body: Buffer): Buffer {
    if (!isMessage(body)) throw unexpected(body);
    if (body.length < MESSAGE_OVERHEAD) {
      throw new ProtocolError(
        'ERR_ZMTP_MALFORMED_COMMAND_MESSAGE',
        `a MESSAGE of ${body.length} bytes; it has at least ${MESSAGE_OVERHEAD}`,
      );
    }
    if (!this.#received.acceptNext(body, NONCE_AT)) {
      throw new ProtocolError(
        'ERR_ZMTP_INVALID_SEQUENCE',
        'a MESSAGE whose nonce is not the next: it came again, or one before it was left out',
      );
    }
    const nonce = this.#receiveNonce;
    for (let i = 0; i < SHORT_NONCE_SIZE; i++) nonce[COUNTER_AT + i] = body[NONCE_AT + i]!;
    if (!this.#backend.open(this.#key, nonce, body, BOX_AT))
      throw new ProtocolError('ERR_ZMTP_CRYPTOGRAPHIC', 'a MESSAGE that is not authentic');
    this.flags = body[FLAGS_AT]!;
    return body.subarray(MESSAGE_OVERHEAD);
  }
}

function isMessage(body: Buffer): boolean {
  if (body.length < NAME.length) return false;
  for (let i = 0; i < NAME.length; i++) if (body[i] !== NAME[i]) return false;
  return true;
}

function unexpected(body: Buffer): ProtocolError {
  const start = JSON.stringify(body.toString('latin1', 1, 1 + Math.min(body[0] ?? 0, 32)));
  return new ProtocolError('ERR_ZMTP_UNEXPECTED_COMMAND', `${start} came in place of a MESSAGE of CURVE`);
}
