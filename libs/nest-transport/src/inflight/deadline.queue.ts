import type { ZmqClock, ZmqTimer } from '../zmq.clock.js';

/** How late a deadline may be told, in ms. */
const TICK_MS = 16;
/** One round is 32.8 s, so that the usual timeouts need one look each. */
const SLOTS = 2_048;

/**
 * Something that is due at a time. It is the queue's own link, so that a call costs
 * no further object; it is in at most one queue.
 */
export abstract class Deadline {
  /** Managed by the queue. */
  due = 0;
  slot = -1;
  previous: Deadline | undefined;
  next: Deadline | undefined;

  /** The time has come; the queue has already let go of it. Must not throw. */
  abstract onDue(): void;
}

/**
 * All deadlines of one client or server on one timer: a wheel of lists.
 *
 *     slot   0    1    2   …  2047      an entry lies in the slot of the tick
 *            |         |                after its time; entries of later rounds
 *            a         b                stay until their own comes
 *            |
 *            c
 *
 * What is due in one look is told in the order of its times, and of one time in the order
 * in which it came.
 *
 * Adding, moving and removing are O(1). The timer is set for the first slot that
 * has something in it, and not at all when there is nothing.
 */
export class DeadlineQueue {
  readonly #clock: ZmqClock;
  readonly #slots: (Deadline | undefined)[] = new Array<Deadline | undefined>(SLOTS).fill(undefined);
  #size = 0;
  /** All slots up to this tick were looked at. */
  #seen = 0;
  #timer: ZmqTimer | undefined;
  #timerTick = 0;

  constructor(clock: ZmqClock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  now(): number {
    return this.#clock.now();
  }

  /**
   * Puts it in, or moves it when it is in already.
   * @param now the time, for who has just asked for it
   */
  set(entry: Deadline, due: number, now: number = this.#clock.now()): void {
    // Later than before is the usual case (another value came): it is looked at when its old slot comes.
    if (entry.slot >= 0 && due >= entry.due) {
      entry.due = due;
      return;
    }
    this.remove(entry);
    entry.due = due;
    const current = Math.floor(now / TICK_MS);
    if (this.#size === 0) this.#seen = current;
    this.#insert(entry);
    this.#arm(Math.max(tickOf(due), current));
  }

  /** Idempotent. */
  remove(entry: Deadline): void {
    if (entry.slot < 0) return;
    if (entry.previous === undefined) this.#slots[entry.slot] = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.slot = -1;
    this.#size--;
  }

  /** Forgets everything and stops the timer. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let slot = 0; slot < SLOTS; slot++) {
      for (let entry = this.#slots[slot]; entry !== undefined; entry = this.#slots[slot]) this.remove(entry);
    }
  }

  #insert(entry: Deadline): void {
    // What is overdue goes into the next slot that will be looked at.
    entry.slot = Math.max(tickOf(entry.due), this.#seen + 1) % SLOTS;
    const head = this.#slots[entry.slot];
    entry.next = head;
    if (head !== undefined) head.previous = entry;
    this.#slots[entry.slot] = entry;
    this.#size++;
  }

  #arm(tick: number): void {
    if (this.#timer !== undefined) {
      if (this.#timerTick <= tick) return;
      this.#timer.cancel();
    }
    this.#timerTick = tick;
    this.#timer = this.#clock.setTimer(Math.max(1, Math.ceil(tick * TICK_MS - this.#clock.now())), this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const now = this.#clock.now();
    const current = Math.floor(now / TICK_MS);
    const first = Math.max(this.#seen + 1, current - SLOTS + 1);
    this.#seen = Math.max(this.#seen, current);
    const due: Deadline[] = [];
    for (let tick = first; tick <= current; tick++) this.#collect(tick % SLOTS, now, due);
    // The sort keeps those of one time in the order in which they came.
    due.sort((a, b) => a.due - b.due);
    for (const entry of due) {
      // An earlier one may have removed it or moved it.
      if (entry.slot < 0 || entry.due > now) continue;
      this.remove(entry);
      entry.onDue();
    }
    this.#armNext();
  };

  /** Finds what is due in a slot, and puts what was moved to a later time where it belongs now. */
  #collect(slot: number, now: number, due: Deadline[]): void {
    const head = this.#slots[slot];
    if (head === undefined) return;
    const entries: Deadline[] = [];
    for (let entry: Deadline | undefined = head; entry !== undefined; entry = entry.next) entries.push(entry);
    // The list begins with what came last.
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i] as Deadline;
      if (entry.due <= now) due.push(entry);
      else {
        this.remove(entry);
        this.#insert(entry);
      }
    }
  }

  #armNext(): void {
    if (this.#size === 0) return;
    for (let tick = this.#seen + 1; tick <= this.#seen + SLOTS; tick++) {
      if (this.#slots[tick % SLOTS] !== undefined) {
        this.#arm(tick);
        return;
      }
    }
  }
}

/** The first tick at or after the time. */
function tickOf(due: number): number {
  return Math.ceil(due / TICK_MS);
}
