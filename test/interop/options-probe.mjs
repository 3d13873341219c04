/*
 * What npm zeromq says to values of options. Reads a JSON list of cases on its
 * standard input and answers with a list of outcomes:
 *
 *     {"type": 5, "name": "linger", "id": 17, "by": "Int32", "value": {"json": -2}} → "EINVAL"
 *
 * An outcome is the code of the error, "TypeError", or "ok: " and the value as it is
 * read back ("ok" alone where it cannot be read). A case without a value only reads.
 * The type "context" is a context.
 */
import { readFileSync } from 'node:fs';
import * as zmq from 'zeromq';

// Closed sockets go one after the other, later.
zmq.context.maxSockets = 65535;

const classes = new Map();

function open(type) {
  if (!classes.has(type)) {
    const named = Object.values(zmq).find((value) => value.prototype instanceof zmq.Socket && typeOf(value) === type);
    classes.set(type, named ?? bareClass(type));
  }
  return new (classes.get(type))();
}

function typeOf(socketClass) {
  const socket = new socketClass();
  const { type } = socket;
  socket.close();
  return type;
}

/** zeromq.js has no class for every type, and options of the draft types only as numbers. */
function bareClass(type) {
  return class extends zmq.Socket {
    constructor() {
      super(type);
    }
  };
}

function read(socket, { name, id, by }) {
  try {
    const value = name in socket ? socket[name] : socket[`get${by}Option`](id);
    return value === undefined ? undefined : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function write(socket, { name, id, by }, { json, bytes }) {
  const value = bytes === undefined ? json : Buffer.from(bytes, 'hex');
  if (name in socket) socket[name] = value;
  else socket[`set${by}Option`](id, value);
}

function outcome(test) {
  const socket = test.type === 'context' ? new zmq.Context() : open(test.type);
  try {
    if (test.value !== undefined) write(socket, test, test.value);
    const shown = read(socket, test);
    return shown === undefined ? 'ok' : `ok: ${shown}`;
  } catch (error) {
    return error instanceof TypeError ? 'TypeError' : error.code;
  } finally {
    if (test.type !== 'context') {
      socket.linger = 0;
      socket.close();
    }
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(outcome)));
