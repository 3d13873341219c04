import type { Message, MessageLike } from '../message.js';
import { Socket } from './socket.js';
import { defineType } from './type-options.js';
import type { Readable, RouterConnectOptions, SocketOptions, StreamConnectOptions, Writable } from './types.js';

/*
 * The socket classes of zeromq.js. What a type does is said at the class of the same name
 * in `../sockets.ts`; the numbers are libzmq's.
 */

/** PAIR: one peer, both ways. */
export class Pair extends Socket {
  constructor(options?: SocketOptions<Pair>) {
    super(0, options);
  }
}
export interface Pair extends Writable, Readable {}

/** PUB: to all whose subscription is a prefix of the first part. */
export class Publisher extends Socket {
  constructor(options?: SocketOptions<Publisher>) {
    super(1, options);
  }
}
export interface Publisher extends Writable {
  /** ZMQ_XPUB_NODROP, only to be set: `send` waits in place of dropping. */
  noDrop: boolean;
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
  /** ZMQ_INVERT_MATCHING: to those who do not match. Default false. */
  invertMatching: boolean;
}

/** SUB: receives what begins with one of its subscriptions. */
export class Subscriber extends Socket {
  constructor(options?: SocketOptions<Subscriber>) {
    super(2, options);
  }

  /** Adds prefixes; none = the empty one, which matches all. Counted: each needs its own `unsubscribe`. */
  subscribe(...prefixes: Array<Buffer | string>): void {
    for (const prefix of orAll(prefixes)) this.setStringOption(6, prefix);
  }

  /** Takes prefixes back; one that was not subscribed is ignored. */
  unsubscribe(...prefixes: Array<Buffer | string>): void {
    for (const prefix of orAll(prefixes)) this.setStringOption(7, prefix);
  }
}
export interface Subscriber extends Readable {
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
  /** ZMQ_INVERT_MATCHING: what does not match. Default false. */
  invertMatching: boolean;
}

/** REQ: asks, then waits for the answer, strictly in turn. */
export class Request extends Socket {
  constructor(options?: SocketOptions<Request>) {
    super(3, options);
  }
}
export interface Request extends Readable, Writable {
  /** ZMQ_ROUTING_ID: the own name for ROUTER peers. Default null, none. */
  routingId: string | null;
  /** ZMQ_PROBE_ROUTER, only to be set: an empty message right after each connection. */
  probeRouter: boolean;
  /** ZMQ_REQ_CORRELATE, only to be set: numbers its requests. */
  correlate: boolean;
  /** ZMQ_REQ_RELAXED, only to be set: asks again without waiting for the answer. */
  relaxed: boolean;
}

/** REP: takes a request, then answers it, strictly in turn. */
export class Reply extends Socket {
  constructor(options?: SocketOptions<Reply>) {
    super(4, options);
  }
}
export interface Reply extends Readable, Writable {
  /** ZMQ_ROUTING_ID: the own name for ROUTER peers. Default null, none. */
  routingId: string | null;
}

/** DEALER: sends round robin, receives fairly from all. */
export class Dealer extends Socket {
  constructor(options?: SocketOptions<Dealer>) {
    super(5, options);
  }
}
export interface Dealer extends Readable, Writable {
  /** ZMQ_ROUTING_ID: the own name for ROUTER peers. Default null, none. */
  routingId: string | null;
  /** ZMQ_PROBE_ROUTER, only to be set: an empty message right after each connection. */
  probeRouter: boolean;
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
}

/** ROUTER: the first part of each message is the routing id of its peer, both ways. */
export class Router extends Socket {
  constructor(options?: SocketOptions<Router>) {
    super(6, options);
  }

  override connect(address: string, options: RouterConnectOptions = {}): void {
    if (options.routingId) this.setStringOption(61, options.routingId);
    super.connect(address);
  }
}
export interface Router extends Readable, Writable {
  /** ZMQ_ROUTING_ID: the own name for ROUTER peers. Default null, none. */
  routingId: string | null;
  /** ZMQ_ROUTER_MANDATORY: a message that cannot be routed is EHOSTUNREACH. Reading throws EINVAL. */
  mandatory: boolean;
  /** ZMQ_PROBE_ROUTER, only to be set: an empty message right after each connection. */
  probeRouter: boolean;
  /** ZMQ_ROUTER_HANDOVER, only to be set: a new peer takes over a routing id. */
  handover: boolean;
}

