import { channel } from 'node:diagnostics_channel';
import type { SocketTypeName } from './socket-type.js';

/**
 * What is counted in the whole process, and what each means. Every connection that
 * ends, and not because the application ended it, is counted under exactly one name, and
 * so is every one that is refused. A name that is an option's is the breach of that limit.
 */
export const counters = {
  // ── limits ──
  maxConnections: 'refused: the endpoint has so many connections already, or unread messages of so many that are gone',
  maxConnectionsPerAddress: 'refused: its address has so many connections already',
  maxHandshakes: 'closed: it was the oldest of the handshakes under way, and one more came',
  handshakeInterval: 'closed: its handshake was not done in time',
  maxMessageSize: 'closed: it sent, or began, a frame that is too large',
  maxFramesPerMessage: 'closed: it sent a message of too many frames',
  maxUnfinishedBytes: 'closed: its message was too large before its last frame had come',
  maxSubscriptions: 'closed: it subscribed to too many topics, or joined too many groups',
  maxSubscriptionBytes: 'closed: its topics, or groups, are too long in sum',
  maxPendingNotifications:
    'closed: it subscribed and cancelled more often than the application of an XPUB had received',
  maxPendingNotificationBytes:
    'closed: what it subscribed to and cancelled, and the application of an XPUB had not received, was too long in sum',
  writeStallTimeout: 'closed: it took nothing of what was to be written to it for too long',
  maxPendingPongs: 'closed: it sent PINGs and left too many answers unread',
  // ── the handshake ──
  greeting: 'closed: what it sent is no greeting of a version that is spoken here',
  mechanism: 'closed: it has another security mechanism',
  handshakeCommand: 'closed: a command of its handshake was malformed, too large or out of turn',
  properties: 'closed: the properties of its handshake are malformed, or its routing id is illegal',
  socketType: 'closed: its socket type and ours do not talk',
  cryptography: 'closed: something of it could not be decrypted, was forged or replayed',
  authentication: 'closed: the authenticator did not admit it, or it did not admit us',
  zap: 'closed: the handler of ZAP gave no well-formed answer',
  refusedByPeer: 'closed: it refused us with an ERROR command',
  handshakeLost: 'the connection was lost, or the peer closed it, before the handshake was done',
  // ── later ──
  protocol: 'closed: what it sent after the handshake breaks the protocol',
  pattern: 'closed: the socket has no place for it, such as a routing id that is in use, or the second peer of a PAIR',
  silence: 'closed: nothing came from it for longer than the heartbeat allows',
  lost: 'the connection was lost, or the peer closed it',
  // ── accepting ──
  tcpAcceptFilter: 'refused: its address is in no network of the filter',
  acceptFailed: 'the system could not accept a connection, for want of descriptors or memory',
} as const;

/** Why a connection ended or was refused; the meaning of each name is in `counters`. */
export type CounterName = keyof typeof counters;

/** What is published on `nest-zmq:connection-ended`, once for each connection that the application did not end itself. */
export interface ConnectionEnded {
  readonly reason: CounterName;
  /** Of our socket. */
  readonly socketType: SocketTypeName;
  /** The endpoint, and both ends, as the `disconnect` event tells them. */
  readonly address: string;
  readonly local: string;
  readonly remote: string;
  /** Whether the handshake had been done. */
  readonly established: boolean;
  /** The one that the monitor's event has as its `reason`. */
  readonly error: Error;
}

/** What is published on `nest-zmq:connection-refused`, once for each connection that was never begun. */
export interface ConnectionRefused {
  readonly reason: CounterName;
  readonly socketType: SocketTypeName;
  /** The bound endpoint; where it is connected to, of one that was not even dialled. */
  readonly address: string;
  readonly error: Error;
}

/** The names of the channels (`node:diagnostics_channel`). */
export const channelNames = {
  ended: 'nest-zmq:connection-ended',
  refused: 'nest-zmq:connection-refused',
} as const;

/** What there is, and what has happened since the process (or the worker thread) began. */
export interface Statistics {
  /** Sockets that are open, of all contexts. */
  readonly sockets: number;
  /** Connections whose handshake is done and that have not ended. inproc has none. */
  readonly connections: number;
  /** Connections whose handshake is under way. */
  readonly handshakes: number;
  /** Handshakes that were done, ever. */
  readonly established: number;
  /** How often each of `counters` has happened. */
  readonly counters: Readonly<Record<CounterName, number>>;
  /** Messages that sockets dropped, by their type: no room (a high-water mark), nobody there, or malformed. Types that dropped none are missing. */
  readonly dropped: Readonly<Partial<Record<SocketTypeName, number>>>;
}

/** What a socket shows while it is open. */
export interface CountedSocket {
  readonly type: SocketTypeName;
  readonly pattern: { readonly dropped: number };
}

/*
 * The state is the process's, for that is what is asked about: a context would not see the
 * others. Nothing is ever counted for a message.
 */
const endedChannel = channel(channelNames.ended);
const refusedChannel = channel(channelNames.refused);
const counts = Object.fromEntries(Object.keys(counters).map((name) => [name, 0])) as Record<CounterName, number>;
const openSockets = new Set<CountedSocket>();
/** By sockets that are closed. */
const droppedBefore = new Map<SocketTypeName, number>();
let handshakes = 0;
let connections = 0;
let established = 0;

export function count(name: CounterName): void {
  counts[name]++;
}

/** @param record made only when somebody listens */
export function countEnded(reason: CounterName, record: () => Omit<ConnectionEnded, 'reason'>): void {
  counts[reason]++;
  if (endedChannel.hasSubscribers) endedChannel.publish({ reason, ...record() } satisfies ConnectionEnded);
}

/** @param record made only when somebody listens */
export function countRefused(reason: CounterName, record: () => Omit<ConnectionRefused, 'reason'>): void {
  counts[reason]++;
  if (refusedChannel.hasSubscribers) refusedChannel.publish({ reason, ...record() } satisfies ConnectionRefused);
}

/** A connection from its beginning to its end, for the numbers of those that there are. */
export class CountedConnection {
  #state: 'handshaking' | 'established' | 'over' = 'handshaking';

  constructor() {
    handshakes++;
  }

  /** The handshake is done. */
  establish(): void {
    if (this.#state !== 'handshaking') return;
    this.#state = 'established';
    handshakes--;
    connections++;
    established++;
  }

  /** Idempotent. */
  end(): void {
    if (this.#state === 'handshaking') handshakes--;
    else if (this.#state === 'established') connections--;
    this.#state = 'over';
  }
}

export function socketOpened(socket: CountedSocket): void {
  openSockets.add(socket);
}

/** Idempotent. */
export function socketClosed(socket: CountedSocket): void {
  if (openSockets.delete(socket)) addDropped(droppedBefore, socket);
}

/**
 * A snapshot of what there is in this process, and of what was counted since it began.
 * Costs a step for each open socket; the counting itself costs nothing while messages flow.
 */
export function stats(): Statistics {
  const dropped = new Map(droppedBefore);
  for (const socket of openSockets) addDropped(dropped, socket);
  return {
    sockets: openSockets.size,
    connections,
    handshakes,
    established,
    counters: { ...counts },
    dropped: Object.fromEntries(dropped),
  };
}

function addDropped(sums: Map<SocketTypeName, number>, { type, pattern }: CountedSocket): void {
  const { dropped } = pattern;
  if (dropped > 0) sums.set(type, (sums.get(type) ?? 0) + dropped);
}
