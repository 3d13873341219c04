import type { RandomSource } from '../../foundation/random.js';
import { type CryptoBackend, KEY_SIZE, TAG_SIZE } from '../crypto-backend.js';
import { open, seal } from './curve-box.js';
import { LONG_NONCE_SIZE, nonceOf, prefixes } from './curve-nonce.js';

/** Of the nonce and the box. */
export const COOKIE_SIZE = LONG_NONCE_SIZE + TAG_SIZE + 2 * KEY_SIZE;

/** What a server has to know when INITIATE comes, and lets the client keep until then. */
export interface CookieContent {
  /** C' of the RFC. */
  readonly clientKey: Buffer;
  /** s' of the RFC. */
  readonly secretKey: Buffer;
}

/**
 * A cookie: the server's memory of a handshake, held by the client, who cannot read it.
 * Its key is made for one connection and used once, so that a cookie is of no use for
 * another, nor a second time.
 */
export class CurveCookie {
  #key: Buffer | undefined;

  /** @param random gives the key and the nonce */
  make(backend: CryptoBackend, random: RandomSource, content: CookieContent): Buffer {
    this.#key = random.bytes(KEY_SIZE);
    const nonce = random.bytes(LONG_NONCE_SIZE);
    const plain = Buffer.concat([content.clientKey, content.secretKey]);
    const box = seal(backend, this.#key, nonceOf(prefixes.cookie, nonce), plain);
    plain.fill(0);
    return Buffer.concat([nonce, box]);
  }

  /** `undefined` for one that is not ours. Whatever comes of it, there is no second try. */
  open(backend: CryptoBackend, cookie: Buffer): CookieContent | undefined {
    const key = this.#key;
    this.#key = undefined;
    if (key === undefined) return undefined;
    const nonce = nonceOf(prefixes.cookie, cookie.subarray(0, LONG_NONCE_SIZE));
    const plain = open(backend, key, nonce, cookie.subarray(LONG_NONCE_SIZE, COOKIE_SIZE));
    key.fill(0);
    if (plain === undefined) return undefined;
    return { clientKey: plain.subarray(0, KEY_SIZE), secretKey: plain.subarray(KEY_SIZE) };
  }
}
