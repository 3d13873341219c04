import type { Socket } from 'node:net';
import { ZmqError } from '../../foundation/errors.js';
import type { DialSink } from '../../transport/transport.js';
import { NetStream } from '../net-stream/net-stream.js';
import { SocketDial } from '../net-stream/socket-dial.js';
import type { SocksHandshake } from './socks5.js';
import { formatHostAndPort } from './tcp-address.js';

/** Through a SOCKS5 proxy. */
export class SocksDial extends SocketDial {
  readonly #endpoint: string;

  /**
   * @param socket connecting to the proxy
   * @param address of the target, without scheme: where the stream's peer is
   */
  constructor(socket: Socket, handshake: SocksHandshake, address: string, sink: DialSink) {
    super(socket, sink);
    this.#endpoint = `tcp://${address}`;
    const onError = (error: Error): void => this.fail(this.#noProxy(error.message, error));
    const onEnd = (): void => this.fail(this.#noProxy('it hung up'));
    const onData = (chunk: Buffer): void => {
      if (this.done) return;
      try {
        const answer = handshake.receive(chunk);
        if (answer !== undefined) socket.write(answer);
      } catch (error) {
        this.fail(error as ZmqError);
      }
      if (this.done || !handshake.done) return;
      // From here on they are the stream's.
      socket.off('error', onError).off('end', onEnd).off('data', onData);
      if (handshake.rest.length > 0) socket.unshift(handshake.rest);
      const { localAddress, localPort } = socket;
      const local = localAddress === undefined ? '' : `tcp://${formatHostAndPort(localAddress, localPort!)}`;
      this.connected(new NetStream(socket, address, { local, remote: this.#endpoint }));
    };
    socket.on('error', onError).on('end', onEnd).on('data', onData);
    socket.once('connect', () => void socket.write(handshake.greeting));
  }

  /** Never ECONNREFUSED: of the target that says that nobody is there, of the proxy it says nothing. */
  #noProxy(text: string, cause?: Error): ZmqError {
    return new ZmqError('EHOSTUNREACH', `no connection through the SOCKS proxy: ${text}`, {
      address: this.#endpoint,
      cause,
    });
  }
}
