import { ZmqError } from '../foundation/errors.js';
import type { OptionKind, OptionRow } from './option-row.js';
import { type OptionName, rowOf } from './option-table.js';

const INT_MAX = 2147483647;
const UINT64_MAX = 2 ** 64;

/**
 * What is to be kept of a value.
 * @param before what is kept now
 * @throws a `TypeError` for a wrong type; a `ZmqError` EINVAL for a value out of range,
 *   ENOTSUP for what cannot be had here. The text names option, value and what is allowed.
 */
export function checkOption(name: OptionName, value: unknown, before: unknown): unknown {
  const row = rowOf(name);
  const kept = checks[row.kind](name, value, row, before);
  if (row.effect?.kind === 'refused' && kept !== row.initial) {
    throw new ZmqError('ENOTSUP', `${name} cannot be ${describe(name, value)}: ${row.effect.reason}`);
  }
  return kept;
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

type Check = (name: OptionName, value: unknown, row: OptionRow, before: unknown) => unknown;

const z85Key = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;

const checks: Record<OptionKind, Check> = {
  int(name, value, { min = -INT_MAX, max = INT_MAX }) {
    if (typeof value !== 'number') throw wrongType(name, value, 'a number');
    if (!Number.isFinite(value) || value < min || value > max)
      throw outOfRange(name, value, `a whole number from ${min} to ${max}`);
    const whole = Math.trunc(value);
    // The wire carries tenths of a second.
    return name === 'heartbeatTimeToLive' ? whole - (whole % 100) : whole;
  },
  mask(name, value) {
    if (typeof value !== 'number') throw wrongType(name, value, 'a number');
    if (!(value >= 0 && value <= UINT64_MAX)) throw outOfRange(name, value, 'a mask of 64 bits, from 0 to 2 ** 64');
    if (value > Number.MAX_SAFE_INTEGER) {
      process.emitWarning('Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.');
    }
    return Math.trunc(value);
  },
  fraction(name, value) {
    if (typeof value !== 'number') throw wrongType(name, value, 'a number');
    if (!(value >= 0 && value <= 1)) throw outOfRange(name, value, 'a number from 0 to 1');
    return value;
  },
  bool(name, value) {
    if (typeof value !== 'boolean') throw wrongType(name, value, 'a boolean');
    return value;
  },
  text(name, value, row) {
    return checkText(name, value, row)?.toString() ?? null;
  },
  name(name, value, row) {
    const text = checkText(name, value, row);
    return text === null ? null : Buffer.from(text);
  },
  bytes(name, value) {
    if (value === null || Buffer.isBuffer(value)) return value;
    if (typeof value === 'string') return Buffer.from(value);
    throw wrongType(name, value, 'a string, a buffer or null');
  },
  key(name, value) {
    if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value))
      throw wrongType(name, value, 'a string or buffer');
    const fits = typeof value === 'string' ? z85Key.test(value) : value?.length === 32;
    if (!fits) throw outOfRange(name, value, 'a key of 32 bytes, or of 40 characters of Z85');
    return value;
  },
  filters(name, value, row, before) {
    const text = checkText(name, value, { ...row, min: 1, nullable: true });
    return text === null ? [] : [...(before as readonly string[]), text.toString()];
  },
  id(name, value) {
    if (value === null) return value;
    if (typeof value !== 'number') throw wrongType(name, value, 'a number or null');
    if (!(value >= 0 && value <= UINT64_MAX)) throw outOfRange(name, value, 'a whole number from 0, or null');
    return Math.trunc(value);
  },
  verbosity(name, value) {
    if (value === null || value === 'allSubs' || value === 'allSubsUnsubs') return value;
    throw outOfRange(name, value, 'null, "allSubs" or "allSubsUnsubs"');
  },
  metadata(name, value) {
    if (typeof value !== 'object' || value === null) throw wrongType(name, value, 'an object of strings');
    for (const [key, text] of Object.entries(value)) {
      if (!/^X-[\w.+-]{1,253}$/.test(key))
        throw outOfRange(name, key, 'names of at most 255 characters that begin with "X-"');
      if (typeof text !== 'string') throw wrongType(name, text, `a string for ${key}`);
    }
    return { ...value };
  },
};

function checkText(name: OptionName, value: unknown, { min = 0, max, nullable }: OptionRow): string | Buffer | null {
  if (value === null && nullable) return null;
  if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value))
    throw wrongType(name, value, 'a string or buffer');
  const size = value === null ? -1 : Buffer.byteLength(value);
  if (value === null || size < min || size > (max ?? Infinity)) {
    const range = max === undefined ? `at least ${min} byte` : `${min} to ${max} bytes`;
    throw outOfRange(name, value, `text of ${range}${nullable ? ', or null' : ''}`);
  }
  return value;
}

function wrongType(name: OptionName, value: unknown, wanted: string): TypeError {
  return new TypeError(`${name} must be ${wanted}, not ${describe(name, value)}`);
}

function outOfRange(name: OptionName, value: unknown, wanted: string): ZmqError {
  return new ZmqError('EINVAL', `${name} is ${describe(name, value)}; it must be ${wanted}`);
}

function describe(name: OptionName, value: unknown): string {
  if (rowOf(name).secret && value !== null) return 'what it was given';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
