import type { ZmqSecurityOptions } from '../security/security.options.js';
import {
  assertEndpoints,
  checkOptions,
  endpointChecks,
  type OptionCheck,
  type OptionChecks,
  socketChecks,
  whole,
} from '../zmq.options.check.js';
import { ZmqOptionsError } from '../zmq.errors.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';

/** One side of a forwarder. */
export interface ZmqForwarderEnd extends ZmqEndpoints {
  /** How the connections of this side are secured, in the place of the forwarder's `security`. */
  security?: ZmqSecurityOptions | undefined;
}

/** It passes messages on as they are, and logs nothing but what its metrics throw: to Nest's `Logger`. */
export const NOT_FORWARDED = ['codec', 'logger', 'tracing'] as const;
type NotForwarded = (typeof NOT_FORWARDED)[number];

/**
 * Options of `ZmqModule.registerForwarder(…)` and `new ZmqForwarder(…)`.
 *
 * @example
 * new ZmqForwarder({ publishers: { bind: 'tcp://*:5570' }, subscribers: { bind: 'tcp://*:5571' } })
 */
export interface ZmqForwarderOptions extends Omit<ZmqSocketOptions, NotForwarded> {
  /** Where events come in: what the `events` of clients bind or connect to. */
  publishers: ZmqForwarderEnd;
  /** Where events go out: what the `events` of servers bind or connect to. */
  subscribers: ZmqForwarderEnd;
  /** How long publishers that come are kept waiting for a server that is connected and has not subscribed yet, in ms. Default 1,000. */
  subscribeTimeout?: number | undefined;
}

const endChecks: OptionChecks<ZmqForwarderEnd> = { ...endpointChecks, security: socketChecks.security };

const end: OptionCheck = (key, value) => {
  checkOptions<ZmqForwarderEnd>(value, endChecks, `${key}.`);
  if (value.bind === undefined && value.connect === undefined)
    throw new ZmqOptionsError(key, "needs 'bind' or 'connect'");
};

const { codec: _codec, logger: _logger, tracing: _tracing, ...ownSocketChecks } = socketChecks;

const checks: OptionChecks<ZmqForwarderOptions> = {
  ...ownSocketChecks,
  publishers: end,
  subscribers: end,
  subscribeTimeout: whole(0),
};

/** @throws ZmqOptionsError that names the bad key */
export function checkForwarderOptions(options: unknown): asserts options is ZmqForwarderOptions {
  checkOptions<ZmqForwarderOptions>(options, checks);
  for (const key of ['publishers', 'subscribers'] as const) {
    if (options[key] === undefined) throw new ZmqOptionsError(key, "is needed, with 'bind' or 'connect'");
    assertEndpoints({ [`${key}.`]: options[key] }, options.context);
  }
}
