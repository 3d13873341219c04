import fc from 'fast-check';
import protobuf from 'protobufjs';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { ZmqTransportError } from '../zmq.errors.js';
import { MSGPACK_TYPE, msgpackCodec } from './msgpack.codec.js';
import { PROTOBUF_TYPE, protobufCodec } from './protobuf.codec.js';

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Node { string name = 1; repeated Node nodes = 2; map<string, Node> named = 3; bytes data = 4; repeated sint64 numbers = 5; }
`);
const codecs = new PayloadCodecs([msgpackCodec(), protobufCodec({ root, types: { node: 'Node' } })]);
const keys = fc.string().filter((key) => key !== '__proto__' && key !== '__proto_' && key !== 'constructor');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true }).map((number) => number + 0), // there is one zero, as in JSON
    fc.integer(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(keys, tie('value'), { noNullPrototype: true }),
  ),
}));

/** What a peer sends is read, or refused in words: nothing else happens. */
function reads(bytes: Buffer, type: string): void {
  try {
    codecs.decode(bytes, type, 'node');
  } catch (error) {
    expect(error).toBeInstanceOf(ZmqTransportError);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
}

const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });

describe('MessagePack', () => {
  it('gives back every value', () => {
    fc.assert(
      fc.property(value, (given) => {
        const { payload, contentType } = codecs.encode(given);
        expect(codecs.decode(payload as Buffer, contentType)).toEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  it('reads or refuses every sequence of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => reads(Buffer.from(bytes), MSGPACK_TYPE)),
      { numRuns: 2_000 },
    );
  });

  it('reads or refuses what was right and is damaged', () => {
    const damaged = fc.tuple(value, flips).map(([given, changes]) => {
      const bytes = Buffer.from(codecs.encode({ given }).payload as Buffer);
      for (const [at, by] of changes) bytes[at % bytes.length]! ^= by;
      return bytes;
    });
    fc.assert(
      fc.property(damaged, (bytes) => reads(bytes, MSGPACK_TYPE)),
      { numRuns: 1_000 },
    );
  });
});

describe('Protocol Buffers', () => {
  it('reads or refuses every sequence of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => reads(Buffer.from(bytes), PROTOBUF_TYPE)),
      { numRuns: 2_000 },
    );
  });
});
