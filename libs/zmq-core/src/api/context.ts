import type { Clock } from '../foundation/clock.js';
import type { RandomSource } from '../foundation/random.js';
import { ZmqError } from '../foundation/errors.js';
import { type ContextOptionName, contextOptionNames, contextRowOf } from '../socket/context-option-table.js';
import { ContextCore } from '../socket/context-core.js';
import { checkValue } from '../socket/option-check.js';
import { warnOfNoEffect } from '../socket/option-warnings.js';
import type { Transport } from '../transport/transport.js';
import { defaultTransports } from '../transports/default-transports.js';

/** Parts of a context that tests and plug-ins hand in. */
export interface ContextParts {
  /** Default: the system's monotonic clock. */
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** In place of the built-in tcp, ipc and inproc. */
  readonly transports?: readonly Transport[];
}

/** Checked like the options of sockets: a `TypeError` for a wrong type, EINVAL for a value out of range. */
export interface ContextOptions {
  /** How many threads do the work of the sockets, at least 0. Default 1. Without effect: all sockets share the event loop. */
  ioThreads?: number;
  /** How many sockets may be open at once, at least 1; one more is EMFILE. Default 1023. */
  maxSockets?: number;
  /** The largest message, in bytes, that sockets accept whatever their own `maxMessageSize` says. Default 2147483647. */
  maxMessageSize?: number;
  /** What `ipv6` of new sockets is. Default false. */
  ipv6?: boolean;
  /** Default true. When false, `linger` of new sockets is 0. */
  blocky?: boolean;
  /** Of the I/O threads, at least 0. Default -1: the system's. Without effect, as `ioThreads`. */
  threadPriority?: number;
  /** Of the I/O threads, at least 0. Default -1: the system's. Without effect, as `ioThreads`. */
  threadSchedulingPolicy?: number;
}

const cores = new WeakMap<Context, ContextCore>();

export function coreOfContext(context: unknown): ContextCore {
  const core = cores.get(context as Context);
  if (core === undefined) throw new ZmqError('EINVAL', 'context must be a Context');
  return core;
}

/** The sockets of one context share the inproc names and limits. `context` is the default one. */
export class Context {
  constructor(options: ContextOptions = {}, parts: ContextParts = {}) {
    if (typeof options !== 'object' || options === null) throw new TypeError('Options must be an object');
    cores.set(this, new ContextCore({ ...parts, transports: parts.transports ?? defaultTransports() }));
    Object.seal(this);
    Object.assign(this, options);
  }

  /**
   * Whether an endpoint can be connected to at all, without connecting: for programs
   * that check their configuration at the start.
   * @throws ZmqError what `connect` would throw: EINVAL, EPROTONOSUPPORT, ENODEV, …
   */
  checkConnect(endpoint: string): void {
    coreOfContext(this).checkConnect(endpoint);
  }
}

/** Options are properties: `context.maxSockets = 5000`. */
export interface Context extends Required<ContextOptions> {
  /** The largest value that libzmq allows for `maxSockets`: 65535. */
  readonly maxSocketsLimit: number;
}

for (const name of contextOptionNames) defineOption(name);

function defineOption(name: ContextOptionName): void {
  const row = contextRowOf(name);
  const write = {
    set(this: Context, value: unknown) {
      const { options } = coreOfContext(this);
      const kept = checkValue(name, row, value, options[name]);
      warnOfNoEffect(`Context option ${name}`, row, kept);
      options[name] = kept as never;
    },
  };
  Object.defineProperty(Context.prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: Context) {
      return coreOfContext(this).options[name];
    },
    ...(row.access === 'read-only' ? {} : write),
  });
}

/** A context with parts of your own: a clock that tests hold still, a transport of yours. */
export function createContext(parts: ContextParts, options: ContextOptions = {}): Context {
  return new Context(options, parts);
}

/** The context of sockets that are made without one. The only global of this library. */
export const context = new Context();
