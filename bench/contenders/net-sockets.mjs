import { once } from 'node:events';
import { connect } from 'node:net';

/** Its endpoint is the port. */
export async function listen(server, tell) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  tell({ endpoint: String(server.address().port) });
}

export async function open(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}
