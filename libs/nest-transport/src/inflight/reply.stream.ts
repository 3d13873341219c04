import type { Observer } from 'rxjs';
import { wireError } from '../packet/error.codec.js';
import { isAsyncIterable, ReplyIterator } from './reply.iterator.js';
import type { ServerCall, StoppableValues } from './server.call.js';

/** Values of one stream that may wait while its client is full. With more, and no burst that explains them, the call fails. */
const MAX_WAITING_VALUES = 10_000;
/** From here on it is looked at once in each turn of the event loop how many wait. */
const WATCHED_VALUES = 5_000;

/** What a stream needs of the one who runs the call. */
export interface ReplyStreamHost {
  /** Makes what the caller gets of what an iterator threw. */
  thrownByIterator(call: ServerCall, error: unknown): unknown;
  /** The handler is done. Idempotent. */
  release(call: ServerCall): void;
}

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
 *
 * A value that is an async iterable is not sent but iterated, in its place in the order: that is what a handler's
 * async generator is behind an interceptor or a pre-request hook, which make an Observable of everything.
 */
export class ReplyStream implements Observer<unknown>, StoppableValues {
  readonly #call: ServerCall;
  /** How long it may give nothing, in ms; 0 is for ever. */
  readonly #idleTimeoutMs: number;
  readonly #host: ReplyStreamHost;
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
  /** How many values are to be iterated, the one included that is iterated now. */
  #iterators = 0;
  #iterating: ReplyIterator | undefined;
  #sourceEnded = false;

  constructor(call: ServerCall, idleTimeoutMs: number, host: ReplyStreamHost) {
    this.#call = call;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#host = host;
    if (idleTimeoutMs > 0) call.expectValue(idleTimeoutMs);
  }

  next(given: unknown): void {
    const value = typeof given === 'object' && given !== null && isAsyncIterable(given) ? this.#adopt(given) : given;
    if (this.#call.settled) {
      this.#drop(value);
      return;
    }
    if (this.#timed) this.#call.expectValue(this.#idleTimeoutMs);
    // A value that is `undefined` has no place on the wire.
    if (value === undefined) return;
    if (!this.#call.many) {
      this.#drop(this.#values[0]);
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
    // What waits from here on waits for the caller.
    if (this.#timed) this.#call.expectNothing();
    this.#pump();
  }

  error(error: unknown): void {
    this.#error = { error };
    if (this.#timed) this.#call.expectNothing();
    this.#pump();
  }

  /** The source has ended, or is not subscribed to any more. */
  sourceEnded(): void {
    this.#sourceEnded = true;
    this.#releaseIfDone();
  }

  /** The call is settled: what is iterated, or was to be, is told to end. */
  stop(): void {
    this.#iterating?.stop();
    this.#dropAll();
    this.#releaseIfDone();
  }

  /** Whether the source has to give something in time. What is iterated sees to that itself. */
  get #timed(): boolean {
    return this.#idleTimeoutMs > 0 && this.#iterating === undefined;
  }

  readonly #pump = (): void => {
    this.#scheduled = false;
    const call = this.#call;
    const ended = this.#completed || this.#error !== undefined;
    if (this.#blocked || (!call.many && !ended)) return;
    if (this.#error !== undefined && !call.many) this.#dropAll();
    while (this.#first < this.#values.length && !call.settled) {
      const value = this.#values[this.#first];
      this.#values[this.#first++] = undefined;
      if (this.#iterators > 0 && value instanceof ReplyIterator) {
        this.#iterate(value);
        return;
      }
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

  #adopt(values: AsyncIterable<unknown>): ReplyIterator {
    const call = this.#call;
    this.#iterators++;
    call.iterator = this;
    return new ReplyIterator(call, values, this.#idleTimeoutMs, (error) => this.#host.thrownByIterator(call, error));
  }

  #iterate(iterator: ReplyIterator): void {
    this.#iterating = iterator;
    this.#block();
    void iterator.send().then((end) => {
      this.#iterating = undefined;
      this.#iterators--;
      if (end !== undefined) {
        if (this.#call.many) this.#unblock();
        else this.#call.complete(end.last);
      }
      this.#releaseIfDone();
    });
  }

  /** A value that is not sent. */
  #drop(value: unknown): void {
    if (this.#iterators === 0 || !(value instanceof ReplyIterator)) return;
    value.stop();
    this.#iterators--;
  }

  #dropAll(): void {
    for (; this.#first < this.#values.length; this.#first++) this.#drop(this.#values[this.#first]);
    this.#values = [];
    this.#first = 0;
  }

  #releaseIfDone(): void {
    if (this.#sourceEnded && this.#iterators === 0) this.#host.release(this.#call);
  }

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
