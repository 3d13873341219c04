import type { ServerCall, StoppableValues } from './server.call.js';

/** So many values that need no waiting are sent in one turn of the event loop, then it turns: others are served, and a cancel is heard. */
const VALUES_PER_TURN = 64;

export interface IteratorEnd {
  /** What a caller of one value gets, who has got nothing so far. */
  readonly last: unknown;
}

/**
 * Sends what a handler's async iterable gives (an async generator, a Node stream): the
 * next value is asked for only when the client has taken the one before, so that a
 * caller that reads slowly slows the handler down.
 *
 * A caller of one value gets the last one.
 */
export class ReplyIterator implements StoppableValues {
  readonly #call: ServerCall;
  readonly #values: AsyncIterable<unknown>;
  /** How long it may give nothing, in ms; 0 is for ever. */
  readonly #idleTimeoutMs: number;
  /** Makes what the caller gets of what the iterator threw. */
  readonly #failure: (error: unknown) => unknown;
  #iterator: AsyncIterator<unknown> | undefined;
  #ended = false;

  constructor(
    call: ServerCall,
    values: AsyncIterable<unknown>,
    idleTimeoutMs: number,
    failure: (error: unknown) => unknown,
  ) {
    this.#call = call;
    this.#values = values;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#failure = failure;
  }

  /**
   * All values and the end of the call. Resolves when the iterator is done, or has stopped after the call was settled
   * otherwise. Never rejects.
   */
  async run(): Promise<void> {
    const end = await this.send();
    if (end !== undefined) this.#call.complete(end.last);
  }

  /**
   * All values, without the end of the call. Never rejects.
   * @returns when all were sent; `undefined` when the call was settled meanwhile, by what the iterator threw or otherwise
   */
  async send(): Promise<IteratorEnd | undefined> {
    const call = this.#call;
    try {
      // The caller went while the handler was still preparing its values.
      if (call.settled) this.stop();
      else return await this.#sendAll(this.#values[Symbol.asyncIterator]());
    } catch (error) {
      this.#ended = true;
      if (!call.settled) call.fail(this.#failure(error));
    }
    return undefined;
  }

  /** The call is settled: the iterator is told to end. Idempotent. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      // Of a stream that gives nothing more, `return()` alone would wait for ever.
      if (isDestroyable(this.#values)) this.#values.destroy();
      // The call has its outcome; what goes wrong from here on has nobody to go to.
      else this.#iterator?.return?.().then(undefined, () => {});
    } catch {
      // As above.
    }
  }

  async #sendAll(iterator: AsyncIterator<unknown>): Promise<IteratorEnd | undefined> {
    const call = this.#call;
    let last: unknown;
    let taken = 0;
    this.#iterator = iterator;
    while (!call.settled) {
      if (this.#idleTimeoutMs > 0) call.expectValue(this.#idleTimeoutMs);
      const { done, value } = await iterator.next();
      if (done === true) {
        this.#ended = true;
        return { last };
      }
      if (++taken % VALUES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      // A value that is `undefined` has no place on the wire.
      if (value === undefined) continue;
      if (!call.many) last = value;
      else if (!call.value(value)) {
        // It is the caller who is slow now, not the iterator.
        call.expectNothing();
        await new Promise<void>((resolve) => call.whenWritable(resolve));
      }
    }
    return undefined;
  }
}

export function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function';
}

function isDestroyable(value: object): value is { destroy(): unknown } {
  return 'destroy' in value && typeof value.destroy === 'function';
}
