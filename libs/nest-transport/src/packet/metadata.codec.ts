import { ZmqMalformedError, ZmqPatternError } from '../zmq.errors.js';
import { parseJson } from './safe-json.js';

/** Headers: keys without a leading `:`, string values. */
export type ZmqHeaders = Readonly<Record<string, string>>;

/** What the optional third frame says. */
export interface Metadata {
  /** `:type`, the content type of the payload; `undefined` is JSON. */
  readonly contentType: string | undefined;
  /** `:deadline-ms`, what was left of the deadline when the message was sent, in ms. */
  readonly deadlineMs: number | undefined;
  /** `:attempt`, 1 for the first delivery of a task. */
  readonly attempt: number | undefined;
  /** `:delay-ms`, how long a task is to wait before it is delivered again, in ms. */
  readonly delayMs?: number | undefined;
  /** `:replies`, whether the caller takes many values. */
  readonly many: boolean;
  /** `:replies`, whether the result of a task is wanted. */
  readonly result?: true | undefined;
  /** All other keys. */
  readonly headers: ZmqHeaders | undefined;
}

/** What an encoder may be asked to say; what is left out is not written. */
export interface MetadataFields {
  readonly contentType?: string | undefined;
  readonly deadlineMs?: number | undefined;
  readonly attempt?: number | undefined;
  readonly many?: boolean | undefined;
  readonly headers?: ZmqHeaders | undefined;
}

export const BYTES_TYPE = 'application/octet-stream';

export const NO_METADATA: Metadata = metadata({});
const MANY: Metadata = metadata({ many: true });
const BYTES: Metadata = metadata({ contentType: BYTES_TYPE });
const MANY_BYTES: Metadata = metadata({ contentType: BYTES_TYPE, many: true });

/** The constant frames, kept ready. */
const MANY_FRAME = Buffer.of(1);
const BYTES_FRAME = Buffer.from(`{":type":"${BYTES_TYPE}"}`);
const MANY_BYTES_FRAME = Buffer.from(`{":type":"${BYTES_TYPE}",":replies":"many"}`);

/**
 * The metadata frame, or `undefined` when there is nothing to say.
 * @throws ZmqPatternError a header whose key starts with `:` or whose value is not a string
 */
export function encodeMetadata(fields: MetadataFields): Buffer | undefined {
  const { contentType, deadlineMs, attempt, many = false, headers } = fields;
  if (deadlineMs === undefined && attempt === undefined && headers === undefined) {
    if (contentType === undefined) return many ? MANY_FRAME : undefined;
    if (contentType === BYTES_TYPE) return many ? MANY_BYTES_FRAME : BYTES_FRAME;
  }
  const out: Record<string, string> = {};
  if (contentType !== undefined) out[':type'] = contentType;
  if (deadlineMs !== undefined) out[':deadline-ms'] = String(Math.max(0, Math.floor(deadlineMs)));
  if (attempt !== undefined) out[':attempt'] = String(attempt);
  if (many) out[':replies'] = 'many';
  if (headers !== undefined) addHeaders(out, headers);
  const text = JSON.stringify(out);
  return text === '{}' ? undefined : Buffer.from(text);
}

/** @throws ZmqMalformedError not a JSON object of strings, or a number of ours that is none */
export function decodeMetadata(frame: Buffer): Metadata {
  if (frame.length === 1 && frame[0] === 1) return MANY;
  if (frame.length === BYTES_FRAME.length && frame.equals(BYTES_FRAME)) return BYTES;
  if (frame.length === MANY_BYTES_FRAME.length && frame.equals(MANY_BYTES_FRAME)) return MANY_BYTES;
  const fields = parseJson(frame);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new ZmqMalformedError('The metadata is not a JSON object');
  }
  return readFields(fields);
}

function readFields(fields: object): Metadata {
  let headers: Record<string, string> | undefined;
  const own: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value !== 'string') throw new ZmqMalformedError(`The metadata '${key}' is not a string`);
    // Keys of ours that we do not know are of a later version: ignored.
    if (key.startsWith(':')) own[key] = value;
    else (headers ??= {})[key] = value;
  }
  return {
    contentType: own[':type'],
    deadlineMs: numberOf(own, ':deadline-ms'),
    attempt: numberOf(own, ':attempt'),
    delayMs: numberOf(own, ':delay-ms'),
    many: own[':replies'] === 'many',
    result: own[':replies'] === 'one' || undefined,
    headers,
  };
}

function numberOf(fields: Record<string, string>, key: string): number | undefined {
  const text = fields[key];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) throw new ZmqMalformedError(`The metadata '${key}' is not a number`);
  return Number(text);
}

/** @throws ZmqPatternError a header whose key starts with `:` or whose value is not a string */
export function addHeaders(out: Record<string, string>, headers: ZmqHeaders): void {
  for (const [key, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    assertHeader(key, value);
    // Not by assignment: a key `__proto__` would set the prototype.
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** @throws ZmqPatternError */
export function assertHeader(key: string, value: unknown): void {
  if (key.startsWith(':')) throw new ZmqPatternError(`The header '${key}' must not start with ':'`);
  if (typeof value !== 'string') throw new ZmqPatternError(`The header '${key}' must be a string`);
}

function metadata(fields: MetadataFields): Metadata {
  const { contentType, deadlineMs, attempt, many = false, headers } = fields;
  return { contentType, deadlineMs, attempt, many, headers };
}
