import type { Multipart } from '../foundation/multipart.js';
import type { FrameSource } from '../wire/frame-decoder.js';
import type { Batch } from './batch.js';
import type { ConnectionSink } from './connection.js';
import type { Heartbeat } from './heartbeat.js';

/** What a conversation is after its handshake: in the clear or sealed, chosen once. */
export interface Traffic {
  readonly heartbeat: Heartbeat;
  /** The PING that is sent, as a whole command frame: for `say`. */
  readonly ping: Buffer;
  readonly sendsPacked: boolean;
  /** True when the sink stopped it. Throws `ProtocolError`. */
  drain(decoder: FrameSource, sink: ConnectionSink, now: number): boolean;
  encode(message: Multipart, batch: Batch): void;
  /** @param command a whole command frame */
  say(command: Buffer, batch: Batch): void;
  /** Lets go of the message that was not finished. */
  release(): void;
}
