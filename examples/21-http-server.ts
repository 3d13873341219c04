import { Stream, ZmqError } from '@nest-zmq/core';

// A web server by hand: a STREAM speaks bytes with programs that know no ZeroMQ.
const server = new Stream();
await server.bind('tcp://127.0.0.1:5580');
console.log('http://127.0.0.1:5580');

/** Who sends more and comes to no end is answered all the same, and forgotten. */
const LONGEST = 16_384;
const requests = new Map<string, string>();
for await (const [id, bytes] of server) {
  const browser = id.toString('hex');
  // An empty message: somebody came, or has gone.
  if (bytes.length === 0) {
    requests.delete(browser);
    continue;
  }
  // It comes in pieces of any size.
  const request = (requests.get(browser) ?? '') + bytes.toString('latin1');
  requests.set(browser, request);
  if (!request.includes('\r\n\r\n') && request.length < LONGEST) continue;

  const [method, path] = request.split(' ');
  const body = Buffer.from(`You asked for ${path} by ${method}.\n`);
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  try {
    await server.send([id, Buffer.concat([Buffer.from(head), body])]);
    // An empty message ends the connection, behind what was sent before.
    await server.send([id, '']);
  } catch (error) {
    // It did not wait for the answer.
    if (!(error instanceof ZmqError && error.code === 'EHOSTUNREACH')) throw error;
  }
  requests.delete(browser);
}
