import { errnoOf } from '../foundation/errors.js';
import { uint16, uint32, uint64 } from '../foundation/host-order.js';
import { monitorEvents } from '../foundation/monitor-events.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeQueues } from '../session/session.js';
import type { SocketEvent } from './event-hub.js';

/** How an event is told: 1 = number, value and endpoint; 2 = also several values, and both ends. */
export type MonitorVersion = 1 | 2;

/** An event as numbers and text. */
export interface MonitorRecord {
  /** One of `monitorEvents`. */
  readonly code: number;
  readonly values: readonly number[];
  /** What the first version tells of the two ends. */
  readonly endpoint: string;
  readonly local: string;
  readonly remote: string;
}

/** Our events, and what libzmq calls them. */
export const monitorNames: Record<SocketEvent['type'], Exclude<keyof typeof monitorEvents, 'ALL_V1' | 'ALL_V2'>> = {
  connect: 'CONNECTED',
  'connect:delay': 'CONNECT_DELAYED',
  'connect:retry': 'CONNECT_RETRIED',
  bind: 'LISTENING',
  'bind:error': 'BIND_FAILED',
  accept: 'ACCEPTED',
  'accept:error': 'ACCEPT_FAILED',
  close: 'CLOSED',
  'close:error': 'CLOSE_FAILED',
  disconnect: 'DISCONNECTED',
  end: 'MONITOR_STOPPED',
  handshake: 'HANDSHAKE_SUCCEEDED',
  'handshake:error:other': 'HANDSHAKE_FAILED_NO_DETAIL',
  'handshake:error:protocol': 'HANDSHAKE_FAILED_PROTOCOL',
  'handshake:error:auth': 'HANDSHAKE_FAILED_AUTH',
};

export function recordOf(event: SocketEvent): MonitorRecord {
  const code = monitorEvents[monitorNames[event.type]];
  const values = [valueOf(event)];
  if (event.type === 'end') return { code, values, endpoint: '', local: '', remote: '' };
  // libzmq names what could not be bound without its scheme.
  const bare = event.type === 'bind:error' ? event.address.replace(/^\w+:\/\//, '') : undefined;
  const { address, local = '', remote = '' } = event;
  return { code, values, endpoint: bare ?? address, local: bare ?? local, remote };
}

export function recordOfQueues({ local, remote, outbound, inbound }: PipeQueues): MonitorRecord {
  return { code: monitorEvents.PIPES_STATS, values: [outbound, inbound], endpoint: local || remote, local, remote };
}

/** The frames of libzmq, numbers in the byte order of this machine. */
export function encodeRecord(record: MonitorRecord, version: MonitorVersion): Multipart {
  const { code, values, endpoint, local, remote } = record;
  if (version === 1) return [Buffer.concat([uint16(code), uint32(values[0]!)]), Buffer.from(endpoint)];
  return [uint64(code), uint64(values.length), ...values.map(uint64), Buffer.from(local), Buffer.from(remote)];
}

function valueOf(event: SocketEvent): number {
  switch (event.type) {
    case 'connect':
    case 'bind':
    case 'accept':
    case 'close':
    case 'disconnect':
      return event.fd;
    case 'connect:delay':
      return errnoOf('EINPROGRESS');
    case 'connect:retry':
      return event.interval;
    case 'handshake':
    case 'end':
      return 0;
    case 'handshake:error:auth':
      return event.status;
    case 'bind:error':
    case 'accept:error':
    case 'close:error':
    case 'handshake:error:other':
    case 'handshake:error:protocol':
      return errorNumber(event.error);
  }
}

/** Node counts its own errors downwards from 0. */
function errorNumber({ code = '', errno = 0 }: NodeJS.ErrnoException): number {
  return errnoOf(code) || Math.abs(errno);
}
