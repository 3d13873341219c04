import { LONGEST_DELAY_MS } from '../foundation/clock.js';

/**
 * Keeps the process alive while somebody waits: open sockets alone do not, a
 * pending `receive` does. One timer for all, that counts or does not: one made anew
 * for each wait was 2 % of a sender's time.
 */
export class KeepAlive {
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    if (this.#holders++ > 0) return;
    this.#timer ??= setInterval(() => {}, LONGEST_DELAY_MS);
    this.#timer.ref();
  }

  release(): void {
    if (--this.#holders === 0) this.#timer!.unref();
  }
}
