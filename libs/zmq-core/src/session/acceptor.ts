import { ZmqError } from '../foundation/errors.js';
import type { CloseReason } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import type { ByteStream } from '../transport/byte-stream.js';
import type { ByteTransport, Listener, ListenSink } from '../transport/transport.js';
import { Session, type SessionOwner } from './session.js';
import type { SessionHost } from './session-host.js';

/** A bound endpoint: one session for each stream that is accepted. */
export class Acceptor implements ListenSink, SessionOwner {
  readonly #host: SessionHost;
  #listener!: Listener;
  /** In the order in which they were accepted. */
  readonly #sessions = new Set<Session>();
  readonly #handshaking = new Set<Session>();
  #onIdle: (() => void) | undefined;
  #stopping = false;

  private constructor(host: SessionHost) {
    this.#host = host;
  }

  /** Rejects as `ByteTransport.listen` does, after a `bind:error` event. */
  static async listen(host: SessionHost, transport: ByteTransport, address: string): Promise<Acceptor> {
    const acceptor = new Acceptor(host);
    try {
      acceptor.#listener = await transport.listen(address, host.options, acceptor);
    } catch (error) {
      if (error instanceof Error) host.emit({ type: 'bind:error', address, error, reason: error });
      throw error;
    }
    host.emit({ type: 'bind', address: acceptor.endpoint });
    return acceptor;
  }

  get endpoint(): string {
    return this.#listener.endpoint;
  }

  accepted(stream: ByteStream): void {
    if (this.#stopping || this.#sessions.size >= this.#host.options.maxConnections) {
      stream.open({ data: ignore, drained: ignore, closed: ignore });
      stream.destroy();
      if (!this.#stopping)
        this.acceptFailed(
          new ZmqError('EMFILE', `there are ${this.#sessions.size} connections already (maxConnections)`),
        );
      return;
    }
    const session = new Session(this.#host, this, this.endpoint, stream);
    this.#sessions.add(session);
    this.#makeRoomForHandshake();
    this.#handshaking.add(session);
    // Ours before anybody is told of it: a listener may stop us.
    this.#host.emit({ type: 'accept', address: this.endpoint });
    session.start();
  }

  acceptFailed(error: Error): void {
    this.#host.emit({ type: 'accept:error', address: this.endpoint, error, reason: error });
  }

  pipeFor(session: Session): PipeEnd | undefined {
    this.#handshaking.delete(session);
    return this.#stopping ? undefined : this.#host.openPipe(session);
  }

  ended(session: Session, reason: CloseReason): void {
    this.#handshaking.delete(session);
    this.#sessions.delete(session);
    session.releasePipe(reason);
    if (this.#sessions.size === 0) this.#onIdle?.();
  }

  /** Frees the address. Peers that are connected stay; handshakes that are under way are given up. */
  async stopListening(reason: CloseReason): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const session of this.#handshaking) session.destroy(reason);
    const closed = this.#listener.close();
    this.#host.emit({ type: 'close', address: this.endpoint });
    await closed;
  }

  /** Calls back, once, when no session is left. */
  whenIdle(idle: () => void): void {
    if (this.#sessions.size === 0) idle();
    else this.#onIdle = idle;
  }

  /** Ends at once what has still something to send; the others are ending in good order. */
  dropPending(reason: CloseReason): void {
    for (const session of this.#sessions) session.dropPending(reason);
  }

  /** Ends what is left at once. */
  abort(reason: CloseReason): void {
    for (const session of this.#sessions) session.destroy(reason);
  }

  /** A flood of connections that never shake hands costs the oldest of them, not our memory. */
  #makeRoomForHandshake(): void {
    if (this.#handshaking.size < this.#host.options.maxHandshakes) return;
    const [oldest] = this.#handshaking;
    oldest?.destroy({
      code: 'ETIMEDOUT',
      message: `more than ${this.#host.options.maxHandshakes} handshakes are under way (maxHandshakes); the oldest was given up`,
    });
  }
}

function ignore(): void {}
