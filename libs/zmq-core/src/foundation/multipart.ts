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
};

/** The sum of the sizes of all frames, in bytes. */
export function byteLength(message: Multipart): number {
  let total = 0;
  for (let i = 0; i < message.length; i++) total += message[i]!.length;
  return total;
}
