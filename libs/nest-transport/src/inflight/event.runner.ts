import { AsyncResource } from 'node:async_hooks';
import type { ConsumerDeserializer, IncomingEvent, MessageHandler } from '@nestjs/microservices';
import { isObservable, type Observable, Subscription } from 'rxjs';
import type { IncomingEventPacket } from '../packet/event.packet.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import { ZmqCancellation } from '../zmq.cancellation.js';
import { ZmqContext } from '../zmq.context.js';
import type { Instruments, Observed } from '../zmq.instruments.js';
import type { ErrorLog } from '../error.log.js';
import type { LogLimiter } from '../log.limiter.js';
import type { ZmqPeer } from '../zmq.peer.js';
import type { ArrivedEvent, EventHandler } from './event.handler.js';
import type { ProcessingHooks } from './processing.hooks.js';

/** Counts since the server listens. */
export interface EventRunnerStats {
  /** Events with a handler here. */
  received: number;
  /** Handlers that run. */
  running: number;
  /** Events that wait for a handler with a `concurrency`; one that waits for two counts twice. */
  waiting: number;
  /** Events that a handler missed, because `maxWaiting` others waited for it, or the server closed. */
  dropped: number;
  /** Came because a prefix matched, but no pattern did. */
  unmatched: number;
  /** Data that could not be decoded. */
  malformed: number;
  /** Handlers that threw. */
  failed: number;
}

export interface EventRunnerOptions {
  readonly codecs: PayloadCodecs;
  readonly handlersOf: (name: string) => readonly EventHandler[];
  /** The pattern that it was registered with. */
  readonly patternOf: (handler: MessageHandler) => string;
  readonly instruments: Instruments | undefined;
  readonly hooks: () => ProcessingHooks | undefined;
  readonly deserializer: ConsumerDeserializer | undefined;
  /** For what handlers throw. */
  readonly errors: ErrorLog;
  /** For what peers cause. */
  readonly log: LogLimiter;
}

/** What a handler failed with. */
interface Failure {
  readonly error: unknown;
}

/** Runs the handlers of events, and knows when none runs. */
export class EventRunner {
  readonly #options: EventRunnerOptions;
  /** What runs, and how its stream is stopped if the handler gave one. */
  readonly #running = new Map<ZmqCancellation, (() => void) | undefined>();
  /** Handlers for which events wait. */
  readonly #backlogged = new Set<EventHandler>();
  readonly #stats = { received: 0, waiting: 0, dropped: 0, unmatched: 0, malformed: 0, failed: 0 };

  /** Told each time the last handler was done, and no event waits. */
  onIdle: (() => void) | undefined;

  constructor(options: EventRunnerOptions) {
    this.#options = options;
  }

  /** Nothing runs, and nothing waits. */
  get idle(): boolean {
    return this.#running.size === 0 && this.#stats.waiting === 0;
  }

  stats(): EventRunnerStats {
    return { ...this.#stats, running: this.#running.size };
  }

  handle(event: IncomingEventPacket, peer: ZmqPeer): void {
    const handlers = this.#options.handlersOf(event.name);
    if (handlers.length === 0) {
      this.#stats.unmatched++;
      return;
    }
    let data: unknown;
    try {
      data = this.#options.codecs.decode(event.payload, event.metadata.contentType, event.name);
    } catch (error) {
      this.#stats.malformed++;
      this.#options.log.log(
        'malformed event',
        () => `Dropped an event from ${peer.address} that could not be decoded: ${String(error)}`,
      );
      return;
    }
    this.#stats.received++;
    for (const handler of handlers) {
      if (handler.full) this.#wait(handler, { event, data, peer });
      else this.#run(handler, { event, data, peer });
    }
  }

  /** Tells what runs that it is not wanted any more, and drops what waits. */
  cancelAll(reason: unknown): void {
    for (const handler of this.#backlogged) {
      this.#stats.dropped += handler.waiting.length;
      handler.waiting = [];
    }
    this.#backlogged.clear();
    this.#stats.waiting = 0;
    for (const [cancellation, stopStream] of this.#running) {
      cancellation.cancel(reason);
      stopStream?.();
    }
  }

