import { type CurveMessages, INNER_COMMAND, INNER_MORE, MESSAGE_OVERHEAD } from '../mechanism/curve/curve-messages.js';
import { COMMAND, MORE } from '../wire/frame.js';
import type { FrameSource } from '../wire/frame-decoder.js';
import type { FrameRun } from '../wire/frame-run.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * The frames in MESSAGE commands, for whoever reads frames. Each is opened where it lies
 * in its chunk, when it is taken; so its body is a view on the chunk as in the clear, and
 * counts as such.
 *
 * A MESSAGE comes in a message frame, as libzmq has it, or in a command frame, as the RFC
 * has it: the flags of the outer frame, which nobody vouches for, mean nothing.
 */
export class SealedFrames implements FrameSource {
  flags = 0;
  body: Buffer = NO_BYTES;
  readonly #frames: FrameSource;
  readonly #messages: CurveMessages;

  constructor(frames: FrameSource, messages: CurveMessages) {
    this.#frames = frames;
    this.#messages = messages;
  }

  /** Throws `ProtocolError` for what is not authentic, out of sequence, or no MESSAGE at all. */
  next(): boolean {
    if (!this.#frames.next()) {
      this.body = NO_BYTES;
      return false;
    }
    const messages = this.#messages;
    this.body = messages.open(this.#frames.body);
    const { flags } = messages;
    this.flags = ((flags & INNER_MORE) === 0 ? 0 : MORE) | ((flags & INNER_COMMAND) === 0 ? 0 : COMMAND);
    return true;
  }

  // The limits are for what is in the boxes; the outer frames are so much longer.

  get maxSize(): number {
    return this.#frames.maxSize - MESSAGE_OVERHEAD;
  }

  set maxSize(size: number) {
    this.#frames.maxSize = size + MESSAGE_OVERHEAD;
  }

  get maxTotal(): number {
    return this.#frames.maxTotal - MESSAGE_OVERHEAD;
  }

  set maxTotal(size: number) {
    this.#frames.maxTotal = size + MESSAGE_OVERHEAD;
  }

  get held(): number {
    return this.#frames.held;
  }

  set held(size: number) {
    this.#frames.held = size;
  }

  release(): void {
    this.body = NO_BYTES;
  }

  /** None: each has to be opened by itself. */
  nextRun(): FrameRun | undefined {
    return undefined;
  }
}
