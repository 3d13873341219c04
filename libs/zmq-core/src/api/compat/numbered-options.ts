import { ZmqError } from '../../foundation/errors.js';
import { type OptionName, optionById, rowOf } from '../../socket/option-table.js';
import type { SocketCore } from '../../socket/socket-core.js';
import { readOption, writeOption } from '../options.js';
import { casts, type NumberType, reinterpret } from './numbers.js';
import {
  type ConnectAs,
  type CType,
  type CValue,
  invalid,
  type SpecialOption,
  specialOptions,
  toBool,
} from './special-options.js';

/*
 * Options by libzmq's number and as one of C's types, the way zeromq.js reaches them.
 * libzmq keeps most options for every socket type, also where they mean nothing, and so
 * does this. All functions throw ENOTSOCK for a closed socket, and EINVAL for an unknown
 * number, for a type that is not the option's, and for a value out of range.
 */

/** Any other option is kept by sockets of all types. */
const ofSomeTypesOnly: readonly OptionName[] = [
  'correlate',
  'handover',
  'lastValue',
  'mandatory',
  'manual',
  'noDrop',
  'notify',
  'onlyFirstSubscribe',
  'probeRouter',
  'relaxed',
  'routerNotify',
  'verboseUnsubscribe',
  'welcomeMessage',
];

/** libzmq has them only where it was built with VMCI. */
const vmci: readonly OptionName[] = ['vmciBufferSize', 'vmciBufferMinSize', 'vmciBufferMaxSize', 'vmciConnectTimeout'];

const sizes = { int32: 'int32', uint32: 'int32', int64: 'int64', uint64: 'int64' } as const;

export function readNumber(core: SocketCore, id: number, type: NumberType): number {
  return reinterpret[type](Number(read(core, id, sizes[type])));
}

export function writeNumber(core: SocketCore, id: number, value: number, type: NumberType, connectAs: ConnectAs): void {
  const size = sizes[type];
  write(core, id, reinterpret[size](casts[type](value)), size, connectAs);
}

/** Text ends at its first NUL, and an empty one is `null`. */
export function readText(core: SocketCore, id: number): string | null {
  const text = read(core, id, 'bytes') as string | null;
  return text?.split('\0', 1)[0] || null;
}

export function writeText(core: SocketCore, id: number, value: Buffer | string | null, connectAs: ConnectAs): void {
  write(core, id, value, 'bytes', connectAs);
}

function read(core: SocketCore, id: number, type: CType): CValue {
  if (core.closed) throw new ZmqError('ENOTSOCK');
  const special = specialOptions[id];
  if (special !== undefined) {
    if (special.read === undefined || !fits(special, core, type)) throw unreadable(id, type);
    return special.read(core);
  }
  const name = nameOf(id);
  const { kind, access } = rowOf(name);
  // zeromq.js has no getter for `conflate`, but libzmq tells it.
  const told = (access !== 'write-only' || name === 'conflate') && kind !== 'key';
  if (!told || typeOf(name) !== type) throw unreadable(id, type);
  const value = readOption(core, name) as CValue | boolean;
  return typeof value === 'boolean' ? Number(value) : value;
}

function write(core: SocketCore, id: number, value: CValue, type: CType, connectAs: ConnectAs): void {
  if (core.closed) throw new ZmqError('ENOTSOCK');
  const special = specialOptions[id];
  if (special !== undefined) {
    if (special.write === undefined || !fits(special, core, type)) throw unwritable(id, type);
    special.write(core, value, connectAs);
    return;
  }
  const name = nameOf(id);
  const { on, kind } = rowOf(name);
  const bound = ofSomeTypesOnly.includes(name);
  if ((bound && !on.includes(core.type)) || typeOf(name) !== type) throw unwritable(id, type);
  if (kind === 'bool') writeOption(core, name, toBool(value, bound && name !== 'notify'));
  else if (kind === 'mask') writeOption(core, name, reinterpret.uint64(value as number));
  else if (name === 'maxMessageSize') writeOption(core, name, toMaxMessageSize(value as number));
  else writeOption(core, name, value);
}

function fits(special: SpecialOption, core: SocketCore, type: CType): boolean {
  return special.type === type && (special.on === undefined || special.on.includes(core.type));
}

/** libzmq takes any number: the negative ones mean no limit. */
function toMaxMessageSize(value: number): number {
  return Math.max(-1, Math.min(value, Number.MAX_SAFE_INTEGER));
}

function nameOf(id: number): OptionName {
  const name = id > 0 ? optionById(id) : undefined;
  if (name === undefined || vmci.includes(name)) throw invalid(`there is no option ${id}`);
  return name;
}

function typeOf(name: OptionName): CType | undefined {
  switch (rowOf(name).kind) {
    case 'int':
      return name === 'maxMessageSize' ? 'int64' : 'int32';
    case 'bool':
    case 'id':
      return 'int32';
    case 'mask':
      return 'int64';
    case 'text':
    case 'name':
    case 'bytes':
    case 'key':
    case 'filters':
      return 'bytes';
    // In `specialOptions`, or not libzmq's at all.
    case 'verbosity':
    case 'metadata':
    case 'fraction':
      return undefined;
  }
}

function unreadable(id: number, type: CType): ZmqError {
  return invalid(`option ${id} cannot be read as ${type}`);
}

function unwritable(id: number, type: CType): ZmqError {
  return invalid(`option ${id} cannot be set as ${type} on a socket of this type`);
}
