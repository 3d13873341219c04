import { ZmqCodecError, ZmqMalformedError, ZmqTooLargeError } from '../zmq.errors.js';
import { EMPTY } from './frames.js';
import { jsonCodec, PayloadCodecs, type ZmqCodec } from './payload.codec.js';

const hex: ZmqCodec = {
  contentType: 'text/x-hex',
  encode: (value) => Buffer.from(JSON.stringify(value)).toString('hex'),
  decode: (payload) => {
    const text = Buffer.from(payload.toString(), 'hex').toString();
    return JSON.parse(text) as unknown;
  },
};

const json = new PayloadCodecs();
const own = new PayloadCodecs(hex);
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

describe('PayloadCodecs', () => {
  it.each([
    [null, 'null'],
    [0, '0'],
    ['', '""'],
    [false, 'false'],
    [{ b: 1, a: [undefined, Number.NaN] }, '{"b":1,"a":[null,null]}'],
    ['ä€😀', '"ä€😀"'],
  ])('writes %j as JSON', (value, payload) => {
    expect(json.encode(value)).toEqual({ payload, contentType: undefined });
    expect(json.decode(Buffer.from(payload), undefined)).toEqual(JSON.parse(payload));
  });

  it('writes undefined, and what JSON has no text for, as an empty payload', () => {
    for (const value of [undefined, () => 1, Symbol('s')]) expect(json.encode(value).payload).toBe(EMPTY);
    expect(json.decode(EMPTY, undefined)).toBeUndefined();
  });

  it('sends bytes as they are, and only what is bytes itself', () => {
    const bytes = Buffer.from([0, 255]);
    expect(json.encode(bytes)).toEqual({ payload: bytes, contentType: 'application/octet-stream' });
    expect(json.encode(new Uint8Array([1, 2, 3]).subarray(1))).toEqual({
      payload: Buffer.from([2, 3]),
      contentType: 'application/octet-stream',
    });
    expect(json.decode(EMPTY, 'application/octet-stream')).toEqual(EMPTY);
    expect(json.encode({ bytes }).contentType).toBeUndefined();
  });

  it.each([
    ['a cycle', cyclic],
    ['a BigInt', 1n],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ],
  ])('refuses %s', (_, value) => {
    expect(() => json.encode(value)).toThrow(ZmqCodecError);
  });

  it.each(['{', 'undefined', '{"a":}', '\u0000'])('refuses the bad JSON %j', (text) => {
    expect(() => json.decode(Buffer.from(text), undefined)).toThrow(ZmqMalformedError);
  });

  it('refuses a type that it has no codec for', () => {
    expect(() => json.decode(Buffer.from('x'), 'application/msgpack')).toThrow(ZmqCodecError);
  });

  it('uses its own codec, says so, and reads JSON and bytes besides', () => {
    expect(own.encode([1])).toEqual({ payload: '5b315d', contentType: 'text/x-hex' });
    expect(own.decode(Buffer.from('5b315d'), 'text/x-hex')).toEqual([1]);
    expect(own.decode(Buffer.from('[1]'), undefined)).toEqual([1]);
    expect(() => own.decode(Buffer.from('zz'), 'text/x-hex')).toThrow(ZmqCodecError);
  });

  it('reads all its codecs, and writes the first', () => {
    const upper: ZmqCodec = {
      contentType: 'text/x-upper',
      encode: (value) => String(value),
      decode: (bytes) => bytes.toString().toUpperCase(),
    };
    const several = new PayloadCodecs([upper, hex]);
    expect(several.encode('a')).toEqual({ payload: 'a', contentType: 'text/x-upper' });
    expect(several.decode(Buffer.from('5b315d'), 'text/x-hex')).toEqual([1]);
    expect(several.encodeReply([1], 'text/x-hex')).toEqual({ payload: '5b315d', contentType: 'text/x-hex' });
    expect(several.encodeReply([1], 'text/x-other')).toEqual({ payload: '[1]', contentType: undefined });
    const jsonFirst = new PayloadCodecs([jsonCodec, hex]);
    expect(jsonFirst.encode([1])).toEqual({ payload: '[1]', contentType: undefined });
    expect(jsonFirst.decode(Buffer.from('5b315d'), 'text/x-hex')).toEqual([1]);
    expect(() => new PayloadCodecs([hex, hex])).toThrow("two codecs for 'text/x-hex'");
  });

  it('tells codecs what they encode, and writes as JSON what they cannot', () => {
    const seen: unknown[] = [];
    const byName: ZmqCodec = {
      contentType: 'text/x-by-name',
      encode: (_value, name, use) => `${name} ${use}`,
      decode: (_payload, name, use) => seen.push([name, use]),
      handles: (name) => name !== 'other',
    };
    const codecs = new PayloadCodecs(byName);
    expect(codecs.encode(1, 'sum').payload).toBe('sum request');
    expect(codecs.encodeReply(1, 'text/x-by-name', 'sum').payload).toBe('sum reply');
    expect(codecs.encode(1, 'other')).toEqual({ payload: '1', contentType: undefined });
    codecs.decode(Buffer.from('x'), 'text/x-by-name', Buffer.from('sum'), 'reply');
    expect(seen).toEqual([['sum', 'reply']]);
  });

  it('names a type that it does not know, without a flood', () => {
    expect(() => own.decode(Buffer.from('x'), 'a/b')).toThrow(
      "No codec for 'a/b' here; known are application/json, application/octet-stream, text/x-hex",
    );
    const long = (): unknown => own.decode(Buffer.from('x'), 'x'.repeat(100_000));
    expect(long).toThrow(expect.objectContaining({ contentType: expect.stringMatching(/^x{100}…$/) as string }));
  });

  it('sends nothing that is too large', () => {
    const small = new PayloadCodecs(undefined, 10);
    expect(small.encode('12345678').payload).toBe('"12345678"');
    for (const value of ['123456789', '€€€', Buffer.alloc(11)]) {
      expect(() => small.encode(value)).toThrow(ZmqTooLargeError);
      expect(() => small.encodeReply(value, undefined)).toThrow(ZmqTooLargeError);
    }
  });

  it('answers in what the caller reads', () => {
    expect(own.encodeReply([1], 'text/x-hex')).toEqual({ payload: '5b315d', contentType: 'text/x-hex' });
    expect(own.encodeReply([1], undefined)).toEqual({ payload: '[1]', contentType: undefined });
    expect(own.encodeReply([1], 'application/octet-stream')).toEqual({ payload: '[1]', contentType: undefined });
    expect(own.encodeReply(Buffer.of(1), undefined).contentType).toBe('application/octet-stream');
  });
});
