import { Dealer, type Peer } from '@nest-zmq/core';
import { Outbox } from '../inflight/outbox.js';
import { type CallRequest, decodeRequest, type MalformedRequest } from '../packet/call.packet.js';
import { AnswerStatus, encodeAnswer, encodeCredit } from '../packet/delivery.packet.js';
import { type Envelope, hasRequestId } from '../packet/envelope.js';
import { encodeError } from '../packet/error.codec.js';
import { PoolLink } from '../worker/acked.runner.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import { isNestPeer } from '../zmq.peer.js';
import { closeSocket } from './socket.close.js';
import { commonSocketOptions, openEndpoints, receivingOptions, sendingOptions } from './socket.options.js';

/** Who runs what pools deliver. */
export interface DeliverySink {
  receive(link: PoolLink, request: CallRequest): void;
  cancel(link: PoolLink, envelope: Envelope): void;
  left(link: PoolLink): void;
}

/** A pool, and whether it has said that the worker may go. */
interface PoolEnd {
  readonly link: PoolLink;
  readonly outbox: Outbox<unknown>;
  readonly nest: boolean;
  drained: boolean;
}

/** The worker's end of tasks with acknowledgement: one DEALER to all pools, each addressed by itself. */
export class TaskDealerChannel {
  readonly socket: Dealer;
  readonly #endpoints: ZmqEndpoints;
  readonly #sink: DeliverySink;
  readonly #pools = new Map<Peer, PoolEnd>();
  #credit: number;
  #malformed = 0;
  #unknownVerbs = 0;
  #unread = 0;

  /** A pool has let go, or is lost: told while somebody waits for that. */
  onQuiet: (() => void) | undefined;

  /** @param credit unanswered deliveries that each pool may have here */
  constructor(endpoints: ZmqEndpoints, options: ZmqSocketOptions, credit: number, sink: DeliverySink) {
    this.#endpoints = endpoints;
    this.#credit = credit;
    this.#sink = sink;
    this.socket = new Dealer({
      ...commonSocketOptions(options),
      ...sendingOptions(options),
      ...receivingOptions(options),
      // An answer is for the connection that the task came by.
      immediate: true,
    });
  }

  /** Messages that were no delivery and no control message. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Control messages with a verb that this version does not know. */
  get unknownVerbs(): number {
    return this.#unknownVerbs;
  }

  /** Messages that were not answered, nor run, because their pool leaves its answers unread. */
  get unread(): number {
    return this.#unread;
  }

  /** Binds and connects; rejects with what the socket throws. */
  async open(): Promise<string[]> {
    const endpoints = await openEndpoints(this.socket, this.#endpoints);
    // Only now: a socket that is busy binding refuses to send.
    for (const peer of this.socket.peers) this.#joined(peer);
    this.socket.onPeer({ joined: (peer) => this.#joined(peer), left: (peer) => this.#left(peer) });
    this.socket.onMessage((frames, peer) => this.#received(frames, peer));
    return endpoints;
  }

  /** Tells every pool to send nothing more; also those that connect from now on. */
  stop(): void {
    this.#credit = 0;
    for (const { outbox } of this.#pools.values()) outbox.send(encodeCredit(0));
  }

  /** Whether every pool knows of the stop and has all answers. If not, `onQuiet` tells when to ask again. */
  isQuiet(): boolean {
    let quiet = true;
    for (const { nest, drained, outbox, link } of this.#pools.values()) {
      if (nest ? drained : link.deliveries.size === 0) {
        if (outbox.empty) continue;
        outbox.whenEmpty(() => this.onQuiet?.());
      }
      quiet = false;
    }
    return quiet;
  }

  async close(): Promise<void> {
    await closeSocket(this.socket);
    for (const { outbox } of this.#pools.values()) outbox.close();
    this.#pools.clear();
  }

  #joined(peer: Peer): void {
    if (this.#pools.has(peer)) return;
    const outbox = new Outbox(this.socket, peer);
    const link = new PoolLink(peer, (envelope, status, content) => {
      // The credit bounds all other answers; how often a handler says that it is at work is its business.
      if (status === AnswerStatus.working && outbox.overfull) this.#unread++;
      else outbox.send(encodeAnswer(envelope, status, content));
    });
    this.#pools.set(peer, { link, outbox, nest: isNestPeer(peer), drained: false });
    outbox.send(encodeCredit(this.#credit));
  }

  #left(peer: Peer): void {
    const pool = this.#pools.get(peer);
    if (pool === undefined) return;
    this.#pools.delete(peer);
    pool.outbox.close();
    this.#sink.left(pool.link);
    this.onQuiet?.();
  }

  #received(frames: readonly Buffer[], peer: Peer): void {
    const pool = this.#pools.get(peer);
    if (pool === undefined) return;
    const message = decodeRequest(frames, 0);
    switch (message.kind) {
      case 'call':
        if (!this.#isUnread(pool)) this.#sink.receive(pool.link, message);
        return;
      case 'control':
        this.#control(pool, message.verb, message.envelope);
        return;
      case 'malformed':
        this.#refuse(pool, message);
    }
  }

  #control(pool: PoolEnd, verb: string, envelope: Envelope): void {
    switch (verb) {
      case 'hello':
        if (!this.#isUnread(pool)) pool.outbox.send(encodeCredit(this.#credit));
        return;
      case 'cancel':
        this.#sink.cancel(pool.link, envelope);
        return;
      case 'drained':
        pool.drained = true;
        this.onQuiet?.();
        return;
      default:
        this.#unknownVerbs++;
    }
  }

  #refuse(pool: PoolEnd, { envelope, error }: MalformedRequest): void {
    this.#malformed++;
    if (envelope === undefined || !hasRequestId(envelope) || this.#isUnread(pool)) return;
    pool.link.answer(envelope, AnswerStatus.failed, { payload: encodeError(error) });
  }

  /** Whether the pool leaves its answers unread: what it sends is counted then, and costs us no memory. */
  #isUnread({ outbox }: PoolEnd): boolean {
    if (outbox.overfull) this.#unread++;
    return outbox.overfull;
  }
}
