import { isRaw } from '../foundation/socket-type.js';
import type { Connection } from './connection.js';
import { RawConnection, type RawOptions } from './raw-connection.js';
import { ZmtpConnection, type ZmtpOptions } from './zmtp-connection.js';

export type ConnectionOptions = ZmtpOptions & RawOptions;

/** Who speaks on a stream of bytes: the only place that decides it. */
export function createConnection(options: ConnectionOptions, address: string): Connection {
  return isRaw(options.socketType) ? new RawConnection(options, address) : new ZmtpConnection(options, address);
}
