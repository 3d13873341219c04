import { ProtocolError, type ProtocolErrorCode } from '../foundation/errors.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import type { Mechanism } from '../mechanism/mechanism.js';
import { IllegalPeerError, readPeerMetadata } from '../mechanism/peer-metadata.js';
import { type Command, decodeCommand, encodeCommand } from '../wire/command.js';
import { COMMAND } from '../wire/frame.js';
import { type Greeting, speaksCommands } from '../wire/greeting.js';
import type { ConnectionFailure } from './connection.js';

/** What the ERROR command tells the peer, if the error itself says nothing. For its log only (37/ZMTP: "no defined semantic value"). */
const reasons: { readonly [code in ProtocolErrorCode]?: string } = {
  ERR_ZMTP_INVALID_METADATA: 'Invalid metadata',
  ERR_ZMTP_UNEXPECTED_COMMAND: 'Unexpected command',
};
const OTHER_REASON = 'Malformed command';

/** Reasons that are an authentication's status (27/ZAP). */
const statuses = new Map([
  ['300', 300],
  ['400', 400],
  ['500', 500],
]);

/** The peer ended the handshake with an ERROR command. */
class RefusedByPeerError extends ProtocolError {
  constructor(readonly reason: string) {
    super('ERR_ZMTP_UNSPECIFIED', `the peer refused us: ${JSON.stringify(reason)}`);
  }
}

/** The second phase: drives the mechanism until the peer's properties are known. */
export class HandshakePhase {
  peerSpeaksCommands = false;
  readonly #mechanism: Mechanism;
  readonly #socketType: SocketTypeName;
  readonly #address: string;

  constructor(mechanism: Mechanism, socketType: SocketTypeName, address: string) {
    this.#mechanism = mechanism;
    this.#socketType = socketType;
    this.#address = address;
  }

  begin(peer: Greeting): void {
    this.peerSpeaksCommands = speaksCommands(peer);
  }

  /** What is to be sent now. */
  output(): Buffer[] {
    const commands: Buffer[] = [];
    for (let next = this.#mechanism.produce(); next !== undefined; next = this.#mechanism.produce())
      commands.push(next);
    return commands;
  }

  /** One frame of the peer. Gives the peer when the handshake is done; throws `ProtocolError`. */
  receive(flags: number, body: Buffer): PeerInfo | undefined {
    // Data, or anything that is no command, before the handshake is done must not reach anybody (37/ZMTP "Handshake").
    if ((flags & COMMAND) === 0)
      throw new ProtocolError('ERR_ZMTP_UNEXPECTED_COMMAND', 'a message came before the handshake was done');
    const command = decodeCommand(body);
    if (command.name === 'ERROR') throw new RefusedByPeerError(readReason(command));
    this.#mechanism.consume(command);
    if (this.#mechanism.status !== 'ready') return undefined;
    return readPeerMetadata(this.#socketType, this.#mechanism.peerProperties, this.#address);
  }

  /** How a failure of this phase is told to the peer and to the monitor. */
  refusal(error: ProtocolError): { reply?: Buffer; failure: Partial<ConnectionFailure> } {
    if (error instanceof RefusedByPeerError) {
      const status = statuses.get(error.reason);
      return { failure: status === undefined ? { silent: true } : { kind: 'authentication', status } };
    }
    const reason = error instanceof IllegalPeerError ? error.reply : (reasons[error.code] ?? OTHER_REASON);
    // libzmq reports a broken READY of NULL, and an impossible peer, by "disconnected" only.
    return { reply: encodeError(reason), failure: { silent: error.code === 'ERR_ZMTP_INVALID_METADATA' } };
  }
}

function encodeError(reason: string): Buffer {
  const text = Buffer.from(reason, 'latin1');
  return encodeCommand('ERROR', Buffer.from([text.length]), text);
}

function readReason(command: Command): string {
  const { data } = command;
  if (data.length === 0 || 1 + data[0]! > data.length) {
    throw new ProtocolError('ERR_ZMTP_MALFORMED_COMMAND_ERROR', 'an ERROR command without a reason');
  }
  return data.toString('latin1', 1, 1 + data[0]!);
}
