import { Push } from '@nest-zmq/core';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { closeSocket } from '../channels/socket.close.js';
import { commonSocketOptions, openEndpoints, sendingOptions } from '../channels/socket.options.js';
import type { Frames } from '../packet/frames.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { encodeTask } from '../packet/task.packet.js';
import { systemClock, type ZmqClock } from '../zmq.clock.js';
import { ZmqClosedError, ZmqOptionsError, ZmqTimeoutError } from '../zmq.errors.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { ZmqRecord } from '../zmq.record.js';
import { PushQueue } from './push.queue.js';
import { ZmqPoolFullError } from './worker.errors.js';
import {
  checkPoolOptions,
  DEFAULT_MAX_WAITING,
  DEFAULT_POOL_SEND_MARK,
  type ZmqPoolOptions,
} from './worker.options.js';

export interface ZmqPushOptions {
  /** Ends the wait for a worker: the push rejects with the signal's reason. A task that was accepted is not called back. */
  signal?: AbortSignal | undefined;
  /** How long this push waits for a worker at most, in ms; 0 is as long as it takes. Default: the pool's `pushTimeout`. */
  timeout?: number | undefined;
}

/** Counts since the pool was made, but for `waiting` and `workers`. */
export interface ZmqPoolStats {
  /** Tasks that were accepted. */
  readonly pushed: number;
  /** `push()` calls that wait for a worker now. */
  readonly waiting: number;
  /** Workers that are connected now. */
  readonly workers: number;
  /** `push()` calls refused because `maxWaiting` others were waiting. */
  readonly refused: number;
  /** Accepted tasks that the closing pool could not hand over within `linger`. */
  readonly lost: number;
}

