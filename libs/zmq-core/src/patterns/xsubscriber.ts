import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import { requireFrame } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import type { Attachment, Pattern, PatternEnvironment, PatternOptions } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { SubscriptionForwarder } from './subscription-forwarder.js';
import { isSubscribe, isSubscription, topicOf } from './subscription-message.js';

/**
 * 29/PUBSUB, XSUB: a SUB that subscribes by sending `01 topic` and `00 topic`. Any
 * other message goes up to all publishers. It does not filter (as libzmq's): in a
 * proxy, what the publishers send is what the subscribers behind us asked for.
 */
export class XSubscriberPattern implements Pattern {
  readonly #options: PatternOptions;
  readonly #inward = new FairQueue();
  readonly #upward = new SubscriptionForwarder();

  constructor(environment: PatternEnvironment) {
    this.#options = environment.options;
  }

  get dropped(): number {
    return this.#upward.dropped;
  }

  get source(): PipeEnd | undefined {
    return this.#inward.source?.end;
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

  trySend(message: Multipart): boolean {
    requireFrame(message);
    if (this.#options.onlyFirstSubscribe) {
      // Whole: what follows must not be a first frame up there.
      if (isSubscription(message[0]!)) this.#forward(message[0]!, message);
      else this.#upward.send(message);
      return true;
    }
    const { length } = message;
    // Those in front leave one by one: to a 3.1 peer each is a command.
    let start = 0;
    for (; start < length && isSubscription(message[start]!); start++)
      this.#forward(message[start]!, [message[start]!]);
    if (start === length) return true;
    for (let i = start + 1; i < length; i++) if (isSubscription(message[i]!)) this.#count(message[i]!);
    this.#upward.send(start === 0 ? message : message.slice(start));
    return true;
  }

  /** A subscription sent to one publisher is that publisher's alone: it is not counted, nor sent to others later. */
  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    const isOne = message.length === 1 && isSubscription(message[0]!);
    if (!isOne || !end.writeAlways(message)) return sendTo(end, message);
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

  #forward(frame: Buffer, message: Multipart): void {
    if (isSubscribe(frame)) this.#upward.subscribe(topicOf(frame), message);
    else this.#upward.unsubscribe(topicOf(frame), message, this.#options.verboseUnsubscribe);
  }

  /** A subscription within a user message, which carries it up. */
  #count(frame: Buffer): void {
    const { topics } = this.#upward;
    if (isSubscribe(frame)) topics.add(topicOf(frame));
    else topics.remove(topicOf(frame));
  }
}
