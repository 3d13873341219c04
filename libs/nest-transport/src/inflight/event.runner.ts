import type { LoggerService } from '@nestjs/common';
import type { ConsumerDeserializer, IncomingEvent } from '@nestjs/microservices';
import { isObservable, type Observable, type Subscription } from 'rxjs';
import type { IncomingEventPacket } from '../packet/event.packet.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import { ZmqCancellation } from '../zmq.cancellation.js';
import { ZmqContext } from '../zmq.context.js';
import type { ZmqPeer } from '../zmq.peer.js';
import type { ProcessingHooks } from './call.runner.js';
import type { EventHandler, WaitingEvent } from './event.handler.js';

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
  readonly hooks: () => ProcessingHooks | undefined;
  readonly deserializer: ConsumerDeserializer | undefined;
  readonly logger: Pick<LoggerService, 'error'>;
}

/** Runs the handlers of events, and knows when none runs. */
export class EventRunner {
  readonly #options: EventRunnerOptions;
  /** What runs, and its stream if the handler gave one. */
  readonly #running = new Map<ZmqCancellation, Subscription | undefined>();
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
      data = this.#options.codecs.decode(event.payload, event.metadata.contentType);
    } catch {
      this.#stats.malformed++;
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
    for (const [cancellation, stream] of this.#running) {
      cancellation.cancel(reason);
      stream?.unsubscribe();
    }
  }

  #wait(handler: EventHandler, event: WaitingEvent): void {
    if (handler.waiting.length >= handler.maxWaiting) {
      this.#stats.dropped++;
      return;
    }
    handler.waiting.push(event);
    this.#backlogged.add(handler);
    this.#stats.waiting++;
  }

  #run(handler: EventHandler, { event, data, peer }: WaitingEvent): void {
    const cancellation = new ZmqCancellation();
    const context = new ZmqContext(event.name, peer, event.metadata.headers, cancellation);
    this.#running.set(cancellation, undefined);
    handler.running++;
    const hooks = this.#options.hooks();
    const run = async (end?: () => void): Promise<void> => {
      try {
        await this.#invoke(handler, event, data, context, cancellation);
      } finally {
        end?.();
        this.#done(handler, cancellation);
      }
    };
    if (hooks === undefined) {
      void run();
      return;
    }
    try {
      hooks(context, run);
    } catch (error) {
      this.#options.logger.error(error);
      this.#done(handler, cancellation);
    }
  }

  /** Until the handler is done, its Observable included. Never rejects. */
  async #invoke(
    { handler }: EventHandler,
    event: IncomingEventPacket,
    data: unknown,
    context: ZmqContext,
    cancellation: ZmqCancellation,
  ): Promise<void> {
    let result: unknown;
    try {
      result = await handler(await this.#deserialize(event, data), context);
    } catch (error) {
      this.#stats.failed++;
      this.#options.logger.error(error);
      return;
    }
    if (isObservable(result)) await this.#untilDone(result, cancellation);
  }

  #untilDone(stream: Observable<unknown>, cancellation: ZmqCancellation): Promise<void> {
    return new Promise((resolve) => {
      const subscription = stream.subscribe({
        complete: resolve,
        error: () => {
          // Nest has logged it: its handlers turn every error into such an Observable.
          this.#stats.failed++;
          resolve();
        },
      });
      subscription.add(resolve);
      if (this.#running.has(cancellation)) this.#running.set(cancellation, subscription);
    });
  }

  async #deserialize(event: IncomingEventPacket, data: unknown): Promise<unknown> {
    const { deserializer } = this.#options;
    if (deserializer === undefined) return data;
    const { name, metadata } = event;
    const packet = { pattern: name, data, ...(metadata.headers === undefined ? {} : { metadata: metadata.headers }) };
    return ((await deserializer.deserialize(packet, { channel: name })) as IncomingEvent).data;
  }

  #done(handler: EventHandler, cancellation: ZmqCancellation): void {
    this.#running.delete(cancellation);
    handler.running--;
    if (this.#backlogged.has(handler)) this.#next(handler);
    if (this.idle) this.onIdle?.();
  }

  #next(handler: EventHandler): void {
    const event = handler.waiting.shift();
    if (handler.waiting.length === 0) this.#backlogged.delete(handler);
    if (event === undefined) return;
    this.#stats.waiting--;
    this.#run(handler, event);
  }
}
