import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { PipeRotation, type PipeSlot } from './pipe-rotation.js';

/**
 * Receives from all pipes in turn, one message from each that has something, so
 * that a loud peer cannot starve the others (28/REQREP, 30/PIPELINE: "SHALL receive
 * incoming messages from its peers using a fair-queuing strategy").
 *
 * A pipe leaves the turn when a read gave nothing, which is also what makes the
 * pipe wake us, and comes back by `readable`.
 */
export class FairQueue<S extends PipeSlot = PipeSlot> {
  /** Whose message `read` gave last. */
  source: S | undefined;
  readonly #pipes = new PipeRotation<S>();

  find(end: PipeEnd): S | undefined {
    return this.#pipes.find(end);
  }

  attach(slot: S): void {
    this.#pipes.attach(slot);
  }

  detach(end: PipeEnd): S | undefined {
    return this.#pipes.detach(end);
  }

  readable(end: PipeEnd): void {
    const slot = this.#pipes.find(end);
    if (slot !== undefined) this.#pipes.activate(slot);
  }

  /** The next message in turn; `source` tells whose it is. */
  read(): Multipart | undefined {
    const pipes = this.#pipes;
    while (pipes.active > 0) {
      const slot = pipes.slots[pipes.current]!;
      const message = slot.end.read();
      if (message !== undefined) {
        this.source = slot;
        pipes.advance(slot);
        return message;
      }
      // The read itself may have woken a writer whose message then found us awake; leaving now would lose its wake-up.
      if (slot.end.queued === 0 || slot.index < 0) pipes.deactivate(slot);
    }
    return undefined;
  }

  /** Whether `read` would give a message. If not, every pipe will wake us. */
  canRead(): boolean {
    const pipes = this.#pipes;
    while (pipes.active > 0) {
      const slot = pipes.slots[pipes.current]!;
      if (slot.end.poll()) return true;
      pipes.deactivate(slot);
    }
    return false;
  }
}
