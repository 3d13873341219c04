import { isRaw } from '../foundation/socket-type.js';
import type { Surroundings } from '../mechanism/mechanism-table.js';
import type { Connection } from './connection.js';
import { type DowngradeOptions, mayDowngrade } from './legacy-downgrade.js';
import { LegacyNegotiation } from './legacy-negotiation.js';
import { RawConnection, type RawOptions } from './raw-connection.js';
import { ZmtpConnection, type ZmtpOptions } from './zmtp-connection.js';

export type ConnectionOptions = ZmtpOptions & RawOptions & DowngradeOptions;

/** Who speaks on a stream of bytes: the only place that decides it. */
export function createConnection(options: ConnectionOptions, address: string, surroundings?: Surroundings): Connection {
  if (isRaw(options.socketType)) return new RawConnection(options, address);
  // It proves nothing of itself, and so nobody is asked about it.
  if (mayDowngrade(options)) return new LegacyNegotiation(options, address);
  return new ZmtpConnection(options, address, 0, surroundings);
}
