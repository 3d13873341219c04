import { ProtocolError } from '../foundation/errors.js';
import { noProperties, ownProperties, type PeerInfo } from '../foundation/peer-info.js';
import { isLegalPeer, type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { encodeMetadata, findProperty, IDENTITY, type Properties, SOCKET_TYPE } from '../wire/metadata.js';
import type { Admitted } from './admission.js';

/** What a socket tells of itself in READY or INITIATE. */
export interface OwnMetadata {
  readonly socketType: SocketTypeName;
  readonly routingId: Buffer | undefined;
  /** The application's `X-…` properties. */
  readonly properties: Readonly<Record<string, string>>;
}

const MAX_ROUTING_ID = 255;
const NO_BYTES = Buffer.alloc(0);
const ownNames: ReadonlySet<string> = new Set(ownProperties.map((name) => name.toLowerCase()));
/** What a peer may say of itself beside an authenticator: what 37/ZMTP names, and `X-…`. */
const saidByPeers = /^(socket-type|identity|resource|x-.*)$/is;

export function encodeOwnMetadata(own: OwnMetadata): Buffer {
  const properties: [string, Buffer][] = [[SOCKET_TYPE, Buffer.from(own.socketType)]];
  if (socketTypes[own.socketType].announcesRoutingId) properties.push([IDENTITY, own.routingId ?? NO_BYTES]);
  for (const [name, value] of Object.entries(own.properties)) properties.push([name, Buffer.from(value)]);
  return encodeMetadata(properties);
}

/** The peer may not be here: its socket type and ours do not talk. The text is what the ERROR command carries. */
export class IllegalPeerError extends ProtocolError {
  readonly reply = 'Invalid socket type';

  constructor(detail: string) {
    super('ERR_ZMTP_INVALID_METADATA', detail, 'socketType');
  }
}

/**
 * Checks what a peer told of itself. Throws if it is incomplete, or an impossible peer for `own`.
 * @param admitted what an authenticator says of it, which counts more
 */
export function readPeerMetadata(
  own: SocketTypeName,
  properties: Properties,
  address: string,
  admitted?: Admitted,
): PeerInfo {
  const socketType = findProperty(properties, SOCKET_TYPE)?.toString('latin1');
  if (socketType === undefined) throw new ProtocolError('ERR_ZMTP_INVALID_METADATA', 'READY has no Socket-Type');
  checkLegalPeer(own, socketType);
  const record = noProperties();
  for (const [name, value] of properties) {
    // A peer that could say which user it is would be believed; or, where an authenticator gives roles, which it has.
    if (ownNames.has(name.toLowerCase()) || (admitted !== undefined && !saidByPeers.test(name))) continue;
    record[name] = value.toString();
  }
  // 37/ZMTP: of the types that are not addressed by it the property is ignored.
  const { announcesRoutingId } = socketTypes[socketType];
  const routingId = announcesRoutingId ? readRoutingId(findProperty(properties, IDENTITY)) : undefined;
  if (routingId !== undefined) record['Routing-Id'] = routingId.toString();
  if (admitted !== undefined) {
    for (const [name, value] of admitted.properties) {
      const said = name.toLowerCase();
      for (const other of Object.keys(record)) if (other.toLowerCase() === said) delete record[other];
      record[name] = value.toString();
    }
    record['User-Id'] = admitted.userId;
  }
  return { socketType, routingId, address, properties: record };
}

/** Throws for a peer that `own` does not talk to. */
export function checkLegalPeer(own: SocketTypeName, peer: string): asserts peer is SocketTypeName {
  if (isLegalPeer(own, peer)) return;
  const legal = socketTypes[own].peers.join(' or ');
  throw new IllegalPeerError(`the peer is a ${peer}, and a ${own} talks to ${legal} only`);
}

/** Empty means none; else 1–255 octets, the first not zero: those are the ids that a ROUTER makes itself (28/REQREP). */
export function readRoutingId(identity: Buffer | undefined): Buffer | undefined {
  if (identity === undefined || identity.length === 0) return undefined;
  if (identity.length > MAX_ROUTING_ID) {
    throw new ProtocolError(
      'ERR_ZMTP_INVALID_METADATA',
      `a routing id of ${identity.length} bytes; at most ${MAX_ROUTING_ID} are allowed`,
    );
  }
  if (identity[0] === 0)
    throw new ProtocolError('ERR_ZMTP_INVALID_METADATA', 'a routing id that begins with a zero byte');
  return identity;
}
