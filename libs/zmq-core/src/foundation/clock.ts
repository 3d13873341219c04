/** The only source of time, so that tests can hold it still. */
export interface Clock {
  /** Monotonic milliseconds. Only differences mean something. */
  now(): number;
  /** Runs `fire` once after `delayMs`. Does not keep the process alive. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

export interface Timer {
  /** Idempotent; after it `fire` is not called. */
  cancel(): void;
}

/** Node fires a longer timer at once. */
export const LONGEST_DELAY_MS = 2147483647;

class SystemTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(delayMs: number, fire: () => void) {
    this.#handle = setTimeout(fire, Math.min(delayMs, LONGEST_DELAY_MS));
    this.#handle.unref();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (delayMs, fire) => new SystemTimer(delayMs, fire),
};
