/**
 * The other end of one connection, as a handler or a listener sees it. One stable
 * object per connection: a peer that reconnects is a new one.
 */
export interface ZmqPeer {
  /** The routing id that the peer announced, or that a ROUTER gave it. */
  readonly routingId?: Buffer | undefined;
  /** The socket type that it announced, for example `DEALER`. */
  readonly socketType: string;
  /** Where it is: `127.0.0.1:40312`, a socket file's path, or the inproc name. */
  readonly address: string;
  /** Everything it announced in its handshake, for example `X-Nest-Zmq` and `X-Name`. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Announced by both sides of this transport; a peer without it is foreign. */
export const NEST_PROPERTY = 'X-Nest-Zmq';
/** The name that a peer gives itself (option `peerName`). */
export const NAME_PROPERTY = 'X-Name';
/** The version of the wire that we speak. */
export const WIRE_VERSION = '1';

/** Whether the peer speaks this transport's control messages. Property names are matched in any case, as ZMTP wants. */
export function isNestPeer(peer: ZmqPeer): boolean {
  return propertyOf(peer, NEST_PROPERTY) !== undefined;
}

/** The name that the peer gave itself, if any. */
export function peerName(peer: ZmqPeer): string | undefined {
  return propertyOf(peer, NAME_PROPERTY);
}

function propertyOf(peer: ZmqPeer, name: string): string | undefined {
  const exact = peer.properties[name];
  if (exact !== undefined) return exact;
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(peer.properties)) {
    if (key.toLowerCase() === wanted) return value;
  }
  return undefined;
}

/** What the core says of a peer that an authenticator has admitted; no peer can say it of itself. */
const USER_ID_PROPERTY = 'User-Id';

/** Who the peer has proved to be, if anybody vouches for it. */
export function userIdOf(peer: ZmqPeer): string | undefined {
  return peer.properties[USER_ID_PROPERTY] || undefined;
}
