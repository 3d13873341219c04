import { ZmqError } from '../foundation/errors.js';
import { parseIpRange } from '../foundation/ip-range.js';
import { decodeZ85 } from '../foundation/z85.js';
import type { OptionKind, ValueRow } from './option-row.js';
import { type OptionName, rowOf } from './option-table.js';

const INT_MAX = 2147483647;
const UINT64_MAX = 2 ** 64;

/**
 * What is to be kept of a value.
 * @param before what is kept now
 * @throws a `TypeError` for a wrong type; a `ZmqError` EINVAL for a value out of range,
 *   ENOTSUP for what cannot be had here. The text names option, value and what is allowed.
 */
export function checkValue(name: string, row: ValueRow, value: unknown, before: unknown): unknown {
  const kept = checks[row.kind]({ name, row, value, before });
  if (row.effect?.kind === 'refused' && kept !== row.initial) {
    throw new ZmqError('ENOTSUP', `${name} cannot be ${describe(row, value)}: ${row.effect.reason}`);
  }
  return kept;
}

export function checkOption(name: OptionName, value: unknown, before: unknown): unknown {
  const kept = checkValue(name, rowOf(name), value, before);
  // The wire carries tenths of a second.
  return name === 'heartbeatTimeToLive' ? (kept as number) - ((kept as number) % 100) : kept;
}

/** The value as the user reads it. */
export function showOption(name: OptionName, kept: unknown): unknown {
  switch (rowOf(name).kind) {
    case 'name':
      return (kept as Buffer | null)?.toString() ?? null;
    case 'filters':
      return (kept as readonly string[]).join(',') || null;
    default:
      return kept;
  }
}

interface Given {
  readonly name: string;
  readonly row: ValueRow;
  readonly value: unknown;
  readonly before: unknown;
}
type Check = (given: Given) => unknown;

const KEY_BYTES = 32;
const KEY_CHARACTERS = 40;

const checks: Record<OptionKind, Check> = {
  int(given) {
    const { min = -INT_MAX, max = INT_MAX } = given.row;
    // -0.5 is 0, and not -0.
    const value = Math.trunc(requireNumber(given)) + 0;
    if (!Number.isFinite(value) || value < min || value > max)
      throw outOfRange(given, `a whole number from ${min} to ${max}`);
    return value;
  },
  mask(given) {
    const value = requireNumber(given);
    if (!(value >= 0 && value <= UINT64_MAX)) throw outOfRange(given, 'a mask of 64 bits, from 0 to 2 ** 64');
    if (value > Number.MAX_SAFE_INTEGER) {
      process.emitWarning('Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.');
    }
    return Math.trunc(value);
  },
  fraction(given) {
    const value = requireNumber(given);
    if (!(value >= 0 && value <= 1)) throw outOfRange(given, 'a number from 0 to 1');
    return value;
  },
  bool(given) {
    if (typeof given.value !== 'boolean') throw wrongType(given, 'a boolean');
    return given.value;
  },
  text(given) {
    return requireText(given)?.toString() || null;
  },
  name(given) {
    const text = requireText(given);
    return text === null ? null : Buffer.from(text);
  },
  bytes(given) {
    const { value } = given;
    if (value === null || Buffer.isBuffer(value)) return value;
    if (typeof value === 'string') return Buffer.from(value);
    throw wrongType(given, 'a string, a buffer or null');
  },
  key(given) {
    const { value } = given;
    if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value))
      throw wrongType(given, 'a string or buffer');
    const isKey = typeof value === 'string' ? isZ85Key(value) : value?.length === KEY_BYTES;
    if (!isKey) throw outOfRange(given, 'a key of 32 bytes, or of 40 characters of Z85');
    // Its owner may wipe it when it is set.
    return typeof value === 'string' ? value : Buffer.from(value!);
  },
  filters(given) {
    const text = requireText(given);
    if (text === null) return [];
    if (parseIpRange(text.toString()) === undefined)
      throw outOfRange(given, 'an IP address or a network like "10.0.0.0/8", or null');
    return [...(given.before as readonly string[]), text.toString()];
  },
  id(given) {
    if (given.value === null) return null;
    const value = requireNumber(given);
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw outOfRange(given, 'a whole number from 0, or null');
    return Math.trunc(value);
  },
  verbosity(given) {
    const { value } = given;
    if (value === null || value === 'allSubs' || value === 'allSubsUnsubs') return value;
    throw outOfRange(given, 'null, "allSubs" or "allSubsUnsubs"');
  },
  metadata(given) {
    const { value } = given;
    if (typeof value !== 'object' || value === null) throw wrongType(given, 'an object of strings');
    for (const [key, text] of Object.entries(value)) {
      if (!/^X-[\w.+-]{1,253}$/.test(key))
        throw outOfRange({ ...given, value: key }, 'names of at most 255 characters that begin with "X-"');
      if (typeof text !== 'string') throw wrongType({ ...given, value: text }, `a string for ${key}`);
    }
    return { ...value };
  },
};

function isZ85Key(text: string): boolean {
  if (text.length !== KEY_CHARACTERS) return false;
  try {
    decodeZ85(text);
    return true;
  } catch {
    return false;
  }
}

function requireNumber(given: Given): number {
  if (typeof given.value !== 'number') throw wrongType(given, 'a number');
  return given.value;
}

function requireText(given: Given): string | Buffer | null {
  const { value, row } = given;
  const { min = 0, max = Infinity, nullable = false } = row;
  if (value === null && nullable) return null;
  if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value))
    throw wrongType(given, 'a string or buffer');
  const size = value === null ? -1 : Buffer.byteLength(value);
  if (value === null || size < min || size > max)
    throw outOfRange(given, `text of ${min} to ${max} bytes${nullable ? ', or null' : ''}`);
  return value;
}

function wrongType({ name, row, value }: Given, wanted: string): TypeError {
  return new TypeError(`${name} must be ${wanted}, not ${describe(row, value)}`);
}

function outOfRange({ name, row, value }: Given, wanted: string): ZmqError {
  return new ZmqError('EINVAL', `${name} is ${describe(row, value)}; it must be ${wanted}`);
}

function describe({ secret }: ValueRow, value: unknown): string {
  if (secret && value !== null) return 'what it was given';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
