import type { Socket } from '@nest-zmq/core';

/*
 * For the specs that go through an RFC clause by clause. A clause has an id: the number
 * of the RFC, the socket type or section, and its place in the list there. PROTOCOL.md
 * has a row for each, and test/docs/protocol.spec.ts compares the two.
 */

/** Where the clauses hold: not on every transport in the same way, but on these. */
export const transports = [
  ['inproc', 'inproc://clauses'],
  ['tcp', 'tcp://127.0.0.1:*'],
] as const;

/** Binds the sockets, each to an endpoint of its own. Gives these. */
export async function bindAll(address: string, ...sockets: readonly Socket[]): Promise<string[]> {
  const endpoints: string[] = [];
  for (const [i, socket] of sockets.entries()) {
    await socket.bind(address.startsWith('inproc:') ? `${address}-${i}` : address);
    endpoints.push(socket.lastEndpoint!);
  }
  return endpoints;
}

export function connectAll(endpoint: string, ...sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.connect(endpoint);
}
