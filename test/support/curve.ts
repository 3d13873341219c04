import { curveKeyPair } from '@nest-zmq/core';

/** The keys of a server and of the client that knows it, and the options of their sockets. */
export const [server, client] = [curveKeyPair(), curveKeyPair()];
export const curveServer = { curveServer: true, curveSecretKey: server.secretKey } as const;
export const curveClient = {
  curveServerKey: server.publicKey,
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
} as const;
