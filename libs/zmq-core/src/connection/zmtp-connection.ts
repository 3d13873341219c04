import { ProtocolError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import { systemRandom } from '../foundation/random.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import { createMechanism, type Surroundings } from '../mechanism/mechanism-table.js';
import { encodeOwnMetadata } from '../mechanism/peer-metadata.js';
import { noSecurity, type SecurityOptions } from '../mechanism/security-options.js';
import { FrameDecoder } from '../wire/frame-decoder.js';
import { encodePong } from '../wire/ping-pong.js';
import type { Batch } from './batch.js';
import type { Connection, ConnectionFailure, ConnectionSink } from './connection.js';
import { GreetingPhase } from './greeting-phase.js';
import { HandshakePhase } from './handshake-phase.js';
import type { HeartbeatOptions } from './heartbeat.js';
import { SealedTraffic } from './sealed-traffic.js';
import { handshakeTimeout, silence } from './timeouts.js';
import type { Traffic } from './traffic.js';
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
  /** Largest sum of the frames of one message, in bytes: they are held until its last has come. */
  readonly maxUnfinishedBytes: number;
  /** PONGs that a peer may leave unread while it sends PINGs. */
  readonly maxPendingPongs: number;
  /** From the start to the end of the handshake; 0 = no limit. */
  readonly handshakeMs: number;
  readonly heartbeat: HeartbeatOptions;
  /** Default: NULL, and nobody is asked about peers. */
  readonly security?: SecurityOptions;
}

