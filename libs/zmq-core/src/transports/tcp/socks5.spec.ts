import fc from 'fast-check';
import { SocksHandshake } from './socks5.js';

const endpoint = 'tcp://target:5555';
const login = { username: 'me', password: 'secret' };
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function handshake(host = 'target', port = 5555, withLogin = false): SocksHandshake {
  return new SocksHandshake({ host, port }, withLogin ? login : undefined, endpoint);
}

/** What is sent in answer to each of these, in hex. */
function converse(socks: SocksHandshake, ...chunks: readonly string[]): (string | undefined)[] {
  return chunks.map((chunk) => socks.receive(bytes(chunk))?.toString('hex'));
}

function refusal(code: string, message: RegExp): Error {
  return expect.objectContaining({
    name: 'ZmqError',
    code,
    address: endpoint,
    message: expect.stringMatching(message) as string,
  }) as Error;
}

const CHOSE_NONE = '05 00';
const CHOSE_LOGIN = '05 02';
const WELCOME = '01 00';
const CONNECTED = '05 00 00 01 7f000001 1538';

describe('SocksHandshake', () => {
  it('offers no method but that without a login', () => {
    const socks = handshake();
    expect(socks.greeting).toEqual(bytes('05 01 00'));
    expect(converse(socks, CHOSE_NONE, CONNECTED)).toEqual(['050100030674617267657415b3', undefined]);
    expect([socks.done, socks.rest.length]).toEqual([true, 0]);
  });

  it('offers the login alone when there is one (RFC 1929)', () => {
    const socks = handshake('target', 5555, true);
    expect(socks.greeting).toEqual(bytes('05 01 02'));
    expect(converse(socks, CHOSE_LOGIN, WELCOME, CONNECTED)).toEqual([
      '01026d6506736563726574',
      '050100030674617267657415b3',
      undefined,
    ]);
    expect(socks.done).toBe(true);
  });

  it('may have an empty password', () => {
    const socks = new SocksHandshake({ host: 'a', port: 1 }, { username: 'me', password: '' }, endpoint);
    expect(converse(socks, CHOSE_LOGIN)).toEqual(['01026d6500']);
  });

  it.each([
    ['10.1.2.3', 80, '05010001 0a010203 0050'],
    ['::1', 65535, '05010004 00000000000000000000000000000001 ffff'],
    ['fe80::1%eth0', 1, '05010004 fe800000000000000000000000000001 0001'],
    // Not an address as it is usually written: the proxy may make of it what it likes.
    ['127.1', 1, '05010003 05 3132372e31 0001'],
    ['localhost', 1, '05010003 09 6c6f63616c686f7374 0001'],
  ])('asks for %s:%i', (host, port, request) => {
    expect(converse(handshake(host, port), CHOSE_NONE)).toEqual([bytes(request).toString('hex')]);
  });

  it.each([
    ['IPv4', CONNECTED],
    ['IPv6', `05 00 00 04 ${'00'.repeat(16)} 0001`],
    ['a name', '05 00 00 03 03 616263 0001'],
    ['an empty name', '05 00 00 03 00 0001'],
  ])('reads a reply with %s, and leaves what is behind it', (_kind, reply) => {
    const socks = handshake();
    expect(converse(socks, CHOSE_NONE, `${reply} ff00 7f`)).toHaveLength(2);
    expect([socks.done, socks.rest]).toEqual([true, bytes('ff007f')]);
  });

  it('reads all in pieces of any size, and byte by byte', () => {
    const all = [CHOSE_LOGIN, WELCOME, '05 00 00 03 03 616263 0001', 'ffff'].map(bytes);
    const answers = ['01026d6506736563726574', '050100030674617267657415b3'];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (sizes) => {
        const socks = handshake('target', 5555, true);
        const sent: string[] = [];
        let rest = Buffer.concat(all);
        // The proxy does not speak ahead of us.
        const limits = [2, 4, rest.length];
        for (let i = 0, taken = 0; !socks.done; i++) {
          const limit = limits[sent.length]! - taken;
          const chunk = rest.subarray(0, Math.min(sizes[i % sizes.length]!, limit));
          const answer = socks.receive(chunk);
          if (answer !== undefined) sent.push(answer.toString('hex'));
          rest = rest.subarray(chunk.length);
          taken += chunk.length;
        }
        expect(sent).toEqual(answers);
        expect(Buffer.concat([socks.rest, rest])).toEqual(bytes('ffff'));
      }),
    );
  });

  it.each([
    ['01', 'EHOSTUNREACH', /general failure/],
    ['02', 'EACCES', /rules/],
    ['03', 'EHOSTUNREACH', /network/],
    ['04', 'EHOSTUNREACH', /host/],
    ['05', 'ECONNREFUSED', /nobody listens/],
    ['06', 'ETIMEDOUT', /time to live/],
    ['07', 'ENOTSUP', /does not make connections/],
    ['08', 'EAFNOSUPPORT', /kind of address/],
    ['5b', 'EPROTO', /unknown status 91/],
  ])('tells the status %s as %s, also when the reply is cut behind it', (status, code, message) => {
    for (const end of ['', '00 01 00000000 0000']) {
      const socks = handshake();
      converse(socks, CHOSE_NONE);
      expect(() => converse(socks, `05 ${status} ${end}`)).toThrow(refusal(code, message));
      expect(socks.done).toBe(false);
    }
  });

  it.each([
    ['a proxy that wants a login', false, ['05 ff'], 'EACCES', /set socksUsername/],
    ['a proxy that takes no login', true, ['05 ff'], 'EACCES', /takes no login/],
    ['a wrong password', true, [CHOSE_LOGIN, '01 01'], 'EACCES', /does not accept socksUsername and socksPassword/],
    ['a method that was not offered', false, [CHOSE_LOGIN], 'EPROTO', /method 2, which was not offered/],
    ['a login that was not asked for', true, [CHOSE_NONE], 'EPROTO', /method 0, which was not offered/],
    ['SOCKS4', false, ['00 5a'], 'EPROTO', /does not speak SOCKS5/],
    ['a web server', false, ['48'], 'EPROTO', /does not speak SOCKS5/],
    ['a verdict of another kind', true, [CHOSE_LOGIN, '05 00'], 'EPROTO', /does not speak SOCKS5/],
    ['a reply of another kind', false, [CHOSE_NONE, '04 00'], 'EPROTO', /does not speak SOCKS5/],
    ['a malformed reply', false, [CHOSE_NONE, '05 00 01'], 'EPROTO', /malformed/],
    ['an unknown kind of address', false, [CHOSE_NONE, '05 00 00 02 00'], 'EPROTO', /unknown type 2/],
  ] as const)('refuses %s', (_what, withLogin, chunks, code, message) => {
    const socks = handshake('target', 5555, withLogin);
    const [last, ...before] = [...chunks].reverse();
    converse(socks, ...before.reverse());
    expect(() => converse(socks, last!)).toThrow(refusal(code, message));
  });

  it('never shows the password', () => {
    const socks = handshake('target', 5555, true);
    converse(socks, CHOSE_LOGIN);
    expect(() => converse(socks, '01 01')).toThrow(/^(?!.*secret)/);
  });
});
