import type { Server } from 'node:net';
import type { Listener, ListenSink } from '../../transport/transport.js';
import { descriptorOf } from './descriptor.js';
import { listenAtOnce, type ListenAt } from './server-handle.js';

/** What a `NetListener` is besides its server. */
export interface ListenerFacts {
  readonly endpoint: string;
  readonly alias?: string | undefined;
  /** Undone after the server: what else was made for it. Gives what went wrong. */
  readonly release?: () => NodeJS.ErrnoException | undefined;
}

/** A listening `net.Server`; shared by tcp and ipc. */
export class NetListener implements Listener {
  readonly endpoint: string;
  readonly alias: string | undefined;
  readonly fd: number;

  readonly #server: Server;
  readonly #release: ListenerFacts['release'];
  #closed = false;

  constructor(server: Server, { endpoint, alias, release }: ListenerFacts) {
    this.#server = server;
    this.endpoint = endpoint;
    this.alias = alias === endpoint ? undefined : alias;
    this.fd = descriptorOf(server);
    this.#release = release;
  }

  /** Listens, or rejects with the system's error. Later errors are of accepts. */
  static start(server: Server, at: ListenAt, backlog: number, sink: ListenSink): Promise<void> {
    return new Promise((resolve, reject) => {
      server.unref();
      server.once('error', reject);
      // In a worker of node's cluster the primary would share the port among the workers: a peer would meet any of them.
      server.listen({ ...at, backlog: queueLength(backlog), exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', (error) => sink.acceptFailed(error));
        resolve();
      });
    });
  }

  /** Has listened when it returns, or throws the system's error. */
  static startAtOnce(server: Server, at: ListenAt, backlog: number, sink: ListenSink): void {
    server.unref();
    listenAtOnce(server, at, queueLength(backlog));
    server.on('error', (error) => sink.acceptFailed(error));
  }

  close(): NodeJS.ErrnoException | undefined {
    if (this.#closed) return undefined;
    this.#closed = true;
    // The address is free when this call returns; the server's own `close` event waits for all accepted sockets.
    this.#server.close();
    return this.#release?.();
  }
}

/** To Node 0 means its own default; to the system it is the shortest queue, which is that of 1. */
function queueLength(backlog: number): number {
  return Math.max(1, backlog);
}
