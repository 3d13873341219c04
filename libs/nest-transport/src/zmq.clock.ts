/** The only source of time of the transport, so that tests can hold it still. */
export interface ZmqClock {
  /** Monotonic milliseconds. Only differences mean something. */
  now(): number;
  /** Runs `fire` once after `delayMs`. Does not keep the process alive. */
  setTimer(delayMs: number, fire: () => void): ZmqTimer;
}

export interface ZmqTimer {
  /** Idempotent; after it `fire` is not called. */
  cancel(): void;
}

export const systemClock: ZmqClock = {
  now: () => performance.now(),
  setTimer: (delayMs, fire) => {
    const handle = setTimeout(fire, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
