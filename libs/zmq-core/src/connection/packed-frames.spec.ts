import fc from 'fast-check';
import type { Multipart } from '../foundation/multipart.js';
import { pattern } from '../testing/bytes.js';
import { Batch } from './batch.js';
import { encodeMessage } from './frame-encoder.js';
import { packedFrames } from './packed-frames.js';

const messages = fc
  .array(fc.tuple(fc.constantFrom(0, 1, 63, 64, 127, 128), fc.nat(50)), { minLength: 1, maxLength: 7 })
  .map((parts): Multipart => parts.map(([size, seed]) => pattern(size, seed)));

it('packs a message as the encoder writes it, and gives it again', () => {
  fc.assert(
    fc.property(messages, fc.nat(20), (message, at) => {
      const size = packedFrames.sizeOf(message);
      const bytes = new Uint8Array(at + size + 20);
      packedFrames.pack(message, bytes, at);
      const batch = new Batch();
      batch.begin();
      encodeMessage(message, batch);
      expect(Buffer.from(bytes.subarray(at, at + size))).toEqual(Buffer.concat(batch.finish()));
      expect(bytes.subarray(at + size)).toEqual(new Uint8Array(20));
      const again = packedFrames.unpack(bytes, at, at + size);
      bytes.fill(0);
      expect(again).toEqual(message);
    }),
  );
});

it('leaves alone what is large: a frame over 128 bytes, or a message over 1 KiB', () => {
  expect(packedFrames.sizeOf([pattern(129)])).toBe(0);
  expect(packedFrames.sizeOf([pattern(1), pattern(129)])).toBe(0);
  expect(packedFrames.sizeOf(new Array<Buffer>(8).fill(pattern(126)))).toBe(1024);
  expect(packedFrames.sizeOf(new Array<Buffer>(9).fill(pattern(126)))).toBe(0);
});
