import { generateKeyPairSync } from 'node:crypto';

export interface KeyPair {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

/** A long-term pair of CURVE. */
export function keyPair(): KeyPair {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { publicKey: Buffer.from(x!, 'base64url'), secretKey: Buffer.from(d!, 'base64url') };
}

export interface TextKeys {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** The same as 40 characters of Z85 each. */
export function textKeys({ publicKey, secretKey }: KeyPair = keyPair()): TextKeys {
  return { publicKey: encodeZ85(publicKey), secretKey: encodeZ85(secretKey) };
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

function encodeZ85(key: Buffer): string {
  let text = '';
  for (let at = 0; at < key.length; at += 4) {
    const value = key.readUInt32BE(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) text += Z85.charAt(Math.floor(value / power) % 85);
  }
  return text;
}
