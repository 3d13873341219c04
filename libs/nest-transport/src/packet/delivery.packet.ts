import { ZmqMalformedError } from '../zmq.errors.js';
import { encodeCall } from './call.packet.js';
import { type Envelope, startWith } from './envelope.js';
import { EMPTY, type Frame, type Frames } from './frames.js';
import { addHeaders, decodeMetadata, type Metadata, NO_METADATA, type ZmqHeaders } from './metadata.codec.js';

/*
 * Tasks with acknowledgement. A delivery has the frames of a call, and its answer those of a reply; only the sockets have
 * changed places: the pool is a ROUTER, the worker a DEALER, and the worker answers.
 *
 *     pool → worker   [delivery id, "", task name, payload, metadata?]
 *     worker → pool   [delivery id, "", status, payload, metadata?]
 */

/** How a delivery stands after an answer; one byte on the wire. All but `working` end it. */
export const AnswerStatus = {
  /** Not done yet: the pool's `ackTimeout` starts again. */
  working: 0,
  /** Done, with a value. */
  value: 1,
  /** Done, no value. */
  done: 2,
  /** Failed for good; the payload is the error as JSON. */
  failed: 3,
  /** Failed, or cut off: to be delivered again, after `:delay-ms`. The payload is the error as JSON. */
  again: 4,
  /** Handed back: it was not begun. */
  back: 5,
} as const;

export type AnswerStatus = (typeof AnswerStatus)[keyof typeof AnswerStatus];

const STATUS_FRAMES = [0, 1, 2, 3, 4, 5].map((status) => Buffer.of(status));
/** The metadata of a delivery whose result is wanted, and about which there is nothing else to say. */
const RESULT_FRAME = Buffer.from('{":replies":"one"}');
const HELLO = Buffer.from('hello');
const CREDIT = /^credit (\d{1,9})$/;

/** What a delivery says beside name and payload. */
export interface DeliveryFields {
  readonly contentType: string | undefined;
  readonly headers: ZmqHeaders | undefined;
  /** What is left of the deadline, in ms. */
  readonly deadlineMs: number | undefined;
  /** 1 for the first run of the task; written from 2 on. */
  readonly attempt: number;
  /** Whether the handler's result is wanted, `pool.run()`. */
  readonly result: boolean;
}

/** pool → worker. @throws ZmqPatternError a wrong header */
export function encodeDelivery(id: number, name: Frame, payload: Frame, fields: DeliveryFields): Frames {
  return encodeCall(id, name, payload, encodeFields(fields));
}

function encodeFields({ contentType, headers, deadlineMs, attempt, result }: DeliveryFields): Buffer | undefined {
  if (contentType === undefined && headers === undefined && deadlineMs === undefined && attempt === 1) {
    return result ? RESULT_FRAME : undefined;
  }
  const out: Record<string, string> = {};
  if (contentType !== undefined) out[':type'] = contentType;
  // Not earlier than the pool's own: what ends by its deadline is to look so there.
  if (deadlineMs !== undefined) out[':deadline-ms'] = String(Math.max(0, Math.ceil(deadlineMs)));
  if (attempt > 1) out[':attempt'] = String(attempt);
  if (result) out[':replies'] = 'one';
  if (headers !== undefined) addHeaders(out, headers);
  return Buffer.from(JSON.stringify(out));
}

/** pool → worker: tell me your credit. Each new connection is asked, and who was silent for too long. */
export function encodeHello(): Frames {
  return [EMPTY, EMPTY, HELLO];
}

/** worker → pool: so many unanswered deliveries I take from you at a time; the last word holds. 0: I stop. */
export function encodeCredit(credit: number): Frames {
  return [EMPTY, EMPTY, Buffer.from(`credit ${credit}`)];
}

/** What an answer may carry. */
export interface AnswerContent {
  readonly payload?: Frame | undefined;
  readonly contentType?: string | undefined;
  /** With `again`: how long to wait before the task is delivered, in ms. */
  readonly delayMs?: number | undefined;
}

/** worker → pool */
export function encodeAnswer(envelope: Envelope, status: AnswerStatus, content: AnswerContent = {}): Frames {
  const { payload = EMPTY, contentType, delayMs } = content;
  const message = startWith(envelope);
  message.push(STATUS_FRAMES[status]!, payload);
  const out: Record<string, string> = {};
  if (contentType !== undefined) out[':type'] = contentType;
  if (delayMs !== undefined && delayMs > 0) out[':delay-ms'] = String(Math.ceil(delayMs));
  if (contentType !== undefined || out[':delay-ms'] !== undefined) message.push(Buffer.from(JSON.stringify(out)));
  return message;
}

export interface WorkerAnswer {
  readonly kind: 'answer';
  readonly id: number;
  readonly status: AnswerStatus;
  readonly payload: Buffer;
  readonly metadata: Metadata;
}

export interface WorkerCredit {
  readonly kind: 'credit';
  readonly credit: number;
}

/** A control message of a later version. */
export interface WorkerUnknown {
  readonly kind: 'unknown';
}

export interface WorkerMalformed {
  readonly kind: 'malformed';
  /** The delivery that it was for, if that can be seen. */
  readonly id: number | undefined;
  readonly error: ZmqMalformedError;
}

export type WorkerMessage = WorkerAnswer | WorkerCredit | WorkerUnknown | WorkerMalformed;

const UNKNOWN: WorkerUnknown = { kind: 'unknown' };

/**
 * What a worker sent to our ROUTER. Never throws.
 * @param start index of the frame after the routing id
 */
export function decodeWorkerMessage(frames: readonly Buffer[], start: number): WorkerMessage {
  const first = frames[start];
  if (first?.length === 0) return decodeControl(frames, start);
  if (first?.length !== 4 || frames[start + 1]?.length !== 0) {
    return malformed(undefined, 'An answer starts with the delivery id and the empty delimiter');
  }
  const id = first.readUInt32BE(0);
  const statusFrame = frames[start + 2];
  const status = statusFrame?.length === 1 ? statusFrame[0] : undefined;
  if (status === undefined || status > AnswerStatus.back) return malformed(id, 'An answer without a known status');
  if (frames.length > start + 5) return malformed(id, 'Frames after the metadata');
  const payload = frames[start + 3] ?? EMPTY;
  const third = frames[start + 4];
  try {
    const metadata = third === undefined ? NO_METADATA : decodeMetadata(third);
    return { kind: 'answer', id, status: status as AnswerStatus, payload, metadata };
  } catch (cause) {
    return { kind: 'malformed', id, error: new ZmqMalformedError('The metadata cannot be read', cause) };
  }
}

/** `["", "", verb]` */
function decodeControl(frames: readonly Buffer[], start: number): WorkerMessage {
  const verb = frames[start + 2];
  if (frames[start + 1]?.length !== 0 || verb === undefined || frames.length !== start + 3) {
    return malformed(undefined, 'Neither an answer nor a control message');
  }
  const text = verb.toString('latin1');
  const credit = CREDIT.exec(text)?.[1];
  if (credit !== undefined) return { kind: 'credit', credit: Number(credit) };
  return text.startsWith('credit') ? malformed(undefined, 'The credit is not a number') : UNKNOWN;
}

function malformed(id: number | undefined, message: string): WorkerMalformed {
  return { kind: 'malformed', id, error: new ZmqMalformedError(message) };
}
