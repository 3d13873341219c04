import { resolve } from 'node:path';
import { ZmqError } from '../../foundation/errors.js';

/**
 * The addresses of `ipc://`:
 *
 *     /run/app.sock, app.sock   the path of a socket file
 *     @name                     a name in Linux's abstract namespace: no file
 *     *, *anything              (bind only) a new file in a new directory
 */

/** What `sockaddr_un` holds, without the last NUL; longer paths would silently be cut. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** What node's `path` has to be for this address. Throws EINVAL, ENAMETOOLONG. */
export function pathOf(address: string): string {
  const endpoint = `ipc://${address}`;
  const bytes = Buffer.byteLength(address);
  if (bytes > MAX_PATH_BYTES) {
    throw new ZmqError(
      'ENAMETOOLONG',
      `the path has ${bytes} bytes, the system takes ${MAX_PATH_BYTES}; use a shorter one`,
      {
        address: endpoint,
      },
    );
  }
  if (address.includes('\0')) throw new ZmqError('EINVAL', 'a path cannot contain a NUL byte', { address: endpoint });
  if (!isAbstract(address)) return address;
  if (process.platform !== 'linux') {
    throw new ZmqError('EINVAL', 'names with @ are a feature of Linux; use the path of a file', { address: endpoint });
  }
  if (address === '@') throw new ZmqError('EINVAL', 'a name must follow the @', { address: endpoint });
  return `\0${address.slice(1)}`;
}

export function isAbstract(address: string): boolean {
  return address.startsWith('@');
}

export function isWildcard(address: string): boolean {
  return address.startsWith('*');
}

/**
 * `pathOf` to listen at: absolute where the system takes that many bytes. A listener
 * removes its file in the end, and a relative path may mean another file by then.
 */
export function listenPathOf(address: string): string {
  const path = pathOf(address);
  if (isAbstract(address)) return path;
  const absolute = resolve(path);
  return Buffer.byteLength(absolute) > MAX_PATH_BYTES ? path : absolute;
}
