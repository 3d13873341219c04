import { ZmqError } from '../foundation/errors.js';
import { FifoQueue } from '../foundation/fifo-queue.js';
import { TypedEmitter } from '../foundation/typed-emitter.js';
import type { SocketEvent } from '../socket/event-hub.js';
import { callUser } from '../socket/user-code.js';
import type { SocketCore } from '../socket/socket-core.js';

/** What happens to a socket's endpoints and connections. `end` is the last, when the socket is closed. */
export type Event = SocketEvent;
export type EventType = Event['type'];
export type EventOfType<T extends EventType = EventType> = Extract<Event, { type: T }>;

/** Events kept for a reader that does not come; beyond it the oldest go. */
const MAX_UNREAD = 1000;

/**
 * The events of one socket from its first use on (`socket.events`): by promise, by
 * `for await`, or by listeners. One that nobody reads never blocks and never grows
 * beyond 1,000 events.
 *
 * Every address is a whole endpoint. (zeromq.js tells that of `bind:error` without its
 * scheme: `127.0.0.1:5555`.)
 */
export class Observer implements AsyncIterable<Event> {
  readonly #core: SocketCore;
  /** Only who waits for an event, or is called with it, keeps the socket. */
  readonly #socket: WeakRef<object>;
  readonly #unread = new FifoQueue<Event>();
  readonly #stop: () => void;
  readonly #emitter = new TypedEmitter<Event>();
  #emitting = false;
  #ended = false;
  /** Somebody waits or listens: process and socket stay. */
  #held = false;
  #waiting: { resolve: (event: Event) => void; reject: (error: Error) => void } | undefined;
  /** Events that were forgotten because nobody read them. */
  dropped = 0;

  constructor(core: SocketCore, socket: object) {
    this.#core = core;
    this.#socket = new WeakRef(socket);
    const unobserve = core.events.observe((event) => this.#take(event));
    const onShutdown = (error: ZmqError): void => this.#shutdown(error);
    core.onShutdown.add(onShutdown);
    this.#stop = () => {
      unobserve();
      core.onShutdown.delete(onShutdown);
    };
  }

  get closed(): boolean {
    return this.#ended;
  }

  /**
   * Calls `listener` for each event of the type from now on. After this, `receive`
   * throws, one that waits rejects, and the observer keeps the process alive until its
   * socket is closed or its context shut down.
   */
  on<T extends EventType>(type: T, listener: (event: EventOfType<T>) => void): this {
    this.#startEmitting();
    this.#emitter.on(type, listener);
    for (let event = this.#unread.shift(); event !== undefined; event = this.#unread.shift()) this.#emit(event);
    return this;
  }

  off<T extends EventType>(type: T, listener: (event: EventOfType<T>) => void): this {
    this.#startEmitting();
    this.#emitter.off(type, listener);
    return this;
  }

  /**
   * The next event. Keeps the process alive while it waits; rejects with ETERM when the
   * context is shut down. Throws EBUSY while another waits, EBADF after `end`.
   */
  receive(): Promise<Event> {
    if (this.#emitting) {
      throw inEmitterMode();
    }
    if (this.#waiting !== undefined) {
      throw new ZmqError(
        'EBUSY',
        'Observer is busy reading; only one receive operation may be in progress at any time',
      );
    }
    const event = this.#unread.shift();
    if (event !== undefined) return Promise.resolve(event);
    if (this.#ended) throw new ZmqError('EBADF');
    if (this.#core.shutDown) this.#core.assertOpen();
    this.#hold();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** No more events. Idempotent. */
  close(): void {
    this.#take({ type: 'end' });
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    while (!this.#ended || this.#unread.length > 0) {
      const event = await this.#next();
      if (event === undefined) return;
      yield event;
      if (event.type === 'end') return;
    }
  }

  /** No more events come by iteration when the context is shut down. */
  async #next(): Promise<Event | undefined> {
    try {
      return await this.receive();
    } catch (error) {
      if (error instanceof ZmqError && error.code === 'ETERM') return undefined;
      throw error;
    }
  }

  #startEmitting(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    if (!this.#ended && !this.#core.shutDown) this.#hold();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(inEmitterMode());
  }

  #take(event: Event): void {
    if (this.#ended) return;
    if (event.type === 'end') {
      this.#ended = true;
      this.#stop();
    }
    if (this.#emitting) {
      if (this.#ended) this.#release();
      this.#emit(event);
      return;
    }
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      this.#release();
      waiting.resolve(event);
      return;
    }
    this.#unread.push(event);
    if (this.#unread.length > MAX_UNREAD) {
      this.#unread.shift();
      this.dropped++;
    }
  }

  #shutdown(error: ZmqError): void {
    this.#release();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#core.context.keepAlive.hold();
    this.#core.pin('events', this.#socket.deref());
  }

  #release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#core.context.keepAlive.release();
    this.#core.pin('events', undefined);
  }

  #emit(event: Event): void {
    callUser(() => this.#emitter.emit(event));
  }
}

function inEmitterMode(): Error {
  return new Error(
    'Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().',
  );
}
