import type { Observer } from 'rxjs';
import { wireError } from '../packet/error.codec.js';
import type { ServerCall } from './server.call.js';

/** Values of one stream that may come while its client is full; one more, and the call fails. */
const MAX_WAITING_VALUES = 10_000;

/**
 * Sends what a handler's Observable gives, in order. It goes on only when the
 * client takes it: until then values wait here.
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
    if (this.#blocked && this.#values.length - this.#first > MAX_WAITING_VALUES) {
      this.#call.fail(wireError('ZmqOverflowError', 'OVERFLOW', 'The caller does not read the stream fast enough'));
      return;
    }
    if (this.#scheduled || this.#blocked) return;
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
        this.#blocked = true;
        call.whenWritable(this.#unblock);
        return;
      }
    }
    this.#values = [];
    this.#first = 0;
    if (this.#error !== undefined) call.fail(this.#error.error);
    else if (this.#completed) call.complete(undefined);
  };

  readonly #unblock = (): void => {
    this.#blocked = false;
    this.#pump();
  };
}
