import type { MessageLike } from '../../message.js';
import { context } from '../context.js';
import { curveKeyPair } from '../library.js';
import type { Anything } from './anything.js';
import { Socket, type SocketType } from './socket.js';

/** Settings of the global context. */
export class Context {
  constructor() {
    throw new Error('Context cannot be instantiated in compatibility mode');
  }

  static setMaxThreads(value: number): void {
    context.ioThreads = value;
  }

  static getMaxThreads(): number {
    return context.ioThreads;
  }

  static setMaxSockets(value: number): void {
    context.maxSockets = value;
  }

  static getMaxSockets(): number {
    return context.maxSockets;
  }
}

/** @param options any properties of the socket */
export function createSocket(type: SocketType, options: { [key: string]: Anything } = {}): Socket {
  return Object.assign(new Socket(type), options);
}

/** A new key pair for CURVE, each key as 40 characters of Z85. */
export function curveKeypair(): { public: string; secret: string } {
  const { publicKey, secretKey } = curveKeyPair();
  return { public: publicKey, secret: secretKey };
}

/** Which pairs can be joined, and how many parts of a captured message are left out: its envelope. */
const envelopes: ReadonlyMap<string, number> = new Map([
  ['push/pull', 0],
  ['pull/push', 0],
  ['xpub/xsub', 0],
  ['router/dealer', 2],
  ['xrep/xreq', 2],
]);

/** Passes all messages of one socket on to the other, and back; `capture` gets those of the back end. */
export function proxy(frontend: Socket, backend: Socket, capture?: Socket): void {
  const envelope = envelopes.get(`${frontend.type}/${backend.type}`);
  if (envelope === undefined) throw new Error('This socket type order is not supported in compatibility mode');
  frontend.on('message', (...parts: MessageLike[]) => backend.send(parts));
  backend.on('message', (...parts: MessageLike[]) => {
    frontend.send(parts);
    capture?.send(parts.slice(envelope));
  });
}
