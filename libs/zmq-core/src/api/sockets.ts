import type { SocketTypeName } from '../foundation/socket-type.js';
import type { ConnectOptions } from '../socket/endpoints.js';
import {
  subscribe,
  type SubscriptionSink,
  type Topic,
  unsubscribe,
  watchSubscriptions,
} from '../socket/subscriptions.js';
import { DuplexSocket, ReceivingSocket, SendingSocket } from './capabilities.js';
import type { DraftTypeName } from './draft-sockets.js';
import type { Message } from './message.js';
import { defineOptions, type OptionsOf, type SocketClass, type SocketOptions } from './options.js';
import { coreOf, openCoreOf, usableCoreOf } from './socket.js';

/** PAIR: one peer, both ways (31/EXPAIR). A second peer is refused. */
export class Pair extends DuplexSocket {
  constructor(options?: SocketOptions<'PAIR'>) {
    super('PAIR', options);
  }
}

/** REQ: asks, then waits for the answer, strictly in turn; round robin over its peers (28/REQREP). */
export class Request extends DuplexSocket {
  constructor(options?: SocketOptions<'REQ'>) {
    super('REQ', options);
  }
}

/** REP: takes a request, then answers it, strictly in turn (28/REQREP). */
export class Reply extends DuplexSocket {
  constructor(options?: SocketOptions<'REP'>) {
    super('REP', options);
  }
}

/** DEALER: sends round robin, receives fairly from all (28/REQREP). */
export class Dealer extends DuplexSocket {
  constructor(options?: SocketOptions<'DEALER'>) {
    super('DEALER', options);
  }
}

/** ROUTER: the first frame of each message is the routing id of its peer, both ways (28/REQREP). */
export class Router extends DuplexSocket {
  constructor(options?: SocketOptions<'ROUTER'>) {
    super('ROUTER', options);
  }
}

/** PUSH: round robin over its workers; waits while there is none with room (30/PIPELINE). */
export class Push extends SendingSocket {
  constructor(options?: SocketOptions<'PUSH'>) {
    super('PUSH', options);
  }
}

/** PULL: receives fairly from all its sources (30/PIPELINE). */
export class Pull extends ReceivingSocket {
  constructor(options?: SocketOptions<'PULL'>) {
    super('PULL', options);
  }
}

/** PUB: to all whose subscription is a prefix of the first frame; a full subscriber misses it (29/PUBSUB). */
export class Publisher extends SendingSocket {
  constructor(options?: SocketOptions<'PUB'>) {
    super('PUB', options);
  }

  /** Tells of every subscription as it comes in. One sink at a time. */
  onSubscription(sink: SubscriptionSink | undefined): void {
    const core = coreOf(this);
    watchSubscriptions(core, sink);
    core.pin('subscriptions', sink && this);
  }
}

/** XPUB: a PUB that also receives: subscriptions as `\x01topic` and `\x00topic`, and what XSUB peers send (29/PUBSUB). */
export class XPublisher extends DuplexSocket {
  constructor(options?: SocketOptions<'XPUB'>) {
    super('XPUB', options);
  }

  /** Tells of every subscription as it comes in. One sink at a time. */
  onSubscription(sink: SubscriptionSink | undefined): void {
    const core = coreOf(this);
    watchSubscriptions(core, sink);
    core.pin('subscriptions', sink && this);
  }

  /**
   * With `manual` or `lastValue`: subscribes the peer whose subscription was received
   * last to these prefixes, which need not be those that it asked for; none = the empty
   * one. Without effect when that peer is gone. Throws EINVAL without `manual`.
   */
  subscribe(...prefixes: readonly Topic[]): void {
    subscribe(openCoreOf(this), prefixes);
  }

  /** With `manual` or `lastValue`: takes prefixes from the peer whose subscription, or the end of one, was received last. Throws EINVAL without `manual`. */
  unsubscribe(...prefixes: readonly Topic[]): void {
    unsubscribe(openCoreOf(this), prefixes);
  }
}

/** SUB: receives what begins with one of its subscriptions (29/PUBSUB). */
export class Subscriber extends ReceivingSocket {
  constructor(options?: SocketOptions<'SUB'>) {
    super('SUB', options);
  }

  /** Adds prefixes; none = the empty one, which matches all. Counted: each needs its own `unsubscribe`. */
  subscribe(...prefixes: readonly Topic[]): void {
    subscribe(usableCoreOf(this), prefixes);
  }

  /** Takes prefixes back; one that was not subscribed is ignored. */
  unsubscribe(...prefixes: readonly Topic[]): void {
    unsubscribe(usableCoreOf(this), prefixes);
  }
}

/** XSUB: a SUB that sends: `\x01topic` and `\x00topic` subscribe and cancel, all else goes to every publisher (29/PUBSUB). */
export class XSubscriber extends DuplexSocket {
  constructor(options?: SocketOptions<'XSUB'>) {
    super('XSUB', options);
  }
}

/** What `Stream.connect` takes besides the address. */
export type StreamConnectOptions = ConnectOptions;

/**
 * STREAM: raw TCP (or ipc) connections, to and from programs that know no ZeroMQ.
 * A message is `[routing id, bytes]`, both ways; what comes is as much as came at once
 * (`maxMessageSize` has no say). An empty one tells of a connection's beginning and of
 * its end (see `notify`). Sending `[id, '']` ends a connection, after all that was sent
 * to it before, for which a peer that reads slowly has as long as a `linger` above 0 says;
 * one that we had dialled is not dialled again. An unknown id is
 * EHOSTUNREACH.
 */
export class Stream extends DuplexSocket {
  constructor(options?: SocketOptions<'STREAM'>) {
    super('STREAM', options);
  }
}

// The options of each class: types here, accessors from the table below.
export interface Pair extends OptionsOf<'PAIR'> {}
export interface Request extends OptionsOf<'REQ'> {}
export interface Reply extends OptionsOf<'REP'> {}
export interface Dealer extends OptionsOf<'DEALER'> {}
export interface Router extends OptionsOf<'ROUTER'> {}
export interface Push extends OptionsOf<'PUSH'> {}
export interface Pull extends OptionsOf<'PULL'> {}
export interface Publisher extends OptionsOf<'PUB'> {}
export interface XPublisher extends OptionsOf<'XPUB'> {}
export interface Subscriber extends OptionsOf<'SUB'> {}
export interface XSubscriber extends OptionsOf<'XSUB'> {}
export interface Stream extends OptionsOf<'STREAM'> {
  receive(options?: { readonly signal?: AbortSignal }): Promise<[Message, Message]>;
  tryReceive(): [Message, Message] | undefined;
  [Symbol.asyncIterator](): AsyncIterator<[Message, Message], undefined>;
}

/** By the name of their type. */
export const socketClasses: Record<Exclude<SocketTypeName, DraftTypeName>, SocketClass> = {
  PAIR: Pair,
  PUB: Publisher,
  SUB: Subscriber,
  REQ: Request,
  REP: Reply,
  DEALER: Dealer,
  ROUTER: Router,
  PULL: Pull,
  PUSH: Push,
  XPUB: XPublisher,
  XSUB: XSubscriber,
  STREAM: Stream,
};
for (const [type, socketClass] of Object.entries(socketClasses)) defineOptions(socketClass, type as SocketTypeName);
