import { ZmqError } from '../foundation/errors.js';
import type { SocketTypeName } from '../foundation/socket-type.js';

/**
 * Every socket option: its name, libzmq's number, type, range, default, and the
 * socket types that have it. The only copy: the accessors of the socket classes,
 * their TypeScript types and the check of a value all come from here.
 */

const everySocket = [
  'PAIR',
  'PUB',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'PUSH',
  'XPUB',
  'XSUB',
] as const satisfies readonly SocketTypeName[];
const sending = [
  'PAIR',
  'PUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PUSH',
  'XPUB',
  'XSUB',
] as const satisfies readonly SocketTypeName[];
const receiving = [
  'PAIR',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'XPUB',
  'XSUB',
] as const satisfies readonly SocketTypeName[];

interface Kinds {
  int: number;
  bool: boolean;
  /** 1–255 bytes of text, or `null` for none. */
  text: string | null;
  bytes: Buffer | string | null;
  fraction: number;
  verbosity: 'allSubs' | 'allSubsUnsubs' | null;
  metadata: Readonly<Record<string, string>>;
}
type Kind = keyof Kinds;

interface OptionRow {
  /** libzmq's number; negative for options that are ours. */
  readonly id: number;
  readonly kind: Kind;
  readonly initial: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly on: readonly SocketTypeName[];
  /** Takes effect on connections that are there already. All others count for later binds and connects only. */
  readonly live?: true;
}

const INT_MAX = 2147483647;

export const optionTable = {
  backlog: { id: 19, kind: 'int', initial: 100, min: 0, on: everySocket },
  connectTimeout: { id: 79, kind: 'int', initial: 0, min: 0, on: everySocket },
  handshakeInterval: { id: 66, kind: 'int', initial: 30000, min: 0, on: everySocket },
  heartbeatInterval: { id: 75, kind: 'int', initial: 0, min: 0, on: everySocket },
  heartbeatTimeout: { id: 77, kind: 'int', initial: -1, min: 0, on: everySocket },
  heartbeatTimeToLive: { id: 76, kind: 'int', initial: 0, min: 0, max: 6553599, on: everySocket },
  immediate: { id: 39, kind: 'bool', initial: false, on: everySocket },
  ipv6: { id: 42, kind: 'bool', initial: false, on: everySocket },
  linger: { id: 17, kind: 'int', initial: -1, min: -1, on: everySocket, live: true },
  maxConnections: { id: -1, kind: 'int', initial: 65535, min: 1, on: everySocket },
  maxFramesPerMessage: { id: -2, kind: 'int', initial: 16384, min: 1, on: everySocket },
  maxHandshakes: { id: -3, kind: 'int', initial: 1024, min: 1, on: everySocket },
  maxMessageSize: { id: 22, kind: 'int', initial: -1, min: -1, max: Number.MAX_SAFE_INTEGER, on: everySocket },
  metadata: { id: 95, kind: 'metadata', initial: {}, on: everySocket },
  reconnectAfterRefusal: { id: -4, kind: 'bool', initial: false, on: everySocket },
  reconnectInterval: { id: 18, kind: 'int', initial: 100, min: -1, on: everySocket },
  reconnectJitter: { id: -5, kind: 'fraction', initial: 0, on: everySocket },
  reconnectMaxInterval: { id: 21, kind: 'int', initial: 0, min: 0, on: everySocket },
  tcpKeepalive: { id: 34, kind: 'int', initial: -1, min: -1, max: 1, on: everySocket },
  tcpKeepaliveIdle: { id: 36, kind: 'int', initial: -1, min: -1, on: everySocket },

  sendHighWaterMark: { id: 23, kind: 'int', initial: 1000, min: 0, on: sending, live: true },
  sendHighWaterMarkBytes: { id: -6, kind: 'int', initial: 0, min: 0, max: Number.MAX_SAFE_INTEGER, on: sending },
  sendTimeout: { id: 28, kind: 'int', initial: -1, min: -1, on: sending, live: true },
  receiveHighWaterMark: { id: 24, kind: 'int', initial: 1000, min: 0, on: receiving, live: true },
  receiveHighWaterMarkBytes: { id: -7, kind: 'int', initial: 0, min: 0, max: Number.MAX_SAFE_INTEGER, on: receiving },
  receiveTimeout: { id: 27, kind: 'int', initial: -1, min: -1, on: receiving, live: true },

  conflate: { id: 54, kind: 'bool', initial: false, on: ['PULL', 'PUSH', 'SUB', 'PUB', 'DEALER'] },
  correlate: { id: 52, kind: 'bool', initial: false, on: ['REQ'], live: true },
  handover: { id: 56, kind: 'bool', initial: false, on: ['ROUTER'], live: true },
  invertMatching: { id: 74, kind: 'bool', initial: false, on: ['PUB', 'SUB', 'XPUB', 'XSUB'] },
  mandatory: { id: 33, kind: 'bool', initial: false, on: ['ROUTER'], live: true },
  manual: { id: 71, kind: 'bool', initial: false, on: ['XPUB'] },
  maxSubscriptionBytes: { id: -8, kind: 'int', initial: 64 * 1024 * 1024, min: 0, on: ['PUB', 'XPUB'] },
  maxSubscriptions: { id: -9, kind: 'int', initial: 250000, min: 0, on: ['PUB', 'XPUB'] },
  noDrop: { id: 69, kind: 'bool', initial: false, on: ['XPUB', 'PUB'] },
  probeRouter: { id: 51, kind: 'bool', initial: false, on: ['ROUTER', 'DEALER', 'REQ'], live: true },
  relaxed: { id: 53, kind: 'bool', initial: false, on: ['REQ'], live: true },
  routingId: { id: 5, kind: 'text', initial: null, on: ['REQ', 'REP', 'ROUTER', 'DEALER'] },
  verbosity: { id: 40, kind: 'verbosity', initial: null, on: ['XPUB'], live: true },
  welcomeMessage: { id: 72, kind: 'bytes', initial: null, on: ['XPUB'] },
} as const satisfies Record<string, OptionRow>;

