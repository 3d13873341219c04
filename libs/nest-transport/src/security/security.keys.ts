import { decodeZ85, encodeZ85 } from '@nest-zmq/core';
import type { ZmqKey } from './security.options.js';

const KEY_BYTES = 32;

/** A key as 40 characters of Z85; `undefined` for what is none. */
export function keyText(value: unknown): string | undefined {
  if (typeof value === 'string') return isZ85Key(value) ? value : undefined;
  return value instanceof Uint8Array && value.length === KEY_BYTES ? encodeZ85(value) : undefined;
}

/** For a key that was checked. */
export function knownKey(key: ZmqKey): string {
  return typeof key === 'string' ? key : encodeZ85(key);
}

function isZ85Key(text: string): boolean {
  try {
    return decodeZ85(text).length === KEY_BYTES;
  } catch {
    return false;
  }
}
