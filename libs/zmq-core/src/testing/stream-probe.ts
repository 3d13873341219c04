import type { ByteStream, ByteStreamSink } from '../transport/byte-stream.js';
import { Watch } from './watch.js';

/** Opens a stream, keeps all that it tells, and lets a test wait for it. */
export class StreamProbe implements ByteStreamSink {
  readonly stream: ByteStream;
  readonly watch = new Watch();
  readonly chunks: Buffer[] = [];
  received = 0;
  drains = 0;
  /** One entry for each `closed`; there must never be two. */
  readonly closings: (NodeJS.ErrnoException | undefined)[] = [];
  /** What to do with a chunk besides keeping it. */
  onData: (chunk: Buffer) => void = () => {};

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.open(this);
  }

  data(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.received += chunk.length;
    this.onData(chunk);
    this.watch.changed();
  }

  drained(): void {
    this.drains++;
    this.watch.changed();
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.closings.push(error);
    this.watch.changed();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  untilReceived(count: number): Promise<void> {
    return this.watch.until(() => this.received >= count);
  }

  untilDrained(): Promise<void> {
    return this.watch.until(() => this.drains > 0);
  }

  untilClosed(): Promise<void> {
    return this.watch.until(() => this.closings.length > 0);
  }
}
