import { ProtocolError } from '../foundation/errors.js';
import { type Command, encodeCommand } from '../wire/command.js';
import { decodeMetadata, type Properties } from '../wire/metadata.js';
import type { Mechanism } from './mechanism.js';

/** NULL (37/ZMTP "The NULL Security Mechanism"): each side sends READY at once, and that is all. */
export class NullMechanism implements Mechanism {
  readonly name = 'NULL';
  readonly asServer = false;
  status: 'handshaking' | 'ready' = 'handshaking';
  peerProperties: Properties = new Map();
  #ready: Buffer | undefined;

  constructor(ownMetadata: Buffer) {
    this.#ready = encodeCommand('READY', ownMetadata);
  }

  produce(): Buffer | undefined {
    const ready = this.#ready;
    this.#ready = undefined;
    return ready;
  }

  consume(command: Command): void {
    if (command.name !== 'READY') {
      throw new ProtocolError(
        'ERR_ZMTP_UNEXPECTED_COMMAND',
        `the command ${JSON.stringify(command.name)} came in place of READY`,
      );
    }
    this.peerProperties = decodeMetadata(command.data);
    this.status = 'ready';
  }
}
