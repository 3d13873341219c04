import type { Multipart } from '../foundation/multipart.js';
import type { CloseReason, PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from './pipe.js';

/**
 * What the owner of a pipe's end is told. Set `end.handler` before anything is
 * written at the other end.
 *
 * `onReadable`, `onWritable` and `onHiccup` come at once (the first two a little
 * later with `deferWakes`). `onPeer`, `onPeerGone` and `onClosed` come in order:
 * after the messages that the other end wrote before them were read. Each may be
 * called from within a `write`, `flush`, `read` or `close` of the other end, so a
 * handler must leave its own state whole before it calls into a pipe.
 */
export interface PipeHandler {
  /** Messages wait and the last `read()` had given none. Told once until `read()` gives `undefined` again. */
  onReadable(end: PipeEnd): void;
  /** A `write()` that was refused may succeed now, or never will: the other end was closed. */
  onWritable(end: PipeEnd): void;
  /**
   * The last write filled the pipe to its mark. Who reads now makes room before the
   * writer has seen that there was none: nobody is told of it.
   */
  onFull?(end: PipeEnd): void;
  /** What is queued for it is about to be dropped: it takes now what it can. */
  onHandOver?(end: PipeEnd): void;
  /** The other end is about to be closed, and what is queued for this end has so many milliseconds to go out. */
  onDeliveryLimit?(end: PipeEnd, limitMs: number): void;
  /** The connection behind the other end was lost; a new one comes on the same pipe. What is queued here stays. */
  onHiccup(end: PipeEnd, reason: CloseReason): void;
  /** A handshake was done: this is who reads and writes the other end from here on. */
  onPeer(end: PipeEnd, info: PeerInfo, epoch: number): void;
  /** The peer of the last `onPeer` is gone, its messages were all read (a hiccup, in order). */
  onPeerGone(end: PipeEnd, reason: CloseReason): void;
  /** The other end closed and all it wrote was read, or `dropped`. Nothing comes after it. */
  onClosed(end: PipeEnd, reason: CloseReason, dropped: boolean): void;
}

/**
 * Messages that an end finds among those of its peer and that nobody sent: they tell
 * the application who comes and goes (`hiccupMessage`, `routerNotify`). Past the mark.
 */
export interface PipeNotes {
  /** Before the first message of each connection. */
  readonly joined?: Multipart | undefined;
  /** Behind the last message of each connection. */
  readonly left: readonly Multipart[];
}
