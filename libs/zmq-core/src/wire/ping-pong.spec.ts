import { bytes, pattern } from '../testing/bytes.js';
import { decodePing, encodePing, encodePong } from './ping-pong.js';

describe('encodePing', () => {
  it.each([
    [0, '0000'],
    [99, '0000'],
    [100, '0001'],
    [299, '0002'],
    [65_500, '028F'],
    [65_599, '028F'],
    // libzmq #4226: from 656 deciseconds on libzmq would drop us after 64 ms.
    [65_600, '028F'],
    [6_553_599, '028F'],
  ])('a TTL of %i ms is announced as %s', (ttlMs, ttl) => {
    expect(encodePing(ttlMs)).toEqual(bytes(`04 07 04 "PING" ${ttl}`));
  });
});

describe('decodePing', () => {
  it.each([
    ['0000', 0, 0],
    ['0001 "abc"', 100, 3],
    ['FFFF', 6_553_500, 0],
  ])('%s: TTL %i ms, context of %i bytes', (data, ttlMs, size) => {
    expect(decodePing(bytes(data))).toEqual({ ttlMs, context: bytes(data).subarray(2, 2 + size) });
  });

  it.each([16, 17, 20, 65_536])('of a context of %i bytes 16 count', (size) => {
    const context = pattern(size);
    expect(decodePing(Buffer.concat([bytes('0000'), context])).context).toEqual(context.subarray(0, 16));
  });

  it.each(['', '00'])('refuses a PING without a TTL: "%s"', (data) => {
    expect(() => decodePing(bytes(data))).toThrow(/no TTL/);
  });
});

it('a PONG has the context and nothing else', () => {
  expect(encodePong(bytes('"abc"'))).toEqual(bytes('04 08 04 "PONG" "abc"'));
  expect(encodePong(Buffer.alloc(0))).toEqual(bytes('04 05 04 "PONG"'));
});
