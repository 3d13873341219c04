import { mkdtemp, rmdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
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
import { isAbstract, pathOf } from './ipc-address.js';
import { directoryIsMissing, removeStale } from './socket-file.js';

/** Unix sockets. A closed listener removes its file (node does so), and the directory of `ipc://*`. */
export class IpcTransport implements ByteTransport {
  readonly kind = 'bytes';
  readonly scheme = 'ipc';
  readonly dialsSlowly = false;

  checkDial(address: string): void {
    if (address === '*') {
      throw new ZmqError('EINVAL', 'only bind takes the path *; name the file to connect to', { address: 'ipc://*' });
    }
    pathOf(address);
  }

  dial(address: string, _options: TransportOptions, sink: DialSink): Dial {
    const path = pathOf(address);
    if (isAbstract(address)) warnOfPadding();
    return new NetDial(connect({ path }), sink, (socket) => new NetStream(socket, address));
  }

  async listen(address: string, options: TransportOptions, sink: ListenSink): Promise<Listener> {
    if (address === '*') return listenInNewDirectory(options, sink);
    const path = pathOf(address);
    if (isAbstract(address)) warnOfPadding();
    try {
      return await listenOn(address, path, options, sink);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const inUse = code === 'EADDRINUSE' && !isAbstract(address);
      if (!inUse || !(await removeStale(path))) throw await explain(error, address, path);
    }
    try {
      return await listenOn(address, path, options, sink);
    } catch (error) {
      throw await explain(error, address, path);
    }
  }
}

async function listenOn(
  address: string,
  path: string,
  { backlog }: TransportOptions,
  sink: ListenSink,
  release?: () => Promise<void>,
): Promise<Listener> {
  const server = createServer();
  server.on('connection', (socket) => sink.accepted(new NetStream(socket, address)));
  await NetListener.start(server, { path, backlog }, sink);
  return new NetListener(server, `ipc://${address}`, release);
}

/** Only this user can enter the directory. */
async function listenInNewDirectory(options: TransportOptions, sink: ListenSink): Promise<Listener> {
  let directory: string | undefined;
  try {
    directory = await mkdtemp(join(tmpdir(), 'zmq-'));
    const made = directory;
    const path = join(made, 'socket');
    return await listenOn(path, pathOf(path), options, sink, () => rmdir(made).catch(() => {}));
  } catch (error) {
    if (directory !== undefined) await rmdir(directory).catch(() => {});
    throw bindError(error, 'ipc://*');
  }
}

async function explain(error: unknown, address: string, path: string): Promise<ZmqError> {
  const endpoint = `ipc://${address}`;
  // Node says EACCES for a missing directory, as Windows does.
  if ((error as NodeJS.ErrnoException).code === 'EACCES' && (await directoryIsMissing(path))) {
    return new ZmqError('ENOENT', `the directory of ${path} does not exist; make it first`, {
      address: endpoint,
      cause: error,
    });
  }
  return bindError(error, endpoint);
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
