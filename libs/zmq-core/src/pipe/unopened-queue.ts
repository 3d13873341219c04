import { FifoQueue } from '../foundation/fifo-queue.js';
import type { Multipart } from '../foundation/multipart.js';
import type { MessageQueue } from './message-queue.js';

/** Messages that are made when they are taken. */
export interface MessageRun {
  /** How many are left. */
  readonly length: number;
  /** The next; only while there is one. */
  shift(): Multipart;
}

/** Keeps what a session received: messages, and runs of unopened ones. */
export class UnopenedQueue implements MessageQueue {
  readonly #entries = new FifoQueue<Multipart | MessageRun>();
  /** Its messages come before those of the entries. */
  #run: MessageRun | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(message: Multipart): void {
    this.#length++;
    this.#entries.push(message);
  }

  pushRun(run: MessageRun): void {
    this.#length += run.length;
    if (this.#run === undefined && this.#entries.length === 0) this.#run = run;
    else this.#entries.push(run);
  }

  shift(): Multipart | undefined {
    const run = this.#run;
    if (run === undefined) {
      const entry = this.#entries.shift();
      if (entry === undefined) return undefined;
      if (isMessage(entry)) {
        this.#length--;
        return entry;
      }
      return this.#openNext(entry);
    }
    return this.#openNext(run);
  }

  clear(): void {
    this.#entries.clear();
    this.#run = undefined;
    this.#length = 0;
  }

  #openNext(run: MessageRun): Multipart {
    this.#length--;
    const message = run.shift();
    this.#run = run.length > 0 ? run : undefined;
    return message;
  }
}

function isMessage(entry: Multipart | MessageRun): entry is Multipart {
  return Array.isArray(entry);
}
