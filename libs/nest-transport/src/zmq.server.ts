import type { Router, Subscriber } from '@nest-zmq/core';
import type { OnModuleDestroy } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server, type Transport } from '@nestjs/microservices';
import { CallServerChannel, type CallServerStats } from './channels/call-server.channel.js';
import { EventSubscriberChannel } from './channels/event-subscriber.channel.js';
import { maxPayloadSize } from './channels/socket.options.js';
import { fixedPrefix } from './channels/topic.matcher.js';
import { CallRunner } from './inflight/call.runner.js';
import { DeadlineQueue } from './inflight/deadline.queue.js';
import { EventRunner, type EventRunnerStats } from './inflight/event.runner.js';
import { guardedHooks, type ProcessingHooks } from './inflight/processing.hooks.js';
import { ServerCalls, type ServerCallsStats } from './inflight/server.calls.js';
import { Waiter } from './inflight/waiter.js';
import { PayloadCodecs } from './packet/payload.codec.js';
import { ErrorLog } from './error.log.js';
import { LogLimiter } from './log.limiter.js';
import { ObserverGuard } from './observer.guard.js';
import { systemClock } from './zmq.clock.js';
import { ZMQ_TRANSPORT } from './zmq.constants.js';
import { ZmqClosedError, ZmqOptionsError, ZmqPeerLostError } from './zmq.errors.js';
import { type ZmqListenInfo, ZmqListeners, type ZmqServerEvents } from './zmq.events.js';
import { HandlerBook } from './zmq.handlers.js';
import { Instruments } from './zmq.instruments.js';
import { loggerOf, type ZmqLogger } from './zmq.logger.js';
import { checkServerOptions } from './zmq.options.check.js';
import { Opening } from './zmq.opening.js';
import type { ZmqEndpoints, ZmqServerOptions } from './zmq.options.js';
import { ZmqStatus } from './zmq.status.js';

/** What a server has done, and does now. */
export interface ZmqServerStats {
  /** Connected clients; one proxy counts as one. */
  readonly clients: number;
  readonly calls: ServerCallsStats & CallServerStats;
  readonly events: EventRunnerStats;
}

/** The sockets of a server, for what this class does not offer. */
export interface ZmqServerSockets {
  readonly calls: Router | undefined;
  readonly events: Subscriber | undefined;
}

interface Running {
  readonly calls: CallServerChannel | undefined;
  readonly events: EventSubscriberChannel | undefined;
  readonly serverCalls: ServerCalls;
  readonly eventRunner: EventRunner;
  readonly info: ZmqListenInfo;
  /** Ends the reading of its counters. */
  readonly unwatch: (() => void) | undefined;
}

/**
 * The Nest server: `@MessagePattern` handlers answer calls on a ROUTER, and
 * `@EventPattern` handlers get events on a SUB.
 *
 * @example
 * const app = await NestFactory.createMicroservice(AppModule, {
 *   strategy: new ZmqServer({ bind: 'tcp://*:5555', events: { bind: 'tcp://*:5556' } }),
 * });
 * app.enableShutdownHooks();
 * const { calls } = await app.listen(); // the endpoints as they became
 */
export class ZmqServer extends Server<ZmqServerEvents, ZmqStatus> implements CustomTransportStrategy, OnModuleDestroy {
  override transportId: symbol = ZMQ_TRANSPORT;
  protected override readonly logger: ZmqLogger;

