import { type Peer, Router } from '@nest-zmq/core';
import { Outbox } from '../inflight/outbox.js';
import { encodeCancel, encodeDrained } from '../packet/control.packet.js';
import {
  decodeWorkerMessage,
  encodeDelivery,
  encodeHello,
  type WorkerAnswer,
  type WorkerMessage,
} from '../packet/delivery.packet.js';
import type { Delivery, PoolWorker, WorkerOutlet } from '../worker/pool.task.js';
import type { ZmqClock } from '../zmq.clock.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import { closeSocket } from './socket.close.js';
import { commonSocketOptions, openEndpoints, receivingOptions, sendingOptions } from './socket.options.js';

/** Who gives the workers their tasks. */
export interface WorkerSink {
  join(outlet: WorkerOutlet): PoolWorker;
  leave(worker: PoolWorker): void;
  credit(worker: PoolWorker, credit: number): void;
  answer(worker: PoolWorker, answer: WorkerAnswer): void;
  malformedAnswer(worker: PoolWorker, id: number, error: Error): void;
}

/** A connected worker, and the way to it. */
class WorkerLink implements WorkerOutlet {
  worker!: PoolWorker;

  constructor(
    readonly outbox: Outbox<unknown>,
    readonly clock: ZmqClock,
    readonly counts: { unread: number },
  ) {}

  get overfull(): boolean {
    return this.outbox.overfull;
  }

  deliver({ id, task }: Delivery): void {
    const { content, deadlineAt, runs: attempt, isRun } = task;
    const { name, payload, contentType, headers } = content;
    const deadlineMs = deadlineAt === Infinity ? undefined : deadlineAt - this.clock.now();
    this.outbox.send(encodeDelivery(id, name, payload, { contentType, headers, deadlineMs, attempt, result: isRun }));
  }

  cancel(id: number): void {
    this.outbox.send(encodeCancel(id));
  }

  hello(): void {
    this.outbox.send(encodeHello());
  }

  /** A worker may say any number of times that it stops. One that means it has read all that it answered. */
  drained(): void {
    if (this.outbox.overfull) this.counts.unread++;
    else this.outbox.send(encodeDrained());
  }
}

/** No worker is believed to run more at a time. */
const MOST_CREDIT = 100_000;

/** The pool's end of tasks with acknowledgement: one ROUTER to all workers. What a task does is the sink's business. */
export class TaskRouterChannel {
  readonly socket: Router;
  readonly #endpoints: ZmqEndpoints;
  readonly #clock: ZmqClock;
  readonly #sink: WorkerSink;
  readonly #links = new Map<Peer, WorkerLink>();
  readonly #counts = { unread: 0 };
  #malformed = 0;
  #unknownVerbs = 0;

  constructor(endpoints: ZmqEndpoints, options: ZmqSocketOptions, clock: ZmqClock, sink: WorkerSink) {
    this.#endpoints = endpoints;
    this.#clock = clock;
    this.#sink = sink;
    this.socket = new Router({
      ...commonSocketOptions(options),
      ...sendingOptions(options),
      ...receivingOptions(options),
      // Nothing is queued for a worker that is not there: another one may be.
      immediate: true,
    });
  }

  /** Messages of workers that were no answer and no control message. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Control messages with a verb that this version does not know. */
  get unknownVerbs(): number {
    return this.#unknownVerbs;
  }

  /** Stops that were not answered, because their worker leaves what it was sent unread. */
  get unread(): number {
    return this.#counts.unread;
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

  async close(): Promise<void> {
    await closeSocket(this.socket);
    for (const { outbox } of this.#links.values()) outbox.close();
    this.#links.clear();
  }

  #joined(peer: Peer): void {
    if (this.#links.has(peer)) return;
    const link = new WorkerLink(new Outbox(this.socket, peer), this.#clock, this.#counts);
    this.#links.set(peer, link);
    link.worker = this.#sink.join(link);
  }

  #left(peer: Peer): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    link.outbox.close();
    this.#sink.leave(link.worker);
  }

  #received(frames: readonly Buffer[], peer: Peer): void {
    const worker = this.#links.get(peer)?.worker;
    if (worker === undefined) return;
    const message: WorkerMessage = decodeWorkerMessage(frames, 1);
    switch (message.kind) {
      case 'answer':
        this.#sink.answer(worker, message);
        return;
      case 'credit':
        this.#sink.credit(worker, Math.min(message.credit, MOST_CREDIT));
        return;
      case 'unknown':
        this.#unknownVerbs++;
        return;
      case 'malformed':
        this.#malformed++;
        if (message.id !== undefined) this.#sink.malformedAnswer(worker, message.id, message.error);
    }
  }
}
