import { ZmqError } from '../foundation/errors.js';
import { type SocketTypeName } from '../foundation/socket-type.js';
import {
  checkOption,
  type OptionName,
  optionNames,
  type optionTable,
  type OptionValue,
  rowOf,
} from '../socket/option-table.js';
import type { SocketCore } from '../socket/socket-core.js';
import type { Context } from './context.js';
import { coreOf, type Socket } from './socket.js';

type Table = typeof optionTable;

/** The options that a socket type has, as properties. */
export type OptionsOf<Type extends SocketTypeName> = {
  [Name in OptionName as Type extends Table[Name]['on'][number] ? Name : never]: OptionValue<Name>;
};

/** The argument of a socket's constructor. */
export type SocketOptions<Type extends SocketTypeName> = Partial<OptionsOf<Type>> & {
  /** Default: the global `context`. */
  context?: Context;
};

/** Gives a class the accessors of its type's options. */
export function defineOptions(socketClass: { readonly prototype: Socket }, type: SocketTypeName): void {
  for (const name of optionNames) if (rowOf(name).on.includes(type)) defineOption(socketClass.prototype, name);
}

function defineOption(prototype: Socket, name: OptionName): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: Socket) {
      return openCoreOf(this).options[name];
    },
    set(this: Socket, value: unknown) {
      const core = openCoreOf(this);
      const checked = checkOption(name, value);
      if (core.endpoints.count > 0 && rowOf(name).live !== true) {
        process.emitWarning('Socket option will not take effect until next connect/bind.');
      }
      core.setOption(name, checked as never);
    },
  });
}

/** A closed socket has no options any more (zeromq.js: ENOTSOCK). */
function openCoreOf(socket: Socket): SocketCore {
  const core = coreOf(socket);
  if (core.closed) throw new ZmqError('ENOTSOCK', 'the socket is closed');
  return core;
}
