import type { CallRequest } from '../packet/call.packet.js';
import { type AnswerContent, AnswerStatus } from '../packet/delivery.packet.js';
import type { CallKey, Envelope } from '../packet/envelope.js';
import { encodeError, wireError } from '../packet/error.codec.js';
import { EMPTY, type Frame } from '../packet/frames.js';
import type { ZmqCancellation } from '../zmq.cancellation.js';
import type { ZmqClock, ZmqTimer } from '../zmq.clock.js';
import { ZmqClosedError, ZmqTimeoutError, ZmqTooLargeError } from '../zmq.errors.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { TaskCancellation } from './task.cancellation.js';
import { ZmqTaskContext } from './task.context.js';
import { shortened, TaskFailures } from './task.failures.js';
import { delayAfter, mayRetry } from './task.retry.js';
import type { TaskCounts, TaskHandler, TaskRunnerOptions } from './task.runner.js';

export interface AckedRunnerOptions extends TaskRunnerOptions {
  /** Deliveries that one pool may have here unanswered. */
  readonly credit: number;
}

/** Counts since the start that only workers with acknowledgement have. */
export interface AckCounts {
  /** Tasks that failed after their pool had cancelled them; they are not among `failed`. */
  cancelled: number;
  /** Deliveries that were given back unbegun: they came while the worker stopped, or were cancelled in time. */
  handedBack: number;
  /** Deliveries beyond the credit: given back. */
  refused: number;
  /** Deliveries whose id was in use by another one: ignored. */
  duplicates: number;
  /** Answers whose pool was gone. It, or nobody, gives the task to another worker. */
  droppedAnswers: number;
  /** Cancels of what was answered already. */
  strayCancels: number;
}

/** A connected pool: the way to it, and what it has given here. */
export class PoolLink {
  readonly deliveries = new Map<CallKey, Job>();
  gone = false;

  constructor(
    readonly peer: ZmqPeer,
    /** Must not throw. */
    readonly answer: (envelope: Envelope, status: AnswerStatus, content?: AnswerContent) => void,
  ) {}
}

/** One delivery here, from its coming to its answer. */
class Job {
  readonly cancellation: ZmqCancellation;
  answered = false;
  cancelledByPool = false;

  constructor(
    readonly link: PoolLink,
    readonly request: CallRequest,
    readonly handler: TaskHandler,
    readonly data: unknown,

    /** Infinity without a deadline. */
    readonly deadlineAt: number,
    clock: ZmqClock,
  ) {
    this.cancellation = new TaskCancellation(clock, deadlineAt);
  }

  get attempt(): number {
    return this.request.metadata.attempt ?? 1;
  }
}

/** Timers cannot be longer; a deadline that is farther away is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs what pools deliver, at most `concurrency` at a time, and answers each delivery once. What comes beyond that waits
 * here, in the order in which it came, whichever pool it is from.
 */
export class AckedRunner {
  readonly counts: TaskCounts & AckCounts = {
    done: 0,
    failed: 0,
    retried: 0,
    unknown: 0,
    malformed: 0,
    expired: 0,
    cancelled: 0,
    handedBack: 0,
    refused: 0,
    duplicates: 0,
    droppedAnswers: 0,
    strayCancels: 0,
  };
  readonly #options: AckedRunnerOptions;
  readonly #failures: TaskFailures;
  readonly #waiting = new Set<Job>();
  readonly #running = new Set<Job>();
  #stopping = false;
  #whenIdle: (() => void) | undefined;

  constructor(options: AckedRunnerOptions) {
    this.#options = options;
    this.#failures = new TaskFailures(options.log, options.onFailure);
  }

