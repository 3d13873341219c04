import type { SocketTypeName } from '../foundation/socket-type.js';
import { ChannelPattern } from './channel.js';
import { ClientPattern } from './client.js';
import { DealerPattern } from './dealer.js';
import { DishPattern } from './dish.js';
import { GatherPattern } from './gather.js';
import { PairPattern } from './pair.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { PeerPattern } from './peer.js';
import { PublisherPattern } from './publisher.js';
import { PullPattern } from './pull.js';
import { PushPattern } from './push.js';
import { RadioPattern } from './radio.js';
import { ReplyPattern } from './reply.js';
import { RequestPattern } from './request.js';
import { RouterPattern } from './router.js';
import { ScatterPattern } from './scatter.js';
import { ServerPattern } from './server.js';
import { StreamPattern } from './stream.js';
import { SubscriberPattern } from './subscriber.js';
import { XPublisherPattern } from './xpublisher.js';
import { XSubscriberPattern } from './xsubscriber.js';

/** Socket type → its pattern. The only list of them. */
export const patternTable = {
  PAIR: PairPattern,
  PUB: PublisherPattern,
  SUB: SubscriberPattern,
  REQ: RequestPattern,
  REP: ReplyPattern,
  DEALER: DealerPattern,
  ROUTER: RouterPattern,
  PULL: PullPattern,
  PUSH: PushPattern,
  XPUB: XPublisherPattern,
  XSUB: XSubscriberPattern,
  STREAM: StreamPattern,
  SERVER: ServerPattern,
  CLIENT: ClientPattern,
  RADIO: RadioPattern,
  DISH: DishPattern,
  GATHER: GatherPattern,
  SCATTER: ScatterPattern,
  PEER: PeerPattern,
  CHANNEL: ChannelPattern,
} as const satisfies Record<SocketTypeName, new (environment: PatternEnvironment) => Pattern>;

type PatternTable = typeof patternTable;

/** The pattern of the type, with the methods that only this type has (`subscribe`, `onSubscription`, `join`). */
export function createPattern<T extends SocketTypeName>(
  type: T,
  environment: PatternEnvironment,
): InstanceType<PatternTable[T]> {
  return new patternTable[type](environment) as InstanceType<PatternTable[T]>;
}
