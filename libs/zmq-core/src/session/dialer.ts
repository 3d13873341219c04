import type { Timer } from '../foundation/clock.js';
import { countRefused } from '../foundation/diagnostics.js';
import { ZmqError } from '../foundation/errors.js';
import { type CloseReason, closedByUs } from '../foundation/peer-info.js';
import type { PipeEnd, PipeHandler } from '../pipe/pipe.js';
import type { ByteStream } from '../transport/byte-stream.js';
import type { ByteTransport, Dial, DialSink } from '../transport/transport.js';
import { ReconnectPolicy, reconnectStops } from './reconnect-policy.js';
import { type PipeQueues, Session, type SessionOwner } from './session.js';
import type { SessionHost } from './session-host.js';

/**
 * A connected endpoint: dials, hands the stream to a session, and dials again when
 * that ended. Its pipe is made at once and outlives connections; with `immediate`
 * each connection has a pipe of its own.
 *
 *     dialling ── connected ──▶ in session ── lost ──▶ waiting ──▶ dialling …
 *        └─ failed, and no second try ──▶ dormant: what is queued stays, nobody dials
 *     in session ── lost, and no second try ──▶ stopped, and given up: the pipe is closed
 */
export class Dialer implements DialSink, SessionOwner, PipeHandler {
  readonly endpoint: string;

  readonly #host: SessionHost;
  readonly #transport: ByteTransport;
  readonly #address: string;
  readonly #policy: ReconnectPolicy;
  readonly #onGivenUp: () => void;
  #pipe: PipeEnd | undefined;
  #dial: Dial | undefined;
  #session: Session | undefined;
  #timer: Timer | undefined;
  /** When what is still to be delivered is given up. */
  #limit: Timer | undefined;
  #stopped = false;
  #dormant = false;
  #onIdle: (() => void) | undefined;

  /**
   * Throws as `ByteTransport.checkDial` does.
   * @param onGivenUp `reconnectInterval` or `reconnectStop` ended it: the endpoint is none any more
   */
  constructor(
    host: SessionHost,
    transport: ByteTransport,
    endpoint: string,
    address: string,
    onGivenUp: () => void = () => {},
  ) {
    transport.checkDial(address, host.options);
    this.endpoint = endpoint;
    this.#host = host;
    this.#transport = transport;
    this.#address = address;
    this.#policy = new ReconnectPolicy(host.options, host.random);
    this.#onGivenUp = onGivenUp;
  }

