import { FifoQueue } from '../foundation/fifo-queue.js';
import { copyBytes } from '../foundation/bytes.js';
import { type Multipart, ownFrames } from '../foundation/multipart.js';
import type { MessageQueue } from './message-queue.js';
import type { PackedTarget, Packing } from './packing.js';

/** What an empty queue keeps at most: a connection that is idle holds no memory for its bursts. */
const OWN_CAPACITY = 512;
/** Larger memory goes round among the queues of this thread, up to so many bytes each and so many pieces. */
const SHARED_CAPACITY = 1024 * 1024;
const MOST_SHARED = 4;
const shared: Uint8Array[] = [];

/** A run that has reached so many bytes is followed by another: what a batch has no room for is looked through message by message. */
const RUN_LIMIT = 16 * 1024;

/** Tells a run from a Buffer, to which its owner may have added properties. */
const RUN = Symbol('run');

/** Packed messages that follow each other. */
interface Run {
  readonly [RUN]: true;
  count: number;
  size: number;
}

/**
 * Keeps small messages as bytes:
 *
 *   entries   { 3 messages, 42 bytes }   large frame   { 1 message, 14 bytes }   [frame, frame]
 *   bytes     ....|head  message  message  message  message|tail....
 *
 * A run is one entry, so a small message costs the copy of its bytes and no more. Of a
 * large frame alone only the frame is kept: a queue that grows makes no work for the
 * collector (PUB to SUB without marks, 256 B: a third of the sender's time).
 */
export class PackedQueue implements MessageQueue {
  readonly #packing: Packing;
  readonly #entries = new FifoQueue<Multipart | Buffer | Run>();
  /** The last entry, when it is one. */
  #lastRun: Run | undefined;
  #length = 0;
  #bytes: Uint8Array = NONE;
  #head = 0;
  #tail = 0;

  constructor(packing: Packing) {
    this.#packing = packing;
  }

  get length(): number {
    return this.#length;
  }

  push(message: Multipart): void {
    this.#length++;
    // What is shared by many queues takes less memory as it is.
    const size = message.encoded === undefined ? this.#packing.sizeOf(message) : 0;
    if (size === 0) {
      this.#lastRun = undefined;
      const single = message.length === 1 && message.encoded === undefined;
      this.#entries.push(single ? message[0]! : ownFrames(message));
      return;
    }
    if (this.#tail + size > this.#bytes.length) this.#makeRoom(size);
    this.#packing.pack(message, this.#bytes, this.#tail);
    this.#tail += size;
    const run = this.#lastRun ?? this.#startRun();
    run.count++;
    run.size += size;
    if (run.size >= RUN_LIMIT) this.#lastRun = undefined;
  }

  shift(): Multipart | undefined {
    const entry = this.#entries.peek();
    if (entry === undefined) return undefined;
    if (!isRun(entry)) {
      this.#length--;
      this.#entries.shift();
      return Array.isArray(entry) ? (entry as Multipart) : [entry as Buffer];
    }
    const from = this.#head;
    const to = from + this.#packing.sizeAt(this.#bytes, from);
    const message = this.#packing.unpack(this.#bytes, from, to);
    this.#taken(entry, 1, to - from);
    return message;
  }

  /** Moves packed messages to the target, as many as lie in front and find room, and not more than `most`. Gives how many. */
  shiftPacked(target: PackedTarget, most: number): number {
    let taken = 0;
    for (;;) {
      const run = this.#entries.peek();
      if (run === undefined || !isRun(run)) return taken;
      const count = this.#shiftRun(run, target, most - taken);
      if (count === 0) return taken;
      taken += count;
    }
  }

  #shiftRun(run: Run, target: PackedTarget, most: number): number {
    const { room } = target;
    let { count, size } = run;
    if (count > most || size > room) {
      size = count = 0;
      while (count < most) {
        const next = this.#packing.sizeAt(this.#bytes, this.#head + size);
        if (size + next > room) break;
        size += next;
        count++;
      }
      if (count === 0) return 0;
    }
    target.take(this.#bytes, this.#head, this.#head + size);
    this.#taken(run, count, size);
    return count;
  }

  clear(): void {
    this.#entries.clear();
    this.#lastRun = undefined;
    this.#length = 0;
    this.#rewind();
  }

  #startRun(): Run {
    const run: Run = { [RUN]: true, count: 0, size: 0 };
    this.#lastRun = run;
    this.#entries.push(run);
    return run;
  }

  #taken(run: Run, count: number, size: number): void {
    this.#length -= count;
    this.#head += size;
    run.count -= count;
    run.size -= size;
    if (run.count > 0) return;
    this.#entries.shift();
    if (run === this.#lastRun) this.#lastRun = undefined;
    if (this.#head === this.#tail) this.#rewind();
  }

  #rewind(): void {
    this.#head = 0;
    this.#tail = 0;
    const { length } = this.#bytes;
    if (length <= OWN_CAPACITY) return;
    if (length <= SHARED_CAPACITY && shared.length < MOST_SHARED) shared.push(this.#bytes);
    this.#bytes = NONE;
  }

  #makeRoom(size: number): void {
    const used = this.#tail - this.#head;
    // Moving is worth it when half of the memory comes free: then each byte is moved once, on the average.
    let capacity = Math.max(this.#bytes.length, OWN_CAPACITY);
    while ((used + size) * 2 > capacity) capacity *= 2;
    if (capacity === this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#head, this.#tail);
    } else {
      const bytes = memoryOf(capacity);
      copyBytes(this.#bytes.subarray(this.#head, this.#tail), bytes, 0);
      this.#bytes = bytes;
    }
    this.#head = 0;
    this.#tail = used;
  }
}

/** At least so much. A first burst takes what an earlier one has left, and does not grow step by step. */
function memoryOf(capacity: number): Uint8Array {
  if (capacity > OWN_CAPACITY && shared.length > 0) {
    const spare = shared.pop()!;
    if (spare.length >= capacity) return spare;
  }
  return Buffer.allocUnsafeSlow(capacity);
}

/** Asked twice a message: by `instanceof Buffer` that took 20 ns. */
function isRun(entry: Multipart | Buffer | Run): entry is Run {
  return (entry as Partial<Run>)[RUN] === true;
}

const NONE = new Uint8Array(0);
