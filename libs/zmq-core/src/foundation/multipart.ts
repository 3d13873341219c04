import { copyOf } from './bytes.js';

/**
 * A whole message: all of its frames, in order. Nothing above `connection/` ever
 * sees half of one.
 *
 * It is a plain array, so that a queue of messages costs one object each. Who
 * holds a multipart may read it and must not change it: a fan-out puts the same
 * array into many pipes.
 */
export type Multipart = readonly Buffer[] & {
  /**
   * Set by a distributor on a message that goes to several pipes: `null` until
   * the first session has encoded it, then its bytes, which the other sessions
   * copy. Absent on every other message.
   */
  encoded?: Buffer | null;
  /** The same for a message that is small enough to be kept packed: set by the first queue that packs it. */
  packed?: PackedBytes | undefined;
};

/** A packed message in memory that several queues refer to. */
export interface PackedBytes {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly size: number;
}

/** The sum of the sizes of all frames, in bytes. */
export function byteLength(message: Multipart): number {
  let total = 0;
  for (let i = 0; i < message.length; i++) total += message[i]!.length;
  return total;
}

/**
 * Frames up to this size are copied when they are written to a pipe by a socket, so
 * that their senders may use the memory again at once; larger ones are taken by
 * reference and must not change until they were sent (zeromq.js has the same rule).
 */
export const COPY_LIMIT = 128;

/**
 * The message in an array of its own, with its small frames copied: for who keeps it
 * longer than the call that gave it. One that is shared is nobody's any more, and stays.
 */
export function ownFrames(message: Multipart): Multipart {
  if (message.encoded !== undefined) return message;
  const { length } = message;
  if (length === 1) {
    const frame = message[0]!;
    return [frame.length > COPY_LIMIT ? frame : copyOf(frame)];
  }
  const owned = new Array<Buffer>(length);
  for (let i = 0; i < length; i++) {
    const frame = message[i]!;
    owned[i] = frame.length > COPY_LIMIT ? frame : copyOf(frame);
  }
  return owned;
}
