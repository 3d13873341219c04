import type { Multipart } from '../foundation/multipart.js';

/**
 * How small messages are kept as bytes, one behind the other, and not as objects:
 * in the form in which the reader needs them, who then takes hundreds by one copy.
 * (PUSH to PULL, 10 B: 3.4 to 6.9 million messages a second.)
 */
export interface Packing {
  /** Bytes that the packed message takes; 0 when it is not to be packed. */
  sizeOf(message: Multipart): number;
  /** Writes just so many bytes. */
  pack(message: Multipart, bytes: Uint8Array, at: number): void;
  /** Bytes of the packed message that begins there. */
  sizeAt(bytes: Uint8Array, at: number): number;
  /** The message again, in memory of its own. */
  unpack(bytes: Uint8Array, from: number, to: number): Multipart;
}

/** Takes packed messages: a session's batch. */
export interface PackedTarget {
  /** Bytes that it takes now. */
  readonly room: number;
  /** Copies bytes `from` … `to`. */
  take(bytes: Uint8Array, from: number, to: number): void;
}

/**
 * What a lane does with the memory of a message that is written.
 * - `given`: it belongs to the lane now (a session's messages)
 * - `copied`: small frames are copied, for they belong to the user (a socket's messages)
 * - a packing: small messages are packed, other small frames copied
 */
export type Keeping = 'given' | 'copied' | Packing;
