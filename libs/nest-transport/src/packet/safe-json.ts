import { ZmqCodecError, ZmqMalformedError } from '../zmq.errors.js';

/** Deeper values are refused: a handler that walks them recursively would overflow the stack. */
export const MAX_JSON_DEPTH = 1_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `__proto__` or `constructor` as a key, also when its letters are escaped. */
const SUSPECT =
  /"(?:_|\\u005[Ff])(?:_|\\u005[Ff])(?:p|\\u0070)|"(?:c|\\u0063)(?:o|\\u006[Ff])(?:n|\\u006[Ee])(?:s|\\u0073)(?:t|\\u0074)/;

/**
 * Parses JSON that a peer sent. Keys that could change a prototype when the value
 * is merged somewhere (`__proto__`, and `constructor` with a `prototype` in it) are
 * left out.
 * @throws ZmqMalformedError bad JSON, or nested deeper than `MAX_JSON_DEPTH`
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length > MAX_JSON_DEPTH && isTooDeep(bytes)) {
    throw new ZmqMalformedError(`JSON nested deeper than ${MAX_JSON_DEPTH} levels`);
  }
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ZmqMalformedError('The payload is not JSON', cause);
  }
  if (typeof value === 'object' && value !== null && SUSPECT.test(text)) dropPollution(value);
  return value;
}

/**
 * JSON text of a value; `undefined` for what JSON has no text for (`undefined`, a function).
 * @throws ZmqCodecError cyclic values, BigInt, a `toJSON` that throws
 */
export function stringifyJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw new ZmqCodecError(
      `The value has no JSON form: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

/** Counts brackets outside strings, without parsing. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE:
        i = endOfString(bytes, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > MAX_JSON_DEPTH) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      default:
    }
  }
  return false;
}

function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** Whether a payload of another format may have keys that `dropPollution` is for. */
export function mayPollute(bytes: Buffer): boolean {
  return bytes.includes('__proto__') || bytes.includes('constructor');
}

/**
 * Takes out the keys that could change a prototype.
 * Iterative, because the value's depth is the peer's choice.
 * @param renamed what the decoder makes of the key `__proto__`
 */
export function dropPollution(root: unknown, renamed = '__proto__'): void {
  if (typeof root !== 'object' || root === null) return;
  const open: object[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    // Bytes are no object with a property each.
    if (value instanceof Uint8Array) continue;
    const record = value as Record<string, unknown>;
    if (Object.hasOwn(record, renamed)) delete record[renamed];
    if (Object.hasOwn(record, 'constructor')) {
      const own = record['constructor'];
      if (typeof own === 'object' && own !== null && Object.hasOwn(own, 'prototype')) delete record['constructor'];
    }
    for (const child of Object.values(record)) {
      if (typeof child === 'object' && child !== null) open.push(child);
    }
  }
}
