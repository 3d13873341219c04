import { type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { noSecurity } from '../mechanism/security-options.js';
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
  maxUnfinishedBytes: 2 ** 31 - 1,
  maxPendingPongs: 32,
  handshakeMs: 0,
  heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
  notify: true,
  legacy: false,
} as const satisfies Partial<ConnectionOptions>;

it.each(types)('%s', (socketType) => {
  const connection = createConnection({ ...common, socketType }, '');
  expect(connection).toBeInstanceOf(socketType === 'STREAM' ? RawConnection : ZmtpConnection);
});

it('with `legacy` versions are negotiated, unless that would be a way around security', () => {
  const speaker = (options: Partial<ConnectionOptions>): object =>
    createConnection({ ...common, socketType: 'PULL', legacy: true, ...options }, '').constructor;
  const server = { ...noSecurity, asServer: true, mechanism: 'PLAIN' } as const;
  expect(speaker({})).toBe(LegacyNegotiation);
  expect(speaker({ security: noSecurity })).toBe(LegacyNegotiation);
  expect(speaker({ security: { ...noSecurity, zapDomain: 'global' } })).toBe(ZmtpConnection);
  expect(speaker({ security: server })).toBe(ZmtpConnection);
  expect(speaker({ socketType: 'STREAM' })).toBe(RawConnection);
});
