import net, { isIPv6, type Server } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { ZmqError } from '../../foundation/errors.js';

/** A socket of libuv, as Node's `net` has it inside. Calls give 0 or a negative error number. */
interface Handle {
  listen(backlog: number): number;
  close(): void;
}

/** What `net` has had for years and does not document. A runtime without it cannot listen at once. */
interface Inside {
  _createServerHandle?: (address: string, port: number, family: 4 | 6 | -1) => Handle | number;
}
interface ServerInside {
  _handle: Handle | null;
  _listen2?: (address: string, port: number, family: 4 | 6 | -1, backlog: number) => void;
}

/** Where to listen: an IP address and a port, or a path. */
export type ListenAt = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * `server.listen` that has listened when it returns. Throws the system's error as
 * Node's `error` event would tell it; ENOTSUP where this is not possible.
 */
export function listenAtOnce(server: Server, at: ListenAt, backlog: number): void {
  const { _createServerHandle: createHandle } = net as unknown as Inside;
  const inside = server as unknown as ServerInside;
  if (createHandle === undefined || inside._listen2 === undefined) {
    throw new ZmqError('ENOTSUP', 'this runtime cannot listen synchronously; await bind() instead');
  }
  const [address, port, family] =
    'path' in at ? ([at.path, -1, -1] as const) : ([at.host, at.port, isIPv6(at.host) ? 6 : 4] as const);
  const handle = createHandle(address, port, family);
  if (typeof handle === 'number') throw listenError(handle);
  // A used address shows only here, and the server would tell of it later.
  const failed = handle.listen(backlog);
  if (failed !== 0) {
    handle.close();
    throw listenError(failed);
  }
  inside._handle = handle;
  inside._listen2(address, port, family, backlog);
}

function listenError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`listen ${code}`), { errno, code, syscall: 'listen' });
}
