import { AuthenticationError, UnavailableError } from '../foundation/errors.js';
import type { Properties } from '../wire/metadata.js';
import type { Authenticator, Verdict } from './authenticator.js';
import type { MechanismName } from './mechanism.js';

/** Who guards an endpoint, and what he is told of one peer besides what it shows. */
export interface Guard {
  readonly authenticator: Authenticator | undefined;
  readonly domain: string;
  readonly enforceDomain: boolean;
  /** The peer's, without port. */
  readonly address: string;
  /** Our own. */
  readonly routingId: Buffer;
  /** Called when a verdict came later. */
  readonly wake: () => void;
}

/** A peer that was let in, by the word of an authenticator. */
export interface Admitted {
  readonly userId: string;
  readonly properties: Properties;
}

/** What is done where nobody would answer. */
const withoutAnswer: Record<MechanismName, (guard: Guard) => 'admit' | 'refuse'> = {
  // The domain is what makes NULL ask at all: without one, nobody meant it to be guarded.
  NULL: ({ domain, enforceDomain }) => (domain !== '' && enforceDomain ? 'refuse' : 'admit'),
  // Passwords that nobody looks at would let everybody in.
  PLAIN: () => 'refuse',
  // Encryption without authentication: whoever knows the server's public key may connect.
  CURVE: ({ enforceDomain }) => (enforceDomain ? 'refuse' : 'admit'),
};

/**
 * One question to the authenticator about one peer, and what came of it. Only a verdict
 * of 200 admits; the rest are errors, thrown by `check`.
 */
export class Admission {
  readonly #guard: Guard;
  readonly #mechanism: MechanismName;
  #state: 'unasked' | 'pending' | 'decided' = 'unasked';
  /** `undefined`: nobody was asked, and that is right. */
  #verdict: Verdict | UnavailableError | undefined;
  #cancel: (() => void) | undefined;

  constructor(guard: Guard, mechanism: MechanismName) {
    this.#guard = guard;
    this.#mechanism = mechanism;
  }

  get asked(): boolean {
    return this.#state !== 'unasked';
  }

  get isPending(): boolean {
    return this.#state === 'pending';
  }

  /** The verdict is there, and the peer may go on. */
  get isAdmitted(): boolean {
    return this.#state === 'decided' && (this.#verdict === undefined || this.admitted !== undefined);
  }

  get admitted(): Admitted | undefined {
    const verdict = this.#verdict;
    return verdict !== undefined && 'status' in verdict && verdict.status === 200 ? verdict : undefined;
  }

  /** Asks, once. @param credentials what the mechanism's peer has shown */
  ask(...credentials: readonly Buffer[]): void {
    const { authenticator, domain, address, routingId } = this.#guard;
    const mechanism = this.#mechanism;
    const isGuarded = mechanism !== 'NULL' || domain !== '';
    if (!isGuarded || authenticator?.present !== true) {
      this.#state = 'decided';
      if (withoutAnswer[mechanism](this.#guard) === 'refuse') this.#verdict = nobodyAnswers(mechanism);
      return;
    }
    this.#state = 'pending';
    let asking = true;
    const request = { domain, address, routingId, mechanism, credentials };
    this.#cancel = authenticator.ask(request, (verdict) => {
      if (this.#state !== 'pending') return;
      this.#state = 'decided';
      this.#verdict = verdict;
      if (!asking) this.#guard.wake();
    });
    asking = false;
  }

  /** Throws unless the peer may go on. Only after the verdict. */
  check(): void {
    const verdict = this.#verdict;
    if (verdict === undefined) return;
    if (verdict instanceof UnavailableError) throw verdict;
    if (verdict.status === 200) return;
    throw verdict.status === 'failed' ? verdict.error : new AuthenticationError(verdict.status, verdict.text);
  }

  /** Nobody waits for the verdict any more. Idempotent. */
  abandon(): void {
    if (this.#state !== 'pending') return;
    this.#state = 'decided';
    this.#verdict = new UnavailableError('the connection ended before the verdict');
    this.#cancel?.();
  }
}

function nobodyAnswers(mechanism: MechanismName): UnavailableError {
  const wanted = mechanism === 'PLAIN' ? 'PLAIN needs one' : 'zapEnforceDomain asks for one';
  return new UnavailableError(`nobody authenticates peers, and ${wanted}: bind a handler to inproc://zeromq.zap.01`);
}
