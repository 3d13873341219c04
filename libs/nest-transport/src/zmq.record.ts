import { assertHeader, type ZmqHeaders } from './packet/metadata.codec.js';
import { ZmqPatternError } from './zmq.errors.js';

/**
 * Data with what goes beside it. Give it to `send()`, `emit()` or a pool in the
 * place of the data.
 */
export class ZmqRecord<TData = unknown> {
  constructor(
    readonly data: TData,
    /** Read by `ctx.getHeaders()` at the other side. */
    readonly headers?: ZmqHeaders,
    /** How long the whole call may take, in ms from its start. */
    readonly deadline?: number,
    /** The `peerName` of the server that a call must go to. */
    readonly server?: string,
  ) {}
}

/** `new ZmqRecordBuilder(data).setHeaders({ tenant: 'a' }).setDeadline(2_000).build()` */
export class ZmqRecordBuilder<TData = unknown> {
  #data: TData | undefined;
  #headers: ZmqHeaders | undefined;
  #deadline: number | undefined;
  #server: string | undefined;

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

  /**
   * Sends a call to the server of this name, and to no other: for servers that keep something which others do not
   * have. While it is not connected, or closes, the call waits for it, at most `connectTimeout`, then it fails with
   * `ZmqNoPeerError`. Of several servers with one name, one that has room gets it. Not for events and tasks.
   * @param peerName the option `peerName` of that server, or its address as `client.servers()` shows it
   * @throws ZmqPatternError an empty name
   */
  setServer(peerName: string): this {
    if (peerName === '') throw new ZmqPatternError('The name of a server must not be empty');
    this.#server = peerName;
    return this;
  }

  build(): ZmqRecord<TData> {
    return new ZmqRecord(this.#data as TData, this.#headers, this.#deadline, this.#server);
  }
}
