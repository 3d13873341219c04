import type { WritePacket } from '@nestjs/microservices';
import { RoundRobin } from '../balancing/round-robin.balancer.js';
import { encodeCancel, encodeDrained } from '../packet/control.packet.js';
import { decodeError } from '../packet/error.codec.js';
import type { PayloadCodecs } from '../packet/payload.codec.js';
import { ReplyStatus, type ValueReply } from '../packet/reply.packet.js';
import { type PeerLossReason, ZmqClosedError, ZmqPeerLostError } from '../zmq.errors.js';
import { CallTimes, type CallTimesOptions } from './call.times.js';
import type { PendingCall } from './pending.call.js';
import { overdue } from './pending.errors.js';
import type { PendingCallsStats } from './pending.stats.js';
import { type ServerLink, takesNow } from './server.link.js';
import type { Waiter } from './waiter.js';
import { isNamed, WaitingCalls } from './waiting.calls.js';

/** What the calls of a client live by. */
export interface PendingCallsOptions extends CallTimesOptions {
  readonly codecs: PayloadCodecs;
  /** How many calls may wait for a server, and behind how many messages one for a certain server that is full. */
  readonly maxWaiting: number;
  /** Calls back once the server takes messages again; not at all when it is lost. */
  readonly whenWritable: (link: ServerLink, then: () => void) => void;
  /** The last error of an attempt to connect, if any. */
  readonly lastFailure: () => unknown;
  /** Is given what a call's callback throws. */
  readonly onThrown: (error: unknown) => void;
}

/**
 * Every call of a client until it is settled: by a reply of the server that was
 * asked, by time, by the server's loss, by cancelling, or by `close`. Each call is
 * settled once, whatever happens.
 *
 * It chooses the server of each call: the next in turn that is connected, not
 * draining, and takes a message now.
 */
export class PendingCalls {
  readonly #options: PendingCallsOptions;
  readonly #times: CallTimes;
  readonly #usable = new RoundRobin<ServerLink>();
  readonly #links = new Set<ServerLink>();
  readonly waiting: WaitingCalls;
  readonly #stats = { sent: 0, answered: 0, timedOut: 0, cancelled: 0, lost: 0, late: 0 };
  #lastId: number;
  #closedBy: unknown;

  /** @param lastId the request id before the first; only tests have a reason to give it */
  constructor(options: PendingCallsOptions, lastId = 0) {
    this.#options = options;
    this.#times = new CallTimes(options);
    this.waiting = new WaitingCalls(options.maxWaiting);
    this.#lastId = lastId;
  }

  get links(): ReadonlySet<ServerLink> {
    return this.#links;
  }