  #wait(handler: EventHandler, event: ArrivedEvent): void {
    if (handler.waiting.length >= handler.maxWaiting) {
      this.#stats.dropped++;
      return;
    }
    // It runs in the context in which it came, not in that of the event that makes room for it.
    handler.waiting.push({ ...event, scope: new AsyncResource('ZmqEvent') });
    this.#backlogged.add(handler);
    this.#stats.waiting++;
  }

  #run(handler: EventHandler, { event, data, peer }: ArrivedEvent): void {
    const cancellation = new ZmqCancellation();
    const context = new ZmqContext(event.name, peer, event.metadata.headers, cancellation);
    this.#running.set(cancellation, undefined);
    handler.running++;
    const observed = this.#observe(handler.handler, event, peer);
    const run = async (end?: () => void): Promise<void> => {
      // Whatever the application's logger throws: its place is for the next.
      try {
        const failure = await this.#invoke(handler, event, data, context, cancellation);
        if (end !== undefined) this.#guarded(handler, end);
        if (observed !== undefined) endOf(observed, cancellation, failure);
      } finally {
        this.#done(handler, cancellation);
      }
    };
    if (observed === undefined) this.#start(handler, context, cancellation, run);
    else observed.run(() => this.#start(handler, context, cancellation, run, observed));
  }

  #start(
    handler: EventHandler,
    context: ZmqContext,
    cancellation: ZmqCancellation,
    run: (end?: () => void) => Promise<void>,
    observed?: Observed,
  ): void {
    const hooks = this.#options.hooks();
    if (hooks === undefined) {
      void run();
      return;
    }
    hooks(context, run, (error) => {
      this.#stats.failed++;
      observed?.end({ outcome: 'failed', error });
      try {
        this.#threw(handler, error);
      } finally {
        this.#done(handler, cancellation);
      }
    });
  }

  #observe(handler: MessageHandler, { name, metadata }: IncomingEventPacket, peer: ZmqPeer): Observed | undefined {
    const { instruments, patternOf } = this.#options;
    if (instruments === undefined) return undefined;
    const { headers } = metadata;
    const message = { kind: 'event', name, headers, peerAddress: peer.address, pattern: patternOf(handler) } as const;
    return instruments.incoming('event', message);
  }

  /**
   * Until the handler is done, its Observable included. Never rejects.
   * @returns what it failed with, if it did
   */
  async #invoke(
    handler: EventHandler,
    event: IncomingEventPacket,
    data: unknown,
    context: ZmqContext,
    cancellation: ZmqCancellation,
  ): Promise<Failure | undefined> {
    let result: unknown;
    try {
      const input = await this.#deserialize(event, data);
      if (cancellation.cancelled) {
        // The server closed while it was deserialized.
        this.#stats.dropped++;
        return undefined;
      }
      result = await handler.handler(input, context);
    } catch (error) {
      this.#stats.failed++;
      this.#threw(handler, error);
      return { error };
    }
    // A stream that comes when the server has closed is not begun: nobody would end it.
    if (!isObservable(result) || cancellation.cancelled) return undefined;
    return this.#untilDone(handler, result, cancellation);
  }

  #untilDone(
    handler: EventHandler,
    stream: Observable<unknown>,
    cancellation: ZmqCancellation,
  ): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      const subscription = new Subscription(() => resolve(undefined));
      // Also when the stream ends by itself: what its teardown throws would else go to whatever ended it.
      const stop = (): void => this.#guarded(handler, () => subscription.unsubscribe());
      const inner = stream.subscribe({
        complete: stop,
        error: (error: unknown) => {
          // Nest has logged it: its handlers turn every error into such an Observable.
          this.#stats.failed++;
          resolve({ error });
          stop();
        },
      });
      subscription.add(inner);
      if (this.#running.has(cancellation)) this.#running.set(cancellation, stop);
    });
  }

  /** What ends a run may throw: that must not end others, nor the close of the server. */
  #guarded(handler: EventHandler, end: () => void): void {
    try {
      end();
    } catch (error) {
      this.#threw(handler, error);
    }
  }

  async #deserialize(event: IncomingEventPacket, data: unknown): Promise<unknown> {
    const { deserializer } = this.#options;
    if (deserializer === undefined) return data;
    const { name, metadata } = event;
    const packet = { pattern: name, data, ...(metadata.headers === undefined ? {} : { metadata: metadata.headers }) };
    return ((await deserializer.deserialize(packet, { channel: name })) as IncomingEvent).data;
  }

  #threw({ handler }: EventHandler, error: unknown): void {
    const { errors, patternOf } = this.#options;
    errors.log(`the event handler '${patternOf(handler)}'`, error);
  }

  #done(handler: EventHandler, cancellation: ZmqCancellation): void {
    this.#running.delete(cancellation);
    handler.running--;
    if (this.#backlogged.has(handler)) this.#next(handler);
    if (this.idle) this.onIdle?.();
  }

  /** Not one within the other: many that fail at once, by a hook, would overflow the stack. */
  #next(handler: EventHandler): void {
    if (handler.starting) return;
    handler.starting = true;
    try {
      while (!handler.full) {
        const event = handler.waiting.shift();
        if (event === undefined) break;
        this.#stats.waiting--;
        event.scope.runInAsyncScope(() => this.#run(handler, event));
      }
    } finally {
      handler.starting = false;
      if (handler.waiting.length === 0) this.#backlogged.delete(handler);
      // The application's logger threw, which goes on to whoever called: what waits must not wait for ever.
      else if (!handler.full) this.#next(handler);
    }
  }
}

function endOf(observed: Observed, cancellation: ZmqCancellation, failure: Failure | undefined): void {
  if (failure !== undefined) observed.end({ outcome: 'failed', error: failure.error });
  else observed.end({ outcome: cancellation.cancelled ? 'cancelled' : 'completed' });
}
