import { ProtocolError } from '../foundation/errors.js';
import { viewOf } from '../foundation/bytes.js';
import { FrameRun } from './frame-run.js';
import { LONG, LONG_HEADER, MORE, SHORT_HEADER, smallSize } from './frame.js';

/** A split body gets a buffer of at most this many times the bytes that have come: never of the declared length alone. */
const GROWTH = 4;
const MIN_BODY = 1024;

/** How large a frame may be: for itself, and together with the frames of its message that came before it. */
export interface FrameLimits {
  /** Largest body accepted now, in bytes. */
  maxSize: number;
  /** Largest sum of the bodies of one message, in bytes. */
  maxTotal: number;
  /** Of the message that has begun: the bytes that are held until its last frame comes. */
  held: number;
}

/** Where frames come from: bytes of ZMTP 2.0 and 3.x, or of an older one. */
export interface FrameSource extends FrameLimits {
  /** Of the frame that `next` has just given. */
  readonly flags: number;
  readonly body: Buffer;
  next(): boolean;
  nextRun(most: number, maxFrames: number): FrameRun | undefined;
}

/**
 * Bytes → frames. `feed` keeps a chunk, `next` takes the next whole frame:
 *
 *   while (decoder.next()) use(decoder.flags, decoder.body);
 *
 * A body is a view on its chunk. Only a body that is split over chunks is copied,
 * once, into a buffer of its own.
 */
export class FrameDecoder implements FrameSource {
  /** Of the frame that `next` has just given. */
  flags = 0;
  body: Buffer = EMPTY;
  /** Bytes of memory that came to be pinned since it was last set to 0: the byte account of a pipe takes it. */
  pinned = 0;
  maxTotal = Infinity;
  held = 0;

  #chunk: Buffer = EMPTY;
  /** Where the chunk lies; looking it up for every body would cost more than the body's view. */
  #memory: ArrayBufferLike = EMPTY.buffer;
  #offset = 0;
  #at = 0;
  /** Chunks behind `#chunk`; only while decoding is stopped. */
  readonly #waiting: Buffer[] = [];

  // A header that is split over chunks is gathered here…
  #header: Buffer = EMPTY;
  #headerLength = 0;
  // …and a body here.
  #split: Buffer | undefined;
  #splitLength = 0;
  #splitSize = 0;

  /** @param maxSize largest body accepted, in bytes; may be changed between frames */
  constructor(public maxSize: number) {}

  feed(chunk: Buffer): void {
    if (this.hasBytes) {
      this.#waiting.push(chunk);
      return;
    }
    this.#take(chunk);
  }

  /** Whether bytes are there that `next` has not looked at. */
  get hasBytes(): boolean {
    return this.#at < this.#chunk.length || this.#waiting.length > 0;
  }

