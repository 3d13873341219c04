import type { Clock } from '../foundation/clock.js';
import type { RandomSource } from '../foundation/random.js';
import { ZmqError } from '../foundation/errors.js';
import { ContextCore } from '../socket/context-core.js';
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

export interface ContextOptions {
  /** How many sockets may be open at once, at least 1. Default 1023. */
  maxSockets?: number;
  /** The largest message, in bytes, that sockets without a `maxMessageSize` accept. Default 2147483647. */
  maxMessageSize?: number;
  /** What `ipv6` of new sockets is. Default false. */
  ipv6?: boolean;
  /** Default true. When false, `linger` of new sockets is 0. */
  blocky?: boolean;
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

  get maxSockets(): number {
    return coreOfContext(this).maxSockets;
  }
  set maxSockets(value: number) {
    coreOfContext(this).maxSockets = wholeNumber('maxSockets', value, 1);
  }

  get maxMessageSize(): number {
    return coreOfContext(this).maxMessageSize;
  }
  set maxMessageSize(value: number) {
    coreOfContext(this).maxMessageSize = wholeNumber('maxMessageSize', value, 0);
  }

  get ipv6(): boolean {
    return coreOfContext(this).ipv6;
  }
  set ipv6(value: boolean) {
    coreOfContext(this).ipv6 = value;
  }

  get blocky(): boolean {
    return coreOfContext(this).blocky;
  }
  set blocky(value: boolean) {
    coreOfContext(this).blocky = value;
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

/** A context with parts of your own: a clock that tests hold still, a transport of yours. */
export function createContext(parts: ContextParts, options: ContextOptions = {}): Context {
  return new Context(options, parts);
}

/** The context of sockets that are made without one. The only global of this library. */
export const context = new Context();

function wholeNumber(name: string, value: number, min: number): number {
  if (!Number.isInteger(value) || value < min)
    throw new ZmqError('EINVAL', `${name} is ${value}; it must be a whole number from ${min} on`);
  return value;
}
