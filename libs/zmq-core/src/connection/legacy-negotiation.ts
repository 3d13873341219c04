import { ProtocolError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import { encodeSignature, isVersioned, peerVersion, SIGNATURE_SIZE } from '../wire/legacy-greeting.js';
import type { Batch } from './batch.js';
import type { Connection, ConnectionFailure, ConnectionSink } from './connection.js';
import { LegacyConnection } from './legacy-connection.js';
import { handshakeTimeout } from './timeouts.js';
import { ZmtpConnection, type ZmtpOptions } from './zmtp-connection.js';

const NO_BYTES = Buffer.alloc(0);
const MAJOR = 3;

/**
 * The beginning of a conversation with a peer of any version (37/ZMTP "Version
 * Negotiation"). What one version takes for a greeting another takes for a message, so
 * only what means the same to all is sent before the peer has shown what it is:
 *
 *   ten octets at once · the major version when the peer's ten are a signature ·
 *   the rest when its eleventh octet tells its version
 *
 * Each step answers octets that the peer sends by itself, so two such sides do not wait
 * for each other. Then somebody who speaks that version takes over.
 */
export class LegacyNegotiation implements Connection {
  readonly handshakes = true;
  readonly farewell = undefined;

  readonly #options: ZmtpOptions;
  readonly #address: string;
  readonly #output: Buffer[] = [];
  #octetsSent = 0;
  #received: Buffer = NO_BYTES;
  #inner: Connection | undefined;
  #over = false;
  #startedAt = 0;
  #now = 0;

  /** @param address the peer's, for what is told of it */
  constructor(options: ZmtpOptions, address: string) {
    this.#options = options;
    this.#address = address;
  }

  start(now: number): void {
    this.#startedAt = now;
    this.#say(encodeSignature(this.#options.routingId?.length ?? 0));
  }

  receive(chunk: Buffer, now: number): void {
    this.#now = now;
    if (this.#inner !== undefined) this.#inner.receive(chunk, now);
    else if (!this.#over) this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
  }

  drain(sink: ConnectionSink): boolean {
    if (this.#over) return false;
    try {
      this.#inner ??= this.#negotiate();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ kind: 'protocol', handshaking: true, error }, sink);
      return false;
    }
    return this.#inner?.drain(sink) ?? false;
  }

  get hasOutput(): boolean {
    return this.#output.length > 0 || this.#inner?.hasOutput === true;
  }

  takeOutput(batch: Batch): void {
    for (const bytes of this.#output) batch.append(bytes);
    this.#output.length = 0;
    this.#inner?.takeOutput(batch);
  }

  get sendsPacked(): boolean {
    return this.#inner!.sendsPacked;
  }

  encode(message: Multipart, batch: Batch): void {
    this.#inner!.encode(message, batch);
  }

  get deadline(): number {
    if (this.#inner !== undefined) return this.#inner.deadline;
    const { handshakeMs } = this.#options;
    return handshakeMs > 0 && !this.#over ? this.#startedAt + handshakeMs : Infinity;
  }

  tick(now: number, sink: ConnectionSink): void {
    if (this.#inner !== undefined) this.#inner.tick(now, sink);
    else if (now >= this.deadline) this.#end(handshakeTimeout(this.#options.handshakeMs), sink);
  }

  suspend(now: number): void {
    this.#inner?.suspend(now);
  }

  resume(now: number): void {
    this.#inner?.resume(now);
  }

  takePinned(): number {
    return this.#inner?.takePinned() ?? 0;
  }

  /** An older peer is asked nothing about. */
  abandon(): void {
    this.#received = NO_BYTES;
    this.#inner?.abandon();
  }

  /** Who goes on, once it is known. Throws at the first octet that no peer sends. */
  #negotiate(): Connection | undefined {
    const version = peerVersion(this.#received);
    if (version === undefined) {
      if (this.#octetsSent === SIGNATURE_SIZE && isVersioned(this.#received)) this.#say(Buffer.of(MAJOR));
      return undefined;
    }
    const inner =
      version === '3.x'
        ? new ZmtpConnection(this.#options, this.#address, this.#octetsSent)
        : new LegacyConnection(this.#options, this.#address, version, this.#octetsSent);
    // The limit of the handshake is absolute: it counts from our beginning.
    inner.start(this.#startedAt);
    inner.receive(this.#received, this.#now);
    this.#received = NO_BYTES;
    return inner;
  }

  #say(bytes: Buffer): void {
    this.#output.push(bytes);
    this.#octetsSent += bytes.length;
  }

  #end(failure: ConnectionFailure, sink: ConnectionSink): void {
    this.#over = true;
    sink.failed(failure);
  }
}
