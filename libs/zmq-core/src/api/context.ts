import type { Clock } from '../foundation/clock.js';
import type { RandomSource } from '../foundation/random.js';
import { ZmqError } from '../foundation/errors.js';
import { CryptoLoader } from '../crypto/crypto-loader.js';
import type { CryptoSource } from '../mechanism/crypto-backend.js';
import { type ContextOptionName, contextOptionNames, contextRowOf } from '../socket/context-option-table.js';
import type { Authenticator } from '../mechanism/authenticator.js';
import { ContextCore } from '../socket/context-core.js';
import { checkValue } from '../socket/option-check.js';
import { warnOfNoEffect } from '../socket/option-warnings.js';
import type { Transport } from '../transport/transport.js';
import { defaultTransports } from '../transports/default-transports.js';
import { ZapClient } from '../zap/zap-client.js';

/** Parts of a context that tests and plug-ins hand in. */
export interface ContextParts {
  /** Default: the system's monotonic clock. */
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** In place of the built-in tcp, ipc and inproc. */
  readonly transports?: readonly Transport[];
  /** Decides who may connect. Default: asks the ZAP handler of the context, the socket that is bound to `inproc://zeromq.zap.01` (see `Authenticator`). */
  readonly authenticator?: Authenticator;
  /** Where CURVE gets its library. Default: libsodium as WebAssembly, with `sodium-native` where that is installed. */
  readonly crypto?: CryptoSource;
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

/**
 * The sockets of one context share the inproc names and limits; a process may have as
 * many contexts as it likes. `context` is the default one.
 *
 * Open sockets do not keep the process alive; whoever waits does. When the program has
 * nothing left to do, all sockets are closed with their `linger`, and the process ends
 * when nothing is left to deliver. (`process.exit()` waits for nothing.)
 */
export class Context {
  constructor(options: ContextOptions = {}, parts: ContextParts = {}) {
    if (typeof options !== 'object' || options === null) throw new TypeError('Options must be an object');
    const {
      transports = defaultTransports(),
      authenticator = new ZapClient(transports),
      crypto = new CryptoLoader(),
    } = parts;
    cores.set(this, new ContextCore({ ...parts, transports, authenticator, crypto }));
    Object.seal(this);
    Object.assign(this, options);
  }

  /** How many sockets are open. */
  get sockets(): number {
    return coreOfContext(this).sockets;
  }

  /**
   * Ends all waiting at once: every pending `send`, `receive`, `untilWritable` and
   * `events.receive` rejects with ETERM, `for await` loops end, sinks are called no more.
   * From then on its sockets can only be closed (set their `linger` before, if need be),
   * and a new one throws ETERM. Connections stay, and what was sent goes out, until they
   * are closed. Idempotent. libzmq's `zmq_ctx_shutdown`.
   */
  shutdown(): void {
    coreOfContext(this).shutdown();
  }

  /**
   * `shutdown`, then closes every socket of the context, and resolves when what they had
   * sent is delivered or their `linger` is over; with the default `linger` that may take
   * for ever. Keeps the process alive until then. Idempotent.
   *
   * libzmq's `zmq_ctx_term` waits for the program to close its sockets. In one event loop
   * a forgotten one would be waited for in vain, so here they are closed.
   */
  terminate(): Promise<void> {
    return coreOfContext(this).terminate();
  }

  /** `await using context = new Context()`: `terminate` at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  /**
   * Whether an endpoint can be bound at all, without binding: as `checkConnect`. Whether it is free only `bind` can tell.
   * @throws ZmqError EINVAL, EPROTONOSUPPORT, ENODEV, ENAMETOOLONG, as `bind`
   */
  checkBind(endpoint: string): void {
    coreOfContext(this).checkBind(endpoint);
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
