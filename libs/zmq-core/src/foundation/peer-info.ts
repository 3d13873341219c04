import type { CounterName } from './diagnostics.js';

/** What a handshake told about a peer. Plain data: it may cross threads. */
export interface PeerInfo {
  /** The peer's socket type as it announced it, for example `DEALER`; empty for a raw peer. */
  readonly socketType: string;
  /** The routing id that the peer announced; `undefined` if none (an empty one means none). */
  readonly routingId: Buffer | undefined;
  /** Where it is: `127.0.0.1:40312`, a socket file's path, or the inproc name. */
  readonly address: string;
  /**
   * All properties of its READY by their name as sent, `Socket-Type` and `Identity`
   * included. What only this side can say of it is added under `ownProperties`, by who knows it.
   */
  readonly properties: Record<string, string>;
}

/** For properties. A peer may give them any name, so the object has no prototype. */
export function noProperties(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

/** What we say of a peer, and no peer of itself: where it is, and who it has proved to be. `Routing-Id` is libzmq's other name for `Identity`. */
export const ownProperties = ['Peer-Address', 'Routing-Id', 'User-Id'] as const;

/** Why a peer or a connection went away. */
export interface CloseReason {
  /** A stable word for programs, for example `ECONNRESET`, `EPROTO`, `ETIMEDOUT`, `closed`. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  readonly cause?: Error;
  /** Under which name of `counters` it is counted; missing where it is a mere loss. */
  readonly counter?: CounterName;
}

/** The reason of everything that the application itself ended: no event tells of it. */
export const closedByUs: CloseReason = { code: 'closed', message: 'closed by this side' };

/** A reason as the `Error` that events carry. */
export function errorOf(reason: CloseReason): Error {
  return reason.cause ?? Object.assign(new Error(reason.message), { code: reason.code });
}