  /** False when the bytes end before the next frame does. Throws `ProtocolError` for a frame that is too large. */
  next(): boolean {
    for (;;) {
      const chunk = this.#chunk;
      const at = this.#at;
      const left = chunk.length - at;
      if (this.#headerLength === 0 && this.#split === undefined && left >= SHORT_HEADER) {
        const flags = chunk[at]!;
        if ((flags & LONG) === 0) {
          const end = at + SHORT_HEADER + chunk[at + 1]!;
          if (chunk[at + 1]! > this.maxSize) this.#refuse(chunk[at + 1]!);
          if (end <= chunk.length) {
            this.flags = flags;
            this.body = viewOf(this.#memory, this.#offset + at + SHORT_HEADER, chunk[at + 1]!);
            this.#at = end;
            return true;
          }
        } else if (left >= LONG_HEADER) {
          const size = this.#readSize(chunk, at + 1);
          const start = at + LONG_HEADER;
          if (size <= chunk.length - start) {
            this.flags = flags;
            this.body = viewOf(this.#memory, this.#offset + start, size);
            this.#at = start + size;
            return true;
          }
        }
      }
      if (left > 0 && this.#nextSplit()) return true;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) {
        this.#current(EMPTY);
        // Who is silent now must not keep the chunk of its last frame.
        this.body = EMPTY;
        return false;
      }
      this.#take(waiting);
    }
  }

  /**
   * The whole messages that come next in this chunk, at most `most`, unopened.
   * `undefined` when there is none: then `next` knows what there is. Only at the
   * beginning of a message.
   */
  nextRun(most: number, maxFrames: number): FrameRun | undefined {
    if (this.#headerLength > 0 || this.#split !== undefined) return undefined;
    const chunk = this.#chunk;
    const { length } = chunk;
    const { maxSize, maxTotal } = this;
    const first = this.#at;
    let end = first;
    let at = first;
    let messages = 0;
    let frames = 0;
    while (messages < most && at + SHORT_HEADER <= length) {
      const flags = chunk[at]!;
      const header = (flags & LONG) === 0 ? SHORT_HEADER : LONG_HEADER;
      // A command, or a header that is split. `next` looks at the size itself when it is no small number.
      if ((flags & ~(MORE | LONG)) !== 0 || at + header > length) break;
      const size = header === SHORT_HEADER ? chunk[at + 1]! : smallSize(chunk, at + 1);
      at += header + size;
      if (size < 0 || size > maxSize || at > length || ++frames > maxFrames) break;
      if ((flags & MORE) !== 0) continue;
      // With the headers, so it may be a little early: `next` looks again.
      if (frames > 1 && at - end > maxTotal) break;
      end = at;
      messages++;
      frames = 0;
    }
    if (messages === 0) return undefined;
    this.#at = end;
    return new FrameRun(chunk, this.#memory, this.#offset, first, messages);
  }

  /**
   * Called when decoding stops for long: a rest that holds less than a quarter of
   * its chunk is copied, so that it does not keep the whole chunk in memory.
   */
  compact(): void {
    const rest = this.#chunk.subarray(this.#at);
    if (rest.length * 4 >= this.#chunk.length) return;
    this.#current(rest.length === 0 ? EMPTY : rightSized(rest));
  }

  /** Forgets all bytes. Nothing more is decoded. */
  clear(): void {
    this.#current(EMPTY);
    this.#waiting.length = 0;
    this.#split = undefined;
    this.body = EMPTY;
  }

  #take(chunk: Buffer): void {
    this.#current(chunk);
    this.pinned += chunk.length;
  }

  #current(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#memory = chunk.buffer;
    this.#offset = chunk.byteOffset;
    this.#at = 0;
  }

  /** The frame does not lie in one chunk: gathers what is there. True when that completed it. */
  #nextSplit(): boolean {
    if (this.#split === undefined) {
      if (!this.#gatherHeader()) return false;
      const flags = this.#header[0]!;
      this.#splitSize = (flags & LONG) === 0 ? this.#header[1]! : this.#readSize(this.#header, 1);
      if (this.#splitSize > this.maxSize) this.#refuse(this.#splitSize);
      this.#splitLength = 0;
      this.#split = EMPTY;
    }
    const part = Math.min(this.#splitSize - this.#splitLength, this.#chunk.length - this.#at);
    this.#growSplit(this.#splitLength + part);
    this.#split.set(this.#chunk.subarray(this.#at, this.#at + part), this.#splitLength);
    this.#splitLength += part;
    this.#at += part;
    if (this.#splitLength < this.#splitSize) return false;
    this.flags = this.#header[0]!;
    this.body = this.#split;
    this.pinned += this.#split.length;
    this.#split = undefined;
    this.#headerLength = 0;
    return true;
  }

  #gatherHeader(): boolean {
    if (this.#header === EMPTY) this.#header = Buffer.alloc(LONG_HEADER);
    while (this.#at < this.#chunk.length) {
      const wanted = this.#headerLength === 0 || (this.#header[0]! & LONG) === 0 ? SHORT_HEADER : LONG_HEADER;
      if (this.#headerLength === wanted) return true;
      this.#header[this.#headerLength++] = this.#chunk[this.#at++]!;
    }
    return this.#headerLength === ((this.#header[0]! & LONG) === 0 ? SHORT_HEADER : LONG_HEADER);
  }

  #growSplit(needed: number): void {
    const split = this.#split!;
    if (needed <= split.length) return;
    this.#split = grown(split, this.#splitLength, needed, this.#splitSize);
  }

  /** An eight-octet length. Two halves: a Number holds up to 2^53 exactly, and what is larger is refused anyway. */
  #readSize(bytes: Buffer, at: number): number {
    const small = smallSize(bytes, at);
    const size = small >= 0 ? small : bytes.readUInt32BE(at) * 0x100000000 + bytes.readUInt32BE(at + 4);
    if (size > this.maxSize) this.#refuse(size);
    return size;
  }

  #refuse(size: number): never {
    refuseSize(size, this);
  }
}

/** A larger buffer for a body of `size` bytes of which `needed` have come, with the `used` bytes of the one that it has. */
export function grown(bytes: Buffer, used: number, needed: number, size: number): Buffer {
  const larger = allocate(Math.min(size, Math.max(MIN_BODY, needed * GROWTH)), size);
  larger.set(bytes.subarray(0, used), 0);
  return larger;
}

function allocate(bytes: number, size: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch {
    throw tooLarge(`a frame of ${size} bytes is more than there is memory for`);
  }
}

export function refuseSize(size: number, { maxSize, maxTotal, held }: FrameLimits): never {
  if (size > maxTotal || held + size <= maxTotal) {
    throw tooLarge(`a frame of ${size} bytes is over the limit of ${maxSize}`);
  }
  throw new ProtocolError(
    'ERR_ZMTP_UNSPECIFIED',
    `${held} bytes of a message have come, and ${size} more are over the limit of ${maxTotal} (maxUnfinishedBytes)`,
    'maxUnfinishedBytes',
  );
}

/** A copy that holds no memory but its own. */
export function rightSized(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

function tooLarge(why: string): ProtocolError {
  return new ProtocolError('ERR_ZMTP_UNSPECIFIED', why, 'maxMessageSize');
}

const EMPTY = Buffer.alloc(0);
