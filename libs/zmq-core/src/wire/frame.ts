/** Flag bits of a frame (37/ZMTP "Framing"). Bits 7–3 must be zero; libzmq ignores them, and so do we. */
export const MORE = 1;
export const LONG = 2;
export const COMMAND = 4;

/** A body up to this size has a one-octet length. */
export const SHORT_LIMIT = 255;
export const SHORT_HEADER = 2;
export const LONG_HEADER = 9;

/**
 * The length of a long header, of which `at` is the first of eight octets, if it is
 * below 16 MiB; -1 otherwise. (`readUInt32BE` twice costs 20 ns more.)
 */
export function smallSize(bytes: Uint8Array, at: number): number {
  if ((bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]! | bytes[at + 4]!) !== 0) return -1;
  return (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
}
