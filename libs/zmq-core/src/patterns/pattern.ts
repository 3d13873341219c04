import type { CounterName } from '../foundation/diagnostics.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { RandomSource } from '../foundation/random.js';
import type { PipeEnd } from '../pipe/pipe.js';

/**
 * Who gets the next message, and whose message is next: one class per socket type.
 *
 * A pattern is passive. The running socket is the handler of every pipe and tells
 * the pattern what happened; the pattern never calls back, it keeps state and
 * answers. The socket then asks it to send or to receive. Nothing here knows
 * promises, time, endpoints or bytes on a wire.
 *
 * Order of calls for one pipe: `attach`, then any of the others, `detach` last
 * (it was closed by the other side and all its messages were read, or we closed it).
 * `peerReady` comes at most once per connection; over inproc and on an accepted
 * connection right after `attach`.
 */
export interface Pattern {
  /** A pipe joined. It can be written to at once (and a SUB sends its subscriptions here). */
  attach(end: PipeEnd, how: Attachment): void;
  /** The handshake told who is there. A returned reason refuses the peer: the socket then closes the pipe. */
  peerReady(end: PipeEnd, info: PeerInfo): string | undefined;
  /** The connection behind the pipe was lost, another will come. At once, even while messages of it are queued. */
  hiccup(end: PipeEnd): void;
  /** Forget the pipe. Idempotent. */
  detach(end: PipeEnd): void;

  /** Messages arrived in a pipe that was empty. */
  readable(end: PipeEnd): void;
  /** A pipe that refused a message takes one again. */
  writable(end: PipeEnd): void;

  /**
   * Queues the message, or drops it where the pattern drops. False: `send` would
   * have to wait (nothing was queued). Throws `ZmqError`: EFSM, EHOSTUNREACH,
   * ENOTSUP (a type that never sends), EINVAL (a frame is missing, or one too many).
   */
  trySend(message: Multipart): boolean;
  /** The same to one peer only, by whatever envelope the type has; a ROUTER, SERVER or PEER takes no id frame. False = that pipe is full. */
  trySendTo(end: PipeEnd, message: Multipart): boolean;
  /** Before a message waits to be sent: throws what is wrong with it at any time. */
  checkWaiting?(message: Multipart): void;
  /** The next message as the user sees it. Throws `ZmqError`: EFSM, ENOTSUP. */
  tryReceive(): Multipart | undefined;
  /** The pipe of the last message that `tryReceive` gave. */
  readonly source: PipeEnd | undefined;
  /**
   * A pattern that reads messages before the application asks for them: the label that the
   * message's pipe had at that time, or `undefined` if it was read for the application.
   * Meanwhile another peer may be behind the pipe.
   */
  readonly sourceLabel?: unknown;

  /** Whether `trySend` could queue (or drop) a message now; may be optimistic for a ROUTER or STREAM. */
  canSend(): boolean;
  /** Whether `tryReceive` would give a message now. May look ahead (a SUB filters), never loses one. */
  canReceive(): boolean;
  /** ROUTER, STREAM, SERVER, PEER: the id under which messages to and from this pipe go. */
  routingIdOf?(end: PipeEnd): Buffer | undefined;
  /** PUB, XPUB, SUB, XSUB: how many different topics are subscribed to. */
  readonly topicsCount?: number;
  /** What the pattern dropped, for `stats`; counts since creation. */
  readonly dropped: number;
}

/** How a pipe came to be. */
export interface Attachment {
  /** We connected (then the pipe outlives its connections), or the peer did. */
  readonly dialed: boolean;
  /** `connect(address, { routingId })`, `connectPeer`: the name of a ROUTER, STREAM or PEER for this pipe, known before any handshake. */
  readonly connectRoutingId?: Buffer | undefined;
}

/** Options that patterns look at each time they matter. The socket owns the object and changes it. */
export interface PatternOptions {
  /** ROUTER: an unroutable message throws EHOSTUNREACH, a full peer makes the sender wait. */
  mandatory: boolean;
  /** ROUTER: a new peer takes over a routing id that is in use. */
  handover: boolean;
  /** REQ, DEALER, ROUTER: send an empty message to each new connection. */
  probeRouter: boolean;
  /** REQ: put a request id before the delimiter and match replies by it. */
  correlate: boolean;
  /** REQ: a new request may be sent before the reply came. */
  relaxed: boolean;
  /** XPUB, PUB, RADIO: a full subscriber makes the sender wait instead of losing the message. */
  noDrop: boolean;
  /** XPUB: the application confirms subscriptions itself. */
  manual: boolean;
  /** XPUB: which duplicate (un)subscriptions are passed up. */
  verbosity: 'allSubs' | 'allSubsUnsubs' | null;
  /** XPUB: `manual`, and what is published next after a subscription goes only to the peer whose it was. */
  lastValue: boolean;
  /** XPUB: sent to each new subscriber. */
  welcomeMessage: Buffer | null;
  /** PUB, XPUB, XSUB: of a message with more frames only the first can be a subscription. */
  onlyFirstSubscribe: boolean;
  /** XSUB: cancellations go up that are not the last, or of topics that were not subscribed. */
  verboseUnsubscribe: boolean;
  /** PUB, XPUB, SUB, XSUB: pass what does not match. */
  invertMatching: boolean;
  /** Limits of what one subscriber, or DISH, may make us remember. */
  maxSubscriptions: number;
  maxSubscriptionBytes: number;
  /** XPUB: limits of what one subscriber may have told and the application not received. */
  maxPendingNotifications: number;
  maxPendingNotificationBytes: number;
}

export interface PatternEnvironment {
  readonly options: PatternOptions;
  readonly random: RandomSource;
  /** The socket closes that pipe with the reason, and counts it: under `pattern`, unless another name is given. */
  readonly refusePeer: (end: PipeEnd, reason: string, counter?: CounterName) => void;
  /** STREAM: the application ends the connection. What was sent to the peer before still goes out. */
  readonly hangUp: (end: PipeEnd) => void;
}
