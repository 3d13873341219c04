import { type Multipart, ownFrames } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';

/** A pipe that a distributor may send to. */
export class Recipient {
  readonly end: PipeEnd;
  /** Its place among the distributor's recipients; -1 when in none. */
  index = -1;
  /** The number of the last selection that it is in. */
  selection = 0;

  constructor(end: PipeEnd) {
    this.end = end;
  }
}

/** Far below where V8 would turn the stamps into heap numbers. */
const SELECTIONS = 2 ** 30;

/**
 * Sends one message to many pipes: `select` them, then `send`. A pipe is selected
 * once, however often it matches. A full pipe loses the message (29/PUBSUB: "SHALL
 * silently drop the message if the queue for a subscriber is full"), or with
 * `noDrop` nobody gets it and the sender waits.
 *
 * Everybody's copy is queued before anybody is woken: a subscriber in this process
 * may publish again from within its wake-up, and all must see the same order.
 */
export class Distributor<R extends Recipient> {
  /** Messages that a full pipe lost. */
  dropped = 0;
  readonly #recipients: R[] = [];
  readonly #selections: number;
  #selection = 0;
  #selected: PipeEnd[] = [];
  #count = 0;
  /** Where a nested send collects while `#selected` is being flushed. */
  #spare: PipeEnd[] | undefined = [];

  /** @param selections after how many the stamps start again */
  constructor(selections = SELECTIONS) {
    this.#selections = selections;
  }

  attach(recipient: R): void {
    if (recipient.index >= 0) return;
    recipient.index = this.#recipients.length;
    this.#recipients.push(recipient);
  }

  detach(recipient: R): void {
    const { index } = recipient;
    if (index < 0) return;
    const last = this.#recipients.pop()!;
    if (last !== recipient) {
      this.#recipients[index] = last;
      last.index = index;
    }
    recipient.index = -1;
    // What earlier selections left behind must not keep the pipe alive. No selection is being made: pipes call nobody meanwhile.
    this.#selected.length = 0;
    if (this.#spare !== undefined) this.#spare.length = 0;
  }

  /** Starts a new selection: nobody. */
  clear(): void {
    this.#count = 0;
    if (++this.#selection > this.#selections) this.#restartStamps();
  }

  select(recipient: R): void {
    if (recipient.selection === this.#selection) return;
    recipient.selection = this.#selection;
    this.#selected[this.#count++] = recipient.end;
  }

  /** Replaces an empty selection by these, each of whom is in the list once. */
  selectEach(recipients: readonly Recipient[]): void {
    const selected = this.#selected;
    const { length } = recipients;
    for (let i = 0; i < length; i++) selected[i] = recipients[i]!.end;
    this.#count = length;
  }

  selectAll(): void {
    this.selectEach(this.#recipients);
  }

  /** Those who are not selected instead of those who are (`invertMatching`). */
  invert(): void {
    this.#count = 0;
    for (const recipient of this.#recipients) {
      if (recipient.selection !== this.#selection) this.#selected[this.#count++] = recipient.end;
    }
  }

  /** Sends to the selected. False with `noDrop` when one of them is full; then nobody got it. */
  send(message: Multipart, noDrop: boolean): boolean {
    const count = this.#count;
    if (count === 0) return true;
    if (noDrop && this.#someoneIsFull()) return false;
    if (count === 1) {
      const end = this.#selected[0]!;
      if (end.write(message)) end.flush();
      else if (end.open) this.dropped++;
      return true;
    }
    const shared = share(message);
    const selected = this.#selected;
    for (let i = 0; i < count; i++) {
      const end = selected[i]!;
      if (!end.write(shared) && end.open) this.dropped++;
    }
    this.#flush(selected, count);
    return true;
  }

  /** Sends to everybody, past the marks: what must not be lost. */
  sendAlwaysToAll(message: Multipart): void {
    this.selectAll();
    const selected = this.#selected;
    const count = this.#count;
    const shared = count > 1 ? share(message) : message;
    for (let i = 0; i < count; i++) selected[i]!.writeAlways(shared);
    this.#flush(selected, count);
  }

  #someoneIsFull(): boolean {
    for (let i = 0; i < this.#count; i++) {
      const end = this.#selected[i]!;
      if (!end.writable && end.open) return true;
    }
    return false;
  }

  #flush(selected: PipeEnd[], count: number): void {
    this.#selected = this.#spare ?? [];
    this.#spare = undefined;
    for (let i = 0; i < count; i++) selected[i]!.flush();
    this.#spare = selected;
  }

  #restartStamps(): void {
    this.#selection = 1;
    for (const recipient of this.#recipients) recipient.selection = 0;
  }
}

/** Several sessions will encode the same array, in memory that is its own: the first keeps its bytes for the others. */
function share(message: Multipart): Multipart {
  const shared = ownFrames(message);
  if (shared.encoded === undefined) {
    shared.encoded = null;
    shared.packed = undefined;
  }
  return shared;
}
