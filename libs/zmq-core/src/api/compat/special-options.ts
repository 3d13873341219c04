import { ZmqError } from '../../foundation/errors.js';
import type { SocketTypeName } from '../../foundation/socket-type.js';
import { readOnlyOptions } from '../../socket/read-only-options.js';
import type { SocketCore } from '../../socket/socket-core.js';
import { subscribe, unsubscribe } from '../../socket/subscriptions.js';
import { readOption, writeOption } from '../options.js';

/** A value as it is in C: a number of 32 or 64 bits, or bytes. */
export type CType = 'int32' | 'int64' | 'bytes';
export type CValue = number | Buffer | string | null;

/** What is not simply one option of the table. */
export interface SpecialOption {
  readonly type: CType;
  readonly on?: readonly SocketTypeName[];
  read?(core: SocketCore): CValue;
  write?(core: SocketCore, value: CValue, connectAs: ConnectAs): void;
}

/** Where the name for the next `connect` waits. */
export interface ConnectAs {
  routingId: Buffer | undefined;
}

const mechanisms: readonly (string | null)[] = [null, 'plain', 'curve', 'gssapi'];

/** By libzmq's number. */
export const specialOptions: Readonly<Record<number, SpecialOption>> = {
  // On an XPUB with `manual` they are of the peer whose subscription was received last.
  6: { type: 'bytes', on: ['SUB', 'XPUB'], write: (core, topic) => subscribe(core, [toBytes(topic)]) },
  7: { type: 'bytes', on: ['SUB', 'XPUB'], write: (core, topic) => unsubscribe(core, [toBytes(topic)]) },
  // ZMQ_RCVMORE: nobody has read half a message here.
  13: { type: 'int32', read: () => 0 },
  // ZMQ_EVENTS
  15: { type: 'int32', read: ({ pattern }) => Number(pattern.canReceive()) + 2 * Number(pattern.canSend()) },
  16: { type: 'int32', read: readOnlyOptions.type },
  // ZMQ_IPV4ONLY, the contrary of ZMQ_IPV6
  31: {
    type: 'int32',
    read: (core) => Number(!core.options.ipv6),
    write: (core, value) => writeOption(core, 'ipv6', !toBool(value)),
  },
  32: { type: 'bytes', read: readOnlyOptions.lastEndpoint },
  // ZMQ_XPUB_VERBOSE and 78, ZMQ_XPUB_VERBOSER: one option here
  40: {
    type: 'int32',
    on: ['XPUB'],
    write: (core, value) => setVerbosity(core, toBool(value, true) ? 'allSubs' : null),
  },
  43: { type: 'int32', read: (core) => mechanisms.indexOf(readOnlyOptions.securityMechanism(core)) },
  48: { type: 'bytes', write: (core, key) => writeOption(core, 'curvePublicKey', asKey(key)) },
  49: { type: 'bytes', write: (core, key) => writeOption(core, 'curveSecretKey', asKey(key)) },
  50: { type: 'bytes', write: (core, key) => writeOption(core, 'curveServerKey', asKey(key)) },
  61: { type: 'bytes', on: ['ROUTER', 'STREAM'], write: nameNextPeer },
  78: {
    type: 'int32',
    on: ['XPUB'],
    write: (core, value) => setVerbosity(core, toBool(value, true) ? 'allSubsUnsubs' : null),
  },
  81: { type: 'int32', read: (core) => Number(readOnlyOptions.threadSafe(core)) },
  // ZMQ_ZAP_ENFORCE_DOMAIN: all but 0 is on
  93: {
    type: 'int32',
    read: (core) => Number(readOption(core, 'zapEnforceDomain')),
    write: (core, value) => writeOption(core, 'zapEnforceDomain', Number(value) !== 0),
  },
  95: { type: 'bytes', write: addMetadata },
  116: { type: 'int32', on: ['PUB', 'XPUB', 'SUB', 'XSUB'], read: readOnlyOptions.topicsCount },
};

export function invalid(detail: string): ZmqError {
  return new ZmqError('EINVAL', detail);
}

/** A switch as a number: 0 and 1, or with `lenient` as libzmq takes it where only one type has it. */
export function toBool(value: CValue, lenient = false): boolean {
  if (value === 0 || value === 1) return value === 1;
  if (lenient && Number(value) > 0) return true;
  throw invalid(`a switch is ${String(value)}; it must be 0 or 1`);
}

export function toBytes(value: CValue): Buffer {
  if (value === null) return Buffer.alloc(0);
  return typeof value === 'object' ? value : Buffer.from(String(value));
}

const Z85_KEY_SIZE = 40;

/** libzmq knows a key by its size, and takes Z85 as bytes too. */
function asKey(value: CValue): CValue {
  return Buffer.isBuffer(value) && value.length === Z85_KEY_SIZE ? value.toString('latin1') : value;
}

function setVerbosity(core: SocketCore, value: 'allSubs' | 'allSubsUnsubs' | null): void {
  writeOption(core, 'verbosity', value);
}

function nameNextPeer(_core: SocketCore, value: CValue, connectAs: ConnectAs): void {
  const routingId = toBytes(value);
  if (routingId.length === 0) throw invalid('an empty routing id for the next connect; it must have 1 to 255 bytes');
  connectAs.routingId = routingId;
}

/** ZMQ_METADATA: `X-name:value`, one more with each write. */
function addMetadata(core: SocketCore, value: CValue): void {
  const text = toBytes(value).toString();
  const colon = text.indexOf(':');
  if (colon < 0) throw invalid('metadata must be "X-name:value"');
  const before = readOption(core, 'metadata') as Record<string, string>;
  writeOption(core, 'metadata', { ...before, [text.slice(0, colon)]: text.slice(colon + 1) });
}