  /** Tasks that are run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Deliveries that wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  // ── from the pools ──

  receive(link: PoolLink, request: CallRequest): void {
    const { envelope } = request;
    if (link.deliveries.has(envelope.key)) {
      this.counts.duplicates++;
      return;
    }
    if (this.#stopping || link.deliveries.size >= this.#options.credit) {
      this.counts[this.#stopping ? 'handedBack' : 'refused']++;
      link.answer(envelope, AnswerStatus.back);
      return;
    }
    const job = this.#read(link, request);
    if (job === undefined) return;
    link.deliveries.set(envelope.key, job);
    if (this.#running.size < this.#options.concurrency) void this.#run(job);
    else this.#waiting.add(job);
  }

  /** The pool does not want the result any more. It gets its answer all the same, so that both know of the place. */
  cancel(link: PoolLink, { key }: Envelope): void {
    const job = link.deliveries.get(key);
    if (job === undefined) {
      this.counts.strayCancels++;
    } else if (this.#waiting.delete(job)) {
      this.counts.handedBack++;
      this.#answer(job, AnswerStatus.back);
    } else {
      job.cancelledByPool = true;
      job.cancellation.cancel(new DOMException('The pool cancelled the task', 'AbortError'));
    }
  }

  /**
   * The connection is lost. What has not begun is forgotten: the pool gives it to others. What runs goes on: if the pool
   * has died, nobody else has it.
   */
  left(link: PoolLink): void {
    link.gone = true;
    for (const job of link.deliveries.values()) {
      if (!this.#waiting.delete(job)) continue;
      job.answered = true;
      link.deliveries.delete(job.request.envelope.key);
    }
    this.#tellIdle();
  }

  // ── the end ──

  /** From here on nothing is begun: what waits, and what still comes, is handed back. */
  stop(): void {
    this.#stopping = true;
    for (const job of this.#waiting) {
      this.counts.handedBack++;
      this.#answer(job, AnswerStatus.back);
    }
    this.#waiting.clear();
    this.#tellIdle();
  }

  /** Resolves when nothing runs. After `stop`. */
  async idle(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  /**
   * Gives up what runs: its signal aborts, and it is handed back as begun.
   * @returns how many tasks that are
   */
  abandon(): number {
    const reason = new ZmqClosedError('The worker stopped before the task was done');
    const payload = encodeError(reason);
    for (const job of this.#running) {
      this.#answer(job, AnswerStatus.again, { payload });
      job.cancellation.cancel(reason);
    }
    return this.#running.size;
  }

  // ── one task ──

  /** Answers what cannot be run. */
  #read(link: PoolLink, request: CallRequest): Job | undefined {
    const { handlers, codecs, clock, pool } = this.#options;
    const { name, payload, metadata } = request;
    const handler = handlers.get(name);
    if (handler === undefined) {
      const message = `no @OnTask('${shortened(name)}') in the worker of pool '${pool}'`;
      this.#refuse(link, request, 'unknown', wireError('ZmqUnknownTaskError', 'UNKNOWN_TASK', message));
      return undefined;
    }
    let data: unknown;
    try {
      data = codecs.decode(payload, metadata.contentType, name);
    } catch (error) {
      this.#refuse(link, request, 'malformed', error as Error);
      return undefined;
    }
    const { deadlineMs } = metadata;
    if (deadlineMs === 0) {
      this.#refuse(link, request, 'expired', lateError(request));
      return undefined;
    }
    return new Job(link, request, handler, data, deadlineMs === undefined ? Infinity : clock.now() + deadlineMs, clock);
  }

  #refuse(
    link: PoolLink,
    { envelope }: CallRequest,
    kind: 'malformed' | 'unknown' | 'expired',
    error: { readonly message: string },
  ): void {
    this.counts[kind]++;
    this.#options.log.log(kind, () => `Refused a task from ${link.peer.address}: ${error.message}`);
    link.answer(envelope, AnswerStatus.failed, { payload: this.#errorFrame(error) });
  }

  /** Never rejects. */
  async #run(job: Job): Promise<void> {
    this.#running.add(job);
    const timer = this.#watch(job);
    try {
      await this.#invoke(job);
    } finally {
      timer?.cancel();
      this.#running.delete(job);
      this.#next();
    }
  }

  #watch({ deadlineAt, cancellation, request }: Job): ZmqTimer | undefined {
    const { clock } = this.#options;
    const left = deadlineAt - clock.now();
    if (left > MAX_TIMER_MS) return undefined;
    return clock.setTimer(Math.max(0, left), () => cancellation.cancel(lateError(request)));
  }

