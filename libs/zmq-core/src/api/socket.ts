import type { SocketTypeName } from '../foundation/socket-type.js';
import { ZmqError } from '../foundation/errors.js';
import type { ConnectOptions } from '../socket/endpoints.js';
import { type Peer, type PeerSink } from '../socket/peer.js';
import { readOnlyOptions } from '../socket/read-only-options.js';
import { Monitor, type MonitorType } from '../socket/monitor.js';
import type { MonitorVersion } from '../socket/monitor-frames.js';
import { SocketCore } from '../socket/socket-core.js';
import { type Context, context as defaultContext, coreOfContext } from './context.js';
import { checkMonitor } from './monitor.js';
import { Observer } from './observer.js';

let insideOf: (socket: Socket) => SocketCore;

/** The running socket behind an api object. For `api/` only. */
export function coreOf(socket: Socket): SocketCore {
  return insideOf(socket);
}

/** Like `coreOf`, for operations: throws EBADF on a closed socket, EBUSY while a bind is under way. */
export function usableCoreOf(socket: Socket): SocketCore {
  const core = insideOf(socket);
  core.assertUsable();
  return core;
}

/**
 * For what is ours alone: throws EBADF on a closed socket, but goes on while a bind
 * is under way. A sink that answers must not fail because its socket binds once more.
 */
export function openCoreOf(socket: Socket): SocketCore {
  const core = insideOf(socket);
  core.assertOpen();
  return core;
}

/** Closes sockets that nobody can reach any more. A socket in use is held by its core, see `SocketCore.pin`. */
const unreachable = new FinalizationRegistry<SocketCore>((core) => core.close());

/**
 * What all sockets have. Options are properties: `socket.linger = 0`, or as the
 * constructor's argument. The object is sealed: a misspelt option throws.
 *
 * A socket that nobody can reach any more is closed by the garbage collector, with its
 * `linger`. One that waits (`send`, `receive`, …) or has somebody to tell (`onMessage`,
 * `onPeer`, listeners of events) stays.
 */
export abstract class Socket {
  // Private fields, and not a WeakMap: this is looked up for every message.
  readonly #core: SocketCore;
  readonly #context: Context;
  #observer: Observer | undefined;
  #monitor: Monitor | undefined;

  static {
    insideOf = (socket) => socket.#core;
  }

