import { FifoQueue } from '../foundation/fifo-queue.js';
import { copyBytes } from '../foundation/bytes.js';
import { type Multipart, ownFrames, type PackedBytes } from '../foundation/multipart.js';
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

/**
 * Messages that go to several queues are packed once, into memory of this size. It is
 * small because one message that waits for long keeps it all.
 */
const COMMON_SIZE = 4 * 1024;

/** Tells a run from a Buffer, to which its owner may have added properties. */
const RUN = Symbol('run');

/** Packed messages that follow each other. */
interface Run {
  readonly [RUN]: true;
  /** Where they are when other queues have them too; the others are in the queue's own memory, at its head. */
  readonly common: Uint8Array | undefined;
  /** Where they begin in the common memory. */
  from: number;
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
 *
 * Messages that several queues have are packed once, and their runs are in memory that
 * these queues have in common (50 subscribers, 64 B: half of the publisher's time).
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
    if (message.encoded !== undefined) {
      this.#pushShared(message);
      return;
    }
    const size = this.#packing.sizeOf(message);
    if (size === 0) {
      this.#keep(message.length === 1 ? message[0]! : ownFrames(message));
      return;
    }
    if (this.#tail + size > this.#bytes.length) this.#makeRoom(size);
    this.#packing.pack(message, this.#bytes, this.#tail);
    this.#tail += size;
    let run = this.#lastRun;
    if (run === undefined || run.common !== undefined) run = this.#startRun(undefined, 0);
    run.count++;
    run.size += size;
    if (run.size >= RUN_LIMIT) this.#lastRun = undefined;
  }

  /** Of a small message that others have too only the place is kept, and none where it stands right behind the one before. */
  #pushShared(message: Multipart): void {
    const packed = message.packed ?? packForAll(this.#packing, message);
    if (packed === undefined) {
      this.#keep(message);
      return;
    }
    const { bytes, from, size } = packed;
    let run = this.#lastRun;
    if (run === undefined || run.common !== bytes || run.from + run.size !== from) run = this.#startRun(bytes, from);
    run.count++;
    run.size += size;
  }

  #keep(entry: Multipart | Buffer): void {
    this.#lastRun = undefined;
    this.#entries.push(entry);
  }

  shift(): Multipart | undefined {
    const entry = this.#entries.peek();
    if (entry === undefined) return undefined;
    if (!isRun(entry)) {
      this.#length--;
      this.#entries.shift();
      return Array.isArray(entry) ? (entry as Multipart) : [entry as Buffer];
    }
    const bytes = entry.common ?? this.#bytes;
    const from = this.#startOf(entry);
    const to = from + this.#packing.sizeAt(bytes, from);
    const message = this.#packing.unpack(bytes, from, to);
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
    const bytes = run.common ?? this.#bytes;
    const from = this.#startOf(run);
    let { count, size } = run;
    if (count > most || size > room) {
      size = count = 0;
      while (count < most) {
        const next = this.#packing.sizeAt(bytes, from + size);
        if (size + next > room) break;
        size += next;
        count++;
      }
      if (count === 0) return 0;
    }
    target.take(bytes, from, from + size);
    this.#taken(run, count, size);
    return count;
  }

  clear(): void {
    this.#entries.clear();
    this.#lastRun = undefined;
    this.#length = 0;
    this.#rewind();
  }

  #startOf(run: Run): number {
    return run.common === undefined ? this.#head : run.from;
  }

  #startRun(common: Uint8Array | undefined, from: number): Run {
    const run: Run = { [RUN]: true, common, from, count: 0, size: 0 };
    this.#lastRun = run;
    this.#entries.push(run);
    return run;
  }

  #taken(run: Run, count: number, size: number): void {
    this.#length -= count;
    if (run.common === undefined) this.#head += size;
    else run.from += size;
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

const NONE = new Uint8Array(0);

let common: Uint8Array = NONE;
let commonUsed = 0;

/** Packs a message for all queues that it goes to, behind the one before; `undefined` when it is not small. */
function packForAll(packing: Packing, message: Multipart): PackedBytes | undefined {
  const size = packing.sizeOf(message);
  if (size === 0) return undefined;
  if (commonUsed + size > common.length) {
    common = Buffer.allocUnsafeSlow(COMMON_SIZE);
    commonUsed = 0;
  }
  packing.pack(message, common, commonUsed);
  message.packed = { bytes: common, from: commonUsed, size };
  commonUsed += size;
  return message.packed;
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
