import type { Socket } from 'node:net';
import type { ByteStream } from '../../transport/byte-stream.js';
import type { Dial, DialSink } from '../../transport/transport.js';

/** One attempt to connect by a `net.Socket`; shared by tcp and ipc. */
export class NetDial implements Dial {
  readonly #socket: Socket;
  readonly #sink: DialSink;
  #done = false;

  /**
   * @param socket connecting
   * @param accept makes the stream of a connected socket, or gives the error for which it is not wanted
   */
  constructor(socket: Socket, sink: DialSink, accept: (socket: Socket) => ByteStream | NodeJS.ErrnoException) {
    this.#socket = socket;
    this.#sink = sink;
    socket.unref();
    const onError = (error: NodeJS.ErrnoException): void => this.#fail(error);
    socket.on('error', onError);
    socket.once('connect', () => {
      if (this.#done) return;
      const result = accept(socket);
      if (result instanceof Error) {
        this.#fail(result);
        return;
      }
      // From here on errors are the stream's.
      socket.off('error', onError);
      this.#done = true;
      sink.connected(result);
    });
  }

  cancel(): void {
    if (this.#done) return;
    this.#done = true;
    this.#socket.destroy();
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#done) return;
    this.#done = true;
    this.#socket.destroy();
    this.#sink.failed(error);
  }
}