/** An accepted push after so many others in one turn waits for the next, so that a loop of pushes lets I/O run. */
const PUSHES_PER_TURN = 512;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const ACCEPTED = Promise.resolve();

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
  readonly #logger: Logger;
  readonly #queue: PushQueue;
  readonly #maxWaiting: number;
  #socket: Push | undefined;
  #opening: Promise<string[]> | undefined;
  #closing: Promise<void> | undefined;
  #pushed = 0;
  #refused = 0;
  #lost = 0;
  #acceptedInTurn = 0;

  /** @throws ZmqOptionsError that names the bad option */
  constructor(name: string, options: ZmqPoolOptions) {
    checkPoolOptions(options);
    this.name = name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#codecs = new PayloadCodecs(options.codec);
    this.#maxWaiting = options.maxWaiting ?? DEFAULT_MAX_WAITING;
    this.#logger = new Logger(`ZmqPool(${name})`);
    this.#queue = new PushQueue(this.#clock, () => this.#pushed++);
  }

  /**
   * Binds and connects. Nest calls it before the `onModuleInit` of those who inject the pool; what was pushed earlier waits.
   * @returns the endpoints, with the ports that were free; the same promise each time
   * @throws what the socket throws, with the `address`: EADDRINUSE, EINVAL, …
   */
  open(): Promise<string[]> {
    return (this.#opening ??= this.#open());
  }

  /**
   * Hands a task to the pool. Resolves when it was accepted: it is queued for, or on its way to, a worker, within the
   * high-water mark. With all workers busy, or none connected, it waits; pushes are accepted in the order of the calls.
   *
   * @param task the name of an `@OnTask`; not empty
   * @param data encoded at once: JSON (or the pool's codec), a `Buffer` or `Uint8Array` as its bytes, `undefined` as no
   *   data. A `ZmqRecord` carries headers, and a deadline: then the task is not started later than that, and the push
   *   fails when no worker took it in time.
   * @throws ZmqPatternError an empty task name or a bad header
   * @throws ZmqCodecError data that cannot be encoded
   * @throws ZmqPoolFullError `maxWaiting` pushes are waiting
   * @throws ZmqTimeoutError no worker could take it within `timeout` or the record's deadline
   * @throws ZmqClosedError the pool is closed, or was while this push waited
   */
  push<TData = unknown>(task: string, data?: TData | ZmqRecord<TData>, options: ZmqPushOptions = {}): Promise<void> {
    try {
      return this.#push(task, data, options);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** The workers that are connected now, in the order in which they came. */
  get workers(): readonly ZmqPeer[] {
    return this.#socket === undefined || this.#socket.closed ? [] : [...this.#socket.peers];
  }

  stats(): ZmqPoolStats {
    return {
      pushed: this.#pushed,
      waiting: this.#queue.length,
      workers: this.workers.length,
      refused: this.#refused,
      lost: this.#lost,
    };
  }

  /** The PUSH socket. Throws before `open()`. */
  unwrap(): Push {
    if (this.#socket === undefined) throw new Error('Not initialized. Please call the "open" method first.');
    return this.#socket;
  }

  /**
   * Takes no more tasks; pushes that wait fail with `ZmqClosedError`. What was accepted is still delivered, for at most
   * `linger` ms; what is left then is counted in `stats().lost` and logged. Idempotent; safe before `open()`.
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
    const record = data instanceof ZmqRecord ? data : new ZmqRecord(data);
    const frames = this.#encode(task, record, record.deadline);
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#queue.length === 0 && this.#socket?.trySend(frames) === true) return this.#accepted();
    if (this.#queue.length >= this.#maxWaiting) {
      this.#refused++;
      throw new ZmqPoolFullError(this.name, this.#maxWaiting);
    }
    return this.#wait(task, record, frames, { signal, timeout });
  }

  #wait(
    task: string,
    record: ZmqRecord,
    frames: Frames,
    { signal, timeout }: { signal: AbortSignal | undefined; timeout: number },
  ): Promise<void> {
    const { deadline } = record;
    const since = this.#clock.now();
    const afterMs = Math.min(timeout === 0 ? Infinity : timeout, deadline ?? Infinity, MAX_TIMEOUT_MS);
    const mayExpire = timeout > 0 || deadline !== undefined;
    const error = () =>
      new ZmqTimeoutError(
        `No worker of pool '${this.name}' could take the task '${task}' within ${afterMs} ms`,
        afterMs,
      );
    return this.#queue.add({
      frames:
        deadline === undefined
          ? () => frames
          : () => this.#encode(task, record, deadline - (this.#clock.now() - since)),
      expiry: mayExpire ? { afterMs, error } : undefined,
      signal,
    });
  }

  #encode(name: string, { data, headers }: ZmqRecord, deadlineMs: number | undefined): Frames {
    return encodeTask({ name, data, headers, deadlineMs }, this.#codecs);
  }

  #accepted(): Promise<void> {
    this.#pushed++;
    if (++this.#acceptedInTurn < PUSHES_PER_TURN) return ACCEPTED;
    this.#acceptedInTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  async #open(): Promise<string[]> {
    if (this.#closing !== undefined) throw this.#closedError();
    const options = this.#options;
    const socket = new Push({
      ...commonSocketOptions({ ...options, name: options.peerName }),
      ...sendingOptions({ ...options, sendHighWaterMark: options.sendHighWaterMark ?? DEFAULT_POOL_SEND_MARK }),
      // Nothing is queued for a worker that is not there: another one may be.
      immediate: true,
    });
    try {
      const endpoints = await openEndpoints(socket, options);
      // Only now: a socket that is binding takes nothing.
      this.#socket = socket;
      this.#queue.open(socket);
      return endpoints;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#queue.close(() => this.#closedError());
    await this.#opening?.catch(() => undefined);
    const socket = this.#socket;
    if (socket === undefined || socket.closed) return;
    const { peers, linger } = socket;
    const pending = () => peers.reduce((sum, peer) => sum + peer.pending, 0);
    // Counted before the socket drops it: at once, or, with its own timer right behind this one, when the linger is over.
    let dropped = linger === 0 ? pending() : 0;
    const timer = linger > 0 ? this.#clock.setTimer(linger, () => (dropped = pending())) : undefined;
    await closeSocket(socket);
    timer?.cancel();
    // What an inproc worker has in its queue stays there.
    if (dropped > 0) this.#lost = dropped - pending();
    if (this.#lost > 0) {
      this.#logger.warn(
        `${this.#lost} tasks were not handed over to their workers within ${linger} ms (linger) and are lost`,
      );
    }
  }

  #closedError(): ZmqClosedError {
    return new ZmqClosedError(`Pool '${this.name}' is closed`);
  }
}
