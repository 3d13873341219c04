import { context as defaultContext } from '@nest-zmq/core';
import { listOf } from './channels/socket.options.js';
import { security } from './security/security.options.check.js';
import { ZmqOptionsError } from './zmq.errors.js';
import { meantBy } from './zmq.options.hint.js';
import type {
  ZmqClientOptions,
  ZmqEndpoints,
  ZmqHeartbeatOptions,
  ZmqReconnectOptions,
  ZmqServerOptions,
  ZmqSocketOptions,
} from './zmq.options.js';

/** Throws `ZmqOptionsError` when the value of the option `key` is wrong; never called for `undefined`. */
export type OptionCheck = (key: string, value: unknown) => void;

/** One check for every option of `T`, so that none is forgotten and an unknown one is found. */
export type OptionChecks<T> = { readonly [K in keyof Required<T>]: OptionCheck };

/**
 * Checks all options of an object.
 * @param where put before the key in the message, for example `events.`
 * @throws ZmqOptionsError that names the bad key
 */
export function checkOptions<T>(options: unknown, checks: OptionChecks<T>, where = ''): asserts options is T {
  if (typeof options !== 'object' || options === null) {
    throw new ZmqOptionsError(
      where === '' ? 'options' : where.slice(0, -1),
      `must be an object, not ${shown(options)}`,
    );
  }
  const table = checks as Readonly<Record<string, OptionCheck>>;
  for (const [key, value] of Object.entries(options)) {
    const check = Object.hasOwn(table, key) ? table[key] : undefined;
    if (check === undefined) {
      throw unknownOption(where, key, Object.keys(table));
    }
    if (value !== undefined) check(`${where}${key}`, value);
  }
}

/** A number, whole, from `min` to `max`. */
export function whole(min: number, max = 2 ** 31 - 1): OptionCheck {
  return (key, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new ZmqOptionsError(key, `must be a whole number from ${min} to ${max}, not ${shown(value)}`);
    }
  };
}

export const flag: OptionCheck = (key, value) => {
  if (typeof value !== 'boolean') throw new ZmqOptionsError(key, `must be true or false, not ${shown(value)}`);
};

/** Not for secrets: what is wrong with a value may show it. */
export function text(maxBytes: number): OptionCheck {
  return (key, value) => {
    if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > maxBytes) {
      throw new ZmqOptionsError(key, `must be a string of 1 to ${maxBytes} bytes, not ${shown(value)}`);
    }
  };
}

/** An object with these methods. */
export function having(...methods: string[]): OptionCheck {
  return (key, value) => {
    const found = typeof value === 'object' || typeof value === 'function' ? (value as Record<string, unknown>) : {};
    for (const method of methods) {
      if (typeof found?.[method] !== 'function') {
        throw new ZmqOptionsError(key, `must be an object with the method ${method}(), not ${shown(value)}`);
      }
    }
  };
}

/** What is in them is checked by `assertEndpoints`. */
const addresses: OptionCheck = (key, value) => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new ZmqOptionsError(key, 'must not be an empty list');
  for (const address of list) {
    if (typeof address !== 'string') {
      throw new ZmqOptionsError(key, `must be an address such as 'tcp://127.0.0.1:5555', not ${shown(address)}`);
    }
  }
};

const fraction: OptionCheck = (key, value) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw new ZmqOptionsError(key, `must be from 0 to 1, not ${shown(value)}`);
  }
};

export const anObject: OptionCheck = (key, value) => {
  if (typeof value === 'object' && value !== null) return;
  throw new ZmqOptionsError(key, `must be an object, not ${shown(value)}`);
};

const codec: OptionCheck = (key, value) => {
  if (!Array.isArray(value)) {
    oneCodec(key, value);
    return;
  }
  if (value.length === 0) throw new ZmqOptionsError(key, 'must not be an empty list');
  value.forEach((each, index) => oneCodec(`${key}[${index}]`, each));
};

const oneCodec: OptionCheck = (key, value) => {
  having('encode', 'decode')(key, value);
  text(255)(`${key}.contentType`, (value as { contentType?: unknown }).contentType);
};

const reconnectChecks: OptionChecks<ZmqReconnectOptions> = {
  initialDelay: whole(1),
  maxDelay: whole(1),
  jitter: fraction,
};

const reconnect: OptionCheck = (key, value) => {
  checkOptions<ZmqReconnectOptions>(value, reconnectChecks, `${key}.`);
  const { initialDelay, maxDelay } = value;
  if (initialDelay !== undefined && maxDelay !== undefined && maxDelay < initialDelay) {
    throw new ZmqOptionsError(`${key}.maxDelay`, `must be at least initialDelay (${initialDelay}), not ${maxDelay}`);
  }
};

const heartbeatChecks: OptionChecks<ZmqHeartbeatOptions> = {
  interval: whole(1),
  timeout: whole(1),
};

