import { encodeZ85 } from '../foundation/z85.js';
import { formatCertificate, parseCertificate } from './certificate.js';
import { createKeyPair } from './key-pair.js';

const publicKey = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
const secretKey = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6';
const now = new Date('2026-11-21T16:05:04.321Z');

/** As CZMQ 4 writes it. */
const czmq = `#   ****  Generated on 2013-05-14 11:31:24 by CZMQ  ****
#   ZeroMQ CURVE **Secret** Certificate

metadata
    email = "ph@imatix.com"
    name = "Pieter Hintjens"
    version = "1"
curve
    public-key = "${publicKey}"
    secret-key = "${secretKey}"
`;

/** As pyzmq writes it: metadata without quotes. */
const pyzmq = `#   ****  Generated on 2026-11-21 16:05:04.321 by pyzmq  ****
#   ZeroMQ CURVE Public Certificate

metadata
    name = Alice Liddell
curve
    public-key = "${publicKey}"
`;

describe('a certificate', () => {
  it('of CZMQ is read', () => {
    expect(parseCertificate(czmq, 'x.key_secret')).toEqual({
      publicKey,
      secretKey,
      metadata: { email: 'ph@imatix.com', name: 'Pieter Hintjens', version: '1' },
    });
  });

  it('of pyzmq is read', () => {
    expect(parseCertificate(pyzmq, 'x.key')).toEqual({
      publicKey,
      secretKey: undefined,
      metadata: { name: 'Alice Liddell' },
    });
    expect(parseCertificate(pyzmq.replaceAll('\n', '\r\n'), 'x.key').publicKey).toBe(publicKey);
  });

  it('of CZMQ without the secret key has one of zeroes', () => {
    const text = czmq.replace(secretKey, '0'.repeat(40));
    expect(parseCertificate(text, 'x').secretKey).toBeUndefined();
  });

  it('needs no metadata', () => {
    expect(parseCertificate(`curve\n    public-key = '${publicKey}'`, 'x').metadata).toEqual({});
  });

  it('has metadata of any name as data', () => {
    const text = czmq.replace('email =', '__proto__ =').replace('name =', 'constructor =');
    const { metadata } = parseCertificate(text, 'x');
    expect(Object.keys(metadata)).toEqual(['__proto__', 'constructor', 'version']);
    expect(({} as Record<string, unknown>)['ph@imatix.com']).toBeUndefined();
  });

  it.each([
    ['an empty file', '', /^Invalid argument: a\.key is no certificate: it has no curve\/public-key$/],
    ['other ZPL', 'curve = 5', /has no curve\/public-key/],
    ['a public key elsewhere', `public-key = "${publicKey}"`, /has no curve\/public-key/],
    ['what is no ZPL', '{ "curve": 1 }', /a\.key is no certificate: line 1: does not begin/],
    ['a short key', czmq.replace(publicKey, publicKey.slice(1)), /the public key in a\.key has 39 characters/],
    [
      'a broken secret key',
      czmq.replace(secretKey, `~${secretKey.slice(1)}`),
      /the secret key in a\.key is no key of 40/,
    ],
    ['a bare secret key', secretKey, /is no certificate: line 1/],
    [
      'keys of different pairs',
      czmq.replace(publicKey, createKeyPair().publicKey),
      /keys in a\.key do not belong together/,
    ],
  ])('is not read from %s', (_, text, message) => {
    try {
      parseCertificate(text, 'a.key');
    } catch (error) {
      expect(error).toMatchObject({ code: 'EINVAL', message: expect.stringMatching(message) });
      // Not even a part of it.
      for (let at = 0; at + 6 <= secretKey.length; at++)
        expect((error as Error).message).not.toContain(secretKey.slice(at, at + 6));
      return;
    }
    throw new Error('it was read');
  });
});

describe('the text of a certificate', () => {
  const metadata = { name: 'Alice', note: "it's hers" };

  it('says what it is', () => {
    expect(formatCertificate({ publicKey, secretKey, metadata }, 'secret', now))
      .toBe(`#   Generated on 2026-11-21 16:05:04 UTC by nest-zmq
#   ZeroMQ CURVE **secret** certificate
#   Keep this file to yourself, and its permissions as they are.

metadata
    name = "Alice"
    note = "it's hers"
curve
    public-key = "${publicKey}"
    secret-key = "${secretKey}"
`);
  });

  it('that is public has no secret', () => {
    const text = formatCertificate({ publicKey, secretKey, metadata }, 'public', now);
    expect(text).not.toContain(secretKey);
    expect(parseCertificate(text, 'x')).toEqual({ publicKey, secretKey: undefined, metadata });
  });

  it('is read again, for many keys', () => {
    for (let i = 0; i < 50; i++) {
      const pair = createKeyPair();
      expect(parseCertificate(formatCertificate(pair, 'secret', now), 'x')).toEqual({ ...pair, metadata: {} });
    }
  });

  it.each([
    ['a name with a blank', { 'a name': 'x' }, /the metadata "a name" cannot be in a certificate/],
    ['two lines', { name: 'a\n    secret-key = "x"' }, /the metadata "name" cannot be/],
    ['both quotes', { name: `'"` }, /the metadata "name" cannot be/],
    ['a long value', { name: 'x'.repeat(1024) }, /the metadata "name" cannot be/],
    ['a number', { age: 5 as unknown as string }, /the metadata "age" must be a string/],
  ])('refuses metadata of %s', (_, bad, message) => {
    expect(() => formatCertificate({ publicKey, secretKey, metadata: bad }, 'public', now)).toThrow(message);
  });

  it('refuses keys that are none, or that do not belong together', () => {
    expect(() => formatCertificate({ publicKey: 'x', secretKey }, 'public', now)).toThrow(/publicKey has 1 characters/);
    expect(() => formatCertificate({ publicKey, secretKey: '' }, 'public', now)).toThrow(/secretKey has 0 characters/);
    const other = encodeZ85(Buffer.alloc(32, 1));
    expect(() => formatCertificate({ publicKey: other, secretKey }, 'public', now)).toThrow(/do not belong together/);
  });
});
