import { ZmqCodecError, ZmqTooLargeError } from '../zmq.errors.js';
import { EMPTY, type Frame } from './frames.js';
import { BYTES_TYPE } from './metadata.codec.js';
import { parseJson, stringifyJson } from './safe-json.js';

/**
 * Turns values into payloads and back. JSON is the default; a payload that *is* a
 * `Buffer` or `Uint8Array` never comes here, it travels as it is.
 */
export interface ZmqCodec {
  /** Written as `:type`, for example `application/msgpack`. */
  readonly contentType: string;
  /** `undefined` when there is no value to write. May throw. */
  encode(value: unknown): Buffer | string | undefined;
  /** May throw. The bytes may be kept. */
  decode(payload: Buffer): unknown;
}

export const JSON_TYPE = 'application/json';

/** JSON in UTF-8. */
export const jsonCodec: ZmqCodec = {
  contentType: JSON_TYPE,
  encode: stringifyJson,
  decode: parseJson,
};

/** A payload ready to send. `contentType` is what `:type` must say: `undefined` for JSON. */
export interface EncodedPayload {
  readonly payload: Frame;
  readonly contentType: string | undefined;
}

const NO_VALUE: EncodedPayload = { payload: EMPTY, contentType: undefined };

/** The codec of this side and those that every peer understands. */
export class PayloadCodecs {
  readonly #own: ZmqCodec;
  readonly #ownType: string | undefined;

  readonly maxBytes: number;

  /** @param maxBytes larger payloads are not sent: the other side would close the connection; below 0 there is no limit */
  constructor(own: ZmqCodec = jsonCodec, maxBytes = -1) {
    this.#own = own;
    this.maxBytes = maxBytes < 0 ? Infinity : maxBytes;
    this.#ownType = own.contentType === JSON_TYPE ? undefined : own.contentType;
  }

  /**
   * With this side's codec.
   * @throws ZmqCodecError the value cannot be encoded
   * @throws ZmqTooLargeError
   */
  encode(value: unknown): EncodedPayload {
    if (value instanceof Uint8Array) return { payload: this.#checked(asBuffer(value)), contentType: BYTES_TYPE };
    const payload = value === undefined ? undefined : this.#encodeOwn(value);
    return payload === undefined ? NO_VALUE : { payload: this.#checked(payload), contentType: this.#ownType };
  }

  /**
   * A reply: with this side's codec when the request came in it, else as JSON, which every caller reads.
   * @throws ZmqCodecError the value cannot be encoded
   * @throws ZmqTooLargeError
   */
  encodeReply(value: unknown, requestType: string | undefined): EncodedPayload {
    if (requestType === this.#ownType || value instanceof Uint8Array) return this.encode(value);
    const payload = stringifyJson(value);
    return payload === undefined ? NO_VALUE : { payload: this.#checked(payload), contentType: undefined };
  }

  /** Whether a payload may be sent. */
  fits(payload: Frame): boolean {
    if (typeof payload !== 'string') return payload.length <= this.maxBytes;
    // A character has at most three bytes: most texts need not be measured.
    return payload.length * 3 <= this.maxBytes || Buffer.byteLength(payload) <= this.maxBytes;
  }

  /**
   * @throws ZmqCodecError no codec for this content type here
   * @throws ZmqMalformedError bad JSON
   */
  decode(payload: Buffer, contentType: string | undefined): unknown {
    if (contentType === undefined || contentType === JSON_TYPE) {
      return payload.length === 0 ? undefined : parseJson(payload);
    }
    if (contentType === BYTES_TYPE) return payload;
    if (contentType !== this.#ownType) throw new ZmqCodecError(`No codec for '${contentType}' here`);
    try {
      return this.#own.decode(payload);
    } catch (cause) {
      throw new ZmqCodecError(`The payload is not valid ${contentType}`, cause);
    }
  }

  #checked(payload: Frame): Frame {
    if (!this.fits(payload)) throw new ZmqTooLargeError(Buffer.byteLength(payload), this.maxBytes);
    return payload;
  }

  #encodeOwn(value: unknown): Frame | undefined {
    try {
      return this.#own.encode(value);
    } catch (cause) {
      throw new ZmqCodecError(`The value has no form in ${this.#own.contentType}`, cause);
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
