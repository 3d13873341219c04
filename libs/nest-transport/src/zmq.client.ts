import type { Dealer, Publisher } from '@nest-zmq/core';
import { ClientProxy, type ReadPacket } from '@nestjs/microservices';
import { connectable, defer, Observable, Subject, type Subscriber } from 'rxjs';
import { CallClientChannel, type ZmqPing } from './channels/call-client.channel.js';
import type { EventPublisherChannel } from './channels/event-publisher.channel.js';
import { orClose } from './channels/socket.close.js';
import { listOf, maxPayloadSize } from './channels/socket.options.js';
import { DeadlineQueue } from './inflight/deadline.queue.js';
import { PendingCall, type ReplyCallback } from './inflight/pending.call.js';
import type { PendingCalls } from './inflight/pending.calls.js';
import type { ZmqServerInfo } from './inflight/server.link.js';
import { encodeEvent } from './packet/event.packet.js';
import { PayloadCodecs } from './packet/payload.codec.js';
import { classOf, ErrorLog } from './error.log.js';
import { LogLimiter } from './log.limiter.js';
import { ObserverGuard } from './observer.guard.js';
import { systemClock } from './zmq.clock.js';
import { type PeerLossReason, ZmqNoPeerError, ZmqOptionsError, ZmqPatternError } from './zmq.errors.js';
import { type ZmqClientEvents, ZmqListeners } from './zmq.events.js';
import { assertForAll, callAll, type Target } from './zmq.client.all.js';
import { type Channels, eventChannelOf, hasCalls, isUnused, openBoth } from './zmq.client.channels.js';
import { observeCall, withHeaders } from './zmq.client.observer.js';
import { deserializing, failing } from './zmq.client.replies.js';
import { clientStats, type ZmqClientStats } from './zmq.client.stats.js';
import { Instruments } from './zmq.instruments.js';
import { loggerOf, type ZmqLogger } from './zmq.logger.js';
import { checkClientOptions } from './zmq.options.check.js';
import type { ZmqClientOptions, ZmqPingOptions } from './zmq.options.js';
import { OutgoingPackets } from './zmq.outgoing.js';
import type { ZmqPeer } from './zmq.peer.js';
import { ZmqStatus } from './zmq.status.js';

/** The sockets of a client, for what this class does not offer. */
export interface ZmqClientSockets {
  readonly calls: Dealer | undefined;
  readonly events: Publisher | undefined;
}

/**
 * The Nest client. It is connected to all servers of `connect` (or to all that dial
 * its `bind`) and picks the server of each call itself, in turn.
 *
 * - `send()` is cold: each subscription is a call, and unsubscribing cancels it at
 *   the server. It settles always: values, then completion or one error, within
 *   `requestTimeout` of the last value.
 * - `emit()` is hot: it publishes at once, subscribed or not.
 *
 * Errors of a call: what the handler threw, as Nest's other clients give it, or
 * `ZmqTimeoutError`, `ZmqNoPeerError`, `ZmqPeerLostError`, `ZmqClosedError`,
 * `ZmqMalformedError`, `ZmqCodecError`, `ZmqPatternError`. A call is never sent
 * twice: after `ZmqPeerLostError` it may or may not have been run.
 *
 * @example
 * const client = new ZmqClient({ connect: ['tcp://10.0.0.1:5555', 'tcp://10.0.0.2:5555'] });
 * const sum = await firstValueFrom(client.send<number>('sum', [1, 2, 3]));
 */
export class ZmqClient extends ClientProxy<ZmqClientEvents> {
  protected readonly logger: ZmqLogger;

  readonly #options: ZmqClientOptions;
  readonly #codecs: PayloadCodecs;
  readonly #outgoing: OutgoingPackets;
  readonly #deadlines: DeadlineQueue;
  readonly #listeners: ZmqListeners<ZmqClientEvents>;
  readonly #instruments: Instruments | undefined;
  readonly #log: LogLimiter;
  readonly #errors: ErrorLog;
  #channels: Channels | undefined;
  #connecting: Promise<void> | undefined;
  /** Until all sockets that were given up are closed. */
  #closing: Promise<void> = Promise.resolve();
  /** Numbers the packets that go through Nest's serializers. */
  #packets = 0;

