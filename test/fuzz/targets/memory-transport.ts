import type { ByteStream, ByteStreamSink } from '../../../libs/zmq-core/src/transport/byte-stream.js';
import type { ByteTransport, ListenSink } from '../../../libs/zmq-core/src/transport/transport.js';
import { hold } from '../target.js';

/** A stream whose other end is the fuzzer. It calls nobody by itself, so that it can be driven step by step. */
export class MemoryStream implements ByteStream {
  readonly remoteAddress = '10.0.0.1:5';
  readonly ends = { local: 'tcp://10.0.0.2:5', remote: 'tcp://10.0.0.1:5' };
  readonly fd = -1;
  readonly remoteHost = '10.0.0.1';
  readonly pendingBytes = 0;
  readonly unsentBytes = 0;
  paused = false;
  /** Bytes that our side has written. */
  written = 0;
  #sink: ByteStreamSink | undefined;
  #state: 'open' | 'ended' | 'closed' = 'open';

  get broken(): boolean {
    return this.#state === 'closed';
  }

  /** Whether it may still be given bytes. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(sink: ByteStreamSink): void {
    hold(this.#sink === undefined, 'a stream was opened twice');
    this.#sink = sink;
  }

  write(segments: readonly Buffer[]): void {
    for (const { length } of segments) this.written += length;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
  }

  destroy(): void {
    if (this.#state === 'open') this.#state = 'ended';
  }

  data(chunk: Buffer): void {
    this.#sink!.data(chunk);
  }

  /** The peer closes too, or first. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#sink!.closed(undefined);
  }
}

/** A transport that accepts what the fuzzer hands to it. */
export class MemoryTransport implements ByteTransport {
  readonly kind = 'bytes';
  readonly scheme = 'tcp';
  readonly dialsSlowly = true;
  readonly #sinks: ListenSink[] = [];

  checkDial(): void {}

  checkListen(): void {}

  dial(): never {
    throw new Error('nobody is dialled here');
  }

  listen(address: string, _options: unknown, sink: ListenSink) {
    this.#sinks.push(sink);
    return Promise.resolve({ endpoint: `tcp://${address}`, alias: undefined, fd: -1, close: () => undefined });
  }

  /** A peer connects to the endpoint that was bound last. */
  accept(): MemoryStream {
    const stream = new MemoryStream();
    this.#sinks.at(-1)!.accepted(stream);
    return stream;
  }
}
