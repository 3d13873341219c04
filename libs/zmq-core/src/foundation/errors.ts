import { constants } from 'node:os';
import type { CounterName } from './diagnostics.js';

/** libzmq's own numbers, for codes that no operating system has (`zmq.h`). */
const zmqErrno = { EFSM: 156384763, ENOCOMPATPROTO: 156384764, ETERM: 156384765 } as const;

/** Texts where zeromq.js differs from the operating system's wording. */
const messages = {
  EACCES: 'Permission denied',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EAGAIN: 'Operation was not possible or timed out',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EBADF: 'Socket is closed',
  EBUSY: 'Socket is busy',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EFAULT: 'Context is closed',
  EFSM: 'Operation cannot be accomplished in current state',
  EHOSTUNREACH: 'Host unreachable',
  EINVAL: 'Invalid argument',
  EMFILE: 'Too many open file descriptors',
  ENAMETOOLONG: 'File name too long',
  ENOCOMPATPROTO: 'The protocol is not compatible with the socket type',
  ENODEV: 'No such device',
  ENOENT: 'No such endpoint',
  ENOTSOCK: 'Socket operation on non-socket',
  ENOTSUP: 'Operation not supported',
  EPIPE: 'Broken pipe',
  EPROTO: 'Protocol error',
  EPROTONOSUPPORT: 'Protocol not supported',
  ETERM: 'Context was terminated',
  ETIMEDOUT: 'Connection timed out',
} as const;

export type ZmqErrorCode = keyof typeof messages;

/** The standard text of a code, without any detail. */
export function textOf(code: string): string | undefined {
  return (messages as Partial<Record<string, string>>)[code];
}

export function errnoOf(code: string): number {
  if (code in zmqErrno) return zmqErrno[code as keyof typeof zmqErrno];
  return (constants.errno as Record<string, number>)[code] ?? 0;
}

/**
 * The caller's mistake or an operation's outcome. `errno`, `code` and (for
 * endpoints) `address` are own properties, as in zeromq.js.
 */
export class ZmqError extends Error {
  readonly errno: number;
  readonly code: string;
  declare readonly address?: string;

  /** @param detail what exactly was wrong, and the way out; appended to the standard text */
  constructor(code: ZmqErrorCode, detail?: string, extra: { address?: string; cause?: unknown } = {}) {
    super(
      detail === undefined ? messages[code] : `${messages[code]}: ${detail}`,
      extra.cause === undefined ? undefined : { cause: extra.cause },
    );
    this.errno = errnoOf(code);
    this.code = code;
    if (extra.address !== undefined) this.address = extra.address;
  }

  static {
    // On the prototype, so that `errno`, `code`, `address` stay the only enumerable own properties.
    Object.defineProperty(this.prototype, 'name', { value: 'ZmqError', configurable: true, writable: true });
  }
}

/** How a peer, or a handler of ZAP, broke the protocol: libzmq's event values (`ZMQ_PROTOCOL_ERROR_*`). */
export const protocolErrors = {
  ERR_ZMTP_UNSPECIFIED: 0x10000000,
  ERR_ZMTP_UNEXPECTED_COMMAND: 0x10000001,
  ERR_ZMTP_INVALID_SEQUENCE: 0x10000002,
  ERR_ZMTP_KEY_EXCHANGE: 0x10000003,
  ERR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: 0x10000011,
  ERR_ZMTP_MALFORMED_COMMAND_MESSAGE: 0x10000012,
  ERR_ZMTP_MALFORMED_COMMAND_HELLO: 0x10000013,
  ERR_ZMTP_MALFORMED_COMMAND_INITIATE: 0x10000014,
  ERR_ZMTP_MALFORMED_COMMAND_ERROR: 0x10000015,
  ERR_ZMTP_MALFORMED_COMMAND_READY: 0x10000016,
  ERR_ZMTP_MALFORMED_COMMAND_WELCOME: 0x10000017,
  ERR_ZMTP_INVALID_METADATA: 0x10000018,
  ERR_ZMTP_CRYPTOGRAPHIC: 0x11000001,
  ERR_ZMTP_MECHANISM_MISMATCH: 0x11000002,
  ERR_ZAP_UNSPECIFIED: 0x20000000,
  ERR_ZAP_MALFORMED_REPLY: 0x20000001,
  ERR_ZAP_BAD_REQUEST_ID: 0x20000002,
  ERR_ZAP_BAD_VERSION: 0x20000003,
  ERR_ZAP_INVALID_STATUS_CODE: 0x20000004,
  ERR_ZAP_INVALID_METADATA: 0x20000005,
} as const;

export type ProtocolErrorCode = keyof typeof protocolErrors;

/** What a code is counted as, unless the error says it more exactly. */
function counterOf(code: ProtocolErrorCode): CounterName {
  switch (code) {
    case 'ERR_ZMTP_KEY_EXCHANGE':
    case 'ERR_ZMTP_INVALID_SEQUENCE':
    case 'ERR_ZMTP_CRYPTOGRAPHIC':
      return 'cryptography';
    case 'ERR_ZMTP_MECHANISM_MISMATCH':
      return 'mechanism';
    case 'ERR_ZMTP_INVALID_METADATA':
      return 'properties';
    default:
      return code.startsWith('ERR_ZAP') ? 'zap' : 'protocol';
  }
}

/** A peer's misbehaviour, or that of the handler of ZAP that was asked about it: its connection is closed, and this is the reason in the event. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;
  readonly errno: number;
  readonly #counter: CounterName;

  /** @param counter what it is counted as; by default what the code says */
  constructor(code: ProtocolErrorCode, detail: string, counter = counterOf(code)) {
    super(`${code.startsWith('ERR_ZAP') ? 'ZAP' : 'ZMTP'} protocol error: ${detail}`);
    this.code = code;
    this.errno = protocolErrors[code];
    this.#counter = counter;
  }

  /** Under which name of `counters` it is counted. */
  get counter(): CounterName {
    return this.#counter;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ProtocolError', configurable: true, writable: true });
  }
}

/** An authentication's status that admits nobody: try again later, refused, trouble on the other side (27/ZAP). */
export type RefusedStatus = 300 | 400 | 500;

/** Somebody is not let in: the peer by our authenticator, or we by the peer. */
export class AuthenticationError extends Error {
  readonly code = 'EACCES';
  readonly errno = errnoOf('EACCES');
  readonly status: RefusedStatus;

  /** @param detail what the authenticator gave as its reason */
  constructor(status: RefusedStatus, detail: string) {
    super(`the authenticator refused the peer with ${status}${detail === '' ? '' : `: ${detail}`}`);
    this.status = status;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'AuthenticationError', configurable: true, writable: true });
  }
}

/** A handshake cannot go on, for a reason on this side. The code is what libzmq tells then. */
export class UnavailableError extends Error {
  readonly code = 'EFAULT';
  readonly errno = errnoOf('EFAULT');

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'UnavailableError', configurable: true, writable: true });
  }
}
