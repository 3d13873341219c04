import type { Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import { type CloseReason, closedByUs } from '../foundation/peer-info.js';
import type { PipeEnd, PipeHandler } from '../pipe/pipe.js';
import type { ByteStream } from '../transport/byte-stream.js';
import type { ByteTransport, Dial, DialSink } from '../transport/transport.js';
import { ReconnectPolicy } from './reconnect-policy.js';
import { Session, type SessionOwner } from './session.js';
import type { SessionHost } from './session-host.js';

/**
 * A connected endpoint: dials, hands the stream to a session, and dials again when
 * that ended. Its pipe is made at once and outlives connections; with `immediate`
 * each connection has a pipe of its own.
 */
export class Dialer implements DialSink, SessionOwner, PipeHandler {
  readonly endpoint: string;

  readonly #host: SessionHost;
  readonly #transport: ByteTransport;
  readonly #address: string;
  readonly #policy: ReconnectPolicy;
  #pipe: PipeEnd | undefined;
  #dial: Dial | undefined;
  #session: Session | undefined;
  #timer: Timer | undefined;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  /** Throws as `ByteTransport.checkDial` does. */
  constructor(host: SessionHost, transport: ByteTransport, endpoint: string, address: string) {
    transport.checkDial(address, host.options);
    this.endpoint = endpoint;
    this.#host = host;
    this.#transport = transport;
    this.#address = address;
    this.#policy = new ReconnectPolicy(host.options, host.random);
  }

  start(): void {
    if (!this.#host.options.immediate) {
      const pipe = this.#host.openPipe(this);
      // The pattern may have refused it at once.
      if (!this.#stopped) this.#pipe = pipe;
    }
    if (!this.#stopped) this.#tryOnce();
  }

  /** Calls back, once, when nothing is connected, queued or under way any more. Close its pipe, or `stop`, first. */
  whenIdle(idle: () => void): void {
    this.#onIdle = idle;
    this.#checkIdle();
  }

  /** No new connection. What is queued for the present one still goes. */
  stop(reason: CloseReason): void {
    this.#stopped = true;
    this.#cancelDial();
    if (this.#session?.isHandshaking) this.#session.destroy(reason);
  }

  /** Ends at once, unless it is ending in good order with nothing left to send. */
  dropPending(reason: CloseReason): void {
    if (this.#session === undefined) this.abort(reason);
    else this.#session.dropPending(reason);
  }

  abort(reason: CloseReason): void {
    this.stop(reason);
    this.#session?.destroy(reason);
    this.#pipe?.close(reason);
    this.#pipe = undefined;
    this.#checkIdle();
  }

  // ── from the transport ──

  connected(stream: ByteStream): void {
    this.#cancelDial();
    this.#policy.reset();
    const session = new Session(this.#host, this, this.endpoint, stream);
    // Ours before anybody is told of it: a listener may stop us.
    this.#session = session;
    this.#host.emit({ type: 'connect', address: this.endpoint });
    session.start();
  }

  failed(error: NodeJS.ErrnoException): void {
    this.#cancelDial();
    this.#host.emit({ type: 'close', address: this.endpoint, reason: error });
    this.#retry(this.#policy.next());
  }

  // ── from the session ──

  pipeFor(session: Session): PipeEnd | undefined {
    if (this.#host.options.immediate) {
      if (this.#stopped) return undefined;
      this.#pipe = this.#host.openPipe(session);
    }
    return this.#pipe;
  }

  ended(session: Session, reason: CloseReason, refused: boolean): void {
    this.#session = undefined;
    const pipe = this.#pipe;
    const byUs = reason.code === closedByUs.code;
    const goesOn = !this.#stopped && !byUs && (!refused || this.#host.options.reconnectAfterRefusal);
    if (this.#host.options.immediate || !goesOn) {
      session.releasePipe(reason);
      this.#pipe = undefined;
      if (!goesOn) pipe?.close(reason);
    } else if (pipe !== undefined) {
      pipe.handler = this;
      if (session.wasOpen) pipe.hiccup(reason);
      // The socket may have closed its end while the session was handshaking, or in the hiccup.
      if (!pipe.open && pipe.queued === 0) this.#pipe = undefined;
    }
    const mayDial = goesOn && (this.#host.options.immediate || this.#pipe !== undefined);
    if (mayDial) this.#retry(refused ? this.#policy.longest() : this.#policy.next());
    else this.#stopped = true;
    this.#checkIdle();
  }

  // ── from the pipe, while no session has it ──

  /** The socket closed its end and nothing is left to send: no need to connect any more. */
  onClosed(_end: PipeEnd, reason: CloseReason): void {
    this.#pipe = undefined;
    this.stop(reason);
    this.#checkIdle();
  }

  onReadable(): void {}
  onWritable(): void {}
  onHiccup(): void {}
  onPeer(): void {}
  onPeerGone(): void {}

  #tryOnce(): void {
    const { connectTimeoutMs } = this.#host.options;
    if (this.#transport.dialsSlowly) this.#host.emit({ type: 'connect:delay', address: this.endpoint });
    if (this.#stopped) return;
    if (connectTimeoutMs > 0) {
      this.#timer = this.#host.clock.setTimer(connectTimeoutMs, () => {
        this.failed(
          new ZmqError('ETIMEDOUT', `no connection within ${connectTimeoutMs} ms (connectTimeout)`, {
            address: this.endpoint,
          }),
        );
      });
    }
    this.#dial = this.#transport.dial(this.#address, this.#host.options, this);
  }

  #retry(delay: number | undefined): void {
    if (this.#stopped) return;
    if (delay === undefined) {
      this.#stopped = true;
      const reason = { code: 'ECONNREFUSED', message: `no connection, and reconnectInterval says not to try again` };
      this.#pipe?.close(reason);
      this.#pipe = undefined;
      this.#checkIdle();
      return;
    }
    this.#host.emit({ type: 'connect:retry', address: this.endpoint, interval: delay });
    if (this.#stopped) return;
    this.#timer = this.#host.clock.setTimer(delay, () => this.#tryOnce());
  }

  #cancelDial(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dial?.cancel();
    this.#dial = undefined;
  }

  #checkIdle(): void {
    if (!this.#stopped || this.#session !== undefined) return;
    const idle = this.#onIdle;
    this.#onIdle = undefined;
    idle?.();
  }
}
