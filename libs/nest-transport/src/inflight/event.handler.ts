import type { AsyncResource } from 'node:async_hooks';
import type { MessageHandler } from '@nestjs/microservices';
import type { IncomingEventPacket } from '../packet/event.packet.js';
import { ZmqOptionsError } from '../zmq.errors.js';
import { type OptionChecks, whole } from '../zmq.options.check.js';
import type { ZmqPeer } from '../zmq.peer.js';

/**
 * Options of one event handler: the last argument of `@EventPattern`. Other keys are left
 * alone, they may belong to another transport of the application.
 *
 * @example
 * @EventPattern('orders.*', { concurrency: 1 } satisfies ZmqEventHandlerOptions)
 */
export interface ZmqEventHandlerOptions {
  /** How many events this handler works on at a time; further ones wait, in order. 0 is no limit. Default 0. */
  concurrency?: number | undefined;
  /** How many events may wait for it; a further one misses this handler, which `stats().events.dropped` counts. Default 10,000. */
  maxWaiting?: number | undefined;
}

const checks: OptionChecks<ZmqEventHandlerOptions> = { concurrency: whole(0), maxWaiting: whole(0) };

/** An event that came for a handler. */
export interface ArrivedEvent {
  readonly event: IncomingEventPacket;
  readonly data: unknown;
  readonly peer: ZmqPeer;
}

/** One that waits for its turn at it. */
export interface WaitingEvent extends ArrivedEvent {
  /** The async context in which it came. */
  readonly scope: AsyncResource;
}

/**
 * A handler of events and how much of it runs. Handlers of one pattern are not chained as
 * Nest does it (`handler.next`): each has limits of its own, and the error of one does not
 * end the stream of another.
 *
 * It serves one `listen()`: what a server has left running at its close must not take the
 * places of the next one, where nobody would be told when they are free.
 */
export class EventHandler {
  running = 0;
  waiting: WaitingEvent[] = [];
  /** Some of those are being started. */
  starting = false;
  readonly maxWaiting: number;
  readonly #concurrency: number;
  readonly #pattern: string;

  /** @throws ZmqOptionsError */
  constructor(
    pattern: string,
    readonly handler: MessageHandler,
  ) {
    const { concurrency = 0, maxWaiting = 10_000 } = optionsOf(pattern, handler.extras);
    this.#pattern = pattern;
    this.#concurrency = concurrency;
    this.maxWaiting = maxWaiting;
  }

  /** The same handler, for another `listen()`: nothing runs, and nothing waits. */
  afresh(): EventHandler {
    return new EventHandler(this.#pattern, this.handler);
  }

  /** Whether a further event has to wait. */
  get full(): boolean {
    return this.#concurrency > 0 && this.running >= this.#concurrency;
  }
}

function optionsOf(pattern: string, extras: MessageHandler['extras']): ZmqEventHandlerOptions {
  const options: ZmqEventHandlerOptions = extras ?? {};
  for (const key of ['concurrency', 'maxWaiting'] as const) {
    const value = options[key];
    if (value === undefined) continue;
    try {
      checks[key](key, value);
    } catch (error) {
      if (!(error instanceof ZmqOptionsError)) throw error;
      throw new ZmqOptionsError(key, `of @EventPattern('${pattern}'): ${error.message.replace(/^Option '\w+': /, '')}`);
    }
  }
  return options;
}
