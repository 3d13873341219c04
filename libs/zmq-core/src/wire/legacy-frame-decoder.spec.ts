import { bytes, pattern, print } from '../testing/bytes.js';
import { cutAt, everyChunking } from '../testing/chunking.js';
import { MORE } from './frame.js';
import { LegacyFrameDecoder } from './legacy-frame-decoder.js';

function decode(chunks: readonly Buffer[], maxSize = 2 ** 31): { frames: [number, string][]; decoder: LegacyFrameDecoder } {
  const decoder = new LegacyFrameDecoder(maxSize);
  const frames: [number, string][] = [];
  for (const chunk of chunks) {
    decoder.feed(chunk);
    while (decoder.next()) frames.push([decoder.flags, print(decoder.body)]);
  }
  return { frames, decoder };
} // prettier-ignore

it('reads short and long, empty and last', () => {
  const wire = bytes(`06 00 "hello" 01 01 01 00 03 7F "ab" FF 0000000000000003 00 "cd" FF 0000000000000001 7E`);
  everyChunking(wire, (chunks) => {
    expect(decode(chunks).frames).toEqual([
      [0, print(Buffer.from('hello'))],
      [MORE, ''],
      [0, ''],
      [MORE, print(Buffer.from('ab'))],
      [0, print(Buffer.from('cd'))],
      [0, ''],
    ]);
  });
});

it.each([253, 254, 255, 256, 65_535, 65_536, 1_000_000])('a body of %i bytes, in one chunk and cut in pieces', (size) => {
  const body = pattern(size);
  const header = size < 254 ? Buffer.of(size + 1, 0) : bytes(`FF ${(size + 1).toString(16).padStart(16, '0')} 00`);
  const wire = Buffer.concat([header, body, bytes('02 00 "x"')]);
  const places = Array.from({ length: 50 }, (_, i) => Math.floor((wire.length * i) / 50));
  for (const chunks of [[wire], cutAt(wire, places), cutAt(wire, [1]), cutAt(wire, [wire.length - 2])]) {
    expect(decode(chunks).frames).toEqual([
      [0, print(body)],
      [0, '78'],
    ]);
  }
}); // prettier-ignore

it('a body in one chunk is a view on it', () => {
  const wire = bytes('06 00 "hello"');
  const decoder = new LegacyFrameDecoder(100);
  decoder.feed(wire);
  expect(decoder.next()).toBe(true);
  expect(decoder.body.buffer).toBe(wire.buffer);
  expect(decoder.pinned).toBe(wire.length);
});

it('chunks that come while nobody reads wait in order', () => {
  const decoder = new LegacyFrameDecoder(100);
  for (const chunk of cutAt(bytes('02 01 "a" 03 00 "bc"'), [2, 3, 6])) decoder.feed(chunk);
  const bodies: string[] = [];
  while (decoder.next()) bodies.push(String(decoder.body));
  expect(bodies).toEqual(['a', 'bc']);
});

it.each(['00 00', 'FF 0000000000000000 00'])('%s has no room for flags', (wire) => {
  expect(decode([bytes(wire).subarray(0, -1)]).frames).toEqual([]);
  expect(() => decode([bytes(wire)])).toThrow(/no room for its flags/);
});

it.each([
  ['one byte more', '0C 00', 11],
  ['2^40', 'FF 0000010000000000 00', 2 ** 40 - 1],
  ['2^63', 'FF 8000000000000000 00', 2 ** 63],
  ['2^64-1', 'FF FFFFFFFFFFFFFFFF 00', 2 ** 64],
])('%s is over the limit, by the header alone', (_, wire, size) => {
  const header = bytes(wire);
  expect(decode([header.subarray(0, -1)], 10).frames).toEqual([]);
  expect(() => decode([header], 10)).toThrow(`a frame of ${size} bytes is over the limit of 10`);
});

it('memory follows the bytes that came, not the length that was told', () => {
  const decoder = new LegacyFrameDecoder(2 ** 40);
  decoder.feed(bytes('FF 000000FF00000000 00'));
  expect(decoder.next()).toBe(false);
  for (let i = 0; i < 100; i++) {
    decoder.feed(Buffer.alloc(1000));
    expect(decoder.next()).toBe(false);
  }
});

it('gives no runs, and lets go of a chunk of which little is left', () => {
  const decoder = new LegacyFrameDecoder(2 ** 20);
  decoder.feed(Buffer.concat([bytes('FF 0000000000002711 00'), pattern(10_000), bytes('03 00 "ab"')]));
  expect(decoder.nextRun()).toBeUndefined();
  expect(decoder.next()).toBe(true);
  decoder.compact();
  expect(decoder.next()).toBe(true);
  expect([String(decoder.body), decoder.body.buffer.byteLength]).toEqual(['ab', 4]);
  decoder.compact();
  expect(decoder.next()).toBe(false);
});

it('keeps nothing of a chunk that is read to its end', () => {
  const { frames, decoder } = decode([bytes('06 00 "hello"')]);
  expect([frames.length, decoder.body.length]).toEqual([1, 0]);
});
