import { ZmqCodecError, ZmqOptionsError, ZmqTooLargeError, ZmqTransportError } from '../zmq.errors.js';
import { EMPTY, type Frame } from './frames.js';
import { BYTES_TYPE } from './metadata.codec.js';
import { parseJson, stringifyJson } from './safe-json.js';

/** What a payload is: the data of a call, an event or a task; or a value that came back. */
export type ZmqPayloadUse = 'request' | 'reply';

/**
 * Turns values into payloads and back. JSON is the default; a payload that *is* a
 * `Buffer` or `Uint8Array` never comes here, it travels as it is.
 */
export interface ZmqCodec {
  /** Written as `:type`, for example `application/msgpack`. */
  readonly contentType: string;
  /**
   * `undefined` when there is no value to write. May throw.
   * @param name the normalised pattern, topic or task name, for codecs that have a schema for each
   */
  encode(value: unknown, name: string, use: ZmqPayloadUse): Buffer | string | undefined;
  /** May throw. The bytes may be kept. */
  decode(payload: Buffer, name: string, use: ZmqPayloadUse): unknown;
  /** Whether it can write this; what it cannot goes as JSON. Left out: everything. */
  handles?(name: string, use: ZmqPayloadUse): boolean;
}

export const JSON_TYPE = 'application/json';

/** JSON in UTF-8. */
export const jsonCodec: ZmqCodec = {
  contentType: JSON_TYPE,
  encode: (value) => stringifyJson(value),
  decode: (payload) => parseJson(payload),
};

/** A payload ready to send. `contentType` is what `:type` must say: `undefined` for JSON. */
export interface EncodedPayload {
  readonly payload: Frame;
  readonly contentType: string | undefined;
}

const NO_VALUE: EncodedPayload = { payload: EMPTY, contentType: undefined };

/**
 * The codecs of this side: the first is what it writes, all of them, JSON and raw
 * bytes are what it reads. So sides with different codecs understand each other, and
 * a fleet can change its codec one side after another.
 */
export class PayloadCodecs {
  /** What is written; `undefined` is JSON. */
  readonly #own: ZmqCodec | undefined;
  /** What is read beside JSON and raw bytes, by content type. */
  readonly #byType = new Map<string, ZmqCodec>();

  readonly maxBytes: number;

  /**
   * @param codecs one, or several of which the first is written
   * @param maxBytes larger payloads are not sent: the other side would close the connection; below 0 there is no limit
   * @throws ZmqOptionsError two codecs of one content type, or one for raw bytes
   */
  constructor(codecs: ZmqCodec | readonly ZmqCodec[] = jsonCodec, maxBytes = -1) {
    const list = isList(codecs) ? codecs : [codecs];
    for (const codec of list) {
      const { contentType } = codec;
      if (contentType === JSON_TYPE) continue;
      if (contentType === BYTES_TYPE || this.#byType.has(contentType)) {
        throw new ZmqOptionsError('codec', `has two codecs for '${contentType}'; keep one`);
      }
      this.#byType.set(contentType, codec);
    }
    this.#own = list[0]?.contentType === JSON_TYPE ? undefined : list[0];
    this.maxBytes = maxBytes < 0 ? Infinity : maxBytes;
  }

  /**
   * With this side's codec.
   * @param name the normalised pattern, topic or task name
   * @throws ZmqCodecError the value cannot be encoded
   * @throws ZmqTooLargeError
   */
  encode(value: unknown, name: string | Buffer = '', use: ZmqPayloadUse = 'request'): EncodedPayload {
    return this.#encode(this.#own, value, name, use);
  }

  /**
   * A reply: in the type of the request when that is known here, else as JSON, which every caller reads.
   * @throws ZmqCodecError the value cannot be encoded
   * @throws ZmqTooLargeError
   */
  encodeReply(value: unknown, requestType: string | undefined, name: string | Buffer = ''): EncodedPayload {
    const codec = requestType === undefined ? undefined : this.#byType.get(requestType);
    return this.#encode(codec, value, name, 'reply');
  }

  /** Whether a payload may be sent. */
  fits(payload: Frame): boolean {
    if (typeof payload !== 'string') return payload.length <= this.maxBytes;
    // A character has at most three bytes: most texts need not be measured.
    return payload.length * 3 <= this.maxBytes || Buffer.byteLength(payload) <= this.maxBytes;
  }

  /**
   * @param name the normalised pattern, topic or task name
   * @throws ZmqCodecError no codec for this content type here, or not valid in it
   * @throws ZmqMalformedError bad JSON, or a shape that must not be decoded (too deep, lengths that lie)
   */
  decode(
    payload: Buffer,
    contentType: string | undefined,
    name: string | Buffer = '',
    use: ZmqPayloadUse = 'request',
  ): unknown {
    if (contentType === undefined || contentType === JSON_TYPE) {
      return payload.length === 0 ? undefined : parseJson(payload);
    }
    if (contentType === BYTES_TYPE) return payload;
    const codec = this.#byType.get(contentType);
    if (codec === undefined) throw this.#unknownType(contentType);
    try {
      return codec.decode(payload, name.toString(), use);
    } catch (cause) {
      if (cause instanceof ZmqTransportError) throw cause;
      throw new ZmqCodecError(`The payload is not valid ${contentType}`, cause, contentType);
    }
  }

  #encode(codec: ZmqCodec | undefined, value: unknown, name: string | Buffer, use: ZmqPayloadUse): EncodedPayload {
    if (value instanceof Uint8Array) return { payload: this.#checked(asBuffer(value)), contentType: BYTES_TYPE };
    if (value === undefined) return NO_VALUE;
    const usesJson = codec === undefined || codec.handles?.(name.toString(), use) === false;
    const payload = usesJson ? stringifyJson(value) : encodeBy(codec, value, name.toString(), use);
    if (payload === undefined) return NO_VALUE;
    return { payload: this.#checked(payload), contentType: usesJson ? undefined : codec.contentType };
  }

  #checked(payload: Frame): Frame {
    if (!this.fits(payload)) throw new ZmqTooLargeError(Buffer.byteLength(payload), this.maxBytes);
    return payload;
  }

  #unknownType(contentType: string): ZmqCodecError {
    const known = [JSON_TYPE, BYTES_TYPE, ...this.#byType.keys()].join(', ');
    const type = shortened(contentType);
    return new ZmqCodecError(`No codec for '${type}' here; known are ${known}`, undefined, type);
  }
}

function isList(codecs: ZmqCodec | readonly ZmqCodec[]): codecs is readonly ZmqCodec[] {
  return Array.isArray(codecs);
}

function encodeBy(codec: ZmqCodec, value: unknown, name: string, use: ZmqPayloadUse): Frame | undefined {
  try {
    return codec.encode(value, name, use);
  } catch (cause) {
    if (cause instanceof ZmqTransportError) throw cause;
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    throw new ZmqCodecError(`The value has no form in ${codec.contentType}${reason}`, cause, codec.contentType);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The peer's text goes into an answer and a log line. */
function shortened(contentType: string): string {
  return contentType.length > 100 ? `${contentType.slice(0, 100)}…` : contentType;
}
