import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { FairQueue } from './fair-queue.js';
import type { PipeSlot } from './pipe-rotation.js';

/*
 * 37/ZMTP "Thread-Safe Socket Types": CLIENT, SERVER, RADIO, DISH, SCATTER, GATHER,
 * PEER and CHANNEL MUST disallow the sending of multipart messages and MUST discard
 * those that they receive.
 */

/**
 * Throws EINVAL unless the message has exactly one part.
 * @param addressed frames before it that say where it goes and are no part of it
 */
export function requireOnePart(message: Multipart, socketType: string, addressed = 0): void {
  const parts = message.length - addressed;
  if (parts === 1) return;
  throw new ZmqError(
    'EINVAL',
    `a ${socketType} socket sends messages of one part, and this one has ${Math.max(0, parts)}`,
  );
}

/** Receives fairly from all pipes; a message of several frames is discarded as a whole. */
export class SinglePartQueue<S extends PipeSlot = PipeSlot> {
  /** Messages that were discarded. */
  dropped = 0;
  /** Whose message `read` gave last. */
  source: S | undefined;
  /** See `Pattern`. */
  sourceLabel: unknown;
  readonly #pipes = new FairQueue<S>();
  /** The next message, when `canRead` has found it. */
  #ahead: Multipart | undefined;
  #aheadLabel: unknown;

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
    this.#pipes.readable(end);
  }

  read(): Multipart | undefined {
    const message = this.#ahead ?? this.#next();
    if (message === undefined) return undefined;
    this.sourceLabel = this.#ahead && this.#aheadLabel;
    this.#ahead = undefined;
    this.source = this.#pipes.source;
    return message;
  }

  canRead(): boolean {
    if (this.#ahead !== undefined) return true;
    this.#ahead = this.#next();
    if (this.#ahead === undefined) return false;
    this.#aheadLabel = this.#pipes.source?.end.label;
    return true;
  }

  #next(): Multipart | undefined {
    for (;;) {
      const message = this.#pipes.read();
      if (message === undefined || message.length === 1) return message;
      this.dropped++;
    }
  }
}
