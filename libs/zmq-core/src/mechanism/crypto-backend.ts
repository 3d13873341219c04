/* What CURVE needs of a cryptographic library: the boxes of NaCl (curve25519, xsalsa20, poly1305), and nothing else. */

/** Octets of a key, public, secret or shared. */
export const KEY_SIZE = 32;
export const NONCE_SIZE = 24;
/** Octets that a box is longer than what is in it: its authenticator, which stands first. */
export const TAG_SIZE = 16;

/**
 * A library. Tags are compared in constant time, and no method keeps what it was given
 * longer than its call, but for a shared key, which it may hold until the next.
 */
export interface CryptoBackend {
  /** For people: which library it is. */
  readonly name: string;
  /** The public key that belongs to a secret one, which may be any 32 octets. */
  publicKey(secretKey: Buffer): Buffer;
  /** One key agreement (`crypto_box_beforenm`). `undefined` when its result is zero: no honest peer has such a public key. */
  sharedKey(publicKey: Buffer, secretKey: Buffer): Buffer | undefined;
  /**
   * Writes the box of one octet and `rest` behind it to `target` from `at` on:
   * `TAG_SIZE + 1 + rest.length` octets. That first octet is what MESSAGE has before a
   * message; so nobody has to put the two together first. Throws `ProtocolError` for a box
   * that is more than there is memory for, and so does `open`.
   */
  seal(key: Buffer, nonce: Buffer, first: number, rest: Uint8Array, target: Buffer, at: number): void;
  /**
   * Opens the box that lies in `bytes` from `at` to the end, where it lies: what was in it
   * then stands from `at + TAG_SIZE` on. False, and nothing changed, when it is not authentic.
   */
  open(key: Buffer, nonce: Buffer, bytes: Buffer, at: number): boolean;
}

/** Where a backend comes from: it is loaded when the first socket needs it, and that takes some turns of the event loop. */
export interface CryptoSource {
  /** `undefined` until it is loaded. */
  readonly backend: CryptoBackend | undefined;
  /** Begins to load it. Idempotent. */
  load(): void;
  /** Loads it and tells once, later, what came of it. After the function that is returned was called it tells nothing. */
  whenLoaded(tell: (outcome: CryptoBackend | Error) => void): () => void;
}
