import { type CounterName, socketClosed, socketOpened } from '../foundation/diagnostics.js';
import { ZmqError } from '../foundation/errors.js';
import { type CloseReason, closedByUs, type PeerInfo } from '../foundation/peer-info.js';
import { isRaw, type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import type { Pattern, PatternOptions } from '../patterns/pattern.js';
import { createPattern } from '../patterns/pattern-table.js';
import { createPipe, type PipeEnd, type PipeHandler } from '../pipe/pipe.js';
import { packing } from '../session/session-host.js';
import type { HighWaterMark } from '../pipe/high-water-mark.js';
import type { SessionEvent } from '../session/session-event.js';
import type { ContextCore, ContextMember } from './context-core.js';
import { type ConnectOptions, Endpoints, type PipeOrigin, type SocketSide } from './endpoints.js';
import { EventHub } from './event-hub.js';
import { defaultOptions, type OptionName, type OptionValues } from './option-table.js';
import { Peer, PeerBook } from './peer.js';
import { Receiver } from './receiver.js';
import { SecurityChoice } from './security-choice.js';
import { Sender } from './sender.js';
import { Watchers } from './watchers.js';

/** With `conflate`, where subscriptions go the other way: those are all kept. */
const conflatedWay: Partial<Record<SocketTypeName, 'outward' | 'inward'>> = { PUB: 'outward', SUB: 'inward' };

/** What the user may have set to be called by. */
export type Pin = 'messages' | 'peers' | 'subscriptions' | 'events' | 'proxy';

/** Who has a socket to itself: a proxy. */
export interface Occupant {
  /** The socket is to be closed, or (with an error) its context was shut down: it must be vacated before this returns. */
  leave(error: ZmqError | undefined): void;
}

/**
 * A running socket: joins its pattern with the pipes of its endpoints and with
 * those who send and receive. It is the handler of all its pipes, so it sees every
 * change first, tells the pattern, and then lets waiting operations try again.
 */
export class SocketCore implements PipeHandler, SocketSide, ContextMember {
  readonly type: SocketTypeName;
  readonly context: ContextCore;
  readonly options: OptionValues;
  readonly security = new SecurityChoice();
  readonly pattern: Pattern;
  readonly peers = new PeerBook();
  readonly endpoints: Endpoints;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly events = new EventHub();
  readonly watchers = new Watchers();
  /** Those who wait for this socket by other ways than its sender and receiver; called when its context is shut down. */
  readonly onShutdown = new Set<(error: ZmqError) => void>();

  #state: 'open' | 'occupied' | 'shut down' | 'closing' | 'closed' = 'open';
  #occupant: Occupant | undefined;
  #blockedBy = 0;
  /** See `pin`. */
  readonly #pins = new Map<Pin, object>();

  /** Throws EMFILE when the context has no room. */
  constructor(context: ContextCore, type: SocketTypeName) {
    context.join(this);
    this.type = type;
    this.context = context;
    this.options = defaultOptions(type);
    this.options.ipv6 = context.options.ipv6;
    if (!context.options.blocky) this.options.linger = 0;
    this.pattern = createPattern(type, {
      options: this.options satisfies PatternOptions,
      random: context.random,
      refusePeer: (end, reason, counter) => this.refuse(end, refusal(reason, counter)),
      hangUp: (end) => this.#hangUp(end),
    });
    this.endpoints = new Endpoints(this);
    const { clock, keepAlive } = context;
    const inTurn = type === 'REQ' || type === 'REP';
    this.sender = new Sender(
      this.pattern,
      this.options,
      clock,
      keepAlive,
      this.watchers,
      inTurn ? () => this.receiver.retry() : undefined,
    );
    this.receiver = new Receiver(this.pattern, this.options, clock, keepAlive, this.watchers, inTurn, () =>
      this.sender.retry(),
    );
    socketOpened(this);
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Whether it may be used: neither closed, nor to be closed, nor shut down with its context. */
  get usable(): boolean {
    return this.#state === 'open';
  }

  get shutDown(): boolean {
    return this.#state === 'shut down';
  }

  /** A bind or unbind is under way. */
  get blocked(): boolean {
    return this.#blockedBy > 0;
  }

  /** Throws EBADF when the socket is closed, ETERM when its context was shut down, EBUSY while a proxy has it. */
  assertOpen(): void {
    if (this.#state === 'open') return;
    if (this.#state === 'occupied') throw blockedError(' (a proxy has it until it ends)');
    throw this.#state === 'shut down' ? shutDownError() : new ZmqError('EBADF');
  }

  /** Throws EBADF, or EBUSY while a bind or unbind is under way: what zeromq.js refuses then. */
  assertUsable(): void {
    this.assertOpen();
    if (this.#blockedBy > 0) throw blockedError();
  }

  /** Throws what `assertUsable` does, and EBUSY while somebody sends or receives. */
  assertIdle(): void {
    this.assertUsable();
    if (this.sender.busy) throw new ZmqError('EBUSY', 'writing; a send operation is in progress');
    if (this.receiver.busy)
      throw new ZmqError('EBUSY', 'reading; a receive operation is in progress, or a sink is set');
  }

  /** Gives an idle socket to one who alone may use it. */
  occupy(occupant: Occupant): void {
    this.#state = 'occupied';
    this.#occupant = occupant;
  }

  vacate(): void {
    this.#occupant = undefined;
    if (this.#state === 'occupied') this.#state = 'open';
  }

  async bind(endpoint: string): Promise<void> {
    await this.#blocking(() => this.endpoints.bind(endpoint));
  }

  async unbind(endpoint: string): Promise<void> {
    await this.#blocking(async () => this.endpoints.unbind(endpoint));
  }

  bindSync(endpoint: string): void {
    this.#blockingNow(() => this.endpoints.bindSync(endpoint));
  }

  unbindSync(endpoint: string): void {
    this.#blockingNow(() => this.endpoints.unbind(endpoint));
  }

  connect(endpoint: string, options?: ConnectOptions): void {
    this.endpoints.connect(endpoint, options);
  }

  disconnect(endpoint: string): void {
    this.endpoints.disconnect(endpoint);
  }

  /** Ends one connection from our side. If we had dialled it, it is not dialled again. */
  disconnectPeer(peer: Peer): void {
    const end = Peer.pipeOf(peer);
    if (end !== undefined) this.endPipe(end, closedByUs, 0);
  }

  /** Idempotent. While a bind or unbind is under way, it is done when that has settled. */
  close(): void {
    this.#occupant?.leave(undefined);
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    if (this.#blockedBy === 0) this.#closeNow();
  }

  /** Connections stay, and what is queued goes out, until it is closed. A bind that is under way is not cut short. */
  shutdown(): void {
    const error = shutDownError();
    this.#occupant?.leave(error);
    if (this.#state === 'open') this.#state = 'shut down';
    this.sender.shutdown(error);
    this.receiver.shutdown(error);
    for (const tell of this.onShutdown) tell(error);
    this.watchers.tell?.();
  }

  /**
   * Keeps the api object (or, with `undefined`, lets go of it): who is called by it may
   * have no other reference to it, and a socket that is collected is closed. Nothing
   * else here may refer to it, but for those who wait.
   */
  pin(what: Pin, owner: object | undefined): void {
    if (owner === undefined) this.#pins.delete(what);
    else this.#pins.set(what, owner);
  }

  setOption<Name extends OptionName>(name: Name, value: OptionValues[Name]): void {
    this.options[name] = value;
    this.security.optionSet(name, this.options);
    if (name.includes('HighWaterMark')) {
      for (const end of this.endpoints.pipes()) end.setMarks(this.sendMark, this.receiveMark);
    }
  }

  // ── for endpoints ──

  get sendMark(): HighWaterMark {
    return { messages: this.options.sendHighWaterMark, bytes: this.options.sendHighWaterMarkBytes };
  }

  get receiveMark(): HighWaterMark {
    return { messages: this.options.receiveHighWaterMark, bytes: this.options.receiveHighWaterMarkBytes };
  }

  openPipe(handler: PipeHandler, origin: PipeOrigin): PipeEnd {
    const conflate = origin.conflate && (conflatedWay[this.type] ?? true);
    const [own, theirs] = createPipe({
      outward: this.sendMark,
      inward: this.receiveMark,
      conflate,
      // Packed are the frames of ZMTP.
      keepOutward: isRaw(this.type) ? 'copied' : packing,
    });
    theirs.handler = handler;
    this.attach(own, origin);
    return theirs;
  }

  attach(end: PipeEnd, { pipes, dialed, connectRoutingId, notes, hello }: PipeOrigin): void {
    end.handler = this;
    end.notes = notes;
    this.endpoints.remember(end, pipes);
    if (hello !== undefined && end.writeAlways(hello)) end.flush();
    this.pattern.attach(end, { dialed, connectRoutingId });
    // Only sending: what waits in it is read when `onPeer` has told whose it is.
    if (this.#state !== 'closed') this.sender.retry();
  }

  emit(event: SessionEvent): void {
    this.events.emit(event);
  }

  /** Ends a pipe from the socket's side. What it holds still goes out, unless `linger` is 0. */
  endPipe(end: PipeEnd, reason: CloseReason, linger: number): void {
    this.#forget(end, reason);
    end.close(reason, linger === 0);
    this.#changed();
  }

  /** Ends a pipe from the socket's side, but what was received through it can still be read. */
  retirePipe(end: PipeEnd, reason: CloseReason, linger: number): void {
    end.retire(reason, linger === 0);
  }

  // ── from the pipes ──

  onReadable(end: PipeEnd): void {
    this.pattern.readable(end);
    this.receiver.retry();
  }

  onWritable(end: PipeEnd): void {
    this.pattern.writable(end);
    this.sender.retry();
  }

  onHiccup(end: PipeEnd): void {
    this.pattern.hiccup(end);
    this.#changed();
  }

  onPeer(end: PipeEnd, info: PeerInfo, epoch: number): void {
    const objection = this.pattern.peerReady(end, info);
    if (objection !== undefined) {
      this.refuse(end, refusal(objection));
      return;
    }
    const routingId = this.pattern.routingIdOf?.(end) ?? info.routingId;
    this.peers.join(end, new Peer(end, epoch, info, routingId));
    this.#changed();
  }

  onPeerGone(end: PipeEnd, reason: CloseReason): void {
    this.#peerLeft(end, reason);
  }

  onClosed(end: PipeEnd, reason: CloseReason): void {
    this.#forget(end, reason);
    this.#changed();
  }

  /** Closes a pipe whose peer the pattern does not take; its session tells the reason in an event. */
  refuse(end: PipeEnd, reason: CloseReason): void {
    this.#forget(end, reason);
    end.close(reason, true);
  }

  /** Without a word to those who wait: it comes from within a send, which may be the one that waits. */
  #hangUp(end: PipeEnd): void {
    const { linger } = this.options;
    this.#forget(end, closedByUs);
    // A `linger` of 0 is for the end of the socket: what was sent before a hang-up is still for its peer, as in libzmq.
    if (linger > 0) end.limitDelivery(linger);
    end.close(closedByUs);
  }

  #forget(end: PipeEnd, reason: CloseReason): void {
    this.pattern.detach(end);
    this.endpoints.forget(end);
    this.#peerLeft(end, reason);
  }

  #peerLeft(end: PipeEnd, reason: CloseReason): void {
    const peer = end.label;
    this.peers.leave(end, reason);
    if (peer instanceof Peer) this.sender.peerLeft(peer);
  }

  #changed(): void {
    if (this.#state === 'closed') return;
    this.sender.retry();
    this.receiver.retry();
  }

  async #blocking(operation: () => Promise<void>): Promise<void> {
    this.#blockedBy++;
    try {
      await operation();
    } finally {
      this.#unblock();
    }
  }

  /** Who is told of it may close the socket, and is not to see it half bound. */
  #blockingNow(operation: () => void): void {
    this.#blockedBy++;
    try {
      operation();
    } finally {
      this.#unblock();
    }
  }

  #unblock(): void {
    this.#blockedBy--;
    if (this.#blockedBy === 0 && this.#state === 'closing') this.#closeNow();
  }

  #closeNow(): void {
    this.sender.close();
    this.receiver.close();
    this.#state = 'closed';
    this.#pins.clear();
    socketClosed(this);
    this.watchers.tell?.();
    const { linger } = this.options;
    this.context.startLinger(this, linger !== 0);
    this.endpoints.close(linger, () => {
      this.context.endLinger(this);
      this.events.emit({ type: 'end' });
    });
  }

  /** What this socket tells an inproc peer of itself. */
  describe(address: string): PeerInfo {
    const { routingId, metadata } = this.options;
    const properties: Record<string, string> = { 'Socket-Type': this.type, ...metadata };
    if (socketTypes[this.type].announcesRoutingId) {
      properties['Identity'] = routingId?.toString() ?? '';
      if (routingId !== null) properties['Routing-Id'] = routingId.toString();
    }
    return { socketType: this.type, routingId: routingId ?? undefined, address, properties };
  }
}

function refusal(message: string, counter: CounterName = 'pattern'): CloseReason {
  return { code: 'EPROTO', message, counter };
}

function blockedError(why = ''): ZmqError {
  return new ZmqError('EBUSY', `blocked by a bind or unbind operation${why}`);
}

function shutDownError(): ZmqError {
  return new ZmqError('ETERM', 'the socket can only be closed');
}
