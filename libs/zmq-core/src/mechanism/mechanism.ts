import type { Command } from '../wire/command.js';
import type { Properties } from '../wire/metadata.js';

/**
 * A security mechanism's side of one handshake, as a state machine: commands in,
 * commands out. It knows no stream and no time; the handshake's deadline is the
 * connection's business.
 *
 * Calls: `produce` until it gives `undefined`, then `consume` for each command of
 * the peer, `produce` again after each. When `status` is `ready`, `peerProperties`
 * is what the peer told; no more calls follow. `consume` throws `ProtocolError`
 * for what the mechanism does not allow; the connection is then closed.
 */
export interface Mechanism {
  readonly name: string;
  readonly asServer: boolean;
  readonly status: 'handshaking' | 'ready';
  readonly peerProperties: Properties;
  /** The next whole command frame to send, or `undefined` while it is the peer's turn. */
  produce(): Buffer | undefined;
  consume(command: Command): void;
}
