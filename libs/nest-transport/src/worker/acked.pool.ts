import { TaskRouterChannel } from '../channels/task-router.channel.js';
import { DeadlineQueue } from '../inflight/deadline.queue.js';
import { decodeError } from '../packet/error.codec.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import type { ZmqClock } from '../zmq.clock.js';
import type { ZmqLogger } from '../zmq.logger.js';
import { DEFAULT_MAX_WAITING } from '../zmq.options.js';
import { ZmqClosedError, ZmqTimeoutError } from '../zmq.errors.js';
import { Admission } from './admission.js';
import { DeadLetters, type ZmqDeadLetter, type ZmqDeadLetterHook, type ZmqDeadLetterReason } from './dead.letters.js';
import { TaskDispatcher } from './dispatcher.js';
import type { DispatcherCounts } from './dispatcher.counts.js';
import { LogLimiter } from '../log.limiter.js';
import { tellMismatch } from './mismatch.js';
import { PoolTask, type TaskContent, type TaskOutcome } from './pool.task.js';
import type { PendingPush } from './push.queue.js';
import { SignalGroup } from './signal.group.js';
import { messageIn, ZmqTaskError, ZmqTaskLostError } from './worker.errors.js';
import {
  DEFAULT_ACK_TIMEOUT_MS,
  DEFAULT_GRACE_PERIOD_MS,
  DEFAULT_MAX_DELIVERIES,
  DEFAULT_QUEUE_LIMIT,
  type ZmqPoolOptions,
} from './worker.options.js';

/** What a pool with `ack: 'explicit'` counts beside the rest. */
export interface ZmqPoolAckStats extends Readonly<DispatcherCounts> {
  /** Accepted tasks that wait for a worker now. */
  readonly queued: number;
  /** Failed tasks that now wait for their time to be run again. */
  readonly delayed: number;
  /** Deliveries that workers have not answered now. */
  readonly unanswered: number;
  /** Pushed tasks that were given up. */
  readonly deadLetters: number;
  /** Messages of workers that were no answer and no control message. */
  readonly malformed: number;
  /** Control messages of workers with a verb that this version does not know. */
  readonly unknownVerbs: number;
  /** Stops of workers that leave what they were sent unread (64 MiB or 100,000 messages wait): not answered. Such a worker gets no tasks. */
  readonly unread: number;
}

/** How long a push or a run waits to be accepted. */
export type Patience = Pick<PendingPush<PoolTask>, 'expiry' | 'signal'>;

/** Of `gracePeriod`, where there are hooks for dead letters. */
const PART_FOR_HOOKS = 0.1;

/** A pool with acknowledgement: tasks are kept here until a worker has answered them. */
export class AckedPool {
  readonly admission: Admission<PoolTask>;
  readonly #name: string;
  readonly #options: ZmqPoolOptions;
  readonly #clock: ZmqClock;
  readonly #codecs: PayloadCodecs;
  readonly #logger: ZmqLogger;
  readonly #log: LogLimiter;
  readonly #deadlines: DeadlineQueue;
  readonly #dispatcher: TaskDispatcher;
  #channel: TaskRouterChannel | undefined;
  readonly #deadLetters: DeadLetters;
  readonly #signals = new SignalGroup();
  #whenIdle: (() => void) | undefined;
  #lost = 0;

