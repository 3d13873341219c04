import { type Dealer, Pull } from '@nest-zmq/core';
import { commonSocketOptions, openEndpoints, receivingOptions } from '../channels/socket.options.js';
import { ErrorLog } from '../error.log.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { systemClock, type ZmqClock } from '../zmq.clock.js';
import { Instruments } from '../zmq.instruments.js';
import { loggerOf, type ZmqLogger } from '../zmq.logger.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { AckedWorkers, type ZmqWorkersAckStats } from './acked.workers.js';
import { KeepAlive } from './keep-alive.js';
import { LogLimiter } from '../log.limiter.js';
import { tellMismatch } from './mismatch.js';
import { observeTasks } from './task.observer.js';
import { type TaskCounts, TaskRunner } from './task.runner.js';
import { checkWorkersOptions, DEFAULT_GRACE_PERIOD_MS, type ZmqWorkersOptions } from './worker.options.js';
import type { WorkerSetup } from './worker.setup.js';

/** Counts since the start, but for `running`, `waiting` and `pools`. */
export interface ZmqWorkersStats extends Readonly<TaskCounts> {
  /** Tasks that are run now, those between two attempts in this process included; at most the `concurrency` of the worker class. */
  readonly running: number;
  /** Tasks that are here and wait for a place: taken over at the stop, or, with `ack: 'explicit'`, fetched beyond the places. */
  readonly waiting: number;
  /** Pools (push ends) that are connected now. */
  readonly pools: number;
  /** Tasks that were not finished when the grace period was over. With `ack: 'explicit'` they were handed back. */
  readonly abandoned: number;
  /** With `ack: 'explicit'`. */
  readonly acks?: ZmqWorkersAckStats | undefined;
}

/** When no message came for so long, what was on its way has arrived: longer than a round trip in a data centre. */
const QUIET_MS = 10;
/** A pool that goes on sending is left after so many waits. */
const MAX_WAITS = 10;

/**
 * The workers' end of a pool in this application. Nest starts and stops it; inject it with `@InjectZmqWorkers(pool)` for
 * its statistics.
 */
export class ZmqWorkers {
  readonly pool: string;
  readonly #options: ZmqWorkersOptions;
  readonly #clock: ZmqClock;
  readonly #logger: ZmqLogger;
  readonly #instruments: Instruments | undefined;
  readonly #log: LogLimiter;
  readonly #keepAlive = new KeepAlive();
  #socket: Pull | undefined;
  #unwatch: (() => void) | undefined;
  #runner: TaskRunner | undefined;
  /** With `ack: 'explicit'`, in place of the two. */
  #acked: AckedWorkers | undefined;
  #starting: Promise<string[]> | undefined;
  #stopping: Promise<void> | undefined;
  #abandoned = 0;

  /** @throws ZmqOptionsError that names the bad option */
  constructor(pool: string, options: ZmqWorkersOptions) {
    checkWorkersOptions(options);
    this.pool = pool;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = loggerOf(options.logger, `ZmqWorkers(${pool})`);
    this.#log = new LogLimiter(this.#clock, (message) => this.#logger.error(message));
    this.#instruments = Instruments.of(pool, options, this.#clock, new ErrorLog(this.#log, this.#logger));
  }

  /** The pools (push ends) that are connected now. */
  get pools(): readonly ZmqPeer[] {
    const socket = this.#open;
    return socket === undefined || socket.closed ? [] : socket.peers;
  }

  stats(): ZmqWorkersStats {
    const acked = this.#acked;
    const runner = acked?.runner ?? this.#runner;
    const { done, failed, retried, unknown, malformed, expired } = runner?.counts ?? NO_COUNTS;
    return {
      done,
      failed,
      retried,
      unknown,
      malformed: malformed + (acked?.channel.malformed ?? 0),
      expired,
      running: runner?.running ?? 0,
      waiting: runner?.waiting ?? 0,
      pools: this.pools.length,
      abandoned: this.#abandoned,
      acks: acked?.stats(),
    };
  }

  /** The PULL socket; with `ack: 'explicit'` a DEALER. Throws before the application has started. */
  unwrap(): Pull | Dealer {
    const socket = this.#open;
    if (socket === undefined) throw new Error('Not initialized. The workers start with the application.');
    return socket;
  }

  /**
   * Binds, connects and begins to take tasks. Called by the module; the same promise each time.
   * @returns the endpoints, with the ports that were free
   * @throws what the socket throws, with the `address`: EADDRINUSE, EINVAL, …
   */
  start(setup: WorkerSetup): Promise<string[]> {
    return (this.#starting ??= this.#begin(setup));
  }

  /**
   * Takes no more tasks, finishes those that have arrived, as far as they can be done in time (with `ack: 'explicit'` those
   * that have begun; the others go back), and closes. What is not done within `gracePeriod` is abandoned: its signal aborts, it is counted and logged.
   * Called by the module; idempotent, safe before `start`.
   */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  get #open(): Pull | Dealer | undefined {
    return this.#acked?.channel.socket ?? this.#socket;
  }

