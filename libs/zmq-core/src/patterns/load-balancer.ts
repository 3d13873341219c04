import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { PipeRotation, PipeSlot } from './pipe-rotation.js';

/**
 * Sends to one pipe after the other, a message each, skipping those that are full
 * (28/REQREP, 30/PIPELINE: "SHALL route outgoing messages to available peers using
 * a round-robin strategy"). A pipe that refuses leaves the turn until `writable`.
 */
export class LoadBalancer {
  readonly #pipes = new PipeRotation<PipeSlot>();

  attach(end: PipeEnd): void {
    this.#pipes.attach(new PipeSlot(end));
  }

  detach(end: PipeEnd): void {
    this.#pipes.detach(end);
  }

  writable(end: PipeEnd): void {
    const slot = this.#pipes.find(end);
    if (slot !== undefined) this.#pipes.activate(slot);
  }

  /**
   * Queues the message in the next pipe that takes it, and gives that pipe; the
   * caller flushes it when its own state is whole, for the flush may bring the
   * answer at once. `undefined`: no pipe takes it.
   */
  write(message: Multipart): PipeEnd | undefined {
    const pipes = this.#pipes;
    while (pipes.active > 0) {
      const slot = pipes.slots[pipes.current]!;
      if (slot.end.write(message)) {
        if (++pipes.current >= pipes.active) pipes.current = 0;
        return slot.end;
      }
      pipes.deactivate(slot);
    }
    return undefined;
  }

  /** Whether `write` would find a pipe. */
  canWrite(): boolean {
    const pipes = this.#pipes;
    while (pipes.active > 0) {
      const slot = pipes.slots[pipes.current]!;
      if (slot.end.writable) return true;
      pipes.deactivate(slot);
    }
    return false;
  }
}
