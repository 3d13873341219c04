import { ProtocolError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import { noProperties, type PeerInfo } from '../foundation/peer-info.js';
import { type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { checkLegalPeer, readRoutingId } from '../mechanism/peer-metadata.js';
import { COMMAND, MORE } from '../wire/frame.js';
import { FrameDecoder } from '../wire/frame-decoder.js';
import { encodeLegacyHeader } from '../wire/legacy-frame.js';
import { LegacyFrameDecoder } from '../wire/legacy-frame-decoder.js';
import { LEGACY_GREETING_SIZE, type PeerVersion, SIGNATURE_SIZE } from '../wire/legacy-greeting.js';
import { SUBSCRIBE_BYTE } from '../wire/subscription.js';
import type { Batch } from './batch.js';
import type { Connection, ConnectionFailure, ConnectionSink } from './connection.js';
import { encodeLegacyMessage } from './legacy-frame-encoder.js';
import { handshakeTimeout } from './timeouts.js';
import { TrafficPhase } from './traffic-phase.js';
import type { ZmtpOptions } from './zmtp-connection.js';

export type LegacyVersion = Exclude<PeerVersion, '3.x'>;

/** The first frame is a routing id: no more than one is read before it is known. */
const MAX_IDENTITY = 255;
/** The revision that we say we have: the peer takes its own. */
const REVISION = 3;
const NO_BYTES = Buffer.alloc(0);
const SUBSCRIBE_TO_ALL: Multipart = [Buffer.of(SUBSCRIBE_BYTE)];

/**
 * ZMTP 2.0 (15/ZMTP) and 1.0 (13/ZMTP) behind the first octets, which `LegacyNegotiation`
 * has exchanged: each side tells its identity, and then there are messages, subscriptions
 * among them. No commands, so no heartbeats.
 */
export class LegacyConnection implements Connection {
  readonly handshakes = true;
  readonly farewell = undefined;
  deadline = Infinity;

  readonly #options: ZmtpOptions;
  readonly #address: string;
  readonly #version: LegacyVersion;
  readonly #octetsSent: number;
  readonly #decoder: FrameDecoder | LegacyFrameDecoder;
  readonly #traffic: TrafficPhase;
  readonly #output: Buffer[] = [];
  /** The hello message, between the handshake and its writing. */
  #hello: Multipart | undefined;
  readonly #greeting = Buffer.alloc(LEGACY_GREETING_SIZE);
  #greetingLength = 0;
  #state: 'handshaking' | 'open' | 'over' = 'handshaking';
  /** A peer that filters for itself, and never subscribes, is still to be given everything. */
  #owesSubscription: boolean;

  /**
   * @param address the peer's, for what is told of it
   * @param octetsSent of the greeting, 10 or 11
   */
  constructor(options: ZmtpOptions, address: string, version: LegacyVersion, octetsSent: number) {
    this.#options = options;
    this.#address = address;
    this.#version = version;
    this.#octetsSent = octetsSent;
    this.#decoder = version === '2.0' ? new FrameDecoder(MAX_IDENTITY) : new LegacyFrameDecoder(MAX_IDENTITY);
    // A command in a frame of 2.0 is answered by nobody.
    this.#traffic = new TrafficPhase(options, false, () => {});
    const publishes = options.socketType === 'PUB' || options.socketType === 'XPUB';
    this.#owesSubscription = version === 'unversioned 1.0' && publishes;
  }

  start(now: number): void {
    const { handshakeMs, socketType, routingId = NO_BYTES } = this.#options;
    if (handshakeMs > 0) this.deadline = now + handshakeMs;
    if (this.#isVersioned) {
      if (this.#octetsSent === SIGNATURE_SIZE) this.#output.push(Buffer.of(REVISION));
      const { length } = routingId;
      const header = this.#version === '2.0' ? Buffer.of(0, length) : encodeLegacyHeader(length, false);
      this.#output.push(Buffer.of(socketTypes[socketType].id), header);
    }
    // Else the signature was the header of this.
    if (routingId.length > 0) this.#output.push(routingId);
  }

  receive(chunk: Buffer): void {
    if (this.#state === 'over') return;
    const rest = this.#isVersioned ? this.#takeGreeting(chunk) : chunk;
    if (rest.length > 0) this.#decoder.feed(rest);
  }

  drain(sink: ConnectionSink): boolean {
    if (this.#state === 'over') return false;
    try {
      return this.#state === 'open' ? this.#pass(sink) : this.#shakeHands(sink);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ kind: 'protocol', handshaking: this.#state === 'handshaking', error }, sink);
      return false;
    }
  }

  get hasOutput(): boolean {
    return this.#output.length > 0 || this.#hello !== undefined;
  }

  takeOutput(batch: Batch): void {
    for (const bytes of this.#output) batch.append(bytes);
    this.#output.length = 0;
    if (this.#hello !== undefined) this.encode(this.#hello, batch);
    this.#hello = undefined;
  }

  /** The frames of 2.0 are those of 3.x. */
  get sendsPacked(): boolean {
    return this.#version === '2.0';
  }

  encode(message: Multipart, batch: Batch): void {
    if (this.#version === '2.0') this.#traffic.encode(message, batch);
    else encodeLegacyMessage(message, batch);
  }

  tick(now: number, sink: ConnectionSink): void {
    if (this.#state === 'handshaking' && now >= this.deadline)
      this.#end(handshakeTimeout(this.#options.handshakeMs), sink);
  }

  suspend(): void {
    this.#decoder.compact();
  }

  resume(): void {}

  takePinned(): number {
    const { pinned } = this.#decoder;
    this.#decoder.pinned = 0;
    return pinned;
  }

  abandon(): void {
    this.#decoder.clear();
    this.#traffic.release();
  }

  get #isVersioned(): boolean {
    return this.#version !== 'unversioned 1.0';
  }

  /** Keeps what belongs to the greeting and gives back the rest. */
  #takeGreeting(chunk: Buffer): Buffer {
    const taken = chunk.copy(this.#greeting, this.#greetingLength);
    this.#greetingLength += taken;
    return chunk.subarray(taken);
  }

  /** True when traffic begins: the caller looks whether there is room for it. */
  #shakeHands(sink: ConnectionSink): boolean {
    let socketType: SocketTypeName | undefined;
    if (this.#isVersioned) {
      if (this.#greetingLength < LEGACY_GREETING_SIZE) return false;
      socketType = this.#peerType();
    }
    if (!this.#decoder.next()) return false;
    const info = this.#identify(socketType);
    this.#traffic.limit(this.#decoder);
    this.deadline = Infinity;
    this.#state = 'open';
    this.#hello = this.#options.helloMessage;
    if (sink.ready(info)) return true;
    this.#hello = undefined;
    this.#state = 'over';
    return false;
  }

  #peerType(): SocketTypeName {
    const id = this.#greeting[LEGACY_GREETING_SIZE - 1]!;
    const names = Object.keys(socketTypes) as SocketTypeName[];
    const name = names.find((type) => socketTypes[type].id === id) ?? `socket of type ${id}`;
    checkLegalPeer(this.#options.socketType, name);
    return name;
  }

  #identify(socketType: SocketTypeName | undefined): PeerInfo {
    const { flags, body } = this.#decoder;
    if ((flags & (MORE | COMMAND)) !== 0)
      throw new ProtocolError('ERR_ZMTP_UNSPECIFIED', 'something else came where the identity of the peer belongs');
    const isAddressed = socketType === undefined || socketTypes[socketType].announcesRoutingId;
    const routingId = isAddressed ? readRoutingId(Buffer.from(body)) : undefined;
    return { socketType: socketType ?? '', routingId, address: this.#address, properties: noProperties() };
  }

  #pass(sink: ConnectionSink): boolean {
    if (this.#owesSubscription) {
      this.#owesSubscription = false;
      if (!sink.message(SUBSCRIBE_TO_ALL)) return true;
    }
    return this.#traffic.drain(this.#decoder, sink, 0);
  }

  #end(failure: ConnectionFailure, sink: ConnectionSink): void {
    this.#state = 'over';
    this.deadline = Infinity;
    sink.failed(failure);
  }
}
