import type { CryptoBackend, CryptoSource } from '../mechanism/crypto-backend.js';
import { openBackend } from './open-backend.js';

type Tell = (outcome: CryptoBackend | Error) => void;

/** Loads the backend of a context when its first CURVE socket needs it: who does without CURVE does not pay for it. */
export class CryptoLoader implements CryptoSource {
  #outcome: CryptoBackend | Error | undefined;
  #isLoading = false;
  readonly #waiting = new Set<Tell>();
  readonly #open: () => Promise<CryptoBackend>;

  constructor(open: () => Promise<CryptoBackend> = openBackend) {
    this.#open = open;
  }

  get backend(): CryptoBackend | undefined {
    return this.#outcome instanceof Error ? undefined : this.#outcome;
  }

  load(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.#open().then(this.#settle, (error: unknown) => this.#settle(asError(error)));
  }

  whenLoaded(tell: Tell): () => void {
    this.#waiting.add(tell);
    this.load();
    if (this.#outcome !== undefined) process.nextTick(this.#tellAll);
    return () => void this.#waiting.delete(tell);
  }

  readonly #settle = (outcome: CryptoBackend | Error): void => {
    this.#outcome = outcome;
    this.#tellAll();
  };

  readonly #tellAll = (): void => {
    for (const tell of this.#waiting) {
      this.#waiting.delete(tell);
      tell(this.#outcome!);
    }
  };
}

function asError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const isMissing = 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  if (!isMissing) return error;
  return new Error('libsodium-sumo is not there; install it: npm install libsodium-sumo', { cause: error });
}
