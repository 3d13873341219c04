import type { Multipart } from '../foundation/multipart.js';
import { noProperties } from '../foundation/peer-info.js';
import type { Batch } from './batch.js';
import type { Connection, ConnectionSink } from './connection.js';

export interface RawOptions {
  /** Tell of the beginning and of the end of a connection by an empty message. */
  readonly notify: boolean;
}

/** What tells of a beginning or an end; no bytes of a peer ever make it. */
const NOTICE: Multipart = [Buffer.alloc(0)];

/**
 * A stream of bytes as it is, for STREAM: no greeting, no handshake, no frames, no
 * heartbeats. It is ready when it starts. Each chunk that comes is a message of one
 * frame, of a size that means nothing, so `maxMessageSize` is not for it; the frames
 * of a message that is sent are written one behind the other.
 */
export class RawConnection implements Connection {
  readonly handshakes = false;
  readonly hasOutput = false;
  readonly sendsPacked = false;
  readonly deadline = Infinity;
  readonly farewell: Multipart | undefined;

  readonly #address: string;
  readonly #waiting: Buffer[] = [];
  #state: 'new' | 'greeted' | 'open' | 'over' = 'new';
  #pinned = 0;

  /** @param address the peer's, for what is told of it */
  constructor({ notify }: RawOptions, address: string) {
    this.#address = address;
    this.farewell = notify ? NOTICE : undefined;
  }

  start(): void {}

  receive(chunk: Buffer): void {
    if (this.#state !== 'over') this.#waiting.push(chunk);
  }

  drain(sink: ConnectionSink): boolean {
    switch (this.#state) {
      case 'new':
        return this.#begin(sink);
      case 'greeted':
        this.#state = 'open';
        if (this.farewell !== undefined && !sink.message(this.farewell)) return true;
        return this.#pass(sink);
      case 'open':
        return this.#pass(sink);
      case 'over':
        return false;
    }
  }

  takeOutput(): void {}

  encode(message: Multipart, batch: Batch): void {
    for (let i = 0; i < message.length; i++) batch.append(message[i]!);
  }

  tick(): void {}

  suspend(): void {}

  resume(): void {}

  takePinned(): number {
    const pinned = this.#pinned;
    this.#pinned = 0;
    return pinned;
  }

  abandon(): void {
    this.#waiting.length = 0;
  }

  /** True: the caller looks whether there is room for what follows. */
  #begin(sink: ConnectionSink): boolean {
    const info = { socketType: '', routingId: undefined, address: this.#address, properties: noProperties() };
    this.#state = 'greeted';
    if (sink.ready(info)) return true;
    this.#state = 'over';
    this.#waiting.length = 0;
    return false;
  }

  /** While the sink has no room at most two chunks wait, for the stream is paused: no need of a queue. */
  #pass(sink: ConnectionSink): boolean {
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      this.#pinned += chunk.length;
      if (!sink.message([chunk])) return true;
    }
    return false;
  }
}
