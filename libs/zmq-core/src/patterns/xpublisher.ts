import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import { Audience, type SubscriptionListener } from './audience.js';
import { requireFrame } from './envelope.js';
import type { Attachment, Pattern, PatternEnvironment, PatternOptions } from './pattern.js';
import { isSubscribe, isSubscription, topicOf } from './subscription-message.js';
import type { Added, Removed } from './subscription-trie.js';
import { Account } from './upward-history.js';
import { mayResume, UpwardQueue, XPublisherPipe } from './upward-queue.js';

/**
 * 29/PUBSUB, XPUB: a PUB whose application receives what comes up: subscriptions
 * as `01 topic` and `00 topic`, and the user messages of XSUBs.
 *
 * `verbosity` says which subscriptions: by default the first of a topic and the
 * cancellation by its last holder; `allSubs` every subscription; `allSubsUnsubs`
 * everything. With `manual` every one is passed up and none takes effect: the
 * application calls `subscribe` and `unsubscribe` for the peer whose subscription
 * it received last. With `lastValue` it can then publish something for that peer
 * alone: the value that the others have already.
 */
export class XPublisherPattern implements Pattern {
  /** The pipe of the last message; `undefined` for a cancellation because the pipe is gone. */
  source: PipeEnd | undefined;
  sourceLabel: unknown;
  onSubscription: SubscriptionListener | undefined;
  readonly #options: PatternOptions;
  readonly #audience: Audience<XPublisherPipe>;
  readonly #upward: UpwardQueue;
  /** `manual`: whose subscription was received last. */
  #lastPipe: XPublisherPipe | undefined;
  /** `lastValue`: who was subscribed last, until something was published. */
  #onlyTo: XPublisherPipe | undefined;

  constructor(environment: PatternEnvironment, upward = new UpwardQueue()) {
    this.#options = environment.options;
    this.#audience = new Audience(environment);
    this.#upward = upward;
  }

  get dropped(): number {
    return this.#audience.dropped + this.#upward.dropped;
  }

  get topicsCount(): number {
    return this.#audience.topics.size;
  }