  /** Servers that get new calls. */
  usableLinks(): readonly ServerLink[] {
    return [...this.#usable.all()];
  }

  /** How many they are. */
  get usable(): number {
    return this.#usable.size;
  }

  get idle(): boolean {
    return this.waiting.size === 0 && this.#inFlight() === 0;
  }

  stats(): PendingCallsStats {
    return { inFlight: this.#inFlight(), waiting: this.waiting.size, ...this.#stats, refused: this.waiting.refused };
  }

  /** Sends the call to a server, or lets it wait for one. */
  start(call: PendingCall): void {
    if (this.#closedBy !== undefined) {
      this.#settle(call, this.#closedBy);
      return;
    }
    const now = this.#options.deadlines.now();
    call.since = now;
    if (call.content.deadlineMs !== undefined) call.expiresAt = now + call.content.deadlineMs;
    if (call.content.server !== undefined) {
      this.#startAddressed(call, now);
      return;
    }
    if (this.waiting.forAny.size === 0 && this.#dispatch(call, now)) return;
    this.#wait(call, now, this.#usable.size > 0);
    this.#watchFull();
  }

  /**
   * Sends the call to this server, whosever turn it is. While the server is full it waits for it there.
   * @param since when it was started: its times run from then
   */
  startAt(link: ServerLink, call: PendingCall, since: number): void {
    const now = this.#options.deadlines.now();
    call.since = since;
    if (call.content.deadlineMs !== undefined) call.expiresAt = since + call.content.deadlineMs;
    this.#startAt(link, call, now);
  }

  /** Nobody wants the result any more. Does nothing when it is there already. */
  cancel(call: PendingCall): void {
    if (call.settled) return;
    this.#stats.cancelled++;
    this.#tellServer(call);
    this.#forget(call);
  }

  /** A server's handshake is done. */
  add(link: ServerLink): void {
    this.#links.add(link);
    this.#usable.add(link);
    const now = this.#options.deadlines.now();
    for (const call of this.waiting.takeFor(link)) this.#sendAt(link, call, now);
    this.#flush();
    if (this.#usable.size === 1) this.#rearm(now);
  }

  /** The server's connection is gone: the calls that it had fail at once. */
  remove(link: ServerLink, reason: PeerLossReason): void {
    this.#links.delete(link);
    this.#leave(link);
    link.outbox.close();
    const calls = [...link.calls.values()];
    for (const call of calls) {
      if (call.settled) continue;
      this.#stats.lost++;
      this.#settle(call, new ZmqPeerLostError(link, reason));
    }
    link.pings.fail(new ZmqPeerLostError(link, reason));
  }

  /** The server closes: it gets no new calls, and hears when its last one is done. */
  drain(link: ServerLink): void {
    if (link.draining) return;
    link.draining = true;
    this.#leave(link);
    this.#checkDrained(link);
  }

  /**
   * Asks a server whether it answers; the waiter resolves when it has, and rejects when it is lost.
   * @returns gives the question up
   */
  ping(link: ServerLink, waiter: Waiter): () => void {
    // 2^32 calls do not happen while a ping waits: its id is not taken again.
    return link.pings.ask(this.#freeId(link), link.outbox, waiter);
  }

  /** A reply came from this server. */
  receive(link: ServerLink, reply: ValueReply): void {
    const call = link.calls.get(reply.id);
    if (call === undefined) {
      if (!link.pings.answered(reply.id)) this.#stats.late++;
      return;
    }
    switch (reply.status) {
      case ReplyStatus.value:
        this.#value(call, reply);
        return;
      case ReplyStatus.last:
        this.#last(link, call, reply);
        return;
      case ReplyStatus.done:
        this.#answered(link, call);
        this.#tell(call, { isDisposed: true });
        return;
      case ReplyStatus.failed:
        this.#answered(link, call);
        this.#tell(call, { err: decodeError(reply.payload), isDisposed: true });
    }
  }

  /** What came for this id cannot be read: the call cannot be trusted any more. */
  receiveMalformed(link: ServerLink, id: number | undefined, error: Error): void {
    const call = id === undefined ? undefined : link.calls.get(id);
    if (call !== undefined) this.#giveUp(call, error);
  }

  /** Settles everything; what is started from now on fails likewise. */
  close(error: unknown = new ZmqClosedError()): void {
    this.#closedBy = error;
    const calls = [...this.waiting];
    for (const link of this.#links) {
      calls.push(...link.calls.values());
      link.pings.fail(error);
      // Servers need not work on for nobody.
      for (const id of link.calls.keys()) link.outbox.trySend(encodeCancel(id));
    }
    for (const call of calls) {
      if (!call.settled) this.#settle(call, error);
    }
  }

  /** For the deadline queue. */
  readonly onTimeout = (call: PendingCall): void => {
    this.#stats.timedOut++;
    const error = overdue(call, this.#usable.size, this.#options.lastFailure());
    if (call.link === undefined) this.#settle(call, error);
    else this.#giveUp(call, error);
  };

  #value(call: PendingCall, reply: ValueReply): void {
    let response: unknown;
    try {
      response = this.#decode(call, reply);
    } catch (error) {
      this.#giveUp(call, error);
      return;
    }
    call.since = this.#options.deadlines.now();
    this.#times.expectValue(call, call.since);
    this.#tell(call, { response });
  }

  #decode(call: PendingCall, { payload, metadata }: ValueReply): unknown {
    return this.#options.codecs.decode(payload, metadata.contentType, call.content.name, 'reply');
  }

  #last(link: ServerLink, call: PendingCall, reply: ValueReply): void {
    this.#answered(link, call);
    let packet: WritePacket;
    try {
      packet = { response: this.#decode(call, reply), isDisposed: true };
    } catch (err) {
      packet = { err, isDisposed: true };
    }
    this.#tell(call, packet);
  }

  #answered(link: ServerLink, call: PendingCall): void {
    link.handled++;
    this.#stats.answered++;
    this.#forget(call);
  }

  /** Fails the call and tells its server to stop. */
  #giveUp(call: PendingCall, error: unknown): void {
    this.#tellServer(call);
    this.#settle(call, error);
  }

  #settle(call: PendingCall, err: unknown): void {
    this.#forget(call);
    this.#tell(call, { err, isDisposed: true });
  }

  /** What one call's callback throws harms no other call. */
  #tell(call: PendingCall, packet: WritePacket): void {
    try {
      call.callback(packet);
    } catch (error) {
      this.#options.onThrown(error);
    }
  }

