import type { CloseReason, PeerInfo } from '../foundation/peer-info.js';
import { byteLength, type Multipart } from '../foundation/multipart.js';
import { soon } from '../foundation/turns.js';
import { type HighWaterMark, unlimited } from './high-water-mark.js';
import { Lane } from './lane.js';
import type { Keeping, PackedTarget } from './packing.js';
import type { PipeHandler, PipeNotes } from './pipe-handler.js';
import type { MessageRun } from './unopened-queue.js';

export type { PipeHandler, PipeNotes };

/**
 * One of the two ends of a pipe. What is written at one is read at the other.
 * A session holds one end and a pattern the other; inproc gives both to patterns.
 * Neither side may reach the other but through this class: with I/O threads the
 * pipe is where the cut goes.
 *
 * A written message belongs to the pipe: its frames must not be changed any more.
 */
export class PipeEnd {
  /** Set by the owner of this end. */
  handler!: PipeHandler;
  /** Whatever the owner of this end wants to find again when it meets it (the socket keeps the peer here). */
  label: unknown = undefined;
  /** Set by the owner of this end, before a peer is announced to it. */
  notes: PipeNotes | undefined = undefined;
  /**
   * The connection's number at the other end, one more at each hiccup. A peer
   * object that remembers another number is of a connection that is gone, even
   * while messages of it are still queued.
   */
  epoch = 0;
  /** Messages written here that were dropped when the pipe was closed, by either end, before the other had read them. */
  dropped = 0;

  #other!: PipeEnd;
  readonly #outward: Lane;
  readonly #inward: Lane;
  /** Neither end was closed; the same at both. */
  #open = true;
  /** Nothing more is told to the owner of this end: it closed it, or was told of the end. */
  #closed = false;
  /** The other end was told of a peer here, and not yet that it is gone. */
  #announced = false;
  /** A deferred `onReadable`, `onWritable` is under way. */
  #readableDue = false;
  /** Made when first needed, as for `#writableDue`: a pipe to a connection never does. */
  #tellReadable: (() => void) | undefined;
  #writableDue = false;
  #tellWritable: (() => void) | undefined;

  private constructor(outward: Lane, inward: Lane) {
    this.#outward = outward;
    this.#inward = inward;
  }

  static pair(outward: Lane, inward: Lane): [PipeEnd, PipeEnd] {
    const a = new PipeEnd(outward, inward);
    const b = new PipeEnd(inward, outward);
    a.#other = b;
    b.#other = a;
    return [a, b];
  }

  /** False once either end was closed. Then writes are refused at once, while what was queued can still be read. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether what was written here has reached the mark. */
  get full(): boolean {
    return this.#outward.full;
  }

  /** Whether `write` needs to know what a message costs. */
  get countsBytes(): boolean {
    return this.#outward.countsBytes;
  }

  /** Whether `write` would take a message now. */
  get writable(): boolean {
    return !this.#outward.full && this.open;
  }

  /** Messages waiting to be read here. */
  get queued(): number {
    return this.#inward.queue.length;
  }

  /** Messages written here that the other end has not read. */
  get pending(): number {
    return this.#outward.queue.length;
  }