type Table = typeof optionTable;
export type OptionName = keyof Table;
export type OptionValue<Name extends OptionName> = Kinds[Table[Name]['kind']];

/** What is kept of a value: bytes are always a buffer. */
type StoredValue<Name extends OptionName> = Table[Name]['kind'] extends 'bytes' ? Buffer | null : OptionValue<Name>;

/** All options with their values, whatever the socket type. */
export type OptionValues = { [Name in OptionName]: StoredValue<Name> };

export const optionNames = Object.keys(optionTable) as OptionName[];

export function rowOf(name: OptionName): OptionRow {
  return optionTable[name];
}

/** libzmq gives these three no linger: what nobody subscribed to is not worth waiting for. */
const withoutLinger: readonly SocketTypeName[] = ['SUB', 'XSUB'];

const initialValues = Object.fromEntries(
  optionNames.map((name) => [name, optionTable[name].initial]),
) as unknown as OptionValues;

export function defaultOptions(type: SocketTypeName): OptionValues {
  const values = { ...initialValues };
  if (withoutLinger.includes(type)) values.linger = 0;
  return values;
}

/** Throws a `TypeError` for a wrong type and EINVAL for a value out of range, naming option, value and what is allowed. */
export function checkOption(name: OptionName, value: unknown): unknown {
  const row = rowOf(name);
  return checks[row.kind](name, value, row);
}

type Check = (name: OptionName, value: unknown, row: OptionRow) => unknown;

const checks: Record<Kind, Check> = {
  int(name, value, { min = -INT_MAX, max = INT_MAX }) {
    if (typeof value !== 'number') throw wrongType(name, value, 'a number');
    if (!Number.isFinite(value) || value < min || value > max)
      throw outOfRange(name, value, `a whole number from ${min} to ${max}`);
    const whole = Math.trunc(value);
    // The wire carries tenths of a second.
    return name === 'heartbeatTimeToLive' ? whole - (whole % 100) : whole;
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
  text(name, value) {
    if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value))
      throw wrongType(name, value, 'a string or buffer');
    const size = value === null ? 0 : Buffer.byteLength(value);
    if (value === null || size < 1 || size > 255) throw outOfRange(name, value, 'text of 1 to 255 bytes');
    return value.toString();
  },
  bytes(name, value) {
    if (value === null || Buffer.isBuffer(value)) return value;
    if (typeof value === 'string') return Buffer.from(value);
    throw wrongType(name, value, 'a string, a buffer or null');
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

function wrongType(name: OptionName, value: unknown, wanted: string): TypeError {
  return new TypeError(`${name} must be ${wanted}, not ${describe(value)}`);
}

function outOfRange(name: OptionName, value: unknown, wanted: string): ZmqError {
  return new ZmqError('EINVAL', `${name} is ${describe(value)}; it must be ${wanted}`);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
