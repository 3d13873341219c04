import { FifoQueue } from '../foundation/fifo-queue.js';
import { type Multipart, ownFrames } from '../foundation/multipart.js';
import { ConflatingQueue } from './conflating-queue.js';
import { type HighWaterMark, reopenLevel, sumOfMarks, unlimited } from './high-water-mark.js';
import type { MessageQueue } from './message-queue.js';
import { PackedQueue } from './packed-queue.js';
import type { Keeping, PackedTarget } from './packing.js';
import { type MessageRun, UnopenedQueue } from './unopened-queue.js';

const NEVER = Number.MAX_SAFE_INTEGER;

/** Something that is told to the reader after the messages written before it were read. */
interface Signal {
  readonly after: number;
  readonly tell: () => void;
}

/**
 * One direction of a pipe: a bounded queue, its byte account, and the signals
 * that travel in order with the messages.
 */
export class Lane {
  queue: MessageQueue;
  /** The reader found it empty and wants to be woken by the next flush. */
  asleep = true;
  /** The writer was, or would be, refused; cleared at the reopen level. */
  full = false;
  /** The writer is in the call that made it full: it has not seen it so far. */
  filling = false;
  /** A message was taken, and its reader does not have it yet: nothing may overtake it. */
  handing = false;
  /** Wake-ups do not come from within the call that caused them, see `PipeMarks.deferWakes`. */
  defersWakes: boolean;

  /**
   * What each side allows. A lane between a socket and a session has one of them;
   * over inproc one lane is both sockets' queue, and their marks are added.
   */
  #writerMark: HighWaterMark | undefined;
  #readerMark: HighWaterMark | undefined;
  #mark: HighWaterMark = unlimited;
  /** Messages at which it is full. */
  #limit = NEVER;
  #reopenMessages = 0;
  #reopenBytes = 0;
  #bytes = 0;
  #held = 0;
  #conflates: boolean;
  /** Small frames are the writer's and have to be copied. (A packed queue does so itself.) */
  #copies: boolean;
  /** The queue, when it is one that packs. */
  #packed: PackedQueue | undefined;
  /** Of the messages that have a cost: their number and the cost, in turn. `undefined` when bytes are not counted. */
  #costs: FifoQueue<number> | undefined;
  /** `#read` at which the next of them is taken. */
  #costAt = NEVER;
  #written = 0;
  #read = 0;
  readonly #signals = new FifoQueue<Signal>();
  /** `#read` from which on the next signal is due. One compare per read. */
  #signalAt = NEVER;
  #signalScheduled = false;

