import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import { requireFrame } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { SubscriptionForwarder } from './subscription-forwarder.js';
import { isSubscribe, isSubscription, topicOf } from './subscription-message.js';

/**
 * 29/PUBSUB, XSUB: a SUB that subscribes by sending `01 topic` and `00 topic`. Any
 * other message goes up to all publishers. It does not filter (as libzmq's): in a
 * proxy, what the publishers send is what the subscribers behind us asked for.
 */
export class XSubscriberPattern implements Pattern {
  readonly #inward = new FairQueue();
  readonly #upward = new SubscriptionForwarder();

  constructor(_environment: PatternEnvironment) {}

  get dropped(): number {
    return this.#upward.dropped;
  }

  get source(): PipeEnd | undefined {
    return this.#inward.source?.end;
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

  trySend(message: Multipart): boolean {
    requireFrame(message);
    if (!isSubscription(message)) this.#upward.send(message);
    else if (isSubscribe(message)) this.#upward.subscribe(topicOf(message), message);
    else this.#upward.unsubscribe(topicOf(message), message);
    return true;
  }

  /** A subscription sent to one publisher is that publisher's alone: it is not counted, nor sent to others later. */
  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    if (!isSubscription(message) || !end.writeAlways(message)) return sendTo(end, message);
    end.flush();
    return true;
  }

  tryReceive(): Multipart | undefined {
    return this.#inward.read();
  }

  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }
}
