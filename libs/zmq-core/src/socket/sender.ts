import type { Clock, Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import { type Multipart, ownFrames } from '../foundation/multipart.js';
import type { Pattern } from '../patterns/pattern.js';
import type { KeepAlive } from './keep-alive.js';
import { onAbort } from './on-abort.js';
import type { OptionValues } from './option-table.js';
import { Peer } from './peer.js';
import type { Watchers } from './watchers.js';
import { Yielding } from './yielding.js';

interface WaitingSend {
  readonly message: Multipart;
  /** Not used: who waits may have no other reference to its socket, and the collector would close it. */
  readonly owner: object;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Lets go of its signal. */
  ignoreAbort?: (() => void) | undefined;
}

interface WritableWaiter {
  readonly peer: Peer | undefined;
  /** As in `WaitingSend`. */
  readonly owner: object;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  ignoreAbort?: (() => void) | undefined;
}

/** Everything of a socket that sends: at once, or when there is room. */
export class Sender {
  readonly #pattern: Pattern;
  readonly #options: OptionValues;
  readonly #clock: Clock;
  readonly #keepAlive: KeepAlive;
  readonly #watchers: Watchers;
  readonly #sent: (() => void) | undefined;
  readonly #yielding = new Yielding();
  /** A message was not taken, and nothing has changed since: `canSend` may say yes all the same (ROUTER, XPUB). */
  #refused = false;
  #waiting: WaitingSend | undefined;
  #timer: Timer | undefined;
  readonly #writableWaiters = new Set<WritableWaiter>();

  /** @param sent REQ and REP: sending and receiving take turns, so a send lets a receive go on */
  constructor(
    pattern: Pattern,
    options: OptionValues,
    clock: Clock,
    keepAlive: KeepAlive,
    watchers: Watchers,
    sent: (() => void) | undefined,
  ) {
    this.#pattern = pattern;
    this.#options = options;
    this.#clock = clock;
    this.#keepAlive = keepAlive;
    this.#watchers = watchers;
    this.#sent = sent;
  }

  /** False where `send` would wait, or while a `send` waits. */
  trySend(message: Multipart, peer: Peer | undefined): boolean {
    if (this.#waiting !== undefined) return false;
    if (peer === undefined) {
      const taken = this.#pattern.trySend(message);
      if (!taken) this.#refused = true;
      else if (this.#sent !== undefined) this.#sent();
      return taken;
    }
    const end = Peer.pipeOf(peer);
    if (end === undefined) throw new ZmqError('EHOSTUNREACH', `the peer at ${peer.address} is gone`);
    const taken = this.#pattern.trySendTo(end, message);
    if (taken && this.#sent !== undefined) this.#sent();
    return taken;
  }

  /** Whether a `send` waits. */
  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether `trySend` may succeed, as far as can be known. */
  get writable(): boolean {
    return this.#isWritable(undefined);
  }

  /**
   * Throws EBUSY while another send waits; the outcome of the send itself is the promise's.
   * @param owner the api object; it is kept while the send waits
   */
  send(message: Multipart, signal: AbortSignal | undefined, owner: object): Promise<void> {
    if (this.#waiting !== undefined) {
      throw new ZmqError('EBUSY', 'writing; only one send operation may be in progress at any time');
    }
    const { sendTimeout } = this.#options;
    try {
      // A state in which nothing can be sent (EFSM) is one to wait in; it is an error only when the time is up.
      if ((sendTimeout === 0 || this.#pattern.canSend()) && this.#pattern.trySend(message)) {
        if (this.#sent !== undefined) this.#sent();
        return this.#yielding.done();
      }
      this.#pattern.checkWaiting?.(message);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    this.#refused = true;
    if (sendTimeout === 0) return Promise.reject(new ZmqError('EAGAIN'));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const waiting: WaitingSend = { message: ownFrames(message), owner, resolve, reject };
      this.#waiting = waiting;
      this.#keepAlive.hold();
      if (sendTimeout > 0) this.#timer = this.#clock.setTimer(sendTimeout, () => this.#giveUp());
      waiting.ignoreAbort = onAbort(signal, (reason) => this.#abort(waiting, reason));
    });
  }

  /** @param owner the api object; it is kept while this waits */
  untilWritable(peer: Peer | undefined, signal: AbortSignal | undefined, owner: object): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#isWritable(peer)) return Promise.resolve();
    if (peer !== undefined && Peer.pipeOf(peer) === undefined) return Promise.reject(lostPeer(peer));
    return new Promise((resolve, reject) => {
      const waiter: WritableWaiter = { peer, owner, resolve, reject };
      this.#writableWaiters.add(waiter);
      this.#keepAlive.hold();
      waiter.ignoreAbort = onAbort(signal, (reason) => this.#settleWaiter(waiter, () => reject(reason)));
    });
  }

  /** Something changed: a pipe has room, a peer came, a state moved on. */
  retry(): void {
    this.#yielding.reset();
    this.#refused = false;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      try {
        if (!this.#pattern.canSend() || !this.#pattern.trySend(waiting.message)) {
          this.#refused = true;
          return;
        }
        this.#settle();
        waiting.resolve();
        this.#sent?.();
      } catch (error) {
        this.#settle();
        waiting.reject(error);
      }
    }
    this.#tellWritable();
  }

  peerLeft(peer: Peer): void {
    for (const waiter of this.#writableWaiters) {
      if (waiter.peer === peer) this.#settleWaiter(waiter, () => waiter.reject(lostPeer(peer)));
    }
  }

  /** Settles what waits, as zeromq.js does: one last try, then its error. */
  close(): void {
    this.#giveUp();
    this.#rejectWriters(new ZmqError('EBADF'));
  }

  /** Settles what waits, without another try. */
  shutdown(error: ZmqError): void {
    this.#rejectWriters(error);
    if (this.#waiting !== undefined) this.#abort(this.#waiting, error);
  }

  #rejectWriters(error: ZmqError): void {
    for (const waiter of this.#writableWaiters) this.#settleWaiter(waiter, () => waiter.reject(error));
  }

  #isWritable(peer: Peer | undefined): boolean {
    if (this.#waiting !== undefined) return false;
    return peer === undefined ? !this.#refused && this.#pattern.canSend() : peer.writable;
  }

  #tellWritable(): void {
    for (const waiter of this.#writableWaiters)
      if (this.#isWritable(waiter.peer)) this.#settleWaiter(waiter, waiter.resolve);
    this.#watchers.tell?.();
  }

  #giveUp(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#settle();
    try {
      if (this.#pattern.trySend(waiting.message)) waiting.resolve();
      else waiting.reject(new ZmqError('EAGAIN'));
    } catch (error) {
      waiting.reject(error);
    }
    this.#tellWritable();
  }

  #abort(waiting: WaitingSend, reason: unknown): void {
    if (this.#waiting !== waiting) return;
    this.#settle();
    waiting.reject(reason);
    this.#tellWritable();
  }

  #settle(): void {
    this.#waiting?.ignoreAbort?.();
    this.#waiting = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#keepAlive.release();
  }

  #settleWaiter(waiter: WritableWaiter, settle: () => void): void {
    if (!this.#writableWaiters.delete(waiter)) return;
    waiter.ignoreAbort?.();
    this.#keepAlive.release();
    settle();
  }
}

function lostPeer(peer: Peer): ZmqError {
  return new ZmqError('EHOSTUNREACH', `the peer at ${peer.address} is gone`);
}