  constructor(type: SocketTypeName, options: { context?: Context } = {}) {
    if (typeof options !== 'object' || options === null) throw new TypeError('Options must be an object');
    const { context = defaultContext, ...rest } = options;
    this.#core = new SocketCore(coreOfContext(context), type);
    this.#context = context;
    Object.seal(this);
    unreachable.register(this, this.#core);
    try {
      Object.assign(this, rest);
    } catch (error) {
      this.#core.close();
      throw error;
    }
  }

  /**
   * Listens on an endpoint: `tcp://*:5555`, `tcp://127.0.0.1:*` (any free port, then
   * `lastEndpoint` tells it), `ipc:///path`, `inproc://name`.
   * Rejects with a `ZmqError` that has `code` and `address`: EADDRINUSE, EADDRNOTAVAIL,
   * EINVAL, ENODEV, EPROTONOSUPPORT, …
   */
  bind(endpoint: string): Promise<void> {
    return usableCoreOf(this).bind(checkEndpoint(endpoint));
  }

  /**
   * `bind` that is done when it returns: the same endpoints, events and errors, thrown.
   * A host name, or a socket file that is there already, makes the thread wait until
   * they were asked. ENOTSUP on a runtime without what Node has for it.
   */
  bindSync(endpoint: string): void {
    usableCoreOf(this).bindSync(checkEndpoint(endpoint));
  }

  /**
   * Stops listening. The connections that came through it end when their messages are
   * out, at the latest after `linger` milliseconds; what was received through them can
   * still be read. Over inproc they stay. Takes the endpoint as `lastEndpoint` told it,
   * or, without a wildcard, as it was bound. Rejects with ENOENT for any other.
   */
  unbind(endpoint: string): Promise<void> {
    return usableCoreOf(this).unbind(checkEndpoint(endpoint));
  }

  /** `unbind` that is done when it returns; errors are thrown. */
  unbindSync(endpoint: string): void {
    usableCoreOf(this).unbindSync(checkEndpoint(endpoint));
  }

  /** Connects now or as soon as somebody listens there, and again after every loss. Throws EINVAL, EPROTONOSUPPORT. */
  connect(endpoint: string): void;
  connect(endpoint: string, options: ConnectOptions): void;
  connect(endpoint: string, options?: ConnectOptions): void {
    if (options !== undefined && !takesConnectOptions.includes(this.#core.type))
      throw new TypeError('Expected 1 argument but received 2');
    usableCoreOf(this).connect(checkEndpoint(endpoint), options);
  }

  /**
   * Takes back every `connect` to the endpoint. What was sent is still delivered, for
   * at most `linger` milliseconds; what was received and not read is dropped. Throws
   * ENOENT for an endpoint that was not connected.
   */
  disconnect(endpoint: string): void {
    usableCoreOf(this).disconnect(checkEndpoint(endpoint));
  }

  /**
   * Closes the socket. Idempotent. A pending `send` or `receive` is settled (normally
   * with EAGAIN). What was sent is still delivered in the background, for at most
   * `linger` milliseconds.
   */
  close(): void {
    this.#core.close();
  }

  /** What happens to endpoints and connections, from the first use of this property on. */
  get events(): Observer {
    if (this.#core.closed) throw new ZmqError('ENOTSOCK');
    this.#observer ??= new Observer(this.#core, this);
    return this.#observer;
  }

  /**
   * Publishes the socket's events as messages on `inproc://` at this endpoint, in the
   * frames of libzmq's `zmq_socket_monitor`, for readers that know those; `socket.events`
   * is the same as objects. Read it with a `Pair`. Ends the monitor that there was;
   * `null` only ends it. The last message, also when the socket is closed, is MONITOR_STOPPED.
   *
   * Version 1: the event's number (16 bits) and value (32 bits) in one frame, and the
   * endpoint. Version 2: the number, how many values, each value (64 bits each), our end,
   * the other end. All numbers are in the byte order of the machine.
   *
   * Nobody waits for the reader. Of what it does not read, 1,000 events are kept; the
   * others are lost and counted (`droppedEvents`).
   *
   * @param mask which events, a sum of `monitorEvents`; by default all of the version
   * @param type read `PUB` by a `Subscriber` (in version 2 the topic is the event's number), `PUSH` by a `Pull`
   * @throws EPROTONOSUPPORT for another transport, EADDRINUSE, EMFILE (it is one more socket
   *   of the context), EINVAL for the mask, version or type
   */
  monitor(endpoint: string | null, mask?: number, version: MonitorVersion = 1, type: MonitorType = 'PAIR'): void {
    const core = this.#core;
    if (core.closed) throw new ZmqError('ENOTSOCK');
    if (core.shutDown) core.assertOpen();
    const options = endpoint === null ? undefined : checkMonitor(core, endpoint, mask, version, type);
    this.#monitor?.stop();
    this.#monitor = undefined;
    if (options !== undefined) this.#monitor = new Monitor(core, options);
  }

  /**
   * Makes the monitor tell how many messages wait in the two queues of each connection, on
   * the way out and in (PIPES_STATS). Throws EINVAL without a monitor of version 2 that has
   * it in its mask, EAGAIN without connections.
   */
  pipesStats(): void {
    if (this.#core.closed) throw new ZmqError('ENOTSOCK');
    if (this.#monitor === undefined) throw new ZmqError('EINVAL', 'the socket has no monitor; call monitor() first');
    this.#monitor.tellQueues();
  }

  /** Events that the present monitor has lost because nobody read them in time. */
  get droppedEvents(): number {
    return this.#monitor?.dropped ?? 0;
  }

  get context(): Context | undefined {
    return this.#core.closed ? undefined : this.#context;
  }

  get closed(): boolean {
    return this.#core.closed;
  }

  /** Whether `receive` would give a message at once. */
  get readable(): boolean {
    const core = this.#core;
    return core.usable && core.pattern.canReceive();
  }

  /** Whether `send` would be done at once. */
  get writable(): boolean {
    const core = this.#core;
    return core.usable && core.pattern.canSend();
  }

  /** libzmq's number of the socket type. Also after `close`, unlike the options. */
  get type(): number {
    return readOnlyOptions.type(this.#core);
  }

  /**
   * The endpoint that was bound or connected last, wildcards resolved:
   * `tcp://127.0.0.1:46001`. Also after `close`, unlike the options.
   */
  get lastEndpoint(): string | null {
    return readOnlyOptions.lastEndpoint(this.#core);
  }

  /** What the endpoints that are bound or connected next speak, by the options: `'plain'`, `'curve'`, or `null` for NULL, the mechanism without security. */
  get securityMechanism(): 'plain' | 'curve' | null {
    return readOnlyOptions.securityMechanism(this.#core);
  }

  /** Whether libzmq allows it to be used by several threads: the draft types. Here every socket belongs to its thread. */
  get threadSafe(): boolean {
    return readOnlyOptions.threadSafe(this.#core);
  }

  /** Messages that this socket's pattern has dropped since it was made: no room, nobody there, or malformed. */
  get dropped(): number {
    return this.#core.pattern.dropped;
  }

  /** The peers that are connected now. */
  get peers(): readonly Peer[] {
    return [...this.#core.peers.all];
  }

  /** The peer, where there can be but one (PAIR), or the first of `peers`. */
  get peer(): Peer | undefined {
    const [first] = this.#core.peers.all;
    return first;
  }

  /** Tells of peers that come and go, from now on. One sink at a time; `undefined` takes it away. */
  onPeer(sink: PeerSink | undefined): void {
    const core = this.#core;
    core.peers.sink = sink;
    if (!core.closed) core.pin('peers', sink && this);
  }

  /** Ends the connection to one peer; what is queued for it is dropped. Nothing happens if it is gone already. */
  disconnectPeer(peer: Peer): void {
    openCoreOf(this).disconnectPeer(peer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** Those that can name the peer they connect to. */
const takesConnectOptions: readonly SocketTypeName[] = ['ROUTER', 'STREAM'];

/** For `api/` only. */
export function checkEndpoint(endpoint: unknown): string {
  if (typeof endpoint !== 'string') throw new TypeError('Address must be a string');
  return endpoint;
}
