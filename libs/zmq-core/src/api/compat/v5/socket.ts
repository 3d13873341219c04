import { FifoQueue } from '../../../foundation/fifo-queue.js';
import { EventEmitter } from '../../../foundation/typed-emitter.js';
import type { ReceivingSocket, SendingSocket } from '../../capabilities.js';
import type { MessageLike } from '../../message.js';
import type { ErrnoError } from '../events.js';
import { innerOf } from '../inner-socket.js';
import type { Observer } from '../observer.js';
import type { Socket as NewSocket } from '../socket.js';
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '../sockets.js';
import type { Writable } from '../types.js';
import type { Anything } from './anything.js';
import { ZMQ_SNDMORE } from './constants.js';
import { type OptionValue, readOption, type ShortOption, shortOptions, subscriberOf, writeOption } from './options.js';

const classes = {
  pair: Pair,
  req: Request,
  rep: Reply,
  pub: Publisher,
  sub: Subscriber,
  dealer: Dealer,
  xreq: Dealer,
  router: Router,
  xrep: Router,
  pull: Pull,
  push: Push,
  xpub: XPublisher,
  xsub: XSubscriber,
  stream: Stream,
} as const;

/** A PAIR is `'pair'`, a ROUTER `'router'` or, by its old name, `'xrep'`. */
export type SocketType = keyof typeof classes;
type Callback = (err?: Error) => void;

interface Outgoing {
  readonly parts: MessageLike[];
  readonly done: Callback | undefined;
}

/** Events that came later. */
const notThen = /^(end|handshake|unknown)/;

/**
 * A socket as zeromq.js had it up to version 5: `send` queues without end, messages and
 * failures are events (`message`, `error`), and options are `setsockopt`, or properties by
 * their short names: `socket.identity`.
 */
export class Socket extends EventEmitter {
  [key: string]: Anything;

  type: SocketType;
  readonly #socket: NewSocket;
  /** Ours behind it, as far as its type can do it. */
  readonly #sender: SendingSocket | undefined;
  readonly #receiver: ReceivingSocket | undefined;
  readonly #outgoing = new FifoQueue<Outgoing>();
  /** The parts of a message whose last one has not been given yet. */
  #parts: MessageLike[] = [];
  /** Messages that are not emitted yet. */
  readonly #incoming = new FifoQueue<Buffer[]>();
  #emitting = false;
  #paused = false;
  #waiting = false;
  /** Until the bind or unbind that is under way is done. */
  #blocked: Promise<void> | undefined;
  #monitored: Observer | undefined;