/** No handshake command needs more; a larger one is refused before it is read. `maxMessageSize` is for messages only. */
const MAX_HANDSHAKE_COMMAND = 64 * 1024;
/** Bytes that are kept of a peer that goes on talking while we wait for a verdict about it: it has nothing to say yet. */
const MAX_HELD = MAX_HANDSHAKE_COMMAND;
const NO_BYTES = Buffer.alloc(0);
/** Tells that we live, and asks for nothing. */
const SIGN_OF_LIFE = encodePong(NO_BYTES);
/** Of a connection of which nobody is asked anything. */
const alone: Surroundings = {
  authenticator: undefined,
  crypto: undefined,
  random: systemRandom,
  host: '',
  wake() {},
};

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
  /** Of those, what waited when the last bytes came: what came in one chunk could not have been answered meanwhile. */
  #unreadPongs = 0;
  /** PING, or what stands for it. */
  #signDue: Buffer | undefined;
  #greeting: GreetingPhase | undefined;
  #handshake: HandshakePhase | undefined;
  #traffic: Traffic | undefined;
  readonly #decoder = new FrameDecoder(MAX_HANDSHAKE_COMMAND);
  /** It failed, or `ready` refused the peer: nothing is decoded any more. */
  #over = false;
  #now = 0;
  /** Bytes that came while the handshake waited for this side. */
  #held = 0;
  readonly #octetsSent: number;
  readonly #wake: () => void;

  /**
   * @param address the peer's, for what is told of it
   * @param octetsSent of the greeting, by who has found out that the peer is not older
   */
  constructor(options: ZmtpOptions, address: string, octetsSent = 0, surroundings: Surroundings = alone) {
    this.#options = options;
    this.#octetsSent = octetsSent;
    this.#wake = surroundings.wake;
    const own = { socketType: options.socketType, routingId: options.routingId, properties: options.metadata };
    const mechanism = createMechanism(options.security ?? noSecurity, {
      metadata: encodeOwnMetadata(own),
      routingId: options.routingId ?? NO_BYTES,
      surroundings,
    });
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
      this.#unreadPongs = this.#pongs.length;
    } else if (this.#handshake!.isWaiting) this.#held += chunk.length;
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
    return (
      this.#output.length > 0 || this.#pongs.length > 0 || this.#signDue !== undefined || this.#hello !== undefined
    );
  }

  takeOutput(batch: Batch): void {
    if (!this.hasOutput) return;
    for (const bytes of this.#output) batch.append(bytes);
    this.#output.length = 0;
    if (this.#hello !== undefined) this.encode(this.#hello, batch);
    this.#hello = undefined;
    for (const pong of this.#pongs) this.#traffic!.say(pong, batch);
    this.#pongs.length = this.#unreadPongs = 0;
    if (this.#signDue !== undefined) this.#traffic!.say(this.#signDue, batch);
    this.#signDue = undefined;
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
        this.#signDue = this.#traffic!.ping;
        break;
      case 'sign':
        this.#signDue = SIGN_OF_LIFE;
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

  abandon(): void {
    this.#handshake?.abandon();
    this.#decoder.clear();
    this.#traffic?.release();
  }

  /** Greeting and handshake, as far as the bytes go. True when traffic begins: the caller looks whether there is room for it. */
  #advance(sink: ConnectionSink): boolean {
    const handshake = this.#handshake!;
    if (this.#greeting !== undefined) {
      const peer = this.#greeting.finish();
      if (peer === undefined) return false;
      this.#greeting = undefined;
      handshake.begin(peer);
    }
    for (;;) {
      // Before our last word: a peer that may not be here gets an ERROR in its place.
      const info = handshake.peer();
      this.#say(...handshake.output());
      if (info !== undefined) return this.#begin(info, sink);
      if (handshake.isWaiting) {
        if (this.#held > MAX_HELD) throw tooEager();
        return false;
      }
      if (!this.#decoder.next()) return false;
      handshake.receive(this.#decoder.flags, this.#decoder.body);
    }
  }

  /** Traffic begins, in the clear or sealed: this is the one place that chooses. */
  #begin(info: PeerInfo, sink: ConnectionSink): boolean {
    const { peerSpeaksCommands, messages } = this.#handshake!;
    const clear = new TrafficPhase(this.#options, peerSpeaksCommands, (pong) => this.#reply(pong));
    this.#handshake = undefined;
    if (messages === undefined) clear.limit(this.#decoder);
    this.#traffic = messages === undefined ? clear : new SealedTraffic(clear, messages, this.#decoder, this.#wake);
    this.#traffic.heartbeat.start(this.#now);
    this.#updateDeadline();
    this.#hello = this.#options.helloMessage;
    if (sink.ready(info)) return true;
    this.#hello = undefined;
    this.#over = true;
    this.deadline = Infinity;
    return false;
  }

  #updateDeadline(): void {
    if (this.#traffic !== undefined) this.deadline = this.#traffic.heartbeat.deadline;
  }

  #say(...commands: readonly Buffer[]): void {
    this.#output.push(...commands);
  }

  #reply(pong: Buffer): void {
    if (this.#unreadPongs >= this.#options.maxPendingPongs) throw this.#tooManyPongs();
    this.#pongs.push(pong);
    this.#updateDeadline();
  }

  #tooManyPongs(): ProtocolError {
    this.#pongs.length = 0;
    const { maxPendingPongs } = this.#options;
    return new ProtocolError(
      'ERR_ZMTP_UNSPECIFIED',
      `the peer sends PINGs and leaves ${maxPendingPongs} answers unread (maxPendingPongs)`,
      'maxPendingPongs',
    );
  }

  #fail(error: unknown, sink: ConnectionSink): void {
    const handshaking = this.#traffic === undefined;
    const refusal = this.#greeting === undefined ? this.#handshake?.refusal(error) : undefined;
    if (!(error instanceof Error) || (refusal === undefined && !(error instanceof ProtocolError))) throw error;
    if (refusal?.reply !== undefined) this.#say(refusal.reply);
    this.#end({ kind: 'protocol', handshaking, error, ...refusal?.failure }, sink);
  }

  #end(failure: ConnectionFailure, sink: ConnectionSink): void {
    this.#over = true;
    this.abandon();
    this.deadline = Infinity;
    sink.failed(failure);
  }
}

function tooEager(): ProtocolError {
  return new ProtocolError(
    'ERR_ZMTP_UNEXPECTED_COMMAND',
    `more than ${MAX_HELD} bytes came before the handshake went on`,
  );
}
