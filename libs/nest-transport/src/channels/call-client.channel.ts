import { Dealer, type Peer } from '@nest-zmq/core';
import type { DeadlineQueue } from '../inflight/deadline.queue.js';
import { Outbox } from '../inflight/outbox.js';
import { PendingCalls } from '../inflight/pending.calls.js';
import { ServerLink } from '../inflight/server.link.js';
import { Waiter } from '../inflight/waiter.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import { decodeServerMessage } from '../packet/reply.packet.js';
import { type PeerLossReason, ZmqClosedError, ZmqNoPeerError, ZmqTimeoutError } from '../zmq.errors.js';
import { DEFAULT_MAX_WAITING, type ZmqClientOptions } from '../zmq.options.js';
import { closeSocket } from './socket.close.js';
import { ConnectionFailures } from './connection.failures.js';
import {
  attentivePeer,
  commonSocketOptions,
  openEndpoints,
  receivingOptions,
  sendingOptions,
} from './socket.options.js';

/** Who wants to know about the servers of a client. */
export interface ServerObserver {
  connected(link: ServerLink): void;
  lost(link: ServerLink, reason: PeerLossReason): void;
  draining(link: ServerLink): void;
  /** Code of the application threw when it was told of a reply. */
  threw(error: unknown): void;
}

/** Called once, one or the other. */
interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What a server answered when it was asked whether it is there. */
export interface ZmqPing {
  /** The name that it gave itself (its option `peerName`). */
  readonly name: string | undefined;
  readonly address: string;
  /** It answered in time. Of a foreign server: it is connected; those understand no ping. */
  readonly up: boolean;
  /** Whether it is closing: it gets no new calls. */
  readonly draining: boolean;
  /** How long the answer took, in ms; `undefined` without one. */
  readonly roundTripMs: number | undefined;
  /** Why it is not up. */
  readonly error: string | undefined;
}

/**
 * Calls of a client: one DEALER to all servers. Every message goes to a server that
 * was chosen here, never to whichever the socket would take.
 */
export class CallClientChannel {
  readonly socket: Dealer;
  readonly calls: PendingCalls;
  readonly #options: ZmqClientOptions;
  readonly #connectTimeout: number;
  readonly #requestTimeout: number;
  readonly #observer: ServerObserver;
  readonly #deadlines: DeadlineQueue;
  readonly #links = new Map<Peer, ServerLink>();
  readonly #failures: ConnectionFailures;
  readonly #waiters = new Map<Waiter, number>();
  #malformed = 0;
  #unknownVerbs = 0;
  #closed = false;

  constructor(options: ZmqClientOptions, codecs: PayloadCodecs, deadlines: DeadlineQueue, observer: ServerObserver) {
    const { connectTimeout = 3_000, requestTimeout = 30_000, maxWaiting = DEFAULT_MAX_WAITING } = options;
    this.#options = options;
    this.#connectTimeout = connectTimeout;
    this.#requestTimeout = requestTimeout === 0 ? Infinity : requestTimeout;
    this.#observer = observer;
    this.#deadlines = deadlines;
    this.socket = new Dealer({
      ...commonSocketOptions(options),
      ...attentivePeer,
      ...sendingOptions(options),
      ...receivingOptions(options),
      // Nothing is queued for a server that is not there: its call would be sent after it had failed.
      immediate: true,
      connectTimeout,
    });
    this.#failures = new ConnectionFailures(this.socket.events);
    this.calls = new PendingCalls({
      codecs,
      deadlines,
      connectTimeout,
      requestTimeout,
      maxWaiting,
      whenWritable: (link, then) => this.#whenWritable(link, then),
      lastFailure: () => this.#failures.last,
      onThrown: (error) => observer.threw(error),
    });
  }

  get malformed(): number {
    return this.#malformed;
  }

  get unknownVerbs(): number {
    return this.#unknownVerbs;
  }

