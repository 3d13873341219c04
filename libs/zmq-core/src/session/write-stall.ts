import type { Clock, Timer } from '../foundation/clock.js';
import type { ByteStream } from '../transport/byte-stream.js';

/**
 * Watches that a peer takes what is written to it. While nothing is pending it watches
 * nothing, and has no timer.
 *
 * It looks once in each span of the limit, so that a write costs nothing more while there is a
 * watch already: a peer that takes not one byte is told of when the limit has passed
 * once, one that stops in between before it has passed twice.
 */
export class WriteStall {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #stream: ByteStream;
  readonly #stalled: () => void;
  #timer: Timer | undefined;
  /** Bytes that were left when it last looked. */
  #left = 0;
  /** All that was pending went out since it last looked. */
  #moved = false;

  /** @param stalled called once, at most */
  constructor(clock: Clock, limitMs: number, stream: ByteStream, stalled: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#stream = stream;
    this.#stalled = stalled;
  }

  /** A write did not go through at once. */
  watch(): void {
    if (this.#timer === undefined) this.#look();
  }

  /** What was pending is with the kernel. */
  drained(): void {
    this.#moved = true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(): void {
    this.#left = this.#stream.unsentBytes;
    this.#moved = false;
    this.#timer = this.#clock.setTimer(this.#limitMs, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#stream.pendingBytes === 0) return;
    if (this.#moved || this.#stream.unsentBytes !== this.#left) this.#look();
    else this.#stalled();
  };
}
