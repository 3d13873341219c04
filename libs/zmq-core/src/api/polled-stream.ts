import { ZmqError } from '../foundation/errors.js';
import { type PollableStream, type Polled, type PollEvents, type Readiness, readinessOf } from './polled.js';

/** What we look at of a stream; a half that it does not have is missing. */
interface Duplex extends NodeJS.EventEmitter {
  readonly readableLength?: number;
  readonly readableEnded?: boolean;
  readonly writableLength?: number;
  readonly writableNeedDrain?: boolean;
  readonly writableEnded?: boolean;
  readonly destroyed?: boolean;
  readonly errored?: Error | null;
  /** Of a `net.Socket`. */
  readonly connecting?: boolean;
  read?(size: number): unknown;
}

const changes = ['end', 'drain', 'connect', 'close'] as const;

/**
 * A stream of Node. Its readable half is read by `stream.read()`: while it is polled
 * for that, it fills its buffer and waits, as with a listener of `readable`, and
 * listeners of `data` get nothing.
 *
 * Readable is what has something in its buffer, and for ever one that has ended: `read`
 * gives `null` at once. Writable is what has no `drain` to wait for and has not ended.
 */
export class PolledStream implements Polled {
  readonly #stream: Duplex;
  #error: Error | undefined;
  #reads = false;
  #changed: (() => void) | undefined;

  constructor(stream: PollableStream) {
    this.#stream = stream as unknown as Duplex;
    for (const event of changes) this.#stream.on(event, this.#onChange);
    this.#stream.on('error', this.#onError);
  }

  static isStream(item: object): item is PollableStream {
    const { on, readableLength, writableLength } = item as Partial<Duplex>;
    return typeof on === 'function' && (typeof readableLength === 'number' || typeof writableLength === 'number');
  }

  /** Throws a `TypeError` when the stream cannot become what is asked for. */
  want({ readable = false, writable = false }: PollEvents): void {
    const { readableLength, writableLength } = this.#stream;
    if (readable && readableLength === undefined)
      throw new TypeError('The stream cannot be polled for readable: it is only written');
    if (writable && writableLength === undefined)
      throw new TypeError('The stream cannot be polled for writable: it is only read');
    if (readable === this.#reads) return;
    this.#reads = readable;
    if (readable) this.#stream.on('readable', this.#onReadable);
    else this.#stream.off('readable', this.#onReadable);
  }

  readiness({ readable = false, writable = false }: PollEvents): Readiness | undefined {
    const {
      readableLength = 0,
      readableEnded,
      writableNeedDrain,
      writableEnded,
      destroyed,
      errored,
      connecting,
    } = this.#stream;
    const error = errored ?? this.#error;
    if (error !== undefined) return { readable: false, writable: false, error };
    const canRead = readable && (readableEnded === true || (readableLength > 0 && destroyed !== true));
    if (destroyed === true && !canRead)
      return { readable: false, writable: false, error: new ZmqError('EBADF', 'the stream was closed') };
    const canWrite =
      writable && writableNeedDrain !== true && writableEnded !== true && connecting !== true && destroyed !== true;
    return readinessOf(canRead, canWrite);
  }

  watch(changed: () => void): () => void {
    this.#changed = changed;
    return () => (this.#changed = undefined);
  }

  release(): void {
    this.want({});
    for (const event of changes) this.#stream.off(event, this.#onChange);
    this.#stream.off('error', this.#onError);
  }

  readonly #onChange = (): void => this.#changed?.();

  readonly #onReadable = (): void => {
    // At its end a stream says that it is readable and has nothing. Then this makes it say that it has ended.
    if (this.#stream.readableLength === 0) this.#stream.read?.(0);
    this.#onChange();
  };

  readonly #onError = (error: Error): void => {
    this.#error = error;
    this.#onChange();
  };
}