  #forget(call: PendingCall): void {
    call.settled = true;
    this.#options.deadlines.remove(call);
    const { link } = call;
    if (link === undefined) {
      this.waiting.delete(call);
    } else {
      link.calls.delete(call.id);
      if (link.draining) this.#checkDrained(link);
    }
  }

  #tellServer(call: PendingCall): void {
    if (call.link !== undefined && this.#closedBy === undefined) call.link.outbox.send(encodeCancel(call.id));
  }

  #checkDrained(link: ServerLink): void {
    if (link.drained || link.calls.size > 0) return;
    link.drained = true;
    link.outbox.send(encodeDrained());
  }

  #startAddressed(call: PendingCall, now: number): void {
    const named = this.#usable.all().filter((each) => isNamed(each, call.content.server));
    const link = named.find(takesNow) ?? named[0];
    if (link === undefined) this.#wait(call, now, false);
    else this.#startAt(link, call, now);
  }

  #startAt(link: ServerLink, call: PendingCall, now: number): void {
    const error = takesNow(link) ? undefined : this.waiting.refusedAt(link);
    if (error === undefined) this.#sendAt(link, call, now);
    else this.#settle(call, error);
  }

  /** Sends it now, or when the server takes it. */
  #sendAt(link: ServerLink, call: PendingCall, now: number): void {
    this.#assign(link, call);
    link.outbox.send(call.frames(call.id, now));
    this.#stats.sent++;
    if (!call.settled) this.#times.expectValue(call, now);
  }

  /**
   * No server takes it now.
   * @param room a server is there, and it waits for room
   */
  #wait(call: PendingCall, now: number, room: boolean): void {
    try {
      this.waiting.add(call);
    } catch (error) {
      this.#settle(call, error);
      return;
    }
    this.#times.expectServer(call, now, room);
  }

  /** The last server that took calls is gone, or the first one came: what waits for any waits for something else. */
  #rearm(now: number): void {
    for (const call of this.waiting.forAny) this.#times.expectServer(call, now, this.#usable.size > 0);
  }

  /** The server gets no new calls. */
  #leave(link: ServerLink): void {
    const before = this.#usable.size;
    this.#usable.remove(link);
    if (before > 0 && this.#usable.size === 0) this.#rearm(this.#options.deadlines.now());
  }

  /** False when no server takes it now. */
  #dispatch(call: PendingCall, now: number): boolean {
    for (let tries = this.#usable.size; tries > 0; tries--) {
      const link = this.#usable.next();
      if (link === undefined || !link.peer.writable || !link.outbox.empty) continue;
      if (this.#sendTo(link, call, now)) return true;
    }
    return false;
  }

  #sendTo(link: ServerLink, call: PendingCall, now: number): boolean {
    this.#assign(link, call);
    if (link.outbox.trySend(call.frames(call.id, now))) {
      this.#stats.sent++;
      if (!call.settled) this.#times.expectValue(call, now);
      return true;
    }
    link.calls.delete(call.id);
    call.link = undefined;
    return false;
  }

  /** Before it is sent: within one process the reply may come while we send. */
  #assign(link: ServerLink, call: PendingCall): void {
    call.link = link;
    call.id = this.#freeId(link);
    link.calls.set(call.id, call);
  }

  /** Skips the ids of calls that are still there after 2^32 others. */
  #freeId(link: ServerLink): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (link.calls.has(this.#lastId));
    return this.#lastId;
  }

  readonly #flush = (): void => {
    const now = this.#options.deadlines.now();
    for (const call of this.waiting.forAny) {
      if (!this.#dispatch(call, now)) break;
      this.waiting.delete(call);
    }
    this.#watchFull();
  };

  /** While calls wait, every full server is watched until it takes messages again. */
  #watchFull(): void {
    if (this.waiting.forAny.size === 0) return;
    for (const link of this.#usable.all()) {
      if (link.watched) continue;
      link.watched = true;
      this.#options.whenWritable(link, () => {
        link.watched = false;
        this.#flush();
      });
    }
  }

  #inFlight(): number {
    let count = 0;
    for (const link of this.#links) count += link.calls.size;
    return count;
  }
}
