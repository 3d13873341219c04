import { type Peer, Router } from '@nest-zmq/core';
import { ClientLink } from '../inflight/client.link.js';
import { Outbox } from '../inflight/outbox.js';
import { type CallRequest, type ControlRequest, decodeRequest, type MalformedRequest } from '../packet/call.packet.js';
import { encodeDrain } from '../packet/control.packet.js';
import type { Envelope } from '../packet/envelope.js';
import { encodeError } from '../packet/error.codec.js';
import { encodeReply, ReplyStatus } from '../packet/reply.packet.js';
import type { ZmqEndpoints, ZmqSocketOptions } from '../zmq.options.js';
import { closeSocket } from './socket.close.js';
import type { PeerLossReason } from '../zmq.errors.js';
import {
  attentivePeer,
  commonSocketOptions,
  openEndpoints,
  receivingOptions,
  sendingOptions,
} from './socket.options.js';

/**
 * So many messages are taken in one turn of the event loop, then it turns: their
 * replies leave, and the clients work on them, while we work on the next ones.
 * Without it the two sides take turns: 60 k calls a second in place of 84 k at 64 in
 * flight, 71 k in place of 95 k at 512. (8, 16 and 64 each lose at one of the two.)
 */
const MESSAGES_PER_TURN = 32;

/** Who runs what comes in. */
export interface CallSink {
  call(client: ClientLink, request: CallRequest): void;
  joined(client: ClientLink): void;
  left(client: ClientLink, reason: PeerLossReason): void;
}

/** Counts since the server listens. */
export interface CallServerStats {
  /** Messages that are no call: answered where an answer is possible, else dropped. */
  malformed: number;
  /** Control messages with a verb that this version does not know. */
  unknownVerbs: number;
  /** Cancels of calls that were over already, or never were. */
  strayCancels: number;
  /** Calls whose id was in flight already. */
  duplicates: number;
  /** Replies whose client was gone. */
  droppedReplies: number;
  /**
   * Messages of clients that leave their replies unread (64 MiB or 100,000 of them wait): not answered. Calls are not run;
   * `cancel` and `drained` take effect.
   */
  unread: number;
}

/**
 * Calls of a server: one ROUTER. It knows the envelopes and the control messages;
 * what a call does is the sink's business.
 *
 * While it drains, calls are still taken: those that a client sent before it saw
 * `drain`, and all of foreign clients, who cannot know. It is drained at the first
 * moment when every Nest client has answered and nothing is in flight.
 */
export class CallServerChannel {
  readonly socket: Router;
  readonly #endpoints: ZmqEndpoints;
  readonly #sink: CallSink;
  readonly #clients = new Map<Peer, ClientLink>();
  readonly #stats = { malformed: 0, unknownVerbs: 0, strayCancels: 0, duplicates: 0, unread: 0 };
  #droppedReplies = 0;
  /** Messages since the loop was last given a turn. */
  #taken = 0;
  #draining = false;
  #closed = false;

  /** Told when a client may have become quiet: it answered a drain, or left. */
  onQuiet: (() => void) | undefined;

  constructor(endpoints: ZmqEndpoints, options: ZmqSocketOptions, sink: CallSink) {
    this.#endpoints = endpoints;
    this.#sink = sink;
    this.socket = new Router({
      ...commonSocketOptions(options),
      ...attentivePeer,
      ...sendingOptions(options),
      ...receivingOptions(options),
      // Nothing is sent again after its client was given up.
      immediate: true,
    });
  }

  get clients(): number {
    return this.#clients.size;
  }

