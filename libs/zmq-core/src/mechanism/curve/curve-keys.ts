import type { CryptoBackend } from '../crypto-backend.js';

/** The long-term keys of a socket, as they were when it bound or connected. */
export class CurveKeys {
  readonly secretKey: Buffer;
  /** Of the server that a client wants; unused by a server. */
  readonly serverKey: Buffer | undefined;
  #publicKey: Buffer | undefined;
  #derived: Buffer | undefined;

  constructor(secretKey: Buffer, publicKey: Buffer | undefined, serverKey: Buffer | undefined) {
    this.secretKey = secretKey;
    this.serverKey = serverKey;
    this.#publicKey = publicKey;
  }

  /** What a client shows: the public key that was set, or, if none was, the one that belongs to the secret key. */
  shown(backend: CryptoBackend): Buffer {
    this.#publicKey ??= this.derived(backend);
    return this.#publicKey;
  }

  /** The public key of the secret one: what the clients of a server know it by, whatever else was set. */
  derived(backend: CryptoBackend): Buffer {
    this.#derived ??= backend.publicKey(this.secretKey);
    return this.#derived;
  }
}
