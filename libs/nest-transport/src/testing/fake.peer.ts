import type { PeerSender } from '../inflight/outbox.js';
import type { Frames } from '../packet/frames.js';
import { shown } from './frames.js';

/** A peer that takes messages while it has room. */
export class FakePeer implements PeerSender<unknown> {
  readonly socketType = 'DEALER';
  readonly address = 'fake';
  readonly sent: string[][] = [];
  #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #gone = false;

  constructor(
    /** How many messages it still takes. */
    public room = Infinity,
    readonly properties: Record<string, string> = {},
  ) {}

  get writable(): boolean {
    return this.room > 0;
  }

  trySend(message: Frames): boolean {
    if (this.#gone) throw new Error('EHOSTUNREACH');
    if (this.room <= 0) return false;
    this.room--;
    this.sent.push(shown(message));
    return true;
  }

  untilWritable(): Promise<void> {
    if (this.#gone) return Promise.reject(new Error('EHOSTUNREACH'));
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Takes so many more. */
  make(room: number): void {
    this.room = room;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  leave(): void {
    this.#gone = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error('EHOSTUNREACH'));
  }
}
