import type { Multipart } from '../foundation/multipart.js';
import type { MessageQueue } from './message-queue.js';

/** Keeps only the newest message (`conflate`). */
export class ConflatingQueue implements MessageQueue {
  #newest: Multipart | undefined;

  get length(): number {
    return this.#newest === undefined ? 0 : 1;
  }

  push(message: Multipart): void {
    this.#newest = message;
  }

  shift(): Multipart | undefined {
    const message = this.#newest;
    this.#newest = undefined;
    return message;
  }

  clear(): void {
    this.#newest = undefined;
  }
}
