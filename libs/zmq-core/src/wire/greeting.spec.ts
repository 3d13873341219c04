import { bytes } from '../testing/bytes.js';
import { checkGreetingStart, decodeGreeting, encodeGreeting, GREETING_SIZE, speaksCommands } from './greeting.js';

const SIGNATURE = 'FF 0000000000000000 7F';
const FILLER = '00'.repeat(31);

/** A greeting with the NULL mechanism. */
function greeting(start: string, mechanism = `"NULL" ${'00'.repeat(16)}`, asServer = '00'): Buffer {
  return bytes(`${start} ${mechanism} ${asServer} ${FILLER}`);
}

describe('encodeGreeting', () => {
  it('is the 64 octets of 37/ZMTP', () => {
    expect(encodeGreeting('NULL', false)).toEqual(greeting(`${SIGNATURE} 03 01`));
    expect(encodeGreeting('CURVE', true)).toEqual(greeting(`${SIGNATURE} 03 01`, `"CURVE" ${'00'.repeat(15)}`, '01'));
  });

  it('has room for a name of 20 octets', () => {
    const name = 'ABCDEFGHIJ0123456789';
    expect(encodeGreeting(name, false)).toEqual(greeting(`${SIGNATURE} 03 01`, `"${name}"`));
  });
});

describe('decodeGreeting', () => {
  it('reads what encodeGreeting wrote', () => {
    expect(decodeGreeting(encodeGreeting('PLAIN', true))).toEqual({
      major: 3,
      minor: 1,
      mechanism: 'PLAIN',
      asServer: true,
    });
  });

  it('gives no meaning to the padding of the signature (libzmq: length of its identity + 1)', () => {
    expect(decodeGreeting(greeting('FF 0123456789ABCDEF 7F 03 00'))).toMatchObject({ major: 3, minor: 0 });
    expect(decodeGreeting(greeting('FF FFFFFFFFFFFFFFFF 7F 03 01'))).toMatchObject({ major: 3, minor: 1 });
  });

  it('accepts higher versions: they have to speak ours', () => {
    expect(decodeGreeting(greeting(`${SIGNATURE} 04 07`))).toMatchObject({ major: 4, minor: 7 });
    expect(decodeGreeting(greeting(`${SIGNATURE} FF FF`))).toMatchObject({ major: 255, minor: 255 });
  });

  it('compares mechanisms on all 20 octets', () => {
    const { mechanism } = decodeGreeting(greeting(`${SIGNATURE} 03 01`, `"NULL" 00 "X" ${'00'.repeat(14)}`));
    expect(mechanism).toBe('NULL\0X');
    expect(decodeGreeting(greeting(`${SIGNATURE} 03 01`, '00'.repeat(20))).mechanism).toBe('');
    expect(decodeGreeting(greeting(`${SIGNATURE} 03 01`, '"ABCDEFGHIJ0123456789"')).mechanism).toHaveLength(20);
  });

  it('does not mind a filler that is not zero', () => {
    const other = Buffer.from(greeting(`${SIGNATURE} 03 01`)).fill(0xaa, 33);
    expect(decodeGreeting(other)).toMatchObject({ mechanism: 'NULL', asServer: false });
  });
});

describe('checkGreetingStart', () => {
  it('is content with every beginning of a greeting', () => {
    const whole = encodeGreeting('NULL', false);
    for (let length = 0; length <= GREETING_SIZE; length++)
      expect(() => checkGreetingStart(whole, length)).not.toThrow();
  });

  it.each([
    ['an HTTP request', '"GET / HTTP/1.1" 0D0A', 1, /ZMTP signature/],
    ['a TLS ClientHello', '16 0301 0200', 1, /ZMTP signature/],
    ['zeros', '00 00', 1, /ZMTP signature/],
    ['a ZMTP 1.0 frame', 'FF 0000000000000001 00', 10, /ZMTP 1\.0/],
    ['another signature', 'FF 0000000000000000 01', 10, /7F/],
    ['revision 0', `${SIGNATURE} 00`, 11, /2\.0 or older/],
    ['ZMTP 2.0', `${SIGNATURE} 01`, 11, /2\.0 or older/],
    ['revision 2', `${SIGNATURE} 02`, 11, /2\.0 or older/],
  ])('throws at the first wrong octet of %s', (_, start, wrongAt, why) => {
    const received = Buffer.alloc(GREETING_SIZE);
    bytes(start).copy(received);
    expect(() => checkGreetingStart(received, wrongAt - 1)).not.toThrow();
    expect(() => checkGreetingStart(received, wrongAt)).toThrow(why);
    expect(() => decodeGreeting(received)).toThrow(why);
  });
});

it.each([
  [3, 0, false],
  [3, 1, true],
  [3, 9, true],
  [4, 0, true],
  [4, 7, true],
])('version %i.%i understands the commands of 3.1: %s', (major, minor, expected) => {
  expect(speaksCommands({ major, minor, mechanism: 'NULL', asServer: false })).toBe(expected);
});
