import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import { connectPeer } from '../socket/connect-peer.js';
import { type Group, join, leave, toGroup } from '../socket/groups.js';
import type { Peer } from '../socket/peer.js';
import type { MessageSink } from '../socket/receiver.js';
import {
  checkPeer,
  DuplexSocket,
  nextMessage,
  type PeerOptions,
  type Readable,
  ReceivingSocket,
  type SendOptions,
  SendingSocket,
  setSink,
} from './capabilities.js';
import { giveBack, type MessageLike, toMultipart } from './message.js';
import { defineOptions, type OptionsOf, type SocketClass, type SocketOptions } from './options.js';
import { checkEndpoint, coreOf, openCoreOf, Socket, usableCoreOf } from './socket.js';

/*
 * The socket types that libzmq calls drafts. Their messages have one part: sending
 * more rejects with EINVAL, and what comes with more is discarded and counted
 * (`dropped`). What belongs to a message beside its part, a routing id or a group,
 * stands beside it as an object: `[part, { routingId }]`.
 */

/** To which peer of a SERVER or PEER a message goes, or from which it came. */
export interface ServerRoutingOptions {
  /** 1 to 4294967295. This socket's own number of the peer, which no other socket knows. */
  routingId: number;
}

/** To which group a RADIO sends. */
export interface RadioGroupOptions {
  /** At most 255 bytes; a zero byte ends the name. */
  group: Group;
}

/** To which group a message was sent that a DISH received. */
export interface DishGroupOptions {
  group: Buffer;
}

/** What SERVER and PEER share: every message goes to the peer that its routing id names. */
abstract class RoutedSocket extends Socket implements Readable<[Buffer, ServerRoutingOptions]> {
  /**
   * Queues a message of one part for the peer with this routing id. Waits while that
   * peer is full, for at most `sendTimeout`; then rejects with EAGAIN. Rejects with
   * EHOSTUNREACH when there is no such peer, or no more, and with EINVAL when the
   * message has several parts. Throws a TypeError without options, EINVAL for a
   * routing id that is none, EBUSY while another send waits.
   */
  send(message: MessageLike, options: ServerRoutingOptions & SendOptions): Promise<void> {
    const { sender } = usableCoreOf(this);
    const whole = addressed(toRoutingId(checkOptions(options)), message);
    return whole === undefined ? Promise.resolve() : sender.send(whole, options.signal, this);
  }

  /** Queues a message now, to a routing id or to a peer, or gives false where `send` would wait. Throws what `send` would reject with. */
  trySend(message: MessageLike, options: ServerRoutingOptions | Required<PeerOptions>): boolean {
    const { sender } = openCoreOf(this);
    const { peer, ...rest } = checkOptions<Partial<ServerRoutingOptions> & PeerOptions>(options);
    if (peer !== undefined) {
      const parts = toMultipart(message);
      return parts === undefined || useAndGiveBack(parts, () => sender.trySend(parts, checkPeer(peer)));
    }
    const whole = addressed(toRoutingId(rest), message);
    return whole === undefined || sender.trySend(whole, undefined);
  }

  /** Resolves when `trySend` (to that peer) may succeed. Rejects with EBADF when the socket is closed, with EHOSTUNREACH when the peer is lost. */
  untilWritable(options: PeerOptions & SendOptions = {}): Promise<void> {
    return openCoreOf(this).sender.untilWritable(checkPeer(options.peer), options.signal, this);
  }

  /** The next message and who sent it: `[part, { routingId }]`. Otherwise as the other types. */
  receive(options?: { readonly signal?: AbortSignal }): Promise<[Buffer, ServerRoutingOptions]> {
    return usableCoreOf(this).receiver.receive(options?.signal, this).then(withRoutingId);
  }

  /** The next message if one is there: `[part, { routingId }]`. */
  tryReceive(): [Buffer, ServerRoutingOptions] | undefined {
    const message = openCoreOf(this).receiver.tryReceive();
    return message && withRoutingId(message);
  }

  /** Who sent a message that this socket gave: see `Readable`. */
  peerOf(message: [Buffer, ServerRoutingOptions]): Peer | undefined {
    return coreOf(this).receiver.peerOf(message);
  }

  /** Gives every message to `sink([part, { routingId }], peer)`, in place of `receive`. Otherwise as the other types. */
  onMessage(sink: MessageSink<[Buffer, ServerRoutingOptions]> | undefined): void {
    setSink(this, sink && ((message, peer) => sink(withRoutingId(message), peer)));
  }

