import { ZmqError } from '../foundation/errors.js';
import { PeerPattern } from '../patterns/peer.js';
import type { SocketCore } from './socket-core.js';

/** PEER: connects, and gives the routing id of the peer that will be there. Throws as `connect`, and EINVAL with `immediate`. */
export function connectPeer({ pattern, options, endpoints }: SocketCore, endpoint: string): number {
  if (!(pattern instanceof PeerPattern)) throw new ZmqError('ENOTSUP');
  if (options.immediate) {
    throw new ZmqError('EINVAL', 'with `immediate` there is no peer, and no routing id, before the handshake', {
      address: endpoint,
    });
  }
  // Made before it is connected: who is told of that may connect to others from there.
  const id = pattern.newRoutingId();
  endpoints.connectAs(endpoint, id);
  return id.readUInt32BE();
}
