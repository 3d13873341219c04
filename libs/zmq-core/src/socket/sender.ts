import type { Clock, Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { Pattern } from '../patterns/pattern.js';
import type { KeepAlive } from './keep-alive.js';
import type { OptionValues } from './option-table.js';
import { Peer } from './peer.js';
import { Yielding } from './yielding.js';

interface WaitingSend {
  readonly message: Multipart;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface WritableWaiter {
  readonly peer: Peer | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Everything of a socket that sends: at once, or when there is room. */
export class Sender {
  readonly #pattern: Pattern;
  readonly #options: OptionValues;
  readonly #clock: Clock;
  readonly #keepAlive: KeepAlive;
  readonly #yielding = new Yielding();
  #waiting: WaitingSend | undefined;
  #timer: Timer | undefined;
  readonly #writableWaiters = new Set<WritableWaiter>();

  constructor(pattern: Pattern, options: OptionValues, clock: Clock, keepAlive: KeepAlive) {
    this.#pattern = pattern;
    this.#options = options;
    this.#clock = clock;
    this.#keepAlive = keepAlive;
  }

  /** False where `send` would wait, or while a `send` waits. */
  trySend(message: Multipart, peer: Peer | undefined): boolean {
    if (this.#waiting !== undefined) return false;
    if (peer === undefined) return this.#pattern.trySend(message);
    const end = Peer.pipeOf(peer);
    if (end === undefined) throw new ZmqError('EHOSTUNREACH', `the peer at ${peer.address} is gone`);
    return this.#pattern.trySendTo(end, message);
  }

  /** Throws EBUSY while another send waits; the outcome of the send itself is the promise's. */
  send(message: Multipart, signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting !== undefined) {
      throw new ZmqError('EBUSY', 'writing; only one send operation may be in progress at any time');
    }
    const { sendTimeout } = this.#options;
    try {
      // A state in which nothing can be sent (EFSM) is one to wait in; it is an error only when the time is up.
      if ((sendTimeout === 0 || this.#pattern.canSend()) && this.#pattern.trySend(message))
        return this.#yielding.done();
    } catch (error) {
      return Promise.reject(error as Error);
    }
    if (sendTimeout === 0) return Promise.reject(new ZmqError('EAGAIN'));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      this.#waiting = { message, resolve, reject };
      this.#keepAlive.hold();
      if (sendTimeout > 0) this.#timer = this.#clock.setTimer(sendTimeout, () => this.#giveUp());
      if (signal !== undefined) {
        const waiting = this.#waiting;
        signal.addEventListener('abort', () => this.#abort(waiting, signal.reason), { once: true });
      }
    });
  }

  untilWritable(peer: Peer | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#isWritable(peer)) return Promise.resolve();
    if (peer !== undefined && Peer.pipeOf(peer) === undefined) return Promise.reject(lostPeer(peer));
    return new Promise((resolve, reject) => {
      const waiter: WritableWaiter = { peer, resolve, reject };
      this.#writableWaiters.add(waiter);
      this.#keepAlive.hold();
      signal?.addEventListener('abort', () => this.#settleWaiter(waiter, () => reject(signal.reason as Error)), {
        once: true,
      });
    });
  }

  /** Something changed: a pipe has room, a peer came, a state moved on. */
  retry(): void {
    this.#yielding.reset();
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      try {
        if (!this.#pattern.canSend() || !this.#pattern.trySend(waiting.message)) return;
        this.#settle();
        waiting.resolve();
      } catch (error) {
        this.#settle();
        waiting.reject(error);
      }
    }
    for (const waiter of this.#writableWaiters)
      if (this.#isWritable(waiter.peer)) this.#settleWaiter(waiter, waiter.resolve);
  }

  peerLeft(peer: Peer): void {
    for (const waiter of this.#writableWaiters) {
      if (waiter.peer === peer) this.#settleWaiter(waiter, () => waiter.reject(lostPeer(peer)));
    }
  }

  /** Settles what waits, as zeromq.js does: one last try, then its error. */
  close(): void {
    this.#giveUp();
    for (const waiter of this.#writableWaiters) this.#settleWaiter(waiter, () => waiter.reject(new ZmqError('EBADF')));
  }

  #isWritable(peer: Peer | undefined): boolean {
    return this.#waiting === undefined && (peer === undefined ? this.#pattern.canSend() : peer.writable);
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
  }

  #abort(waiting: WaitingSend, reason: unknown): void {
    if (this.#waiting !== waiting) return;
    this.#settle();
    waiting.reject(reason);
  }

  #settle(): void {
    this.#waiting = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#keepAlive.release();
  }

  #settleWaiter(waiter: WritableWaiter, settle: () => void): void {
    if (!this.#writableWaiters.delete(waiter)) return;
    this.#keepAlive.release();
    settle();
  }
}

function lostPeer(peer: Peer): ZmqError {
  return new ZmqError('EHOSTUNREACH', `the peer at ${peer.address} is gone`);
}
