import { type Peer, XPublisher, XSubscriber } from '@nest-zmq/core';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { closeSocket, orClose } from '../channels/socket.close.js';
import { commonSocketOptions, openEndpoints, receivingOptions, sendingOptions } from '../channels/socket.options.js';
import { ErrorLog } from '../error.log.js';
import { DeadlineQueue } from '../inflight/deadline.queue.js';
import { LogLimiter } from '../log.limiter.js';
import { READY_TOPIC } from '../packet/names.js';
import { systemClock } from '../zmq.clock.js';
import { Instruments } from '../zmq.instruments.js';
import { Opening } from '../zmq.opening.js';
import { checkForwarderOptions, type ZmqForwarderEnd, type ZmqForwarderOptions } from './forwarder.options.js';
import { ReadyMarks } from './ready.marks.js';

/** Endpoints of a forwarder as they became: wildcard ports resolved. */
export interface ZmqForwarderInfo {
  readonly publishers: readonly string[];
  readonly subscribers: readonly string[];
}

/** Counts since it opened. */
export interface ZmqForwarderStats {
  /** Connected now. */
  readonly publishers: number;
  /** Connected now: servers, further forwarders, subscribers of other libraries. */
  readonly subscribers: number;
  /** Events that came in and were handed on to whoever has subscribed to them. */
  readonly forwarded: number;
  /** Copies of events dropped because a subscriber was full. */
  readonly dropped: number;
  /** Servers that had not subscribed within `subscribeTimeout`. */
  readonly lateSubscribers: number;
  /** Messages from subscribers that are no subscription. */
  readonly strays: number;
}

/** The sockets of a forwarder, for what this class does not offer. */
export interface ZmqForwarderSockets {
  readonly publishers: XSubscriber;
  readonly subscribers: XPublisher;
}

const SUBSCRIBE = 1;
const CANCEL = 0;
const READY = Buffer.concat([Buffer.of(SUBSCRIBE), READY_TOPIC]);
const NOT_READY = Buffer.concat([Buffer.of(CANCEL), READY_TOPIC]);

/**
 * Many publishers, many subscribers, one address for each: publishers send their events
 * here, and every server that subscribed gets them. Subscriptions travel on to the
 * publishers, so that an event that nobody wants is not sent at all. Clients and servers
 * connect to it as to each other; forwarders may be put in a row.
 *
 * Nothing is stored: events are delivered at most once. A subscriber that is full misses
 * events, as with a publisher.
 *
 * @example
 * const forwarder = new ZmqForwarder({ publishers: { bind: 'tcp://*:5570' }, subscribers: { bind: 'tcp://*:5571' } });
 * await forwarder.open();
 */