  /** Binds and connects; rejects with what the socket throws. */
  async open(): Promise<string[]> {
    if (this.#closed) throw new ZmqClosedError();
    const endpoints = await openEndpoints(this.socket, this.#options);
    if (this.#closed) throw new ZmqClosedError();
    // Only now: a socket that is busy binding refuses to send.
    for (const peer of this.socket.peers) this.#joined(peer);
    this.socket.onPeer({
      joined: (peer) => this.#joined(peer),
      left: (peer, reason) => this.#left(peer, reason),
    });
    this.socket.onMessage((message, peer) => this.#received(message, peer));
    return endpoints;
  }

  /**
   * Resolves when so many servers are there.
   * @throws ZmqNoPeerError after `connectTimeout`, or `timeoutMs`
   * @throws ZmqClosedError
   */
  ready(servers: number, timeoutMs = this.#connectTimeout): Promise<void> {
    if (this.#closed) return Promise.reject(new ZmqClosedError());
    if (this.calls.usable >= servers) return Promise.resolve();
    return this.#waitFor(servers, timeoutMs).promise;
  }

  /**
   * As `ready`, for a call to all servers: it is one of those that wait for a server.
   * @param deadlineMs it waits no longer than that, and than `requestTimeout`
   * @returns gives it up
   * @throws ZmqClientFullError
   */
  readyForAll(servers: number, deadlineMs: number | undefined, settle: Settle): () => void {
    if (this.#closed || this.calls.usable >= servers) {
      if (this.#closed) settle.reject(new ZmqClosedError());
      else settle.resolve();
      return () => {};
    }
    const leave = this.calls.waiting.enterForAll();
    const waitMs = Math.min(this.#connectTimeout, this.#requestTimeout, deadlineMs ?? Infinity);
    const waiter = this.#waitFor(servers, waitMs);
    waiter.promise.then(settle.resolve, settle.reject);
    return () => {
      leave();
      this.#waiters.delete(waiter);
      waiter.resolve();
    };
  }

  /** Asks all servers that are connected now. Never rejects. */
  ping(timeoutMs: number): Promise<ZmqPing[]> {
    return Promise.all([...this.#links.values()].map((link) => this.#ping(link, timeoutMs)));
  }

  /**
   * Settles all calls, and closes the socket.
   * @param error what they fail with
   */
  async close(error: unknown = new ZmqClosedError()): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiter of this.#waiters.keys()) waiter.reject(error);
    this.#waiters.clear();
    this.calls.close(error);
    await closeSocket(this.socket);
  }

  #waitFor(servers: number, timeoutMs: number): Waiter {
    const waiter = new Waiter(this.#deadlines, timeoutMs, () => {
      this.#waiters.delete(waiter);
      const there = this.calls.usable;
      waiter.reject(
        new ZmqNoPeerError(`${there} of ${servers} servers connected within ${timeoutMs} ms`, this.#failures.last),
      );
    });
    this.#waiters.set(waiter, servers);
    return waiter;
  }

  async #ping(link: ServerLink, timeoutMs: number): Promise<ZmqPing> {
    const { name, address, draining } = link;
    const answer = { name, address, draining, roundTripMs: undefined, error: undefined };
    if (!link.nest) return { ...answer, up: true };
    const start = this.#deadlines.now();
    const waiter = new Waiter(this.#deadlines, timeoutMs, () => {
      giveUp();
      waiter.reject(new ZmqTimeoutError(`No answer within ${Math.round(timeoutMs)} ms`, timeoutMs));
    });
    const giveUp = this.calls.ping(link, waiter);
    try {
      await waiter.promise;
      return { ...answer, up: true, roundTripMs: this.#deadlines.now() - start };
    } catch (error) {
      return { ...answer, up: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  #joined(peer: Peer): void {
    if (this.#links.has(peer)) return;
    const link = new ServerLink(peer, new Outbox(this.socket, peer));
    this.#links.set(peer, link);
    this.calls.add(link);
    this.#observer.connected(link);
    for (const [waiter, servers] of this.#waiters) {
      if (this.calls.usable < servers) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #left(peer: Peer, reason: PeerLossReason): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    this.calls.remove(link, reason);
    if (!this.#closed) this.#observer.lost(link, reason);
  }

  #received(frames: readonly Buffer[], peer: Peer): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    const message = decodeServerMessage(frames);
    switch (message.kind) {
      case 'reply':
        this.calls.receive(link, message);
        return;
      case 'control':
        this.#control(link, message.verb);
        return;
      case 'malformed':
        this.#malformed++;
        this.calls.receiveMalformed(link, message.id, message.error);
        return;
      case 'acknowledgement':
    }
  }

  #control(link: ServerLink, verb: string): void {
    if (verb !== 'drain') {
      this.#unknownVerbs++;
      return;
    }
    if (link.draining) return;
    this.calls.drain(link);
    this.#observer.draining(link);
  }

  #whenWritable(link: ServerLink, then: () => void): void {
    // A server that is lost meanwhile is not watched any more.
    this.socket.untilWritable({ peer: link.peer as Peer }).then(then, () => {});
  }
}
