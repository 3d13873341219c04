import { LONGEST_DELAY_MS } from '../foundation/clock.js';

/**
 * Keeps the process alive while somebody waits: open sockets alone do not, a
 * pending `receive` does. One referenced timer for all.
 */
export class KeepAlive {
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  hold(): void {
    if (this.#holders++ === 0) this.#timer = setInterval(() => {}, LONGEST_DELAY_MS);
  }

  release(): void {
    if (--this.#holders === 0) clearInterval(this.#timer);
  }
}
