import { encodeZ85 } from '../foundation/z85.js';
import { createKeyPair, type CurveKeyPair, publicKeyOf, readKey } from '../keys/key-pair.js';

/** A new key pair for CURVE, from the system's random source: for `curvePublicKey` and `curveSecretKey`. */
export function curveKeyPair(): CurveKeyPair {
  return createKeyPair();
}

/**
 * The public key that belongs to a secret one, as 40 characters of Z85.
 * @param secretKey 40 characters of Z85, or 32 bytes
 * @throws ZmqError EINVAL for what is no key; the key is not in the text
 */
export function curvePublicKey(secretKey: string | Uint8Array): string {
  return encodeZ85(publicKeyOf(readKey('secretKey', secretKey)));
}
