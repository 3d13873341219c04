import { ZmqCancellation } from '../zmq.cancellation.js';
import type { ZmqClock } from '../zmq.clock.js';

/** Whether a task is still wanted, and how much time it has. */
export class TaskCancellation extends ZmqCancellation {
  readonly #clock: ZmqClock;
  readonly #deadlineAt: number;

  /** @param deadlineAt Infinity without a deadline */
  constructor(clock: ZmqClock, deadlineAt: number) {
    super();
    this.#clock = clock;
    this.#deadlineAt = deadlineAt;
  }

  override get remainingMs(): number | undefined {
    return this.#deadlineAt === Infinity ? undefined : Math.max(0, this.#deadlineAt - this.#clock.now());
  }
}
