import { ProtocolError } from '../foundation/errors.js';
import { MORE } from './frame.js';
import { type FrameSource, grown, refuseSize, rightSized } from './frame-decoder.js';
import { LEGACY_LONG, LEGACY_LONG_HEADER, LEGACY_MORE, LEGACY_SHORT_HEADER } from './legacy-frame.js';

/**
 * Bytes → frames of ZMTP 1.0, as `FrameDecoder` gives them: `flags` are those of ZMTP 3,
 * a body is a view on its chunk unless it is split over chunks.
 */
export class LegacyFrameDecoder implements FrameSource {
  flags = 0;
  body: Buffer = EMPTY;
  pinned = 0;
  maxTotal = Infinity;
  held = 0;

  #chunk: Buffer = EMPTY;
  #at = 0;
  /** Chunks behind `#chunk`; only while decoding is stopped. */
  readonly #waiting: Buffer[] = [];
  readonly #header = Buffer.alloc(LEGACY_LONG_HEADER);
  #headerLength = 0;
  /** Of the body; -1 while its header is not complete. */
  #size = -1;
  #split: Buffer = EMPTY;
  #splitLength = 0;

  /** @param maxSize largest body accepted, in bytes; may be changed between frames */
  constructor(public maxSize: number) {}

  feed(chunk: Buffer): void {
    if (this.#at < this.#chunk.length || this.#waiting.length > 0) this.#waiting.push(chunk);
    else this.#take(chunk);
  }

  next(): boolean {
    for (;;) {
      if ((this.#size >= 0 || this.#readHeader()) && this.#readBody()) return true;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) {
        this.#chunk = EMPTY;
        this.#at = 0;
        this.body = EMPTY;
        return false;
      }
      this.#take(waiting);
    }
  }

  /** Unopened messages keep the framing of ZMTP 3. */
  nextRun(): undefined {
    return undefined;
  }

  compact(): void {
    const rest = this.#chunk.subarray(this.#at);
    if (rest.length * 4 >= this.#chunk.length) return;
    this.#chunk = rest.length === 0 ? EMPTY : rightSized(rest);
    this.#at = 0;
  }

  /** Forgets all bytes. Nothing more is decoded. */
  clear(): void {
    this.#chunk = this.#split = this.body = EMPTY;
    this.#at = 0;
    this.#waiting.length = 0;
  }

  #take(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.pinned += chunk.length;
  }

  #readHeader(): boolean {
    const header = this.#header;
    const wanted = (): number =>
      this.#headerLength > 0 && header[0] === LEGACY_LONG ? LEGACY_LONG_HEADER : LEGACY_SHORT_HEADER;
    while (this.#headerLength < wanted()) {
      if (this.#at === this.#chunk.length) return false;
      header[this.#headerLength++] = this.#chunk[this.#at++]!;
    }
    const isLong = header[0] === LEGACY_LONG;
    const length = isLong ? header.readUInt32BE(1) * 0x100000000 + header.readUInt32BE(5) : header[0]!;
    // Also a length above 2^53, of which the last digits are lost, is far over any limit.
    if (length - 1 > this.maxSize) refuseSize(length - 1, this);
    if (length === 0) throw new ProtocolError('ERR_ZMTP_UNSPECIFIED', 'a frame of ZMTP 1.0 has no room for its flags');
    this.flags = (header[this.#headerLength - 1]! & LEGACY_MORE) === 0 ? 0 : MORE;
    this.#size = length - 1;
    return true;
  }

  /** False when the chunk ended before the body did. */
  #readBody(): boolean {
    const part = this.#chunk.subarray(this.#at, this.#at + this.#size - this.#splitLength);
    this.#at += part.length;
    if (part.length === this.#size) {
      this.body = part;
    } else {
      const needed = this.#splitLength + part.length;
      if (needed > this.#split.length) this.#split = grown(this.#split, this.#splitLength, needed, this.#size);
      this.#split.set(part, this.#splitLength);
      this.#splitLength = needed;
      if (needed < this.#size) return false;
      this.body = this.#split;
      this.pinned += this.#split.length;
      this.#split = EMPTY;
      this.#splitLength = 0;
    }
    this.#headerLength = 0;
    this.#size = -1;
    return true;
  }
}

const EMPTY = Buffer.alloc(0);
