import { Socket } from 'node:net';
import type { ByteStream, ByteStreamSink, StreamEnds } from '../../transport/byte-stream.js';
import { descriptorOf, waitingIn } from './descriptor.js';

/** How long an ended stream waits for the peer to close too. */
const GRACE_MS = 5_000;

/**
 * A byte stream over a connected `net.Socket`; shared by tcp and ipc.
 *
 *     open ── end() ──▶ ending ── all sent, then the peer closed or the grace is over ──▶ closed
 *       └──── destroy(), the peer closed, an error ────────────────────────────────────────▲
 *
 * The socket is unref'd: what keeps the process alive is decided above.
 *
 * A failed write does not close the stream: the peer may have sent messages and
 * closed, and they wait behind what we have read so far (libzmq does the same). The
 * writing side is over then; reading goes on to the end.
 */
export class NetStream implements ByteStream {
  readonly remoteAddress: string;
  readonly ends: StreamEnds;
  readonly fd: number;
  readonly remoteHost: string | undefined;

  readonly #socket: Socket;
  readonly #graceMs: number;
  #sink: ByteStreamSink | undefined;
  #state: 'open' | 'ending' | 'destroyed' = 'open';
  /** A write did not go through at once and `drained` is owed. */
  #blocked = false;
  /** A write failed. */
  #unwritable = false;
  #error: NodeJS.ErrnoException | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(socket: Socket, remoteAddress: string, ends: StreamEnds, graceMs = GRACE_MS) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.ends = ends;
    this.fd = descriptorOf(socket);
    this.remoteHost = socket.remoteAddress?.replace(/^::ffff:/, '');
    this.#graceMs = graceMs;
    socket.unref();
    surviveFailedWrites(socket, (error) => {
      this.#unwritable = true;
      // A write that our own destroying cancelled tells nothing (Node 24: ECANCELED).
      if (!socket.destroyed) this.#error ??= error;
    });
    socket.on('error', (error) => {
      if (this.#state !== 'destroyed') this.#error ??= error;
    });
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onClose());
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  get unsentBytes(): number {
    return waitingIn(this.#socket) ?? this.pendingBytes;
  }

  get broken(): boolean {
    return this.#unwritable || this.#socket.destroyed;
  }

  open(sink: ByteStreamSink): void {
    this.#sink = sink;
    this.#socket.on('data', this.#onData);
  }

  write(segments: readonly Buffer[]): void {
    const socket = this.#socket;
    // It may have broken in this turn, before `closed` could be told.
    if (this.#state !== 'open' || this.broken) return;
    const last = segments.length - 1;
    if (last < 0) return;
    if (last === 0) {
      socket.write(segments[0]!, this.#onWritten);
    } else {
      socket.cork();
      for (let i = 0; i < last; i++) socket.write(segments[i]!);
      socket.write(segments[last]!, this.#onWritten);
      socket.uncork();
    }
    if (socket.writableLength > 0) this.#blocked = true;
  }

  pause(): void {
    // An ended stream goes on reading to its end, see `end`.
    if (this.#state === 'open') this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    // What still comes is read and thrown away. Closing with unread bytes would
    // make the kernel send a reset, which may cost the peer our last messages.
    this.#socket.off('data', this.#onData);
    this.#socket.resume();
    this.#socket.end(this.#onSent);
  }

  destroy(): void {
    if (this.#state === 'destroyed') return;
    this.#state = 'destroyed';
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'open') this.#sink!.data(chunk);
  };

  /** One callback for all writes. It also comes, late, after those that went through at once. */
  readonly #onWritten = (): void => {
    if (!this.#blocked || this.#socket.writableLength > 0 || this.#state === 'destroyed') return;
    this.#blocked = false;
    this.#sink?.drained();
  };

  /** Our FIN is out: waits for the peer's. */
  readonly #onSent = (): void => {
    if (this.#state !== 'ending' || this.#socket.destroyed) return;
    this.#grace = setTimeout(() => this.#socket.destroy(), this.#graceMs);
    this.#grace.unref();
  };

  /** The peer's FIN. Node would first send all that is pending; a ZMTP peer reads nothing after its FIN, and may never. */
  #onEnd(): void {
    this.#socket.destroy();
  }

  #onClose(): void {
    this.#state = 'destroyed';
    clearTimeout(this.#grace);
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.closed(this.#error);
  }
}

type WriteCallback = (error?: Error | null) => void;

/** Takes the errors of writes away from the stream machinery, which would destroy the socket with all that is unread. */
function surviveFailedWrites(socket: Socket, failed: (error: NodeJS.ErrnoException) => void): void {
  let callback: WriteCallback | undefined;
  const done: WriteCallback = (error) => {
    if (error) failed(error);
    callback!();
  };
  // A stream has one write under way at a time, and one callback for all of them.
  socket._write = (chunk, encoding, next) => {
    callback = next;
    Socket.prototype._write.call(socket, chunk, encoding, done);
  };
  socket._writev = (chunks, next) => {
    callback = next;
    Socket.prototype._writev!.call(socket, chunks, done);
  };
}
