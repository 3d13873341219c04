import type { ZmqClock, ZmqTimer } from '../zmq.clock.js';

interface ManualTimer {
  readonly at: number;
  readonly fire: () => void;
}

/**
 * For tests: a clock that moves only by `advance`. Timers fire in the order of their deadlines, at their deadlines.
 *
 * @example
 * const clock = new ManualClock();
 * const transport = createTestTransport({ clock });
 * const outcome = firstValueFrom(transport.client.send('slow', {})).catch((error) => error);
 * clock.advance(31_000); // requestTimeout is over
 */
export class ManualClock implements ZmqClock {
  #now = 0;
  readonly #timers = new Set<ManualTimer>();

  /** Milliseconds since it was made. */
  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, fire: () => void): ZmqTimer {
    const timer: ManualTimer = { at: this.#now + Math.max(0, delayMs), fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Timers that are set by those that fire, fire too when their time comes within `ms`. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = end;
  }

  /** The earliest; of equal ones the one that was set first. */
  #next(): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }
}
