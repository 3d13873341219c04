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
import type { SessionHost } from '../session/session-host.js';
import { parseEndpoint } from '../transport/endpoint.js';
import type { PipeMember } from '../transport/transport.js';
import type { ContextCore } from './context-core.js';
import { EndpointBook, type EndpointEntry } from './endpoint-book.js';
import type { OptionValues } from './option-table.js';
import { asMessage, peerNotes } from './peer-notes.js';
import { sessionOptions } from './session-options.js';

export interface ConnectOptions {
  /** ROUTER, STREAM: the name under which messages reach this peer, from now on and before it is connected. 1–255 bytes. */
  readonly routingId?: string;
}

/** What the pipes of one endpoint have in common, by the options as they were at its bind or connect. */
export interface PipeOrigin {
  readonly pipes: Set<PipeEnd>;
  readonly dialed: boolean;
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
  readonly closed: boolean;
  readonly sendMark: HighWaterMark;
  readonly receiveMark: HighWaterMark;
  openPipe(handler: PipeHandler, origin: PipeOrigin): PipeEnd;
  attach(end: PipeEnd, origin: PipeOrigin): void;
  endPipe(end: PipeEnd, reason: CloseReason, linger: number): void;
  emit(event: SessionEvent): void;
  describe(address: string): PeerInfo;
}

/** libzmq ignores a second connect to the same endpoint for these types, but not over inproc; for the others it makes a second connection. */
const oneConnectionPerEndpoint: readonly SocketTypeName[] = ['DEALER', 'SUB', 'PUB', 'REQ'];

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

  async bind(text: string): Promise<void> {
    const { scheme, address } = parseEndpoint(text);
    const transport = this.#socket.context.transports.get(scheme, text);
    const pipes = new Set<PipeEnd>();
    if (transport.kind === 'pipe') {
      const binding = transport.bind(address, this.#member(pipes, address, false, undefined));
      this.#book.addBound(binding.endpoint, { pipes, link: { kind: 'binding', binding } });
      return;
    }
    const acceptor = await Acceptor.listen(this.#host(pipes, false, undefined), transport, address);
    this.#book.addBound(acceptor.endpoint, { pipes, link: { kind: 'acceptor', acceptor } });
  }

  async unbind(text: string): Promise<void> {
    const { scheme } = parseEndpoint(text);
    this.#socket.context.transports.get(scheme, text);
    await this.#end(this.#book.takeBound(text), -1);
  }

  connect(text: string, { routingId }: ConnectOptions = {}): void {
    this.connectAs(text, routingId === undefined ? undefined : checkRoutingId(routingId, text));
  }

  /** @param id by which the pattern knows the pipe */
  connectAs(text: string, id: Buffer | undefined): void {
    const { scheme, address } = parseEndpoint(text);
    const transport = this.#socket.context.transports.get(scheme, text);
    const pipes = new Set<PipeEnd>();
    if (transport.kind === 'pipe') {
      const binding = transport.connect(address, this.#member(pipes, address, true, id));
      const entry: EndpointEntry = { pipes, link: { kind: 'binding', binding } };
      // Who was told of the peer may have closed the socket.
      if (this.#socket.closed) void this.#end(entry, -1);
      else this.#book.addConnected(text, entry);
      return;
    }
    if (this.#book.connected.has(text) && oneConnectionPerEndpoint.includes(this.#socket.type)) return;
    const dialer = new Dialer(this.#host(pipes, true, id), transport, text, address);
    this.#book.addConnected(text, { pipes, link: { kind: 'dialer', dialer } });
    dialer.start();
  }

  disconnect(text: string): void {
    const { scheme } = parseEndpoint(text);
    this.#socket.context.transports.get(scheme, text);
    const { context, options } = this.#socket;
    const { linger } = options;
    const entry = this.#book.takeConnected(text);
    void this.#end(entry, linger);
    if (linger > 0 && this.#ending.has(entry))
      this.#ending.set(
        entry,
        context.clock.setTimer(linger, () => abort(entry)),
      );
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
    for (const entry of this.#book.takeAll()) void this.#end(entry, linger);
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
    else if (linger === 0) this.#ending.forEach((_timer, entry) => dropPending(entry));
  }

  /** Takes back one endpoint: no new connection, and what is open ends when its messages are out. */
  async #end(entry: EndpointEntry, linger: number): Promise<void> {
    const { link } = entry;
    let listening: Promise<void> | undefined;
    this.#ending.set(entry, undefined);
    // The address goes first: who is told that we are gone may look for us there at once.
    if (link.kind === 'acceptor') listening = link.acceptor.stopListening(closedByUs);
    else if (link.kind === 'binding') link.binding.close(closedByUs);
    // Over inproc what was sent is in the peer's queue already: no linger takes it back.
    const pipeLinger = link.kind === 'binding' ? -1 : linger;
    for (const end of entry.pipes) this.#socket.endPipe(end, closedByUs, pipeLinger);
    switch (link.kind) {
      case 'acceptor':
        link.acceptor.whenIdle(() => this.#ended(entry));
        break;
      case 'dialer':
        if (linger === 0 || this.#socket.options.immediate) link.dialer.stop(closedByUs);
        link.dialer.whenIdle(() => this.#ended(entry));
        break;
      case 'binding':
        this.#ended(entry);
        break;
    }
    if (linger === 0) dropPending(entry);
    await listening;
  }

  #ended(entry: EndpointEntry): void {
    this.#ending.get(entry)?.cancel();
    if (!this.#ending.delete(entry) || this.#ending.size > 0) return;
    this.#onEnded?.();
    this.#onEnded = undefined;
  }

  #host(pipes: Set<PipeEnd>, dialed: boolean, connectRoutingId: Buffer | undefined): SessionHost {
    const socket = this.#socket;
    const { context, type, options } = socket;
    const notes = peerNotes(options, dialed, true);
    const origin: PipeOrigin = { pipes, dialed, connectRoutingId, notes, hello: undefined };
    return {
      options: sessionOptions(type, options, context.options.maxMessageSize),
      clock: context.clock,
      random: context.random,
      batch: context.batch,
      openPipe: (handler) => socket.openPipe(handler, origin),
      emit: (event) => socket.emit(event),
    };
  }

  #member(pipes: Set<PipeEnd>, address: string, dialed: boolean, connectRoutingId: Buffer | undefined): PipeMember {
    const socket = this.#socket;
    const { options } = socket;
    const hello = asMessage(options.helloMessage);
    const origin: PipeOrigin = { pipes, dialed, connectRoutingId, notes: peerNotes(options, dialed, false), hello };
    return {
      sendMark: socket.sendMark,
      receiveMark: socket.receiveMark,
      conflate: options.conflate,
      info: socket.describe(address),
      attach: (end) => socket.attach(end, origin),
    };
  }
}

/** Nothing of what it has queued is waited for any more. */
function dropPending({ link }: EndpointEntry): void {
  if (link.kind === 'acceptor') link.acceptor.dropPending(closedByUs);
  else if (link.kind === 'dialer') link.dialer.dropPending(closedByUs);
}

function abort({ link }: EndpointEntry): void {
  const reason = { code: closedByUs.code, message: 'the linger time is over' };
  if (link.kind === 'acceptor') link.acceptor.abort(reason);
  else if (link.kind === 'dialer') link.dialer.abort(reason);
}

function checkRoutingId(id: string, endpoint: string): Buffer {
  const bytes = Buffer.from(id);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new ZmqError('EINVAL', `a routing id of ${bytes.length} bytes; it must have 1 to 255`, { address: endpoint });
  }
  return bytes;
}
