import { ProtocolError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import { type CurveMessages, INNER_COMMAND, INNER_MORE, MESSAGE_OVERHEAD } from '../mechanism/curve/curve-messages.js';
import { commandBody } from '../wire/command.js';
import { LONG_HEADER } from '../wire/frame.js';
import type { FrameSource } from '../wire/frame-decoder.js';
import { type Batch, BY_REFERENCE } from './batch.js';
import type { ConnectionSink } from './connection.js';
import { encodeHeader } from './frame-encoder.js';
import type { Heartbeat } from './heartbeat.js';
import { SealedFrames } from './sealed-frames.js';
import type { Traffic } from './traffic.js';
import type { TrafficPhase } from './traffic-phase.js';

/**
 * The last phase under CURVE: what `TrafficPhase` does, with each frame, of commands too,
 * in a MESSAGE of its own. It is sealed when it is written and not before: the peer wants
 * the nonces in the order in which they come.
 */
export class SealedTraffic implements Traffic {
  readonly sendsPacked = false;
  readonly #clear: TrafficPhase;
  readonly #messages: CurveMessages;
  readonly #frames: SealedFrames;
  readonly #wake: () => void;
  /** Why nothing more can be said. */
  #failure: ProtocolError | undefined;

  /**
   * @param decoder of the outer frames
   * @param wake called when the conversation can only end: `drain` then tells why
   */
  constructor(clear: TrafficPhase, messages: CurveMessages, decoder: FrameSource, wake: () => void) {
    this.#clear = clear;
    this.#messages = messages;
    this.#frames = new SealedFrames(decoder, messages);
    clear.limit(this.#frames);
    this.#wake = wake;
  }

  get heartbeat(): Heartbeat {
    return this.#clear.heartbeat;
  }

  get ping(): Buffer {
    return this.#clear.ping;
  }

  drain(_decoder: FrameSource, sink: ConnectionSink, now: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#clear.drain(this.#frames, sink, now);
  }

  encode(message: Multipart, batch: Batch): void {
    const command = this.#clear.asCommand(message);
    if (command !== undefined) {
      this.say(command, batch);
      return;
    }
    const last = message.length - 1;
    for (let i = 0; i < last; i++) this.#seal(INNER_MORE, message[i]!, batch);
    this.#seal(0, message[last]!, batch);
  }

  say(command: Buffer, batch: Batch): void {
    this.#seal(INNER_COMMAND, commandBody(command), batch);
  }

  release(): void {
    this.#frames.release();
    this.#clear.release();
  }

  /** A message frame with a MESSAGE: written into the batch if it is small, as memory of its own if it is large. */
  #seal(flags: number, payload: Buffer, batch: Batch): void {
    // The rest of a message without its beginning would be taken for a whole one.
    if (this.#failure !== undefined) return;
    try {
      this.#write(flags, payload, batch);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end(error);
    }
  }

  #write(flags: number, payload: Buffer, batch: Batch): void {
    const size = MESSAGE_OVERHEAD + payload.length;
    if (size >= BY_REFERENCE) {
      const frame = Buffer.allocUnsafeSlow(LONG_HEADER + size);
      if (this.#messages.seal(flags, payload, frame, encodeHeader(0, size, frame, 0))) batch.refer(frame);
      else this.#end(usedUp());
      return;
    }
    batch.reserve(LONG_HEADER + size);
    const at = encodeHeader(0, size, batch.bytes, batch.at);
    if (this.#messages.seal(flags, payload, batch.bytes, at)) batch.advance(at + size);
    else this.#end(usedUp());
  }

  /** What is behind this frame cannot be said without it. */
  #end(failure: ProtocolError): void {
    this.#failure = failure;
    this.#wake();
  }
}

/** It takes a connection 2^64 frames to come here. */
function usedUp(): ProtocolError {
  return new ProtocolError('ERR_ZMTP_INVALID_SEQUENCE', 'the nonces of this connection are used up');
}
