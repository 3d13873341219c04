import { ProtocolError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import { NullMechanism } from '../mechanism/null.js';
import { encodeOwnMetadata } from '../mechanism/peer-metadata.js';
import { FrameDecoder } from '../wire/frame-decoder.js';
import type { Batch } from './batch.js';
import type { Connection, ConnectionFailure, ConnectionSink } from './connection.js';
import { GreetingPhase } from './greeting-phase.js';
import { handshakeTimeout, silence } from './timeouts.js';
import { HandshakePhase } from './handshake-phase.js';
import type { HeartbeatOptions } from './heartbeat.js';
import { TrafficPhase } from './traffic-phase.js';

export interface ZmtpOptions {
  readonly socketType: SocketTypeName;
  readonly routingId: Buffer | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** The first message of the connection, before any that is to be sent. */
  readonly helloMessage?: Multipart | undefined;
  /** Largest frame accepted, in bytes. */
  readonly maxMessageSize: number;
  readonly maxFramesPerMessage: number;
  /** From the start to the end of the handshake; 0 = no limit. */
  readonly handshakeMs: number;
  readonly heartbeat: HeartbeatOptions;
}

/** No handshake command needs more; a larger one is refused before it is read. `maxMessageSize` is for messages only. */
const MAX_HANDSHAKE_COMMAND = 64 * 1024;
/** PONGs kept for a peer that sends PINGs and does not read. If more are due the oldest are forgotten: any one tells that we live. */
const MAX_PENDING_PONGS = 32;

/**
 * ZMTP 3.1 and 3.0 (37/ZMTP, 23/ZMTP): greeting, handshake, traffic. One phase is
 * current; each consumes what is its own and leaves the rest for the next.
 */
export class ZmtpConnection implements Connection {
  readonly handshakes = true;
  readonly farewell = undefined;
  deadline = Infinity;

  readonly #options: ZmtpOptions;
  /** Greeting and handshake. */
  readonly #output: Buffer[] = [];
  /** The hello message, between the handshake and its writing. */
  #hello: Multipart | undefined;
  readonly #pongs: Buffer[] = [];
  #pingDue = false;
  #greeting: GreetingPhase | undefined;
  #handshake: HandshakePhase | undefined;
  #traffic: TrafficPhase | undefined;
  readonly #decoder = new FrameDecoder(MAX_HANDSHAKE_COMMAND);
  /** It failed, or `ready` refused the peer: nothing is decoded any more. */
  #over = false;
  #now = 0;
  readonly #octetsSent: number;

  /**
   * @param address the peer's, for what is told of it
   * @param octetsSent of the greeting, by who has found out that the peer is not older
   */
  constructor(options: ZmtpOptions, address: string, octetsSent = 0) {
    this.#options = options;
    this.#octetsSent = octetsSent;
    const own = { socketType: options.socketType, routingId: options.routingId, properties: options.metadata };
    const mechanism = new NullMechanism(encodeOwnMetadata(own));
    this.#greeting = new GreetingPhase(mechanism);
    this.#handshake = new HandshakePhase(mechanism, options.socketType, address);
  }

  start(now: number): void {
    this.#now = now;
    if (this.#options.handshakeMs > 0) this.deadline = now + this.#options.handshakeMs;
    this.#output.push(this.#greeting!.greeting.subarray(this.#octetsSent));
  }

  receive(chunk: Buffer, now: number): void {
    if (this.#over) return;
    this.#now = now;
    const rest = this.#greeting === undefined ? chunk : this.#greeting.receive(chunk);
    if (rest.length > 0) this.#decoder.feed(rest);
    if (this.#traffic !== undefined) {
      this.#traffic.heartbeat.heard(now);
      this.deadline = this.#traffic.heartbeat.deadline;
    }
  }

  drain(sink: ConnectionSink): boolean {
    if (this.#over) return false;
    try {
      return this.#traffic === undefined ? this.#advance(sink) : this.#traffic.drain(this.#decoder, sink, this.#now);
    } catch (error) {
      this.#fail(error, sink);
      return false;
    }
  }

  get hasOutput(): boolean {
    return this.#output.length > 0 || this.#pongs.length > 0 || this.#pingDue || this.#hello !== undefined;
  }

  takeOutput(batch: Batch): void {
    if (!this.hasOutput) return;
    for (const bytes of this.#output) batch.append(bytes);
    this.#output.length = 0;
    if (this.#hello !== undefined) this.encode(this.#hello, batch);
    this.#hello = undefined;
    for (const pong of this.#pongs) batch.append(pong);
    this.#pongs.length = 0;
    if (this.#pingDue) batch.append(this.#traffic!.ping);
    this.#pingDue = false;
  }

  get sendsPacked(): boolean {
    return this.#traffic!.sendsPacked;
  }

  encode(message: Multipart, batch: Batch): void {
    this.#traffic!.encode(message, batch);
  }

  tick(now: number, sink: ConnectionSink): void {
    if (this.#over) return;
    this.#now = now;
    const heartbeat = this.#traffic?.heartbeat;
    if (heartbeat === undefined) {
      if (now < this.deadline) return;
      this.#end(handshakeTimeout(this.#options.handshakeMs), sink);
      return;
    }
    switch (heartbeat.tick(now)) {
      case 'ping':
        this.#pingDue = true;
        break;
      case 'dead':
        this.#end(silence(), sink);
        return;
      case 'nothing':
        break;
    }
    this.deadline = heartbeat.deadline;
  }

  suspend(now: number): void {
    this.#decoder.compact();
    this.#traffic?.heartbeat.suspend(now);
    this.#updateDeadline();
  }

  resume(now: number): void {
    // What was left undecoded counts as heard now, not when it came: a TTL in it begins now.
    this.#now = now;
    this.#traffic?.heartbeat.resume(now);
    this.#updateDeadline();
  }

  takePinned(): number {
    const pinned = this.#decoder.pinned;
    this.#decoder.pinned = 0;
    return pinned;
  }

  /** Greeting and handshake, as far as the bytes go. True when traffic begins: the caller looks whether there is room for it. */
  #advance(sink: ConnectionSink): boolean {
    const handshake = this.#handshake!;
    if (this.#greeting !== undefined) {
      const peer = this.#greeting.finish();
      if (peer === undefined) return false;
      this.#greeting = undefined;
      handshake.begin(peer);
      this.#say(...handshake.output());
    }
    while (this.#decoder.next()) {
      const info = handshake.receive(this.#decoder.flags, this.#decoder.body);
      this.#say(...handshake.output());
      if (info === undefined) continue;
      this.#handshake = undefined;
      this.#decoder.maxSize = this.#options.maxMessageSize;
      this.#traffic = new TrafficPhase(this.#options, handshake.peerSpeaksCommands, (pong) => this.#reply(pong));
      this.#traffic.heartbeat.start(this.#now);
      this.#updateDeadline();
      this.#hello = this.#options.helloMessage;
      if (sink.ready(info)) return true;
      this.#hello = undefined;
      this.#over = true;
      this.deadline = Infinity;
      return false;
    }
    return false;
  }

  #updateDeadline(): void {
    if (this.#traffic !== undefined) this.deadline = this.#traffic.heartbeat.deadline;
  }

  #say(...commands: readonly Buffer[]): void {
    this.#output.push(...commands);
  }

  #reply(pong: Buffer): void {
    if (this.#pongs.length >= MAX_PENDING_PONGS) this.#pongs.shift();
    this.#pongs.push(pong);
    this.#updateDeadline();
  }

  #fail(error: unknown, sink: ConnectionSink): void {
    if (!(error instanceof ProtocolError)) throw error;
    const handshaking = this.#traffic === undefined;
    const refusal = this.#greeting === undefined ? this.#handshake?.refusal(error) : undefined;
    if (refusal?.reply !== undefined) this.#say(refusal.reply);
    this.#end({ kind: 'protocol', handshaking, error, ...refusal?.failure }, sink);
  }

  #end(failure: ConnectionFailure, sink: ConnectionSink): void {
    this.#over = true;
    this.deadline = Infinity;
    sink.failed(failure);
  }
}
