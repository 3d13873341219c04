import { ZmqError } from '../foundation/errors.js';
import { type SocketTypeName } from '../foundation/socket-type.js';
import { checkOption, showOption } from '../socket/option-check.js';
import {
  type OptionName,
  optionNames,
  type optionTable,
  type OptionValue,
  type ReadOnlyOptionName,
  readOnlyOptionNames,
  readOnlyTable,
  rowOf,
} from '../socket/option-table.js';
import { warnOfNoEffect } from '../socket/option-warnings.js';
import { readOnlyOptions, type ReadOnlyOptionValue } from '../socket/read-only-options.js';
import type { SocketCore } from '../socket/socket-core.js';
import type { Context } from './context.js';
import { coreOf, type Socket } from './socket.js';

type Table = typeof optionTable;
type ReadOnlyTable = typeof readOnlyTable;

type SettableOf<Type extends SocketTypeName> = {
  // `keyof Table`, and not its name: editors then show the comment of the row.
  -readonly [Name in keyof Table as Type extends Table[Name]['on'][number] ? Name : never]: OptionValue<Name>;
};

/** The options that a socket type has, as properties. */
export type OptionsOf<Type extends SocketTypeName> = SettableOf<Type> & {
  readonly [
    Name in ReadOnlyOptionName as Type extends ReadOnlyTable[Name]['on'][number] ? Name : never
  ]: ReadOnlyOptionValue<Name>;
};

/** A class of sockets, whatever its options. */
export interface SocketClass {
  new (options?: { context?: Context }): Socket;
  readonly prototype: Socket;
}

/** The argument of a socket's constructor. */
export type SocketOptions<Type extends SocketTypeName> = Partial<SettableOf<Type>> & {
  /** Default: the global `context`. */
  context?: Context;
};

/** Gives a class the accessors of its type's options. */
export function defineOptions(socketClass: { readonly prototype: Socket }, type: SocketTypeName): void {
  const { prototype } = socketClass;
  for (const name of optionNames) if (rowOf(name).on.includes(type)) defineOption(prototype, name);
  for (const name of readOnlyOptionNames) {
    const on: readonly SocketTypeName[] = readOnlyTable[name].on;
    // Those that every socket has are members of `Socket`.
    if (on.includes(type) && !(name in prototype)) defineReadOnly(prototype, name);
  }
}

function defineOption(prototype: Socket, name: OptionName): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: Socket) {
      return readOption(coreOf(this), name);
    },
    set(this: Socket, value: unknown) {
      writeOption(coreOf(this), name, value);
    },
  });
}

/** Also of an option that the socket's type does not have: its default then, or what was written. */
export function readOption(core: SocketCore, name: OptionName): unknown {
  assertOpen(core);
  return showOption(name, core.options[name]);
}

export function writeOption(core: SocketCore, name: OptionName, value: unknown): void {
  assertOpen(core);
  const row = rowOf(name);
  const kept = checkOption(name, value, core.options[name]);
  warnOfNoEffect(`Socket option ${name}`, row, kept);
  if ((core.endpoints.count > 0 || core.blocked) && (!row.live || row.warns)) {
    process.emitWarning('Socket option will not take effect until next connect/bind.');
  }
  core.setOption(name, kept as never);
}

function defineReadOnly(prototype: Socket, name: ReadOnlyOptionName): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: Socket) {
      const core = coreOf(this);
      assertOpen(core);
      return readOnlyOptions[name](core);
    },
  });
}

/** A closed socket has no options any more (zeromq.js: ENOTSOCK). */
function assertOpen(core: SocketCore): void {
  if (core.closed) throw new ZmqError('ENOTSOCK', 'the socket is closed');
}
