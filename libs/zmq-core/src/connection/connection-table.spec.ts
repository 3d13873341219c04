import { type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { type ConnectionOptions, createConnection } from './connection-table.js';
import { LegacyNegotiation } from './legacy-negotiation.js';
import { RawConnection } from './raw-connection.js';
import { ZmtpConnection } from './zmtp-connection.js';

const types = Object.keys(socketTypes) as SocketTypeName[];
const common = {
  routingId: undefined,
  metadata: {},
  maxMessageSize: 1,
  maxFramesPerMessage: 1,
  handshakeMs: 0,
  heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
  notify: true,
  legacy: false,
  mechanism: 'NULL',
  zapDomain: null,
} as const satisfies Partial<ConnectionOptions>;

it.each(types)('%s', (socketType) => {
  const connection = createConnection({ ...common, socketType }, '');
  expect(connection).toBeInstanceOf(socketType === 'STREAM' ? RawConnection : ZmtpConnection);
});

it('with `legacy` versions are negotiated, unless that would be a way around security', () => {
  const speaker = (options: Partial<ConnectionOptions>): object =>
    createConnection({ ...common, socketType: 'PULL', legacy: true, ...options }, '').constructor;
  expect(speaker({})).toBe(LegacyNegotiation);
  expect(speaker({ zapDomain: '' })).toBe(LegacyNegotiation);
  expect(speaker({ zapDomain: 'global' })).toBe(ZmtpConnection);
  expect(speaker({ mechanism: 'PLAIN' })).toBe(ZmtpConnection);
  expect(speaker({ mechanism: 'CURVE' })).toBe(ZmtpConnection);
  expect(speaker({ socketType: 'STREAM' })).toBe(RawConnection);
});
