import type { Command } from '../wire/command.js';
import type { Properties } from '../wire/metadata.js';
import type { Admitted } from './admission.js';
import type { CurveMessages } from './curve/curve-messages.js';

export type MechanismName = 'NULL' | 'PLAIN' | 'CURVE';

/** Of which mechanisms messages never travel as they are. */
export const sealsMessages: Readonly<Record<MechanismName, boolean>> = { NULL: false, PLAIN: false, CURVE: true };

/**
 * A security mechanism's side of one handshake, as a state machine: commands in,
 * commands out. It knows no stream and no time; the handshake's deadline is the
 * connection's business.
 *
 * Calls: `produce` until it gives `undefined`, then `consume` for each command of
 * the peer, `produce` again after each. When `status` is `ready`, `peerProperties`
 * is what the peer told, and `produce` gives the last word, if there is one; no more
 * calls follow.
 *
 * While `status` is `waiting` nothing is consumed: an answer of this side is outstanding
 * (a verdict, a library). Whoever made the mechanism has handed in a `wake`, which is
 * called when it is there; then `produce` is to be called.
 *
 * `consume` and `produce` throw: `ProtocolError` for what the mechanism does not allow,
 * `AuthenticationError` for a peer that is not admitted, `UnavailableError` when this
 * side cannot go on. The connection is then closed.
 */
export interface Mechanism {
  readonly name: MechanismName;
  readonly asServer: boolean;
  readonly status: 'handshaking' | 'waiting' | 'ready';
  readonly peerProperties: Properties;
  /** Who the peer is, by the word of an authenticator; `undefined` when none was asked. */
  readonly admitted?: Admitted | undefined;
  /** How messages travel when it is ready; `undefined`: as they are. */
  readonly messages?: CurveMessages | undefined;
  /** The next whole command frame to send, or `undefined` while it is the peer's turn, or that of `wake`. */
  produce(): Buffer | undefined;
  consume(command: Command): void;
  /** Reads a command where the peer's are not well-formed. */
  readCommand?(body: Buffer): Command;
  /** The connection has ended: nobody is to be told anything any more. Idempotent. */
  abandon(): void;
}