  constructor(name: string, options: ZmqPoolOptions, clock: ZmqClock, codecs: PayloadCodecs, logger: ZmqLogger) {
    this.#name = name;
    this.#options = options;
    this.#clock = clock;
    this.#codecs = codecs;
    this.#logger = logger;
    this.#deadlines = new DeadlineQueue(clock);
    this.#dispatcher = new TaskDispatcher({
      deadlines: this.#deadlines,
      queueLimit: options.queueLimit ?? DEFAULT_QUEUE_LIMIT,
      ackTimeoutMs: options.ackTimeout ?? DEFAULT_ACK_TIMEOUT_MS,
      maxDeliveries: options.maxDeliveries ?? DEFAULT_MAX_DELIVERIES,
      onIdle: () => this.#whenIdle?.(),
    });
    this.admission = new Admission(name, options.maxWaiting ?? DEFAULT_MAX_WAITING, clock);
    this.#log = new LogLimiter(clock, (message) => logger.error(message));
    this.#deadLetters = new DeadLetters(this.#log);
    if (options.onDeadLetter !== undefined) this.#deadLetters.add(options.onDeadLetter);
  }

  /** `undefined` before it is opened. */
  get socket(): TaskRouterChannel['socket'] | undefined {
    return this.#channel?.socket;
  }

  /** Accepted tasks that were not answered when the pool closed. */
  get lost(): number {
    return this.#lost;
  }

  stats(): ZmqPoolAckStats {
    const { counts, queued, delayed, unanswered } = this.#dispatcher;
    const { malformed = 0, unknownVerbs = 0, unread = 0 } = this.#channel ?? {};
    const deadLetters = this.#deadLetters.count;
    return { ...counts, queued, delayed, unanswered, deadLetters, malformed, unknownVerbs, unread };
  }

  onDeadLetter(hook: ZmqDeadLetterHook): void {
    this.#deadLetters.add(hook);
  }

  async open(): Promise<string[]> {
    const options = this.#options;
    const channel = new TaskRouterChannel(options, options, this.#clock, this.#dispatcher);
    tellMismatch(channel.socket.events, 'explicit', this.#log);
    let endpoints: string[];
    try {
      endpoints = await channel.open();
    } catch (error) {
      channel.socket.close();
      throw error;
    }
    this.#channel = channel;
    this.admission.open({
      trySend: (task) => this.#dispatcher.submit(task),
      untilWritable: ({ signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          this.#dispatcher.whenRoom(resolve);
        }),
    });
    return endpoints;
  }

  /**
   * @param deadlineMs from now on; `undefined` is none
   * @throws ZmqPoolFullError
   */
  push(content: TaskContent, deadlineMs: number | undefined, patience: Patience): Promise<void> {
    const task = new PoolTask(content, this.#deadlineAt(deadlineMs), false, this.#ofPush);
    return this.admission.tryEnter(task) ?? this.admission.wait({ frames: () => task, ...patience });
  }

  /** Resolves with the handler's result. `signal` ends it wherever the task is. */
  run(content: TaskContent, deadlineMs: number | undefined, patience: Patience): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = patience;
      const onAbort = () => {
        reject(signal?.reason as Error);
        this.#dispatcher.cancel(task);
      };
      const settle = (outcome: TaskOutcome) => {
        if (signal !== undefined) this.#signals.remove(signal, onAbort);
        try {
          resolve(this.#resultOf(outcome, task, deadlineMs));
        } catch (error) {
          reject(error as Error);
        }
      };
      const task = new PoolTask(content, this.#deadlineAt(deadlineMs), true, settle);
      if (signal !== undefined) this.#signals.add(signal, onAbort);
      this.#enter(task, patience).catch((error: unknown) => {
        if (signal !== undefined) this.#signals.remove(signal, onAbort);
        reject(error as Error);
      });
    });
  }

  /**
   * What was accepted is still given out and waited for, within `gracePeriod`. What is not answered then is given up:
   * told to the hooks for dead letters, counted, logged; runs fail. Where there are hooks the last part of `gracePeriod`
   * is theirs: what they write down must not be lost with the process.
   */
  async close(): Promise<void> {
    const gracePeriod = this.#options.gracePeriod ?? DEFAULT_GRACE_PERIOD_MS;
    const end = this.#clock.now() + gracePeriod;
    const forAnswers = this.#deadLetters.hooked ? gracePeriod - Math.ceil(gracePeriod * PART_FOR_HOOKS) : gracePeriod;
    if (this.#dispatcher.unsettled > 0) {
      await this.#within(forAnswers, new Promise<void>((resolve) => (this.#whenIdle = resolve)));
    }
    this.#lost = this.#dispatcher.abandon();
    if (this.#lost > 0) {
      this.#logger.warn(
        `${this.#lost} tasks were not answered within ${forAnswers} ms (of gracePeriod: ${gracePeriod} ms) and are given up`,
      );
    }
    await this.#within(Math.max(0, end - this.#clock.now()), this.#deadLetters.settled());
    await this.#channel?.close();
    this.#deadlines.clear();
  }

  async #within(ms: number, done: Promise<void>): Promise<void> {
    let isOver!: () => void;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    const timer = this.#clock.setTimer(ms, isOver);
    await Promise.race([done, over]);
    timer.cancel();
  }

  async #enter(task: PoolTask, patience: Patience): Promise<void> {
    await (this.admission.tryEnter(task) ?? this.admission.wait({ frames: () => task, ...patience }));
  }

  #deadlineAt(deadlineMs: number | undefined): number {
    return deadlineMs === undefined ? Infinity : this.#clock.now() + deadlineMs;
  }

  #resultOf(outcome: TaskOutcome, task: PoolTask, deadlineMs = 0): unknown {
    switch (outcome.kind) {
      case 'done':
        return outcome.payload === undefined
          ? undefined
          : this.#codecs.decode(outcome.payload, outcome.contentType, task.content.name, 'reply');
      case 'failed':
        throw new ZmqTaskError(task.content.name, decodeError(outcome.payload), task.runs);
      case 'lost':
        throw lostError(task);
      case 'expired':
        throw new ZmqTimeoutError(
          `Task '${task.content.name}' was not done within ${deadlineMs} ms (deadline)`,
          deadlineMs,
        );
      case 'cancelled':
        // Its signal has rejected it already.
        return undefined;
      case 'closed':
        throw this.#closedError();
    }
  }

  readonly #ofPush = (outcome: TaskOutcome, task: PoolTask): void => {
    switch (outcome.kind) {
      case 'done':
      case 'cancelled':
        return;
      case 'failed':
        this.#giveUp(task, 'failed', decodeError(outcome.payload));
        return;
      case 'lost':
        this.#giveUp(task, 'lost', lostError(task));
        return;
      case 'expired':
        this.#giveUp(task, 'expired', new ZmqTimeoutError(`The deadline of task '${task.content.name}' has passed`, 0));
        return;
      case 'closed':
        this.#giveUp(task, 'closed', this.#closedError());
    }
  };

  #giveUp(task: PoolTask, reason: ZmqDeadLetterReason, error: unknown): void {
    const { name, headers = {} } = task.content;
    const attempts = task.runs;
    this.#deadLetters.tell(
      name,
      () => `${reason} after ${attempts} runs: ${messageIn(error)}`,
      (): ZmqDeadLetter => ({
        pool: this.#name,
        task: name,
        data: this.#dataOf(task),
        headers,
        reason,
        error,
        attempts,
      }),
    );
  }

  #dataOf({ content: { name, payload, contentType } }: PoolTask): unknown {
    const bytes = Buffer.from(payload as string);
    try {
      return this.#codecs.decode(bytes, contentType, name);
    } catch {
      return bytes;
    }
  }

  #closedError(): ZmqClosedError {
    return new ZmqClosedError(`Pool '${this.#name}' was closed before the task was done`);
  }
}

function lostError(task: PoolTask): ZmqTaskLostError {
  return new ZmqTaskLostError(task.content.name, task.losses);
}
