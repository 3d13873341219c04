import type { Batch, Loan } from '../connection/batch.js';
import type { Connection } from '../connection/connection.js';
import { currentTurn } from '../foundation/turns.js';
import type { PipeEnd } from '../pipe/pipe.js';
import type { ByteStream } from '../transport/byte-stream.js';

/**
 * The outward half of a session: what a pipe and a connection have to say becomes
 * writes of the stream.
 *
 * A message that arrives in the pipe schedules a flush; a flush encodes what is
 * queued, at most one batch, into one write. Nothing is taken from the pipe while
 * the stream still holds bytes, so beyond the pipe's count there is at most one batch.
 */
export class Outflow {
  readonly #batch: Batch;
  readonly #stream: ByteStream;
  readonly #connection: Connection;
  /** Messages come from here: from the handshake to the end. */
  #pipe: PipeEnd | undefined;
  #scheduled = false;
  /** Messages are being taken from the pipe into a batch that is not written yet. */
  #taking = false;
  #ending = false;
  #stopped = false;
  /** The turn of the event loop in which this session last flushed. */
  #flushedInTurn = -1;
  #loan: Loan | undefined;

  constructor(batch: Batch, stream: ByteStream, connection: Connection) {
    this.#batch = batch;
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
    if (!this.#taking) this.#stream.end();
  }

  /** What the connection still has to say, and then the end. False when that must wait for other bytes. */
  endWithLastWords(): boolean {
    this.#pipe = undefined;
    if (!this.#connection.hasOutput || this.#stream.pendingBytes > 0) return false;
    this.#writeOutput();
    this.#stream.end();
    return true;
  }

  /** Nothing is written any more. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * A lone message on an idle connection leaves right after the current callback;
   * from the second flush in one turn on, the flush waits for the end of the turn
   * and gathers what comes until then.
   */
  schedule(): void {
    if (this.#scheduled || this.#pipe === undefined || this.#stream.pendingBytes > 0) return;
    this.#scheduled = true;
    if (this.#flushedInTurn === currentTurn()) setImmediate(this.#runFlush);
    else process.nextTick(this.#runFlush);
  }

  flush(): void {
    // What a broken stream would lose is kept for the next connection.
    if (this.#stopped || this.#stream.pendingBytes > 0 || this.#stream.broken) return;
    const pipe = this.#pipe;
    if (pipe === undefined) {
      this.#writeOutput();
      return;
    }
    const batch = this.#batch;
    batch.begin();
    this.#connection.takeOutput(batch);
    const more = this.#take(pipe, batch);
    this.#flushedInTurn = currentTurn();
    this.#write();
    if (this.#ending) this.#stream.end();
    else if (more) this.schedule();
  }

  /** The stream holds nothing any more: the memory of the last write is free. */
  giveBack(): void {
    if (this.#loan === undefined) return;
    this.#batch.giveBack(this.#loan);
    this.#loan = undefined;
  }

  readonly #runFlush = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Fills the batch. True when the pipe may have more. */
  #take(pipe: PipeEnd, batch: Batch): boolean {
    const connection = this.#connection;
    const { sendsPacked } = connection;
    this.#taking = true;
    let more = true;
    while (more && !batch.isFull) {
      if (sendsPacked) pipe.readPacked(batch);
      const message = pipe.read();
      if (message === undefined) more = false;
      else connection.encode(message, batch);
    }
    this.#taking = false;
    return more;
  }

  #writeOutput(): void {
    if (!this.#connection.hasOutput) return;
    this.#batch.begin();
    this.#connection.takeOutput(this.#batch);
    this.#write();
  }

  #write(): void {
    if (this.#batch.isEmpty) return;
    this.#stream.write(this.#batch.finish());
    if (this.#stream.pendingBytes > 0) this.#loan = this.#batch.lend();
  }
}
