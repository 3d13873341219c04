import type { ZmqClock } from '../zmq.clock.js';
import { type PendingPush, type PushOutlet, PushQueue } from './push.queue.js';
import { ZmqPoolFullError } from './worker.errors.js';

/** An accepted push after so many others in one turn waits for the next, so that a loop of pushes lets I/O run. */
const PUSHES_PER_TURN = 512;
const ACCEPTED = Promise.resolve();

/** The way into a pool, in the order of the calls: at once while there is room, else one waits for it. */
export class Admission<M> {
  readonly #pool: string;
  readonly #maxWaiting: number;
  readonly #queue: PushQueue<M>;
  #outlet: PushOutlet<M> | undefined;
  #pushed = 0;
  #refused = 0;
  #acceptedInTurn = 0;

  constructor(pool: string, maxWaiting: number, clock: ZmqClock) {
    this.#pool = pool;
    this.#maxWaiting = maxWaiting;
    this.#queue = new PushQueue(clock, () => this.#pushed++);
  }

  /** What was accepted, since the beginning. */
  get pushed(): number {
    return this.#pushed;
  }

  /** What was refused because too many waited. */
  get refused(): number {
    return this.#refused;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** From here on there is something behind it. */
  open(outlet: PushOutlet<M>): void {
    this.#outlet = outlet;
    this.#queue.open(outlet);
  }

  /** All that waits fails. */
  close(error: () => Error): void {
    this.#outlet = undefined;
    this.#queue.close(error);
  }

  /** When there is room, a promise for the turn of the event loop in which to go on. Else `undefined`: `wait` for it. */
  tryEnter(message: M): Promise<void> | undefined {
    if (this.#queue.length > 0 || this.#outlet?.trySend(message) !== true) return undefined;
    this.#pushed++;
    if (++this.#acceptedInTurn < PUSHES_PER_TURN) return ACCEPTED;
    this.#acceptedInTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** @throws ZmqPoolFullError */
  wait(push: PendingPush<M>): Promise<void> {
    if (this.#queue.length >= this.#maxWaiting) {
      this.#refused++;
      throw new ZmqPoolFullError(this.#pool, this.#maxWaiting);
    }
    return this.#queue.add(push);
  }
}
