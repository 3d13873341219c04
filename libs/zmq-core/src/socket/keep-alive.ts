const LONGEST_TIMER_MS = 2147483647;

/**
 * Keeps the process alive while somebody waits: open sockets alone do not, a
 * pending `receive` does. One referenced timer for all.
 */
export class KeepAlive {
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    if (this.#holders++ === 0) this.#timer = setInterval(() => {}, LONGEST_TIMER_MS);
  }

  release(): void {
    if (--this.#holders === 0) clearInterval(this.#timer);
  }
}
