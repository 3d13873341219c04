import { LONGEST_DELAY_MS } from '../foundation/clock.js';

/**
 * Keeps the process alive while somebody waits: open sockets alone do not, a
 * pending `receive` does. One timer for all, that counts or does not: one made anew
 * for each wait was 2 % of a sender's time.
 */
export class KeepAlive {
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;
  #idle = false;

  hold(): void {
    if (this.#holders++ > 0) return;
    this.#idle = false;
    this.#timer ??= setInterval(() => {}, LONGEST_DELAY_MS);
    this.#timer.ref();
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#timer!.unref();
    if (this.#idle) this.#drop();
  }

  /** Nobody is left who may hold: the timer would outlive its context. */
  rest(): void {
    this.#idle = true;
    if (this.#holders === 0) this.#drop();
  }

  #drop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
