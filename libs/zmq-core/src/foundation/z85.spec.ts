import { randomBytes } from 'node:crypto';
import { decodeZ85, encodeZ85 } from './z85.js';

/** The server key of libzmq's documentation of `zmq_curve`, in both forms. */
const key = {
  text: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
  hex: '54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652',
};

describe('Z85', () => {
  it('32-CODEC-6: has the representation of the test case', () => {
    const bytes = Buffer.from('864fd26fb559f75b', 'hex');
    expect(encodeZ85(bytes)).toBe('HelloWorld');
    expect(decodeZ85('HelloWorld')).toEqual(bytes);
  });

  it('32-CODEC-3: has a key as libzmq does', () => {
    expect(decodeZ85(key.text).toString('hex')).toBe(key.hex);
    expect(encodeZ85(Buffer.from(key.hex, 'hex'))).toBe(key.text);
  });

  it('is empty for nothing', () => {
    expect(encodeZ85(Buffer.alloc(0))).toBe('');
    expect(decodeZ85('')).toEqual(Buffer.alloc(0));
  });

  it('32-CODEC-4 32-CODEC-5: goes there and back for all lengths, the extremes included', () => {
    for (let length = 0; length <= 256; length += 4) {
      for (const bytes of [randomBytes(length), Buffer.alloc(length), Buffer.alloc(length, 0xff)]) {
        const text = encodeZ85(bytes);
        expect(text).toMatch(/^[!-~]*$/);
        expect(text.length).toBe((length / 4) * 5);
        expect(decodeZ85(text)).toEqual(bytes);
      }
    }
  });

  it('encodes a part of a larger memory', () => {
    const all = Buffer.from('00864fd26fb559f75b00', 'hex');
    expect(encodeZ85(all.subarray(1, 9))).toBe('HelloWorld');
  });

  it.each([1, 2, 3, 5, 31, 33])('32-CODEC-1: has nothing for %i bytes', (length) => {
    expect(() => encodeZ85(Buffer.alloc(length))).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(`${length} bytes`) }),
    );
  });

  it.each([
    ['of another length', 'HelloWorl', /9 characters, which is not a multiple of 5/],
    ['with a foreign character', 'Hello"orld', /at position 5 a character that is none/],
    ['with a space', 'Hello Worl', /at position 5/],
    ['with a character beyond ASCII', 'Helloécole', /at position 5/],
    ['of more than 32 bits', 'Hello#####', /at position 5 five characters that are more than 32 bits/],
    ['one above 32 bits', '%nSc1', /more than 32 bits/],
  ])('32-CODEC-2: refuses a text %s, and does not repeat it', (_, text, why) => {
    expect(() => decodeZ85(text)).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringMatching(why) }),
    );
    expect(() => decodeZ85(text)).not.toThrow(expect.objectContaining({ message: expect.stringContaining(text) }));
  });

  it('takes the largest of 32 bits', () => {
    expect(decodeZ85('%nSc0')).toEqual(Buffer.alloc(4, 0xff));
  });
});