  readonly #options: ZmqServerOptions;
  readonly #codecs: PayloadCodecs;
  readonly #deadlines: DeadlineQueue;
  readonly #handlers = new HandlerBook();
  readonly #listeners: ZmqListeners<ZmqServerEvents>;
  readonly #instruments: Instruments | undefined;
  readonly #log: LogLimiter;
  readonly #errors: ErrorLog;
  readonly #guard: ObserverGuard;
  /** The hook that Nest's base class starts with; while it is there, calls need not go through it. */
  readonly #noStartHook = this.onProcessingStartHook;
  readonly #setHooks: ProcessingHooks;
  #running: Running | undefined;
  readonly #opening = new Opening<Running>(
    () => this.#open(),
    (running) => this.#close(running),
  );

  /** @throws ZmqOptionsError that names the bad key */
  constructor(options: ZmqServerOptions) {
    super();
    checkServerOptions(options);
    const { clock = systemClock } = options;
    this.#options = options;
    this.logger = loggerOf(options.logger, ZmqServer.name);
    this.#log = new LogLimiter(clock, (message) => this.logger.warn(message));
    this.#errors = new ErrorLog(this.#log, this.logger);
    this.#guard = new ObserverGuard(this.#errors);
    this.#instruments = Instruments.of(options.peerName, options, clock, this.#errors);
    this.#setHooks = guardedHooks((context, invoke) => this.runWithProcessingHooks(context, invoke), this.#errors);
    this.#listeners = new ZmqListeners(this.#errors);
    this.#codecs = new PayloadCodecs(options.codec, maxPayloadSize(options));
    this.#deadlines = new DeadlineQueue(clock);
  }

  /**
   * Opens all endpoints.
   * @param callback called once: with an error, or with `undefined` and a `ZmqListenInfo`
   */
  async listen(callback: (error?: unknown, info?: ZmqListenInfo) => unknown): Promise<void> {
    let running: Running;
    try {
      running = await this.#opening.open();
    } catch (error) {
      callback(error);
      return;
    }
    callback(undefined, running.info);
  }

  /**
   * Idempotent, also before `listen()`. With `gracefulShutdown` (the default) clients
   * are asked to send no new calls, and it resolves when all calls and event handlers
   * are done and all replies are written, or after `gracePeriod`: what still runs then
   * is told to stop, and its caller gets an error. A call that comes meanwhile, from a
   * client that has not seen the request or cannot know it, is run like all others.
   */
  close(): Promise<void> {
    return this.#opening.close();
  }

  /**
   * Nest calls it where this server is a provider (`ZmqModule.forRoot({ server })`): before the providers that its
   * handlers use are destroyed, in every order in which Nest shuts down. It is `close()`.
   */
  onModuleDestroy(): Promise<void> {
    return this.close();
  }

  /** Kept until `close()`. */
  on<TName extends keyof ZmqServerEvents>(event: TName, callback: ZmqServerEvents[TName]): void {
    this.#listeners.on(event, callback);
  }

  /** The sockets: `server.unwrap<ZmqServerSockets>()`. */
  unwrap<T = ZmqServerSockets>(): T {
    if (this.#running === undefined) {
      throw new Error(
        'Not initialized. Please call the "listen"/"startAllMicroservices" method before accessing the server.',
      );
    }
    const { calls, events } = this.#running;
    return { calls: calls?.socket, events: events?.socket } as T;
  }

  /** Counters since `listen()`; `undefined` while it does not listen. */
  stats(): ZmqServerStats | undefined {
    if (this.#running === undefined) return undefined;
    const { calls, events, serverCalls, eventRunner } = this.#running;
    const none = { malformed: 0, unknownVerbs: 0, strayCancels: 0, duplicates: 0, droppedReplies: 0, unread: 0 };
    const runner = eventRunner.stats();
    return {
      clients: calls?.clients ?? 0,
      calls: { ...serverCalls.stats(), ...(calls?.stats() ?? none) },
      events: { ...runner, malformed: runner.malformed + (events?.malformed ?? 0) },
    };
  }

  /** @throws ZmqPatternError a pattern that is empty or reserved */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const name: unknown = this.normalizePattern(pattern as string);
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    this.#handlers.add(name, callback, isEventHandler);
    // Nest's own map has one place for a name: that of the calls, if there are both.
    const known = this.messageHandlers.get(name as string);
    if (known === undefined || !isEventHandler) this.messageHandlers.set(name as string, callback);
    if (isEventHandler) this.#running?.events?.subscribe(fixedPrefix(name as string));
  }

  /** The exact name first; Nest's way, which parses every name as JSON, only for what may be an object pattern. */
  override getHandlerByPattern(pattern: string): MessageHandler | null {
    const exact = this.messageHandlers.get(pattern);
    if (exact !== undefined) return exact;
    return pattern.startsWith('{') ? super.getHandlerByPattern(pattern) : null;
  }

  /** As in Nest; what an asynchronous hook rejects with is logged. */
  override setOnProcessingEndHook(hook: (transportId: Transport | symbol, context: unknown) => void): void {
    super.setOnProcessingEndHook((id, context) =>
      this.#guard.promised("Nest's processing end hook", hook(id, context)),
    );
  }

  async #open(): Promise<Running> {
    const { bind, connect, events: eventEndpoints } = this.#options;
    this.#assertEndpoints();
    const serverCalls = new ServerCalls(this.#options.maxConcurrency ?? 0, this.#options.maxWaitingCalls ?? 10_000);
    const eventRunner = this.#createEventRunner();
    let events: EventSubscriberChannel | undefined;
    let calls: CallServerChannel | undefined;
    try {
      if (eventEndpoints !== undefined) events = this.#createEventChannel(eventEndpoints, eventRunner);
      if (bind !== undefined || connect !== undefined) calls = this.#createCallChannel({ bind, connect }, serverCalls);
      const info = { events: (await events?.open()) ?? [], calls: (await calls?.open()) ?? [] };
      const unwatch = this.#instruments?.watch('server', () => this.stats());
      this.#running = { calls, events, serverCalls, eventRunner, info, unwatch };
    } catch (error) {
      await Promise.all([calls?.close(), events?.close()]);
      throw error;
    }
    this._status$.next(ZmqStatus.CONNECTED);
    this.#listeners.emit('listening', this.#running.info);
    return this.#running;
  }

  /** A handler that nothing can ever reach is a mistake worth stopping for. */
  #assertEndpoints(): void {
    const { bind, connect, events } = this.#options;
    if (this.#handlers.calls > 0 && bind === undefined && connect === undefined) {
      throw new ZmqOptionsError('bind', "or 'connect' is needed: there are @MessagePattern handlers");
    }
    if (this.#handlers.events > 0 && events === undefined) {
      throw new ZmqOptionsError('events', 'is needed: there are @EventPattern handlers');
    }
  }

  #createEventRunner(): EventRunner {
    this.#handlers.startOver();
    return new EventRunner({
      codecs: this.#codecs,
      handlersOf: (name) => this.#handlers.event(name),
      patternOf: (handler) => this.#handlers.patternOf(handler),
      hooks: () => this.#hooks(),
      deserializer: this.#options.deserializer,
      instruments: this.#instruments,
      errors: this.#errors,
      log: this.#log,
    });
  }

  #createEventChannel(endpoints: ZmqEndpoints, runner: EventRunner): EventSubscriberChannel {
    return new EventSubscriberChannel(endpoints, this.#options, this.#handlers.eventPrefixes(), (event, peer) =>
      runner.handle(event, peer),
    );
  }

  #createCallChannel(endpoints: ZmqEndpoints, calls: ServerCalls): CallServerChannel {
    const normalise = (name: string): string => this.getRouteFromPattern(name);
    const runner = new CallRunner({
      calls,
      deadlines: this.#deadlines,
      codecs: this.#codecs,
      handlerOf: (name) => this.#handlers.call(name, normalise),
      patternOf: (handler) => this.#handlers.patternOf(handler),
      instruments: this.#instruments,
      log: this.#log,
      hooks: () => this.#hooks(),
      serializer: this.#options.serializer,
      deserializer: this.#options.deserializer,
      streamIdleTimeoutMs: this.#options.streamIdleTimeout ?? 0,
      refuse: (client, { envelope }, error) => channel.refuse(client, envelope, error),
      countDuplicate: () => channel.countDuplicate(),
      errors: this.#errors,
    });
    const channel: CallServerChannel = new CallServerChannel(endpoints, this.#options, {
      call: (client, request) => runner.handle(client, request),
      joined: ({ peer }) => this.#listeners.emit('connect', peer),
      left: (client, reason) => {
        const error = new ZmqPeerLostError(client.peer, reason, 'client');
        // Those that wait first: the place of one that ends is for others.
        for (const call of [...client.calls.values()].reverse()) call.abandon(error);
        this.#listeners.emit('disconnect', client.peer, reason);
      },
    });
    return channel;
  }

  /** Nest's hooks cost a closure and a promise for each call: only when somebody has set one. */
  #hooks(): ProcessingHooks | undefined {
    const unset = this.onProcessingStartHook === this.#noStartHook && this.onProcessingEndHook === undefined;
    return unset ? undefined : this.#setHooks;
  }

  async #close(running: Running): Promise<void> {
    const { calls, events, serverCalls, eventRunner, unwatch } = running;
    if (this.#options.gracefulShutdown ?? true) {
      this._status$.next(ZmqStatus.DRAINING);
      this.#listeners.emit('drain');
      await this.#drain(running);
    }
    const error = new ZmqClosedError('The server was closed');
    serverCalls.failAll();
    eventRunner.cancelAll(error);
    await Promise.all([calls?.close(), events?.close()]);
    this.#deadlines.clear();
    unwatch?.();
    this.#running = undefined;
    this._status$.next(ZmqStatus.DISCONNECTED);
    this.#listeners.emit('close');
    this.#listeners.clear();
  }

  /** Until nothing is in flight and every client that understands it has said so, or the grace period is over. */
  async #drain({ calls, events, serverCalls, eventRunner }: Running): Promise<void> {
    const grace = new Waiter(this.#deadlines, this.#options.gracePeriod ?? 10_000, (waiter) => waiter.resolve());
    const check = (): void => {
      const callsDone = serverCalls.open === 0 && (calls === undefined || calls.isQuiet());
      if (callsDone && eventRunner.idle) grace.resolve();
    };
    serverCalls.onIdle = check;
    eventRunner.onIdle = check;
    if (calls !== undefined) calls.onQuiet = check;
    void events?.close();
    calls?.drain();
    check();
    await grace.promise;
  }
}
