import { copyBytes } from '../foundation/bytes.js';

/** Bytes that one write carries at most, unless a single message is larger. */
export const BATCH_SIZE = 256 * 1024;
/** Bodies from this size on go by reference: copying them costs more than one more segment of a writev. */
export const BY_REFERENCE = 8 * 1024;
/** A cursor with less room than this moves on to another arena. */
const MIN_ROOM = 64 * 1024;
/** Arenas kept for reuse. More are made under pressure and left to the collector. */
const MAX_FREE = 8;
const LARGEST_HEADER = 9;

/** Memory for batches. What a slow write still uses of it stays; the room behind is for the next. */
class Arena {
  readonly bytes = Buffer.allocUnsafeSlow(BATCH_SIZE);
  used = 0;
  /** Writes that still use a part. */
  loans = 0;
  /** A batch grew out of it, and that batch's loan does not name it: never used again. */
  abandoned = false;
}

/** Who gathers in the batch over more than one call. */
export interface BatchHolder {
  /** Somebody else needs the batch: what it holds is to be written now. */
  evict(): void;
}

/** The part of an arena that a pending write uses; give it back when the write is done. */
export type Loan = Arena;

/**
 * What one write carries: frames copied one behind the other, and large bodies by
 * reference between them. There is one per context, used by one session at a time:
 *
 *   batch.begin(); … connection.encode(message, batch) …; stream.write(batch.finish());
 *   loan = stream.pendingBytes > 0 ? batch.lend() : undefined
 *
 * Between `begin` and `finish` a session may let go of it by `hold`: it goes on later,
 * unless another session begins first.
 *
 * Almost every write goes through at once, so almost always the same memory serves
 * the next one. Memory is bound to pending bytes, not to the number of connections.
 */
export class Batch {
  /** Where to write next; `reserve` first. Public for the encoder's inner loop. */
  bytes: Buffer;
  at = 0;
  /** Bytes of this batch so far, those by reference included. */
  size = 0;

  #arena = new Arena();
  #start = 0;
  #limit = BATCH_SIZE;
  readonly #segments: Buffer[] = [];
  readonly #free: Arena[] = [];
  #holder: BatchHolder | undefined;
  #busy = false;

  constructor() {
    this.bytes = this.#arena.bytes;
  }

  /** @param limit it is full when it has so many bytes; a message is never divided for it */
  begin(limit = BATCH_SIZE): void {
    const holder = this.#holder;
    this.#holder = undefined;
    holder?.evict();
    this.#busy = true;
    this.#limit = Math.min(limit, BATCH_SIZE);
    if (BATCH_SIZE - this.#arena.used < MIN_ROOM) this.#change();
    this.#start = this.#arena.used;
    this.at = this.#start;
    this.size = 0;
    this.#segments.length = 0;
  }

  /** Keeps what is in it for a holder that will go on, or for its `evict`. */
  hold(holder: BatchHolder): void {
    this.#holder = holder;
    this.#busy = false;
  }

  /** The holder goes on, or writes what it held. */
  resume(): void {
    this.#holder = undefined;
    this.#busy = true;
  }

  /**
   * Whether a session is filling it right now. Reading a pipe may wake a writer, who
   * may fill the pipe of another session: that one has to wait.
   */
  get isBusy(): boolean {
    return this.#busy;
  }

  get isFull(): boolean {
    return this.size >= this.#limit || this.at + BY_REFERENCE + LARGEST_HEADER > BATCH_SIZE;
  }

  /** Bytes that `take` takes. */
  get room(): number {
    return Math.max(0, Math.min(this.#limit - this.size, BATCH_SIZE - this.at));
  }

  /** Copies ready bytes, at most `room`. */
  take(bytes: Uint8Array, from: number, to: number): void {
    copyBytes(bytes.subarray(from, to), this.bytes, this.at);
    this.advance(this.at + to - from);
  }

  /** Makes sure that `size` bytes fit at `at`. `size` is at most a header and a copied body. */
  reserve(size: number): void {
    if (this.at + size <= BATCH_SIZE) return;
    // A message larger than the arena: its first part becomes a segment of its own, in memory that is not reused.
    this.#cut();
    this.#arena.abandoned = true;
    this.#change();
    this.#start = this.at = this.#arena.used;
  }

  /** Moves `at` over bytes that were written there. */
  advance(to: number): void {
    this.size += to - this.at;
    this.at = to;
  }

  /** Puts ready bytes in line: copied if small, by reference if large. */
  append(bytes: Buffer): void {
    if (bytes.length >= BY_REFERENCE) {
      this.refer(bytes);
      return;
    }
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.advance(this.at + bytes.length);
  }

  /** Puts a large body in line without copying it. It must not change until it was written. */
  refer(body: Buffer): void {
    this.#cut();
    this.#segments.push(body);
    this.size += body.length;
  }

  /** The segments to write. Valid until `begin`. */
  finish(): readonly Buffer[] {
    this.#cut();
    this.#busy = false;
    return this.#segments;
  }

  /** Keeps what `finish` gave until the loan is given back, because the write is pending. */
  lend(): Loan {
    const arena = this.#arena;
    arena.used = this.at;
    arena.loans++;
    return arena;
  }

  giveBack(loan: Loan): void {
    if (--loan.loans > 0) return;
    if (loan.abandoned) return;
    loan.used = 0;
    if (loan !== this.#arena && this.#free.length < MAX_FREE) this.#free.push(loan);
  }

  #cut(): void {
    if (this.at > this.#start) this.#segments.push(this.bytes.subarray(this.#start, this.at));
    this.#start = this.at;
  }

  #change(): void {
    this.#arena = this.#free.pop() ?? new Arena();
    this.bytes = this.#arena.bytes;
  }
}