  /** @throws ZmqOptionsError that names the bad key */
  constructor(options: ZmqClientOptions) {
    super();
    checkClientOptions(options);
    const { clock = systemClock } = options;
    this.#options = options;
    this.logger = loggerOf(options.logger, ZmqClient.name);
    this.#log = new LogLimiter(clock, (message) => this.logger.error(message));
    this.#errors = new ErrorLog(this.#log, this.logger);
    this.#instruments = Instruments.of(options.peerName, options, clock, this.#errors);
    this.#listeners = new ZmqListeners(this.#errors);
    this.#codecs = new PayloadCodecs(options.codec, maxPayloadSize(options));
    this.#outgoing = new OutgoingPackets(this.#codecs, options.serializer, options.deadline);
    this.#deadlines = new DeadlineQueue(clock);
  }

  /**
   * `connected` with the first server, `disconnected` with the loss of the last and with `close()`. These are the
   * servers of its calls; of a client without an endpoint for calls, its subscribers.
   */
  // Not the base class's type parameter: with it `customClass: ZmqClient` would not compile.
  override get status(): Observable<ZmqStatus> {
    return super.status as Observable<ZmqStatus>;
  }

  /**
   * Resolves after the handshake with `minPeers` servers (1 for a client that connects)
   * and, with `events.connect`, with one subscriber; for a client that binds, once it is
   * bound. Calls and events connect by themselves; this is for who wants to know.
   * Idempotent; a failure is not remembered, and it waits anew once the last of either kind is lost.
   * After a `close()` a client that binds listens again once its peers were given what it had written, or `linger` is over.
   * @throws ZmqNoPeerError after `connectTimeout`
   * @throws ZmqError an endpoint cannot be opened, for example EADDRINUSE
   */
  connect(): Promise<void> {
    if (this.#connecting !== undefined) return this.#connecting;
    const connecting = this.#connect();
    this.#connecting = connecting;
    connecting.catch(() => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    });
    return connecting;
  }

  /**
   * Fails what is pending with `ZmqClosedError`, cancels it at the servers, and closes
   * all sockets. Idempotent, also before `connect()`; of several that overlap all resolve
   * when the last socket is closed. A later call connects anew.
   */
  close(): Promise<void> {
    const channels = this.#channels;
    this.#channels = undefined;
    this.#connecting = undefined;
    this.#listeners.clear();
    if (channels !== undefined) void this.#shut(channels);
    return this.#closing;
  }

