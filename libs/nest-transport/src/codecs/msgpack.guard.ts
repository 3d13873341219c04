import { MAX_JSON_DEPTH } from '../packet/safe-json.js';
import { ZmqMalformedError } from '../zmq.errors.js';

/** Extension types that are read: "undefined" as msgpackr writes it, and the specification's timestamp. */
const UNDEFINED_EXTENSION = 0;
const TIMESTAMP_EXTENSION = -1;
const TIMESTAMP_LENGTHS = [4, 8, 12];

/** The bytes of a scalar after its first byte, from 0xca on. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0xca: 4, // float 32
  0xcb: 8, // float 64
  0xcc: 1, // uint 8 to 64
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1, // int 8 to 64
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
};

/**
 * Walks over MessagePack that a peer sent, before anything is made of it: one value,
 * whole, no deeper than JSON may be, with lengths that its bytes can hold, and without
 * extension types that would run code of the decoder which nobody asked for (records,
 * references, errors, regular expressions, sets).
 * @throws ZmqMalformedError
 */
export function checkMessagePack(bytes: Buffer): void {
  new Walk(bytes).run();
}

class Walk {
  readonly #bytes: Buffer;
  #position = 0;
  /** Values that are still to come, in the containers around the one that is read now. */
  readonly #open: number[] = [];
  #left = 1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): void {
    for (;;) {
      if (this.#left > 0) {
        this.#left--;
        this.#value(this.#number(1));
        continue;
      }
      const outer = this.#open.pop();
      if (outer === undefined) break;
      this.#left = outer;
    }
    if (this.#position !== this.#bytes.length) throw new ZmqMalformedError('MessagePack with bytes after the value');
  }

  #value(first: number): void {
    if (first < 0x80 || first >= 0xe0) return; // small integers
    if (first < 0x90) this.#enter((first - 0x80) * 2);
    else if (first < 0xa0) this.#enter(first - 0x90);
    else if (first < 0xc0) this.#skip(first - 0xa0);
    else this.#marked(first);
  }

  #marked(first: number): void {
    switch (first) {
      case 0xc0: // nil
      case 0xc2: // false
      case 0xc3: // true
        return;
      case 0xc4: // bin 8 to 32
      case 0xd9: // str 8 to 32
        this.#skip(this.#number(1));
        return;
      case 0xc5:
      case 0xda:
        this.#skip(this.#number(2));
        return;
      case 0xc6:
      case 0xdb:
        this.#skip(this.#number(4));
        return;
      case 0xc7: // ext 8 to 32
        this.#extension(this.#number(1));
        return;
      case 0xc8:
        this.#extension(this.#number(2));
        return;
      case 0xc9:
        this.#extension(this.#number(4));
        return;
      case 0xd4: // fixext 1 to 16
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        this.#extension(1 << (first - 0xd4));
        return;
      case 0xdc: // array 16, 32
        this.#enter(this.#number(2));
        return;
      case 0xdd:
        this.#enter(this.#number(4));
        return;
      case 0xde: // map 16, 32
        this.#enter(this.#number(2) * 2);
        return;
      case 0xdf:
        this.#enter(this.#number(4) * 2);
        return;
      default: {
        const length = SCALAR_BYTES[first];
        if (length === undefined) throw new ZmqMalformedError('MessagePack with the byte c1, which means nothing');
        this.#skip(length);
      }
    }
  }

  /** Each value has a byte at least: a length beyond that is a lie, and an array made for it would take its memory. */
  #enter(values: number): void {
    if (values > this.#bytes.length - this.#position) throw endOfBytes();
    if (this.#open.length >= MAX_JSON_DEPTH) {
      throw new ZmqMalformedError(`MessagePack nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
    this.#open.push(this.#left);
    this.#left = values;
  }

  #extension(length: number): void {
    const type = (this.#number(1) << 24) >> 24;
    const known =
      (type === UNDEFINED_EXTENSION && length === 1) ||
      (type === TIMESTAMP_EXTENSION && TIMESTAMP_LENGTHS.includes(length));
    if (!known) throw new ZmqMalformedError(`MessagePack with the extension type ${type}, which is not read here`);
    this.#skip(length);
  }

  #number(length: number): number {
    const start = this.#position;
    this.#skip(length);
    return length === 1 ? (this.#bytes[start] ?? 0) : this.#bytes.readUIntBE(start, length);
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.#position) throw endOfBytes();
    this.#position += length;
  }
}

function endOfBytes(): ZmqMalformedError {
  return new ZmqMalformedError('MessagePack that ends before its value does');
}
