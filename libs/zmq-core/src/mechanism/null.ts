import { ProtocolError } from '../foundation/errors.js';
import { type Command, encodeCommand } from '../wire/command.js';
import { decodeMetadata, type Properties } from '../wire/metadata.js';
import type { Admission, Admitted } from './admission.js';
import type { Mechanism } from './mechanism.js';

const NOTHING_SAID: Properties = new Map();

/**
 * NULL (37/ZMTP "The NULL Security Mechanism"): each side sends READY at once, and that
 * is all. A side with a ZAP domain asks about the peer first, whichever of the two it is:
 * the mechanism has no roles.
 */
export class NullMechanism implements Mechanism {
  readonly name = 'NULL';
  readonly asServer = false;
  peerProperties: Properties = NOTHING_SAID;
  #ready: Buffer | undefined;
  #received = false;
  readonly #admission: Admission | undefined;

  /** @param admission `undefined`: everybody may come */
  constructor(ownMetadata: Buffer, admission?: Admission) {
    this.#ready = encodeCommand('READY', ownMetadata);
    this.#admission = admission;
  }

  get status(): 'handshaking' | 'waiting' | 'ready' {
    const admission = this.#admission;
    if (!this.#received) return 'handshaking';
    if (admission === undefined || admission.isAdmitted) return 'ready';
    return admission.isPending ? 'waiting' : 'handshaking';
  }

  get admitted(): Admitted | undefined {
    return this.#admission?.admitted;
  }

  produce(): Buffer | undefined {
    const admission = this.#admission;
    if (admission !== undefined) {
      if (!admission.asked) admission.ask();
      if (admission.isPending) return undefined;
      admission.check();
    }
    const ready = this.#ready;
    this.#ready = undefined;
    return ready;
  }

  consume(command: Command): void {
    if (command.name !== 'READY' || this.#received) throw notReady(command);
    this.peerProperties = decodeMetadata(command.data);
    this.#received = true;
  }

  abandon(): void {
    this.#admission?.abandon();
  }
}

function notReady({ name }: Command): ProtocolError {
  return new ProtocolError('ERR_ZMTP_UNEXPECTED_COMMAND', `the command ${JSON.stringify(name)} came in place of READY`);
}
