import { Deadline, type DeadlineQueue } from '../inflight/deadline.queue.js';
import { isNestPeer, type ZmqPeer } from '../zmq.peer.js';

/** A subscriber that is connected and has not told that its subscriptions are there. */
class Unmarked extends Deadline {
  constructor(readonly onLate: () => void) {
    super();
  }

  onDue(): void {
    this.onLate();
  }
}

/**
 * Which subscribers of a forwarder have subscribed to all that they want. Publishers are
 * to be told so when all that are connected have, or have had `timeoutMs` for it.
 */
export class ReadyMarks {
  readonly #deadlines: DeadlineQueue;
  readonly #timeoutMs: number;
  readonly #onChange: () => void;
  readonly #unmarked = new Map<ZmqPeer, Unmarked>();
  readonly #settled = new Set<ZmqPeer>();
  #late = 0;

  constructor(deadlines: DeadlineQueue, timeoutMs: number, onChange: () => void) {
    this.#deadlines = deadlines;
    this.#timeoutMs = timeoutMs;
    this.#onChange = onChange;
  }

  /** There are subscribers, and none that is waited for. */
  get ready(): boolean {
    return this.#settled.size > 0 && this.#unmarked.size === 0;
  }

  /** Subscribers that had not subscribed in time. */
  get late(): number {
    return this.#late;
  }

  /** Idempotent. */
  joined(peer: ZmqPeer): void {
    if (this.#settled.has(peer) || this.#unmarked.has(peer)) return;
    // A peer of another library does not mark the end of its subscriptions: nobody waits for it.
    if (isNestPeer(peer)) {
      const unmarked = new Unmarked(() => {
        this.#late++;
        this.#settle(peer);
      });
      this.#unmarked.set(peer, unmarked);
      this.#deadlines.set(unmarked, this.#deadlines.now() + this.#timeoutMs);
    } else {
      this.#settled.add(peer);
    }
    this.#onChange();
  }

  /** Its mark came; that may be told before the peer itself. */
  marked(peer: ZmqPeer): void {
    this.joined(peer);
    if (this.#unmarked.has(peer)) this.#settle(peer);
  }

  left(peer: ZmqPeer): void {
    this.#forget(peer);
    if (!this.#settled.delete(peer)) this.#unmarked.delete(peer);
    this.#onChange();
  }

  clear(): void {
    for (const peer of this.#unmarked.keys()) this.#forget(peer);
    this.#unmarked.clear();
    this.#settled.clear();
    this.#late = 0;
  }

  #settle(peer: ZmqPeer): void {
    this.#forget(peer);
    this.#unmarked.delete(peer);
    this.#settled.add(peer);
    this.#onChange();
  }

  #forget(peer: ZmqPeer): void {
    const unmarked = this.#unmarked.get(peer);
    if (unmarked !== undefined) this.#deadlines.remove(unmarked);
  }
}
