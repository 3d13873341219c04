import { ZmqOptionsError } from '../zmq.errors.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import {
  assertEndpoints,
  checkOptions,
  endpointChecks,
  type OptionCheck,
  type OptionChecks,
  socketChecks,
  whole,
} from '../zmq.options.check.js';
import type { ZmqDeadLetterHook } from './dead.letters.js';

type ReceivingKeys = 'receiveHighWaterMark' | 'receiveHighWaterMarkBytes';
type SendingKeys = 'sendHighWaterMark' | 'sendHighWaterMarkBytes';

/** What both ends of a pool take beside their socket options. */
export interface ZmqPoolEnd {
  /**
   * Which guarantee the tasks have; both ends must say the same, else they do not connect. `'none'`, the default: at most
   * once, over PUSH and PULL; what a killed worker had received, in the buffers of its connection too, is lost.
   * `'explicit'`: at least once, over ROUTER and DEALER; the pool keeps each task until a worker has answered it, and
   * gives it to another worker when that one is lost or silent.
   */
  ack?: 'none' | 'explicit' | undefined;
}

/**
 * Options of `ZmqModule.registerPool(…)` and `new ZmqPool(name, …)`.
 *
 * @example
 * ZmqModule.registerPool({ name: 'images', bind: 'tcp://*:5557', ack: 'explicit' })
 */
export interface ZmqPoolOptions extends ZmqPoolEnd, ZmqEndpoints, Omit<ZmqSocketOptions, ReceivingKeys> {
  /**
   * Tasks that may wait here for one worker before it counts as busy; 0 is no limit. Default 16: what waits here for a
   * worker is lost when that worker dies, and no other worker can take it. With `ack: 'explicit'` the workers' credit
   * decides instead.
   */
  sendHighWaterMark?: number | undefined;
  /** `push()` calls that may wait to be accepted at one time; further ones fail with `ZmqPoolFullError`. Default 10,000. */
  maxWaiting?: number | undefined;
  /** How long a `push()` waits to be accepted at most, in ms; 0 is as long as it takes. Default 0. */
  pushTimeout?: number | undefined;
  /**
   * With `ack: 'explicit'`: accepted tasks that may wait here for a worker; with so many a `push()` waits. They are in
   * memory. 0: a push is accepted only when a worker can take it at once. Default 1,000.
   */
  queueLimit?: number | undefined;
  /**
   * With `ack: 'explicit'`: how long a worker may take to answer a delivery, in ms; `context.extend()` starts it again.
   * Then the task goes to another worker, and the first one's signal aborts. 0 is for ever. Default 300,000 (5 minutes).
   * It is for handlers that never end: a worker that died, or hangs as a whole, is found by `heartbeat`.
   */
  ackTimeout?: number | undefined;
  /**
   * With `ack: 'explicit'`: how often a task is delivered at most when its workers are lost or silent, 1 to 1,000; after
   * that it is a dead letter. Default 5: a few restarts of workers in a row are no reason to give a task up, and one that
   * kills its workers kills no more than these. Attempts that a worker asks for (`retry`) are not counted.
   */
  maxDeliveries?: number | undefined;
  /**
   * With `ack: 'explicit'`: how long `close()` waits for the answers to what was accepted, in ms; where there are hooks
   * for dead letters the last tenth of it is left to them. Default 10,000.
   */
  gracePeriod?: number | undefined;
  /** With `ack: 'explicit'`: called for each pushed task that is given up, beside the `@OnDeadLetter()` methods. */
  onDeadLetter?: ZmqDeadLetterHook | undefined;
}

/**
 * Options of `ZmqModule.registerWorkers(…)`.
 *
 * @example
 * ZmqModule.registerWorkers({ pool: 'images', connect: ['tcp://gateway-1:5557', 'tcp://gateway-2:5557'] })
 */
export interface ZmqWorkersOptions
  extends ZmqPoolEnd, ZmqEndpoints, Omit<ZmqSocketOptions, SendingKeys | ReceivingKeys> {
  /** What one peer's waiting tasks may hold, in bytes, before it is not read any more; 0 is no limit. Default 64 MiB. */
  receiveHighWaterMarkBytes?: number | undefined;
  /** How long the tasks that are here when the application stops may take, in ms; it ends early when they are done. Default 10,000. */
  gracePeriod?: number | undefined;
  /**
   * With `ack: 'explicit'`: tasks that each pool may send beyond the `concurrency`, to wait here for a place. They save
   * short tasks the way to the pool and back, and are kept from idle workers meanwhile. Default 0.
   */
  prefetch?: number | undefined;
}

export const DEFAULT_GRACE_PERIOD_MS = 10_000;
/** Small, because a task that waits for one worker cannot go to another. */
export const DEFAULT_POOL_SEND_MARK = 16;
export const DEFAULT_QUEUE_LIMIT = 1_000;
export const DEFAULT_ACK_TIMEOUT_MS = 300_000;
export const DEFAULT_MAX_DELIVERIES = 5;

const ack: OptionCheck = (key, value) => {
  if (value !== 'none' && value !== 'explicit') throw new ZmqOptionsError(key, "must be 'none' or 'explicit'");
};

const callback: OptionCheck = (key, value) => {
  if (typeof value !== 'function') throw new ZmqOptionsError(key, 'must be a function');
};

const {
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
  ack,
  maxWaiting: whole(0),
  pushTimeout: whole(0),
  queueLimit: whole(0),
  ackTimeout: whole(0),
  maxDeliveries: whole(1, 1_000),
  gracePeriod: whole(0),
  onDeadLetter: callback,
};

const workersChecks: OptionChecks<ZmqWorkersOptions> = {
  ...endpointChecks,
  ...common,
  receiveHighWaterMarkBytes,
  ack,
  gracePeriod: whole(0),
  prefetch: whole(0, 100_000),
};

/** Options that would do nothing without acknowledgement. */
const EXPLICIT_ONLY = {
  pool: ['queueLimit', 'ackTimeout', 'maxDeliveries', 'gracePeriod', 'onDeadLetter'],
  workers: ['prefetch'],
} as const;

/** @throws ZmqOptionsError */
export function checkPoolOptions(options: unknown): asserts options is ZmqPoolOptions {
  checkOptions<ZmqPoolOptions>(options, poolChecks);
  assertSomewhere(options);
  assertEndpoints({ '': options }, options.context);
  assertMeans(options, EXPLICIT_ONLY.pool);
}

/** @throws ZmqOptionsError */
export function checkWorkersOptions(options: unknown): asserts options is ZmqWorkersOptions {
  checkOptions<ZmqWorkersOptions>(options, workersChecks);
  assertSomewhere(options);
  assertEndpoints({ '': options }, options.context);
  assertMeans(options, EXPLICIT_ONLY.workers);
}

function assertSomewhere({ bind, connect }: ZmqEndpoints): void {
  if (bind === undefined && connect === undefined) throw new ZmqOptionsError('bind', "or 'connect' is needed");
}

function assertMeans<T extends ZmqPoolEnd>(options: T, keys: readonly (keyof T & string)[]): void {
  if (options.ack === 'explicit') return;
  const key = keys.find((candidate) => options[candidate] !== undefined);
  if (key !== undefined) throw new ZmqOptionsError(key, "is for pools with ack: 'explicit'; add that, or leave it out");
}
