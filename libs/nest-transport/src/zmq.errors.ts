/** Every error that this transport makes: `name`, a stable `code` for programs, and the `cause` if there is one. */
export abstract class ZmqTransportError extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
}

/**
 * No server (or, for events, no subscriber's connection) was there in time.
 * `code` is `ECONNREFUSED` when the last attempt was refused, else `CONN_ERR`;
 * `cause` is that attempt's error.
 */
export class ZmqNoPeerError extends ZmqTransportError {
  override readonly name = 'ZmqNoPeerError';
  readonly code: 'ECONNREFUSED' | 'CONN_ERR';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = codeOf(cause) === 'ECONNREFUSED' ? 'ECONNREFUSED' : 'CONN_ERR';
  }
}

/**
 * A client's call: the server that had it is gone; the call may or may not have been
 * run there. At the server, the reason of `ctx.signal`: the caller is gone.
 */
export class ZmqPeerLostError extends ZmqTransportError {
  override readonly name = 'ZmqPeerLostError';
  readonly code = 'PEER_LOST';
  /** Where it was. */
  readonly address: string;
  /** The name that it had given itself, if any. */
  readonly peerName: string | undefined;
  /** Why the connection ended, for example `ECONNRESET`. */
  readonly reason: string;

  constructor(
    peer: { address: string; name?: string | undefined },
    reason: PeerLossReason,
    role: 'server' | 'client' = 'server',
  ) {
    const who = peer.name === undefined ? peer.address : `${peer.name} (${peer.address})`;
    super(`The ${role} ${who} was lost: ${reason.message}`, { cause: reason.cause ?? reason });
    this.address = peer.address;
    this.peerName = peer.name;
    this.reason = reason.code;
  }
}

/** Why a connection ended. */
export interface PeerLossReason {
  /** A stable word for programs, for example `ECONNRESET`. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  readonly cause?: unknown;
}

/**
 * As many calls or events of this client wait as its option `maxWaiting` allows. It was
 * not sent; the message says what they wait for.
 */
export class ZmqClientFullError extends ZmqTransportError {
  override readonly name = 'ZmqClientFullError';
  readonly code = 'CLIENT_FULL';
  readonly maxWaiting: number;

  constructor(message: string, maxWaiting: number) {
    super(message);
    this.maxWaiting = maxWaiting;
  }
}

/** The answer, the next value of a stream, or the end did not come in time. The server was told to cancel the call. */
export class ZmqTimeoutError extends ZmqTransportError {
  override readonly name = 'ZmqTimeoutError';
  readonly code = 'ETIMEDOUT';
  /** How long was waited, in ms. */
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number) {
    super(message);
    this.timeoutMs = timeoutMs;
  }
}

/** The client or the server was closed while this was pending. */
export class ZmqClosedError extends ZmqTransportError {
  override readonly name = 'ZmqClosedError';
  readonly code = 'CLOSED';

  constructor(message = 'Connection closed') {
    super(message);
  }
}

/** A message does not have the shape that this transport's wire format asks for. */
export class ZmqMalformedError extends ZmqTransportError {
  override readonly name = 'ZmqMalformedError';
  readonly code = 'MALFORMED';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** A value cannot be encoded: cyclic, a BigInt, … or its content type has no codec here. */
export class ZmqCodecError extends ZmqTransportError {
  override readonly name = 'ZmqCodecError';
  readonly code = 'CODEC';
  /** The content type that it is about, if that is known. */
  readonly contentType: string | undefined;

  constructor(message: string, cause?: unknown, contentType?: string) {
    super(message, cause === undefined ? undefined : { cause });
    this.contentType = contentType;
  }
}

/** A payload is larger than `maxMessageSize`. It is not sent: the other side would close the connection over it. */
export class ZmqTooLargeError extends ZmqTransportError {
  override readonly name = 'ZmqTooLargeError';
  readonly code = 'TOO_LARGE';

  constructor(bytes: number, maxBytes: number) {
    super(`The payload has ${bytes} bytes; maxMessageSize is ${maxBytes}`);
  }
}

/** A pattern, a task name or a header key that cannot be used. */
export class ZmqPatternError extends ZmqTransportError {
  override readonly name = 'ZmqPatternError';
  readonly code = 'INVALID_PATTERN';
}

/** A wrong option. `key` says which one, for example `reconnect.jitter`. */
export class ZmqOptionsError extends ZmqTransportError {
  override readonly name = 'ZmqOptionsError';
  readonly code = 'INVALID_OPTIONS';
  readonly key: string;

  constructor(key: string, message: string) {
    super(`Option '${key}': ${message}`);
    this.key = key;
  }
}

/** A feature needs a package that is not installed. `packageName` says which; the message, how to install it. */
export class ZmqMissingPackageError extends ZmqTransportError {
  override readonly name = 'ZmqMissingPackageError';
  readonly code = 'MISSING_PACKAGE';
  readonly packageName: string;

  constructor(packageName: string, neededBy: string, cause?: unknown) {
    super(
      `${neededBy} needs the package '${packageName}', which is not installed: npm install ${packageName}`,
      cause === undefined ? undefined : { cause },
    );
    this.packageName = packageName;
  }
}

function codeOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}
