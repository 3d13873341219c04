import protobuf from 'protobufjs';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { ZmqCodecError, ZmqOptionsError } from '../zmq.errors.js';
import { PROTOBUF_TYPE, protobufCodec, type ZmqProtobufOptions } from './protobuf.codec.js';

const { root } = protobuf.parse(`
  syntax = "proto3";
  package shop;
  enum Size { SMALL = 0; LARGE = 1; }
  message Item { string name = 1; uint64 id = 2; Size size = 3; bytes image = 4; map<string, Item> parts = 5; repeated int32 sizes = 6; }
  message Cart { repeated Item items = 1; }
  message Price { double total = 1; }
  message Old { string name = 1; }
`);
const types = {
  price: { request: 'shop.Cart', reply: 'shop.Price' },
  '{"cmd":"find"}': { reply: 'shop.Item' },
  'items.*': 'shop.Item',
  old: 'shop.Old',
};
const codecs = new PayloadCodecs(protobufCodec({ root, types }));
const asItem = (payload: Buffer): unknown => codecs.decode(payload, PROTOBUF_TYPE, 'items.new');
const item = root.lookupType('shop.Item');

function roundTrip(name: string, value: unknown): unknown {
  const { payload, contentType } = codecs.encode(value, name);
  expect(contentType).toBe(PROTOBUF_TYPE);
  return codecs.decode(payload as Buffer, contentType, name);
}

describe('protobufCodec', () => {
  it('writes each pattern with its message', () => {
    expect(codecs.encode({ items: [{ name: 'tea' }] }, 'price').payload).toEqual(Buffer.from('0a050a03746561', 'hex'));
    expect(codecs.encodeReply({ total: 1.5 }, PROTOBUF_TYPE, 'price').payload).toEqual(
      Buffer.from('09000000000000f83f', 'hex'),
    );
  });

  it('gives plain objects, whole', () => {
    const value = { name: 'tea', id: '18446744073709551615', size: 'LARGE', image: Buffer.from([0, 255]) };
    const empty = { name: '', id: '0', size: 'SMALL', image: Buffer.alloc(0), parts: {}, sizes: [] };
    expect(roundTrip('items.new', value)).toEqual({ ...empty, ...value });
    const back = roundTrip('items.new', value) as { image: Buffer };
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Buffer.isBuffer(back.image)).toBe(true);
    expect(asItem(Buffer.alloc(0))).toEqual(empty);
  });

  it('writes what has no message as JSON, and says so', () => {
    expect(codecs.encode([1], 'other')).toEqual({ payload: '[1]', contentType: undefined });
    expect(codecs.encode({ id: 1 }, '{"cmd":"find"}')).toEqual({ payload: '{"id":1}', contentType: undefined });
    expect(codecs.encodeReply({ name: 'tea' }, PROTOBUF_TYPE, '{"cmd":"find"}').contentType).toBe(PROTOBUF_TYPE);
    expect(codecs.encodeReply('x', PROTOBUF_TYPE, 'old')).toEqual({ payload: '"x"', contentType: undefined });
    expect(codecs.encodeReply({ total: 1 }, undefined, 'price').contentType).toBeUndefined();
    expect(codecs.encode(Buffer.of(1), 'price').contentType).toBe('application/octet-stream');
  });

  it('takes conversions of its user', () => {
    const own = new PayloadCodecs(protobufCodec({ root, types, conversion: { longs: Number, defaults: false } }));
    const { payload } = own.encode({ id: 7 }, 'items.new');
    expect(own.decode(payload as Buffer, PROTOBUF_TYPE, 'items.new')).toEqual({ id: 7 });
  });

  it('refuses values that are no such message', () => {
    expect(() => codecs.encode('tea', 'price')).toThrow(ZmqCodecError);
    expect(() => codecs.encode({ items: 'tea' }, 'price')).toThrow(/shop\.Cart\.items/);
  });

  it('ignores fields that it does not know', () => {
    const { payload } = codecs.encode({ name: 'tea', id: 7, sizes: [1, 2] }, 'items.new');
    expect(codecs.decode(payload as Buffer, PROTOBUF_TYPE, 'old')).toEqual({ name: 'tea' });
  });

  it.each([
    ['half a message', '0a05'],
    ['a text of 4 GiB', '0affffffff0f'],
    ['a packed list of 2 GiB', '32ffffffff07'],
    ['a varint without end', '10ffffffffffffffffffffffff'],
    ['a field of number 0', '0001'],
    ['an unknown group without end', '9b01'],
    ['deep unknown groups', '9b01'.repeat(100_000)],
  ])('refuses %s', (_, hex) => {
    expect(() => asItem(Buffer.from(hex, 'hex'))).toThrow(ZmqCodecError);
  });

  it('refuses messages in messages without end', () => {
    let bytes: Buffer = Buffer.alloc(0);
    const part = (inner: Buffer): Buffer => {
      const entry = Buffer.concat([Buffer.from('0a016112', 'hex'), varint(inner.length), inner]);
      return Buffer.concat([Buffer.from('2a', 'hex'), varint(entry.length), entry]);
    };
    for (let depth = 0; depth < 500; depth++) bytes = part(bytes);
    expect(() => asItem(bytes)).toThrow(ZmqCodecError);
  });

  it('keeps prototypes clean', () => {
    const parts = JSON.parse('{"__proto__":{"name":"x"},"b":{"name":"y"}}') as object;
    const bytes = Buffer.concat(
      Object.entries(parts).map(([key, value]) => {
        const inner = Buffer.from(item.encode(item.fromObject(value as object)).finish());
        const name = Buffer.from(key);
        const entry = Buffer.concat([
          Buffer.of(0x0a),
          varint(name.length),
          name,
          Buffer.of(0x12),
          varint(inner.length),
          inner,
        ]);
        return Buffer.concat([Buffer.of(0x2a), varint(entry.length), entry]);
      }),
    );
    const { parts: decoded } = asItem(bytes) as { parts: object };
    expect([Object.keys(decoded), Object.getPrototypeOf(decoded)]).toEqual([['b'], Object.prototype]);
  });

  it('has no message for a pattern that it does not know', () => {
    expect(() => codecs.decode(Buffer.alloc(0), PROTOBUF_TYPE, 'other')).toThrow(
      "No message type for the request of 'other'",
    );
  });
});

describe('options of protobufCodec', () => {
  it.each<[string, Partial<Record<keyof ZmqProtobufOptions, unknown>>]>([
    ['root', { root: 7 }],
    ['root', { root: 'nowhere.proto' }],
    ['types', { types: 'shop.Cart' }],
    ["types['x'].request", { types: { x: 'shop.Nothing' } }],
    ["types['x'].reply", { types: { x: { reply: 'shop.Size' } } }],
    ["types['x'].answer", { types: { x: { answer: 'shop.Cart' } } }],
    ['conversion', { conversion: true }],
  ])('names %s', (key, wrong) => {
    const make = (): unknown => protobufCodec({ root, types, ...wrong } as ZmqProtobufOptions);
    expect(make).toThrow(ZmqOptionsError);
    expect(make).toThrow(`'${key}'`);
  });

  it('takes a JSON descriptor', () => {
    const json = protobufCodec({ root: root.toJSON(), types });
    expect(json.decode(Buffer.from('0a03746561', 'hex'), 'old', 'request')).toEqual({ name: 'tea' });
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
