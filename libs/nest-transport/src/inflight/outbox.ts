import type { Frames } from '../packet/frames.js';

/** The part of a socket that sends to one peer. */
export interface PeerSender<TPeer> {
  trySend(message: Frames, to: { readonly peer: TPeer }): boolean;
  untilWritable(to: { readonly peer: TPeer }): Promise<void>;
}

/** What may wait for a peer that does not read, beyond the socket's high-water mark, before nothing new is done for it. */
const MAX_MESSAGES = 100_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * What must reach one peer even when it is full at the moment: replies, cancels.
 * The order is kept. Who produces many messages waits for `whenEmpty` before the
 * next, so that what queues here is bounded by the calls in flight; and who makes
 * further calls without reading the replies is `overfull` in the end.
 */
export class Outbox<TPeer> {
  readonly #socket: PeerSender<TPeer>;
  readonly #to: { readonly peer: TPeer };
  #queue: Frames[] = [];
  #bytes = 0;
  #waiters: (() => void)[] = [];
  #waiting = false;
  #closed = false;
  #dropped = 0;

  /** Whether so much waits that nothing should be done that adds to it. */
  overfull = false;

  constructor(socket: PeerSender<TPeer>, peer: TPeer) {
    this.#socket = socket;
    this.#to = { peer };
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** What they hold, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages that the peer's loss made vain. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends only if that can be done now. */
  trySend(message: Frames): boolean {
    return !this.#closed && this.#queue.length === 0 && this.#write(message);
  }

  /** Sends now, or as soon as the peer takes it. False: it waits. */
  send(message: Frames): boolean {
    if (this.#closed) {
      this.#dropped++;
      return true;
    }
    if (this.#queue.length === 0 && this.#write(message)) return true;
    this.#queue.push(message);
    this.#count(sizeOf(message));
    this.#wait();
    return false;
  }

  /** Calls back once nothing waits any more, or the peer is gone; at once if that is so now. */
  whenEmpty(done: () => void): void {
    if (this.#queue.length === 0) done();
    else this.#waiters.push(done);
  }

  /** The peer is gone, or the socket. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropped += this.#queue.length;
    this.#queue = [];
    this.#count(-this.#bytes);
    this.#wake();
  }

  #write(message: Frames): boolean {
    try {
      return this.#socket.trySend(message, this.#to);
    } catch {
      // The peer left, or the socket was closed: `left` or `close` follows and tells everybody.
      this.#dropped++;
      return true;
    }
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#socket.untilWritable(this.#to).then(this.#flush, () => this.close());
  }

  readonly #flush = (): void => {
    this.#waiting = false;
    let sent = 0;
    let bytes = 0;
    while (sent < this.#queue.length && this.#write(this.#queue[sent] as Frames)) {
      bytes += sizeOf(this.#queue[sent] as Frames);
      sent++;
    }
    this.#queue.splice(0, sent);
    this.#count(-bytes);
    if (this.#queue.length > 0) this.#wait();
    else this.#wake();
  };

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.overfull = this.#queue.length >= MAX_MESSAGES || this.#bytes >= MAX_BYTES;
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const done of waiters) done();
  }
}

/** In characters, for texts: near enough for a limit. */
function sizeOf(message: Frames): number {
  let size = 0;
  for (const frame of message) size += frame.length;
  return size;
}
