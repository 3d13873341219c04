import { type Peer, Publisher } from '@nest-zmq/core';
import { Deadline, type DeadlineQueue } from '../inflight/deadline.queue.js';
import { eventsFull } from '../inflight/pending.errors.js';
import { Waiter } from '../inflight/waiter.js';
import type { Frames } from '../packet/frames.js';
import { READY_TOPIC } from '../packet/names.js';
import { type PeerLossReason, ZmqClosedError, ZmqNoPeerError } from '../zmq.errors.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import { isNestPeer, type ZmqPeer } from '../zmq.peer.js';
import { ConnectionFailures } from './connection.failures.js';
import { closeSocket } from './socket.close.js';
import { attentivePeer, commonSocketOptions, listOf, openEndpoints, sendingOptions } from './socket.options.js';

export interface EventPublisherOptions {
  readonly endpoints: ZmqEndpoints;
  readonly socket: ZmqSocketOptions;
  /** How long an event waits for any connection, in ms. */
  readonly connectTimeout: number;
  /** How long events wait for a connected server that has not subscribed yet, or that is full and takes none, in ms. */
  readonly subscribeTimeout: number;
  /** How many events may wait. */
  readonly maxWaiting: number;
}

/** Who wants to know about the subscribers of a client. */
export interface SubscriberObserver {
  connected(peer: ZmqPeer): void;
  lost(peer: ZmqPeer, reason: PeerLossReason): void;
}

/** Counts since the client connected. */
export interface EventPublisherStats {
  published: number;
  /** Events that wait for a connection or for subscriptions. */
  waiting: number;
  /** Published while nobody was connected (only a side that binds does that). */
  withoutSubscriber: number;
  /** Servers that had not subscribed within `subscribeTimeout`. */
  lateSubscribers: number;
  /** Messages dropped because a subscriber was full. */
  dropped: number;
  /** Failed at once because `maxWaiting` others were waiting. */
  refused: number;
}

/** A connected subscriber. It is waited for at most `subscribeTimeout`: for its mark, and later for room. */
class SubscriberLink extends Deadline {
  /** It is full, and told of when it is no more. */
  watched = false;
  /** Full, it took nothing for so long that nobody waits for it. */
  stuck = false;
  /** What was queued for it when that was last looked at. */
  pending = 0;
  /** Its time is over, and it has one turn of the event loop more. */
  suspected = false;

  constructor(
    readonly peer: Peer,
    /** Its mark came, or is not waited for. */
    public ready: boolean,
    readonly onDue: () => void,
  ) {
    super();
  }
}

/** How long events are held back for subscribers that are not ready, however many come one after the other. */
class Patience extends Deadline {
  constructor(readonly onDue: () => void) {
    super();
  }
}

/** An event that cannot go out yet. */
interface WaitingEvent {
  readonly frames: Frames;
  readonly waiter: Waiter;
}

/**
 * Events of a client: a PUB that knows when its subscribers have subscribed, so
 * that what is emitted right after the start is not lost. Events keep their order:
 * while one waits, the next wait behind it. What has waited goes out as the
 * subscribers take it: many that came at once would be more than the mark.
 */
export class EventPublisherChannel {
  readonly socket: Publisher;
  readonly #options: EventPublisherOptions;
  readonly #observer: SubscriberObserver;
  readonly #deadlines: DeadlineQueue;
  readonly #failures: ConnectionFailures;
  readonly #links = new Map<Peer, SubscriberLink>();
  readonly #connected = new Set<Waiter>();
  readonly #queue = new Set<WaitingEvent>();
  readonly #dials: number;
  readonly #dialWindow: Waiter | undefined;
  readonly #stats = { published: 0, withoutSubscriber: 0, lateSubscribers: 0, refused: 0 };
  #unready = 0;
  readonly #patience = new Patience(() => this.#giveUpLate());
  #patient = false;
  /** Servers that we dial and have not reached yet, for a moment after the start. */
  #dialing = false;
  #open = false;
  #closed = false;

