/** Longer than any process lives. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * Keeps the process running while it is held. The sockets do so only while a message is asked of them, and a worker
 * whose places are all taken asks for none.
 */
export class KeepAlive {
  #handle: NodeJS.Timeout | undefined;

  /** Idempotent. */
  hold(): void {
    this.#handle ??= setInterval(() => {}, NEVER_MS);
  }

  /** Idempotent. */
  release(): void {
    clearInterval(this.#handle);
    this.#handle = undefined;
  }
}
