import fc from 'fast-check';
import { bytes, pattern } from '../testing/bytes.js';
import { decodeMetadata, encodeMetadata, findProperty } from './metadata.js';

const DEALER = '0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000';

describe('encodeMetadata', () => {
  it('is what libzmq sends for a DEALER', () => {
    const encoded = encodeMetadata([
      ['Socket-Type', Buffer.from('DEALER')],
      ['Identity', Buffer.alloc(0)],
    ]);
    expect(encoded).toEqual(bytes(DEALER));
  });
});

describe('decodeMetadata', () => {
  it('reads names as they were sent, in order', () => {
    const properties = decodeMetadata(bytes('0B "soCKet-tyPe" 00000003 "PUB" 03 "X-a" 00000000'));
    expect([...properties]).toEqual([
      ['soCKet-tyPe', Buffer.from('PUB')],
      ['X-a', Buffer.alloc(0)],
    ]);
  });

  it('an empty list is a list', () => {
    expect(decodeMetadata(Buffer.alloc(0)).size).toBe(0);
  });

  it('copies the values, so that they do not keep the chunk', () => {
    const chunk = bytes(DEALER);
    const value = findProperty(decodeMetadata(chunk), 'Socket-Type')!;
    chunk.fill(0);
    expect(value.toString()).toBe('DEALER');
  });

  it.each([
    ['one byte left over', `${DEALER} 05`],
    ['a zero byte left over', `${DEALER} 00`],
    ['a name of length 0', '00 00000001 41'],
    ['a cut name', '0B "Socket-T"'],
    ['a cut value length', '01 "a" 000000'],
    ['a cut value', '01 "a" 00000002 41'],
    ['a value length of 2^32-1', '01 "a" FFFFFFFF 41'],
    ['a value length of 2^31', '01 "a" 80000000 41'],
    ['the same name twice', '01 "a" 00000000 01 "a" 00000000'],
    ['the same name in other case', '01 "a" 00000000 01 "A" 00000000'],
  ])('refuses %s', (_, list) => {
    expect(() => decodeMetadata(bytes(list))).toThrow(expect.objectContaining({ code: 'ERR_ZMTP_INVALID_METADATA' }));
  });

  it('refuses every list that is cut, but between properties', () => {
    const whole = bytes(DEALER);
    const ends = [0, 22, whole.length];
    for (let length = 0; length <= whole.length; length++) {
      const decode = () => decodeMetadata(whole.subarray(0, length));
      if (ends.includes(length)) expect(decode).not.toThrow();
      else expect(decode).toThrow(/cut/);
    }
  });

  it('reads any list that was written', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9\-_.+]{1,40}$/);
    const value = fc.integer({ min: 0, max: 300 }).map((size) => pattern(size, size));
    const list = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key.toLowerCase() });
    fc.assert(
      fc.property(list, (properties) => {
        expect([...decodeMetadata(encodeMetadata(properties))]).toEqual(properties);
      }),
    );
  });

  it('never does anything else than read or refuse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        try {
          decodeMetadata(Buffer.from(noise));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_ZMTP_INVALID_METADATA' });
        }
      }),
    );
  });
});

it('findProperty does not mind the case', () => {
  const properties = decodeMetadata(bytes('0B "SOCKET-TYPE" 00000003 "PUB"'));
  expect(findProperty(properties, 'Socket-Type')?.toString()).toBe('PUB');
  expect(findProperty(properties, 'Identity')).toBeUndefined();
});
