import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { Distributor, Recipient } from './distributor.js';
import { subscriptionMessage } from './subscription-message.js';
import { TopicCounts } from './topic-counts.js';

/**
 * The upstream side of SUB and XSUB (29/PUBSUB): every publisher knows all our
 * topics at any time, a new one and a reconnected one at once.
 *
 * Subscriptions are written past the high-water mark: a lost one would mean
 * silently missing messages for ever. Repeated ones are sent each time, so that a
 * verbose XPUB at the far end of a proxy sees them; a cancellation only when it is
 * the last.
 */
export class SubscriptionForwarder {
  readonly topics = new TopicCounts();
  readonly #publishers = new Distributor<Recipient>();
  readonly #byEnd = new Map<PipeEnd, Recipient>();

  get dropped(): number {
    return this.#publishers.dropped;
  }

  attach(end: PipeEnd): void {
    if (this.#byEnd.has(end)) return;
    const publisher = new Recipient(end);
    this.#byEnd.set(end, publisher);
    this.#publishers.attach(publisher);
    this.#sendTopics(end);
  }

  /** What the lost connection was still to be told is told to the next one anew, each topic once. */
  hiccup(end: PipeEnd): void {
    if (!this.#byEnd.has(end)) return;
    end.discardPending();
    this.#sendTopics(end);
  }

  detach(end: PipeEnd): void {
    const publisher = this.#byEnd.get(end);
    if (publisher === undefined) return;
    this.#byEnd.delete(end);
    this.#publishers.detach(publisher);
  }

  /** @param message the subscription as the application wrote it, if it did */
  subscribe(topic: string, message?: Multipart): void {
    this.topics.add(topic);
    this.#publishers.sendAlwaysToAll(message ?? subscriptionMessage(true, topic));
  }

  /** @param verbose cancellations that are not the last go up too */
  unsubscribe(topic: string, message?: Multipart, verbose = false): void {
    if (this.topics.remove(topic) || verbose)
      this.#publishers.sendAlwaysToAll(message ?? subscriptionMessage(false, topic));
  }

  /** A user message, which only XPUBs read; a full pipe loses it. */
  send(message: Multipart): void {
    this.#publishers.selectAll();
    this.#publishers.send(message, false);
  }

  #sendTopics(end: PipeEnd): void {
    for (const topic of this.topics.topics()) end.writeAlways(subscriptionMessage(true, topic));
    end.flush();
  }
}
