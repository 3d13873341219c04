import type { Clock, Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { Pattern } from '../patterns/pattern.js';
import type { KeepAlive } from './keep-alive.js';
import { onAbort } from './on-abort.js';
import type { OptionValues } from './option-table.js';
import type { Peer } from './peer.js';
import { report } from './user-code.js';
import type { Watchers } from './watchers.js';
import { Yielding } from './yielding.js';

/**
 * Gets every message, in order, as it comes. (On an XPUB, a cancellation that comes
 * because its peer is gone has no peer.)
 */
export type MessageSink<M extends readonly unknown[] = Buffer[]> = (message: M, peer: Peer) => void;

interface WaitingReceive {
  /** Not used: who waits may have no other reference to its socket, and the collector would close it. */
  readonly owner: object;
  readonly resolve: (message: Buffer[]) => void;
  readonly reject: (error: unknown) => void;
  /** Lets go of its signal. */
  ignoreAbort?: (() => void) | undefined;
}

/** Who sent which message. */
type Senders = Pick<WeakMap<readonly unknown[], Peer>, 'get' | 'set'>;

const noSenders: Senders = {
  get: () => undefined,
  set() {
    return this as WeakMap<readonly unknown[], Peer>;
  },
};

/** Everything of a socket that receives: by promise, at once, or by a sink. */
export class Receiver {
  readonly #pattern: Pattern;
  readonly #options: OptionValues;
  readonly #clock: Clock;
  readonly #keepAlive: KeepAlive;
  readonly #watchers: Watchers;
  readonly #inTurn: boolean;
  readonly #received: () => void;
  readonly #yielding = new Yielding();
  #waiting: WaitingReceive | undefined;
  #timer: Timer | undefined;
  #sink: MessageSink | undefined;
  #pumping = false;
  /** Who sent each message that was given out, from the first `peerOf` on: most sockets are never asked. */
  #peers: Senders | undefined;
  /** Before that: the last message, until the next one is asked for, and who sent it. */
  #last: readonly Buffer[] | undefined;
  #lastPeer: Peer | undefined;

  /** @param inTurn REQ and REP: sending and receiving take turns, so a receive may be out of order, and lets a send go on */
  constructor(
    pattern: Pattern,
    options: OptionValues,
    clock: Clock,
    keepAlive: KeepAlive,
    watchers: Watchers,
    inTurn: boolean,
    received: () => void,
  ) {
    this.#inTurn = inTurn;
    this.#pattern = pattern;
    this.#options = options;
    this.#clock = clock;
    this.#keepAlive = keepAlive;
    this.#watchers = watchers;
    this.#received = received;
  }

  tryReceive(): Buffer[] | undefined {
    if (this.#sink !== undefined) throw busyWithSink();
    if (this.#waiting !== undefined) return undefined;
    return this.#take();
  }

  /** Who sent a message that `receive` or `tryReceive` gave: the last one, or any since the first call of this. */
  peerOf(message: readonly unknown[]): Peer | undefined {
    if (this.#peers === undefined) {
      this.#peers = new WeakMap();
      if (this.#last !== undefined && this.#lastPeer !== undefined) this.#peers.set(this.#last, this.#lastPeer);
      this.#forgetLast();
    }
    return this.#peers.get(message);
  }

  /** For a socket without `peerOf`: no message is held once it was given out. */
  forgetSenders(): void {
    this.#peers = noSenders;
    this.#forgetLast();
  }

  /**
   * Throws EBUSY while another receive waits or a sink is set.
   * @param owner the api object; it is kept while the receive waits
   */
  receive(signal: AbortSignal | undefined, owner: object): Promise<Buffer[]> {
    if (this.#sink !== undefined) throw busyWithSink();
    if (this.#waiting !== undefined) {
      throw new ZmqError('EBUSY', 'reading; only one receive operation may be in progress at any time');
    }
    const { receiveTimeout } = this.#options;
    try {
      const message = receiveTimeout === 0 || this.#pattern.canReceive() ? this.#take() : undefined;
      if (message !== undefined) return this.#yielding.doneWith(message);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    if (receiveTimeout === 0) return Promise.reject(new ZmqError('EAGAIN'));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    // While nobody knows how long, no message is held.
    this.#forgetLast();
    return new Promise((resolve, reject) => {
      const waiting: WaitingReceive = { owner, resolve, reject };
      this.#waiting = waiting;
      this.#keepAlive.hold();
      if (receiveTimeout > 0) this.#timer = this.#clock.setTimer(receiveTimeout, () => this.#giveUp());
      waiting.ignoreAbort = onAbort(signal, (reason) => this.#abort(waiting, reason));
    });
  }

  /** Whether a `receive` waits, or messages go to a sink. */
  get busy(): boolean {
    return this.#waiting !== undefined || this.#sink !== undefined;
  }

  /** Whether `tryReceive` would give a message. */
  get readable(): boolean {
    return !this.busy && this.#pattern.canReceive();
  }

  /** Sets or, with `undefined`, takes away the sink. What waits in the pipes goes to it at once. */
  onMessage(sink: MessageSink | undefined): void {
    if (sink !== undefined && this.#waiting !== undefined) {
      throw new ZmqError('EBUSY', 'reading; a receive operation is in progress, so no onMessage sink can be set');
    }
    if ((sink === undefined) !== (this.#sink === undefined)) {
      if (sink === undefined) this.#keepAlive.release();
      else this.#keepAlive.hold();
    }
    this.#sink = sink;
    if (sink !== undefined) this.#pump();
    else this.#watchers.tell?.();
  }

  /** Messages may be there, or the state allows to receive again. */
  retry(): void {
    this.#yielding.reset();
    if (this.#sink !== undefined) {
      this.#pump();
      return;
    }
    const waiting = this.#waiting;
    if (waiting !== undefined) this.#retryWaiting(waiting);
    this.#watchers.tell?.();
  }

  #retryWaiting(waiting: WaitingReceive): void {
    try {
      if (!this.#pattern.canReceive()) return;
      const message = this.#take();
      if (message === undefined) return;
      this.#settle();
      waiting.resolve(message);
    } catch (error) {
      this.#settle();
      waiting.reject(error);
    }
  }

  close(): void {
    this.#giveUp();
    this.onMessage(undefined);
  }

  /** Settles what waits, without another try, and takes the sink away. */
  shutdown(error: ZmqError): void {
    if (this.#waiting !== undefined) this.#abort(this.#waiting, error);
    this.onMessage(undefined);
  }

  #take(): Buffer[] | undefined {
    const message = this.#pattern.tryReceive();
    if (message === undefined) {
      this.#forgetLast();
      return undefined;
    }
    const own = asOwn(message);
    const peer = this.#sourcePeer();
    if (this.#peers === undefined) {
      this.#last = own;
      this.#lastPeer = peer;
    } else if (peer !== undefined) {
      this.#peers.set(own, peer);
    }
    if (this.#inTurn) this.#received();
    return own;
  }

  /** Who sent the message that the pattern gave last. */
  #sourcePeer(): Peer | undefined {
    const pattern = this.#pattern;
    return (pattern.sourceLabel ?? pattern.source?.label) as Peer | undefined;
  }

  #forgetLast(): void {
    this.#last = undefined;
    this.#lastPeer = undefined;
  }

  #pump(): void {
    // The sink may send, which may make more readable: the outer loop sees it.
    if (this.#pumping) return;
    this.#pumping = true;
    const pattern = this.#pattern;
    while (this.#sink !== undefined) {
      if (this.#inTurn && !pattern.canReceive()) break;
      const message = pattern.tryReceive();
      if (message === undefined) break;
      const sink: MessageSink = this.#sink; // called as a plain function: this object is nobody's `this`
      try {
        sink(asOwn(message), this.#sourcePeer() as Peer);
      } catch (error) {
        report(error);
      }
      if (this.#inTurn) this.#received();
    }
    this.#pumping = false;
  }

  #giveUp(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#settle();
    try {
      const message = this.#take();
      if (message === undefined) waiting.reject(new ZmqError('EAGAIN'));
      else waiting.resolve(message);
    } catch (error) {
      waiting.reject(error);
    }
  }

  #abort(waiting: WaitingReceive, reason: unknown): void {
    if (this.#waiting !== waiting) return;
    this.#settle();
    waiting.reject(reason);
  }

  #settle(): void {
    this.#waiting?.ignoreAbort?.();
    this.#waiting = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#keepAlive.release();
  }
}

/** The user may change the array. One that was fanned out over inproc belongs to others too. */
function asOwn(message: Multipart): Buffer[] {
  return (message.encoded === undefined ? message : [...message]) as Buffer[];
}

function busyWithSink(): ZmqError {
  return new ZmqError('EBUSY', 'reading; messages go to the onMessage sink until onMessage(undefined)');
}
