import type { Observer } from 'rxjs';
import { wireError } from '../packet/error.codec.js';
import type { ServerCall } from './server.call.js';

/** Values of one stream that may wait while its client is full. With more, and no burst that explains them, the call fails. */
const MAX_WAITING_VALUES = 10_000;
/** From here on it is looked at once in each turn of the event loop how many wait. */
const WATCHED_VALUES = 5_000;

/**
 * Sends what a handler's Observable gives, in order. It goes on only when the
 * client takes it: until then values wait here.
 *
 * What comes in one turn of the event loop has no limit: no client could have taken any of
 * it. But what is left of that must shrink: when `WATCHED_VALUES` have come on top of it,
 * the call fails. So a client that does not read, or far too slowly, costs the values of
 * one burst and a bounded number.
 *
 * A caller of one value gets the last one. For a caller of many, a value waits one
 * microtask, so that the last one can say that it is the last.
 */
export class ReplyStream implements Observer<unknown> {
  readonly #call: ServerCall;
  /** How long it may give nothing, in ms; 0 is for ever. */
  readonly #idleTimeoutMs: number;
  #values: unknown[] = [];
  /** Index of the first value that is not sent. */
  #first = 0;
  #completed = false;
  #error: { readonly error: unknown } | undefined;
  #scheduled = false;
  #blocked = false;
  /** So many may wait at the end of a turn. */
  #limit = WATCHED_VALUES;
  #watching = false;

  constructor(call: ServerCall, idleTimeoutMs: number) {
    this.#call = call;
    this.#idleTimeoutMs = idleTimeoutMs;
    if (idleTimeoutMs > 0) call.expectValue(idleTimeoutMs);
  }

  next(value: unknown): void {
    if (this.#call.settled) return;
    if (this.#idleTimeoutMs > 0) this.#call.expectValue(this.#idleTimeoutMs);
    // A value that is `undefined` has no place on the wire.
    if (value === undefined) return;
    if (!this.#call.many) {
      this.#values = [value];
      return;
    }
    this.#values.push(value);
    if (this.#blocked) {
      if (this.#waiting > this.#limit) this.#watch();
      return;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#pump);
  }

  complete(): void {
    this.#completed = true;
    this.#pump();
  }

  error(error: unknown): void {
    this.#error = { error };
    this.#pump();
  }

  readonly #pump = (): void => {
    this.#scheduled = false;
    const call = this.#call;
    const ended = this.#completed || this.#error !== undefined;
    if (this.#blocked || (!call.many && !ended)) return;
    if (this.#error !== undefined && !call.many) this.#values = [];
    while (this.#first < this.#values.length && !call.settled) {
      const value = this.#values[this.#first];
      this.#values[this.#first++] = undefined;
      if (this.#completed && this.#first === this.#values.length) {
        call.complete(value);
        return;
      }
      if (!call.value(value)) {
        this.#block();
        call.whenWritable(this.#unblock);
        return;
      }
    }
    this.#values = [];
    this.#first = 0;
    if (this.#error !== undefined) call.fail(this.#error.error);
    else if (this.#completed) call.complete(undefined);
  };

  #block(): void {
    this.#blocked = true;
    // A stream of which something waits at all times would grow by a place for each value that was sent.
    if (this.#first > WATCHED_VALUES && this.#first > this.#values.length / 2) {
      this.#values.splice(0, this.#first);
      this.#first = 0;
    }
    if (this.#waiting <= WATCHED_VALUES) this.#limit = WATCHED_VALUES;
    else if (this.#waiting > this.#limit) this.#watch();
  }

  get #waiting(): number {
    return this.#values.length - this.#first;
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    setImmediate(this.#endOfTurn);
  }

  readonly #endOfTurn = (): void => {
    this.#watching = false;
    const waiting = this.#waiting;
    // Of a stream that has ended no more can come.
    if (this.#call.settled || this.#completed || waiting <= this.#limit) return;
    if (this.#limit === WATCHED_VALUES) {
      this.#limit = Math.max(MAX_WAITING_VALUES, waiting + WATCHED_VALUES);
      return;
    }
    this.#call.fail(wireError('ZmqOverflowError', 'OVERFLOW', 'The caller does not read the stream fast enough'));
  };

  readonly #unblock = (): void => {
    this.#blocked = false;
    this.#pump();
    if (!this.#blocked) this.#limit = WATCHED_VALUES;
  };
}
