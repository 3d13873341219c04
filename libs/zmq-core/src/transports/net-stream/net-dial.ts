import type { Socket } from 'node:net';
import type { ByteStream } from '../../transport/byte-stream.js';
import type { DialSink } from '../../transport/transport.js';
import { SocketDial } from './socket-dial.js';

/** Straight to the peer; shared by tcp and ipc. */
export class NetDial extends SocketDial {
  /**
   * @param socket connecting
   * @param accept makes the stream of a connected socket, or gives the error for which it is not wanted
   */
  constructor(socket: Socket, sink: DialSink, accept: (socket: Socket) => ByteStream | NodeJS.ErrnoException) {
    super(socket, sink);
    const onError = (error: NodeJS.ErrnoException): void => this.fail(error);
    socket.on('error', onError);
    socket.once('connect', () => {
      if (this.done) return;
      const result = accept(socket);
      if (result instanceof Error) {
        this.fail(result);
        return;
      }
      // From here on errors are the stream's.
      socket.off('error', onError);
      this.connected(result);
    });
  }
}
