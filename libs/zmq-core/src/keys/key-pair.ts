import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { types } from 'node:util';
import { ZmqError } from '../foundation/errors.js';
import { decodeZ85, encodeZ85 } from '../foundation/z85.js';

/** The long-term keys of one side of CURVE, each as 40 characters of Z85. */
export interface CurveKeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** Bytes of a key of CURVE (Curve25519). */
export const KEY_SIZE = 32;

/**
 * What stands in front of the 32 bytes of an X25519 key in PKCS #8 (RFC 8410): Node takes
 * no bare secret key but as JWK, which needs the public key as well.
 */
const PKCS8_HEADER = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI = { format: 'der', type: 'spki' } as const;

/**
 * A new key pair from the system's random source. It is taken as DER, whose last 32 bytes
 * are the key (RFC 8410): the JWK of a key that was just generated hangs the process, once
 * in some thousand times, when the collector comes meanwhile (Node 20).
 */
export function createKeyPair(): CurveKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519', {
    publicKeyEncoding: SPKI,
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  const pair = { publicKey: encodeZ85(lastOf(publicKey)), secretKey: encodeZ85(lastOf(privateKey)) };
  privateKey.fill(0);
  return pair;
}

/** The public key that belongs to a secret one. */
export function publicKeyOf(secretKey: Buffer): Buffer {
  const key = Buffer.concat([PKCS8_HEADER, secretKey]);
  try {
    return lastOf(createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' })).export(SPKI));
  } finally {
    key.fill(0);
  }
}

/**
 * A key as its 32 bytes, whichever way it was given.
 * @param name of what was given, for the error
 * @throws a `TypeError` for another type, a `ZmqError` EINVAL for no key. Neither has the key in its text.
 */
export function readKey(name: string, key: unknown): Buffer {
  if (typeof key === 'string') return readText(name, key);
  if (!types.isUint8Array(key)) throw new TypeError(`${name} must be a string or buffer`);
  if (key.length !== KEY_SIZE) {
    throw new ZmqError('EINVAL', `${name} has ${key.length} bytes; it must have ${KEY_SIZE}, or 40 characters of Z85`);
  }
  return Buffer.from(key);
}

function readText(name: string, text: string): Buffer {
  if (text.length !== 40) {
    throw new ZmqError('EINVAL', `${name} has ${text.length} characters; a key has 40 characters of Z85, or 32 bytes`);
  }
  try {
    return decodeZ85(text);
  } catch (error) {
    throw new ZmqError('EINVAL', `${name} is no key of 40 characters of Z85`, { cause: error });
  }
}

function lastOf(der: Buffer): Buffer {
  return der.subarray(der.length - KEY_SIZE);
}
