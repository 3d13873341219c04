import { PayloadCodecs } from '../packet/payload.codec.js';
import { MAX_JSON_DEPTH } from '../packet/safe-json.js';
import { ZmqCodecError, ZmqMalformedError } from '../zmq.errors.js';
import { MSGPACK_TYPE, msgpackCodec } from './msgpack.codec.js';

const codecs = new PayloadCodecs(msgpackCodec());
const decode = (hex: string): unknown => codecs.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), MSGPACK_TYPE);

function bytesOf(value: unknown): Buffer {
  const { payload, contentType } = codecs.encode(value);
  expect(contentType).toBe(MSGPACK_TYPE);
  return payload as Buffer;
}

const back = (value: unknown): unknown => codecs.decode(bytesOf(value), MSGPACK_TYPE);

describe('msgpackCodec', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['true', true],
    ['small integers', [0, 127, 128, 255, 65_535, 65_536, 2 ** 32 - 1, -1, -32, -33, -128, -32_768, -(2 ** 31)]],
    ['large integers', [2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1]],
    ['fractions', [0.1, -1.5e300, Infinity]],
    ['texts', ['', 'a', 'ä€😀', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(300), 'ä'.repeat(70_000)]],
    ['lists and maps', { a: [], b: {}, c: Array.from({ length: 20 }, (_, i) => ({ [`k${i}`]: i })) }],
    ['a long list', Array.from({ length: 70_000 }, (_, i) => i % 7)],
    ['a large map', Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i % 3]))],
    ['a date', { at: new Date('2026-01-02T03:04:05.678Z') }],
    ['a BigInt of 64 bits', { n: 2n ** 63n - 1n, m: 2n ** 64n - 1n }],
  ])('gives back %s', (_, value) => {
    expect(back(value)).toEqual(value);
  });

  it('keeps binary inside objects binary', () => {
    const value = { image: Buffer.from([0, 255, 1]), parts: [new Uint8Array([7, 8])] };
    const { image, parts } = back(value) as { image: Buffer; parts: Buffer[] };
    expect(Buffer.isBuffer(image) && image.equals(value.image)).toBe(true);
    expect([...parts[0]!]).toEqual([7, 8]);
    expect(codecs.encode(value.image)).toEqual({ payload: value.image, contentType: 'application/octet-stream' });
  });

  it('leaves out what is undefined, as JSON', () => {
    expect(back({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(Object.keys(back({ a: undefined, b: 1 }) as object)).toEqual(['b']);
    expect(back([undefined, 1])).toEqual([null, 1]);
    expect(codecs.encode(undefined)).toEqual({ payload: Buffer.alloc(0), contentType: undefined });
  });

  it('writes plain MessagePack, for peers in other languages', () => {
    expect(bytesOf({ a: [1, 'b'] }).toString('hex')).toBe('81a161' + '9201a162');
    // records would be written from the second object of a kind on
    expect(bytesOf([{ id: 1 }, { id: 2 }]).toString('hex')).toBe('92' + '81a2696401' + '81a2696402');
  });

  it('reads what other libraries write', () => {
    expect(decode('cf 0000010000000000')).toBe(2 ** 40);
    expect(decode('cf ffffffffffffffff')).toBe(2n ** 64n - 1n);
    expect(decode('d3 ffffffffffffffff')).toBe(-1);
    expect(decode('ca 3fc00000')).toBe(1.5);
    expect(decode('c4 02 00ff')).toEqual(Buffer.from([0, 255]));
    expect(decode('82 01 a161 c3 a162')).toEqual({ 1: 'a', true: 'b' });
    expect(decode('d6 ff 00000001')).toEqual(new Date(1_000));
    expect(decode('d9 03 616263')).toBe('abc');
  });

  it('refuses values that have no form', () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const value of [cyclic, 2n ** 70n, Symbol('s')]) expect(() => codecs.encode(value)).toThrow(ZmqCodecError);
  });
});

describe('msgpackCodec refuses', () => {
  it.each([
    ['nothing', ''],
    ['half a number', 'cd 01'],
    ['a text that ends early', 'a3 61'],
    ['a list that ends early', '92 01'],
    ['bytes after the value', '01 01'],
    ['the byte that means nothing', 'c1'],
    ['a list of 4 billion', 'dd ffffffff'],
    ['a list of 30 million', 'dd 01c9c380'],
    ['lists of many in lists of many', 'dd 00000004 dd 00000004 dd 00000004'],
    ['a map of 4 billion', 'df ffffffff'],
    ['a text of 4 GiB', 'db ffffffff 61'],
    ['binary of 4 GiB', 'c6 ffffffff 61'],
    ['an extension of 4 GiB', 'c9 ffffffff 01'],
    ["msgpackr's records", 'd4 72 40 91 a161 01'],
    ["msgpackr's errors", 'd4 65 00 93 a0 a0 a0'],
    ["msgpackr's references", 'd6 70 00000001'],
    ["msgpackr's sets", 'd4 73 00 90'],
    ["msgpackr's regular expressions", 'd4 78 00 92 a161 a0'],
    ["msgpackr's typed arrays", 'c7 02 74 01 00'],
    ["msgpackr's bundled texts", 'd6 62 00000000'],
    ['a timestamp of a wrong length', 'c7 05 ff 0000000000'],
    ['an extension of somebody else', 'd4 05 00'],
  ])('%s', (_, hex) => {
    expect(() => decode(hex)).toThrow(ZmqMalformedError);
  });

  it('what is nested too deep, and takes what just fits', () => {
    const nested = (depth: number): string => '91'.repeat(depth) + '01';
    expect(() => decode(nested(MAX_JSON_DEPTH))).not.toThrow();
    expect(() => decode(nested(MAX_JSON_DEPTH + 1))).toThrow(ZmqMalformedError);
    expect(() => decode('91'.repeat(1_000_000) + '01')).toThrow(ZmqMalformedError);
  });

  it('maps as keys', () => {
    expect(() => decode('81 81 01 02 03')).toThrow(ZmqCodecError);
  });

  it('keys that could change a prototype', () => {
    const proto = Buffer.from('__proto__').toString('hex');
    const constructor = Buffer.from('constructor').toString('hex');
    const prototype = Buffer.from('prototype').toString('hex');
    for (const key of [`a9${proto}`, `d909${proto}`]) {
      const value = decode(`82 ${key} 81 a161 01 a162 02`) as object;
      expect([Object.keys(value), Object.getPrototypeOf(value)]).toEqual([['b'], Object.prototype]);
    }
    expect(decode(`81 ab${constructor} 81 a9${prototype} 81 a161 01`)).toEqual({});
    expect(decode(`81 ab${constructor} a161`)).toEqual({ constructor: 'a' });
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});
