import { ProtocolError, type ProtocolErrorCode } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import { ownProperties } from '../foundation/peer-info.js';
import type { AuthenticationRequest, Verdict } from '../mechanism/authenticator.js';
import { decodeMetadata, encodeMetadata, type Properties } from '../wire/metadata.js';

/*
 * 27/ZAP: what a server asks its handler, and what it is told. Each is one message; the
 * envelope in front of the empty delimiter is the socket types' business.
 */

/** Where the handler of a context is, behind `inproc://`. */
export const ZAP_ADDRESS = 'zeromq.zap.01';

const VERSION = Buffer.from('1.0');
/** libzmq's, always: each request has a pipe of its own, so nothing is to be told apart. */
const REQUEST_ID = Buffer.from('1');
const EMPTY = Buffer.alloc(0);
const REPLY_FRAMES = 7;
/** Up to the mechanism, without the delimiter; the credentials follow. */
const REQUEST_FRAMES = 6;

const statuses: ReadonlyMap<string, 200 | 300 | 400 | 500> = new Map([
  ['200', 200],
  ['300', 300],
  ['400', 400],
  ['500', 500],
]);

const ownNames: ReadonlySet<string> = new Set(ownProperties.map((name) => name.toLowerCase()));

// ── the side of the server ──

/** As libzmq writes it: delimiter, version, request id, domain, address, our own routing id, mechanism, credentials. */
export function encodeRequest(request: AuthenticationRequest): Multipart {
  return [
    EMPTY,
    VERSION,
    REQUEST_ID,
    Buffer.from(request.domain),
    Buffer.from(request.address),
    request.routingId,
    Buffer.from(request.mechanism),
    ...request.credentials,
  ];
}

/** Strict, as libzmq is: seven frames, each what it must be. Never throws: what is not well-formed is a failure. */
export function decodeReply(reply: Multipart): Verdict {
  if (reply.length !== REPLY_FRAMES) {
    return failed('ERR_ZAP_MALFORMED_REPLY', `the handler's reply has ${reply.length} frames, not ${REPLY_FRAMES}`);
  }
  const [delimiter, version, requestId, statusCode, statusText, userId, metadata] = reply as SevenFrames;
  if (delimiter.length > 0) {
    return failed('ERR_ZAP_UNSPECIFIED', "the handler's reply does not begin with an empty frame");
  }
  if (!version.equals(VERSION)) return failed('ERR_ZAP_BAD_VERSION', "the handler's reply is not of version 1.0");
  if (!requestId.equals(REQUEST_ID)) {
    return failed('ERR_ZAP_BAD_REQUEST_ID', "the handler's reply has another request id");
  }
  const status = statuses.get(statusCode.toString('latin1'));
  if (status === undefined) {
    return failed('ERR_ZAP_INVALID_STATUS_CODE', "the handler's reply has a status other than 200, 300, 400, 500");
  }
  const properties = readProperties(metadata);
  if (properties === undefined) return failed('ERR_ZAP_INVALID_METADATA', "the handler's reply has broken metadata");
  if (status !== 200) return { status, text: statusText.toString() };
  return { status, userId: userId.toString(), properties };
}

type SevenFrames = readonly [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];

export function failed(code: ProtocolErrorCode, why: string): Verdict {
  return { status: 'failed', error: new ProtocolError(code, why) };
}

/** Without what only this side says of a peer: its user has a frame of its own. */
function readProperties(metadata: Buffer): Properties | undefined {
  try {
    const properties = decodeMetadata(metadata);
    return new Map([...properties].filter(([name]) => !ownNames.has(name.toLowerCase())));
  } catch {
    return undefined;
  }
}

// ── the side of the handler ──

/** A request as a handler gets it from a ROUTER. */
export interface ReceivedRequest {
  /** What the reply begins with: the way back, up to the delimiter. */
  readonly envelope: Multipart;
  readonly requestId: Buffer;
  readonly domain: string;
  readonly address: string;
  readonly routingId: Buffer;
  readonly mechanism: string;
  readonly credentials: readonly Buffer[];
}

/** `undefined` for what is no request of version 1.0: there is nothing that could be replied to it. */
export function decodeRequest(message: Multipart): ReceivedRequest | undefined {
  const body = message.findIndex((frame) => frame.length === 0) + 1;
  if (body === 0 || message.length - body < REQUEST_FRAMES) return undefined;
  const [version, requestId, domain, address, routingId, mechanism, ...credentials] = message.slice(
    body,
  ) as readonly Buffer[] as SixFrames;
  if (!version.equals(VERSION)) return undefined;
  return {
    envelope: message.slice(0, body),
    requestId,
    domain: domain.toString(),
    address: address.toString(),
    routingId,
    mechanism: mechanism.toString(),
    credentials,
  };
}

type SixFrames = readonly [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, ...Buffer[]];

export interface Reply {
  readonly status: 200 | 300 | 400 | 500;
  readonly text: string;
  /** Empty but for 200. */
  readonly userId: string;
  readonly properties: readonly (readonly [string, Buffer])[];
}

export function encodeReply({ envelope, requestId }: ReceivedRequest, reply: Reply): Multipart {
  return [
    ...envelope,
    VERSION,
    requestId,
    Buffer.from(String(reply.status)),
    Buffer.from(reply.text),
    Buffer.from(reply.userId),
    encodeMetadata(reply.properties),
  ];
}