  stats(): CallServerStats {
    let droppedReplies = this.#droppedReplies;
    for (const { outbox } of this.#clients.values()) droppedReplies += outbox.dropped;
    return { ...this.#stats, droppedReplies };
  }

  async open(): Promise<string[]> {
    const endpoints = await openEndpoints(this.socket, this.#endpoints);
    // Only now: a socket that is busy binding refuses to send, so a reply would be lost.
    for (const peer of this.socket.peers) this.#joined(peer);
    this.socket.onPeer({ joined: (peer) => this.#joined(peer), left: (peer, reason) => this.#left(peer, reason) });
    this.socket.onMessage(this.#take);
    return endpoints;
  }

  /** Asks every client that understands it to send no new calls; also those that connect from now on. */
  drain(): void {
    this.#draining = true;
    for (const client of this.#clients.values()) this.#askToDrain(client);
  }

  /** Whether every client that was asked has answered, and no reply waits. If not, `onQuiet` tells when to ask again. */
  isQuiet(): boolean {
    let quiet = true;
    for (const client of this.#clients.values()) {
      if (client.nest && !client.drained) quiet = false;
      if (client.outbox.empty) continue;
      quiet = false;
      this.#watch(client);
    }
    return quiet;
  }

  /** Answers without running anything. */
  refuse(client: ClientLink, envelope: Envelope, error: unknown): void {
    if (this.#isUnread(client)) return;
    client.outbox.send(encodeReply(envelope, ReplyStatus.failed, encodeError(error)));
  }

  countDuplicate(): void {
    this.#stats.duplicates++;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await closeSocket(this.socket);
  }

  /** Whether the client leaves its replies unread: what it sends is counted then, and costs us no memory. */
  #isUnread({ outbox }: ClientLink): boolean {
    if (outbox.overfull) this.#stats.unread++;
    return outbox.overfull;
  }

  #askToDrain(client: ClientLink): void {
    if (client.nest) client.outbox.send(encodeDrain());
  }

  #watch(client: ClientLink): void {
    if (client.watched) return;
    client.watched = true;
    client.outbox.whenEmpty(() => {
      client.watched = false;
      this.onQuiet?.();
    });
  }

  #joined(peer: Peer): void {
    if (this.#clients.has(peer)) return;
    const client = new ClientLink(peer, new Outbox(this.socket, peer));
    this.#clients.set(peer, client);
    this.#sink.joined(client);
    if (this.#draining) this.#askToDrain(client);
  }

  #left(peer: Peer, reason: PeerLossReason): void {
    const client = this.#clients.get(peer);
    if (client === undefined) return;
    this.#clients.delete(peer);
    client.outbox.close();
    this.#droppedReplies += client.outbox.dropped;
    this.#sink.left(client, reason);
    this.onQuiet?.();
  }

  readonly #take = (frames: Buffer[], peer: Peer): void => {
    this.#received(frames, peer);
    if (++this.#taken < MESSAGES_PER_TURN) return;
    this.#taken = 0;
    this.socket.onMessage(undefined);
    setImmediate(this.#resume);
  };

  readonly #resume = (): void => {
    if (!this.#closed && !this.socket.closed) this.socket.onMessage(this.#take);
  };

  #received(frames: readonly Buffer[], peer: Peer): void {
    const client = this.#clients.get(peer);
    if (client === undefined) return;
    const request = decodeRequest(frames, 1);
    switch (request.kind) {
      case 'call':
        if (!this.#isUnread(client)) this.#sink.call(client, request);
        return;
      case 'control':
        this.#control(client, request);
        return;
      case 'malformed':
        this.#malformed(client, request);
    }
  }

  #control(client: ClientLink, { verb, envelope, answered }: ControlRequest): void {
    let answer = answered;
    switch (verb) {
      case 'cancel':
        this.#cancel(client, envelope);
        break;
      case 'ping':
        answer = true;
        break;
      case 'drained':
        client.drained = true;
        break;
      default:
        this.#stats.unknownVerbs++;
    }
    if (answer && !this.#isUnread(client)) client.outbox.send(encodeReply(envelope, ReplyStatus.done));
    if (verb === 'drained') this.onQuiet?.();
  }

  #cancel(client: ClientLink, { key }: Envelope): void {
    const call = client.calls.get(key);
    if (call === undefined) this.#stats.strayCancels++;
    else call.abandon(new DOMException('The caller cancelled the call', 'AbortError'));
  }

  #malformed(client: ClientLink, { envelope, error }: MalformedRequest): void {
    this.#stats.malformed++;
    if (envelope !== undefined) this.refuse(client, envelope, error);
  }
}
