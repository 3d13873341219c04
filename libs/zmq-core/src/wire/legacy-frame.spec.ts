import { bytes } from '../testing/bytes.js';
import { encodeLegacyHeader } from './legacy-frame.js';

it.each([
  [0, false, '01 00'],
  [0, true, '01 01'],
  [5, false, '06 00'],
  [253, true, 'FE 01'],
  [254, false, 'FF 00000000000000FF 00'],
  [255, true, 'FF 0000000000000100 01'],
  [65_536, false, 'FF 0000000000010001 00'],
  [2 ** 40, false, 'FF 0000010000000001 00'],
])('a body of %i bytes, more: %p', (size, more, expected) => {
  expect(encodeLegacyHeader(size, more)).toEqual(bytes(expected));
});
