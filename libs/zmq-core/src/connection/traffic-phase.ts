import { ProtocolError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import { type Command, decodeCommand, encodeCommand } from '../wire/command.js';
import { COMMAND, MORE } from '../wire/frame.js';
import { type FrameLimits, type FrameSource, rightSized } from '../wire/frame-decoder.js';
import { membershipCommandName, membershipFromCommand } from '../wire/group.js';
import { decodePing, encodePing, encodePong } from '../wire/ping-pong.js';
import { isSubscription, subscriptionCommandName, subscriptionFromCommand } from '../wire/subscription.js';
import type { Batch } from './batch.js';
import type { ConnectionSink } from './connection.js';
import { encodeMessage } from './frame-encoder.js';
import { Heartbeat } from './heartbeat.js';
import { closed } from './many-frames.js';
import type { Traffic } from './traffic.js';
import type { ZmtpOptions } from './zmtp-connection.js';

/** What a RADIO is given for a message, which a DISH has no business to send: something to count. */
const NO_MEMBERSHIP: Multipart = [Buffer.alloc(0)];
const EMPTY = Buffer.alloc(0);

/** The last phase: frames ⇄ whole messages, and the commands in between. */
export class TrafficPhase implements Traffic {
  readonly heartbeat: Heartbeat;
  readonly #ttlMs: number;

  /** Frames of a message whose last has not come. Never leaves this class. */
  #unfinished: Buffer[] = [];
  /** How many of them were looked at by `#letGoOfChunks`. */
  #settled = 0;
  readonly #maxFrames: number;
  readonly #maxSize: number;
  readonly #maxTotal: number;
  /** The command as which a subscription leaves; `undefined` when nothing that is sent is one, or it leaves as a message. */
  readonly #commandName: ((subscription: Buffer) => string) | undefined;
  /** SUBSCRIBE and CANCEL, or JOIN and LEAVE. To the other types they are unknown commands: the application must not see them as data. */
  readonly #subscriptionFrom: ((command: Command) => Buffer | undefined) | undefined;
  /** A RADIO: a message with the bytes of a membership is none. */
  readonly #takesNoMessages: boolean;
  readonly #reply: (command: Buffer) => void;

  constructor(options: ZmtpOptions, peerSpeaksCommands: boolean, reply: (command: Buffer) => void) {
    this.heartbeat = new Heartbeat(options.heartbeat);
    this.#ttlMs = options.heartbeat.ttlMs;
    this.#maxFrames = options.maxFramesPerMessage;
    this.#maxSize = Math.min(options.maxMessageSize, options.maxUnfinishedBytes);
    this.#maxTotal = options.maxUnfinishedBytes;
    this.#takesNoMessages = options.socketType === 'RADIO';
    switch (options.socketType) {
      case 'SUB':
      case 'XSUB':
        // A 3.0 peer knows the message form only.
        if (peerSpeaksCommands) this.#commandName = subscriptionCommandName;
        break;
      case 'PUB':
      case 'XPUB':
        this.#subscriptionFrom = subscriptionFromCommand;
        break;
      case 'DISH':
        this.#commandName = membershipCommandName;
        break;
      case 'RADIO':
        this.#subscriptionFrom = membershipFromCommand;
        break;
      default:
    }
    this.#reply = reply;
  }

  get ping(): Buffer {
    return encodePing(this.#ttlMs);
  }

  /** From now on the frames are those of messages. */
  limit(frames: FrameLimits): void {
    frames.maxSize = this.#maxSize;
    frames.maxTotal = this.#maxTotal;
  }

  /** True when the sink stopped it. */
  drain(decoder: FrameSource, sink: ConnectionSink, now: number): boolean {
    if (this.#takesNoMessages) return this.#drainCommands(decoder, sink, now);
    for (;;) {
      if (this.#unfinished.length === 0) {
        const run = decoder.nextRun(sink.room, this.#maxFrames);
        if (run !== undefined && !sink.run(run)) return true;
      }
      if (!decoder.next()) break;
      const { flags, body } = decoder;
      if ((flags & COMMAND) !== 0) {
        const message = this.#command(flags, body, now);
        if (message !== undefined && !sink.message(message)) return true;
      } else if (this.#unfinished.length === 0 && (flags & MORE) === 0) {
        if (!sink.message([body])) return true;
      } else {
        const message = this.#collect(decoder);
        if (message !== undefined && !tell(message, sink)) return true;
      }
    }
    if (this.#unfinished.length > this.#settled) this.#letGoOfChunks();
    return false;
  }

  /** Not when each message is looked at for a subscription. */
  get sendsPacked(): boolean {
    return this.#commandName === undefined;
  }

  encode(message: Multipart, batch: Batch): void {
    const command = this.#commandName === undefined ? undefined : this.asCommand(message);
    if (command === undefined) encodeMessage(message, batch);
    else batch.append(command);
  }

  say(command: Buffer, batch: Batch): void {
    batch.append(command);
  }

  /** The command frame as which a message leaves, if it does. */
  asCommand(message: Multipart): Buffer | undefined {
    if (this.#commandName === undefined || !isSubscription(message)) return undefined;
    const body = message[0]!;
    return encodeCommand(this.#commandName(body), body.subarray(1));
  }

  /** Lets go of the message that was not finished. */
  release(): void {
    this.#unfinished = [];
  }

  /** `drain` for a RADIO. */
  #drainCommands(decoder: FrameSource, sink: ConnectionSink, now: number): boolean {
    while (decoder.next()) {
      const { flags, body } = decoder;
      const isCommand = (flags & COMMAND) !== 0;
      // Messages are counted, not their frames.
      if (!isCommand && (flags & MORE) !== 0) continue;
      const message = isCommand ? this.#command(flags, body, now) : NO_MEMBERSHIP;
      if (message !== undefined && !sink.message(message)) return true;
    }
    return false;
  }

  #collect(source: FrameSource): Multipart | undefined {
    const { flags, body } = source;
    if (this.#unfinished.length >= this.#maxFrames) {
      throw new ProtocolError(
        'ERR_ZMTP_UNSPECIFIED',
        `a message of more than ${this.#maxFrames} frames (maxFramesPerMessage)`,
        'maxFramesPerMessage',
      );
    }
    // Two bytes on the wire are not worth an object each.
    this.#unfinished.push(body.length === 0 ? EMPTY : body);
    if ((flags & MORE) !== 0) {
      // The next frame is refused by its header: the length that it declares is not waited for.
      source.held += body.length;
      source.maxSize = Math.min(this.#maxSize, this.#maxTotal - source.held);
      return undefined;
    }
    const message = this.#unfinished;
    this.#unfinished = [];
    this.#settled = 0;
    source.held = 0;
    source.maxSize = this.#maxSize;
    return message;
  }

  /**
   * The rest of a message may be long in coming, or never come: its small frames
   * are copied, so that none of them keeps a whole chunk in memory meanwhile.
   */
  #letGoOfChunks(): void {
    const frames = this.#unfinished;
    for (let i = this.#settled; i < frames.length; i++) {
      const frame = frames[i]!;
      if (frame.length * 4 < frame.buffer.byteLength) frames[i] = rightSized(frame);
    }
    this.#settled = frames.length;
  }

  /** A subscription gives a message in its old form; the rest is answered or ignored (37/ZMTP: unknown commands are). */
  #command(flags: number, body: Buffer, now: number): Multipart | undefined {
    // libzmq drops a command with MORE; it is no legal frame.
    if ((flags & MORE) !== 0) return undefined;
    const command = decodeCommand(body);
    if (command.name === 'PING') {
      const ping = decodePing(command.data);
      this.heartbeat.peerPromised(ping.ttlMs, now);
      this.#reply(encodePong(ping.context));
      return undefined;
    }
    const subscription = this.#subscriptionFrom?.(command);
    return subscription === undefined ? undefined : [subscription];
  }
}

function tell(message: Multipart, sink: ConnectionSink): boolean {
  const run = closed(message);
  return run === undefined ? sink.message(message) : sink.run(run);
}
