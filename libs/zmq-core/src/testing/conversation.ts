import { Batch } from '../connection/batch.js';
import type { Connection } from '../connection/connection.js';
import type { Multipart } from '../foundation/multipart.js';
import { RecordingSink } from './recording-sink.js';

/** Drives a connection as a session does, with time in the test's hand. */
export class Conversation {
  readonly sink = new RecordingSink();
  now = 0;
  readonly #batch = new Batch();

  constructor(readonly connection: Connection) {
    connection.start(this.now);
  }

  /** The peer sends these chunks, one after the other. */
  receive(...chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.connection.receive(chunk, this.now);
      this.drain();
    }
  }

  /** Decodes until nothing is left or the sink has had enough. */
  drain(): void {
    while (this.connection.drain(this.sink) && this.sink.wantsMore);
  }

  /** What the connection has to say by itself, since the last call. */
  output(): Buffer {
    this.#batch.begin();
    this.connection.takeOutput(this.#batch);
    return Buffer.concat(this.#batch.finish());
  }

  encode(...messages: readonly Multipart[]): Buffer {
    this.#batch.begin();
    for (const message of messages) this.connection.encode(message, this.#batch);
    return Buffer.concat(this.#batch.finish());
  }

  /** Lets time pass, and ticks whenever the connection asks for it on the way. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    while (this.connection.deadline <= until) {
      this.now = this.connection.deadline;
      this.connection.tick(this.now, this.sink);
    }
    this.now = until;
  }
}