  constructor(conflate: boolean, defersWakes: boolean, keeping: Keeping = 'given') {
    this.defersWakes = defersWakes;
    this.#conflates = conflate;
    if (typeof keeping !== 'string' && !conflate) this.#packed = new PackedQueue(keeping);
    this.#copies = keeping !== 'given' && this.#packed === undefined;
    if (this.#packed !== undefined) this.queue = this.#packed;
    else if (conflate) this.queue = new ConflatingQueue();
    else this.queue = keeping === 'given' ? new UnopenedQueue() : new FifoQueue<Multipart>();
  }

  /** True when byte costs are counted; then `push` needs its second argument. */
  get countsBytes(): boolean {
    return this.#costs !== undefined;
  }

  setWriterMark(mark: HighWaterMark): void {
    this.#writerMark = mark;
    this.#applyMarks();
  }

  setReaderMark(mark: HighWaterMark): void {
    this.#readerMark = mark;
    this.#applyMarks();
  }

  /** From now on only the newest message is kept. */
  conflate(): void {
    if (this.#conflates) return;
    const newest = new ConflatingQueue();
    for (let message = this.queue.shift(); message !== undefined; message = this.queue.shift()) newest.push(message);
    this.queue = newest;
    this.#copies ||= this.#packed !== undefined;
    this.#packed = undefined;
    this.#conflates = true;
    this.#read = this.#written - newest.length;
    this.#costs = undefined;
    this.#costAt = NEVER;
    this.#bytes = 0;
    this.#held = 0;
    this.full = false;
  }

  push(message: Multipart, cost: number): void {
    // By its own name: the call is then known to the compiler.
    if (this.#packed !== undefined) this.#packed.push(message);
    else this.queue.push(this.#copies ? ownFrames(message) : message);
    if (this.#conflates) {
      this.#read = this.#written++; // the message that was replaced counts as read
      return;
    }
    this.#count(1, cost);
  }

  /** Several at once, at most `room`. They share the cost. */
  pushRun(run: MessageRun, cost: number): void {
    const { length } = run;
    if (!(this.queue instanceof UnopenedQueue)) {
      for (let i = 0; i < length; i++) this.push(run.shift(), i === 0 ? cost : 0);
      return;
    }
    this.queue.pushRun(run);
    this.#count(length, cost);
  }

  /** Messages that are missing to the mark. */
  get room(): number {
    return this.#limit - (this.#written - this.#read);
  }

  /**
   * Takes the next message.
   *
   * A cost is given back when the next message with a cost is taken, or when the
   * lane is found empty: of the messages that share a received chunk only the
   * first carries its cost, and the chunk stays in memory until the last was read.
   */
  shift(): Multipart | undefined {
    if (this.#read >= this.#signalAt) this.#tellDue();
    const message = this.queue.shift();
    if (message === undefined) {
      this.asleep = true;
      if (this.#held !== 0) this.#release(0);
      return undefined;
    }
    this.#read++;
    if (this.#read > this.#costAt) this.#holdNext();
    if (this.#read >= this.#signalAt) this.#scheduleSignals();
    return message;
  }

  /** Takes packed messages from the front as they are; the others are for `shift`. True when it took any. */
  shiftPacked(target: PackedTarget): boolean {
    const packed = this.#packed;
    if (packed === undefined || packed.length === 0) return false;
    if (this.#read >= this.#signalAt) this.#tellDue();
    const count = packed.shiftPacked(target, this.#signalAt - this.#read);
    this.#read += count;
    while (this.#read > this.#costAt) this.#holdNext();
    if (this.#read >= this.#signalAt) this.#scheduleSignals();
    return count > 0;
  }

  /** Whether a full lane has been read far enough to open. The caller clears `full`. */
  mayReopen(): boolean {
    return (
      (this.#mark.messages === 0 || this.queue.length <= this.#reopenMessages) &&
      (this.#mark.bytes === 0 || this.#bytes <= this.#reopenBytes)
    );
  }

  /** Tells at once when nothing is queued, else after what is queued was read. */
  signal(tell: () => void): void {
    if (this.queue.length === 0 && this.#signals.length === 0 && !this.handing) {
      tell();
      return;
    }
    this.#signals.push({ after: this.#written, tell });
    if (this.#signalAt === NEVER) this.#signalAt = this.#written;
    if (this.#read >= this.#signalAt) this.#scheduleSignals();
  }

  /** Drops what is queued. Signals that waited behind it are told at once. */
  clear(): void {
    this.queue.clear();
    this.#costs?.clear();
    this.#costAt = NEVER;
    this.#bytes = 0;
    this.#held = 0;
    this.#read = this.#written;
    this.full = false;
    while (this.#signals.length > 0) this.#tellFirst();
  }

  #applyMarks(): void {
    const [a, b] = [this.#writerMark, this.#readerMark];
    const mark = a !== undefined && b !== undefined ? sumOfMarks(a, b) : (a ?? b ?? unlimited);
    this.#mark = mark;
    this.#limit = mark.messages === 0 ? NEVER : mark.messages;
    this.#reopenMessages = reopenLevel(mark.messages);
    this.#reopenBytes = reopenLevel(mark.bytes);
    // What came before bytes were counted costs nothing.
    if (mark.bytes > 0 && !this.#conflates) this.#costs ??= new FifoQueue<number>();
    this.full = this.#isAtLimit();
  }

  #isAtLimit(): boolean {
    if (this.#conflates) return false;
    const { messages, bytes } = this.#mark;
    return (messages > 0 && this.queue.length >= messages) || (bytes > 0 && this.#bytes >= bytes);
  }

  #count(messages: number, cost: number): void {
    if (this.#costs !== undefined && cost > 0) {
      if (this.#costAt === NEVER) this.#costAt = this.#written;
      this.#costs.push(this.#written);
      this.#costs.push(cost);
      this.#bytes += cost;
      const { bytes } = this.#mark;
      if (bytes > 0 && this.#bytes >= bytes) this.full = true;
    }
    this.#written += messages;
    if (this.#written - this.#read >= this.#limit) this.full = true;
  }

  /** A message with a cost was taken: it is held until the next one. */
  #holdNext(): void {
    const costs = this.#costs!;
    costs.shift();
    this.#release(costs.shift()!);
    this.#costAt = costs.peek() ?? NEVER;
  }

  #release(next: number): void {
    this.#bytes -= this.#held;
    this.#held = next;
  }

  #scheduleSignals(): void {
    if (this.#signalScheduled) return;
    this.#signalScheduled = true;
    // Not now: the reader is still busy with the message before it.
    queueMicrotask(() => {
      this.#signalScheduled = false;
      this.#tellDue();
    });
  }

  #tellDue(): void {
    while (this.#signals.length > 0 && this.#signals.peek()!.after <= this.#read) this.#tellFirst();
  }

  #tellFirst(): void {
    const signal = this.#signals.shift()!;
    this.#signalAt = this.#signals.peek()?.after ?? NEVER;
    signal.tell();
  }
}
