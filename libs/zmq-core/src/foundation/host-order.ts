/** Unsigned numbers as a C program of this machine has them in memory: for frames that libzmq fills by `memcpy`. */
export function uint64(value: number | bigint): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt.asUintN(64, BigInt(value))).buffer);
}

export function uint32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

export function uint16(value: number): Buffer {
  return Buffer.from(Uint16Array.of(value).buffer);
}
