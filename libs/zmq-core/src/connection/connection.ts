import type { Multipart } from '../foundation/multipart.js';
import type { FrameRun } from '../wire/frame-run.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { Batch } from './batch.js';

/**
 * One peer's conversation without any I/O: bytes and time in, messages and bytes
 * out. ZMTP is one; raw streams and framed links are others behind this contract.
 *
 * Bytes in: `receive(chunk)` keeps the chunk (it then belongs to the connection,
 * and received bodies are views on it); `drain(sink)` decodes until the bytes are
 * used up or the sink says stop. What is left stays undecoded.
 *
 * Bytes out: `takeOutput(batch)` writes what the connection itself has to say
 * (greeting, handshake, PONG); `encode(message, batch)` writes a message. Messages
 * may be encoded only after `ready` was told.
 *
 * Time: `tick(now)` is due at `deadline`; `receive`, `drain` and `tick` may move it. It may
 * also have to wait for this side (a verdict about the peer); it is handed a `wake`, which
 * is called when it should be drained again.
 *
 * After `failed` was told nothing but `takeOutput` may be called: an ERROR command
 * may be waiting there.
 */
export interface Connection {
  /** False: there is nothing to wait for, the first `drain` after `start` tells `ready`. */
  readonly handshakes: boolean;
  /** Delivered as the peer's last message when its stream has ended. */
  readonly farewell: Multipart | undefined;
  start(now: number): void;
  receive(chunk: Buffer, now: number): void;
  /** True when it stopped early, because the sink said so or right after `ready`; then there may be more to decode. */
  drain(sink: ConnectionSink): boolean;
  readonly hasOutput: boolean;
  takeOutput(batch: Batch): void;
  encode(message: Multipart, batch: Batch): void;
  /** Whether messages are sent just as `packedFrames` packs them, so that they need no `encode`. */
  readonly sendsPacked: boolean;
  /** When `tick` is due, on the clock of `now`; Infinity = never. */
  readonly deadline: number;
  tick(now: number, sink: ConnectionSink): void;
  /** We stopped reading from the peer: its deadlines wait, and memory that is held for little is freed. */
  suspend(now: number): void;
  resume(now: number): void;
  /** Bytes of memory that came to be held by messages since the last call. */
  takePinned(): number;
  /**
   * The conversation is over: who was asked something about the peer need not answer any more, and what
   * came and is no whole message is let go of. (Who keeps the reason of the end keeps, by its stack, this
   * object.) Idempotent.
   */
  abandon(): void;
}

export interface ConnectionSink {
  /** The handshake is done. False refuses the peer: nothing of it is decoded any more. */
  ready(info: PeerInfo): boolean;
  /** A whole message. False: stop after this one. */
  message(message: Multipart): boolean;
  /** Messages that `run` takes now. */
  readonly room: number;
  /** Whole messages, at most `room`. False: stop after these. */
  run(run: FrameRun): boolean;
  failed(failure: ConnectionFailure): void;
}

export type { FrameRun } from '../wire/frame-run.js';

/** Why a conversation ended, in the terms of libzmq's events. */
export interface ConnectionFailure {
  /** `unavailable`: this side could not go on. */
  readonly kind: 'protocol' | 'authentication' | 'timeout' | 'unavailable';
  /** Whether the handshake was still going on. */
  readonly handshaking: boolean;
  readonly error: Error;
  /** The status of a refused authentication: 300, 400 or 500. */
  readonly status?: number;
  /** Whether libzmq raises an event of its own beside "disconnected" for it. */
  readonly silent?: boolean;
}
