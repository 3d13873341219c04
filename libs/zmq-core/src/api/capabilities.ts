import { Peer } from '../socket/peer.js';
import type { MessageSink } from '../socket/receiver.js';
import { ZmqError } from '../foundation/errors.js';
import { giveBack, type MessageLike, toMultipart } from './message.js';
import { coreOf, openCoreOf, Socket, usableCoreOf } from './socket.js';

/*
 * A Publisher has no `receive` and a Subscriber no `send`, in types and at run
 * time: there is a class for what sends, one for what receives, and one for both.
 */

export interface SendOptions {
  /** Gives up waiting; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface PeerOptions {
  /** To this peer only. A ROUTER then takes no routing id frame. */
  readonly peer?: Peer;
}

/** A socket that sends. */
export interface Writable<M extends MessageLike | readonly MessageLike[] = MessageLike | readonly MessageLike[]> {
  /**
   * Queues a message. Waits where the pattern waits (no peer, no room) for at most
   * `sendTimeout`, then rejects with EAGAIN; with ETERM when the context is shut down.
   * Throws EBUSY while another send waits.
   */
  send(message: M, options?: SendOptions): Promise<void>;
  /**
   * Queues a message now, or gives false where `send` would wait. Throws what `send`
   * would reject with; with a `peer` that is gone, EHOSTUNREACH.
   */
  trySend(message: M, options?: PeerOptions): boolean;
  /**
   * Resolves when `trySend` (to that peer) may succeed. Rejects with EBADF when the
   * socket is closed, with ETERM when its context is shut down, with EHOSTUNREACH when
   * the peer is lost.
   */
  untilWritable(options?: PeerOptions & SendOptions): Promise<void>;
}

/** A socket that receives. */
export interface Readable<M extends readonly unknown[] = Buffer[]> extends AsyncIterable<M> {
  /**
   * The next message. Waits for at most `receiveTimeout`, then rejects with EAGAIN; with
   * ETERM when the context is shut down. Throws EBUSY while another receive waits or a
   * sink is set.
   */
  receive(options?: { readonly signal?: AbortSignal }): Promise<M>;
  /** The next message if one is there. */
  tryReceive(): M | undefined;
  /**
   * The peer that sent a message, with its address and properties; the parts of the message
   * may have been changed meanwhile. It is for a message that `receive`, `tryReceive` or
   * the iterator of this socket gave: the last one, until the next is asked for, and from
   * the first call of `peerOf` on every one, as long as you keep it. Of any other, and of
   * one that no peer has sent (an XPUB's cancellation for a lost peer), `undefined`.
   * `onMessage` gets the peer with each message.
   */
  peerOf(message: M): Peer | undefined;
  /**
   * Gives every message to `sink`, synchronously and in order, in place of `receive`.
   * `onMessage(undefined)` pauses at once, also from within the sink: messages then
   * stay queued up to their mark and the peers feel it. An error that the sink throws
   * is reported as uncaught and does not lose the next message.
   */
  onMessage(sink: MessageSink<M> | undefined): void;
}

export abstract class SendingSocket<
  M extends MessageLike | readonly MessageLike[] = MessageLike | readonly MessageLike[],
>
  extends Socket
  implements Writable<M>
{
  send(message: M, options?: SendOptions): Promise<void> {
    const { sender } = usableCoreOf(this);
    const multipart = toMultipart(message);
    if (multipart === undefined) return Promise.resolve();
    try {
      return sender.send(multipart, options?.signal, this);
    } finally {
      giveBack(multipart);
    }
  }

  trySend(message: M, options?: PeerOptions): boolean {
    const { sender } = openCoreOf(this);
    const multipart = toMultipart(message);
    if (multipart === undefined) return true;
    try {
      return sender.trySend(multipart, checkPeer(options?.peer));
    } finally {
      giveBack(multipart);
    }
  }

  untilWritable(options: PeerOptions & SendOptions = {}): Promise<void> {
    return openCoreOf(this).sender.untilWritable(checkPeer(options.peer), options.signal, this);
  }
}

/** @typeParam M the parts of a message: some types always have just one */
export abstract class ReceivingSocket<M extends readonly Buffer[] = Buffer[]> extends Socket implements Readable<M> {
  receive(options?: { readonly signal?: AbortSignal }): Promise<M> {
    return usableCoreOf(this).receiver.receive(options?.signal, this) as Promise<readonly Buffer[]> as Promise<M>;
  }

  tryReceive(): M | undefined {
    return openCoreOf(this).receiver.tryReceive() as readonly Buffer[] as M | undefined;
  }

  peerOf(message: M): Peer | undefined {
    return coreOf(this).receiver.peerOf(message);
  }

  onMessage(sink: MessageSink<M> | undefined): void {
    setSink(this, sink as MessageSink | undefined);
  }

  [Symbol.asyncIterator](): AsyncIterator<M, undefined> {
    return { next: () => nextMessage(this) };
  }
}

// A class has one base, so the second half of this one is taken over as it is.
type Sendable = MessageLike | readonly MessageLike[];
export abstract class DuplexSocket<Sent extends Sendable = Sendable, Received extends readonly Buffer[] = Buffer[]>
  extends SendingSocket<Sent>
  implements Readable<Received> {}
export interface DuplexSocket<Sent extends Sendable = Sendable, Received extends readonly Buffer[] = Buffer[]>
  extends Writable<Sent>, Readable<Received> {}
for (const name of ['receive', 'tryReceive', 'peerOf', 'onMessage', Symbol.asyncIterator] as const) {
  Object.defineProperty(
    DuplexSocket.prototype,
    name,
    Object.getOwnPropertyDescriptor(ReceivingSocket.prototype, name)!,
  );
}

/** `onMessage`. */
export function setSink(socket: Socket, sink: MessageSink | undefined): void {
  // A pause is never refused: a sink may be called while a bind is under way.
  const core = sink === undefined ? coreOf(socket) : openCoreOf(socket);
  core.receiver.onMessage(sink);
  core.pin('messages', sink && socket);
}

/** Ends when the socket is closed or its context shut down. Any other error, a timeout too, is thrown. */
export async function nextMessage<M extends readonly unknown[]>(
  socket: Socket & Readable<M>,
): Promise<IteratorResult<M, undefined>> {
  if (socket.closed) return { done: true, value: undefined };
  try {
    return { done: false, value: await socket.receive() };
  } catch (error) {
    const code = error instanceof ZmqError ? error.code : undefined;
    if (code === 'ETERM' || (socket.closed && code === 'EAGAIN')) return { done: true, value: undefined };
    throw error;
  }
}

export function checkPeer(peer: unknown): Peer | undefined {
  if (peer === undefined || peer instanceof Peer) return peer;
  throw new TypeError('peer must be one of socket.peers');
}
