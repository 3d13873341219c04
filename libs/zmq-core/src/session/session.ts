import type { Connection, ConnectionFailure, ConnectionSink, FrameRun } from '../connection/connection.js';
import { createConnection } from '../connection/connection-table.js';
import { keepPolling, stopPolling } from '../foundation/busy-poll.js';
import type { Timer } from '../foundation/clock.js';
import { CountedConnection, countEnded } from '../foundation/diagnostics.js';
import type { Multipart } from '../foundation/multipart.js';
import { type CloseReason, closedByUs, errorOf, type PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd, PipeHandler } from '../pipe/pipe.js';
import type { ByteStream, ByteStreamSink } from '../transport/byte-stream.js';
import { counterOfFailure } from './failure-counter.js';
import { Outflow, type WriteWatcher } from './outflow.js';
import type { SessionHost } from './session-host.js';
import { WriteStall } from './write-stall.js';

/** Which connection events tell of. */
export interface ConnectionPlace {
  readonly address: string;
  readonly local: string;
  readonly remote: string;
}

/** How many messages wait in the two queues of a pipe. */
export interface PipeQueues {
  readonly local: string;
  readonly remote: string;
  readonly outbound: number;
  readonly inbound: number;
}

/** Who made the session: the dialer or the acceptor. */
export interface SessionOwner {
  /** The handshake is done: the pipe to join, or `undefined` if there is nobody any more to join. */
  pipeFor(session: Session): PipeEnd | undefined;
  /** The stream is closed; comes once, last. `refused` is set when a protocol or authentication error ended it. */
  ended(session: Session, reason: CloseReason, refused: boolean): void;
}

/**
 * Joins one pipe, one connection and one byte stream, and moves messages both ways.
 *
 * Outwards is the `Outflow`'s work.
 *
 * Inwards: each chunk is decoded into the pipe and its reader woken once; when the
 * pipe is full the rest stays undecoded and the stream is paused.
 */
export class Session implements ByteStreamSink, ConnectionSink, PipeHandler, WriteWatcher {
  readonly #host: SessionHost;
  readonly #owner: SessionOwner;
  readonly #place: ConnectionPlace;
  readonly #stream: ByteStream;
  readonly #connection: Connection;
  readonly #outflow: Outflow;
  /** Made by the first write that does not go through at once: most connections never have one. */
  #stall: WriteStall | undefined;
  readonly #counted = new CountedConnection();
  #pipe: PipeEnd | undefined;
  #state: 'handshaking' | 'open' | 'ending' | 'closed' = 'handshaking';
  #reason: CloseReason | undefined;
  #refused = false;
  #reported = false;
  #paused = false;
  #pumping = false;
  /** The stream is closed, but bytes of it wait for room in the pipe. */
  #closedBehind: { readonly error: NodeJS.ErrnoException | undefined } | undefined;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  /** When what is still to be delivered is given up. */
  #limit: Timer | undefined;

