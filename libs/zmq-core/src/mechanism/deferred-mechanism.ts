import { UnavailableError } from '../foundation/errors.js';
import type { Command } from '../wire/command.js';
import type { Properties } from '../wire/metadata.js';
import type { Admitted } from './admission.js';
import type { CryptoBackend, CryptoSource } from './crypto-backend.js';
import type { CurveMessages } from './curve/curve-messages.js';
import type { Mechanism, MechanismName } from './mechanism.js';

const NOTHING: Properties = new Map();

/** A mechanism whose library is still being loaded. Greetings are exchanged meanwhile, and then the handshake goes on. */
export class DeferredMechanism implements Mechanism {
  readonly name: MechanismName;
  readonly asServer: boolean;
  #inner: Mechanism | undefined;
  #failure: Error | undefined;
  readonly #cancel: () => void;

  /** @param wake called when it goes on, or cannot */
  constructor(
    name: MechanismName,
    asServer: boolean,
    source: CryptoSource,
    create: (backend: CryptoBackend) => Mechanism,
    wake: () => void,
  ) {
    this.name = name;
    this.asServer = asServer;
    this.#cancel = source.whenLoaded((outcome) => {
      if (outcome instanceof Error) this.#failure = outcome;
      else this.#inner = create(outcome);
      wake();
    });
  }

  get status(): Mechanism['status'] {
    return this.#inner?.status ?? 'waiting';
  }

  get peerProperties(): Properties {
    return this.#inner?.peerProperties ?? NOTHING;
  }

  get admitted(): Admitted | undefined {
    return this.#inner?.admitted;
  }

  get messages(): CurveMessages | undefined {
    return this.#inner?.messages;
  }

  produce(): Buffer | undefined {
    if (this.#failure !== undefined)
      throw new UnavailableError(`${this.name} has no library: ${this.#failure.message}`, { cause: this.#failure });
    return this.#inner?.produce();
  }

  consume(command: Command): void {
    this.#inner!.consume(command);
  }

  abandon(): void {
    this.#cancel();
    this.#inner?.abandon();
  }
}
