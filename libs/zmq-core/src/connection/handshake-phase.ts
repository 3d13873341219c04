import { AuthenticationError, ProtocolError, type ProtocolErrorCode, UnavailableError } from '../foundation/errors.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import type { CurveMessages } from '../mechanism/curve/curve-messages.js';
import { type Mechanism, sealsMessages } from '../mechanism/mechanism.js';
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
/** To come again later a peer is told by the end of the connection, without a word (27/ZAP, libzmq). */
const SILENT_STATUS = 300;

/** The peer ended the handshake with an ERROR command. */
class RefusedByPeerError extends ProtocolError {
  constructor(readonly reason: string) {
    super('ERR_ZMTP_UNSPECIFIED', `the peer refused us: ${JSON.stringify(reason)}`, 'refusedByPeer');
  }
}

/** How a failure of the handshake is told to the peer, and to the monitor. */
export interface Refusal {
  readonly reply?: Buffer;
  readonly failure: Partial<ConnectionFailure>;
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

  /** Nothing is to be received now. */
  get isWaiting(): boolean {
    return this.#mechanism.status === 'waiting';
  }

  /**
   * How messages travel when it is done; `undefined`: as they are. Throws `UnavailableError`
   * rather than give that of a mechanism that encrypts: nothing may go on in the clear.
   */
  get messages(): CurveMessages | undefined {
    const { name, messages } = this.#mechanism;
    if (messages === undefined && sealsMessages[name])
      throw new UnavailableError(`the handshake of ${name} ended without keys for messages`);
    return messages;
  }

  /** The peer, when the handshake is done but for what `output` still gives. Throws `ProtocolError` for one that may not be here. */
  peer(): PeerInfo | undefined {
    const mechanism = this.#mechanism;
    if (mechanism.status !== 'ready') return undefined;
    return readPeerMetadata(this.#socketType, mechanism.peerProperties, this.#address, mechanism.admitted);
  }

  /** What is to be sent now. Throws what `Mechanism.produce` throws. */
  output(): Buffer[] {
    const commands: Buffer[] = [];
    for (let next = this.#mechanism.produce(); next !== undefined; next = this.#mechanism.produce())
      commands.push(next);
    return commands;
  }

  /** One frame of the peer. Throws `ProtocolError`. */
  receive(flags: number, body: Buffer): void {
    // Data, or anything that is no command, before the handshake is done must not reach anybody (37/ZMTP "Handshake").
    if ((flags & COMMAND) === 0)
      throw new ProtocolError('ERR_ZMTP_UNEXPECTED_COMMAND', 'a message came before the handshake was done');
    const command = this.#mechanism.readCommand?.(body) ?? decodeCommand(body);
    if (command.name === 'ERROR') throw new RefusedByPeerError(readReason(command));
    this.#mechanism.consume(command);
  }

  /** The connection has ended: nothing is waited for any more. */
  abandon(): void {
    this.#mechanism.abandon();
  }

  /** `undefined` for what is no failure of a handshake, but of the program. */
  refusal(error: unknown): Refusal | undefined {
    if (error instanceof RefusedByPeerError) {
      const status = statuses.get(error.reason);
      return { failure: status === undefined ? { silent: true } : { kind: 'authentication', status } };
    }
    if (error instanceof AuthenticationError) {
      const { status } = error;
      const failure = { kind: 'authentication', status } as const;
      return status === SILENT_STATUS ? { failure } : { reply: encodeError(String(status)), failure };
    }
    // What is wrong on this side is nobody else's business.
    if (error instanceof UnavailableError) return { failure: { kind: 'unavailable' } };
    if (!(error instanceof ProtocolError)) return undefined;
    if (error.code.startsWith('ERR_ZAP')) return { failure: {} };
    const reason = error instanceof IllegalPeerError ? error.reply : (reasons[error.code] ?? OTHER_REASON);
    const failure = { silent: this.#isSilent(error) };
    return this.#mayReply ? { reply: encodeError(reason), failure } : { failure };
  }

  /** Of two roles only the server sends ERROR (26/CURVEZMQ, 24/ZMTP-PLAIN). */
  get #mayReply(): boolean {
    const { name, asServer } = this.#mechanism;
    return name === 'NULL' || asServer;
  }

  /** libzmq reports broken metadata, and an impossible peer, by "disconnected" only, but for clients that read READY. */
  #isSilent({ code }: ProtocolError): boolean {
    return code === 'ERR_ZMTP_INVALID_METADATA' && this.#mayReply;
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
