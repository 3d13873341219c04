import { ZmqError } from '../foundation/errors.js';
import { byteLength, type Multipart } from '../foundation/multipart.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import type { Pattern } from '../patterns/pattern.js';
import type { SocketCore } from './socket-core.js';

/** What of a type's message is no frame of its own in libzmq, but stands before the frames here. */
const besideFrames: Partial<Record<SocketTypeName, 'routing id' | 'group'>> = {
  SERVER: 'routing id',
  PEER: 'routing id',
  RADIO: 'group',
  DISH: 'group',
};

/** What went through, counted as libzmq does: frames, not messages. */
export interface Traffic {
  frames: number;
  bytes: number;
}

/**
 * One way through a proxy: takes messages from one socket and gives each to the
 * capture, if there is one, and to the other socket. Message by message, so that
 * none is ever cut or mixed with another; and by reference.
 *
 * A message is taken only when both can have it. Where a type knows that only when it
 * sees the message (a ROUTER's full peer, an XPUB's `noDrop`), the one message waits here.
 */
export class ProxyDirection {
  readonly received: Traffic = { frames: 0, bytes: 0 };
  readonly sent: Traffic = { frames: 0, bytes: 0 };
  /** Messages that the other socket can never send: to nobody, or of a form that its type does not have. */
  dropped = 0;
  readonly #from: Pattern;
  readonly #to: Pattern;
  readonly #capture: Pattern | undefined;
  /** A socket that answers itself may not be able to send before it has received. */
  readonly #asksBefore: boolean;
  readonly #inTurn: boolean;
  /** Frames that are none in libzmq: at the front of what is received, and which the other type has no place for. */
  readonly #beside: number;
  readonly #stripped: number;
  #held: Multipart | undefined;
  #captured = false;

  constructor(from: SocketCore, to: SocketCore, capture: SocketCore | undefined) {
    this.#from = from.pattern;
    this.#to = to.pattern;
    this.#capture = capture?.pattern;
    this.#asksBefore = from !== to;
    this.#inTurn = from.type === 'REQ' || from.type === 'REP';
    const beside = besideFrames[from.type];
    this.#beside = beside === undefined ? 0 : 1;
    this.#stripped = beside === besideFrames[to.type] ? 0 : this.#beside;
  }

  /** Moves at most `limit` messages. Gives how many. */
  forward(limit: number): number {
    if (this.#held !== undefined && !this.#pass(this.#held)) return 0;
    const from = this.#from;
    // It throws for a type that never receives; for the others the first read tells.
    if (!from.canReceive()) return 0;
    let moved = 0;
    while (moved < limit && this.#hasRoom() && (!this.#inTurn || from.canReceive())) {
      const message = from.tryReceive();
      if (message === undefined) break;
      count(this.received, message, this.#beside);
      moved++;
      if (!this.#pass(this.#stripped === 0 ? message : message.slice(this.#stripped))) break;
    }
    return moved;
  }

  /** The end: what waits here goes nowhere. */
  close(): void {
    if (this.#held !== undefined) this.dropped++;
    this.#held = undefined;
  }

  #hasRoom(): boolean {
    if (this.#asksBefore && !this.#to.canSend()) return false;
    return this.#capture === undefined || this.#capture.canSend();
  }

  /** False: the message waits here. */
  #pass(message: Multipart): boolean {
    if (this.#capture !== undefined && !this.#captured && !this.#give(this.#capture, message)) {
      this.#held = message;
      return false;
    }
    if (this.#give(this.#to, message, this.sent)) {
      this.#held = undefined;
      this.#captured = false;
      return true;
    }
    this.#held = message;
    this.#captured = true;
    return false;
  }

  #give(to: Pattern, message: Multipart, counter?: Traffic): boolean {
    try {
      if (!to.trySend(message)) return false;
      if (counter !== undefined) count(counter, message, this.#beside - this.#stripped);
    } catch (error) {
      // One message that cannot be sent must not end the service of all the others, as it does in libzmq.
      if (!(error instanceof ZmqError)) throw error;
      // What the capture cannot have goes on all the same.
      if (counter !== undefined) this.dropped++;
    }
    return true;
  }
}

function count(traffic: Traffic, message: Multipart, beside: number): void {
  traffic.frames += message.length - beside;
  traffic.bytes += byteLength(message) - (beside === 0 ? 0 : message[0]!.length);
}
