import type { CloseReason, PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { callUser } from './user-code.js';

/**
 * One connection to a peer, the same object for as long as it lasts. A peer that
 * reconnects is a new one.
 */
export class Peer {
  /**
   * Its routing id: the one it announced; on a ROUTER or STREAM the one that messages
   * carry; on a SERVER or PEER that number in four bytes, big-endian.
   */
  readonly routingId: Buffer | undefined;
  /** As it announced itself: `DEALER`. Empty for the peer of a STREAM, which announces nothing. */
  readonly socketType: string;
  /** Where it is: `127.0.0.1:40312`, a path, or an inproc name. */
  readonly address: string;
  /**
   * The properties of all its messages, as libzmq's `zmq_msg_gets` gives them: those of its
   * handshake by the names it sent (`Socket-Type`, `Identity`, also as `Routing-Id`, its
   * `X-…`), and `Peer-Address`, its IP address, where it has one. Text is read as UTF-8;
   * `routingId` has the bytes.
   */
  readonly properties: Readonly<Record<string, string>>;

  readonly #end: PipeEnd;
  readonly #epoch: number;

  constructor(end: PipeEnd, epoch: number, info: PeerInfo, routingId: Buffer | undefined) {
    this.#end = end;
    this.#epoch = epoch;
    this.routingId = routingId;
    this.socketType = info.socketType;
    this.address = info.address;
    this.properties = info.properties;
  }

  /** Whether the connection is there and its queue has room. */
  get writable(): boolean {
    return this.#end.writable && this.#end.epoch === this.#epoch;
  }

  /** Messages queued for it that its connection has not taken yet; also while a closed socket lingers. */
  get pending(): number {
    return this.#end.pending;
  }

  /**
   * Messages that were still queued for it when its connection ended for good: they are not sent. What its connection had
   * taken already, one batch and the system's buffers, is not among them. 0 as long as it is connected.
   */
  get dropped(): number {
    return this.#end.dropped;
  }

  /** Its pipe while the connection lasts. For the socket layer. */
  static pipeOf(peer: Peer): PipeEnd | undefined {
    return peer.#end.open && peer.#end.epoch === peer.#epoch ? peer.#end : undefined;
  }
}

/** Who comes and goes. An error thrown here is reported as uncaught, as one thrown by an event listener. */
export interface PeerSink {
  /** After the handshake. */
  joined?(peer: Peer): void;
  /** The connection ended and all messages of it were received. */
  left?(peer: Peer, reason: CloseReason): void;
}

/** The connected peers of one socket. */
export class PeerBook {
  readonly all = new Set<Peer>();
  sink: PeerSink | undefined;

  join(end: PipeEnd, peer: Peer): void {
    end.label = peer;
    this.all.add(peer);
    callUser(() => this.sink?.joined?.(peer));
  }

  leave(end: PipeEnd, reason: CloseReason): void {
    const peer = end.label;
    if (!(peer instanceof Peer)) return;
    end.label = undefined;
    if (this.all.delete(peer)) callUser(() => this.sink?.left?.(peer, reason));
  }
}
