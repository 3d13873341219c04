import { RpcException } from '@nestjs/microservices';
import { decodeError, encodeError } from './error.codec.js';

class CodedError extends Error {
  readonly code = 'E_CODE';
  readonly detail = { a: 1 };
}

const cyclic: Error & { self?: unknown } = new TypeError('round');
cyclic.self = cyclic;

class ThrowingError extends Error {
  override readonly name: string = 'ThrowingError';

  constructor(...properties: readonly string[]) {
    super('at least this');
    for (const key of properties) Object.defineProperty(this, key, { enumerable: true, get: fail });
  }
}

function fail(): never {
  throw new Error('a getter that throws');
}

describe('encodeError', () => {
  it.each([
    ['an Error', new TypeError('no'), { name: 'TypeError', message: 'no' }],
    ['an Error with more', new CodedError('no'), { name: 'Error', message: 'no', code: 'E_CODE', detail: { a: 1 } }],
    [
      'what Nest made of an unknown error',
      { status: 'error', message: 'Internal server error' },
      { status: 'error', message: 'Internal server error' },
    ],
    ['an RpcException with an object', new RpcException({ code: 7 }), { code: 7 }],
    ['an RpcException with a text', new RpcException('no'), { status: 'error', message: 'no' }],
    ['a text', 'no', 'no'],
    ['a number', 5, 5],
    ['undefined', undefined, { name: 'Error', message: 'undefined' }],
    ['null', null, { name: 'Error', message: 'null' }],
    ['0', 0, { name: 'Error', message: '0' }],
    ['false', false, { name: 'Error', message: 'false' }],
    ['an empty text', '', { name: 'Error', message: '' }],
    ['a cycle', cyclic, { name: 'TypeError', message: 'round' }],
    [
      'a long text with a cycle',
      Object.assign(new Error('x'.repeat(20_000)), { cyclic }),
      { name: 'Error', message: 'x'.repeat(10_000) },
    ],
    [
      'an Error with a getter that throws',
      new ThrowingError('detail'),
      { name: 'ThrowingError', message: 'at least this' },
    ],
    [
      'an Error without a thing that can be read',
      new ThrowingError('name', 'message', 'code'),
      { name: 'Error', message: 'The error cannot be written as JSON' },
    ],
    ['a BigInt', 5n, { name: 'Error', message: '5' }],
    ['a symbol', Symbol('s'), { name: 'Error', message: 'Symbol(s)' }],
    ['a function', function f() {}, { name: 'Error', message: '[function f]' }],
  ])('%s', (_, error, expected) => {
    expect(JSON.parse(encodeError(error).toString())).toEqual(expected);
  });
});

describe('decodeError', () => {
  const decode = (text: string) => decodeError(Buffer.from(text));

  it('gives what the other side carried', () => {
    expect(decode('{"code":7}')).toEqual({ code: 7 });
    expect(decode('"no"')).toBe('no');
  });

  it.each([
    ['', 'undefined'],
    ['null', 'null'],
    ['0', '0'],
    ['false', 'false'],
    ['""', ''],
  ])('makes an error with truth of %j', (payload, message) => {
    expect(decode(payload)).toEqual({ name: 'Error', message });
  });

  it('gives what is no JSON as text', () => {
    expect(decode('oops')).toBe('oops');
  });
});