  async #invoke(job: Job): Promise<void> {
    const { link, request, handler, data, cancellation, attempt } = job;
    const context = new ZmqTaskContext(request.name, link.peer, request.metadata.headers, cancellation, {
      attempt,
      redelivered: attempt > 1,
      extend: () => this.#extend(job),
    });
    let result: unknown;
    try {
      result = await handler.invoke(data, context);
    } catch (error) {
      await this.#failed(job, error, context);
      return;
    }
    try {
      this.#done(job, result);
    } catch (error) {
      // It is done, but its result has no form on the wire: to run it again would not change that.
      await this.#giveUp(job, error, context);
    }
  }

  /** @throws ZmqCodecError, ZmqTooLargeError */
  #done(job: Job, result: unknown): void {
    const { metadata, name } = job.request;
    if (metadata.result !== true) {
      this.counts.done++;
      this.#answer(job, AnswerStatus.done);
      return;
    }
    const { payload, contentType } = this.#options.codecs.encodeReply(result, metadata.contentType, name);
    this.counts.done++;
    if (payload === EMPTY && contentType === undefined) this.#answer(job, AnswerStatus.done);
    else this.#answer(job, AnswerStatus.value, { payload, contentType });
  }

  async #failed(job: Job, error: unknown, context: ZmqTaskContext): Promise<void> {
    const { handler, cancellation, attempt } = job;
    // It was given up and answered when the worker had to stop.
    if (job.answered) return;
    if (job.cancelledByPool) {
      this.counts.cancelled++;
      this.#answer(job, AnswerStatus.failed, { payload: this.#errorFrame(error) });
    } else if (mayRetry(handler.retry, attempt, error) && !cancellation.cancelled) {
      this.counts.retried++;
      const delayMs = delayAfter(handler.retry, attempt);
      this.#answer(job, AnswerStatus.again, { payload: this.#errorFrame(error), delayMs });
    } else {
      await this.#giveUp(job, error, context);
    }
  }

  async #giveUp(job: Job, error: unknown, context: ZmqTaskContext): Promise<void> {
    const { handler, request, data, attempt } = job;
    this.counts.failed++;
    const failure = { pool: this.#options.pool, task: request.name, data, error, attempts: attempt, context };
    await this.#failures.tell(failure, handler.retry.attempts);
    this.#answer(job, AnswerStatus.failed, { payload: this.#errorFrame(error) });
  }

  /** An error may carry anything; one that no message can carry is told of. */
  #errorFrame(error: unknown): Frame {
    const { codecs } = this.#options;
    const payload = encodeError(error);
    return codecs.fits(payload)
      ? payload
      : encodeError(new ZmqTooLargeError(Buffer.byteLength(payload), codecs.maxBytes));
  }

  #extend({ link, request, answered }: Job): void {
    if (!answered && !link.gone) link.answer(request.envelope, AnswerStatus.working);
  }

  /** Once for each delivery. */
  #answer(job: Job, status: AnswerStatus, content?: AnswerContent): void {
    if (job.answered) return;
    job.answered = true;
    const { link, request } = job;
    link.deliveries.delete(request.envelope.key);
    if (link.gone) this.counts.droppedAnswers++;
    else link.answer(request.envelope, status, content);
  }

  #next(): void {
    for (const job of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) break;
      this.#waiting.delete(job);
      this.#begin(job);
    }
    this.#tellIdle();
  }

  /** What has waited: late tasks are not run, and the pool hears that the others are at work now. */
  #begin(job: Job): void {
    if (this.#options.clock.now() >= job.deadlineAt) {
      job.answered = true;
      job.link.deliveries.delete(job.request.envelope.key);
      this.#refuse(job.link, job.request, 'expired', lateError(job.request));
      return;
    }
    this.#extend(job);
    void this.#run(job);
  }

  #tellIdle(): void {
    if (this.#running.size === 0) this.#whenIdle?.();
  }
}

function lateError({ name, metadata }: CallRequest): ZmqTimeoutError {
  return new ZmqTimeoutError(`The deadline of task '${shortened(name)}' has passed`, metadata.deadlineMs ?? 0);
}