  /**
   * A call. Cold: each subscription sends it anew.
   * @param pattern must not normalise to the empty string
   * @param data anything that the codec can encode, raw bytes, or a `ZmqRecord` with headers and a deadline
   */
  override send<TResult = unknown, TInput = unknown>(pattern: unknown, data: TInput): Observable<TResult> {
    if (isNil(pattern) || isNil(data)) return super.send<TResult, TInput>(pattern, data);
    return new Observable<TResult>((observer) =>
      this.publish(this.createPacket(pattern, data), this.#callback(observer)),
    );
  }

  /**
   * A call to each server that is connected when it is subscribed to, and not closing: what all of them answer, as it
   * comes. Completes when all have; fails with the first that fails, and cancels the others. Cold. When there is no
   * server, or fewer than `minPeers`, it waits for them as `connect()` does, inside its deadline.
   *
   * @example
   * const players = await lastValueFrom(client.sendToAll<number>('count', {}).pipe(reduce((all, each) => all + each)));
   */
  sendToAll<TResult = unknown, TInput = unknown>(pattern: unknown, data: TInput): Observable<TResult> {
    if (isNil(pattern) || isNil(data)) return super.send<TResult, TInput>(pattern, data);
    return defer(() => {
      assertForAll(data);
      const channel = this.#callChannel().calls;
      const since = this.#deadlines.now();
      return callAll<TResult>({
        channel,
        servers: Math.max(1, this.#options.minPeers ?? 1),
        deadlineMs: this.#outgoing.deadlineOf(data),
        startAt: (link) =>
          new Observable((observer) => {
            const packet = this.createPacket(pattern, data);
            return this.#start(packet, this.#callback(observer), channel.calls, { link, since });
          }),
      });
    });
  }

  /**
   * An event for every server that has a handler for it. Hot: it is published whether
   * or not the Observable is subscribed. Completes when the event was handed to the
   * socket; a server that is full misses it, which `stats()` counts.
   */
  override emit<TResult = unknown, TInput = unknown>(pattern: unknown, data: TInput): Observable<TResult> {
    if (isNil(pattern) || isNil(data)) return super.emit<TResult, TInput>(pattern, data);
    const source = defer(() => this.#dispatch<TResult>(() => this.createPacket(pattern, data)));
    const hot = connectable(source, { connector: () => new Subject<TResult>(), resetOnDisconnect: false });
    hot.connect();
    return hot;
  }

  /** As in Nest: called with each call and event before it is sent. A hook that throws fails it; what an asynchronous one rejects with is logged. */
  override setOnDispatchHook(hook: (packet: ReadPacket) => void): void {
    const guard = new ObserverGuard(this.#errors);
    super.setOnDispatchHook((packet) => guard.promised("Nest's dispatch hook", hook(packet)));
  }

  /** Kept until `close()`. */
  override on<TName extends keyof ZmqClientEvents>(event: TName, callback: ZmqClientEvents[TName]): void {
    this.#listeners.on(event, callback);
  }

  /** The sockets: `client.unwrap<ZmqClientSockets>()`. */
  unwrap<T = ZmqClientSockets>(): T {
    if (this.#channels === undefined) {
      throw new Error('Not initialized. Please call the "connect" method first.');
    }
    const { calls, events } = this.#channels;
    return { calls: calls?.socket, events: events?.socket } as T;
  }

  /** The servers that are connected now. */
  servers(): ZmqServerInfo[] {
    return [...(this.#channels?.calls?.calls.links ?? [])].map((link) => link.info());
  }

  /**
   * Asks every server that is connected whether it answers, and connects for that if it must.
   * @returns what each answered; fewer than `minPeers` when no more came in time
   * @throws ZmqOptionsError the client has no endpoint for calls
   * @throws ZmqError an endpoint cannot be opened
   */
  async ping({ minPeers = 1, timeout = 1_000 }: ZmqPingOptions = {}): Promise<ZmqPing[]> {
    const { calls, opened } = this.#callChannel();
    const start = this.#deadlines.now();
    await opened;
    try {
      // The other half is left for the answers of those that are there.
      await calls.ready(minPeers, timeout / 2);
    } catch (error) {
      if (!(error instanceof ZmqNoPeerError)) throw error;
    }
    return calls.ping(Math.max(timeout / 2, timeout - (this.#deadlines.now() - start)));
  }

  /** Counters since it connected; `undefined` while it is not connected. */
  stats(): ZmqClientStats | undefined {
    if (this.#channels === undefined) return undefined;
    const { calls, events } = this.#channels;
    return clientStats(calls, events);
  }

  #callback<T>(observer: Subscriber<T>): ReplyCallback {
    return failing(observer, this.createObserver(observer));
  }

  /** @returns cancels the call; does nothing once it is settled */
  protected publish(packet: ReadPacket, callback: ReplyCallback): () => void {
    try {
      return this.#start(packet, callback, this.#callChannel().calls.calls);
    } catch (err) {
      callback({ err, isDisposed: true });
      return () => {};
    }
  }

  /**
   * @param target the server that the call is for; without it whichever has its turn
   * @throws ZmqPatternError, ZmqCodecError, ZmqTooLargeError it has no form on the wire
   */
  #start(packet: ReadPacket, callback: ReplyCallback, calls: PendingCalls, target?: Target): () => void {
    const name = this.normalizePattern(packet.pattern as string);
    if (this.#instruments !== undefined) {
      return observeCall(this.#instruments, name, packet, callback, {
        start: (told, reply) => this.#send(name, told, reply, calls, target),
        cancel: (call) => calls.cancel(call),
      });
    }
    const call = this.#send(name, packet, callback, calls, target);
    return () => calls.cancel(call);
  }

  #send(name: string, packet: ReadPacket, callback: ReplyCallback, calls: PendingCalls, target?: Target): PendingCall {
    const id = String(++this.#packets);
    const content = this.#outgoing.prepare(name, packet, id);
    const { deserializer } = this.#options;
    const reply = deserializer === undefined ? callback : deserializing(deserializer, id, callback, this.#onThrown);
    const call = new PendingCall(content, reply, calls.onTimeout);
    if (target === undefined) calls.start(call);
    else calls.startAt(target.link, call, target.since);
    return call;
  }

  protected dispatchEvent<T = unknown>(packet: ReadPacket): Promise<T> {
    return this.#dispatch<T>(() => packet);
  }

  /** @param packetOf what Nest's dispatch hook throws in it is logged as well */
  async #dispatch<T>(packetOf: () => ReadPacket): Promise<T> {
    try {
      const packet = packetOf();
      const route = this.normalizePattern(packet.pattern as string);
      const observed = this.#instruments?.outgoing({ kind: 'event', name: route });
      if (observed === undefined) await this.#emit(route, packet);
      else await observed.settle(() => this.#emit(route, withHeaders(packet, observed)));
    } catch (error) {
      // Whoever does not subscribe would never hear of it.
      this.#log.log(classOf(error), () => `An event was not published: ${String(error)}`);
      throw error;
    }
    return undefined as T;
  }

  /** @throws what `prepare` and the channel do */
  async #emit(route: string, packet: ReadPacket): Promise<void> {
    const { events } = this.#open();
    if (events === undefined) throw new ZmqOptionsError('events', 'is needed to emit() events');
    const { name, payload, contentType, headers, server } = this.#outgoing.prepare(route, packet);
    if (server !== undefined) throw new ZmqPatternError('An event goes to every server: setServer() is for calls');
    await events.publish(encodeEvent(name, payload, { contentType, headers }));
  }

  readonly #onThrown = (error: unknown): void => this.#errors.log('the handling of a reply', error);

  async #connect(): Promise<void> {
    const channels = this.#open();
    const { minPeers = listOf(this.#options.connect).length > 0 ? 1 : 0 } = this.#options;
    try {
      await channels.opened;
      await Promise.all([channels.calls?.ready(minPeers), channels.events?.ready()]);
    } catch (error) {
      // Nobody uses it: a health check that fails must leave nothing behind.
      if (this.#channels === channels && isUnused(channels)) {
        this.#channels = undefined;
        await this.#shut(channels);
      }
      throw error;
    }
  }

  #callChannel(): Channels & { readonly calls: CallClientChannel } {
    const channels = this.#open();
    if (!hasCalls(channels)) throw new ZmqOptionsError('connect', "or 'bind' is needed to send() calls");
    return channels;
  }

  #open(): Channels {
    return (this.#channels ??= this.#createChannels());
  }

  #createChannels(): Channels {
    const calls = this.#createCallChannel();
    const events = orClose(calls, () => this.#createEventChannel());
    const opened = openBoth(this.#options, this.#closing, calls, events);
    const unwatch = this.#instruments?.watch('client', () => this.stats());
    const channels: Channels = { calls, events, opened, unwatch };
    opened.catch((error: unknown) => {
      if (this.#channels !== channels) return;
      this.#channels = undefined;
      this.#connecting = undefined;
      this.#listeners.emit('error', error);
      void this.#shut(channels, error);
    });
    return channels;
  }

  #createCallChannel(): CallClientChannel | undefined {
    const { bind, connect } = this.#options;
    if (bind === undefined && connect === undefined) return undefined;
    const channel: CallClientChannel = new CallClientChannel(this.#options, this.#codecs, this.#deadlines, {
      connected: ({ peer }) => this.#joined(peer),
      lost: ({ peer }, reason) => this.#left(peer, reason, channel.calls.links.size === 0),
      draining: ({ peer }) => this.#listeners.emit('drain', peer),
      threw: this.#onThrown,
    });
    return channel;
  }

  #createEventChannel(): EventPublisherChannel | undefined {
    const { bind, connect } = this.#options;
    // With an endpoint for calls, it is the servers there who are told of.
    const told = bind === undefined && connect === undefined;
    const channel: EventPublisherChannel | undefined = eventChannelOf(this.#options, this.#deadlines, {
      connected: (peer) => {
        if (told) this.#joined(peer);
      },
      lost: (peer, reason) => this.#left(peer, reason, channel?.subscribers === 0, told),
    });
    return channel;
  }

  #joined(peer: ZmqPeer): void {
    this._status$.next(ZmqStatus.CONNECTED);
    this.#listeners.emit('connect', peer);
  }

  #left(peer: ZmqPeer, reason: PeerLossReason, last: boolean, told = true): void {
    // The next `connect()` waits for a new handshake.
    if (last) this.#connecting = undefined;
    if (!told) return;
    if (last) this._status$.next(ZmqStatus.DISCONNECTED);
    this.#listeners.emit('disconnect', peer, reason);
  }

  #shut({ calls, events, unwatch }: Channels, error?: unknown): Promise<void> {
    unwatch?.();
    this._status$.next(ZmqStatus.DISCONNECTED);
    this.#closing = Promise.all([this.#closing, calls?.close(error), events?.close(error)]).then(() => {
      if (this.#deadlines.size === 0) this.#deadlines.clear();
    });
    return this.#closing;
  }
}

function isNil(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
