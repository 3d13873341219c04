import { bytes } from '../testing/bytes.js';
import { encodeSignature, isVersioned, peerVersion } from './legacy-greeting.js';

describe('what is sent first', () => {
  it.each([
    [0, 'FF 0000000000000001 7F'],
    [5, 'FF 0000000000000006 7F'],
    [255, 'FF 0000000000000100 7F'],
  ])('tells an identity of %i bytes', (size, expected) => {
    expect(encodeSignature(size)).toEqual(bytes(expected));
    expect(isVersioned(encodeSignature(size))).toBe(true);
  });
});

describe('the version of a peer', () => {
  it.each([
    ['FF 0000000000000001 7F 03', '3.x'],
    ['FF 0000000000000000 7F 04', '3.x'],
    ['FF FFFFFFFFFFFFFFFF 7F FF', '3.x'],
    // No protocol has this revision; the greeting of 3.x refuses it.
    ['FF 0000000000000001 7F 02', '3.x'],
    ['FF 0000000000000001 7F 01', '2.0'],
    ['FF 0000000000000001 7F 00', '1.0'],
    ['FF 0000000000000001 00', 'unversioned 1.0'],
    ['FF 0000000000000100 7E', 'unversioned 1.0'],
    ['01 00', 'unversioned 1.0'],
    ['01 7E', 'unversioned 1.0'],
    ['FE 00', 'unversioned 1.0'],
  ])('that begins with %s is %s, known by the last of these octets', (start, version) => {
    const all = bytes(start);
    for (let length = 0; length < all.length; length++) expect(peerVersion(all.subarray(0, length))).toBeUndefined();
    expect(peerVersion(all)).toBe(version);
    expect(peerVersion(Buffer.concat([all, bytes('00 01 02')]))).toBe(version);
  });

  it.each([
    '00',
    '01 01',
    '01 7F',
    '"GE"',
    '"PO"',
    '"OP"',
    '"TR"',
    '"SS"',
    // A TLS ClientHello.
    '16 03',
    'FF 0000000000000001 01',
    'FF 0000000000000001 7D',
  ])('%s is nobody, known by the last of these octets', (start) => {
    const all = bytes(start);
    for (let length = 0; length < all.length; length++) expect(peerVersion(all.subarray(0, length))).toBeUndefined();
    expect(() => peerVersion(all)).toThrow(/not a ZMTP peer/);
  });
});
