import { Deadline, type DeadlineQueue } from './deadline.queue.js';

/** A promise with a deadline: settled by whoever holds it, or by time. */
export class Waiter extends Deadline {
  readonly promise: Promise<void>;
  readonly #deadlines: DeadlineQueue;
  readonly #onTimeout: () => void;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  /** @param onTimeout settles it, one way or the other */
  constructor(deadlines: DeadlineQueue, waitMs: number, onTimeout: (waiter: Waiter) => void) {
    super();
    this.#deadlines = deadlines;
    this.#onTimeout = () => onTimeout(this);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    deadlines.set(this, deadlines.now() + waitMs);
  }

  onDue(): void {
    this.#onTimeout();
  }

  resolve(): void {
    this.#deadlines.remove(this);
    this.#resolve();
  }

  reject(error: unknown): void {
    this.#deadlines.remove(this);
    this.#reject(error);
  }
}
