import { ZmqMalformedError } from '../zmq.errors.js';
import { type Envelope, startWith } from './envelope.js';
import { EMPTY, type Frame, type Frames } from './frames.js';
import { decodeMetadata, encodeMetadata, type Metadata, NO_METADATA } from './metadata.codec.js';

/** How a call stands after a reply; one byte on the wire. */
export const ReplyStatus = {
  /** A value, more may come. */
  value: 0,
  /** A value, and done. */
  last: 1,
  /** Done, no value. */
  done: 2,
  /** Failed; the payload is the error as JSON. */
  failed: 3,
} as const;

export type ReplyStatus = (typeof ReplyStatus)[keyof typeof ReplyStatus];

const STATUS_FRAMES = [Buffer.of(0), Buffer.of(1), Buffer.of(2), Buffer.of(3)] as const;

/** server → client: `[envelope…, status, payload, metadata?]`; the payload of `02` is empty. */
export function encodeReply(
  envelope: Envelope,
  status: ReplyStatus,
  payload: Frame = EMPTY,
  contentType?: string,
): Frames {
  const message = startWith(envelope);
  message.push(STATUS_FRAMES[status], payload);
  const metadata = contentType === undefined ? undefined : encodeMetadata({ contentType });
  if (metadata !== undefined) message.push(metadata);
  return message;
}

export interface ValueReply {
  readonly kind: 'reply';
  readonly id: number;
  readonly status: ReplyStatus;
  readonly payload: Buffer;
  readonly metadata: Metadata;
}

export interface ServerControl {
  readonly kind: 'control';
  readonly verb: string;
}

/** The answer to a control message without request id, which asks for nothing. */
export interface Acknowledgement {
  readonly kind: 'acknowledgement';
}

export interface MalformedReply {
  readonly kind: 'malformed';
  /** The call that it was for, if that can be seen. */
  readonly id: number | undefined;
  readonly error: ZmqMalformedError;
}

export type ServerMessage = ValueReply | ServerControl | Acknowledgement | MalformedReply;

const ACKNOWLEDGEMENT: Acknowledgement = { kind: 'acknowledgement' };

/** What a server sent to our DEALER. Never throws. */
export function decodeServerMessage(frames: readonly Buffer[]): ServerMessage {
  const first = frames[0];
  if (first?.length === 0) return decodeControl(frames);
  if (first?.length !== 4 || frames[1]?.length !== 0) {
    return malformed(undefined, 'A reply starts with the request id and the empty delimiter');
  }
  const id = first.readUInt32BE(0);
  const status = frames[2]?.length === 1 ? frames[2][0] : undefined;
  if (status === undefined || status > ReplyStatus.failed) return malformed(id, 'A reply without a known status');
  if (frames.length > 5) return malformed(id, 'Frames after the metadata');
  const payload = frames[3] ?? EMPTY;
  if (frames[4] === undefined) {
    return { kind: 'reply', id, status: status as ReplyStatus, payload, metadata: NO_METADATA };
  }
  try {
    return { kind: 'reply', id, status: status as ReplyStatus, payload, metadata: decodeMetadata(frames[4]) };
  } catch (cause) {
    return { kind: 'malformed', id, error: new ZmqMalformedError('The metadata cannot be read', cause) };
  }
}

/** `["", "", verb]`, or `["", 02, ""]` in answer to a control message of ours. */
function decodeControl(frames: readonly Buffer[]): ServerMessage {
  const [, name, verb] = frames;
  if (name?.length === 0 && verb !== undefined && frames.length === 3) {
    return { kind: 'control', verb: verb.toString('latin1') };
  }
  if (name?.length === 1 && name[0] === ReplyStatus.done && frames.length <= 3) return ACKNOWLEDGEMENT;
  return malformed(undefined, 'Neither a reply nor a control message');
}

function malformed(id: number | undefined, message: string): MalformedReply {
  return { kind: 'malformed', id, error: new ZmqMalformedError(message) };
}
