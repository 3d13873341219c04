import { viewOf } from '../foundation/bytes.js';
import type { Multipart } from '../foundation/multipart.js';
import { MORE, SHORT_HEADER } from './frame.js';

/**
 * Whole messages of short frames, one behind the other in one chunk, unopened: the
 * reader opens each when it takes it. The frames that wait are no objects, so a
 * thousand of them cost the collector nothing (10 B, received: 85 → 60 ns a message).
 */
export class FrameRun {
  /** Messages that are left. */
  length: number;
  readonly #chunk: Buffer;
  readonly #memory: ArrayBufferLike;
  readonly #offset: number;
  #at: number;

  /** @param at where the first of `length` messages begins; `FrameDecoder` has looked at them */
  constructor(chunk: Buffer, memory: ArrayBufferLike, offset: number, at: number, length: number) {
    this.#chunk = chunk;
    this.#memory = memory;
    this.#offset = offset;
    this.#at = at;
    this.length = length;
  }

  /** Opens the next message; only while there is one. */
  shift(): Multipart {
    this.length--;
    const at = this.#at;
    if (this.#chunk[at] === MORE) return this.#several();
    const size = this.#chunk[at + 1]!;
    this.#at = at + SHORT_HEADER + size;
    return [viewOf(this.#memory, this.#offset + at + SHORT_HEADER, size)];
  }

  #several(): Multipart {
    const chunk = this.#chunk;
    const frames: Buffer[] = [];
    let at = this.#at;
    let more = true;
    while (more) {
      more = chunk[at] === MORE;
      const size = chunk[at + 1]!;
      frames.push(viewOf(this.#memory, this.#offset + at + SHORT_HEADER, size));
      at += SHORT_HEADER + size;
    }
    this.#at = at;
    return frames;
  }
}
