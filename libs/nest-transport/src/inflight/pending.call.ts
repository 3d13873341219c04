import type { WritePacket } from '@nestjs/microservices';
import { encodeCall } from '../packet/call.packet.js';
import type { Frame, Frames } from '../packet/frames.js';
import { encodeMetadata, type ZmqHeaders } from '../packet/metadata.codec.js';
import { Deadline } from './deadline.queue.js';
import type { ServerLink } from './server.link.js';

/** What a call asks for, encoded as far as that can be done before a server is chosen. */
export interface CallContent {
  readonly name: Buffer;
  readonly payload: Frame;
  readonly contentType: string | undefined;
  readonly headers: ZmqHeaders | undefined;
  /** How long the whole call may take, in ms. */
  readonly deadlineMs: number | undefined;
  /** The name or address of the only server that may have it; `undefined` for any. */
  readonly server: string | undefined;
}

/** Told what becomes of a call: values, then once an error or `isDisposed`. */
export type ReplyCallback = (packet: WritePacket) => void;

/** One call of this client, from `send()` until it is settled. It is its own entry in the deadline queue. */
export class PendingCall extends Deadline {
  /** The server that has it; `undefined` while it waits for one. */
  link: ServerLink | undefined = undefined;
  /** Its request id there. */
  id = 0;
  settled = false;
  /** When the whole call must be over; `Infinity` without a deadline. */
  expiresAt = Infinity;
  /** Since when it waits for what comes next: its start, or its last value. */
  since = 0;

  constructor(
    readonly content: CallContent,
    readonly callback: ReplyCallback,
    readonly onTimeout: (call: PendingCall) => void,
  ) {
    super();
  }

  onDue(): void {
    this.onTimeout(this);
  }

  /** The message; what is left of the deadline is told as it is now. */
  frames(id: number, now: number): Frames {
    const { name, payload, contentType, headers } = this.content;
    const deadlineMs = this.expiresAt === Infinity ? undefined : this.expiresAt - now;
    return encodeCall(id, name, payload, encodeMetadata({ contentType, headers, deadlineMs, many: true }));
  }
}
