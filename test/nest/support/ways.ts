import { tmpdir } from 'node:os';
import { curveKeyPair, Router, type SocketOptions } from '@nest-zmq/core';
import type { ZmqClientOptions, ZmqServerOptions } from '@nest-zmq/transport';
import { deadEndpoint } from '../../support/sockets.js';

/** One way for the two sides to be connected. */
export interface Way {
  /** An address that nobody has. */
  address(): string;
  /** An address that nobody has and that is known before somebody binds it. */
  fixed(): Promise<string>;
  /** An address where nobody is, to be dialled in vain. */
  nowhere(): string;
  /** What both sides need beside their addresses, and a socket of the core that connects to a server. */
  readonly server?: Partial<ZmqServerOptions>;
  readonly client?: Partial<ZmqClientOptions>;
  readonly socket?: SocketOptions<'DEALER'>;
}

let names = 0;

/** Free, and it stays so until somebody binds it. */
async function freeTcp(): Promise<string> {
  const router = new Router({ linger: 0 });
  const endpoint = await deadEndpoint(router);
  router.close();
  return endpoint;
}

const socketFile = (name: string): string => `ipc://${tmpdir()}/nest-zmq-${process.pid}-${name}-${++names}`;

const [serverKeys, clientKeys] = [curveKeyPair(), curveKeyPair()];

/** Every test that is for all transports runs once for each row; `CURVE` is tcp, encrypted. */
export const ways = {
  tcp: { address: () => 'tcp://127.0.0.1:*', fixed: freeTcp, nowhere: () => 'tcp://127.0.0.1:1' },
  ipc: {
    address: () => 'ipc://*',
    fixed: async () => socketFile('fixed'),
    nowhere: () => socketFile('nobody'),
  },
  inproc: {
    address: () => `inproc://nest-${++names}`,
    fixed: async () => `inproc://fixed-${++names}`,
    nowhere: () => `inproc://nobody-${++names}`,
  },
  CURVE: {
    address: () => 'tcp://127.0.0.1:*',
    fixed: freeTcp,
    nowhere: () => 'tcp://127.0.0.1:1',
    server: { security: { mechanism: 'CURVE', secretKey: serverKeys.secretKey, requireAuthenticator: false } },
    client: {
      security: { mechanism: 'CURVE', serverKey: serverKeys.publicKey, secretKey: clientKeys.secretKey },
    },
    socket: {
      curveServerKey: serverKeys.publicKey,
      curvePublicKey: clientKeys.publicKey,
      curveSecretKey: clientKeys.secretKey,
    },
  },
} satisfies Record<string, Way>;

export type TransportName = keyof typeof ways;
export const transports = Object.keys(ways) as TransportName[];