/** PULL: receives fairly from all its sources. */
export class Pull extends Socket {
  constructor(options?: SocketOptions<Pull>) {
    super(7, options);
  }
}
export interface Pull extends Readable {
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
}

/** PUSH: round robin over its workers; waits while there is none with room. */
export class Push extends Socket {
  constructor(options?: SocketOptions<Push>) {
    super(8, options);
  }
}
export interface Push extends Writable {
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
}

/** XPUB: a PUB that also receives subscriptions, as `\x01topic` and `\x00topic`. */
export class XPublisher extends Socket {
  constructor(options?: SocketOptions<XPublisher>) {
    super(9, options);
  }

  /** ZMQ_XPUB_VERBOSE and ZMQ_XPUB_VERBOSER, only to be set: which repeated subscriptions are received. */
  set verbosity(value: null | 'allSubs' | 'allSubsUnsubs') {
    if (value === null) this.setBoolOption(40, false);
    else if (value === 'allSubs') this.setBoolOption(40, true);
    else if (value === 'allSubsUnsubs') this.setBoolOption(78, true);
  }
}
export interface XPublisher extends Readable, Writable {
  /** ZMQ_XPUB_NODROP, only to be set: `send` waits in place of dropping. */
  noDrop: boolean;
  /** ZMQ_XPUB_MANUAL, only to be set: the program confirms subscriptions itself. */
  manual: boolean;
  /** ZMQ_XPUB_WELCOME_MSG, only to be set: the first message to each subscriber. */
  welcomeMessage: string | null;
  /** ZMQ_INVERT_MATCHING: to those who do not match. Default false. */
  invertMatching: boolean;
}

/** XSUB: a SUB that sends its subscriptions, `\x01topic` and `\x00topic`, and other messages. */
export class XSubscriber extends Socket {
  constructor(options?: SocketOptions<XSubscriber>) {
    super(10, options);
  }
}
export interface XSubscriber extends Readable, Writable {}

/** STREAM: raw TCP; each message is the routing id of a peer and bytes. */
export class Stream extends Socket {
  constructor(options?: SocketOptions<Stream>) {
    super(11, options);
  }

  override connect(address: string, options: StreamConnectOptions = {}): void {
    if (options.routingId) this.setStringOption(61, options.routingId);
    super.connect(address);
  }
}
export interface Stream extends Readable<[Message, Message]>, Writable<[MessageLike, MessageLike]> {
  /** ZMQ_STREAM_NOTIFY, only to be set: an empty message for each connection and its end. */
  notify: boolean;
}

defineType(Pair, ['send', 'receive']);
defineType(Publisher, ['send'], 'noDrop', 'conflate', 'invertMatching');
defineType(Subscriber, ['receive'], 'conflate', 'invertMatching');
defineType(Request, ['send', 'receive'], 'routingId', 'probeRouter', 'correlate', 'relaxed');
defineType(Reply, ['send', 'receive'], 'routingId');
defineType(Dealer, ['send', 'receive'], 'routingId', 'probeRouter', 'conflate');
defineType(Router, ['send', 'receive'], 'routingId', 'mandatory', 'probeRouter', 'handover');
defineType(Pull, ['receive'], 'conflate');
defineType(Push, ['send'], 'conflate');
defineType(XPublisher, ['send', 'receive'], 'noDrop', 'manual', 'welcomeMessage', 'invertMatching');
defineType(XSubscriber, ['send', 'receive']);
defineType(Stream, ['send', 'receive'], 'notify');

/** No prefix at all stands for the empty one. */
function orAll(prefixes: readonly (Buffer | string)[]): readonly (Buffer | string | null)[] {
  return prefixes.length === 0 ? [null] : prefixes;
}
