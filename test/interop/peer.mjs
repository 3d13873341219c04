/** libzmq by its Node binding (npm `zeromq`), driven by JSON lines: see libzmq-peer.ts. */
import { createInterface } from 'node:readline';
import * as zmq from 'zeromq';

const SUBSCRIBE = 6;
const UNSUBSCRIBE = 7;
const RECEIVE_TIMEOUT = 27;
const SERVER = 12;
const RADIO = 14;
const DISH = 15;
/** Types whose pending `receive` keeps a whole core busy: they are asked from time to time. */
const asked = new Set([SERVER, DISH, 16, 19, 20]);
const ASK_EVERY_MS = 1;
const LARGE = 4096;
const PATTERN = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

const sockets = new Map();
const receiving = new Set();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function pattern(size) {
  return Buffer.alloc(size, PATTERN);
}

function decode(part) {
  return typeof part === 'object' ? pattern(part.large) : Buffer.from(part, 'base64');
}

function encode(part) {
  if (part.length < LARGE) return part.toString('base64');
  return part.equals(pattern(part.length)) ? { large: part.length } : { damaged: part.length };
}

/** A ZAP handler (27/ZAP), as programs of npm zeromq write it. */
async function handleZap(handler, passwords, keys, userId) {
  for await (const [version, id, , , , mechanism, ...credentials] of handler) {
    const [first, second] = credentials.map(String);
    const allowed =
      String(mechanism) === 'NULL' ||
      (String(mechanism) === 'PLAIN' && passwords[first] === second) ||
      (String(mechanism) === 'CURVE' && keys.some((key) => z85(key).equals(credentials[0])));
    await handler.send([version, id, allowed ? '200' : '400', allowed ? 'OK' : 'no', allowed ? userId : '', '']);
  }
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

function z85(text) {
  const bytes = Buffer.alloc(32);
  for (let i = 0; i < 8; i++) {
    let value = 0;
    for (const character of text.slice(i * 5, i * 5 + 5)) value = value * 85 + Z85.indexOf(character);
    bytes.writeUInt32BE(value, i * 4);
  }
  return bytes;
}

const operations = {
  async authenticate({ passwords, keys, nameless }) {
    const handler = new zmq.Reply();
    await handler.bind('inproc://zeromq.zap.01');
    void handleZap(handler, passwords, keys, nameless ? '' : 'somebody');
  },
  ping() {
    // libzmq's sockets go on with what came from their I/O thread only when somebody asks them something.
    // Not those that receive: they ask by themselves, and would miss what we were told.
    for (const [name, socket] of sockets) if (!receiving.has(name)) void socket.readable;
  },
  open({ socket, type, options }) {
    const opened = new zmq.Socket(type, { linger: 0 });
    if (asked.has(type)) opened.setInt32Option(RECEIVE_TIMEOUT, 0);
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
  subscribe({ socket: name, topic }) {
    const socket = sockets.get(name);
    if (socket.type === DISH) socket.join(Buffer.from(topic, 'base64'));
    else socket.setStringOption(SUBSCRIBE, Buffer.from(topic, 'base64'));
  },
  unsubscribe({ socket: name, topic }) {
    const socket = sockets.get(name);
    if (socket.type === DISH) socket.leave(Buffer.from(topic, 'base64'));
    else socket.setStringOption(UNSUBSCRIBE, Buffer.from(topic, 'base64'));
  },
  send({ socket: name, parts }) {
    const socket = sockets.get(name);
    const [first, body] = parts.map(decode);
    if (socket.type === SERVER) return socket.send(body, { routingId: Number(first) });
    if (socket.type === RADIO) return socket.send(body, { group: first });
    return socket.send(parts.map(decode));
  },
  async receive({ socket }) {
    receiving.add(socket);
    try {
      return { parts: withBesideFirst(await receiveFrom(sockets.get(socket))).map(encode), properties: {} };
    } finally {
      receiving.delete(socket);
    }
  },
  close({ socket }) {
    sockets.get(socket).close();
    sockets.delete(socket);
  },
};

async function receiveFrom(socket) {
  while (asked.has(socket.type)) {
    try {
      return await socket.receive();
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  return socket.receive();
}

/** `[part, { routingId }]` or `[part, { group }]` → two parts. */
function withBesideFirst(parts) {
  const last = parts.at(-1);
  return Buffer.isBuffer(last) ? parts : [last.group ?? Buffer.from(String(last.routingId)), parts[0]];
}

async function forwardEvents(socket, events) {
  for await (const { type, address = '', error, interval } of events) {
    say({ socket, event: type, address, value: interval ?? error?.status ?? error?.errno ?? 0 });
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
