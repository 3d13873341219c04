import type { Multipart } from '../foundation/multipart.js';
import { bytes, pattern } from '../testing/bytes.js';
import { Batch } from './batch.js';
import { encodeLegacyMessage } from './legacy-frame-encoder.js';

function encode(message: Multipart): { whole: Buffer; segments: readonly Buffer[] } {
  const batch = new Batch();
  batch.begin();
  encodeLegacyMessage(message, batch);
  const segments = batch.finish();
  return { whole: Buffer.concat(segments), segments };
}

const text = (value: string): Buffer => Buffer.from(value);

it('writes frames of 1.0, with MORE on all but the last', () => {
  expect(encode([text('a'), text(''), text('bc')]).whole).toEqual(bytes('02 01 "a" 01 01 03 00 "bc"'));
});

it('does not take what a fan-out keeps ready, nor keeps it', () => {
  const message: Multipart = Object.assign([text('a')], { encoded: bytes('00 01 "a"') });
  expect(encode(message).whole).toEqual(bytes('02 00 "a"'));
  const fresh: Multipart = Object.assign([text('a')], { encoded: null });
  encode(fresh);
  expect(fresh.encoded).toBeNull();
});

it('leaves a large body where it is', () => {
  const body = pattern(300_000);
  const { whole, segments } = encode([text('x'), body]);
  expect(whole.equals(Buffer.concat([bytes('02 01 "x" FF 00000000000493E1 00'), body]))).toBe(true);
  expect(segments).toContain(body);
});
