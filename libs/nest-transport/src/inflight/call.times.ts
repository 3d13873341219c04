import type { DeadlineQueue } from './deadline.queue.js';
import type { PendingCall } from './pending.call.js';

export interface CallTimesOptions {
  readonly deadlines: DeadlineQueue;
  /** How long a call waits for a server when there is none, in ms. */
  readonly connectTimeout: number;
  /** How long it waits for its first value, from its start, and between values, in ms; 0 is for ever. */
  readonly requestTimeout: number;
}

/** When a call is over for want of what it waits for. Its deadline bounds all of it. */
export class CallTimes {
  readonly #deadlines: DeadlineQueue;
  readonly #connectTimeout: number;
  readonly #requestTimeout: number;

  constructor({ deadlines, connectTimeout, requestTimeout }: CallTimesOptions) {
    this.#deadlines = deadlines;
    this.#connectTimeout = connectTimeout;
    this.#requestTimeout = requestTimeout === 0 ? Infinity : requestTimeout;
  }

  /** Its next value must come in time, wherever the call is meanwhile. */
  expectValue(call: PendingCall, now: number): void {
    this.#failAt(call, call.since + this.#requestTimeout, now);
  }

  /**
   * A server must take it, in the same time.
   * @param room it waits for room; if not, for a server to come, which must do so within `connectTimeout`
   */
  expectServer(call: PendingCall, now: number, room: boolean): void {
    const latest = call.since + this.#requestTimeout;
    this.#failAt(call, room ? latest : Math.min(now + this.#connectTimeout, latest), now);
  }

  #failAt(call: PendingCall, latest: number, now: number): void {
    const due = Math.min(latest, call.expiresAt);
    if (due === Infinity) this.#deadlines.remove(call);
    else this.#deadlines.set(call, due, now);
  }
}
