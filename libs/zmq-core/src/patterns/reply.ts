import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { bodyStart, DELIMITER, requireFrame, withEnvelope, withoutFrames } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';

class AskerSlot extends PipeSlot {
  /** The connection was lost, and what is read here until the next one is told of is from the lost one. */
  lost = false;
}

/**
 * 28/REQREP, REP: one request, then its reply, in lock step.
 *
 * All frames up to and including the first empty one are the request's envelope;
 * they are taken off, kept, and put in front of the reply, which goes to the pipe
 * that asked and nowhere else. A reply whose peer is gone is dropped, and so is one
 * that does not fit into the peer's pipe: a client that does not read its replies
 * must not stop the service of the others (as in libzmq).
 */
export class ReplyPattern implements Pattern {
  dropped = 0;
  /** The pipe of the last request. */
  source: PipeEnd | undefined;
  sourceLabel: unknown;
  readonly #inward = new FairQueue<AskerSlot>();
  #owesReply = false;
  /** Whom to reply to; `undefined` while owing a reply: the asker is gone. */
  #asker: PipeEnd | undefined;
  #envelope: Multipart = DELIMITER;
  /** A request with its envelope, when `canReceive` has found it, and where its body begins. */
  #ahead: Multipart | undefined;
  #aheadLabel: unknown;
  #bodyStart = 0;

  constructor(_environment: PatternEnvironment) {}

  attach(end: PipeEnd, _how: Attachment): void {
    this.#inward.attach(new AskerSlot(end));
  }

  peerReady(end: PipeEnd, _info: PeerInfo): undefined {
    const slot = this.#inward.find(end);
    if (slot !== undefined) slot.lost = false;
    return undefined;
  }

  /** The next peer on this pipe has not asked what the last one asked. */
  hiccup(end: PipeEnd): void {
    const slot = this.#inward.find(end);
    if (slot !== undefined) slot.lost = true;
    if (end === this.#asker) this.#asker = undefined;
  }

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
    if (end === this.#asker) this.#asker = undefined;
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    requireFrame(message);
    if (!this.#owesReply) throw new ZmqError('EFSM', 'a REP socket receives a request before it sends');
    const asker = this.#asker;
    const reply = withEnvelope(this.#envelope, message);
    this.#owesReply = false;
    this.#asker = undefined;
    this.#envelope = DELIMITER;
    if (asker === undefined || !asker.send(reply)) this.dropped++;
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    if (!this.#owesReply || end !== this.#asker) {
      throw new ZmqError('EFSM', 'a REP socket sends only to the peer whose request it received last');
    }
    return this.trySend(message);
  }

  tryReceive(): Multipart | undefined {
    if (this.#owesReply) throw new ZmqError('EFSM', 'a REP socket sends its reply before it receives again');
    const request = this.#ahead ?? this.#nextRequest();
    if (request === undefined) return undefined;
    this.sourceLabel = this.#ahead && this.#aheadLabel;
    const start = this.#bodyStart;
    const slot = this.#inward.source!;
    this.source = slot.end;
    this.#ahead = undefined;
    this.#owesReply = true;
    this.#asker = slot.lost ? undefined : slot.end;
    this.#envelope = start === 1 ? DELIMITER : request.slice(0, start);
    return withoutFrames(request, start);
  }

  canSend(): boolean {
    return this.#owesReply;
  }

  canReceive(): boolean {
    if (this.#owesReply) return false;
    if (this.#ahead !== undefined) return true;
    this.#ahead = this.#nextRequest();
    if (this.#ahead === undefined) return false;
    this.#aheadLabel = this.#inward.source?.end.label;
    return true;
  }

  /** A request without a delimiter has no way back; it is dropped. */
  #nextRequest(): Multipart | undefined {
    for (;;) {
      const message = this.#inward.read();
      if (message === undefined) return undefined;
      this.#bodyStart = bodyStart(message);
      if (this.#bodyStart > 0) return message;
      this.dropped++;
    }
  }
}
