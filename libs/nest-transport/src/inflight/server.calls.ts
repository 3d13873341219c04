import { AsyncResource } from 'node:async_hooks';
import { wireError } from '../packet/error.codec.js';
import type { CallOutcome, ServerCall } from './server.call.js';

/** Counts since the server listens. */
export interface ServerCallsStats {
  /** Calls that came in, whatever became of them. */
  received: number;
  /** Calls whose handler runs. */
  running: number;
  /** Calls that wait for their turn (`maxConcurrency`). */
  waiting: number;
  completed: number;
  /** Answered with an error, the application's own included. */
  failed: number;
  /** Of those that failed: there is no handler of their pattern here. */
  unknown: number;
  /** Of those that failed: too many others were waiting (`maxWaitingCalls`). */
  overloaded: number;
  /** Of those that failed: their data could not be decoded. */
  undecodable: number;
  /** Of those that failed: their deadline had passed when they came. */
  late: number;
  /** Ended by the caller's cancel or loss. */
  cancelled: number;
  /** Ended by their deadline, or because their stream was idle. */
  expired: number;
}

/** Why a call was not run. */
export type RefusedReason = 'unknown' | 'overloaded' | 'undecodable' | 'late';

/**
 * The calls that a server has: how many run at once, and when there is none.
 *
 * A call holds a place from its start until its handler is done, which may be after
 * the call was settled: a handler that ignores its `signal` works on.
 */
export class ServerCalls {
  readonly #maxConcurrency: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Map<ServerCall, () => void>();
  readonly #open = new Set<ServerCall>();
  readonly #stats = {
    received: 0,
    completed: 0,
    failed: 0,
    unknown: 0,
    overloaded: 0,
    undecodable: 0,
    late: 0,
    cancelled: 0,
    expired: 0,
  };
  #running = 0;
  #starting = false;

  /** Told each time the last open call was settled. */
  onIdle: (() => void) | undefined;

  /**
   * @param maxConcurrency 0 is no limit
   * @param maxWaiting calls beyond that
   */
  constructor(maxConcurrency: number, maxWaiting: number) {
    this.#maxConcurrency = maxConcurrency;
    this.#maxWaiting = maxWaiting;
  }

  /** Calls that are not settled. */
  get open(): number {
    return this.#open.size;
  }

  stats(): ServerCallsStats {
    return { running: this.#running, waiting: this.#waiting.size, ...this.#stats };
  }

  /** A call that is answered without ever being run. */
  countRefused(reason?: RefusedReason): void {
    this.#stats.received++;
    this.#stats.failed++;
    if (reason !== undefined) this.#stats[reason]++;
  }

  /** Whether a further call would have to wait, and may not. */
  get overloaded(): boolean {
    return this.#isFull && this.#waiting.size >= this.#maxWaiting;
  }

  get #isFull(): boolean {
    return this.#maxConcurrency > 0 && this.#running >= this.#maxConcurrency;
  }

  /** Starts the call now or when it is its turn; not at all when it was settled meanwhile. */
  admit(call: ServerCall, start: () => void): void {
    this.#stats.received++;
    this.#open.add(call);
    if (this.#isFull) this.#wait(call, start);
    else this.#start(call, start);
  }

  /** The handler is done, its stream ended. Idempotent. */
  release(call: ServerCall): void {
    if (!call.running) return;
    call.running = false;
    this.#running--;
    if (this.#waiting.size > 0) this.#startWaiting();
  }

  settled(call: ServerCall, outcome: CallOutcome): void {
    this.#stats[outcome]++;
    this.#waiting.delete(call);
    this.#open.delete(call);
    if (this.#open.size === 0) this.onIdle?.();
  }

  /** Ends all calls: each is answered, and what runs is told to stop. */
  failAll(): void {
    const error = wireError('ZmqClosedError', 'CLOSED', 'The server closed before the call was done');
    // Else the place of one that ends would be given to the next, whose end has come as well.
    this.#waiting.clear();
    for (const call of this.#open) {
      call.fail(error);
      call.cancel(error);
    }
  }

  /** Whoever makes room for it later: it runs in the async context in which it came, not in that of another call. */
  #wait(call: ServerCall, start: () => void): void {
    const scope = new AsyncResource('ZmqServerCall');
    this.#waiting.set(call, () => scope.runInAsyncScope(start));
  }

  #start(call: ServerCall, start: () => void): void {
    call.running = true;
    this.#running++;
    start();
  }

  #startWaiting(): void {
    // Who is done at once gives its place back from within: ten thousand, one in the other, would overflow the stack.
    if (this.#starting) return;
    this.#starting = true;
    try {
      for (const [call, start] of this.#waiting) {
        if (this.#isFull) return;
        this.#waiting.delete(call);
        // Its timer may be late: a call whose deadline has passed is not run.
        if (call.expired) call.deadlinePassed();
        else this.#start(call, start);
      }
    } finally {
      this.#starting = false;
      // Something threw, such as the application's logger, which goes on to whoever called: the others are not left waiting.
      if (this.#waiting.size > 0 && !this.#isFull) this.#startWaiting();
    }
  }
}
