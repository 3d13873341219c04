import { ZmqError } from '../../foundation/errors.js';
import { EventEmitter } from '../../foundation/typed-emitter.js';
import { callUser } from '../../socket/user-code.js';
import { Observer as InnerObserver } from '../observer.js';
import { coreOf, type Socket as InnerSocket } from '../socket.js';
import { checkCount, checkObject } from './arguments.js';
import { type Event, type EventOfType, type EventType, toNpmEvent } from './events.js';
import { asNpmError } from './failure.js';
import { innerOf } from './inner-socket.js';
import { iterate } from './methods.js';
import type { ReceiveType } from './types.js';
import { asBusy } from './usable.js';

export interface EventSubscriber {
  /** Calls `listener` for each event of the type from now on. */
  on<E extends EventType>(type: E, listener: (data: EventOfType<E>) => void): EventSubscriber;
  off<E extends EventType>(type: E, listener: (data: EventOfType<E>) => void): EventSubscriber;
}

const BUSY_READING = 'Observer is busy reading; only one receive operation may be in progress at any time';

/** libzmq has one monitor of a socket: a new one ends the one before. */
const currents = new WeakMap<InnerSocket, InnerObserver>();

/**
 * The events of one socket (`socket.events`): by `receive`, by `for await`, or by
 * listeners; after the first `on` or `off` by listeners only.
 */
export class Observer implements EventSubscriber {
  readonly #inner: InnerObserver;
  #closed = false;
  #emitter: EventEmitter | undefined;

  constructor(socket: object);
  constructor(socket: object, ...extra: readonly unknown[]) {
    checkObject(socket, 'Socket must be a socket object');
    checkCount(1, extra);
    const inner = innerOf(socket);
    if (inner.closed) throw asNpmError(new ZmqError('ENOTSOCK'));
    currents.get(inner)?.close();
    this.#inner = new InnerObserver(coreOf(inner), inner);
    currents.set(inner, this.#inner);
  }

  /** Whether it was closed, or has given its last event, `end`. */
  get closed(): boolean {
    return this.#closed;
  }

  /** No more events. Idempotent. A pending `receive` gets `end`. */
  close(): void;
  close(...extra: readonly unknown[]): void {
    checkCount(0, extra);
    this.#closed = true;
    this.#inner.close();
  }

  /** The next event. Throws EBUSY while another `receive` waits, EBADF after `end`. */
  receive(): Promise<Event>;
  receive(...extra: readonly unknown[]): Promise<Event> {
    if (this.#emitter !== undefined) throw inEmitterMode();
    checkCount(0, extra);
    return this.#next();
  }

  /** What `on` and `off` give. From its first use on all events go to it. */
  get emitter(): EventEmitter {
    if (this.#emitter === undefined) {
      this.#emitter = new EventEmitter();
      void this.#emit(this.#emitter);
    }
    return this.#emitter;
  }

  on<E extends EventType>(type: E, listener: (data: EventOfType<E>) => void): EventSubscriber {
    return this.emitter.on(type, listener) as EventSubscriber;
  }

  off<E extends EventType>(type: E, listener: (data: EventOfType<E>) => void): EventSubscriber {
    return this.emitter.off(type, listener) as EventSubscriber;
  }

  #next(): Promise<Event> {
    if (this.#closed) throw asNpmError(new ZmqError('EBADF'));
    try {
      return this.#inner.receive().then(
        (event) => {
          if (event.type === 'end') this.#closed = true;
          return toNpmEvent(event);
        },
        (error: unknown) => {
          throw asNpmError(error);
        },
      );
    } catch (error) {
      throw asBusy(error, BUSY_READING);
    }
  }

  async #emit(emitter: EventEmitter): Promise<void> {
    while (!this.#closed) {
      const event = await this.#next();
      callUser(() => emitter.emit(event.type, event));
    }
  }
}

export interface Observer {
  /** Event by event, until `end` was given or the observer is closed. */
  [Symbol.asyncIterator](): AsyncIterator<ReceiveType<this>, undefined>;
}

Object.defineProperty(Observer.prototype, Symbol.asyncIterator, {
  value: iterate,
  configurable: true,
  writable: true,
});

function inEmitterMode(): Error {
  return new Error(
    'Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().',
  );
}
