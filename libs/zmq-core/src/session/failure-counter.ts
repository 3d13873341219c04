import type { ConnectionFailure } from '../connection/connection.js';
import type { CounterName } from '../foundation/diagnostics.js';
import { ProtocolError } from '../foundation/errors.js';

/** What the failure of a conversation is counted as. */
export function counterOfFailure({ kind, handshaking, error }: ConnectionFailure): CounterName {
  if (kind === 'authentication') return 'authentication';
  if (kind === 'timeout') return handshaking ? 'handshakeInterval' : 'silence';
  const counter = error instanceof ProtocolError ? error.counter : 'protocol';
  // The commands of a handshake have a limit of their own, which is no option.
  return handshaking && (counter === 'protocol' || counter === 'maxMessageSize') ? 'handshakeCommand' : counter;
}
