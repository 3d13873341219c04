import { decodeTask, type IncomingTask } from '../packet/task.packet.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import { ZmqCancellation } from '../zmq.cancellation.js';
import type { ZmqClock, ZmqTimer } from '../zmq.clock.js';
import { ZmqClosedError, ZmqTimeoutError } from '../zmq.errors.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { TaskCancellation } from './task.cancellation.js';
import { type TaskRun, ZmqTaskContext } from './task.context.js';
import { type FailureHook, messageOf, shortened, TaskFailures } from './task.failures.js';
import type { TaskInvoker } from './task.invoker.js';
import { delayAfter, mayRetry, type RetryPolicy } from './task.retry.js';
import type { LogLimiter } from '../log.limiter.js';

/** Gets each message, in order. */
export type TaskSink = (message: readonly Buffer[], peer: ZmqPeer) => void;

/** The part of a PULL socket that the runner needs. */
export interface TaskSource {
  /** `undefined` pauses at once, also from within the sink: what comes then waits in the socket. */
  onMessage(sink: TaskSink | undefined): void;
}

export interface TaskHandler {
  readonly invoke: TaskInvoker;
  readonly retry: RetryPolicy;
}

export interface TaskRunnerOptions {
  readonly pool: string;
  readonly concurrency: number;
  /** By task name. */
  readonly handlers: ReadonlyMap<string, TaskHandler>;
  readonly codecs: PayloadCodecs;
  readonly clock: ZmqClock;
  readonly log: LogLimiter;
  /** Called for a task that is given up, and awaited. */
  readonly onFailure?: FailureHook | undefined;
}

/** Counts since the start. */
export interface TaskCounts {
  /** Handlers that completed. */
  done: number;
  /** Tasks that were given up: their last attempt threw. */
  failed: number;
  /** Further attempts, after the first. */
  retried: number;
  /** Dropped: no `@OnTask` of this name here. */
  unknown: number;
  /** Dropped: not a task of this wire format, or its payload could not be decoded. */
  malformed: number;
  /** Dropped: their deadline had passed before a place was free. */
  expired: number;
}

interface Job {
  readonly task: IncomingTask;
  readonly handler: TaskHandler;
  readonly peer: ZmqPeer;
  /** When its deadline passes; Infinity without one. */
  readonly deadlineAt: number;
  /** Decoded once before it is accepted; decoded anew for each retry, so that an attempt cannot spoil the next. */
  readonly firstData: unknown;
}

/** What most runs are: kept ready. */
const FIRST_RUN: TaskRun = { attempt: 1, redelivered: false };
/** Handlers that finish at once must let the event loop turn as well. */
const STARTS_PER_TURN = 256;
/** Timers cannot be longer; a deadline that is farther away is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Beside its places, a worker that stops takes over so many tasks however long they last: as many as a pool has sent ahead by default. */
const LEAST_TAKEN_OVER = 16;

/**
 * Takes tasks from a socket and runs at most `concurrency` of them at the same time. While all places are taken it is
 * paused: tasks wait in the socket up to its mark, then at the pool's end.
 */
