import type { Batch, BatchHolder, Loan } from '../connection/batch.js';
import type { Connection } from '../connection/connection.js';
import type { PipeEnd } from '../pipe/pipe.js';
import type { ByteStream } from '../transport/byte-stream.js';

/** A pipe with a smaller mark is meant to hold little: it is read once a turn and no oftener. */
const GATHER_FROM = 256;

export interface WriteWatcher {
  /** A write did not go through at once. */
  unwritten(): void;
}

/**
 * The outward half of a session: what a pipe and a connection have to say becomes
 * writes of the stream.
 *
 * A message that arrives in the pipe schedules a flush; a flush encodes what is
 * queued, at most one batch, into one write. A pipe that is full before is gathered
 * from at once, so that a writer who sends thousands in one turn goes on, and they
 * leave in one write (PUSH to PULL, 10 B: 7.7 to 8.2 million a second).
 * Nothing is taken from the pipe while the stream still holds bytes, so beyond the
 * pipe's count there is at most one batch.
 */
export class Outflow implements BatchHolder {
  readonly #batch: Batch;
  readonly #batchSize: number | undefined;
  readonly #watcher: WriteWatcher | undefined;
  readonly #stream: ByteStream;
  readonly #connection: Connection;
  /** Messages come from here: from the handshake to the end. */
  #pipe: PipeEnd | undefined;
  #scheduled = false;
  /** Messages are being taken from the pipe into a batch that is not written yet. */
  #taking = false;
  /** Something gathered is in the batch. */
  #holding = false;
  #ending = false;
  #stopped = false;
  /** Nothing was flushed since the peer was last heard. */
  #fresh = true;
  #loan: Loan | undefined;

  /**
   * @param batchSize what one write gathers at most, in bytes
   */
  constructor(batch: Batch, stream: ByteStream, connection: Connection, batchSize?: number, watcher?: WriteWatcher) {
    this.#batch = batch;
    this.#batchSize = batchSize;
    this.#watcher = watcher;
    this.#stream = stream;
    this.#connection = connection;
  }

  open(pipe: PipeEnd): void {
    this.#pipe = pipe;
    this.schedule();
  }

  /** No more messages; the stream is ended when those that were taken are written. */
  end(): void {
    this.#pipe = undefined;
    this.#ending = true;
    if (this.#taking) return;
    if (this.#holding) this.#writeHeld();
    this.#stream.end();
  }

  /** What the connection still has to say, and then the end. False when that must wait for other bytes. */
  endWithLastWords(): boolean {
    this.#pipe = undefined;
    if (this.#holding) this.#writeHeld();
    if (!this.#connection.hasOutput || this.#stream.pendingBytes > 0 || this.#batch.isBusy) return false;
    this.#writeOutput();
    this.#stream.end();
    return true;
  }

  /** Nothing is written any more. */
  stop(): void {
    this.#stopped = true;
    if (this.#holding) this.#writeHeld();
  }

  /** Whether messages were taken from the pipe that are not with the stream yet. */
  get holds(): boolean {
    return this.#holding;
  }

  /**
   * The first message after the peer spoke (a request, a reply) leaves right after the
   * current callback: it is all that is under way, or nearly. Every further flush waits
   * for the end of the turn of the event loop, and gathers what comes until then.
   */
  schedule(): void {
    if (this.#scheduled || this.#pipe === undefined || this.#stream.pendingBytes > 0) return;
    if (this.#fresh) {
      this.#flushLater();
      return;
    }
    this.#scheduled = true;
    setImmediate(this.#runFlush);
  }

  /** Something came from the peer. */
  heard(): void {
    this.#fresh = true;
  }

  flush(): void {
    if (!this.#mayWrite()) return;
    if (this.#batch.isBusy) {
      this.#flushLater();
      return;
    }
    const pipe = this.#pipe;
    if (pipe === undefined) {
      this.#writeOutput();
      return;
    }
    this.#begin();
    const more = this.#take(pipe);
    this.#fresh = false;
    this.#write();
    if (this.#ending) this.#stream.end();
    else if (more) this.schedule();
  }

  /** Takes what is in a full pipe. It is written with the flush, or at once when the batch is full. */
  gather(): void {
    const pipe = this.#pipe;
    if (pipe === undefined || pipe.queued < GATHER_FROM || this.#batch.isBusy || !this.#mayWrite()) return;
    this.#begin();
    this.#take(pipe);
    if (this.#batch.isFull || this.#ending) {
      this.#write();
      if (this.#ending) this.#stream.end();
      return;
    }
    this.#holding = true;
    this.#batch.hold(this);
    this.schedule();
  }

  evict(): void {
    this.#holding = false;
    this.#write();
  }

  /** The stream holds nothing any more: the memory of the last write is free. */
  giveBack(): void {
    if (this.#loan === undefined) return;
    this.#batch.giveBack(this.#loan);
    this.#loan = undefined;
  }

  /** Right after the current callback. */
  #flushLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#runFlush);
  }

  readonly #runFlush = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  #mayWrite(): boolean {
    // What a broken stream would lose is kept for the next connection.
    return !this.#stopped && this.#stream.pendingBytes === 0 && !this.#stream.broken;
  }

  /** Begins a batch, or goes on with the one that it holds. */
  #begin(): void {
    if (this.#holding) this.#batch.resume();
    else this.#batch.begin(this.#batchSize);
    this.#holding = false;
    this.#connection.takeOutput(this.#batch);
  }

  #writeHeld(): void {
    this.#batch.resume();
    this.evict();
  }

  /** Fills the batch. True when the pipe may have more. */
  #take(pipe: PipeEnd): boolean {
    const batch = this.#batch;
    const connection = this.#connection;
    const { sendsPacked } = connection;
    this.#taking = true;
    let more = true;
    try {
      while (more && !batch.isFull) {
        if (sendsPacked) pipe.readPacked(batch);
        if (batch.isFull) break;
        const message = pipe.read();
        if (message === undefined) more = false;
        else connection.encode(message, batch);
      }
    } catch (error) {
      // The batch is everybody's: it must not stay busy.
      batch.finish();
      throw error;
    } finally {
      this.#taking = false;
    }
    return more;
  }

  #writeOutput(): void {
    if (!this.#connection.hasOutput) return;
    this.#batch.begin();
    this.#connection.takeOutput(this.#batch);
    this.#write();
  }

  #write(): void {
    const segments = this.#batch.finish();
    if (segments.length === 0) return;
    this.#stream.write(segments);
    if (this.#stream.pendingBytes === 0) return;
    this.#loan = this.#batch.lend();
    this.#watcher?.unwritten();
  }
}
