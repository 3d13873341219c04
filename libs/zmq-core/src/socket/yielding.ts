const COMPLETIONS_PER_TURN = 512;

/**
 * Promises of operations that were done at once. A loop that awaits thousands of
 * them must let timers and I/O run, so after 512 in a row one is resolved in the
 * next turn of the event loop (as zeromq.js does).
 */
export class Yielding {
  #inARow = 0;

  /** One shared promise almost always: no allocation. */
  done(): Promise<void> {
    return this.#mustYield() ? new Promise((resolve) => setImmediate(resolve)) : doneAtOnce;
  }

  doneWith<T>(value: T): Promise<T> {
    return this.#mustYield() ? new Promise((resolve) => setImmediate(() => resolve(value))) : Promise.resolve(value);
  }

  /** An operation had to wait: the loop has turned by itself. */
  reset(): void {
    this.#inARow = 0;
  }

  #mustYield(): boolean {
    if (++this.#inARow < COMPLETIONS_PER_TURN) return false;
    this.#inARow = 0;
    return true;
  }
}

/** What a send that was done at once gives. */
export const doneAtOnce = Promise.resolve();