// Not the core's `Proxy`: a publisher takes the ready mark for the last subscription, and a
// subscription that came later, of another server, must not be behind it.
export class ZmqForwarder implements OnModuleInit, OnApplicationShutdown {
  readonly #options: ZmqForwarderOptions;
  readonly #deadlines: DeadlineQueue;
  readonly #marks: ReadyMarks;
  readonly #instruments: Instruments | undefined;
  #sockets: ZmqForwarderSockets | undefined;
  readonly #opening = new Opening<ZmqForwarderInfo>(
    () => this.#open(),
    () => this.#closeSockets(),
  );
  /** Subscriptions are handed on: both sides are open. */
  #active = false;
  /** Publishers have been told the mark. */
  #told = false;
  #updating = false;
  #unwatch: (() => void) | undefined;
  #forwarded = 0;
  #strays = 0;

  /** @throws ZmqOptionsError that names the bad key */
  constructor(options: ZmqForwarderOptions) {
    checkForwarderOptions(options);
    const { clock = systemClock, metrics, peerName } = options;
    this.#options = options;
    this.#deadlines = new DeadlineQueue(clock);
    this.#marks = new ReadyMarks(this.#deadlines, options.subscribeTimeout ?? 1_000, () => this.#scheduleUpdate());
    const logger = new Logger(ZmqForwarder.name);
    const errors = new ErrorLog(new LogLimiter(clock, (message) => logger.error(message)), logger);
    this.#instruments = Instruments.of(peerName, { metrics }, clock, errors);
  }

  /**
   * Binds and connects. Idempotent; a failure leaves nothing open and is not remembered.
   * @returns the endpoints, with the ports that were free
   * @throws ZmqError what the sockets throw, with the `address`: EADDRINUSE, EINVAL, …
   */
  open(): Promise<ZmqForwarderInfo> {
    return this.#opening.open();
  }

  /**
   * Idempotent, also before `open()`, and it can be opened again. An `open()` that is under way is finished first. What was
   * handed to a subscriber's connection is still written, for at most `linger` ms.
   */
  close(): Promise<void> {
    return this.#opening.close();
  }

  /** Counters since `open()`; `undefined` while it is closed. */
  stats(): ZmqForwarderStats | undefined {
    if (this.#sockets === undefined) return undefined;
    const { publishers, subscribers } = this.#sockets;
    return {
      publishers: publishers.peers.length,
      subscribers: subscribers.peers.length,
      forwarded: this.#forwarded,
      dropped: subscribers.dropped,
      lateSubscribers: this.#marks.late,
      strays: this.#strays,
    };
  }

  /** The sockets. Throws before `open()`. */
  unwrap(): ZmqForwarderSockets {
    if (this.#sockets === undefined) throw new Error('Not initialized. Please call the "open" method first.');
    return this.#sockets;
  }

  async onModuleInit(): Promise<void> {
    await this.open();
  }

  /** Last of all: who closes before may still publish. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  async #open(): Promise<ZmqForwarderInfo> {
    const { publishers, subscribers, ...options } = this.#options;
    const common = (end: ZmqForwarderEnd) =>
      commonSocketOptions({ ...options, security: end.security ?? options.security });
    const incoming = new XSubscriber({ ...common(publishers), ...receivingOptions(options) });
    const outgoing = orClose(incoming, () => new XPublisher({ ...common(subscribers), ...sendingOptions(options) }));
    const sockets = { publishers: incoming, subscribers: outgoing };
    this.#sockets = sockets;
    this.#forwarded = 0;
    this.#strays = 0;
    this.#watch(sockets);
    try {
      const info = {
        subscribers: await openEndpoints(sockets.subscribers, subscribers),
        publishers: await openEndpoints(sockets.publishers, publishers),
      };
      this.#start(sockets);
      this.#unwatch = this.#instruments?.watch('forwarder', () => this.stats());
      return info;
    } catch (error) {
      await this.#closeSockets();
      throw error;
    }
  }

  /** Both sides are open. What came meanwhile has waited in the sockets. */
  #start({ publishers, subscribers }: ZmqForwarderSockets): void {
    this.#active = true;
    subscribers.onMessage((frames) => this.#subscription(frames));
    publishers.onMessage((frames) => {
      this.#forwarded++;
      subscribers.trySend(frames);
    });
    this.#scheduleUpdate();
  }

  /** Set before the sockets open: what a sink is not there for, it is not told later. */
  #watch({ subscribers }: ZmqForwarderSockets): void {
    subscribers.onSubscription(({ peer, topic, subscribed }) => {
      if (subscribed && topic.equals(READY_TOPIC)) this.#marks.marked(peer);
    });
    subscribers.onPeer({
      joined: (peer: Peer) => this.#marks.joined(peer),
      left: (peer: Peer) => this.#marks.left(peer),
    });
  }

  /** The first subscription to a topic, or the end of the last one. */
  #subscription(frames: readonly Buffer[]): void {
    const [frame] = frames;
    if (this.#sockets === undefined || frame === undefined) return;
    if (frames.length > 1 || frame.length === 0 || frame[0]! > SUBSCRIBE) {
      this.#strays++;
      return;
    }
    if (frame.subarray(1).equals(READY_TOPIC)) return;
    this.#sockets.publishers.trySend(frame);
    // The mark must stay the last of what a publisher that connects is told.
    if (this.#told && frame[0] === SUBSCRIBE) {
      this.#tell(false);
      this.#tell(true);
    }
  }

  /** In the next turn: the subscriptions that came with a mark, and before it, are handed on first. */
  #scheduleUpdate(): void {
    if (this.#updating || !this.#active) return;
    this.#updating = true;
    setImmediate(() => {
      this.#updating = false;
      if (this.#active && this.#marks.ready !== this.#told) this.#tell(this.#marks.ready);
    });
  }

  #tell(ready: boolean): void {
    this.#told = ready;
    this.#sockets?.publishers.trySend(ready ? READY : NOT_READY);
  }

  async #closeSockets(): Promise<void> {
    const unwatch = this.#unwatch;
    this.#unwatch = undefined;
    const sockets = this.#sockets;
    this.#sockets = undefined;
    this.#active = false;
    this.#told = false;
    this.#marks.clear();
    this.#deadlines.clear();
    if (sockets === undefined) return;
    await Promise.all([closeSocket(sockets.publishers), closeSocket(sockets.subscribers)]);
    unwatch?.();
  }
}
