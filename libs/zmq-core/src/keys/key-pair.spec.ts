import { createKeyPair, publicKeyOf, readKey } from './key-pair.js';
import { decodeZ85, encodeZ85 } from '../foundation/z85.js';

/** The pairs of libzmq's documentation of `zmq_curve`, and RFC 7748 6.1 in hexadecimal. */
const pairs = [
  ['rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7', 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6'],
  ['Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID', 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs'],
] as const;
const alice = {
  secret: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
  public: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
};

/** What `act` throws. */
function errorOf(act: () => unknown): Error & { readonly code?: string } {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not throw');
}

describe('key pairs', () => {
  it.each(pairs)('the public key %s', (publicKey, secretKey) => {
    expect(encodeZ85(publicKeyOf(decodeZ85(secretKey)))).toBe(publicKey);
  });

  it('has the public key of RFC 7748', () => {
    expect(publicKeyOf(Buffer.from(alice.secret, 'hex')).toString('hex')).toBe(alice.public);
  });

  it('makes a new pair each time, whose halves belong together', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const { publicKey, secretKey } = createKeyPair();
      expect(encodeZ85(publicKeyOf(decodeZ85(secretKey)))).toBe(publicKey);
      seen.add(publicKey).add(secretKey);
    }
    expect(seen.size).toBe(100);
  });
});

describe('readKey', () => {
  const text = pairs[0][1];

  it('reads both forms, and gives bytes of its own', () => {
    const bytes = decodeZ85(text);
    expect(readKey('key', text)).toEqual(bytes);
    const read = readKey('key', bytes);
    bytes.fill(0);
    expect(read).toEqual(decodeZ85(text));
    expect(readKey('key', new Uint8Array(read))).toEqual(read);
  });

  it.each([
    ['too short a text', text.slice(1), /^Invalid argument: secret has 39 characters; a key has 40/],
    ['a space behind it', `${text} `, /41 characters/],
    ['a foreign character', `${text.slice(1)}"`, /^Invalid argument: secret is no key of 40 characters of Z85$/],
    ['31 bytes', Buffer.alloc(31), /secret has 31 bytes; it must have 32/],
    ['the text as bytes', Buffer.from(text), /secret has 40 bytes/],
  ])('refuses %s', (_, key, message) => {
    const error = errorOf(() => readKey('secret', key));
    expect([error.code, error.message]).toEqual(['EINVAL', expect.stringMatching(message)]);
    expect(error.message).not.toContain(text.slice(2, 20));
  });

  it.each([undefined, null, 5, {}, [], new DataView(new ArrayBuffer(32))])('refuses %p', (key) => {
    expect(errorOf(() => readKey('secret', key))).toEqual(new TypeError('secret must be a string or buffer'));
  });
});