  start(): void {
    if (!this.#host.options.immediate) {
      const pipe = this.#host.openPipe(this);
      // The pattern may have refused it at once.
      if (!this.#stopped) this.#pipe = pipe;
    }
    if (!this.#stopped) this.#tryOnce();
  }

  /** As it was at the connect: nothing is queued for connections to come. */
  get immediate(): boolean {
    return this.#host.options.immediate;
  }

  /** Calls back, once, when nothing is connected, queued or under way any more. Close its pipe, or `stop`, first. */
  whenIdle(idle: () => void): void {
    this.#onIdle = idle;
    // What is queued will never go.
    if (this.#dormant) this.#giveUp(closedByUs);
    else this.#checkIdle();
  }

  /** No new connection. What is queued for the present one still goes. */
  stop(reason: CloseReason): void {
    this.#stopped = true;
    const gaveUp = this.#dial !== undefined;
    this.#cancelDial();
    if (gaveUp) this.#host.emit({ type: 'close', ...this.#place, fd: -1 });
    if (this.#session?.isHandshaking) this.#session.destroy(reason);
  }

  /** After `disconnect`. Without `reconnectStop` it goes on dialling for what is queued. */
  disconnected(): void {
    if (!this.#stopsWhen('disconnected')) return;
    this.stop(closedByUs);
    this.#checkIdle();
  }

  abort(reason: CloseReason): void {
    this.stop(reason);
    this.#session?.destroy(reason);
    this.#pipe?.close(reason);
    this.#pipe = undefined;
    this.#checkIdle();
  }

  /** What waits in the queues of its pipe, for statistics. */
  get queues(): PipeQueues[] {
    const pipe = this.#pipe;
    if (pipe === undefined) return [];
    return [
      this.#session?.queues ?? { local: '', remote: this.endpoint, outbound: pipe.queued, inbound: pipe.pending },
    ];
  }

  // ── from the transport ──

  connected(stream: ByteStream): void {
    this.#cancelDial();
    this.#policy.reset();
    const place = { address: this.endpoint, local: stream.ends.local, remote: this.endpoint };
    const session = new Session(this.#host, this, place, stream);
    // Ours before anybody is told of it: a listener may stop us.
    this.#session = session;
    this.#host.emit({ type: 'connect', ...place, fd: stream.fd });
    session.start();
  }

  failed(error: NodeJS.ErrnoException): void {
    this.#cancelDial();
    // Node has closed it before it tells of the failure, and does not show its descriptor any more.
    this.#host.emit({ type: 'close', ...this.#place, fd: -1, reason: error });
    if (this.#stopped) return;
    if (error.code === 'ECONNREFUSED' && this.#stopsWhen('refused')) {
      this.#giveUp({ code: error.code, message: 'nobody listens there, and reconnectStop says not to try again' });
    } else if (!this.#retry(this.#policy.next())) {
      this.#dormant = true;
      if (this.#onIdle !== undefined) this.#giveUp(closedByUs);
    }
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
    const { immediate } = this.#host.options;
    const goesOn = this.#goesOnAfter(session, reason, refused);
    if (immediate || !goesOn) {
      session.releasePipe(reason);
      this.#pipe = undefined;
      if (!goesOn) pipe?.close(reason);
    } else if (pipe !== undefined) {
      pipe.handler = this;
      if (session.wasOpen) pipe.hiccup(reason);
      // The socket may have closed its end while the session was handshaking, or in the hiccup.
      if (!pipe.open && pipe.queued === 0) this.#pipe = undefined;
    }
    if (!goesOn || !(immediate || this.#pipe !== undefined)) this.#stopped = true;
    else if (!this.#retry(refused ? this.#policy.longest() : this.#policy.next()) && !this.#stopped) {
      const message = `the connection was lost, and reconnectInterval says not to try again`;
      this.#giveUp({ code: 'ECONNREFUSED', message });
    }
    this.#checkIdle();
  }

  #goesOnAfter(session: Session, reason: CloseReason, refused: boolean): boolean {
    if (this.#stopped || reason.code === closedByUs.code) return false;
    if (!session.wasOpen && this.#stopsWhen('handshakeFailed')) return false;
    return !refused || this.#host.options.reconnectAfterRefusal;
  }

  // ── from the pipe, while no session has it ──

  /** The socket closed its end and nothing is left to send: no need to connect any more. */
  onClosed(_end: PipeEnd, reason: CloseReason): void {
    this.#pipe = undefined;
    this.stop(reason);
    this.#checkIdle();
  }

  onDeliveryLimit(_end: PipeEnd, limitMs: number): void {
    this.#limit = this.#host.clock.setTimer(limitMs, () => this.abort(closedByUs));
  }

  onReadable(): void {}
  onWritable(): void {}
  onHiccup(): void {}
  onPeer(): void {}
  onPeerGone(): void {}

  #tryOnce(): void {
    if (this.#isOverfull) {
      this.#refuse();
      return;
    }
    const { connectTimeoutMs, handshakeMs, socksProxy } = this.#host.options;
    // The system ends a connect that takes too long, but nobody a proxy that says nothing.
    const isLimited = connectTimeoutMs > 0 || socksProxy === undefined;
    const [limitMs, option] = isLimited ? [connectTimeoutMs, 'connectTimeout'] : [handshakeMs, 'handshakeInterval'];
    if (this.#transport.dialsSlowly) this.#host.emit({ type: 'connect:delay', ...this.#place });
    if (this.#stopped) return;
    if (limitMs > 0) {
      const message = `no connection within ${limitMs} ms (${option})`;
      this.#timer = this.#host.clock.setTimer(limitMs, () =>
        this.failed(new ZmqError('ETIMEDOUT', message, { address: this.endpoint })),
      );
    }
    this.#dial = this.#transport.dial(this.#address, this.#host.options, this);
  }

  /**
   * Each connection has a queue of its own, and those that are gone are unread: a server that says
   * something and hangs up, again and again, would leave as much as it likes. The acceptor has the same rule.
   */
  get #isOverfull(): boolean {
    const { immediate, maxConnections } = this.#host.options;
    return immediate && this.#host.heldPipes >= maxConnections;
  }

  #refuse(): void {
    const message = `the messages of ${this.#host.heldPipes} connections to it are unread (maxConnections)`;
    const error = new ZmqError('EMFILE', message, { address: this.endpoint });
    const { socketType } = this.#host.options;
    countRefused('maxConnections', () => ({ socketType, address: this.endpoint, error }));
    this.failed(error);
  }

  /** False when there is to be no other try. */
  #retry(delay: number | undefined): boolean {
    if (delay === undefined) return false;
    this.#host.emit({ type: 'connect:retry', ...this.#place, interval: delay });
    if (!this.#stopped) this.#timer = this.#host.clock.setTimer(delay, () => this.#tryOnce());
    return true;
  }

  /** Of events while there is no connection. */
  get #place(): { address: string; remote: string } {
    return { address: this.endpoint, remote: this.endpoint };
  }

  #stopsWhen(condition: keyof typeof reconnectStops): boolean {
    return (this.#host.options.reconnectStop & reconnectStops[condition]) !== 0;
  }

  /** Its messages go nowhere any more. */
  #giveUp(reason: CloseReason): void {
    this.#stopped = true;
    this.#pipe?.close(reason);
    this.#pipe = undefined;
    this.#onGivenUp();
    this.#checkIdle();
  }

  #cancelDial(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dial?.cancel();
    this.#dial = undefined;
  }

  #checkIdle(): void {
    if (!this.#stopped || this.#session !== undefined) return;
    this.#limit?.cancel();
    const idle = this.#onIdle;
    this.#onIdle = undefined;
    idle?.();
  }
}
