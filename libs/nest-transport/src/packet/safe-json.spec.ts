import { ZmqMalformedError } from '../zmq.errors.js';
import { MAX_JSON_DEPTH, parseJson } from './safe-json.js';

const parse = (text: string) => parseJson(Buffer.from(text));

describe('parseJson', () => {
  it.each([
    ['{"__proto__":{"polluted":1},"a":1}', { a: 1 }],
    ['{"a":{"b":[{"__proto__":{"polluted":1},"c":2}]}}', { a: { b: [{ c: 2 }] } }],
    ['{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":1}}', {}],
    ['{"_\\u005F\\u0070roto__":{"polluted":1}}', {}],
    ['{"constructor":{"prototype":{"polluted":1}},"a":1}', { a: 1 }],
    ['{"constr\\u0075ctor":{"prototype":{"polluted":1}}}', {}],
  ])('leaves out what would pollute: %s', (text, expected) => {
    const value = parse(text) as Record<string, unknown>;
    expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
    Object.assign({}, value, value['constructor']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('keeps harmless keys and texts of these names', () => {
    for (const value of [
      { constructor: 'x' },
      { constructor: { name: 'A' } },
      { a: '__proto__' },
      { prototype: 1 },
      ['__proto__'],
    ]) {
      expect(parse(JSON.stringify(value))).toEqual(value);
    }
  });

  it('bounds the depth, whatever is in strings', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parse(nested(200_000))).toThrow(ZmqMalformedError);
    expect(() => parse(nested(MAX_JSON_DEPTH + 1))).toThrow(ZmqMalformedError);
    expect(() => parse(nested(MAX_JSON_DEPTH))).not.toThrow();
    expect(() => parse('{"a":'.repeat(5_000))).toThrow(ZmqMalformedError);
    const text = '[{'.repeat(5_000) + '\\"';
    expect(parse(JSON.stringify([text]))).toEqual([text]);
  });

  it('does not care how long a flat value is', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => ({ i }));
    expect(parse(JSON.stringify(list))).toEqual(list);
  });
});
