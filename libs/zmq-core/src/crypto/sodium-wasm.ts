import { ProtocolError } from '../foundation/errors.js';
import { type CryptoBackend, KEY_SIZE, NONCE_SIZE, TAG_SIZE } from '../mechanism/crypto-backend.js';

/** What is used of libsodium's module, as its compiler gives it: memory by numbers, lengths of 64 bits in two halves. */
export interface SodiumModule {
  /** Another one after the memory has grown: the old one is then empty. */
  readonly HEAPU8: Uint8Array;
  /** 0 when there is no memory. */
  _malloc(size: number): number;
  _free(at: number): void;
  _crypto_scalarmult_base(publicKey: number, secretKey: number): number;
  _crypto_box_beforenm(sharedKey: number, publicKey: number, secretKey: number): number;
  _crypto_secretbox_easy(box: number, plain: number, low: number, high: number, nonce: number, key: number): number;
  _crypto_secretbox_open_easy(
    plain: number,
    box: number,
    low: number,
    high: number,
    nonce: number,
    key: number,
  ): number;
}

/** Boxes up to this size have a place of their own in libsodium's memory; a larger one gets one for its call. */
const SPACE = 128 * 1024;
/** Below this a byte loop is faster than `subarray` and `set`. */
const LOOP_LIMIT = 32;
const KEYS = 3 * KEY_SIZE;

/**
 * libsodium as WebAssembly, used on its memory directly: its own wrapper allocates for
 * every argument of every call (64 octets sealed: 1.7 against 0.7 million a second).
 */
export class SodiumWasm implements CryptoBackend {
  readonly name = 'libsodium (WebAssembly)';
  readonly #sodium: SodiumModule;
  #heap: Uint8Array;
  /** Three keys, a nonce, and a box. */
  readonly #keysAt: number;
  readonly #keyAt: number;
  readonly #nonceAt: number;
  readonly #spaceAt: number;
  /** The key that lies at `#keyAt`: seldom another than the last. */
  #key: Buffer | undefined;

  constructor(sodium: SodiumModule) {
    this.#sodium = sodium;
    const at = allocate(sodium, KEYS + KEY_SIZE + NONCE_SIZE + 8 + SPACE);
    this.#keysAt = at;
    this.#keyAt = at + KEYS;
    this.#nonceAt = this.#keyAt + KEY_SIZE;
    // On a multiple of 16, as the memory itself.
    this.#spaceAt = this.#nonceAt + NONCE_SIZE + 8;
    this.#heap = sodium.HEAPU8;
  }

  publicKey(secretKey: Buffer): Buffer {
    const [first, second] = [this.#keysAt, this.#keysAt + KEY_SIZE];
    this.#memory().set(secretKey, second);
    this.#sodium._crypto_scalarmult_base(first, second);
    return this.#takeKey(first);
  }

  sharedKey(publicKey: Buffer, secretKey: Buffer): Buffer | undefined {
    const [first, second, third] = [this.#keysAt, this.#keysAt + KEY_SIZE, this.#keysAt + 2 * KEY_SIZE];
    const heap = this.#memory();
    heap.set(publicKey, second);
    heap.set(secretKey, third);
    const isGood = this.#sodium._crypto_box_beforenm(first, second, third) === 0;
    const key = this.#takeKey(first);
    return isGood ? key : undefined;
  }

  seal(key: Buffer, nonce: Buffer, first: number, rest: Uint8Array, target: Buffer, at: number): void {
    const plainSize = 1 + rest.length;
    const boxSize = TAG_SIZE + plainSize;
    const boxAt = this.#reserve(boxSize);
    this.#prepare(key, nonce);
    const heap = this.#heap;
    const plainAt = boxAt + TAG_SIZE;
    heap[plainAt] = first;
    copy(rest, 0, rest.length, heap, plainAt + 1);
    // In place: the plain text lies where its cipher will.
    this.#sodium._crypto_secretbox_easy(boxAt, plainAt, plainSize, 0, this.#nonceAt, this.#keyAt);
    copy(heap, boxAt, boxAt + boxSize, target, at);
    this.#release(boxAt);
  }

  open(key: Buffer, nonce: Buffer, bytes: Buffer, at: number): boolean {
    const size = bytes.length;
    const bytesAt = this.#reserve(size);
    this.#prepare(key, nonce);
    const heap = this.#heap;
    heap.set(bytes, bytesAt);
    const boxAt = bytesAt + at;
    const plainAt = boxAt + TAG_SIZE;
    const result = this.#sodium._crypto_secretbox_open_easy(plainAt, boxAt, size - at, 0, this.#nonceAt, this.#keyAt);
    if (result === 0) copy(heap, plainAt, bytesAt + size, bytes, at + TAG_SIZE);
    this.#release(bytesAt);
    return result === 0;
  }

  /** Of now: others who use the same module may have made its memory grow. */
  #memory(): Uint8Array {
    if (this.#heap.length === 0) this.#heap = this.#sodium.HEAPU8;
    return this.#heap;
  }

  #prepare(key: Buffer, nonce: Buffer): void {
    const heap = this.#memory();
    if (key !== this.#key) {
      heap.set(key, this.#keyAt);
      this.#key = key;
    }
    heap.set(nonce, this.#nonceAt);
  }

  /** A place for so many octets. */
  #reserve(size: number): number {
    return size <= SPACE ? this.#spaceAt : allocate(this.#sodium, size);
  }

  #release(at: number): void {
    if (at !== this.#spaceAt) this.#sodium._free(at);
  }

  /** Takes a key out, and leaves none of the three behind. */
  #takeKey(at: number): Buffer {
    const heap = this.#memory();
    const key = Buffer.allocUnsafeSlow(KEY_SIZE);
    key.set(heap.subarray(at, at + KEY_SIZE));
    heap.fill(0, this.#keysAt, this.#keysAt + KEYS);
    return key;
  }
}

/** WebAssembly's memory ends at 2 GiB, and who sends decides how large a box is: that ends one connection, not the process. */
function allocate(sodium: SodiumModule, size: number): number {
  const at = sodium._malloc(size);
  if (at === 0)
    throw new ProtocolError('ERR_ZMTP_UNSPECIFIED', `a box of ${size} bytes is more than libsodium has memory for`);
  return at;
}

function copy(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  if (to - from < LOOP_LIMIT) for (let i = from; i < to; i++) target[at + i - from] = source[i]!;
  else target.set(from === 0 && to === source.length ? source : source.subarray(from, to), at);
}
