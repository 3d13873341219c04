import { ZmqError } from '../../foundation/errors.js';
import { type SocketTypeName, socketTypes } from '../../foundation/socket-type.js';
import type { Context as InnerContext } from '../context.js';
import type { Socket as InnerSocket } from '../socket.js';
import { draftClasses } from '../draft-sockets.js';
import { socketClasses } from '../sockets.js';
import { asNpmError, attempt } from './failure.js';

/*
 * Behind every socket of the drop-in entry is one of ours. The drop-in socket is what
 * zeromq.js shows of it: the same members, texts and order of checks, and nothing else.
 */

const namesById = new Map(Object.entries(socketTypes).map(([name, { id }]) => [id as number, name as SocketTypeName]));

const classes = { ...socketClasses, ...draftClasses };

/** `ZMQ_DGRAM`. */
const DATAGRAM = 18;

/** Throws EINVAL for a number that is no type, EMFILE when the context has no room. */
export function createInner(type: number, context: InnerContext): InnerSocket {
  const name = namesById.get(type);
  if (name === undefined) throw asNpmError(unknownType(type));
  return attempt(() => new classes[name]({ context }));
}

function unknownType(type: number): ZmqError {
  if (type === DATAGRAM) return new ZmqError('ENOTSUP', 'there is no Datagram socket without the udp transport');
  return new ZmqError('EINVAL', `there is no socket type ${type}`);
}

const inners = new WeakMap<object, InnerSocket>();

export function rememberInner(socket: object, inner: InnerSocket): void {
  inners.set(socket, inner);
}

/** Throws a plain error for what is no socket of the drop-in entry, as zeromq.js does. */
export function innerOf(socket: object): InnerSocket {
  const inner = inners.get(socket);
  if (inner === undefined) throw new Error('Invalid argument');
  return inner;
}