  constructor(host: SessionHost, owner: SessionOwner, place: ConnectionPlace, stream: ByteStream) {
    this.#host = host;
    this.#owner = owner;
    this.#place = place;
    this.#stream = stream;
    this.#connection = createConnection(host.options, stream.remoteAddress, {
      authenticator: host.authenticator,
      crypto: host.crypto,
      random: host.random,
      host: stream.remoteHost ?? '',
      wake: this.#wake,
    });
    const { outBatchSize, writeStallMs } = host.options;
    const watcher = writeStallMs > 0 ? this : undefined;
    this.#outflow = new Outflow(host.batch, stream, this.#connection, outBatchSize, watcher);
  }

  /** What waits on the way out and in, for statistics; `undefined` before the handshake. */
  get queues(): PipeQueues | undefined {
    const pipe = this.#pipe;
    return pipe && { ...this.#place, outbound: pipe.queued, inbound: pipe.pending };
  }

  get isHandshaking(): boolean {
    return this.#state === 'handshaking';
  }

  /** Whether the handshake was done at some time. */
  get wasOpen(): boolean {
    return this.#pipe !== undefined;
  }

  /** For its owner, when the pipe ends with this connection. */
  releasePipe(reason: CloseReason): void {
    this.#pipe?.close(reason);
  }

  /** Called once, right after the stream was handed over. */
  start(): void {
    this.#connection.start(this.#host.clock.now());
    this.#stream.open(this);
    this.#outflow.flush();
    if (!this.#connection.handshakes) this.#pump();
    this.#armTimer();
  }

  /** Closes at once; what the stream still holds is lost. */
  destroy(reason: CloseReason): void {
    this.#reason ??= reason;
    this.#stream.destroy();
  }

  // ── from the stream ──

  data(chunk: Buffer): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#outflow.heard();
    keepPolling(this.#host.options.busyPollMicroseconds);
    this.#connection.receive(chunk, this.#host.clock.now());
    if (!this.#paused) this.#pump();
    this.#armTimer();
  }

  drained(): void {
    this.#stall?.drained();
    this.#outflow.giveBack();
    if (this.#state === 'open' || this.#connection.hasOutput) this.#outflow.flush();
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#state === 'closed') return;
    if (this.#paused && this.#state === 'open' && this.#pipe!.open) {
      // What has come is still decoded, when the reader makes room (libzmq: `_io_error` while input is stopped).
      this.#closedBehind = { error };
      this.#outflow.stop();
      return;
    }
    const [handshaking, wasOpen] = [this.#state === 'handshaking', this.#state === 'open'];
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#connection.abandon();
    this.#limit?.cancel();
    this.#stall?.stop();
    this.#counted.end();
    stopPolling();
    this.#outflow.stop();
    this.#outflow.giveBack();
    if (wasOpen) this.#passFarewell();
    const reason = this.#reason ?? lossReason(error, handshaking);
    this.#reportEnd(reason, handshaking);
    this.#owner.ended(this, reason, this.#refused);
  }

  // ── from the connection ──

  ready(info: PeerInfo): boolean {
    this.#state = 'open';
    this.#counted.establish();
    if (this.#connection.handshakes) this.#host.emit({ type: 'handshake', ...this.#place });
    const pipe = this.#owner.pipeFor(this);
    // A socket that was closed lingers for what it has queued.
    if (pipe === undefined || (!pipe.open && pipe.queued === 0)) {
      this.#stream.end();
      return false;
    }
    this.#pipe = pipe;
    pipe.handler = this;
    const { remoteHost } = this.#stream;
    if (remoteHost !== undefined) info.properties['Peer-Address'] = remoteHost;
    pipe.announcePeer(info);
    // The socket may have refused the peer.
    if (this.#hasEnded()) return false;
    this.#outflow.open(pipe);
    // That of the handshake. Who called goes on to arm the next.
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Infinity;
    return true;
  }

  message(message: Multipart): boolean {
    const pipe = this.#pipe!;
    if (pipe.write(message, pipe.countsBytes ? this.#connection.takePinned() : 0)) return !pipe.full;
    return this.#thrownAway(pipe);
  }

  get room(): number {
    return this.#pipe!.room;
  }

  run(run: FrameRun): boolean {
    const pipe = this.#pipe!;
    if (pipe.writeRun(run, this.#connection.takePinned())) return !pipe.full;
    return this.#thrownAway(pipe);
  }

  failed(failure: ConnectionFailure): void {
    const { error } = failure;
    this.#refused = failure.kind !== 'timeout';
    const code = 'code' in error ? String(error.code) : 'ETIMEDOUT';
    this.#reason = { code, message: error.message, cause: error, counter: counterOfFailure(failure) };
    if (failure.handshaking && failure.silent !== true) this.#reportHandshakeFailure(failure);
    this.#state = 'ending';
    if (!this.#outflow.endWithLastWords()) this.#stream.destroy();
  }

  /** In a turn of its own: it is called from wherever something was decided. */
  readonly #wake = (): void => process.nextTick(() => this.#goOn());

  #goOn(): void {
    if (this.#state === 'ending' || this.#state === 'closed' || this.#paused) return;
    this.#pump();
    this.#armTimer();
  }

  // ── from the pipe ──

  onReadable(): void {
    keepPolling(this.#host.options.busyPollMicroseconds);
    this.#outflow.schedule();
  }

  onFull(): void {
    this.#outflow.gather();
  }

  /**
   * One batch, if the stream takes it. libzmq's I/O thread has written by then what was
   * sent right before a close without linger.
   */
  onHandOver(): void {
    if (this.#state === 'open') this.#outflow.flush();
  }

  /** The socket hung up: who has not read all by then misses the rest. */
  onDeliveryLimit(_end: PipeEnd, limitMs: number): void {
    this.#limit = this.#host.clock.setTimer(limitMs, () => this.destroy(closedByUs));
  }

  /** The reader made room, or will never read again: goes on with what was left undecoded. */
  onWritable(): void {
    if (this.#paused && this.#state === 'open') this.#resumeReading();
  }

  /** The socket closed its end and all it had sent is written or with the stream. */
  onClosed(_end: PipeEnd, reason: CloseReason, dropped: boolean): void {
    if (this.#state === 'closed') return;
    this.#reason ??= reason;
    this.#state = 'ending';
    const unsent = this.#stream.pendingBytes > 0 || this.#outflow.holds;
    if (dropped && unsent) this.#stream.destroy();
    // It may be the outflow's own read that found the pipe at its end: it has still to write what it took.
    if (this.#closedBehind === undefined) this.#outflow.end();
    else this.closed(this.#closedBehind.error);
  }

  onHiccup(): void {}
  onPeer(): void {}
  onPeerGone(): void {}

  // ── inwards ──

  #pump(): void {
    // Reading in the sink may open the pipe while we are in here: the outer call goes on by itself.
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      // Also before the first message: the mark may have been lowered since the last.
      if (this.#pipe !== undefined && !this.#pipe.writable && this.#pipe.open) {
        this.#pauseReading();
        break;
      }
      const stopped = this.#connection.drain(this);
      // Also what came before a failure in the same chunk: it is queued, and its reader sleeps.
      this.#pipe?.flush();
      if (!stopped || this.#state !== 'open') break;
    }
    this.#pumping = false;
    if (this.#connection.hasOutput) this.#outflow.flush();
  }

  #pauseReading(): void {
    this.#paused = true;
    this.#stream.pause();
    this.#connection.suspend(this.#host.clock.now());
  }

  #resumeReading(): void {
    this.#paused = false;
    this.#connection.resume(this.#host.clock.now());
    this.#pump();
    if (!this.#paused) {
      if (this.#closedBehind === undefined) this.#stream.resume();
      else this.closed(this.#closedBehind.error);
    }
    this.#armTimer();
  }

  /** Past the mark: an end must not be lost because there is no room for it. */
  #passFarewell(): void {
    const { farewell } = this.#connection;
    if (farewell !== undefined && this.#pipe?.writeAlways(farewell) === true) this.#pipe.flush();
  }

  /** Of what a call in between may have changed. */
  #hasEnded(): boolean {
    return this.#state === 'ending';
  }

  /**
   * A full pipe is not offered more. A closed one takes nothing: while its socket
   * lingers, what comes is thrown away, so that PINGs are answered and the end is seen.
   */
  #thrownAway(pipe: PipeEnd): boolean {
    if (pipe.open) throw new Error('a message was decoded for a full pipe');
    return this.#state === 'open';
  }

  // ── time ──

  /** One timer for the connection's next deadline. A deadline that moves away does not touch it. */
  #armTimer(): void {
    const { deadline } = this.#connection;
    if (this.#state === 'closed' || deadline >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = deadline;
    const delay = Math.max(0, deadline - this.#host.clock.now());
    this.#timer = this.#host.clock.setTimer(delay, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerAt = Infinity;
    // What the peer says is not read any more, so its silence means nothing.
    if (this.#state === 'ending') return;
    const now = this.#host.clock.now();
    if (now >= this.#connection.deadline) this.#connection.tick(now, this);
    if (this.#connection.hasOutput) this.#outflow.flush();
    this.#armTimer();
  }

  /** From the outflow. */
  unwritten(): void {
    const { clock, options } = this.#host;
    this.#stall ??= new WriteStall(clock, options.writeStallMs, this.#stream, () => this.#endStalled());
    this.#stall.watch();
  }

  /** Also after our own end: who lingers for a peer that does not read learns why it was in vain. */
  #endStalled(): void {
    const { writeStallMs } = this.#host.options;
    const message = `the peer took nothing of what was to be written to it for ${writeStallMs} ms (writeStallTimeout)`;
    if (this.#reason === undefined || this.#reason.code === closedByUs.code)
      this.#reason = { code: 'ETIMEDOUT', message, counter: 'writeStallTimeout' };
    this.#stream.destroy();
  }

  // ── events ──

  #reportHandshakeFailure(failure: ConnectionFailure): void {
    const { error } = failure;
    const common = { ...this.#place, error, reason: error };
    this.#reported = true;
    if (failure.kind === 'protocol') this.#host.emit({ type: 'handshake:error:protocol', ...common });
    else if (failure.kind === 'authentication')
      this.#host.emit({ type: 'handshake:error:auth', status: failure.status ?? 0, ...common });
    else this.#host.emit({ type: 'handshake:error:other', ...common });
  }

  /** "disconnect" is told of every connection that we did not end ourselves; of a failure one event has the reason. */
  #reportEnd(reason: CloseReason, handshaking: boolean): void {
    if (reason.code === closedByUs.code) return;
    const error = errorOf(reason);
    const { socketType } = this.#host.options;
    const established = this.wasOpen;
    const counter = reason.counter ?? (handshaking ? 'handshakeLost' : 'lost');
    countEnded(counter, () => ({ socketType, ...this.#place, established, error }));
    const place = { ...this.#place, fd: this.#stream.fd };
    if (handshaking) this.#host.emit({ type: 'handshake:error:other', ...this.#place, error, reason: error });
    const told = handshaking || this.#reported;
    this.#host.emit(told ? { type: 'disconnect', ...place } : { type: 'disconnect', ...place, reason: error });
  }
}

function lossReason(error: NodeJS.ErrnoException | undefined, handshaking: boolean): CloseReason {
  if (error !== undefined) return { code: error.code ?? 'ECONNRESET', message: error.message, cause: error };
  const when = handshaking ? ' before the handshake was done' : '';
  return { code: 'ECONNRESET', message: `the peer closed the connection${when}` };
}