  async #begin(setup: WorkerSetup): Promise<string[]> {
    const { ack } = this.#options;
    const instruments = this.#instruments;
    const observed =
      instruments === undefined ? setup : { ...setup, handlers: observeTasks(setup.handlers, instruments, this.pool) };
    const endpoints = await (ack === 'explicit' ? this.#startAcked(observed) : this.#start(observed));
    this.#unwatch = instruments?.watch('workers', () => this.stats());
    return endpoints;
  }

  async #start(setup: WorkerSetup): Promise<string[]> {
    if (this.#stopping !== undefined) return [];
    const options = this.#options;
    const socket = new Pull({
      ...commonSocketOptions(options),
      // What waits here is kept from workers that are idle: no more than may be started next.
      ...receivingOptions({ ...options, receiveHighWaterMark: setup.concurrency }),
    });
    try {
      tellMismatch(socket.events, 'none', this.#log);
      const endpoints = await openEndpoints(socket, options);
      this.#socket = socket;
      this.#runner = new TaskRunner({
        pool: this.pool,
        ...setup,
        clock: this.#clock,
        codecs: new PayloadCodecs(options.codec),
        log: this.#log,
      });
      this.#runner.start(socket);
      this.#keepAlive.hold();
      return endpoints;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  async #startAcked(setup: WorkerSetup): Promise<string[]> {
    if (this.#stopping !== undefined) return [];
    const acked = new AckedWorkers(this.pool, this.#options, setup, this.#clock, this.#log);
    try {
      tellMismatch(acked.channel.socket.events, 'explicit', this.#log);
      const endpoints = await acked.channel.open();
      this.#acked = acked;
      this.#keepAlive.hold();
      return endpoints;
    } catch (error) {
      acked.channel.socket.close();
      throw error;
    }
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    try {
      if (this.#acked !== undefined) await this.#stopAcked(this.#acked);
      else if (this.#runner !== undefined && this.#socket !== undefined)
        await this.#finishAll(this.#runner, this.#socket);
    } finally {
      this.#unwatch?.();
      this.#keepAlive.release();
    }
  }

  async #stopAcked(acked: AckedWorkers): Promise<void> {
    const gracePeriod = this.#options.gracePeriod ?? DEFAULT_GRACE_PERIOD_MS;
    this.#abandoned = await acked.stop(gracePeriod);
    if (this.#abandoned === 0) return;
    this.#logger.warn(
      `${this.#abandoned} tasks were not finished within ${gracePeriod} ms (gracePeriod) and are handed back to their pools`,
    );
  }

  async #finishAll(runner: TaskRunner, socket: Pull): Promise<void> {
    try {
      await this.#takeOver(runner, socket);
      await this.#finish(runner);
    } finally {
      socket.close();
    }
  }

  /**
   * A pull end cannot tell its pools to stop: what they have sent by now is read, then the connections end. What is more
   * than can be done here in time stays with the pools, but for what the connections have.
   */
  async #takeOver(runner: TaskRunner, socket: Pull): Promise<void> {
    runner.takeOver(this.#options.gracePeriod ?? DEFAULT_GRACE_PERIOD_MS, () => socket.close());
    for (let wait = 0; wait < MAX_WAITS && this.pools.length > 0; wait++) {
      const before = runner.received;
      await new Promise<void>((resolve) => this.#clock.setTimer(QUIET_MS, resolve));
      // Where handlers kept the event loop busy, timers come before what the sockets have.
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (runner.received === before) break;
    }
    socket.close();
  }

  async #finish(runner: TaskRunner): Promise<void> {
    const gracePeriod = this.#options.gracePeriod ?? DEFAULT_GRACE_PERIOD_MS;
    let graceIsOver!: () => void;
    const grace = new Promise<void>((resolve) => (graceIsOver = resolve));
    const timer = this.#clock.setTimer(gracePeriod, graceIsOver);
    await Promise.race([runner.idle(), grace]);
    timer.cancel();
    this.#abandoned = runner.abandon();
    if (this.#abandoned > 0) {
      this.#logger.warn(
        `${this.#abandoned} tasks were not finished within ${gracePeriod} ms (gracePeriod) and are lost`,
      );
    }
  }
}

const NO_COUNTS: TaskCounts = { done: 0, failed: 0, retried: 0, unknown: 0, malformed: 0, expired: 0 };
