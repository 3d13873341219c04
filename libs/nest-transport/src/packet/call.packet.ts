import { ZmqMalformedError } from '../zmq.errors.js';
import { byteLength, type Envelope, findDelimiter, hasRequestId, readEnvelope, requestId } from './envelope.js';
import { EMPTY, type Frame, type Frames } from './frames.js';
import { decodeMetadata, type Metadata, NO_METADATA } from './metadata.codec.js';
import { decodeName } from './names.js';

/** An envelope is kept as long as its call runs: a few ids of a few bytes, never what a peer likes. */
export const MAX_ENVELOPE_BYTES = 64 * 1024;

/**
 * client → server: `[request id, "", name, payload, metadata?]`
 * @param metadata from `encodeMetadata`
 */
export function encodeCall(id: number, name: Frame, payload: Frame, metadata: Buffer | undefined): Frames {
  return metadata === undefined
    ? [requestId(id), EMPTY, name, payload]
    : [requestId(id), EMPTY, name, payload, metadata];
}

export interface CallRequest {
  readonly kind: 'call';
  readonly envelope: Envelope;
  readonly name: string;
  readonly payload: Buffer;
  readonly metadata: Metadata;
}

export interface ControlRequest {
  readonly kind: 'control';
  readonly envelope: Envelope;
  readonly verb: string;
  /** Without a request id every control message is answered. */
  readonly answered: boolean;
}

export interface MalformedRequest {
  readonly kind: 'malformed';
  /** `undefined` where no answer is possible or allowed: count and drop. */
  readonly envelope: Envelope | undefined;
  readonly error: ZmqMalformedError;
}

export type ServerRequest = CallRequest | ControlRequest | MalformedRequest;

/**
 * What a client sent. Never throws.
 * @param start index of the first frame of the envelope: 1 on a ROUTER, after the routing id
 */
export function decodeRequest(frames: readonly Buffer[], start: number): ServerRequest {
  const delimiter = findDelimiter(frames, start);
  if (delimiter < 0) return malformed(undefined, 'A message without the empty delimiter');
  if (byteLength(frames, start, delimiter) > MAX_ENVELOPE_BYTES) {
    return malformed(undefined, `The envelope has more than ${MAX_ENVELOPE_BYTES} bytes`);
  }
  const envelope = readEnvelope(frames, start, delimiter);
  const name = frames[delimiter + 1];
  const payload = frames[delimiter + 2];
  const third = frames[delimiter + 3];
  const extra = frames.length > delimiter + 4;

  if (name?.length === 0) {
    const answered = !hasRequestId(envelope);
    if (payload === undefined || extra) {
      return malformed(answered ? envelope : undefined, 'A control message has an empty name and a verb');
    }
    return { kind: 'control', envelope, verb: payload.toString('latin1'), answered };
  }
  if (name === undefined || payload === undefined) return malformed(envelope, 'A call has a name and a payload');
  if (extra) return malformed(envelope, 'Frames after the metadata');
  let metadata = NO_METADATA;
  if (third !== undefined) {
    try {
      metadata = decodeMetadata(third);
    } catch (error) {
      return { kind: 'malformed', envelope, error: asMalformed(error) };
    }
  }
  return { kind: 'call', envelope, name: decodeName(name), payload, metadata };
}

function malformed(envelope: Envelope | undefined, message: string): MalformedRequest {
  return { kind: 'malformed', envelope, error: new ZmqMalformedError(message) };
}

function asMalformed(error: unknown): ZmqMalformedError {
  return error instanceof ZmqMalformedError ? error : new ZmqMalformedError('The metadata cannot be read', error);
}
