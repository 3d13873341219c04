import { ZmqError } from '../foundation/errors.js';
import type { Timer } from '../foundation/clock.js';
import { type CloseReason, closedByUs, type PeerInfo } from '../foundation/peer-info.js';
import type { Multipart } from '../foundation/multipart.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import type { HighWaterMark } from '../pipe/high-water-mark.js';
import type { PipeEnd, PipeHandler, PipeNotes } from '../pipe/pipe.js';
import { Acceptor } from '../session/acceptor.js';
import { Dialer } from '../session/dialer.js';
import type { SessionEvent } from '../session/session-event.js';
import type { PipeQueues } from '../session/session.js';
import type { SessionHost } from '../session/session-host.js';
import { parseEndpoint } from '../transport/endpoint.js';
import type { PipeMember, PipeTransport, Transport } from '../transport/transport.js';
import type { ContextCore } from './context-core.js';
import { EndpointBook, type EndpointEntry } from './endpoint-book.js';
import type { OptionValues } from './option-table.js';
import { asMessage, peerNotes } from './peer-notes.js';
import type { SecurityChoice } from './security-choice.js';
import { sessionOptions } from './session-options.js';

export interface ConnectOptions {
  /** ROUTER, STREAM: the name under which messages reach this peer, from now on and before it is connected. 1–255 bytes. */
  readonly routingId?: string | Buffer;
}

/** What the pipes of one endpoint have in common, by the options as they were at its bind or connect. */
export interface PipeOrigin {
  readonly pipes: Set<PipeEnd>;
  readonly dialed: boolean;
  readonly conflate: boolean;
  readonly connectRoutingId: Buffer | undefined;
  readonly notes: PipeNotes | undefined;
  /** The first message to each peer; `undefined` where the connections say it (`helloMessage`). */
  readonly hello: Multipart | undefined;
}

/** What endpoints need of their socket. */
export interface SocketSide {
  readonly type: SocketTypeName;
  readonly context: ContextCore;
  readonly options: OptionValues;
  readonly security: SecurityChoice;
  readonly closed: boolean;
  readonly sendMark: HighWaterMark;
  readonly receiveMark: HighWaterMark;
  openPipe(handler: PipeHandler, origin: PipeOrigin): PipeEnd;
  attach(end: PipeEnd, origin: PipeOrigin): void;
  endPipe(end: PipeEnd, reason: CloseReason, linger: number): void;
  retirePipe(end: PipeEnd, reason: CloseReason, linger: number): void;
  emit(event: SessionEvent): void;
  describe(address: string): PeerInfo;
}

/** libzmq ignores a second connect to the same endpoint for these types, but not over inproc; for the others it makes a second connection. */
const oneConnectionPerEndpoint: readonly SocketTypeName[] = ['DEALER', 'SUB', 'PUB', 'REQ'];

/** Transports that only some socket types speak. */
const typesOfScheme: ReadonlyMap<string, readonly string[]> = new Map([['udp', ['RADIO', 'DISH', 'DGRAM']]]);

/** Binds, connects, and takes both back. */
export class Endpoints {
  readonly #socket: SocketSide;
  readonly #book = new EndpointBook();
  /** The endpoint's set in which each pipe is. */
  readonly #setOf = new Map<PipeEnd, Set<PipeEnd>>();
  /** Endpoints that were given up and still end their connections, each with the limit of its own linger. */
  readonly #ending = new Map<EndpointEntry, Timer | undefined>();
  #onEnded: (() => void) | undefined;

  constructor(socket: SocketSide) {
    this.#socket = socket;
  }

  get last(): string | null {
    return this.#book.last;
  }

  get count(): number {
    return this.#book.size;
  }

  pipes(): Iterable<PipeEnd> {
    return this.#setOf.keys();
  }

