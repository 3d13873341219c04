import { type Peer, Push, type Router } from '@nest-zmq/core';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { closeSocket } from '../channels/socket.close.js';
import { commonSocketOptions, maxPayloadSize, openEndpoints, sendingOptions } from '../channels/socket.options.js';
import type { Frames } from '../packet/frames.js';
import { assertHeader } from '../packet/metadata.codec.js';
import { assertUsableName } from '../packet/names.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { encodeTask } from '../packet/task.packet.js';
import { systemClock, type ZmqClock } from '../zmq.clock.js';
import { ZmqClosedError, ZmqOptionsError, ZmqPatternError, ZmqTimeoutError } from '../zmq.errors.js';
import { Instruments } from '../zmq.instruments.js';
import { loggerOf, type ZmqLogger } from '../zmq.logger.js';
import { DEFAULT_MAX_WAITING } from '../zmq.options.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { ZmqRecord } from '../zmq.record.js';
import { AckedPool, type Patience, type ZmqPoolAckStats } from './acked.pool.js';
import { Admission } from './admission.js';
import type { ZmqDeadLetterHook } from './dead.letters.js';
import { ErrorLog } from '../error.log.js';
import { LogLimiter } from '../log.limiter.js';
import { observePush } from './task.observer.js';
import type { TaskContent } from './pool.task.js';
import { checkPoolOptions, DEFAULT_POOL_SEND_MARK, type ZmqPoolOptions } from './worker.options.js';

export interface ZmqPushOptions {
  /** Ends the wait to be accepted: the push rejects with the signal's reason. A task that was accepted is not called back. */
  signal?: AbortSignal | undefined;
  /** How long this push waits to be accepted at most, in ms; 0 is as long as it takes. Default: the pool's `pushTimeout`. */
  timeout?: number | undefined;
}

export interface ZmqRunOptions {
  /** Ends the run wherever the task is: it rejects with the signal's reason, and a worker that has it is told. */
  signal?: AbortSignal | undefined;
  /** How long it may take until the result is there, in ms, more than 0. Default: that of the record, else as long as it takes. */
  deadline?: number | undefined;
}

/** Counts since the pool was made, but for `waiting` and `workers`. */
export interface ZmqPoolStats {
  /** Tasks that were accepted. */
  readonly pushed: number;
  /** `push()` and `run()` calls that wait to be accepted now. */
  readonly waiting: number;
  /** Workers that are connected now. */
  readonly workers: number;
  /** Calls refused because `maxWaiting` others were waiting. */
  readonly refused: number;
  /**
   * Accepted tasks that could not be handed over: they waited here for a worker when it was lost, or when the `linger` of
   * the closing pool was over. (What a lost worker had is not known.) With `ack: 'explicit'` those that were not
   * answered within `gracePeriod`.
   */
  readonly lost: number;
  /** With `ack: 'explicit'`. */
  readonly acks?: ZmqPoolAckStats | undefined;
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The push end of a pool of workers: each task goes to one of the connected workers, in turn, past those that are busy.
 *
 * Inject it with `@InjectZmqPool(name)`. Without Nest: `new ZmqPool('images', { bind }).open()`, and `close()` at the end.
 */
export class ZmqPool implements OnModuleInit, OnApplicationShutdown {
  readonly name: string;
  readonly #options: ZmqPoolOptions;
  readonly #clock: ZmqClock;
  readonly #codecs: PayloadCodecs;
  readonly #logger: ZmqLogger;
  readonly #instruments: Instruments | undefined;
  readonly #log: LogLimiter;
  readonly #admission: Admission<Frames>;
  /** With `ack: 'explicit'`: all but the data's form is its business. */
  readonly #acked: AckedPool | undefined;
  #socket: Push | undefined;
  #unwatch: (() => void) | undefined;
  #opening: Promise<string[]> | undefined;
  #closing: Promise<void> | undefined;
  #lost = 0;

