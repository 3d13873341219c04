import { assertHeader, type ZmqHeaders } from './packet/metadata.codec.js';
import { ZmqPatternError } from './zmq.errors.js';

/**
 * Data with what travels beside it. Give it to `send()`, `emit()` or a pool in the
 * place of the data.
 */
export class ZmqRecord<TData = unknown> {
  constructor(
    readonly data: TData,
    /** Read by `ctx.getHeaders()` at the other side. */
    readonly headers?: ZmqHeaders,
    /** How long the whole call may take, in ms from its start. */
    readonly deadline?: number,
  ) {}
}

/** `new ZmqRecordBuilder(data).setHeaders({ tenant: 'a' }).setDeadline(2_000).build()` */
export class ZmqRecordBuilder<TData = unknown> {
  #data: TData | undefined;
  #headers: ZmqHeaders | undefined;
  #deadline: number | undefined;

  constructor(data?: TData) {
    this.#data = data;
  }

  setData(data: TData): this {
    this.#data = data;
    return this;
  }

  /**
   * @param headers string values; keys must not start with `:`
   * @throws ZmqPatternError
   */
  setHeaders(headers: ZmqHeaders): this {
    for (const [key, value] of Object.entries(headers)) assertHeader(key, value);
    this.#headers = headers;
    return this;
  }

  /**
   * Bounds the whole call, all values of a stream included. The server is told, does
   * not start what is late, and cancels what runs on.
   * @param ms more than 0
   */
  setDeadline(ms: number): this {
    if (!Number.isFinite(ms) || ms <= 0) throw new ZmqPatternError(`A deadline must be more than 0 ms, not ${ms}`);
    this.#deadline = ms;
    return this;
  }

  build(): ZmqRecord<TData> {
    return new ZmqRecord(this.#data as TData, this.#headers, this.#deadline);
  }
}