  [Symbol.asyncIterator](): AsyncIterator<[Buffer, ServerRoutingOptions], undefined> {
    return { next: () => nextMessage(this) };
  }
}

/** SERVER: receives from its CLIENTs, and answers each by its routing id, as often as it likes (41/CLISRV). */
export class Server extends RoutedSocket {
  constructor(options?: SocketOptions<'SERVER'>) {
    super('SERVER', options);
  }
}

/** CLIENT: sends round robin to its SERVERs, receives fairly from all (41/CLISRV). */
export class Client extends DuplexSocket<MessageLike, [Buffer]> {
  constructor(options?: SocketOptions<'CLIENT'>) {
    super('CLIENT', options);
  }
}

/**
 * PEER: a SERVER among its own kind (51/P2P). It has not the name of its type, `Peer`
 * being what every socket calls one of its connections.
 */
export class PeerSocket extends RoutedSocket {
  constructor(options?: SocketOptions<'PEER'>) {
    super('PEER', options);
  }

  /**
   * Connects as `connect` does, and gives the routing id of the new peer: messages
   * may be sent to it at once, and go out when it is there. The id outlives reconnects.
   * Throws as `connect`, and EINVAL (libzmq: EFAULT) with `immediate`.
   */
  connectPeer(endpoint: string): number {
    return connectPeer(usableCoreOf(this), checkEndpoint(endpoint));
  }
}

/** CHANNEL: one peer, both ways: a PAIR of one part (52/CHANNEL). A second peer is refused. */
export class Channel extends DuplexSocket<MessageLike, [Buffer]> {
  constructor(options?: SocketOptions<'CHANNEL'>) {
    super('CHANNEL', options);
  }
}

/** SCATTER: round robin over its GATHERs; waits while there is none with room (49/SCATTERGATHER). */
export class Scatter extends SendingSocket<MessageLike> {
  constructor(options?: SocketOptions<'SCATTER'>) {
    super('SCATTER', options);
  }
}

/** GATHER: receives fairly from all its SCATTERs (49/SCATTERGATHER). */
export class Gather extends ReceivingSocket<[Buffer]> {
  constructor(options?: SocketOptions<'GATHER'>) {
    super('GATHER', options);
  }
}

/** RADIO: to all that have joined the message's group; a full one misses it (48/RADIO-DISH). */
export class Radio extends Socket {
  constructor(options?: SocketOptions<'RADIO'>) {
    super('RADIO', options);
  }

  /**
   * Sends a message of one part to a group. Never waits, unless `noDrop` is set: then
   * while a member of the group is full, for at most `sendTimeout`. Rejects with EINVAL
   * when the message has several parts or the group more than 255 bytes. Throws a
   * TypeError without options, EINVAL without a group.
   */
  send(message: MessageLike, options: RadioGroupOptions & SendOptions): Promise<void> {
    const { sender } = usableCoreOf(this);
    const whole = addressed(toMessageGroup(checkOptions(options)), message);
    return whole === undefined ? Promise.resolve() : sender.send(whole, options.signal, this);
  }

  /** Sends now, or gives false where `send` would wait. With a `peer`: to it alone, and false when it is full. Throws what `send` would reject with. */
  trySend(message: MessageLike, options: RadioGroupOptions & PeerOptions): boolean {
    const { sender } = openCoreOf(this);
    const { peer, ...rest } = checkOptions<Partial<RadioGroupOptions> & PeerOptions>(options);
    const whole = addressed(toMessageGroup(rest), message);
    return whole === undefined || sender.trySend(whole, checkPeer(peer));
  }

  /** Resolves when `trySend` (to that peer) may succeed. Rejects with EBADF when the socket is closed, with EHOSTUNREACH when the peer is lost. */
  untilWritable(options: PeerOptions & SendOptions = {}): Promise<void> {
    return openCoreOf(this).sender.untilWritable(checkPeer(options.peer), options.signal, this);
  }
}

/** DISH: receives what is sent to the groups that it has joined (48/RADIO-DISH). */
export class Dish extends Socket implements Readable<[Buffer, DishGroupOptions]> {
  constructor(options?: SocketOptions<'DISH'>) {
    super('DISH', options);
  }

  /** Joins groups, on all RADIOs, present and later. Throws EINVAL for one that is joined already or has more than 255 bytes. */
  join(...groups: readonly Group[]): void {
    join(usableCoreOf(this), groups);
  }

