import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotSend } from './addressed.js';
import { FairQueue } from './fair-queue.js';
import type { Attachment, Pattern, PatternEnvironment, PatternOptions } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { SubscriptionForwarder } from './subscription-forwarder.js';

/**
 * 29/PUBSUB, SUB: fair queuing over the publishers, of messages whose first frame
 * begins with a topic. It filters by itself too, for a publisher may send more: it
 * may not know yet of a cancellation, or send everything (as udp and pgm do).
 */
export class SubscriberPattern implements Pattern {
  /** The pipe of the last message. */
  source: PipeEnd | undefined;
  sourceLabel: unknown;
  readonly #options: PatternOptions;
  readonly #inward = new FairQueue();
  readonly #upward = new SubscriptionForwarder();
  /** A message that matches, when `canReceive` has found it. */
  #ahead: Multipart | undefined;
  #aheadLabel: unknown;

  constructor(environment: PatternEnvironment) {
    this.#options = environment.options;
  }

  /** What does not match is filtered, not dropped. */
  get dropped(): number {
    return this.#upward.dropped;
  }

  get topicsCount(): number {
    return this.#upward.topics.size;
  }

  attach(end: PipeEnd, _how: Attachment): void {
    this.#inward.attach(new PipeSlot(end));
    this.#upward.attach(end);
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(end: PipeEnd): void {
    this.#upward.hiccup(end);
  }

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
    this.#upward.detach(end);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  subscribe(topic: Buffer): void {
    this.#upward.subscribe(topic.toString('latin1'));
  }

  unsubscribe(topic: Buffer): void {
    this.#upward.unsubscribe(topic.toString('latin1'));
  }

  trySend(_message: Multipart): boolean {
    throw cannotSend('SUB');
  }

  trySendTo(_end: PipeEnd, _message: Multipart): boolean {
    throw cannotSend('SUB');
  }

  tryReceive(): Multipart | undefined {
    const message = this.#ahead ?? this.#nextMatch();
    if (message === undefined) return undefined;
    this.sourceLabel = this.#ahead && this.#aheadLabel;
    this.#ahead = undefined;
    this.source = this.#inward.source?.end;
    return message;
  }

  canSend(): boolean {
    return false;
  }

  canReceive(): boolean {
    if (this.#ahead !== undefined) return true;
    this.#ahead = this.#nextMatch();
    if (this.#ahead === undefined) return false;
    this.#aheadLabel = this.#inward.source?.end.label;
    return true;
  }

  #nextMatch(): Multipart | undefined {
    for (;;) {
      const message = this.#inward.read();
      if (message === undefined) return undefined;
      if (this.#upward.topics.matches(message[0]!) !== this.#options.invertMatching) return message;
    }
  }
}
