/**
 * A connected stream of bytes, as a session uses it: tcp and ipc.
 *
 * Ownership: a segment given to `write` belongs to the stream until `pendingBytes`
 * is 0 again; only then may its memory be reused. A chunk given to `data` belongs
 * to the receiver.
 */
export interface ByteStream {
  /** Where the peer is, for people and for `peer.address`: `127.0.0.1:40312`, a path. */
  readonly remoteAddress: string;
  /** Both ends as endpoints, for events. */
  readonly ends: StreamEnds;
  /** The descriptor of the system, or -1 where it is not shown. Stays what it was when the stream is closed. */
  readonly fd: number;
  /** The peer's IP address alone, for the property `Peer-Address` of its messages; `undefined` where it has none (ipc). */
  readonly remoteHost: string | undefined;
  /** Bytes taken by `write` that the kernel has not taken yet. 0 right after a `write` that went through at once. */
  readonly pendingBytes: number;
  /**
   * Bytes of `pendingBytes` that are still here: it falls while a write is under way, where
   * `pendingBytes` falls when the write is done. What a peer takes of a large write shows here.
   */
  readonly unsentBytes: number;
  /** What is written now is lost: a write failed, or it was destroyed. `closed` follows, when what has come was read. */
  readonly broken: boolean;
  /** Starts reading. Called once, right after the stream was handed over. */
  open(sink: ByteStreamSink): void;
  /**
   * Writes the segments in order with as few system calls as possible. Legal only while
   * `pendingBytes` is 0. Does nothing once the stream was ended, destroyed, or broke.
   */
  write(segments: readonly Buffer[]): void;
  /** Stops `data`; the kernel's window then pushes back. Idempotent. `data` may still come once. */
  pause(): void;
  resume(): void;
  /**
   * Sends what is pending, then closes. Idempotent. No `data` comes any more, `drained`
   * may, `closed` follows: when the peer has closed too, or after a grace period. A peer
   * that does not read what is pending holds this up; `destroy` is the way out.
   */
  end(): void;
  /** Closes at once. Idempotent. Only `closed` follows, not from within this call. */
  destroy(): void;
}

/** The two ends of a stream as the system names them: `tcp://127.0.0.1:40312`, `ipc://` for one without a name; empty where it does not. */
export interface StreamEnds {
  readonly local: string;
  readonly remote: string;
}

export interface ByteStreamSink {
  data(chunk: Buffer): void;
  /** `pendingBytes` fell back to 0 after a write that had not gone through at once. */
  drained(): void;
  /** Exactly once, last. `error` is missing when the peer closed in order, or we did. */
  closed(error: NodeJS.ErrnoException | undefined): void;
}
