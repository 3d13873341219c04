/**
 * The socket types, their numbers in libzmq, and who may talk to whom.
 * This table is the only copy of the rule (37/ZMTP "The Socket-Type Property"; 28–31, 41, 48, 49, 51, 52).
 */

interface SocketTypeRow {
  /** `ZMQ_TYPE`. */
  readonly id: number;
  /** The legal types of the peer. */
  readonly peers: readonly string[];
  /** Whether READY carries `Identity` for it (libzmq: these three, even when empty). */
  readonly announcesRoutingId: boolean;
  /** No ZMTP: whoever connects is a stream of bytes, and has no type. */
  readonly raw?: true;
}

export const socketTypes = {
  PAIR: { id: 0, peers: ['PAIR'], announcesRoutingId: false },
  PUB: { id: 1, peers: ['SUB', 'XSUB'], announcesRoutingId: false },
  SUB: { id: 2, peers: ['PUB', 'XPUB'], announcesRoutingId: false },
  REQ: { id: 3, peers: ['REP', 'ROUTER'], announcesRoutingId: true },
  REP: { id: 4, peers: ['REQ', 'DEALER'], announcesRoutingId: false },
  DEALER: { id: 5, peers: ['REP', 'DEALER', 'ROUTER'], announcesRoutingId: true },
  ROUTER: { id: 6, peers: ['REQ', 'DEALER', 'ROUTER'], announcesRoutingId: true },
  PULL: { id: 7, peers: ['PUSH'], announcesRoutingId: false },
  PUSH: { id: 8, peers: ['PULL'], announcesRoutingId: false },
  XPUB: { id: 9, peers: ['SUB', 'XSUB'], announcesRoutingId: false },
  XSUB: { id: 10, peers: ['PUB', 'XPUB'], announcesRoutingId: false },
  STREAM: { id: 11, peers: [], announcesRoutingId: false, raw: true },
  SERVER: { id: 12, peers: ['CLIENT'], announcesRoutingId: false },
  CLIENT: { id: 13, peers: ['SERVER'], announcesRoutingId: false },
  RADIO: { id: 14, peers: ['DISH'], announcesRoutingId: false },
  DISH: { id: 15, peers: ['RADIO'], announcesRoutingId: false },
  GATHER: { id: 16, peers: ['SCATTER'], announcesRoutingId: false },
  SCATTER: { id: 17, peers: ['GATHER'], announcesRoutingId: false },
  PEER: { id: 19, peers: ['PEER'], announcesRoutingId: false },
  CHANNEL: { id: 20, peers: ['CHANNEL'], announcesRoutingId: false },
} as const satisfies Record<string, SocketTypeRow>;

export type SocketTypeName = keyof typeof socketTypes;

/** The legal-pairs rule. An unknown peer type is never legal. */
export function isLegalPeer(own: SocketTypeName, peer: string): boolean {
  return (socketTypes[own].peers as readonly string[]).includes(peer);
}

/** Whether sockets of the type speak bytes, not ZMTP. */
export function isRaw(type: SocketTypeName): boolean {
  const row: SocketTypeRow = socketTypes[type];
  return row.raw === true;
}
