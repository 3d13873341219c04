import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { peerGone } from './addressed.js';
import { EMPTY, probe, requireFrame, withEnvelope, withFrame, withoutFrames } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import { LoadBalancer } from './load-balancer.js';
import type { Attachment, Pattern, PatternEnvironment, PatternOptions } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';

const REQUEST_ID_SIZE = 4;

/**
 * 28/REQREP, REQ: one request, then its reply, in lock step.
 *
 * A request goes to the next REP in turn as `["", ...body]`, with `correlate` as
 * `[id, "", ...body]`. The reply counts only from the pipe that was asked, with the
 * same id in front; everything else is dropped. When the asked peer is lost, no
 * reply will ever come: the socket keeps waiting (as libzmq's does), and only
 * `relaxed` lets it send again. Without `correlate` the late reply of an abandoned
 * request can then pass for the reply of the next one, if both went to one peer.
 */
export class RequestPattern implements Pattern {
  dropped = 0;
  /** The pipe of the last reply. */
  source: PipeEnd | undefined;
  sourceLabel: unknown;
  readonly #options: PatternOptions;
  readonly #inward = new FairQueue();
  readonly #outward = new LoadBalancer();
  #awaitsReply = false;
  /** Who was asked; `undefined` while awaiting a reply: the asked peer is gone. */
  #asked: PipeEnd | undefined;
  /** The id of the request that is open; `undefined` when it was sent without. */
  #requestId: Buffer | undefined;
  #lastId: number;
  /** The reply, when `canReceive` has found it. */
  #ahead: Multipart | undefined;
  #aheadLabel: unknown;

  constructor({ options, random }: PatternEnvironment) {
    this.#options = options;
    this.#lastId = random.bytes(REQUEST_ID_SIZE).readUInt32BE();
  }

  attach(end: PipeEnd, _how: Attachment): void {
    this.#inward.attach(new PipeSlot(end));
    this.#outward.attach(end);
    if (this.#options.probeRouter) end.send(probe());
  }

  /** The probe of a pipe's first connection was queued by `attach`, before anything else. */
  peerReady(end: PipeEnd, _info: PeerInfo): undefined {
    if (this.#options.probeRouter && end.epoch > 0) end.send(probe());
    return undefined;
  }

  hiccup(): void {
    // The request may still be queued for the next connection, so the reply may still come from this pipe.
  }

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
    this.#outward.detach(end);
    if (end === this.#asked) this.#asked = undefined;
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
    if (!this.#awaitsReply) this.#discard();
  }

  writable(end: PipeEnd): void {
    this.#outward.writable(end);
  }

  trySend(message: Multipart): boolean {
    this.#requireTurn(message);
    if (!this.#outward.canWrite()) return false;
    this.#abandon();
    const requestId = this.#newId();
    return this.#opened(this.#outward.write(this.#wrap(requestId, message)), requestId);
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    this.#requireTurn(message);
    if (!end.open) throw peerGone();
    if (!end.writable) return false;
    this.#abandon();
    const requestId = this.#newId();
    return this.#opened(end.write(this.#wrap(requestId, message)) ? end : undefined, requestId);
  }

  tryReceive(): Multipart | undefined {
    if (!this.#awaitsReply) throw new ZmqError('EFSM', 'a REQ socket sends a request before it receives');
    const reply = this.#ahead ?? this.#nextReply();
    if (reply === undefined) return undefined;
    this.sourceLabel = this.#ahead && this.#aheadLabel;
    this.source = this.#inward.source?.end;
    this.#close();
    this.#discard();
    return reply;
  }

  canSend(): boolean {
    return (!this.#awaitsReply || this.#options.relaxed) && this.#outward.canWrite();
  }

  canReceive(): boolean {
    if (!this.#awaitsReply) return false;
    if (this.#ahead !== undefined) return true;
    this.#ahead = this.#nextReply();
    if (this.#ahead === undefined) return false;
    this.#aheadLabel = this.#inward.source?.end.label;
    return true;
  }

  #requireTurn(message: Multipart): void {
    requireFrame(message);
    if (this.#awaitsReply && !this.#options.relaxed) {
      throw new ZmqError('EFSM', 'a REQ socket receives the reply before it sends again; see `relaxed`');
    }
  }

  /** A reply that is older than the request cannot belong to it, whoever sends it. */
  #abandon(): void {
    if (this.#ahead !== undefined) this.dropped++;
    this.#close();
    this.#discard();
  }

  /**
   * Nothing that comes while no request is open can be a reply. It is not kept until there is one: a
   * peer could fill its queue and go, and nobody would read what keeps its pipe.
   */
  #discard(): void {
    while (this.#inward.read() !== undefined) this.dropped++;
  }

  #close(): void {
    this.#awaitsReply = false;
    this.#asked = undefined;
    this.#requestId = undefined;
    this.#ahead = undefined;
  }

  /** The state is set before the flush: over inproc the reply may come within it. */
  #opened(asked: PipeEnd | undefined, requestId: Buffer | undefined): boolean {
    if (asked === undefined) return false;
    this.#awaitsReply = true;
    this.#asked = asked;
    this.#requestId = requestId;
    asked.flush();
    return true;
  }

  #newId(): Buffer | undefined {
    if (!this.#options.correlate) return undefined;
    this.#lastId = (this.#lastId + 1) >>> 0;
    const id = Buffer.allocUnsafe(REQUEST_ID_SIZE);
    id.writeUInt32BE(this.#lastId);
    return id;
  }

  #wrap(requestId: Buffer | undefined, message: Multipart): Multipart {
    return requestId === undefined ? withFrame(EMPTY, message) : withEnvelope([requestId, EMPTY], message);
  }

  #nextReply(): Multipart | undefined {
    for (;;) {
      const message = this.#inward.read();
      if (message === undefined) return undefined;
      const end = this.#inward.source!.end;
      const start = end === this.#asked ? this.#replyStart(message) : 0;
      if (start > 0) return withoutFrames(message, start);
      this.dropped++;
    }
  }

  /** Where the body of a reply to the open request begins; 0 when the message is none. */
  #replyStart(message: Multipart): number {
    const start = this.#requestId === undefined ? 1 : 2;
    if (message.length <= start || message[start - 1]!.length > 0) return 0;
    return this.#requestId === undefined || this.#requestId.equals(message[0]!) ? start : 0;
  }
}