  /** What waits in the pipe is read when it is readable, after `peerReady`: a subscription needs a peer. */
  attach(end: PipeEnd, _how: Attachment): void {
    if (this.#audience.find(end) !== undefined) return;
    this.#audience.attach(new XPublisherPipe(end));
    this.#welcome(end);
  }

  /** A later connection subscribes for itself; until it is there, the old topics fill its pipe as in libzmq. */
  peerReady(end: PipeEnd, _info: PeerInfo): undefined {
    const pipe = this.#audience.find(end);
    if (pipe?.lost) {
      pipe.lost = false;
      this.#forgetTopics(pipe);
      pipe.account = new Account();
      this.#welcome(end);
    }
    return undefined;
  }

  hiccup(end: PipeEnd): void {
    const pipe = this.#audience.find(end);
    if (pipe !== undefined) pipe.lost = true;
  }

  detach(end: PipeEnd): void {
    const pipe = this.#audience.detach(end);
    if (pipe === undefined) return;
    if (pipe === this.#lastPipe) this.#lastPipe = undefined;
    if (pipe === this.#onlyTo) this.#onlyTo = undefined;
    this.#forgetTopics(pipe);
    this.#upward.leave(pipe);
  }

  /** Subscriptions count at once, so they are read as they come. */
  readable(end: PipeEnd): void {
    const pipe = this.#audience.find(end);
    while (pipe !== undefined && !pipe.parked) {
      const message = end.read();
      if (message === undefined || pipe.index < 0) return; // empty, or closed from within the read
      if (!this.#takeAll(pipe, message)) return;
    }
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    if (this.#onlyTo === undefined) return this.#audience.publish(message);
    if (!this.#audience.publishTo(this.#onlyTo, message)) return false;
    this.#onlyTo = undefined;
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    return sendTo(end, message);
  }

  tryReceive(): Multipart | undefined {
    const item = this.#upward.shift();
    if (item === undefined) return undefined;
    const { message, pipe } = item;
    this.source = pipe?.end;
    this.sourceLabel = item.label;
    if (item.account !== undefined) {
      this.#lastPipe = pipe !== undefined && pipe.index >= 0 ? pipe : undefined;
    } else if (pipe !== undefined && mayResume(pipe)) {
      pipe.parked = false;
      this.readable(pipe.end);
    }
    return message;
  }

  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return this.#upward.length > 0;
  }

  /** `manual`: subscribes the peer whose (un)subscription was received last. Without effect when it is gone. */
  subscribe(topic: Buffer): void {
    this.#requireManual();
    if (this.#lastPipe === undefined) return;
    this.#audience.topics.add(topic.toString('latin1'), this.#lastPipe);
    if (this.#options.lastValue) this.#onlyTo = this.#lastPipe;
  }

  /** `manual`: the reverse of `subscribe`. */
  unsubscribe(topic: Buffer): void {
    this.#requireManual();
    if (this.#lastPipe !== undefined) this.#audience.topics.remove(topic.toString('latin1'), this.#lastPipe);
  }

  get #manual(): boolean {
    return this.#options.manual || this.#options.lastValue;
  }

  #requireManual(): void {
    if (this.#manual) return;
    throw new ZmqError('EINVAL', 'an XPUB socket subscribes its peers only with `manual` or `lastValue`');
  }

  /**
   * The subscriptions in front are told one by one, what follows is a user message.
   * Subscriptions in that take effect too, and are seen in it; `onlyFirstSubscribe`
   * looks at the first frame only. False: nothing more is to be read from the pipe, its
   * peer was refused.
   */
  #takeAll(pipe: XPublisherPipe, message: Multipart): boolean {
    const { length } = message;
    const candidates = this.#options.onlyFirstSubscribe ? 1 : length;
    let start = 0;
    while (start < candidates && isSubscription(message[start]!)) {
      if (!this.#take(pipe, message[start++]!, true)) return false;
    }
    if (start === length) return true;
    this.#upward.pushMessage(start === 0 ? message : message.slice(start), pipe);
    for (let i = start + 1; i < candidates; i++) {
      if (isSubscription(message[i]!) && !this.#take(pipe, message[i]!, this.#manual)) return false;
    }
    return true;
  }

  /** @param tell whether the application may have to be told by a message of its own */
  #take(pipe: XPublisherPipe, frame: Buffer, tell: boolean): boolean {
    const subscribed = isSubscribe(frame);
    const topic = topicOf(frame);
    const change = this.#manual ? this.#request(pipe, topic, subscribed) : this.#apply(pipe, topic, subscribed);
    if (this.#audience.refuseExcess(pipe, ...this.#remembered(pipe))) return false;
    if (tell && this.#isTold(change, subscribed)) {
      this.#upward.pushNotification(topic, change, this.#byPeer, pipe.account, pipe);
      if (this.#audience.refuseUnread(pipe, pipe.account.notifications, pipe.account.bytes)) return false;
    }
    this.onSubscription?.(pipe.end, Buffer.from(frame.subarray(1)), subscribed);
    return pipe.index >= 0;
  }

  #apply(pipe: XPublisherPipe, topic: string, subscribed: boolean): Added | Removed {
    const { topics } = this.#audience;
    return subscribed ? topics.add(topic, pipe) : topics.remove(topic, pipe);
  }

  /** Whether the application is to be told. */
  #isTold(change: Added | Removed, subscribed: boolean): boolean {
    const { verbosity } = this.#options;
    if (this.#manual) return true;
    return subscribed ? change === 'first' || verbosity !== null : change === 'last' || verbosity === 'allSubsUnsubs';
  }

  /** Whether it is told of what each peer holds, rather than of what somebody holds. */
  get #byPeer(): boolean {
    return this.#manual || this.#options.verbosity === 'allSubsUnsubs';
  }

  /** What the peer makes us remember. With `manual` the topics it holds are the application's choice. */
  #remembered(pipe: XPublisherPipe): [topics: number, bytes: number] {
    return this.#manual ? [pipe.requested.size, pipe.requestedBytes] : [pipe.topics.size, pipe.topicBytes];
  }

  /** Of topics that a peer asks for: they are its own, whoever else asks for them. */
  #request(pipe: XPublisherPipe, topic: string, subscribed: boolean): Added | Removed {
    const { requested } = pipe;
    if (subscribed) {
      if (requested.has(topic)) return 'repeated';
      requested.add(topic);
      pipe.requestedBytes += topic.length;
      return 'first';
    }
    if (!requested.delete(topic)) return 'absent';
    pipe.requestedBytes -= topic.length;
    return 'last';
  }

  /** The application learns of the topics that nobody holds now; of all that were asked for, when it decides itself. */
  #forgetTopics(pipe: XPublisherPipe): void {
    const { account } = pipe;
    const manual = this.#manual;
    const byPeer = this.#byPeer;
    for (const topic of pipe.requested) this.#upward.pushNotification(topic, 'last', byPeer, account);
    pipe.requested.clear();
    pipe.requestedBytes = 0;
    this.#audience.topics.removeAll(pipe, (topic, last) => {
      const change = last ? 'last' : 'others-remain';
      if (!manual && this.#isTold(change, false)) this.#upward.pushNotification(topic, change, byPeer, account);
    });
    account.closed = true;
  }

  /** Past the mark: a small mark must not cost a new subscriber its greeting. */
  #welcome(end: PipeEnd): void {
    const { welcomeMessage } = this.#options;
    if (welcomeMessage === null || welcomeMessage.length === 0) return;
    end.writeAlways([welcomeMessage]);
    end.flush();
  }
}
