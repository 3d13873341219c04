import { Batch } from '../connection/batch.js';
import type { ConnectionOptions } from '../connection/connection-table.js';
import { packedFrames } from '../connection/packed-frames.js';
import type { Clock } from '../foundation/clock.js';
import type { RandomSource } from '../foundation/random.js';
import type { Authenticator } from '../mechanism/authenticator.js';
import type { CryptoSource } from '../mechanism/crypto-backend.js';
import type { Packing } from '../pipe/packing.js';
import type { PipeEnd, PipeHandler } from '../pipe/pipe.js';
import type { TransportOptions } from '../transport/transport.js';
import type { SessionEvent } from './session-event.js';

/** The options that count for the sessions of one endpoint, as they were at its bind or connect. */
export interface SessionOptions extends ConnectionOptions, TransportOptions {
  /** Queue only to finished connections: the pipe is made after the handshake and goes with its connection. */
  readonly immediate: boolean;
  /** How long one dial may take; 0 = the system's limit. */
  readonly connectTimeoutMs: number;
  readonly reconnectIntervalMs: number;
  readonly reconnectMaxIntervalMs: number;
  readonly reconnectJitter: number;
  /** See `reconnectStops`. */
  readonly reconnectStop: number;
  /** Dial again, at the longest interval, after a protocol or authentication error. libzmq does not. */
  readonly reconnectAfterRefusal: boolean;
  readonly maxConnections: number;
  /** Of those, from one address; 0 = no limit. */
  readonly maxConnectionsPerAddress: number;
  readonly maxHandshakes: number;
  /** How long a peer may take nothing of what is to be written to it; 0 = no limit. */
  readonly writeStallMs: number;
  /** How long the event loop polls after bytes went either way, in µs; 0 = it sleeps. */
  readonly busyPollMicroseconds: number;
  /** Bytes after which a write takes no further message. */
  readonly outBatchSize: number;
}

/** What the sessions of one endpoint need of their socket. */
export interface SessionHost {
  readonly options: SessionOptions;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly batch: Batch;
  /** Decides about peers; `undefined`: there is nobody. */
  readonly authenticator: Authenticator | undefined;
  readonly crypto: CryptoSource;
  /** Pipes of the endpoint that the socket still has: those of connections, and those that are gone and whose messages it has not read. */
  readonly heldPipes: number;
  /** Makes a pipe, attaches its other end to the socket's pattern and gives this end, which `handler` owns. */
  openPipe(handler: PipeHandler): PipeEnd;
  emit(event: SessionEvent): void;
}

/** Memory that all sessions of a context write from, one after the other. */
export function createBatch(): Batch {
  return new Batch();
}

/** How small messages wait for their session: as it sends them. */
export const packing: Packing = packedFrames;
