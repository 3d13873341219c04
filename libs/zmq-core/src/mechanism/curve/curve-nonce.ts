import { NONCE_SIZE } from '../crypto-backend.js';

/** A nonce's second part where it is a counter. */
export const SHORT_NONCE_SIZE = 8;
/** … and where it is chance. */
export const LONG_NONCE_SIZE = 16;

const WORD = 0x100000000;
const LARGEST_WORD = 0xffffffff;

/** The prefixes that say what a box is for, so that no box can be taken for another (25/ZMTP-CURVE "Nonces"). */
export const prefixes = {
  hello: 'CurveZMQHELLO---',
  welcome: 'WELCOME-',
  cookie: 'COOKIE--',
  initiate: 'CurveZMQINITIATE',
  vouch: 'VOUCH---',
  ready: 'CurveZMQREADY---',
  messageOfClient: 'CurveZMQMESSAGEC',
  messageOfServer: 'CurveZMQMESSAGES',
} as const;

/** A whole nonce of a prefix and what follows it. */
export function nonceOf(prefix: string, rest: Buffer): Buffer {
  const nonce = Buffer.alloc(NONCE_SIZE);
  nonce.write(prefix, 0, 'latin1');
  rest.copy(nonce, prefix.length);
  return nonce;
}

/**
 * A side's counter of nonces: 64 bits, in two halves that are whole numbers, since a
 * Number holds no more than 2^53 exactly and a BigInt for each message is slow. It
 * starts at 1 and runs through the whole connection. 2^64−1 is never used: with a key
 * that has come to its end nothing more is said.
 */
export class SentNonces {
  #high: number;
  #low: number;

  /** @param high @param low halves of the value that was used last */
  constructor(high = 0, low = 0) {
    this.#high = high;
    this.#low = low;
  }

  /** Writes the next value behind a prefix of 16 octets. False, and nothing written, when there is none left. */
  next(nonce: Buffer): boolean {
    const isFull = this.#low === LARGEST_WORD;
    const low = isFull ? 0 : this.#low + 1;
    const high = isFull ? this.#high + 1 : this.#high;
    if (low === LARGEST_WORD && high === LARGEST_WORD) return false;
    this.#low = low;
    this.#high = high;
    nonce[16] = high >>> 24;
    nonce[17] = high >>> 16;
    nonce[18] = high >>> 8;
    nonce[19] = high;
    nonce[20] = low >>> 24;
    nonce[21] = low >>> 16;
    nonce[22] = low >>> 8;
    nonce[23] = low;
    return true;
  }
}

/**
 * What has been seen of the peer's counter.
 *
 * In the handshake each value must be greater than the one before (26/CURVEZMQ). From then on
 * each must be the next: libzmq, JeroMQ and NetMQ count every frame that they send, commands too,
 * and whoever can leave out frames on the way could otherwise take parts out of messages, or join
 * the beginning of one with the end of another, all of them authentic.
 */
export class ReceivedNonces {
  #high: number;
  #low: number;

  /** @param high @param low halves of the last value; by default any may come first */
  constructor(high = 0, low = -1) {
    this.#high = high;
    this.#low = low;
  }

  /** Takes the value at `at`. False for one that has been seen or passed (a replay), and for the last there is, after which none could come. */
  accept(bytes: Buffer, at: number): boolean {
    const high = word(bytes, at);
    const low = word(bytes, at + 4);
    if (high < this.#high || (high === this.#high && low <= this.#low)) return false;
    if (high === LARGEST_WORD && low === LARGEST_WORD) return false;
    this.#high = high;
    this.#low = low;
    return true;
  }

  /** `accept`, but of no other value than that after the last. */
  acceptNext(bytes: Buffer, at: number): boolean {
    const isFull = this.#low === LARGEST_WORD;
    const high = isFull ? this.#high + 1 : this.#high;
    const low = isFull ? 0 : this.#low + 1;
    if (word(bytes, at + 4) !== low || word(bytes, at) !== high) return false;
    if (high === LARGEST_WORD && low === LARGEST_WORD) return false;
    this.#high = high;
    this.#low = low;
    return true;
  }
}

/** Octet by octet: `readUInt32BE` checks its bounds, and the frame is known to be long enough. */
function word(bytes: Buffer, at: number): number {
  const value = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return value < 0 ? value + WORD : value;
}
