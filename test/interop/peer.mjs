/** libzmq by its Node binding (npm `zeromq`), driven by JSON lines: see libzmq-peer.ts. */
import { createInterface } from 'node:readline';
import * as zmq from 'zeromq';

const SUBSCRIBE = 6;
const UNSUBSCRIBE = 7;
const LARGE = 4096;

const sockets = new Map();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function pattern(size) {
  return Buffer.alloc(
    size,
    Buffer.from({ length: 256 }, (_, i) => i),
  );
}

function decode(part) {
  return typeof part === 'object' ? pattern(part.large) : Buffer.from(part, 'base64');
}

function encode(part) {
  return part.length >= LARGE && part.equals(pattern(part.length)) ? { large: part.length } : part.toString('base64');
}

const operations = {
  ping: () => {},
  open({ socket, type, options }) {
    const opened = new zmq.Socket(type, { linger: 0 });
    for (const [id, value] of Object.entries(options)) {
      if (typeof value === 'string') opened.setStringOption(Number(id), value);
      else opened.setInt32Option(Number(id), value);
    }
    sockets.set(socket, opened);
  },
  monitor({ socket }) {
    void forwardEvents(socket, sockets.get(socket).events);
  },
  async bind({ socket, endpoint }) {
    await sockets.get(socket).bind(endpoint);
    return { endpoint: sockets.get(socket).lastEndpoint };
  },
  unbind: ({ socket, endpoint }) => sockets.get(socket).unbind(endpoint),
  connect: ({ socket, endpoint }) => sockets.get(socket).connect(endpoint),
  disconnect: ({ socket, endpoint }) => sockets.get(socket).disconnect(endpoint),
  subscribe: ({ socket, topic }) => sockets.get(socket).setStringOption(SUBSCRIBE, Buffer.from(topic, 'base64')),
  unsubscribe: ({ socket, topic }) => sockets.get(socket).setStringOption(UNSUBSCRIBE, Buffer.from(topic, 'base64')),
  send: ({ socket, parts }) => sockets.get(socket).send(parts.map(decode)),
  async receive({ socket }) {
    return { parts: (await sockets.get(socket).receive()).map(encode), properties: {} };
  },
  close({ socket }) {
    sockets.get(socket).close();
    sockets.delete(socket);
  },
};

async function forwardEvents(socket, events) {
  for await (const { type, address = '', error, interval } of events) {
    say({ socket, event: type, address, value: interval ?? error?.errno ?? 0 });
  }
}

async function answer(request) {
  try {
    say({ id: request.id, result: (await operations[request.op](request)) ?? {} });
  } catch (error) {
    say({ id: request.id, error: error.message, errno: error.errno ?? 0 });
  }
}

say({ ready: `npm zeromq, libzmq ${zmq.version}` });
for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line));
process.exit(0);
