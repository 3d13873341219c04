import type { CallKey } from '../packet/envelope.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { isNestPeer } from '../zmq.peer.js';
import type { Outbox } from './outbox.js';
import type { ServerCall } from './server.call.js';

/** One connection to a server of ours, and the calls that came over it. Behind a proxy that is many clients. */
export class ClientLink {
  readonly calls = new Map<CallKey, ServerCall>();
  /** Whether it understands control messages. */
  readonly nest: boolean;
  /** It said that its last call here is done. */
  drained = false;
  /** Somebody waits until its outbox is empty. */
  watched = false;

  constructor(
    readonly peer: ZmqPeer,
    readonly outbox: Outbox<unknown>,
  ) {
    this.nest = isNestPeer(peer);
  }
}
