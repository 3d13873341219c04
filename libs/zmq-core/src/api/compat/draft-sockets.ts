import type { DishGroupOptions, RadioGroupOptions, ServerRoutingOptions } from '../draft-sockets.js';
import type { Message, MessageLike } from '../message.js';
import { Socket } from './socket.js';
import { defineType } from './type-options.js';
import type { Readable, SocketOptions, Writable } from './types.js';

/*
 * The socket classes of `zeromq/draft`: types that libzmq may still change. Their
 * messages have one part.
 */

/** SERVER: receives from its CLIENTs, and answers each by its routing id. */
export class Server extends Socket {
  constructor(options?: SocketOptions<Server>) {
    super(12, options);
  }
}
export interface Server
  extends Readable<[Message, ServerRoutingOptions]>, Writable<MessageLike, [ServerRoutingOptions]> {}

/** CLIENT: sends round robin to its SERVERs, receives fairly from all. */
export class Client extends Socket {
  constructor(options?: SocketOptions<Client>) {
    super(13, options);
  }
}
export interface Client extends Readable<[Message]>, Writable<MessageLike> {}

/** RADIO: to all that have joined the message's group. */
export class Radio extends Socket {
  constructor(options?: SocketOptions<Radio>) {
    super(14, options);
  }
}
export interface Radio extends Writable<MessageLike, [RadioGroupOptions]> {}

/** DISH: receives what is sent to the groups that it has joined. */
export class Dish extends Socket {
  constructor(options?: SocketOptions<Dish>) {
    super(15, options);
  }
}
export interface Dish extends Readable<[Message, DishGroupOptions]> {
  /** Joins groups. Throws EINVAL for one that is joined already or has more than 255 bytes. */
  join(...values: Array<Buffer | string>): void;
  /** Leaves groups. Throws EINVAL for one that is not joined. */
  leave(...values: Array<Buffer | string>): void;
}

/** GATHER: receives fairly from all its SCATTERs. */
export class Gather extends Socket {
  constructor(options?: SocketOptions<Gather>) {
    super(16, options);
  }
}
export interface Gather extends Readable<[Message]> {
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
}

/** SCATTER: round robin over its GATHERs; waits while there is none with room. */
export class Scatter extends Socket {
  constructor(options?: SocketOptions<Scatter>) {
    super(17, options);
  }
}
export interface Scatter extends Writable<MessageLike> {
  /** ZMQ_CONFLATE, only to be set: keep the last message only. */
  conflate: boolean;
}

/** DGRAM: datagrams of udp. Throws ENOTSUP: there is no udp transport here yet. */
export class Datagram extends Socket {
  constructor(options?: SocketOptions<Datagram>) {
    super(18, options);
  }
}
export interface Datagram extends Readable<[Message, Message]>, Writable<[MessageLike, MessageLike]> {}

defineType(Server, ['sendTo', 'receive']);
defineType(Client, ['send', 'receive']);
defineType(Radio, ['sendTo']);
defineType(Dish, ['receive', 'join']);
defineType(Gather, ['receive'], 'conflate');
defineType(Scatter, ['send'], 'conflate');
defineType(Datagram, ['send', 'receive']);
