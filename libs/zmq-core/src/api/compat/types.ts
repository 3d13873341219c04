import type { Message, MessageLike } from '../message.js';
import type { Context } from './context.js';
import type { Socket } from './socket.js';

/*
 * The types that zeromq.js exports beside its classes, with its names and parameters.
 */

/** What every sending socket has. */
export interface Writable<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends [...object[]] = [],
> {
  /** ZMQ_MULTICAST_HOPS: without effect, there is no multicast. Default 1. */
  multicastHops: number;
  /** ZMQ_SNDBUF, in bytes: without effect, Node.js does not show it. Default −1, the system's. */
  sendBufferSize: number;
  /** ZMQ_SNDHWM: how many messages wait for a peer at most; 0 = no limit. Default 1000. */
  sendHighWaterMark: number;
  /** ZMQ_SNDTIMEO: how many milliseconds `send` waits; −1 = for ever. Default −1. */
  sendTimeout: number;
  /**
   * Queues a message of one part, or of several. Waits where the socket type waits (no
   * peer, no room) for at most `sendTimeout`, then rejects with EAGAIN.
   * Throws EBUSY while another `send` waits, or a bind or unbind is under way.
   */
  send(message: M, ...options: O): Promise<void>;
}

export type ReceiveType<T> = T extends { receive(): Promise<infer U> } ? U : never;

/** What every receiving socket has. */
export interface Readable<M extends object[] = Message[]> {
  /** ZMQ_RCVBUF, in bytes: without effect, Node.js does not show it. Default −1, the system's. */
  receiveBufferSize: number;
  /** ZMQ_RCVHWM: how many messages of a peer wait at most; 0 = no limit. Default 1000. */
  receiveHighWaterMark: number;
  /** ZMQ_RCVTIMEO: how many milliseconds `receive` waits; −1 = for ever. Default −1. */
  receiveTimeout: number;
  /**
   * The next message. Waits for at most `receiveTimeout`, then rejects with EAGAIN.
   * Throws EBUSY while another `receive` waits, or a bind or unbind is under way.
   */
  receive(): Promise<M>;
  /** Message by message, until the socket is closed. */
  [Symbol.asyncIterator](): AsyncIterator<ReceiveType<this>, undefined>;
}

export interface RouterConnectOptions {
  /** The name under which messages reach this peer, from now on and before it is connected. */
  routingId?: string;
}

export interface StreamConnectOptions {
  /** The name under which messages reach this peer, from now on and before it is connected. */
  routingId?: string;
}

/** The argument of a socket's constructor: what can be written of it, and its context. */
export type SocketOptions<S extends Socket> = Options<S, { context: Context }>;

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

type WritableKeys<T> = {
  [P in keyof T]-?: T[P] extends (...args: never[]) => unknown
    ? never
    : Equal<{ [Q in P]: T[P] }, { -readonly [Q in P]: T[P] }> extends true
      ? P
      : never;
}[keyof T];

type Expand<T> = T extends infer O ? { [K in keyof O]: O[K] } : never;

export type Options<T, E = object> = Expand<Partial<E & Pick<T, WritableKeys<T>>>>;
