import { type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { createConnection } from './connection-table.js';
import { RawConnection } from './raw-connection.js';
import { ZmtpConnection } from './zmtp-connection.js';

const types = Object.keys(socketTypes) as SocketTypeName[];

it.each(types)('%s', (socketType) => {
  const connection = createConnection(
    {
      socketType,
      routingId: undefined,
      metadata: {},
      maxMessageSize: 1,
      maxFramesPerMessage: 1,
      handshakeMs: 0,
      heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
      notify: true,
    },
    '',
  );
  expect(connection).toBeInstanceOf(socketType === 'STREAM' ? RawConnection : ZmtpConnection);
});
