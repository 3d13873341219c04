import { encodePing } from '../packet/control.packet.js';
import { ZmqTimeoutError } from '../zmq.errors.js';
import type { Outbox } from './outbox.js';
import type { Waiter } from './waiter.js';

/** Questions to one server whether it answers. They are no calls: they count nowhere, and are asked of it alone. */
export class LinkPings {
  readonly #waiting = new Map<number, Waiter>();

  /** @returns gives the question up */
  ask(id: number, outbox: Outbox<unknown>, waiter: Waiter): () => void {
    const giveUp = (): void => void this.#waiting.delete(id);
    this.#waiting.set(id, waiter);
    // Not queued: who asks again and again would fill the memory for a server that is stuck.
    if (!outbox.trySend(encodePing(id))) {
      giveUp();
      waiter.reject(new ZmqTimeoutError('It is full and takes no messages now', 0));
    }
    return giveUp;
  }

  /** False when nobody asked with this id. */
  answered(id: number): boolean {
    const waiter = this.#waiting.get(id);
    if (waiter === undefined) return false;
    this.#waiting.delete(id);
    waiter.resolve();
    return true;
  }

  /** The server is lost, or the client closes. */
  fail(error: unknown): void {
    for (const waiter of this.#waiting.values()) waiter.reject(error);
    this.#waiting.clear();
  }
}
