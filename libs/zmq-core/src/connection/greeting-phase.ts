import { ProtocolError } from '../foundation/errors.js';
import type { Mechanism } from '../mechanism/mechanism.js';
import { checkGreetingStart, decodeGreeting, encodeGreeting, type Greeting, GREETING_SIZE } from '../wire/greeting.js';

/**
 * The first phase: each side sends its 64 octets at once, and reads the other's.
 * Nothing is waited for before sending, so two careful peers cannot wait for each
 * other.
 */
export class GreetingPhase {
  readonly greeting: Buffer;
  readonly #mechanism: Mechanism;
  readonly #received = Buffer.alloc(GREETING_SIZE);
  #length = 0;

  constructor(mechanism: Mechanism) {
    this.#mechanism = mechanism;
    this.greeting = encodeGreeting(mechanism.name, mechanism.asServer);
  }

  /** Keeps what belongs to the greeting and gives back the rest. */
  receive(chunk: Buffer): Buffer {
    const taken = chunk.copy(this.#received, this.#length, 0, GREETING_SIZE - this.#length);
    this.#length += taken;
    return chunk.subarray(taken);
  }

  /** The peer's greeting when it is complete. Throws at the first octet that cannot be one, and for another mechanism. */
  finish(): Greeting | undefined {
    checkGreetingStart(this.#received, this.#length);
    if (this.#length < GREETING_SIZE) return undefined;
    const peer = decodeGreeting(this.#received);
    if (peer.mechanism !== this.#mechanism.name) {
      throw new ProtocolError(
        'ERR_ZMTP_MECHANISM_MISMATCH',
        `the peer has the mechanism ${JSON.stringify(peer.mechanism)}, this socket has "${this.#mechanism.name}"`,
      );
    }
    return peer;
  }
}
