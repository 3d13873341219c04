/** A key of CURVE: 40 characters of Z85, or its 32 bytes. `npx -p @nest-zmq/core nest-zmq keygen` makes pairs. */
export type ZmqKey = string | Uint8Array;

/** What the side that is asked for proof, the security server, says beside its mechanism. It need not be the one that binds. */
interface Guarded {
  /**
   * The domain that the application's authenticator is asked in (`@ZapHandler('orders')`), at most 255 bytes.
   * Default `'global'`.
   */
  domain?: string | undefined;
}

/** Without encryption. With a `domain` the authenticator is asked about each peer's address, and nobody comes in without one. */
export interface ZmqNullSecurity extends Partial<Guarded> {
  mechanism: 'NULL';
}

/** Peers show a user name and a password, in clear; the authenticator judges them. Without one nobody comes in. */
export interface ZmqPlainServerSecurity extends Guarded {
  mechanism: 'PLAIN';
}

/** We show a user name and a password, in clear: for networks that nobody else hears. */
export interface ZmqPlainClientSecurity {
  mechanism: 'PLAIN';
  /** 1 to 255 bytes. */
  username: string;
  /** 1 to 255 bytes. */
  password: string;
}

/** Encrypted. Only who knows our public key can connect, and the authenticator judges his. */
export interface ZmqCurveServerSecurity extends Guarded {
  mechanism: 'CURVE';
  secretKey: ZmqKey;
  /** Only to be checked: it follows from the secret key. */
  publicKey?: ZmqKey | undefined;
  /**
   * Whether nobody comes in while the application has no authenticator. Default true. With false whoever knows our
   * public key comes in then, so it must be kept like a password.
   */
  requireAuthenticator?: boolean | undefined;
}

/** Encrypted, to the one server that has the secret key of `serverKey`. */
export interface ZmqCurveClientSecurity {
  mechanism: 'CURVE';
  /** The server's public key. */
  serverKey: ZmqKey;
  /** Our own, by whose public key the server knows us. Default: a new pair for each socket, which only servers that take any key admit. */
  secretKey?: ZmqKey | undefined;
  /** Only to be checked: it follows from the secret key. */
  publicKey?: ZmqKey | undefined;
}

/**
 * How connections are secured. Both ends must have the same mechanism. The end with a `username` (PLAIN) or a
 * `serverKey` (CURVE) proves who it is; the other end asks for the proof, whichever of them binds. Over `inproc://`
 * nothing of it applies.
 */
export type ZmqSecurityOptions =
  ZmqNullSecurity | ZmqPlainServerSecurity | ZmqPlainClientSecurity | ZmqCurveServerSecurity | ZmqCurveClientSecurity;
