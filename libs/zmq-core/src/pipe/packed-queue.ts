import { FifoQueue } from '../foundation/fifo-queue.js';
import { copyBytes } from '../foundation/bytes.js';
import { type Multipart, ownFrames } from '../foundation/multipart.js';
import type { MessageQueue } from './message-queue.js';
import type { PackedTarget, Packing } from './packing.js';

const FIRST_CAPACITY = 512;
/** An empty queue lets go of more memory than this. */
const KEEP_CAPACITY = 256 * 1024;

/**
 * Keeps small messages as bytes:
 *
 *   entries   14   14   [large message]   14     a number: so many bytes of `bytes`
 *   bytes     ....|head 14 bytes|14 bytes|14 bytes|tail....
 */
export class PackedQueue implements MessageQueue {
  readonly #packing: Packing;
  readonly #entries = new FifoQueue<Multipart | number>();
  #bytes: Uint8Array = NONE;
  #head = 0;
  #tail = 0;

  constructor(packing: Packing) {
    this.#packing = packing;
  }

  get length(): number {
    return this.#entries.length;
  }

  push(message: Multipart): void {
    // What is shared by many queues takes less memory as it is.
    const size = message.encoded === undefined ? this.#packing.sizeOf(message) : 0;
    if (size === 0) {
      this.#entries.push(ownFrames(message));
      return;
    }
    if (this.#tail + size > this.#bytes.length) this.#makeRoom(size);
    this.#packing.pack(message, this.#bytes, this.#tail);
    this.#tail += size;
    this.#entries.push(size);
  }

  shift(): Multipart | undefined {
    const entry = this.#entries.shift();
    if (typeof entry !== 'number') return entry;
    const from = this.#head;
    this.#head += entry;
    const message = this.#packing.unpack(this.#bytes, from, this.#head);
    if (this.#head === this.#tail) this.#rewind();
    return message;
  }

  /** Moves packed messages to the target, as many as lie in front and find room, and not more than `most`. Gives how many. */
  shiftPacked(target: PackedTarget, most: number): number {
    const entries = this.#entries;
    const from = this.#head;
    const last = from + target.room;
    let count = 0;
    let to = from;
    while (count < most) {
      const entry = entries.peek();
      if (typeof entry !== 'number' || to + entry > last) break;
      entries.shift();
      to += entry;
      count++;
    }
    if (count === 0) return 0;
    target.take(this.#bytes, from, to);
    this.#head = to;
    if (to === this.#tail) this.#rewind();
    return count;
  }

  clear(): void {
    this.#entries.clear();
    this.#rewind();
  }

  #rewind(): void {
    this.#head = 0;
    this.#tail = 0;
    if (this.#bytes.length > KEEP_CAPACITY) this.#bytes = NONE;
  }

  #makeRoom(size: number): void {
    const used = this.#tail - this.#head;
    // Moving is worth it when half of the memory comes free: then each byte is moved once, on the average.
    let capacity = Math.max(this.#bytes.length, FIRST_CAPACITY);
    while ((used + size) * 2 > capacity) capacity *= 2;
    const bytes = capacity === this.#bytes.length ? this.#bytes : new Uint8Array(capacity);
    if (bytes === this.#bytes) bytes.copyWithin(0, this.#head, this.#tail);
    else copyBytes(this.#bytes.subarray(this.#head, this.#tail), bytes, 0);
    this.#bytes = bytes;
    this.#head = 0;
    this.#tail = used;
  }
}

const NONE = new Uint8Array(0);
