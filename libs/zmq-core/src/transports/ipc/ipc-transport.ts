import { mkdtempSync, rmdirSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZmqError } from '../../foundation/errors.js';
import type {
  ByteTransport,
  Dial,
  DialSink,
  Listener,
  ListenSink,
  TransportOptions,
} from '../../transport/transport.js';
import { NetDial } from '../net-stream/net-dial.js';
import { bindError } from '../net-stream/net-errors.js';
import { NetListener } from '../net-stream/net-listener.js';
import { NetStream } from '../net-stream/net-stream.js';
import { isAbstract, isWildcard, listenPathOf, pathOf } from './ipc-address.js';
import { directoryIsMissing, removeStale, removeStaleAtOnce, SocketFile } from './socket-file.js';

/** The end that connected has no file. */
const NO_NAME = 'ipc://';

/** Unix sockets. A closed listener removes its file, and the directory of `ipc://*`. */
export class IpcTransport implements ByteTransport {
  readonly kind = 'bytes';
  readonly scheme = 'ipc';
  readonly dialsSlowly = false;

  checkDial(address: string): void {
    if (isWildcard(address)) {
      throw new ZmqError('EINVAL', 'only bind takes the path *; name the file to connect to', {
        address: `ipc://${address}`,
      });
    }
    pathOf(address);
  }

  checkListen(address: string): void {
    if (!isWildcard(address)) pathOf(address);
  }

  dial(address: string, _options: TransportOptions, sink: DialSink): Dial {
    const path = pathOf(address);
    if (isAbstract(address)) warnOfPadding();
    return new NetDial(
      connect({ path }),
      sink,
      (socket) => new NetStream(socket, address, { local: NO_NAME, remote: `ipc://${address}` }),
    );
  }

  async listen(address: string, { backlog }: TransportOptions, sink: ListenSink): Promise<Listener> {
    const place = new Place(address);
    for (let again = false; ; again = true) {
      const server = place.createServer(sink);
      try {
        await NetListener.start(server, { path: place.path }, backlog, sink);
        return place.listener(server);
      } catch (error) {
        if (again || !place.mayBeStale(error) || !(await removeStale(place.path))) throw place.refusal(error);
      }
    }
  }

  listenSync(address: string, { backlog }: TransportOptions, sink: ListenSink): Listener {
    const place = new Place(address);
    for (let again = false; ; again = true) {
      const server = place.createServer(sink);
      try {
        NetListener.startAtOnce(server, { path: place.path }, backlog, sink);
        return place.listener(server);
      } catch (error) {
        if (again || !place.mayBeStale(error) || !removeStaleAtOnce(place.path)) throw place.refusal(error);
      }
    }
  }
}

/** Where to listen, made ready: what `*` stands for, and what has to be removed in the end. */
class Place {
  readonly path: string;
  /** As it was asked for; of a wildcard, as it was made. */
  readonly #address: string;
  readonly #endpoint: string;
  readonly #directory: string | undefined;

  /** Throws EINVAL, ENAMETOOLONG. */
  constructor(address: string) {
    this.#endpoint = `ipc://${address}`;
    this.#directory = isWildcard(address) ? makeDirectory(this.#endpoint) : undefined;
    this.#address = this.#directory === undefined ? address : join(this.#directory, 'socket');
    try {
      this.path = listenPathOf(this.#address);
    } catch (error) {
      this.#removeDirectory();
      throw error;
    }
    if (isAbstract(address)) warnOfPadding();
  }

  createServer(sink: ListenSink): Server {
    const server = createServer();
    const ends = { local: `ipc://${this.#address}`, remote: NO_NAME };
    server.on('connection', (socket) => sink.accepted(new NetStream(socket, this.#address, ends)));
    return server;
  }

  listener(server: Server): Listener {
    const file = isAbstract(this.#address) ? undefined : new SocketFile(this.path);
    return new NetListener(server, {
      endpoint: `ipc://${this.#address}`,
      release: () => file?.remove() ?? this.#removeDirectory(),
    });
  }

  mayBeStale(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' && !isAbstract(this.#address);
  }

  /** The system's error as the caller of `bind` gets it. */
  refusal(error: unknown): ZmqError {
    this.#removeDirectory();
    // Node says EACCES for a missing directory, as Windows does.
    if ((error as NodeJS.ErrnoException).code === 'EACCES' && directoryIsMissing(this.path)) {
      return new ZmqError('ENOENT', `the directory of ${this.path} does not exist; make it first`, {
        address: this.#endpoint,
        cause: error,
      });
    }
    return bindError(error, this.#endpoint);
  }

  #removeDirectory(): NodeJS.ErrnoException | undefined {
    if (this.#directory === undefined) return undefined;
    try {
      rmdirSync(this.#directory);
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error as NodeJS.ErrnoException;
    }
    return undefined;
  }
}

/** Only this user can enter it. */
function makeDirectory(endpoint: string): string {
  try {
    return mkdtempSync(join(tmpdir(), 'zmq-'));
  } catch (error) {
    throw bindError(error, endpoint);
  }
}

const [uvMajor = 1, uvMinor = 0] = process.versions.uv.split('.').map(Number);
let warned = false;

/** libuv before 1.48 (Node 20) fills abstract names with NULs up to 108 bytes, and those are part of the name. */
function warnOfPadding(): void {
  if (warned || uvMajor > 1 || uvMinor >= 48) return;
  warned = true;
  process.emitWarning(
    `ipc://@… of Node ${process.versions.node} reaches only peers on Node 20; other ZeroMQ programs need Node 22 here, or a file's path.`,
    { code: 'ZMQ_ABSTRACT_NAMES' },
  );
}
