import { ZmqOptionsError } from '../zmq.errors.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import {
  checkOptions,
  endpointChecks,
  type OptionCheck,
  type OptionChecks,
  socketChecks,
  text,
  whole,
} from '../zmq.options.check.js';

type OwnName = 'name';
type ReceivingKeys = 'receiveHighWaterMark' | 'receiveHighWaterMarkBytes';
type SendingKeys = 'sendHighWaterMark' | 'sendHighWaterMarkBytes';

/** What both ends of a pool take beside their socket options. */
export interface ZmqPoolEnd {
  /** A name that this side gives itself, at most 255 bytes: the other end sees it as `properties['X-Name']`. */
  peerName?: string | undefined;
  /**
   * Which guarantee the tasks have; both ends must say the same. `'none'`, the default: at most once. What a killed
   * worker had received, in the buffers of its connection too, is lost. `'explicit'` (at least once) is not available
   * yet and refused.
   */
  ack?: 'none' | 'explicit' | undefined;
}

/**
 * Options of `ZmqModule.registerPool(…)` and `new ZmqPool(name, …)`.
 *
 * @example
 * ZmqModule.registerPool({ name: 'images', bind: 'tcp://*:5557' })
 */
export interface ZmqPoolOptions extends ZmqPoolEnd, ZmqEndpoints, Omit<ZmqSocketOptions, OwnName | ReceivingKeys> {
  /**
   * Tasks that may wait here for one worker before it counts as busy; 0 is no limit. Default 16: what waits here for a
   * worker is lost when that worker dies, and no other worker can take it.
   */
  sendHighWaterMark?: number | undefined;
  /** `push()` calls that may wait for a worker at one time; further ones fail with `ZmqPoolFullError`. Default 10,000. */
  maxWaiting?: number | undefined;
  /** How long a `push()` waits for a worker at most, in ms; 0 is as long as it takes. Default 0. */
  pushTimeout?: number | undefined;
}

/**
 * Options of `ZmqModule.registerWorkers(…)`.
 *
 * @example
 * ZmqModule.registerWorkers({ pool: 'images', connect: ['tcp://gateway-1:5557', 'tcp://gateway-2:5557'] })
 */
export interface ZmqWorkersOptions
  extends ZmqPoolEnd, ZmqEndpoints, Omit<ZmqSocketOptions, OwnName | SendingKeys | ReceivingKeys> {
  /** What one peer's waiting tasks may hold, in bytes, before it is not read any more; 0 is no limit. Default 64 MiB. */
  receiveHighWaterMarkBytes?: number | undefined;
  /** How long the tasks that are here when the application stops may take, in ms; it ends early when they are done. Default 10,000. */
  gracePeriod?: number | undefined;
}

export const DEFAULT_MAX_WAITING = 10_000;
export const DEFAULT_GRACE_PERIOD_MS = 10_000;
/** Small, because a task that waits for one worker cannot go to another. */
export const DEFAULT_POOL_SEND_MARK = 16;

const ack: OptionCheck = (key, value) => {
  if (value === 'explicit') {
    throw new ZmqOptionsError(
      key,
      "'explicit' (at least once) is not available in this version; leave it out for 'none' (at most once)",
    );
  }
  if (value !== 'none') throw new ZmqOptionsError(key, "must be 'none'");
};

const {
  name: _name,
  sendHighWaterMark,
  sendHighWaterMarkBytes,
  receiveHighWaterMark: _mark,
  receiveHighWaterMarkBytes,
  ...common
} = socketChecks;

const poolChecks: OptionChecks<ZmqPoolOptions> = {
  ...endpointChecks,
  ...common,
  sendHighWaterMark,
  sendHighWaterMarkBytes,
  peerName: text(255),
  ack,
  maxWaiting: whole(0),
  pushTimeout: whole(0),
};

const workersChecks: OptionChecks<ZmqWorkersOptions> = {
  ...endpointChecks,
  ...common,
  receiveHighWaterMarkBytes,
  peerName: text(255),
  ack,
  gracePeriod: whole(0),
};

/** @throws ZmqOptionsError */
export function checkPoolOptions(options: unknown): asserts options is ZmqPoolOptions {
  checkOptions<ZmqPoolOptions>(options, poolChecks);
  assertSomewhere(options);
}

/** @throws ZmqOptionsError */
export function checkWorkersOptions(options: unknown): asserts options is ZmqWorkersOptions {
  checkOptions<ZmqWorkersOptions>(options, workersChecks);
  assertSomewhere(options);
}

function assertSomewhere({ bind, connect }: ZmqEndpoints): void {
  if (bind === undefined && connect === undefined) throw new ZmqOptionsError('bind', "or 'connect' is needed");
}
