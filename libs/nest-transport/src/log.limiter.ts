import type { ZmqClock } from './zmq.clock.js';

const INTERVAL_MS = 10_000;

/**
 * Keeps what a peer can cause at any rate from filling the log: the first line of a kind is written at once, then at
 * most one each ten seconds, which says how many were left out.
 */
export class LogLimiter {
  readonly #clock: ZmqClock;
  readonly #write: (message: string) => void;
  readonly #kinds = new Map<string, { nextAt: number; suppressed: number }>();

  constructor(clock: ZmqClock, write: (message: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /**
   * @param kind one of a bounded number; never a peer's text
   * @param message made only when it is written
   */
  log(kind: string, message: () => string): void {
    const suppressed = this.admit(kind);
    if (suppressed === undefined) return;
    this.#write(suppressed === 0 ? message() : `${message()} (and ${suppressed} more like this before)`);
  }

  /**
   * For what is written elsewhere.
   * @param kind as above
   * @returns how many were left out since the last; `undefined` when this one is left out too
   */
  admit(kind: string): number | undefined {
    const now = this.#clock.now();
    const state = this.#kinds.get(kind);
    if (state !== undefined && now < state.nextAt) {
      state.suppressed++;
      return undefined;
    }
    this.#kinds.set(kind, { nextAt: now + INTERVAL_MS, suppressed: 0 });
    return state?.suppressed ?? 0;
  }
}
