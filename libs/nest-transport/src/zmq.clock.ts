/** The only source of time of the transport, so that tests can hold it still. */
export interface ZmqClock {
  /** Monotonic milliseconds. Only differences mean something. */
  now(): number;
  /** Runs `fire` once when `delayMs` have passed, not before. Does not keep the process alive. */
  setTimer(delayMs: number, fire: () => void): ZmqTimer;
}

export interface ZmqTimer {
  /** Idempotent; after it `fire` is not called. */
  cancel(): void;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: ZmqClock = {
  now: () => performance.now(),
  setTimer: (delayMs, fire) => {
    // Node counts whole milliseconds from the last whole one, so it may fire up to one too early:
    // a deadline would then not have passed when its timer says so.
    const handle = setTimeout(fire, Math.min(Math.ceil(delayMs) + 1, LONGEST_TIMEOUT_MS));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