  /**
   * Queues a message without waking the reader; `flush` does. False, and nothing
   * queued, when the lane is full or the pipe closed.
   * @param cost bytes to count against the byte limit; by default the message's size
   */
  write(message: Multipart, cost?: number): boolean {
    if (this.#outward.full || !this.open) return false;
    this.#outward.push(message, this.#outward.countsBytes ? (cost ?? byteLength(message)) : 0);
    if (this.#outward.full) this.#tellFull();
    return true;
  }

  /** `write` of several messages, at most `room`, that share the cost. */
  writeRun(run: MessageRun, cost: number): boolean {
    if (this.#outward.full || !this.open) return false;
    this.#outward.pushRun(run, cost);
    return true;
  }

  /** Messages that `writeRun` takes; there is no limit to what a closed pipe refuses. */
  get room(): number {
    return this.open ? this.#outward.room : Infinity;
  }

  /** `write` past the mark, for what must never be refused (subscriptions). False only when closed. */
  writeAlways(message: Multipart): boolean {
    if (!this.open) return false;
    this.#outward.push(message, 0);
    return true;
  }

  /** Wakes the reader if it sleeps and something is there. */
  flush(): void {
    if (this.#outward.asleep) this.#other.wake();
  }

  /** Tells the handler of this end what waits already: for a handler that took the place of another. */
  wake(): void {
    const lane = this.#inward;
    if (lane.queue.length === 0 || this.#closed) return;
    lane.asleep = false;
    if (!lane.defersWakes) {
      this.handler.onReadable(this);
    } else if (!this.#readableDue) {
      this.#readableDue = true;
      soon((this.#tellReadable ??= () => this.#readableNow()));
    }
  }

  /** `write` and `flush`. */
  send(message: Multipart): boolean {
    if (!this.write(message)) return false;
    this.flush();
    return true;
  }

  /** The next message, or `undefined`; after that `onReadable` comes when there is one again. */
  read(): Multipart | undefined {
    const lane = this.#inward;
    const message = lane.shift();
    if (lane.full && lane.mayReopen()) this.#reopen(lane, message !== undefined);
    return message;
  }

  /**
   * Reads the messages in front that are kept packed, as many as the target takes, in
   * their packed form. What `read` gives next may be packed all the same: there was no
   * room, or news stands before it.
   */
  readPacked(target: PackedTarget): void {
    const lane = this.#inward;
    const taken = lane.shiftPacked(target);
    if (lane.full && lane.mayReopen()) this.#reopen(lane, taken);
  }

  /** Whether `read` would give a message. If not, `onReadable` will come, as after a read that gave none. */
  poll(): boolean {
    const { queue } = this.#inward;
    if (queue.length === 0) this.read();
    return queue.length > 0;
  }

  /**
   * Sets what the owner of this end allows: as the writer of one direction, as the
   * reader of the other. Where the other end's owner has set marks too (inproc), the
   * two are added.
   */
  setMarks(outward: HighWaterMark, inward: HighWaterMark): void {
    const [outFull, inFull] = [this.#outward.full, this.#inward.full];
    this.#outward.setWriterMark(outward);
    this.#inward.setReaderMark(inward);
    if (outFull && !this.#outward.full) this.#wakeWriter();
    if (inFull && !this.#inward.full) this.#other.#wakeWriter();
  }

  /** Changes how this end is told of messages, and that only the newest is kept for it. For a pipe that was made before its reader was known. */
  shapeInward({ conflate, deferWakes }: LaneShape): void {
    const lane = this.#inward;
    lane.defersWakes = deferWakes;
    if (!conflate) return;
    const wasFull = lane.full;
    lane.conflate();
    if (wasFull) this.#other.#wakeWriter();
  }

  /** Drops what was written here and not read yet. */
  discardPending(): void {
    const wasFull = this.#outward.full;
    this.#outward.clear();
    if (wasFull) this.#wakeWriter();
  }

  /**
   * Tells the other end who it talks to: in order, or `ahead` of all that was written
   * here before.
   */
  announcePeer(info: PeerInfo, ahead = false): void {
    if (!this.open) return;
    const { epoch } = this.#other;
    const tell = (): void => {
      // A hiccup that came meanwhile has made this peer history, but its messages follow: it is still told.
      if (!this.#other.#closed) this.#other.handler.onPeer(this.#other, info, epoch);
    };
    this.#announced = true;
    if (ahead) tell();
    else this.#outward.signal(tell);
    const joined = this.#other.notes?.joined;
    if (joined !== undefined && this.writeAlways(joined)) this.flush();
  }

  /** Tells the other end that the connection was lost and that a new one will come. */
  hiccup(reason: CloseReason): void {
    if (!this.open) return;
    this.#other.epoch++;
    this.#other.handler.onHiccup(this.#other, reason);
    this.#leaveNotes();
    this.#outward.signal(() => {
      if (!this.#other.#closed) this.#other.handler.onPeerGone(this.#other, reason);
    });
    // Of the notes.
    this.flush();
  }

  /** Before what it wrote is dropped: the other end takes now what it can at once. */
  handOver(): void {
    this.#other.handler.onHandOver?.(this.#other);
  }

  /** Before `close`: how long the other end may take to bring out what was written here. */
  limitDelivery(limitMs: number): void {
    if (!this.#other.#closed) this.#other.handler.onDeliveryLimit?.(this.#other, limitMs);
  }

  /**
   * Ends the pipe from this side. Idempotent. What this end wrote is still read by
   * the other, unless it is to `drop`; the other then gets `onClosed`. What was queued
   * for this end is dropped.
   */
  close(reason: CloseReason, drop = false): void {
    if (this.#closed) return;
    if (!drop) {
      this.#leaveNotes();
      // A reader that sleeps would never come to the end of what was written.
      this.flush();
    }
    this.#closed = true;
    const otherWaits = this.#inward.full;
    this.#other.dropped = this.#inward.queue.length;
    this.#shut();
    this.#inward.clear();
    if (drop) {
      this.dropped = this.#outward.queue.length;
      this.#outward.clear();
      this.#leaveNotes();
    }
    if (this.#other.#closed) return;
    this.#tellClosed(this.#other, reason, drop);
    if (drop) this.flush();
    // It has still to read: then it learns at once that nothing of its own is wanted any more.
    if (otherWaits && !this.#other.#closed) this.#other.handler.onWritable(this.#other);
  }

  /**
   * `close`, but what was queued for this end can still be read: nothing new is taken
   * either way, and each end gets `onClosed` when it has read what was there.
   */
  retire(reason: CloseReason, drop = false): void {
    if (!this.#open) return;
    if (!drop) this.flush();
    const otherWaits = this.#inward.full;
    this.#shut();
    if (drop) this.#outward.clear();
    this.#tellClosed(this.#other, reason, drop);
    if (otherWaits && !this.#other.#closed) this.#other.handler.onWritable(this.#other);
    this.#tellClosed(this, reason, false);
  }

  #shut(): void {
    this.#open = false;
    this.#other.#open = false;
  }

  /** In order: when it has read what is queued for it. */
  #tellClosed(end: PipeEnd, reason: CloseReason, dropped: boolean): void {
    end.#inward.signal(() => {
      if (end.#closed) return;
      end.#closed = true;
      end.handler.onClosed(end, reason, dropped);
    });
  }

  #leaveNotes(): void {
    if (!this.#announced) return;
    this.#announced = false;
    const { notes } = this.#other;
    if (notes !== undefined) for (const note of notes.left) this.#outward.push(note, 0);
  }

  #tellFull(): void {
    const lane = this.#outward;
    lane.filling = true;
    try {
      this.#other.handler.onFull?.(this.#other);
    } finally {
      lane.filling = false;
    }
  }

  #reopen(lane: Lane, handing: boolean): void {
    lane.full = false;
    if (lane.filling) return;
    lane.handing = handing;
    this.#other.#wakeWriter();
    lane.handing = false;
  }

  #wakeWriter(): void {
    if (!this.open) return;
    if (!this.#outward.defersWakes) {
      this.handler.onWritable(this);
    } else if (!this.#writableDue) {
      this.#writableDue = true;
      soon((this.#tellWritable ??= () => this.#writableNow()));
    }
  }

  #readableNow(): void {
    this.#readableDue = false;
    if (this.#closed) return;
    // It may all have been read, or dropped, meanwhile; then the next flush must wake again.
    if (this.#inward.queue.length > 0) this.handler.onReadable(this);
    else this.#inward.asleep = true;
  }

  #writableNow(): void {
    this.#writableDue = false;
    if (this.open && !this.#outward.full) this.handler.onWritable(this);
  }
}

/** How a pipe's two lanes are limited, as seen from its first end. */
export interface PipeMarks {
  readonly outward: HighWaterMark;
  readonly inward: HighWaterMark;
  /** Keep only the newest message: both ways, or one. A direction that carries subscriptions must not conflate. */
  readonly conflate?: boolean | 'outward' | 'inward';
  /** See `LaneShape`; both ways. */
  readonly deferWakes?: boolean;
  /** What becomes of the memory that is written, each way; `given` by default. */
  readonly keepOutward?: Keeping;
  readonly keepInward?: Keeping;
}

export interface LaneShape {
  readonly conflate: boolean;
  /**
   * `onReadable` and `onWritable` come in a microtask, once for all that happened
   * until then, and not from within the call that caused them. For inproc, where
   * sockets that answer each other in their sinks would pile up on the stack.
   */
  readonly deferWakes: boolean;
}

/**
 * Makes a pipe. The first end's owner writes under `outward` and reads what came
 * under `inward`; the second end's owner sets no marks, or does so by `setMarks`.
 */
export function createPipe(marks: PipeMarks = { outward: unlimited, inward: unlimited }): [PipeEnd, PipeEnd] {
  const { conflate = false, deferWakes = false, keepOutward, keepInward } = marks;
  const [first, second] = PipeEnd.pair(
    new Lane(conflate === true || conflate === 'outward', deferWakes, keepOutward),
    new Lane(conflate === true || conflate === 'inward', deferWakes, keepInward),
  );
  first.setMarks(marks.outward, marks.inward);
  return [first, second];
}