  /** How much waits in the queues of each connection. Over inproc libzmq names neither end. */
  queues(): PipeQueues[] {
    return this.#book.all().flatMap(({ link, pipes }) => {
      if (link.kind === 'acceptor') return link.acceptor.queues;
      if (link.kind === 'dialer') return link.dialer.queues;
      return [...pipes].map((end) => ({ local: '', remote: '', outbound: end.pending, inbound: end.queued }));
    });
  }

  async bind(text: string): Promise<void> {
    const { transport, address } = this.#locate(text);
    const pipes = new Set<PipeEnd>();
    if (transport.kind === 'pipe') this.#bindPipe(transport, address, pipes);
    else this.#addAcceptor(await Acceptor.listen(this.#host(pipes, false, undefined), transport, address), pipes);
  }

  /** `bind` that is done when it returns. ENOTSUP where the transport or the runtime cannot. */
  bindSync(text: string): void {
    const { transport, address } = this.#locate(text);
    const pipes = new Set<PipeEnd>();
    if (transport.kind === 'pipe') this.#bindPipe(transport, address, pipes);
    else this.#addAcceptor(Acceptor.listenSync(this.#host(pipes, false, undefined), transport, address), pipes);
  }

  unbind(text: string): void {
    this.#locate(text);
    for (const entry of this.#book.takeBound(text)) this.#takeBack(entry);
  }

  connect(text: string, { routingId }: ConnectOptions = {}): void {
    this.connectAs(text, routingId === undefined ? undefined : checkRoutingId(routingId, text));
  }

  /** @param id by which the pattern knows the pipe */
  connectAs(text: string, id: Buffer | undefined): void {
    const { transport, address } = this.#locate(text);
    const pipes = new Set<PipeEnd>();
    if (transport.kind === 'pipe') {
      const binding = transport.connect(address, this.#member(pipes, address, true, id));
      const entry: EndpointEntry = { pipes, link: { kind: 'connecter', binding } };
      // Who was told of the peer may have closed the socket.
      if (this.#socket.closed) this.#end(entry, -1);
      else this.#book.addConnected(text, entry);
      return;
    }
    if (this.#book.isConnected(text) && oneConnectionPerEndpoint.includes(this.#socket.type)) return;
    const givenUp = (): void => this.#book.removeConnected(text, entry);
    const dialer = new Dialer(this.#host(pipes, true, id), transport, text, address, givenUp);
    const entry: EndpointEntry = { pipes, link: { kind: 'dialer', dialer } };
    this.#book.addConnected(text, entry);
    dialer.start();
  }

  disconnect(text: string): void {
    this.#locate(text);
    for (const entry of this.#book.takeConnected(text)) this.#takeBack(entry);
  }

  remember(end: PipeEnd, pipes: Set<PipeEnd>): void {
    pipes.add(end);
    this.#setOf.set(end, pipes);
  }

  forget(end: PipeEnd): void {
    this.#setOf.get(end)?.delete(end);
    this.#setOf.delete(end);
  }

  /** Ends everything. `ended` is called when all was delivered, or when `linger` milliseconds are over. */
  close(linger: number, ended: () => void): void {
    const { clock } = this.#socket.context;
    for (const entry of this.#book.takeAll()) this.#end(entry, linger);
    // Of endpoints that were taken back before.
    for (const end of this.#setOf.keys()) this.#socket.endPipe(end, closedByUs, -1);
    if (this.#ending.size === 0) {
      ended();
      return;
    }
    let timer: Timer | undefined;
    this.#onEnded = () => {
      timer?.cancel();
      ended();
    };
    // Also what an earlier `disconnect` or `unbind` has left to deliver.
    if (linger > 0) timer = clock.setTimer(linger, () => this.#ending.forEach((_timer, entry) => abort(entry)));
    else if (linger === 0) this.#ending.forEach((_timer, entry) => abort(entry));
  }

  /** The transport that an endpoint is for. Throws EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO. */
  #locate(text: string): { transport: Transport; address: string } {
    const { scheme, address } = parseEndpoint(text);
    const { type, context } = this.#socket;
    const types = typesOfScheme.get(scheme);
    if (types !== undefined && !types.includes(type)) {
      throw new ZmqError('ENOCOMPATPROTO', `${scheme}:// is for ${types.join(', ')}, this is a ${type}`, {
        address: text,
      });
    }
    return { transport: context.transports.get(scheme, text), address };
  }

  #bindPipe(transport: PipeTransport, address: string, pipes: Set<PipeEnd>): void {
    const binding = transport.bind(address, this.#member(pipes, address, false, undefined));
    this.#book.addBound(binding.endpoint, { pipes, link: { kind: 'binder', binding } });
  }

  #addAcceptor(acceptor: Acceptor, pipes: Set<PipeEnd>): void {
    this.#book.addBound(acceptor.endpoint, { pipes, link: { kind: 'acceptor', acceptor } }, acceptor.alias);
  }

  /** For `unbind` and `disconnect`: what the socket's `linger` allows is still delivered. */
  #takeBack(entry: EndpointEntry): void {
    const { link } = entry;
    // Its connections are the peers' too, and stay, as in libzmq.
    if (link.kind === 'binder') {
      link.binding.close(closedByUs);
      return;
    }
    const { context, options } = this.#socket;
    const { linger } = options;
    this.#end(entry, linger, link.kind === 'acceptor');
    if (link.kind === 'dialer') link.dialer.disconnected();
    if (linger > 0 && this.#ending.has(entry)) {
      const timer = context.clock.setTimer(linger, () => abort(entry));
      this.#ending.set(entry, timer);
    }
  }

  /**
   * Ends one endpoint: no new connection, and what is open ends when its messages are out.
   * @param keepsReceived what was received through it is still there for the socket
   */
  #end(entry: EndpointEntry, linger: number, keepsReceived = false): void {
    const { link } = entry;
    const socket = this.#socket;
    this.#ending.set(entry, undefined);
    // The address goes first: who is told that we are gone may look for us there at once.
    if (link.kind === 'acceptor') link.acceptor.stopListening(closedByUs);
    else if (link.kind !== 'dialer') link.binding.close(closedByUs);
    // Over inproc what was sent is in the peer's queue already: no linger takes it back.
    const pipeLinger = link.kind === 'binder' || link.kind === 'connecter' ? -1 : linger;
    for (const end of entry.pipes) {
      if (pipeLinger === 0) end.handOver();
      if (keepsReceived) socket.retirePipe(end, closedByUs, pipeLinger);
      else socket.endPipe(end, closedByUs, pipeLinger);
    }
    switch (link.kind) {
      case 'acceptor':
        link.acceptor.whenIdle(() => this.#ended(entry));
        break;
      case 'dialer':
        if (linger === 0 || link.dialer.immediate) link.dialer.stop(closedByUs);
        link.dialer.whenIdle(() => this.#ended(entry));
        break;
      default:
        this.#ended(entry);
    }
    if (linger === 0) abort(entry);
  }

  #ended(entry: EndpointEntry): void {
    this.#ending.get(entry)?.cancel();
    if (!this.#ending.delete(entry) || this.#ending.size > 0) return;
    this.#onEnded?.();
    this.#onEnded = undefined;
  }

  #host(pipes: Set<PipeEnd>, dialed: boolean, connectRoutingId: Buffer | undefined): SessionHost {
    const socket = this.#socket;
    const { context, type, options, security } = socket;
    // While the stream is opened and greetings are exchanged.
    if (security.mechanism === 'CURVE') context.crypto.load();
    const { conflate } = options;
    const notes = peerNotes(options, dialed, true);
    const origin: PipeOrigin = { pipes, dialed, conflate, connectRoutingId, notes, hello: undefined };
    return {
      options: sessionOptions(type, options, security, context.options.maxMessageSize),
      clock: context.clock,
      random: context.random,
      batch: context.batch,
      authenticator: context.authenticator,
      crypto: context.crypto,
      get heldPipes() {
        return pipes.size;
      },
      openPipe: (handler) => socket.openPipe(handler, origin),
      emit: (event) => socket.emit(event),
    };
  }

  #member(pipes: Set<PipeEnd>, address: string, dialed: boolean, connectRoutingId: Buffer | undefined): PipeMember {
    const socket = this.#socket;
    const { options } = socket;
    const { conflate } = options;
    const hello = asMessage(options.helloMessage);
    const notes = peerNotes(options, dialed, false);
    const origin: PipeOrigin = { pipes, dialed, conflate, connectRoutingId, notes, hello };
    return {
      sendMark: socket.sendMark,
      receiveMark: socket.receiveMark,
      conflate,
      info: socket.describe(address),
      attach: (end) => socket.attach(end, origin),
    };
  }
}

/** Nothing of what it has queued is waited for any more. */
function abort({ link }: EndpointEntry): void {
  if (link.kind === 'acceptor') link.acceptor.abort(closedByUs);
  else if (link.kind === 'dialer') link.dialer.abort(closedByUs);
}

function checkRoutingId(id: string | Buffer, endpoint: string): Buffer {
  const bytes = Buffer.from(id);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new ZmqError('EINVAL', `a routing id of ${bytes.length} bytes; it must have 1 to 255`, { address: endpoint });
  }
  return bytes;
}
