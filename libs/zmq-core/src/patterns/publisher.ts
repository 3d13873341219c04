import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotReceive, sendTo } from './addressed.js';
import { Audience, type SubscriptionListener } from './audience.js';
import { requireFrame } from './envelope.js';
import type { Attachment, Pattern, PatternEnvironment, PatternOptions } from './pattern.js';
import { isSubscribe, isSubscription, topicOf } from './subscription-message.js';
import { SubscribedPipe } from './subscription-trie.js';

/** 29/PUBSUB, PUB: to each subscriber whose topics match; receives nothing but subscriptions. */
export class PublisherPattern implements Pattern {
  readonly source = undefined;
  onSubscription: SubscriptionListener | undefined;
  readonly #options: PatternOptions;
  readonly #audience: Audience<SubscribedPipe>;
  #discarded = 0;

  constructor(environment: PatternEnvironment) {
    this.#options = environment.options;
    this.#audience = new Audience(environment);
  }

  /** Messages that full pipes lost, and messages that came up and were no subscriptions. */
  get dropped(): number {
    return this.#audience.dropped + this.#discarded;
  }

  get topicsCount(): number {
    return this.#audience.topics.size;
  }

  /** What waits in the pipe is read when it is readable, after `peerReady`: a subscription needs a peer. */
  attach(end: PipeEnd, _how: Attachment): void {
    if (this.#audience.find(end) !== undefined) return;
    this.#audience.attach(new SubscribedPipe(end));
  }

  /** A later connection subscribes for itself; until it is there, the old topics fill its pipe as in libzmq. */
  peerReady(end: PipeEnd, _info: PeerInfo): undefined {
    const pipe = this.#audience.find(end);
    if (pipe?.lost) {
      pipe.lost = false;
      this.#audience.topics.removeAll(pipe);
    }
    return undefined;
  }

  hiccup(end: PipeEnd): void {
    const pipe = this.#audience.find(end);
    if (pipe !== undefined) pipe.lost = true;
  }

  detach(end: PipeEnd): void {
    const pipe = this.#audience.detach(end);
    if (pipe !== undefined) this.#audience.topics.removeAll(pipe);
  }

  /** Subscriptions count at once, so they are read as they come. */
  readable(end: PipeEnd): void {
    const pipe = this.#audience.find(end);
    if (pipe === undefined) return;
    for (let message = end.read(); message !== undefined; message = end.read()) {
      if (pipe.index < 0) return; // closed from within the read
      if (!this.#takeAll(pipe, message)) return;
    }
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    return this.#audience.publish(message);
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    return sendTo(end, message);
  }

  tryReceive(): undefined {
    throw cannotReceive('PUB');
  }

  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return false;
  }

  /** Each frame can be a subscription, or with `onlyFirstSubscribe` the first one. False: the peer was refused. */
  #takeAll(pipe: SubscribedPipe, message: Multipart): boolean {
    const candidates = this.#options.onlyFirstSubscribe ? 1 : message.length;
    let taken = false;
    for (let i = 0; i < candidates; i++) {
      const frame = message[i]!;
      if (!isSubscription(frame)) continue;
      if (!this.#take(pipe, frame)) return false;
      taken = true;
    }
    if (!taken) this.#discarded++;
    return true;
  }

  /** False: the peer was refused. */
  #take(pipe: SubscribedPipe, frame: Buffer): boolean {
    const subscribed = isSubscribe(frame);
    const { topics } = this.#audience;
    if (subscribed) {
      topics.add(topicOf(frame), pipe);
      if (this.#audience.refuseExcess(pipe, pipe.topics.size, pipe.topicBytes)) return false;
    } else {
      topics.remove(topicOf(frame), pipe);
    }
    this.onSubscription?.(pipe.end, Buffer.from(frame.subarray(1)), subscribed);
    return pipe.index >= 0;
  }
}
