import { LinkPings } from './link.pings.js';
import { type Outbox } from './outbox.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { isNestPeer, peerName } from '../zmq.peer.js';
import type { PendingCall } from './pending.call.js';

/** A connected server as `client.servers()` shows it. */
export interface ZmqServerInfo {
  /** The name that it gave itself (its option `peerName`). */
  readonly name: string | undefined;
  /** Where it is. */
  readonly address: string;
  /** Everything it announced. */
  readonly properties: Readonly<Record<string, string>>;
  /** When its handshake was done. */
  readonly connectedSince: Date;
  /** Calls of this client that it has now. */
  readonly inFlight: number;
  /** Calls of this client that it has answered, by a value or by an error, since it connected. */
  readonly handled: number;
  /** Whether it is closing: it gets no new calls. */
  readonly draining: boolean;
}

/** One server that this client is connected to, and the calls it has. */
export class ServerLink {
  readonly calls = new Map<number, PendingCall>();
  readonly pings = new LinkPings();
  readonly name: string | undefined;
  readonly connectedSince = new Date();
  /** Whether it understands control messages. */
  readonly nest: boolean;
  draining = false;
  /** It was told that our last call there is done. */
  drained = false;
  handled = 0;
  /** Somebody waits until it takes messages again. */
  watched = false;

  constructor(
    readonly peer: ZmqPeer & { readonly writable: boolean },
    readonly outbox: Outbox<unknown>,
  ) {
    this.name = peerName(peer);
    this.nest = isNestPeer(peer);
  }

  get address(): string {
    return this.peer.address;
  }

  info(): ZmqServerInfo {
    const { name, connectedSince, handled, draining } = this;
    const { address, properties } = this.peer;
    return { name, address, properties, connectedSince, inFlight: this.calls.size, handled, draining };
  }
}

/** Whether it has room, and nobody waits for it. */
export function takesNow({ peer, outbox }: ServerLink): boolean {
  return peer.writable && outbox.empty;
}
