/*
 * Numbers as they arrive in C. zeromq.js passes them on to libzmq as one of its types, and
 * programs rely on it: `linger = 1.9` is 1, and an unsigned −1 is the largest number.
 */

export type NumberType = 'int32' | 'uint32' | 'int64' | 'uint64';

const TWO_64 = 2 ** 64;

export const casts: Record<NumberType, (value: number) => number> = {
  int32: (value) => value | 0,
  uint32: (value) => value >>> 0,
  int64: (value) => (Number.isFinite(value) ? Math.trunc(value) : 0),
  // As a double, the largest number of 64 bits is 2 ** 64.
  uint64: (value) => (value > 0 ? Math.min(Math.trunc(value), TWO_64) : 0),
};

/** The same bits, read as another type of the same size: what `getUint64Option` gives of a −1. */
export const reinterpret: Record<NumberType, (value: number) => number> = {
  int32: casts.int32,
  uint32: casts.uint32,
  int64: (value) => (value < 2 ** 63 ? value : Math.min(value - TWO_64, -1)),
  uint64: (value) => (value < 0 ? value + TWO_64 : value),
};
