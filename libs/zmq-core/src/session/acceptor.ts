import { type CounterName, countRefused } from '../foundation/diagnostics.js';
import { ZmqError } from '../foundation/errors.js';
import type { CloseReason } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import type { ByteStream } from '../transport/byte-stream.js';
import { formatEndpoint } from '../transport/endpoint.js';
import type { ByteTransport, Listener, ListenSink } from '../transport/transport.js';
import { type PipeQueues, Session, type SessionOwner } from './session.js';
import type { SessionHost } from './session-host.js';

/** What an address is refused for before there is a socket of the system. */
const neverOpened: ReadonlySet<string> = new Set(['EINVAL', 'ENAMETOOLONG', 'ENODEV', 'ENOTSUP']);

/**
 * How long a handshake may hold a place of `maxConnections` that somebody else has come for: as
 * long as a callback of the ready `Authenticator` may think by default. If others came all the
 * time while it does, nobody would ever be done.
 */
const PATIENCE_MS = 10_000;

/** As what it is counted that somebody was not accepted, where it is not the system that failed. */
const acceptFailures = new Map<string | undefined, CounterName>([
  ['EACCES', 'tcpAcceptFilter'],
  ['ECONNRESET', 'handshakeLost'],
]);

/** A bound endpoint: one session for each stream that is accepted. */
export class Acceptor implements ListenSink, SessionOwner {
  readonly #host: SessionHost;
  #listener!: Listener;
  /** In the order in which they were accepted, with the address that counts. */
  readonly #sessions = new Map<Session, string | undefined>();
  /** Of each address that counts, the sessions that there are. */
  readonly #perAddress = new Map<string, number>();
  /** In the same order, with the time at which they were accepted. */
  readonly #handshaking = new Map<Session, number>();
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
      acceptor.#bindFailed(error, transport, address);
      throw error;
    }
    return acceptor.#bound();
  }

  /** `listen` at once. Throws ENOTSUP where the transport cannot, else as `ByteTransport.listenSync` does. */
  static listenSync(host: SessionHost, transport: ByteTransport, address: string): Acceptor {
    const acceptor = new Acceptor(host);
    try {
      if (transport.listenSync === undefined) {
        throw new ZmqError('ENOTSUP', `${transport.scheme}:// cannot be bound synchronously; await bind() instead`, {
          address: formatEndpoint(transport.scheme, address),
        });
      }
      acceptor.#listener = transport.listenSync(address, host.options, acceptor);
    } catch (error) {
      acceptor.#bindFailed(error, transport, address);
      throw error;
    }
    return acceptor.#bound();
  }

  #bound(): this {
    this.#host.emit({ type: 'bind', ...this.#place, fd: this.#listener.fd });
    return this;
  }

  #bindFailed(error: unknown, { scheme }: ByteTransport, address: string): void {
    if (!(error instanceof Error)) return;
    const endpoint = formatEndpoint(scheme, address);
    // libzmq closes what it had opened, and of tcp does not say what that was to be.
    const wasOpened = !(error instanceof ZmqError && neverOpened.has(error.code));
    const opened = scheme === 'ipc' ? endpoint : '';
    if (wasOpened) this.#host.emit({ type: 'close', address: opened, local: opened, fd: -1 });
    this.#host.emit({ type: 'bind:error', address: endpoint, local: endpoint, error, reason: error });
  }

  /** What waits in the queues of each connection, for statistics. */
  get queues(): PipeQueues[] {
    return [...this.#sessions.keys()].flatMap(({ queues }) => queues ?? []);
  }

  /** Of events of the listener. */
  get #place(): { address: string; local: string } {
    return { address: this.endpoint, local: this.endpoint };
  }

  get endpoint(): string {
    return this.#listener.endpoint;
  }

  /** See `Listener.alias`. */
  get alias(): string | undefined {
    return this.#listener.alias;
  }

  accepted(stream: ByteStream): void {
    const address = this.#host.options.maxConnectionsPerAddress > 0 ? stream.remoteHost : undefined;
    const breach = this.#breachOf(address);
    if (this.#stopping || breach !== undefined) {
      stream.open({ data: ignore, drained: ignore, closed: ignore });
      stream.destroy();
      if (!this.#stopping && breach !== undefined) this.#refused(...breach);
      return;
    }
    const { local, remote } = stream.ends;
    // Of a wildcard it is the address that the peer came to, as in libzmq.
    const place = { address: local || this.endpoint, local: local || this.endpoint, remote };
    const session = new Session(this.#host, this, place, stream);
    this.#sessions.set(session, address);
    if (address !== undefined) this.#perAddress.set(address, this.#countOf(address) + 1);
    this.#makeRoomForHandshake();
    this.#handshaking.set(session, this.#host.clock.now());
    // Ours before anybody is told of it: a listener may stop us.
    this.#host.emit({ type: 'accept', ...place, fd: stream.fd });
    session.start();
  }

  acceptFailed(error: NodeJS.ErrnoException): void {
    this.#refused(acceptFailures.get(error.code) ?? 'acceptFailed', error);
  }

  pipeFor(session: Session): PipeEnd | undefined {
    this.#handshaking.delete(session);
    return this.#stopping ? undefined : this.#host.openPipe(session);
  }

  ended(session: Session, reason: CloseReason): void {
    this.#handshaking.delete(session);
    this.#forget(session);
    session.releasePipe(reason);
    if (this.#sessions.size === 0) this.#onIdle?.();
  }

  /** Frees the address. Peers that are connected stay; handshakes that are under way are given up. */
  stopListening(reason: CloseReason): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const session of this.#handshaking.keys()) session.destroy(reason);
    const error = this.#listener.close();
    if (error === undefined) this.#host.emit({ type: 'close', ...this.#place, fd: this.#listener.fd });
    else this.#host.emit({ type: 'close:error', ...this.#place, error, reason: error });
  }

  /** Calls back, once, when no session is left. */
  whenIdle(idle: () => void): void {
    if (this.#sessions.size === 0) idle();
    else this.#onIdle = idle;
  }

  /** Ends what is left at once. */
  abort(reason: CloseReason): void {
    for (const session of this.#sessions.keys()) session.destroy(reason);
  }

  /**
   * Connections that there are. One that is gone counts as long as its messages are unread: who
   * comes again and again would else leave as much as he likes in queues that have a limit each.
   */
  get #held(): number {
    return Math.max(this.#sessions.size, this.#handshaking.size + this.#host.heldPipes);
  }

  #countOf(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }

  /** Why nobody else may come in, or nobody else of the address. If it is only for handshakes that have had their time, there is room. */
  #breachOf(address: string | undefined): [CounterName, Error] | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#host.options;
    const held = this.#held;
    const isAddressFull = address !== undefined && this.#countOf(address) >= maxConnectionsPerAddress;
    if (held >= maxConnections && (isAddressFull || !this.#giveUpOverdue(held)))
      return ['maxConnections', new ZmqError('EMFILE', `there are ${held} connections already (maxConnections)`)];
    if (!isAddressFull) return undefined;
    const message = `${address} has ${maxConnectionsPerAddress} connections already (maxConnectionsPerAddress)`;
    return ['maxConnectionsPerAddress', new ZmqError('EMFILE', message)];
  }

  #forget(session: Session): void {
    const address = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (address === undefined) return;
    const left = this.#countOf(address) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }

  #refused(counter: CounterName, error: Error): void {
    const { socketType } = this.#host.options;
    countRefused(counter, () => ({ socketType, address: this.endpoint, error }));
    this.#host.emit({ type: 'accept:error', ...this.#place, error, reason: error });
  }

  /** A flood of connections that never shake hands costs the oldest of them, not our memory. */
  #makeRoomForHandshake(): void {
    const { maxHandshakes } = this.#host.options;
    if (this.#handshaking.size < maxHandshakes) return;
    const [oldest] = this.#handshaking.keys();
    if (oldest !== undefined)
      this.#giveUp(oldest, `more than ${maxHandshakes} handshakes are under way (maxHandshakes)`);
  }

  /** As many as there are places, who connect and say nothing, would else keep all others out. False when there is nobody to give up. */
  #giveUpOverdue(held: number): boolean {
    const [oldest] = this.#handshaking;
    if (oldest === undefined) return false;
    const [session, since] = oldest;
    if (this.#host.clock.now() - since < PATIENCE_MS) return false;
    this.#giveUp(session, `there are ${held} connections (maxConnections), and one more came`);
    return true;
  }

  #giveUp(session: Session, why: string): void {
    // Now, not when its stream is closed: of those who come in one turn each takes the place of another.
    this.#handshaking.delete(session);
    session.destroy({
      code: 'ETIMEDOUT',
      counter: 'maxHandshakes',
      message: `${why}; the oldest handshake was given up`,
    });
  }
}

function ignore(): void {}