  /** Leaves groups. Throws EINVAL for one that is not joined. */
  leave(...groups: readonly Group[]): void {
    leave(usableCoreOf(this), groups);
  }

  /** The next message and its group: `[part, { group }]`. Otherwise as the other types. */
  receive(options?: { readonly signal?: AbortSignal }): Promise<[Buffer, DishGroupOptions]> {
    return usableCoreOf(this).receiver.receive(options?.signal, this).then(withGroup);
  }

  /** The next message if one is there: `[part, { group }]`. */
  tryReceive(): [Buffer, DishGroupOptions] | undefined {
    const message = openCoreOf(this).receiver.tryReceive();
    return message && withGroup(message);
  }

  /** Who sent a message that this socket gave: see `Readable`. */
  peerOf(message: [Buffer, DishGroupOptions]): Peer | undefined {
    return coreOf(this).receiver.peerOf(message);
  }

  /** Gives every message to `sink([part, { group }], peer)`, in place of `receive`. Otherwise as the other types. */
  onMessage(sink: MessageSink<[Buffer, DishGroupOptions]> | undefined): void {
    setSink(this, sink && ((message, peer) => sink(withGroup(message), peer)));
  }

  [Symbol.asyncIterator](): AsyncIterator<[Buffer, DishGroupOptions], undefined> {
    return { next: () => nextMessage(this) };
  }
}

// The options of each class: types here, accessors from the table below.
export interface Server extends OptionsOf<'SERVER'> {}
export interface Client extends OptionsOf<'CLIENT'> {}
export interface Radio extends OptionsOf<'RADIO'> {}
export interface Dish extends OptionsOf<'DISH'> {}
export interface Gather extends OptionsOf<'GATHER'> {}
export interface Scatter extends OptionsOf<'SCATTER'> {}
export interface PeerSocket extends OptionsOf<'PEER'> {}
export interface Channel extends OptionsOf<'CHANNEL'> {}

export type DraftTypeName = 'SERVER' | 'CLIENT' | 'RADIO' | 'DISH' | 'GATHER' | 'SCATTER' | 'PEER' | 'CHANNEL';

/** By the name of their type. */
export const draftClasses: Record<DraftTypeName, SocketClass> = {
  SERVER: Server,
  CLIENT: Client,
  RADIO: Radio,
  DISH: Dish,
  GATHER: Gather,
  SCATTER: Scatter,
  PEER: PeerSocket,
  CHANNEL: Channel,
};
for (const [type, socketClass] of Object.entries(draftClasses)) defineOptions(socketClass, type as DraftTypeName);

/** The patterns have the address as the first frame. `undefined` for no parts at all. */
function addressed(address: Buffer, message: MessageLike): Multipart | undefined {
  const parts = toMultipart(message);
  return parts && useAndGiveBack(parts, () => [address, ...parts]);
}

function useAndGiveBack<T>(parts: Multipart, use: () => T): T {
  try {
    return use();
  } finally {
    giveBack(parts);
  }
}

function withRoutingId(message: Buffer[]): [Buffer, ServerRoutingOptions] {
  return withExtra(message, { routingId: message[0]!.readUInt32BE() });
}

function withGroup(message: Buffer[]): [Buffer, DishGroupOptions] {
  return withExtra(message, { group: message[0]! });
}

/** In the same array: what is remembered of a message is remembered by it. */
function withExtra<Extra>(message: Buffer[], extra: Extra): [Buffer, Extra] {
  const seen = message as unknown[] as [Buffer, Extra];
  seen[0] = message[1]!;
  seen[1] = extra;
  return seen;
}

function checkOptions<T extends object>(options: T): T {
  if (typeof options !== 'object' || (options as T | null) === null) throw new TypeError('Options must be an object');
  return options;
}

function toRoutingId({ routingId }: Partial<ServerRoutingOptions>): Buffer {
  if (routingId !== undefined && typeof routingId !== 'number') throw new TypeError('routingId must be a number');
  if (routingId === undefined || !Number.isInteger(routingId) || routingId < 1 || routingId > 0xffffffff) {
    throw new ZmqError(
      'EINVAL',
      `routingId is ${routingId}; it must be one that came with a received message: a whole number from 1 to 4294967295`,
    );
  }
  const id = Buffer.allocUnsafe(4);
  id.writeUInt32BE(routingId);
  return id;
}

function toMessageGroup({ group }: Partial<RadioGroupOptions>): Buffer {
  if (group === undefined) throw new ZmqError('EINVAL', 'a RADIO sends to a group: { group } is missing');
  return toGroup(group);
}