  /** @throws ZmqOptionsError that names the bad option */
  constructor(name: string, options: ZmqPoolOptions) {
    checkPoolOptions(options);
    this.name = name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#codecs = new PayloadCodecs(options.codec, maxPayloadSize(options));
    this.#logger = loggerOf(options.logger, `ZmqPool(${name})`);
    this.#log = new LogLimiter(this.#clock, (message) => this.#logger.warn(message));
    this.#instruments = Instruments.of(name, options, this.#clock, new ErrorLog(this.#log, this.#logger));
    this.#admission = new Admission(name, options.maxWaiting ?? DEFAULT_MAX_WAITING, this.#clock);
    if (options.ack === 'explicit') {
      this.#acked = new AckedPool(name, options, this.#clock, this.#codecs, this.#logger);
    }
  }

  /**
   * Binds and connects. Nest calls it before the `onModuleInit` of those who inject the pool; what was pushed earlier waits.
   * After a failure it may be tried again.
   * @returns the endpoints, with the ports that were free; the same promise each time
   * @throws what the socket throws, with the `address`: EADDRINUSE, EINVAL, …
   */
  open(): Promise<string[]> {
    return (this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    }));
  }

  /**
   * Hands a task to the pool. Resolves when it was accepted; pushes are accepted in the order of the calls.
   *
   * Without acknowledgement accepted means: it is queued for, or on its way to, a worker, within the high-water mark. With
   * all workers busy, or none connected, it waits. With `ack: 'explicit'`: it is in the pool's queue, `queueLimit`, or at
   * a worker; from then on a worker does it, or it is a dead letter (`@OnDeadLetter()`).
   *
   * @param task the name of an `@OnTask`; not empty
   * @param data encoded at once: JSON (or the pool's codec), a `Buffer` or `Uint8Array` as its bytes (with
   *   `ack: 'explicit'` they must not be changed until the task is done), `undefined` as no data. A `ZmqRecord` carries
   *   headers, and a deadline: then the task is not started later than that, and the push fails when it was not accepted
   *   in time.
   * @throws ZmqPatternError an empty task name or a bad header
   * @throws ZmqCodecError data that cannot be encoded
   * @throws ZmqTooLargeError data of more bytes than `maxMessageSize`
   * @throws ZmqPoolFullError `maxWaiting` pushes are waiting
   * @throws ZmqTimeoutError it was not accepted within `timeout` or the record's deadline
   * @throws ZmqClosedError the pool is closed, or was while this push waited
   */
  push<TData = unknown>(task: string, data?: TData | ZmqRecord<TData>, options: ZmqPushOptions = {}): Promise<void> {
    try {
      if (this.#instruments !== undefined) {
        return observePush(this.#instruments, this.name, task, data, (record) => this.#push(task, record, options));
      }
      return this.#push(task, data, options);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Has a task done, and gives the handler's result. For pools with `ack: 'explicit'`. It is delivered again as a pushed
   * one is, and so may be run more than once; what is not done is an error here and no dead letter.
   *
   * @param task the name of an `@OnTask`; not empty
   * @param data as for `push()`
   * @throws ZmqOptionsError the pool has no acknowledgement
   * @throws ZmqTaskError its last attempt failed: `error` is what the handler threw
   * @throws ZmqTaskLostError its workers were lost, `maxDeliveries` times
   * @throws ZmqTimeoutError it was not done within its deadline
   * @throws ZmqClosedError the pool is closed, or was before the task was done
   * @throws ZmqPatternError, ZmqCodecError, ZmqPoolFullError as `push()`
   */
  async run<TResult = unknown, TData = unknown>(
    task: string,
    data?: TData | ZmqRecord<TData>,
    options: ZmqRunOptions = {},
  ): Promise<TResult> {
    if (this.#instruments === undefined) return (await this.#run(task, data, options)) as TResult;
    const told = observePush(this.#instruments, this.name, task, data, (record) => this.#run(task, record, options));
    return (await told) as TResult;
  }

  async #run(task: string, data: unknown, { signal, deadline }: ZmqRunOptions): Promise<unknown> {
    if (this.#acked === undefined) {
      throw new ZmqOptionsError('ack', `of pool '${this.name}' must be 'explicit' for run(): workers answer only then`);
    }
    if (deadline !== undefined && !(deadline > 0)) throw new ZmqOptionsError('deadline', 'must be more than 0 (ms)');
    if (this.#closing !== undefined) throw this.#closedError();
    const record = recordOf(data);
    const deadlineMs = deadline ?? record.deadline;
    const content = this.#contentOf(task, record);
    signal?.throwIfAborted();
    const patience = this.#patience(task, { signal, timeout: 0 }, deadlineMs);
    return this.#acked.run(content, deadlineMs, patience);
  }

  /** With `ack: 'explicit'`: calls the hook for each pushed task that is given up, beside the others. Without Nest, in place of `@OnDeadLetter()`. */
  onDeadLetter(hook: ZmqDeadLetterHook): void {
    if (this.#acked === undefined) {
      throw new ZmqOptionsError(
        'ack',
        `of pool '${this.name}' must be 'explicit': without acknowledgement nobody knows`,
      );
    }
    this.#acked.onDeadLetter(hook);
  }

  /** Whether its tasks are acknowledged: `ack: 'explicit'`. */
  get acknowledged(): boolean {
    return this.#acked !== undefined;
  }

  /** The workers that are connected now, in the order in which they came. */
  get workers(): readonly ZmqPeer[] {
    const socket = this.#acked === undefined ? this.#socket : this.#acked.socket;
    return socket === undefined || socket.closed ? [] : [...socket.peers];
  }

  stats(): ZmqPoolStats {
    const acked = this.#acked;
    const { pushed, waiting, refused } = acked?.admission ?? this.#admission;
    const workers = this.workers.length;
    return { pushed, waiting, workers, refused, lost: acked?.lost ?? this.#lost, acks: acked?.stats() };
  }

  /** The PUSH socket; with `ack: 'explicit'` a ROUTER. Throws before `open()`. */
  unwrap(): Push | Router {
    const socket = this.#acked === undefined ? this.#socket : this.#acked.socket;
    if (socket === undefined) throw new Error('Not initialized. Please call the "open" method first.');
    return socket;
  }

  /**
   * Takes no more tasks; pushes that wait fail with `ZmqClosedError`. What was accepted is still delivered, for at most
   * `linger` ms, or with `ack: 'explicit'` delivered and answered, for at most `gracePeriod` ms; what is left then is
   * counted in `stats().lost` and logged. Idempotent; safe before `open()`.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async onModuleInit(): Promise<void> {
    await this.open();
  }

  /** Last of all, because handlers that are still running may push. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  #push(
    task: string,
    data: unknown,
    { signal, timeout = this.#options.pushTimeout ?? 0 }: ZmqPushOptions,
  ): Promise<void> {
    if (this.#closing !== undefined) throw this.#closedError();
    if (!Number.isInteger(timeout) || timeout < 0 || timeout > MAX_TIMEOUT_MS) {
      throw new ZmqOptionsError('timeout', `must be a whole number from 0 to ${MAX_TIMEOUT_MS} (ms)`);
    }
    const record = recordOf(data);
    const { deadline } = record;
    if (this.#acked !== undefined) {
      const content = this.#contentOf(task, record);
      signal?.throwIfAborted();
      return this.#acked.push(content, deadline, this.#patience(task, { signal, timeout }, deadline));
    }
    const frames = this.#encode(task, record, deadline);
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return this.#admission.tryEnter(frames) ?? this.#wait(task, record, frames, { signal, timeout });
  }

  #wait(
    task: string,
    record: ZmqRecord,
    frames: Frames,
    options: { readonly signal: AbortSignal | undefined; readonly timeout: number },
  ): Promise<void> {
    const { deadline } = record;
    const since = this.#clock.now();
    return this.#admission.wait({
      frames:
        deadline === undefined
          ? () => frames
          : () => this.#encode(task, record, deadline - (this.#clock.now() - since)),
      ...this.#patience(task, options, deadline),
    });
  }

  #patience(
    task: string,
    { signal, timeout }: { readonly signal: AbortSignal | undefined; readonly timeout: number },
    deadline: number | undefined,
  ): Patience {
    if (timeout === 0 && deadline === undefined) return { signal };
    const afterMs = Math.min(timeout === 0 ? Infinity : timeout, deadline ?? Infinity, MAX_TIMEOUT_MS);
    const error = () =>
      new ZmqTimeoutError(
        `No worker of pool '${this.name}' could take the task '${task}' within ${afterMs} ms`,
        afterMs,
      );
    return { expiry: { afterMs, error }, signal };
  }

  #encode(name: string, { data, headers }: ZmqRecord, deadlineMs: number | undefined): Frames {
    return encodeTask({ name, data, headers, deadlineMs }, this.#codecs);
  }

  /** What is the same in each delivery, checked: there is nobody to tell later. */
  #contentOf(name: string, { data, headers }: ZmqRecord): TaskContent {
    assertUsableName(name);
    if (headers !== undefined) for (const [key, value] of Object.entries(headers)) assertHeader(key, value);
    return { name, headers, ...this.#codecs.encode(data, name) };
  }

  async #open(): Promise<string[]> {
    if (this.#closing !== undefined) throw this.#closedError();
    const endpoints = await (this.#acked === undefined ? this.#openSocket() : this.#acked.open());
    this.#unwatch = this.#instruments?.watch('pool', () => this.stats());
    return endpoints;
  }

  async #openSocket(): Promise<string[]> {
    const options = this.#options;
    const socket = new Push({
      ...commonSocketOptions(options),
      ...sendingOptions({ ...options, sendHighWaterMark: options.sendHighWaterMark ?? DEFAULT_POOL_SEND_MARK }),
      // Nothing is queued for a worker that is not there: another one may be.
      immediate: true,
      // A busy worker stops reading, for as long as its tasks take.
      writeStallTimeout: 0,
    });
    try {
      const endpoints = await openEndpoints(socket, options);
      socket.onPeer({ left: (peer) => this.#countLost(peer) });
      // Only now: a socket that is binding takes nothing.
      this.#socket = socket;
      this.#admission.open(socket);
      return endpoints;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    const admission = this.#acked?.admission ?? this.#admission;
    admission.close(() => this.#closedError());
    await this.#opening?.catch(() => undefined);
    this.#unwatch?.();
    if (this.#acked !== undefined) await this.#acked.close();
    else if (this.#socket !== undefined && !this.#socket.closed) await this.#closeSocket(this.#socket);
  }

  async #closeSocket(socket: Push): Promise<void> {
    const { peers, linger } = socket;
    await closeSocket(socket);
    // What an inproc worker has in its queue stays there.
    const left = peers.reduce((sum, peer) => sum + peer.dropped, 0);
    if (left === 0) return;
    this.#lost += left;
    this.#logger.warn(`${left} tasks were not handed over to their workers within ${linger} ms (linger) and are lost`);
  }

  /** What waited here for a worker that is gone cannot be given to another. */
  #countLost({ address, dropped }: Peer): void {
    if (dropped === 0) return;
    this.#lost += dropped;
    this.#log.log('lost', () => `${dropped} tasks that waited for the worker at ${address} are lost with it`);
  }

  #closedError(): ZmqClosedError {
    return new ZmqClosedError(`Pool '${this.name}' is closed`);
  }
}

function recordOf(data: unknown): ZmqRecord {
  const record: ZmqRecord = data instanceof ZmqRecord ? data : new ZmqRecord(data);
  if (record.server === undefined) return record;
  throw new ZmqPatternError('A task goes to any worker that is free: setServer() is for calls');
}
