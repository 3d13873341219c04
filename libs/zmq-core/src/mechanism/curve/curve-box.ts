import type { RandomSource } from '../../foundation/random.js';
import { type CryptoBackend, KEY_SIZE, TAG_SIZE } from '../crypto-backend.js';

export interface KeyPair {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

/** A pair for one connection. */
export function createKeyPair(backend: CryptoBackend, random: RandomSource): KeyPair {
  const secretKey = random.bytes(KEY_SIZE);
  return { publicKey: backend.publicKey(secretKey), secretKey };
}

/** The box of something that is not empty. */
export function seal(backend: CryptoBackend, key: Buffer, nonce: Buffer, plain: Buffer): Buffer {
  const box = Buffer.allocUnsafe(TAG_SIZE + plain.length);
  backend.seal(key, nonce, plain[0]!, plain.subarray(1), box, 0);
  return box;
}

/** What is in a box, in memory of its own; `undefined` for one that is not authentic. */
export function open(backend: CryptoBackend, key: Buffer, nonce: Buffer, box: Buffer): Buffer | undefined {
  if (box.length < TAG_SIZE) return undefined;
  // Not `Buffer.from`: its pool would keep what is secret beside what is not, for long.
  const copy = Buffer.allocUnsafeSlow(box.length);
  copy.set(box);
  return backend.open(key, nonce, copy, 0) ? copy.subarray(TAG_SIZE) : undefined;
}
