import { AuthenticationError, ProtocolError, UnavailableError } from '../foundation/errors.js';
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

/** Nobody was asked, and that is right: whoever comes may go on. */
const UNGUARDED = 'unguarded';

/**
 * One question to the authenticator about one peer, and what came of it. Of verdicts only a
 * well-formed one of 200 admits; the rest are errors, thrown by `check`. The authenticator may
 * be the application's: what it gives is looked at, and what it throws is a verdict, for
 * neither may let a peer in, or end the process at a peer's will.
 */
export class Admission {
  readonly #guard: Guard;
  readonly #mechanism: MechanismName;
  #state: 'unasked' | 'pending' | 'decided' = 'unasked';
  /** When decided. */
  #verdict: typeof UNGUARDED | Verdict | UnavailableError | undefined;
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
    return this.#verdict === UNGUARDED || this.admitted !== undefined;
  }

  get admitted(): Admitted | undefined {
    const verdict = this.#verdict;
    return typeof verdict === 'object' && 'status' in verdict && verdict.status === 200 ? verdict : undefined;
  }

  /** Asks, once. @param credentials what the mechanism's peer has shown */
  ask(...credentials: readonly Buffer[]): void {
    const { authenticator, domain, address, routingId } = this.#guard;
    const mechanism = this.#mechanism;
    const isGuarded = mechanism !== 'NULL' || domain !== '';
    // One that does not say whether it is there is asked: to take it for absent could admit everybody.
    if (!isGuarded || authenticator === undefined || authenticator.present === false) {
      this.#state = 'decided';
      const isRefused = withoutAnswer[mechanism](this.#guard) === 'refuse';
      this.#verdict = isRefused ? nobodyAnswers(mechanism) : UNGUARDED;
      return;
    }
    this.#state = 'pending';
    let asking = true;
    const request = { domain, address, routingId, mechanism, credentials };
    try {
      this.#cancel = authenticator.ask(request, (verdict) => {
        if (this.#state !== 'pending') return;
        this.#state = 'decided';
        this.#verdict = isVerdict(verdict) ? verdict : broken('the authenticator gave no verdict that can be read');
        if (!asking) this.#guard.wake();
      });
    } catch (error) {
      this.#state = 'decided';
      this.#verdict = broken('the authenticator has thrown', error);
    }
    asking = false;
  }

  /** Throws unless the peer may go on. Only after the verdict. */
  check(): void {
    const verdict = this.#verdict;
    if (verdict === UNGUARDED) return;
    if (verdict === undefined) throw new UnavailableError('there is no verdict');
    if (verdict instanceof UnavailableError) throw verdict;
    if (verdict.status === 200) return;
    throw verdict.status === 'failed' ? verdict.error : new AuthenticationError(verdict.status, verdict.text);
  }

  /** Nobody waits for the verdict any more. Idempotent. */
  abandon(): void {
    if (this.#state !== 'pending') return;
    this.#state = 'decided';
    this.#verdict = new UnavailableError('the connection ended before the verdict');
    try {
      // An `async` one gives a promise in place of a function.
      if (typeof this.#cancel === 'function') this.#cancel();
    } catch {
      // It has no say any more, and a peer that hangs up must not end the process.
    }
  }
}

/** Types promise it, but not of what JavaScript gives. */
function isVerdict(given: unknown): given is Verdict {
  if (typeof given !== 'object' || given === null) return false;
  const { status, userId, properties, text, error } = given as { readonly [name in string]?: unknown };
  switch (status) {
    case 200:
      return typeof userId === 'string' && areProperties(properties);
    case 300:
    case 400:
    case 500:
      return typeof text === 'string';
    case 'failed':
      return error instanceof ProtocolError;
    default:
      return false;
  }
}

function areProperties(given: unknown): given is Properties {
  if (!(given instanceof Map)) return false;
  return [...given].every(([name, value]) => typeof name === 'string' && Buffer.isBuffer(value));
}

function broken(why: string, cause?: unknown): Verdict {
  const error = new ProtocolError('ERR_ZAP_UNSPECIFIED', cause instanceof Error ? `${why}: ${cause.message}` : why);
  if (cause !== undefined) error.cause = cause;
  return { status: 'failed', error };
}

function nobodyAnswers(mechanism: MechanismName): UnavailableError {
  const wanted = mechanism === 'PLAIN' ? 'PLAIN needs one' : 'zapEnforceDomain asks for one';
  return new UnavailableError(`nobody authenticates peers, and ${wanted}: bind a handler to inproc://zeromq.zap.01`);
}