const heartbeat: OptionCheck = (key, value) => {
  if (value === false) return;
  if (typeof value !== 'object' || value === null) {
    throw new ZmqOptionsError(
      key,
      `must be { interval: 5000, timeout: 10000 } (ms) or false, not ${shown(value)}; leave it out for the defaults`,
    );
  }
  checkOptions(value, heartbeatChecks, `${key}.`);
};

export const endpointChecks: OptionChecks<ZmqEndpoints> = { bind: addresses, connect: addresses };

/** For whatever opens a socket: servers, clients, pools. */
export const socketChecks: OptionChecks<ZmqSocketOptions> = {
  context: having('checkBind', 'checkConnect'),
  peerName: text(255),
  codec,
  sendHighWaterMark: whole(0),
  receiveHighWaterMark: whole(0),
  sendHighWaterMarkBytes: whole(0, Number.MAX_SAFE_INTEGER),
  receiveHighWaterMarkBytes: whole(0, Number.MAX_SAFE_INTEGER),
  maxMessageSize: whole(-1, Number.MAX_SAFE_INTEGER),
  handshakeTimeout: whole(0),
  busyPoll: whole(0),
  reconnect,
  heartbeat,
  security,
  linger: whole(-1),
  clock: having('now', 'setTimer'),
  logger: having('log', 'warn', 'error'),
  metrics: having('watch', 'observe'),
  tracing: having('outgoing', 'incoming'),
};

const events: OptionCheck = (key, value) => {
  checkOptions<ZmqEndpoints>(value, endpointChecks, `${key}.`);
  if (value.bind === undefined && value.connect === undefined)
    throw new ZmqOptionsError(key, "needs 'bind' or 'connect'");
};

const serverChecks: OptionChecks<ZmqServerOptions> = {
  ...endpointChecks,
  ...socketChecks,
  events,
  gracefulShutdown: flag,
  gracePeriod: whole(0),
  maxConcurrency: whole(0),
  maxWaitingCalls: whole(0),
  streamIdleTimeout: whole(0),
  serializer: having('serialize'),
  deserializer: having('deserialize'),
};

const clientChecks: OptionChecks<ZmqClientOptions> = {
  ...endpointChecks,
  ...socketChecks,
  events,
  connectTimeout: whole(1),
  requestTimeout: whole(0),
  deadline: whole(1),
  maxWaiting: whole(0),
  minPeers: whole(0),
  subscribeTimeout: whole(0),
  serializer: having('serialize'),
  deserializer: having('deserialize'),
};

/** @throws ZmqOptionsError */
export function checkServerOptions(options: unknown): asserts options is ZmqServerOptions {
  checkOptions<ZmqServerOptions>(options, serverChecks);
  assertSomewhere(options);
  assertEndpoints({ '': options, 'events.': options.events }, options.context);
}

/** @throws ZmqOptionsError */
export function checkClientOptions(options: unknown): asserts options is ZmqClientOptions {
  checkOptions<ZmqClientOptions>(options, clientChecks);
  assertSomewhere(options);
  assertEndpoints({ '': options, 'events.': options.events }, options.context);
}

function assertSomewhere(options: ZmqEndpoints & { events?: ZmqEndpoints | undefined }): void {
  if (options.bind === undefined && options.connect === undefined && options.events === undefined) {
    throw new ZmqOptionsError('bind', "or 'connect' is needed, or 'events' for a side that only has events");
  }
}

/**
 * A client dials at its first call, and a pool is bound when its module starts: an address that no socket takes must not
 * wait until then. The core knows what one is; its error names no option.
 * @param endpoints by what stands before `bind` and `connect` in the option's name: `''`, `events.`
 * @throws ZmqOptionsError
 */
export function assertEndpoints(
  endpoints: Readonly<Record<string, ZmqEndpoints | undefined>>,
  context = defaultContext,
): void {
  for (const [where, { bind, connect } = {}] of Object.entries(endpoints)) {
    for (const address of listOf(bind)) assertTaken(`${where}bind`, address, () => context.checkBind(address));
    for (const address of listOf(connect)) assertTaken(`${where}connect`, address, () => context.checkConnect(address));
  }
}

function assertTaken(key: string, address: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new ZmqOptionsError(key, `${shown(address)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unknownOption(where: string, key: string, known: readonly string[]): ZmqOptionsError {
  const meant = meantBy(key, known);
  const hint = meant === undefined ? '' : ` did you mean '${where}${meant}'?`;
  return new ZmqOptionsError(`${where}${key}`, `is unknown;${hint} known are ${known.join(', ')}`);
}

/** A value in a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`;
  const isPlain = value === null || typeof value === 'number' || typeof value === 'boolean';
  return isPlain ? String(value) : `a value of type ${typeof value}`;
}