  constructor(type: SocketType) {
    super();
    if (!Object.hasOwn(classes, type)) throw new Error(`Invalid socket type: ${String(type)}`);
    this.type = type;
    this.#socket = new classes[type]();
    const inner = innerOf(this.#socket);
    this.#sender = 'trySend' in inner ? (inner as SendingSocket) : undefined;
    this.#receiver = 'onMessage' in inner ? (inner as ReceivingSocket) : undefined;
    this.#receiveAll();
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  /** Emits `bind`, and calls back; a failure goes to the callback or is an `error`. */
  bind(address: string, cb?: Callback): this {
    return this.#report(this.#socket.bind(address), 'bind', address, cb);
  }

  unbind(address: string, cb?: Callback): this {
    return this.#report(this.#socket.unbind(address), 'unbind', address, cb);
  }

  bindSync(address: string): void {
    this.#socket.bindSync(address);
  }

  unbindSync(address: string): void {
    this.#socket.unbindSync(address);
  }

  connect(address: string): this {
    this.#socket.connect(address);
    return this;
  }

  disconnect(address: string): this {
    this.#socket.disconnect(address);
    return this;
  }

  /**
   * Queues a message of one part, or of several.
   * @param givenFlags with `ZMQ_SNDMORE` the next `send` goes on with the same message
   * @param cb when the message was taken, or with what it failed; a failure without it is
   *   an `error` event
   */
  send(message: MessageLike[] | MessageLike, givenFlags: number | null = 0, cb?: Callback): this {
    this.#parts = this.#parts.concat(message);
    if (((givenFlags ?? 0) & ZMQ_SNDMORE) === 0) {
      this.#outgoing.push({ parts: this.#parts, done: cb });
      this.#parts = [];
      this.#sendAll();
    }
    return this;
  }

  /** Throws: there are `message` events only. */
  read(): void {
    throw new Error("read() has been removed from compatibility mode; use on('message', ...) instead.");
  }

  /** Nothing is sent, and no message emitted, until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#receiver?.onMessage(undefined);
  }

  resume(): void {
    this.#paused = false;
    this.#emitSoon();
    this.#receiveAll();
    this.#sendAll();
  }

  /** What was sent goes out within `linger`; of what still waits for room, the callbacks get an error. */
  close(): this {
    this.#socket.close();
    this.#sendAll();
    return this;
  }

  /** Emits what happens to endpoints and connections: `listen`, `accept`, `connect`, `connect_retry`, … */
  monitor(interval?: number, num?: number): this {
    if (interval || num) {
      process.emitWarning(
        'Arguments to monitor() are ignored in compatibility mode; all events are read automatically',
      );
    }
    const { events } = this.#socket;
    if (events !== this.#monitored) {
      this.#monitored = events;
      void this.#emitAll(events);
    }
    return this;
  }

  unmonitor(): this {
    this.#socket.events.close();
    return this;
  }

  /** Of a `'sub'`: adds a prefix. */
  subscribe(filter: string): this {
    subscriberOf(this.#socket).subscribe(filter);
    return this;
  }

  unsubscribe(filter: string): this {
    subscriberOf(this.#socket).unsubscribe(filter);
    return this;
  }

  /** @param givenOption one of the `ZMQ_…` constants, or a short name */
  setsockopt(givenOption: number | ShortOption, value: Anything): this {
    writeOption(this.#socket, givenOption, value);
    return this;
  }

  getsockopt(givenOption: number | ShortOption): OptionValue {
    return readOption(this.#socket, givenOption);
  }

  #receiveAll(): void {
    if (this.closed) return;
    this.#receiver?.onMessage((parts) => {
      this.#incoming.push(parts);
      this.#emitSoon();
    });
  }

  /** Behind the callbacks of what was sent by then, which are microtasks: over inproc a message is there within its `send`. */
  #emitSoon(): void {
    if (this.#emitting || this.#incoming.length === 0) return;
    this.#emitting = true;
    queueMicrotask(() => process.nextTick(() => this.#emitNext()));
  }

  /** Each in a tick of its own: what a listener throws is uncaught before the next one. */
  #emitNext(): void {
    const parts = this.#paused || this.closed ? undefined : this.#incoming.shift();
    if (parts === undefined) {
      this.#emitting = false;
      return;
    }
    process.nextTick(() => this.#emitNext());
    this.emit('message', ...parts);
  }

  /** What can be taken is taken at once, so that a `close` after it loses nothing. */
  #sendAll(): void {
    while (this.#outgoing.length > 0 && !this.#waiting && (!this.#paused || this.closed)) {
      const next = this.#outgoing.shift()!;
      if (this.#trySend(next.parts)) this.#settle(next);
      else void this.#sendLater(next);
    }
  }

  #trySend(parts: MessageLike[]): boolean {
    try {
      return this.#sender?.trySend(parts) ?? false;
    } catch {
      // A `send` says it in the words of zeromq.js, and waits where that waits.
      return false;
    }
  }

  async #sendLater(outgoing: Outgoing): Promise<void> {
    this.#waiting = true;
    let failure: unknown;
    try {
      if (this.#sender === undefined) throw new Error('Cannot send on this socket type.');
      if (this.#blocked !== undefined) await this.#blocked;
      await (this.#socket as unknown as Writable).send(outgoing.parts);
    } catch (error) {
      failure = error;
    }
    this.#waiting = false;
    this.#settle(outgoing, failure as Error | undefined);
    // At a close what waits is tried once more; those behind it fail for the same reason.
    if (this.closed && failure !== undefined) {
      while (this.#outgoing.length > 0) this.#settle(this.#outgoing.shift()!, failure as Error);
    }
    this.#sendAll();
  }

  #settle({ done }: Outgoing, failure?: Error): void {
    if (done !== undefined) queueMicrotask(() => (failure === undefined ? done() : done(failure)));
    else if (failure !== undefined && !this.closed) queueMicrotask(() => this.emit('error', failure));
  }

  async #emitAll(events: Observer): Promise<void> {
    for await (const event of events) {
      if (notThen.test(event.type)) continue;
      const name = event.type === 'bind' ? 'listen' : event.type.replace(':', '_');
      const error = 'error' in event ? (event.error as ErrnoError) : undefined;
      const value = 'interval' in event ? event.interval : error?.errno;
      const address = 'address' in event ? event.address : undefined;
      process.nextTick(() => this.emit(name, value, address, error));
    }
  }

  #report(operation: Promise<void>, event: string, address: string, cb: Callback | undefined): this {
    const succeed = (): void => {
      this.emit(event, address);
      cb?.();
    };
    const fail = (error: Error): void => {
      if (cb === undefined) this.emit('error', error);
      else cb(error);
    };
    this.#blocked = operation
      .then(
        () => process.nextTick(succeed),
        (error: Error) => process.nextTick(fail, error),
      )
      .finally(() => {
        this.#blocked = undefined;
      });
    return this;
  }
}

for (const name of Object.keys(shortOptions) as ShortOption[]) {
  Object.defineProperty(Socket.prototype, name, {
    get(this: Socket) {
      return this.getsockopt(name);
    },
    // A text is written as its bytes.
    set(this: Socket, value: unknown) {
      this.setsockopt(name, typeof value === 'string' ? Buffer.from(value) : value);
    },
  });
}
