import type { Transport } from '../transport/transport.js';
import { InprocTransport } from './inproc/inproc-transport.js';
import { IpcTransport } from './ipc/ipc-transport.js';
import { TcpTransport } from './tcp/tcp-transport.js';

/** The transports that come with the package, made afresh: inproc names belong to one context. */
export function defaultTransports(): Transport[] {
  return [new TcpTransport(), new IpcTransport(), new InprocTransport()];
}