  constructor(options: EventPublisherOptions, deadlines: DeadlineQueue, observer: SubscriberObserver) {
    this.#options = options;
    this.#observer = observer;
    this.#deadlines = deadlines;
    this.socket = new Publisher({
      ...commonSocketOptions(options.socket),
      ...attentivePeer,
      ...sendingOptions(options.socket),
      connectTimeout: options.connectTimeout,
    });
    this.#failures = new ConnectionFailures(this.socket.events);
    this.#dials = listOf(options.endpoints.connect).length;
    if (this.#dials > 1 && options.subscribeTimeout > 0) {
      this.#dialing = true;
      this.#dialWindow = new Waiter(deadlines, options.subscribeTimeout, () => this.#endDialing());
    }
  }

  stats(): EventPublisherStats {
    return { ...this.#stats, waiting: this.#queue.size, dropped: this.socket.dropped };
  }

  /** How many subscribers are connected. */
  get subscribers(): number {
    return this.#links.size;
  }

  async open(): Promise<string[]> {
    if (this.#closed) throw new ZmqClosedError();
    this.socket.onSubscription(({ peer, topic, subscribed }) => {
      if (subscribed && topic.equals(READY_TOPIC)) this.#marked(peer);
    });
    const endpoints = await openEndpoints(this.socket, this.#options.endpoints);
    if (this.#closed) throw new ZmqClosedError();
    this.#open = true;
    for (const peer of this.socket.peers) this.#joined(peer);
    this.socket.onPeer({
      joined: (peer) => this.#joined(peer),
      left: (peer, reason) => this.#left(peer, reason),
    });
    this.#flush();
    return endpoints;
  }

  /**
   * Resolves with the first connection; at once when this side only binds.
   * @throws ZmqNoPeerError after `connectTimeout`
   */
  ready(): Promise<void> {
    if (this.#closed) return Promise.reject(new ZmqClosedError());
    if (this.#dials === 0 || this.#links.size > 0) return Promise.resolve();
    const waiter = this.#waitForPeer((error) => {
      this.#connected.delete(waiter);
      waiter.reject(error);
    });
    this.#connected.add(waiter);
    return waiter.promise;
  }

  /**
   * Resolves when the event was handed to the socket, by the rules above; a drop at
   * the high-water mark resolves too, and is counted.
   * @throws ZmqNoPeerError this side dials, and nobody was there within `connectTimeout`
   * @throws ZmqClientFullError `maxWaiting` events are waiting
   * @throws ZmqClosedError
   */
  publish(frames: Frames): Promise<void> {
    if (this.#closed) return Promise.reject(new ZmqClosedError());
    if (this.#queue.size === 0 && this.#mayPublish()) {
      this.#send(frames);
      return Promise.resolve();
    }
    const { maxWaiting } = this.#options;
    if (this.#queue.size >= maxWaiting) {
      this.#stats.refused++;
      return Promise.reject(eventsFull(maxWaiting));
    }
    const waiting: WaitingEvent = {
      frames,
      waiter: this.#waitForPeer((error) => {
        // Only who has no connection gives up; a subscriber that is late is given up itself.
        if (this.#links.size > 0) return;
        this.#queue.delete(waiting);
        waiting.waiter.reject(error);
      }),
    };
    this.#queue.add(waiting);
    this.#bePatient();
    return waiting.waiter.promise;
  }

  /**
   * Fails what waits, and closes the socket.
   * @param error what it fails with
   */
  async close(error: unknown = new ZmqClosedError()): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#dialWindow?.resolve();
    for (const waiter of this.#connected) waiter.reject(error);
    for (const { waiter } of this.#queue) waiter.reject(error);
    this.#connected.clear();
    this.#queue.clear();
    for (const link of this.#links.values()) this.#deadlines.remove(link);
    this.#deadlines.remove(this.#patience);
    await closeSocket(this.socket);
  }

  #waitForPeer(onTimeout: (error: ZmqNoPeerError) => void): Waiter {
    const { connectTimeout } = this.#options;
    return new Waiter(this.#deadlines, connectTimeout, () =>
      onTimeout(new ZmqNoPeerError(`No subscriber connected within ${connectTimeout} ms`, this.#failures.last)),
    );
  }

  #mayPublish(): boolean {
    if (!this.#open || this.#unready > 0 || this.#dialing) return false;
    return this.#links.size > 0 || this.#dials === 0;
  }

  #send(frames: Frames): void {
    this.#stats.published++;
    if (this.#links.size === 0) this.#stats.withoutSubscriber++;
    this.socket.trySend(frames);
  }

  #flush(): void {
    if (!this.#mayPublish()) return;
    if (this.#patient) {
      this.#patient = false;
      this.#deadlines.remove(this.#patience);
    }
    for (const waiting of this.#queue) {
      if (this.#someoneIsFull()) return;
      this.#queue.delete(waiting);
      this.#send(waiting.frames);
      waiting.waiter.resolve();
    }
  }

  /** Then what waits goes on when that is over. */
  #someoneIsFull(): boolean {
    let full = false;
    for (const link of this.#links.values()) {
      if (link.peer.writable || link.stuck) continue;
      full = true;
      if (!link.watched) this.#watch(link);
    }
    return full;
  }

  #watch(link: SubscriberLink): void {
    link.watched = true;
    this.#giveTime(link);
    // A subscriber that is lost meanwhile, or a socket that is closed, is heard of otherwise.
    this.socket.untilWritable({ peer: link.peer }).then(
      () => {
        link.watched = false;
        link.stuck = false;
        this.#deadlines.remove(link);
        this.#flush();
      },
      () => {},
    );
  }

  #giveTime(link: SubscriberLink): void {
    link.pending = link.peer.pending;
    link.suspected = false;
    this.#deadlines.set(link, this.#deadlines.now() + this.#options.subscribeTimeout);
  }

  #overdue(link: SubscriberLink): void {
    if (!link.ready) {
      this.#stats.lateSubscribers++;
      this.#becameReady(link);
    } else if (link.peer.pending < link.pending) {
      this.#giveTime(link);
    } else if (!link.suspected) {
      // An application that starts blocks the event loop: what was taken meanwhile is seen in the next turn.
      link.suspected = true;
      this.#deadlines.set(link, this.#deadlines.now());
    } else {
      link.stuck = true;
      this.#flush();
    }
  }

  #joined(peer: Peer): void {
    if (this.#links.has(peer)) return;
    // Nobody waits for the subscriptions of a foreign peer: it does not mark their end.
    const link: SubscriberLink = new SubscriberLink(peer, !isNestPeer(peer), () => this.#overdue(link));
    this.#links.set(peer, link);
    if (!link.ready) {
      this.#unready++;
      this.#deadlines.set(link, this.#deadlines.now() + this.#options.subscribeTimeout);
      this.#bePatient();
    }
    for (const waiter of this.#connected) waiter.resolve();
    this.#connected.clear();
    if (this.#dialing && this.#links.size >= this.#dials) this.#endDialing();
    this.#flush();
    this.#observer.connected(peer);
  }

  #marked(peer: Peer): void {
    // The mark may come before `open` has taken over the peers.
    this.#joined(peer);
    const link = this.#links.get(peer);
    if (link !== undefined && !link.ready) this.#becameReady(link);
  }

  #becameReady(link: SubscriberLink): void {
    link.ready = true;
    this.#unready--;
    this.#deadlines.remove(link);
    this.#flush();
  }

  #bePatient(): void {
    if (this.#patient || this.#unready === 0 || this.#queue.size === 0) return;
    this.#patient = true;
    this.#deadlines.set(this.#patience, this.#deadlines.now() + this.#options.subscribeTimeout);
  }

  /** Peers that come and never subscribe, each before the last was given up, would hold back all events for ever. */
  #giveUpLate(): void {
    this.#patient = false;
    for (const link of this.#links.values()) {
      if (link.ready) continue;
      this.#stats.lateSubscribers++;
      this.#becameReady(link);
    }
  }

  #left(peer: Peer, reason: PeerLossReason): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    this.#deadlines.remove(link);
    if (!link.ready) this.#unready--;
    this.#flush();
    if (this.#links.size === 0) this.#rearm();
    if (!this.#closed) this.#observer.lost(peer, reason);
  }

  /** What still waits has nobody again, and gives up from now on. */
  #rearm(): void {
    const due = this.#deadlines.now() + this.#options.connectTimeout;
    for (const { waiter } of this.#queue) this.#deadlines.set(waiter, due);
  }

  #endDialing(): void {
    this.#dialing = false;
    this.#dialWindow?.resolve();
    this.#flush();
  }
}
