import type { Socket } from 'node:net';
import type { ByteStream } from '../../transport/byte-stream.js';
import type { Dial, DialSink } from '../../transport/transport.js';

/** One attempt to connect by a `net.Socket`, which ends once: connected, failed or cancelled. */
export abstract class SocketDial implements Dial {
  protected readonly socket: Socket;
  readonly #sink: DialSink;
  #done = false;

  /** @param socket connecting */
  protected constructor(socket: Socket, sink: DialSink) {
    this.socket = socket;
    this.#sink = sink;
    socket.unref();
  }

  protected get done(): boolean {
    return this.#done;
  }

  cancel(): void {
    if (this.#done) return;
    this.#done = true;
    this.socket.destroy();
  }

  /** The socket is the stream's from here on. Not when `done`. */
  protected connected(stream: ByteStream): void {
    this.#done = true;
    this.#sink.connected(stream);
  }

  protected fail(error: NodeJS.ErrnoException): void {
    if (this.#done) return;
    this.cancel();
    this.#sink.failed(error);
  }
}
