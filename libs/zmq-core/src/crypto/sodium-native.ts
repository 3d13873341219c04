import { type CryptoBackend, TAG_SIZE } from '../mechanism/crypto-backend.js';

/** What is used of the package `sodium-native`. */
export interface SodiumNative {
  crypto_secretbox_easy(box: Uint8Array, plain: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
  crypto_secretbox_open_easy(plain: Uint8Array, box: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean;
}

/**
 * Below so many bytes WebAssembly seals and opens as fast, and makes no objects for the
 * call (sealed and opened, 64 B: 1.2 against 1.8 µs, 300 B: 2.4 and 2.35).
 */
export const NATIVE_FROM = 320;

/**
 * libsodium as an addon, where its user has installed one: for what each message costs.
 * Key agreements stay with the other backend, for the addon has no `crypto_box_beforenm`.
 */
export class SodiumNativeBackend implements CryptoBackend {
  readonly name: string;
  readonly #native: SodiumNative;
  readonly #wasm: CryptoBackend;
  readonly #from: number;

  /** @param from the least that is left to the addon, in bytes */
  constructor(native: SodiumNative, wasm: CryptoBackend, from: number) {
    this.#native = native;
    this.#wasm = wasm;
    this.#from = from;
    this.name = `sodium-native, with ${wasm.name}`;
  }

  publicKey(secretKey: Buffer): Buffer {
    return this.#wasm.publicKey(secretKey);
  }

  sharedKey(publicKey: Buffer, secretKey: Buffer): Buffer | undefined {
    return this.#wasm.sharedKey(publicKey, secretKey);
  }

  seal(key: Buffer, nonce: Buffer, first: number, rest: Uint8Array, target: Buffer, at: number): void {
    if (rest.length < this.#from) {
      this.#wasm.seal(key, nonce, first, rest, target, at);
      return;
    }
    const plainAt = at + TAG_SIZE;
    const end = plainAt + 1 + rest.length;
    target[plainAt] = first;
    target.set(rest, plainAt + 1);
    // In place: the plain text lies where its cipher will.
    this.#native.crypto_secretbox_easy(target.subarray(at, end), target.subarray(plainAt, end), nonce, key);
  }

  open(key: Buffer, nonce: Buffer, bytes: Buffer, at: number): boolean {
    if (bytes.length - at < this.#from) return this.#wasm.open(key, nonce, bytes, at);
    return this.#native.crypto_secretbox_open_easy(bytes.subarray(at + TAG_SIZE), bytes.subarray(at), nonce, key);
  }
}