export class TaskRunner {
  readonly counts: TaskCounts = { done: 0, failed: 0, retried: 0, unknown: 0, malformed: 0, expired: 0 };
  readonly #options: TaskRunnerOptions;
  readonly #failures: TaskFailures;
  #source: TaskSource | undefined;
  /** Whether the source has our sink. */
  #taking = false;
  #startsInTurn = 0;
  #running = 0;
  #received = 0;
  /** When the first task began. */
  #since: number | undefined;
  /** How many tasks are over, and how long they had their places in all, in ms. */
  #ended = 0;
  #busyMs = 0;
  /** Tasks taken over at the stop, which find all places taken. */
  readonly #backlog: Job[] = [];
  /** Those of running tasks. */
  readonly #cancellations = new Set<ZmqCancellation>();
  /** Set when the grace period is over. */
  #givenUp: unknown;
  #whenIdle: (() => void) | undefined;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#failures = new TaskFailures(options.log, options.onFailure);
  }

  /** Messages that came, bad ones included. */
  get received(): number {
    return this.#received;
  }

  /** Tasks that are run now, those between two attempts included. */
  get running(): number {
    return this.#running;
  }

  /** Tasks that wait for a place; only while stopping. */
  get waiting(): number {
    return this.#backlog.length;
  }

  start(source: TaskSource): void {
    this.#source = source;
    this.#take();
  }

  /**
   * From here on what the source has is taken over at once, to be run in its turn. Give the source no other sink.
   *
   * A pool with a backlog sends to whoever takes, and nobody takes as fast as who only keeps. So it ends when more waits
   * here than can be done in time, by what the tasks have taken so far: the others may do those.
   * @param graceMs how long they may take
   * @param onEnough called once, when it ends; close the source then
   */
  takeOver(graceMs: number, onEnough: () => void): void {
    const source = this.#source;
    this.#source = undefined;
    this.#taking = false;
    const most = this.#possibleIn(graceMs);
    source?.onMessage((message, peer) => {
      const job = this.#read(message, peer);
      if (job !== undefined) this.#backlog.push(job);
      this.#next();
      if (this.#backlog.length < most) return;
      source.onMessage(undefined);
      onEnough();
    });
  }

  /** Resolves when nothing runs and nothing waits. After `takeOver`. */
  async idle(): Promise<void> {
    if (this.#running === 0 && this.#backlog.length === 0) return;
    await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  /**
   * Gives up: aborts the signals of what runs, starts nothing any more.
   * @returns how many tasks were not finished
   */
  abandon(): number {
    const left = this.#running + this.#backlog.length;
    this.#backlog.length = 0;
    this.#givenUp = new ZmqClosedError('The worker stopped before the task was done');
    for (const cancellation of this.#cancellations) cancellation.cancel(this.#givenUp);
    return left;
  }

  // ── taking ──

  #take(): void {
    if (this.#taking || this.#source === undefined) return;
    this.#taking = true;
    this.#source.onMessage(this.#sink);
  }

  readonly #sink: TaskSink = (message, peer) => {
    const job = this.#read(message, peer);
    if (job === undefined) return;
    if (this.#running + 1 >= this.#options.concurrency) this.#pause();
    this.#start(job);
  };

  #pause(): void {
    this.#taking = false;
    this.#source?.onMessage(undefined);
  }

  #read(message: readonly Buffer[], peer: ZmqPeer): Job | undefined {
    const { handlers, codecs, clock, pool } = this.#options;
    this.#received++;
    let task: IncomingTask;
    let firstData: unknown;
    try {
      task = decodeTask(message);
      const handler = handlers.get(task.name);
      if (handler === undefined) {
        this.#drop('unknown', () => `no @OnTask('${shortened(task.name)}') in the worker of pool '${pool}'`, peer);
        return undefined;
      }
      firstData = codecs.decode(task.payload, task.metadata.contentType, task.name);
      const { deadlineMs } = task.metadata;
      const deadlineAt = deadlineMs === undefined ? Infinity : clock.now() + deadlineMs;
      const job: Job = { task, handler, peer, deadlineAt, firstData };
      return this.#inTime(job) ? job : undefined;
    } catch (error) {
      this.#drop('malformed', () => messageOf(error), peer);
      return undefined;
    }
  }

  /** Late tasks are not run. */
  #inTime({ deadlineAt, task, peer }: Job): boolean {
    if (this.#options.clock.now() < deadlineAt) return true;
    this.#drop('expired', () => `the deadline of '${shortened(task.name)}' had passed`, peer);
    return false;
  }

  #drop(kind: 'malformed' | 'unknown' | 'expired', message: () => string, peer: ZmqPeer): void {
    this.counts[kind]++;
    this.#options.log.log(kind, () => `Dropped a task from ${peer.address}: ${message()}`);
  }

  // ── running ──

  #start(job: Job): void {
    this.#running++;
    void this.#run(job).then(this.#onEnd);
  }

  /** Never rejects. */
  async #run(job: Job): Promise<void> {
    const { clock } = this.#options;
    const { deadlineAt, task } = job;
    const now = clock.now();
    this.#since ??= now;
    const cancellation = deadlineAt === Infinity ? new ZmqCancellation() : new TaskCancellation(clock, deadlineAt);
    this.#cancellations.add(cancellation);
    let timer: ZmqTimer | undefined;
    const left = deadlineAt - now;
    if (left <= MAX_TIMER_MS) {
      const late = new ZmqTimeoutError(`The deadline of task '${task.name}' has passed`, task.metadata.deadlineMs ?? 0);
      timer = clock.setTimer(Math.max(0, left), () => cancellation.cancel(late));
    }
    try {
      await this.#attempts(job, cancellation);
    } finally {
      timer?.cancel();
      this.#cancellations.delete(cancellation);
      this.#ended++;
      this.#busyMs += clock.now() - now;
    }
  }

  /** How many tasks may be done in that time, those that run now aside. */
  #possibleIn(ms: number): number {
    const { concurrency, clock } = this.#options;
    // Where none is over yet, each takes at least as long as the first has.
    const each = this.#ended > 0 ? this.#busyMs / this.#ended : clock.now() - (this.#since ?? clock.now());
    return each > 0 ? Math.max(concurrency + LEAST_TAKEN_OVER, Math.ceil((concurrency * ms) / each)) : Infinity;
  }

  async #attempts(job: Job, cancellation: ZmqCancellation): Promise<void> {
    const { codecs } = this.#options;
    const { handler, task, peer } = job;
    // A task that is delivered again goes on counting.
    const before = (task.metadata.attempt ?? 1) - 1;
    let data = job.firstData;
    for (let attempt = 1; ; attempt++) {
      const number = before + attempt;
      const run = number === 1 ? FIRST_RUN : { attempt: number, redelivered: before > 0 };
      const context = new ZmqTaskContext(task.name, peer, task.metadata.headers, cancellation, run);
      try {
        if (attempt > 1) data = codecs.decode(task.payload, task.metadata.contentType, task.name);
        await handler.invoke(data, context);
        this.counts.done++;
        return;
      } catch (error) {
        if (mayRetry(handler.retry, attempt, error)) {
          if (await this.#waited(delayAfter(handler.retry, attempt), cancellation)) {
            this.counts.retried++;
            continue;
          }
        }
        this.counts.failed++;
        const failure = { pool: this.#options.pool, task: task.name, data, error, attempts: attempt, context };
        await this.#failures.tell(failure, handler.retry.attempts);
        return;
      }
    }
  }

  /** @returns whether another attempt may be made */
  async #waited(delayMs: number, cancellation: ZmqCancellation): Promise<boolean> {
    if (delayMs > 0 && !cancellation.cancelled) {
      await new Promise<void>((resolve) => {
        // A task may wait a thousand times, and has one signal.
        const end = (): void => {
          timer.cancel();
          cancellation.signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = this.#options.clock.setTimer(delayMs, end);
        cancellation.signal.addEventListener('abort', end);
      });
    }
    return !cancellation.cancelled;
  }

  readonly #onEnd = (): void => {
    this.#running--;
    if (this.#source !== undefined) this.#takeAgain();
    else this.#next();
  };

  #takeAgain(): void {
    if (++this.#startsInTurn < STARTS_PER_TURN) {
      this.#take();
      return;
    }
    if (this.#startsInTurn > STARTS_PER_TURN) return;
    setImmediate(() => {
      this.#startsInTurn = 0;
      this.#take();
    });
  }

  /** Starts what was taken over, as places get free. */
  #next(): void {
    while (this.#running < this.#options.concurrency && this.#givenUp === undefined) {
      const job = this.#backlog.shift();
      if (job === undefined) break;
      if (this.#inTime(job)) this.#start(job);
    }
    if (this.#running === 0 && this.#backlog.length === 0) this.#whenIdle?.();
  }
}
