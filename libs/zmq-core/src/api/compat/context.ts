import { ZmqError } from '../../foundation/errors.js';
import { Context as InnerContext, context as innerDefault } from '../context.js';
import { checkBool, checkCount, checkIdentifier, checkNumber, checkOptions } from './arguments.js';
import { asNpmError, attempt } from './failure.js';
import { casts } from './numbers.js';
import { defineAccessors } from './option-accessors.js';
import type { Options } from './types.js';

/** By libzmq's number. It reads one option and writes another one under 3. */
const readable: Readonly<Record<number, keyof InnerContext>> = {
  1: 'ioThreads',
  2: 'maxSockets',
  3: 'maxSocketsLimit',
  5: 'maxMessageSize',
  42: 'ipv6',
  70: 'blocky',
};
const writable: typeof readable = { ...readable, 3: 'threadPriority', 4: 'threadSchedulingPolicy' };

const switches: readonly (keyof InnerContext)[] = ['ipv6', 'blocky'];

let insideOf: (context: Context) => InnerContext;

/** Our context behind one of zeromq.js. Throws a plain error for anything else, as zeromq.js does. */
export function innerContextOf(context: unknown): InnerContext {
  if (!(context instanceof Context)) throw new Error('Invalid argument');
  return insideOf(context);
}

/** What sockets share: the inproc names, limits and defaults. Most programs need only the global `context`. */
export class Context {
  readonly #inner: InnerContext;

  static {
    insideOf = (context) => context.#inner;
  }

  /** @param options any of its options, or a `Context` of `@nest-zmq/core` to be the same as that one */
  constructor(options?: Options<Context> | InnerContext);
  constructor(options?: Options<Context> | InnerContext, ...extra: readonly unknown[]) {
    checkOptions(options);
    checkCount(1, extra);
    this.#inner = options instanceof InnerContext ? options : new InnerContext();
    // So a misspelt option throws.
    Object.seal(this);
    Object.assign(this, options);
  }

  protected getBoolOption(option: number): boolean;
  protected getBoolOption(option: number, ...extra: readonly unknown[]): boolean {
    checkIdentifier(option, extra);
    return this.#read(option) !== 0;
  }

  protected setBoolOption(option: number, value: boolean): void;
  protected setBoolOption(option: number, value: boolean, ...extra: readonly unknown[]): void {
    checkBool(option, value, extra);
    this.#write(option, Number(value));
  }

  protected getInt32Option(option: number): number;
  protected getInt32Option(option: number, ...extra: readonly unknown[]): number {
    checkIdentifier(option, extra);
    return this.#read(option);
  }

  protected setInt32Option(option: number, value: number): void;
  protected setInt32Option(option: number, value: number, ...extra: readonly unknown[]): void {
    checkNumber(option, value, extra);
    this.#write(option, casts.int32(value));
  }

  #read(option: number): number {
    const name = readable[option];
    if (name === undefined) throw unknownOption(option);
    return Number(this.#inner[name]);
  }

  #write(option: number, value: number): void {
    const name = writable[option];
    if (name === undefined) throw unknownOption(option);
    // Of a switch, libzmq takes every number but the negative ones.
    const given = switches.includes(name) && value >= 0 ? value !== 0 : value;
    attempt(() => Object.assign(this.#inner, { [name]: given }));
  }
}

export interface Context {
  /** ZMQ_IO_THREADS: without effect, all sockets share the event loop. Default 1. */
  ioThreads: number;
  /** ZMQ_MAX_SOCKETS: how many sockets may be open at once, at least 1. Default 1023. */
  maxSockets: number;
  /** ZMQ_SOCKET_LIMIT: the largest value of `maxSockets`, 65535. */
  readonly maxSocketsLimit: number;
  /** ZMQ_THREAD_PRIORITY: without effect. */
  threadPriority: number;
  /** ZMQ_THREAD_SCHED_POLICY: without effect. */
  threadSchedulingPolicy: number;
  /** ZMQ_MAX_MSGSZ: the largest message that sockets accept, in bytes. Default 2147483647. */
  maxMessageSize: number;
  /** ZMQ_IPV6: what `ipv6` of new sockets is. Default false. */
  ipv6: boolean;
  /** ZMQ_BLOCKY: when false, `linger` of new sockets is 0. Default true. */
  blocky: boolean;
}

defineAccessors(Context.prototype, [
  { name: 'ioThreads', id: 1, type: 'Int32' },
  { name: 'maxSockets', id: 2, type: 'Int32' },
  { name: 'maxSocketsLimit', id: 3, type: 'Int32', access: 'read-only' },
  { name: 'threadPriority', id: 3, type: 'Int32', access: 'write-only' },
  { name: 'threadSchedulingPolicy', id: 4, type: 'Int32', access: 'write-only' },
  { name: 'maxMessageSize', id: 5, type: 'Int32' },
  { name: 'ipv6', id: 42, type: 'Bool' },
  { name: 'blocky', id: 70, type: 'Bool' },
]);

/** The context of sockets that are made without one: the same as that of `@nest-zmq/core`. */
export const context = new Context(innerDefault);

function unknownOption(option: number): unknown {
  return asNpmError(new ZmqError('EINVAL', `a context has no option ${option}`));
}
