import type { PipeEnd } from '../pipe/pipe.js';

/** A pipe and its place in a `PipeRotation`. A pattern may extend it with what it knows of the pipe. */
export class PipeSlot {
  readonly end: PipeEnd;
  /** Where it stands in `slots`; -1 when it stands in none. */
  index = -1;

  constructor(end: PipeEnd) {
    this.end = end;
  }
}

/**
 * The pipes of one direction, the active ones in front and a cursor among them:
 *
 *     slots  [ a  b  c | d  e ]
 *                 ^    ^
 *           current    active = 3
 *
 * A swap with the border moves a pipe between the parts, so every step is O(1)
 * and a message costs neither a lookup nor an allocation. Fair queue and load
 * balancer differ only in what they do with the current pipe.
 */
export class PipeRotation<S extends PipeSlot> {
  readonly slots: S[] = [];
  active = 0;
  current = 0;
  readonly #byEnd = new Map<PipeEnd, S>();

  /** The slot of a pipe: one lookup per wake-up, none per message. */
  find(end: PipeEnd): S | undefined {
    return this.#byEnd.get(end);
  }

  /** Adds a pipe as active: its first refusal moves it. Idempotent. */
  attach(slot: S): void {
    if (this.#byEnd.has(slot.end)) return;
    this.#byEnd.set(slot.end, slot);
    slot.index = this.slots.length;
    this.slots.push(slot);
    this.activate(slot);
  }

  detach(end: PipeEnd): S | undefined {
    const slot = this.#byEnd.get(end);
    if (slot === undefined) return undefined;
    this.#byEnd.delete(end);
    this.deactivate(slot);
    this.#swap(slot.index, this.slots.length - 1);
    this.slots.pop();
    slot.index = -1;
    return slot;
  }

  activate(slot: S): void {
    if (slot.index < this.active) return;
    this.#swap(slot.index, this.active);
    this.active++;
  }

  /** Legal, and without effect, for a slot that was detached meanwhile. */
  deactivate(slot: S): void {
    if (slot.index < 0 || slot.index >= this.active) return;
    this.active--;
    this.#swap(slot.index, this.active);
    if (this.current >= this.active) this.current = 0;
  }

  /** The next turn, if it still was this one's: a pipe may have come or gone while it was read. */
  advance(slot: S): void {
    if (this.slots[this.current] === slot && ++this.current >= this.active) this.current = 0;
  }

  #swap(a: number, b: number): void {
    if (a === b) return;
    const first = this.slots[a]!;
    const second = this.slots[b]!;
    this.slots[a] = second;
    this.slots[b] = first;
    second.index = a;
    first.index = b;
  }
}
