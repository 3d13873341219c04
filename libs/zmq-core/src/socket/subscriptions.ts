import { ZmqError } from '../foundation/errors.js';
import { PublisherPattern } from '../patterns/publisher.js';
import { SubscriberPattern } from '../patterns/subscriber.js';
import { XPublisherPattern } from '../patterns/xpublisher.js';
import type { Peer } from './peer.js';
import type { SocketCore } from './socket-core.js';
import { callUser } from './user-code.js';

/** One subscription or its end, as it came from a peer. */
export interface SubscriptionEvent {
  readonly peer: Peer;
  readonly topic: Buffer;
  readonly subscribed: boolean;
}

export type SubscriptionSink = (event: SubscriptionEvent) => void;

export type Topic = Buffer | string;

/** SUB, and XPUB with `manual` for its last peer. No topics at all mean the empty one, which matches everything. */
export function subscribe(core: SocketCore, topics: readonly Topic[]): void {
  const pattern = subscriber(core);
  for (const topic of orAll(topics)) pattern.subscribe(topic);
}

export function unsubscribe(core: SocketCore, topics: readonly Topic[]): void {
  const pattern = subscriber(core);
  for (const topic of orAll(topics)) pattern.unsubscribe(topic);
}

/** PUB and XPUB. */
export function watchSubscriptions({ pattern }: SocketCore, sink: SubscriptionSink | undefined): void {
  if (!(pattern instanceof PublisherPattern || pattern instanceof XPublisherPattern)) throw new ZmqError('ENOTSUP');
  pattern.onSubscription =
    sink && ((end, topic, subscribed) => callUser(sink, { peer: end.label as Peer, topic, subscribed }));
}

function subscriber({ pattern }: SocketCore): SubscriberPattern | XPublisherPattern {
  if (!(pattern instanceof SubscriberPattern || pattern instanceof XPublisherPattern)) throw new ZmqError('ENOTSUP');
  return pattern;
}

function orAll(topics: readonly Topic[]): Buffer[] {
  if (topics.length === 0) return [Buffer.alloc(0)];
  return topics.map((topic) => (typeof topic === 'string' ? Buffer.from(topic) : topic));
}
