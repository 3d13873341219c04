import type { Frames } from '../packet/frames.js';
import type { ZmqClock, ZmqTimer } from '../zmq.clock.js';
import { SignalGroup } from './signal.group.js';

/** What the queue needs of where it leads to: the part of a PUSH socket, or of a dispatcher. */
export interface PushOutlet<M = Frames> {
  /** Takes the message for a worker, or returns false when there is no room for it. */
  trySend(message: M): boolean;
  /** Resolves when `trySend` may succeed; rejects when the socket closes or the signal aborts. */
  untilWritable(options: { signal: AbortSignal }): Promise<void>;
}

/** A push that waits its turn. */
export interface PendingPush<M = Frames> {
  /** The message, made when it is sent: what is left of its deadline is in it. */
  readonly frames: () => M;
  /** When it is given up, and the error it then fails with. */
  readonly expiry?: { readonly afterMs: number; readonly error: () => Error } | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter<M> {
  readonly push: PendingPush<M>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  timer?: ZmqTimer | undefined;
  readonly onAbort: () => void;
}

/** Pushes that wait for a worker, in the order in which they came. */
export class PushQueue<M = Frames> {
  readonly #clock: ZmqClock;
  readonly #sent: () => void;
  /** A set is a queue from whose middle one can take. */
  readonly #waiters = new Set<Waiter<M>>();
  readonly #signals = new SignalGroup();
  #outlet: PushOutlet<M> | undefined;
  /** Ends the wait for the outlet; set while there is one. */
  #waiting: AbortController | undefined;

  /** @param sent called for each message that the outlet took */
  constructor(clock: ZmqClock, sent: () => void) {
    this.#clock = clock;
    this.#sent = sent;
  }

  get length(): number {
    return this.#waiters.size;
  }

  /** From here on the pushes have a way out. */
  open(outlet: PushOutlet<M>): void {
    this.#outlet = outlet;
    this.#pump();
  }

  /** Resolves when the message was taken. Rejects with the signal's reason, the expiry's error, or what `frames` or the outlet threw. */
  add(push: PendingPush<M>): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal, expiry } = push;
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const waiter: Waiter<M> = {
        push,
        resolve,
        reject,
        onAbort: () => this.#settle(waiter, () => reject(signal?.reason as Error)),
      };
      this.#waiters.add(waiter);
      if (signal !== undefined) this.#signals.add(signal, waiter.onAbort);
      if (expiry !== undefined) {
        waiter.timer = this.#clock.setTimer(expiry.afterMs, () => this.#settle(waiter, () => reject(expiry.error())));
      }
      this.#pump();
    });
  }

  /** All that waits fails. */
  close(error: () => Error): void {
    this.#outlet = undefined;
    for (const waiter of this.#waiters) this.#settle(waiter, () => waiter.reject(error()));
    this.#waiting?.abort();
  }

  #settle(waiter: Waiter<M>, settle: () => void): void {
    if (!this.#waiters.delete(waiter)) return;
    waiter.timer?.cancel();
    if (waiter.push.signal !== undefined) this.#signals.remove(waiter.push.signal, waiter.onAbort);
    // The wait for the outlet keeps the process alive: nobody is left who wants it.
    if (this.#waiters.size === 0) this.#waiting?.abort();
    settle();
  }

  #pump(): void {
    const outlet = this.#outlet;
    if (this.#waiting !== undefined || outlet === undefined || this.#waiters.size === 0) return;
    const waiting = new AbortController();
    this.#waiting = waiting;
    outlet.untilWritable({ signal: waiting.signal }).then(
      () => {
        this.#waiting = undefined;
        this.#sendWaiting();
        this.#pump();
      },
      (error: unknown) => {
        this.#waiting = undefined;
        if (waiting.signal.aborted) this.#pump();
        else this.#failAll(error);
      },
    );
  }

  #sendWaiting(): void {
    const outlet = this.#outlet;
    for (const waiter of this.#waiters) {
      if (outlet === undefined) return;
      try {
        if (!outlet.trySend(waiter.push.frames())) return;
        this.#sent();
        this.#settle(waiter, waiter.resolve);
      } catch (error) {
        this.#settle(waiter, () => waiter.reject(error));
      }
    }
  }

  #failAll(error: unknown): void {
    for (const waiter of this.#waiters) this.#settle(waiter, () => waiter.reject(error));
  }
}
