import type { ListenOptions, Server } from 'node:net';
import type { Listener, ListenSink } from '../../transport/transport.js';

/** A listening `net.Server`; shared by tcp and ipc. */
export class NetListener implements Listener {
  readonly endpoint: string;

  readonly #server: Server;
  readonly #release: () => Promise<void> | void;
  #closing: Promise<void> | undefined;

  /** @param release undone after the server: what else was taken for it */
  constructor(server: Server, endpoint: string, release: () => Promise<void> | void = () => {}) {
    this.#server = server;
    this.endpoint = endpoint;
    this.#release = release;
  }

  /** Listens, or rejects with the system's error. Later errors are of accepts. */
  static start(server: Server, options: ListenOptions, sink: ListenSink): Promise<void> {
    return new Promise((resolve, reject) => {
      server.unref();
      server.once('error', reject);
      // In a worker of node's cluster the primary would share the port among the workers: a peer would meet any of them.
      server.listen({ ...options, exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', (error) => sink.acceptFailed(error));
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The address is free when this call returns; the server's own `close` event waits for all accepted sockets.
    this.#server.close();
    await this.#release();
  }
}
