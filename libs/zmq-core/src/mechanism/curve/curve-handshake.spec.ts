import { openWasm } from '../../crypto/open-backend.js';
import { type RandomSource, systemRandom } from '../../foundation/random.js';
import { bytes, pattern } from '../../testing/bytes.js';
import { admission, admitted, FakeAuthenticator, hear, metadataOf, said, shakeHands } from '../../testing/handshake.js';
import type { CryptoBackend } from '../crypto-backend.js';
import { createKeyPair, type KeyPair, open, seal } from './curve-box.js';
import { CurveClient } from './curve-client.js';
import { CurveKeys } from './curve-keys.js';
import { MESSAGE_OVERHEAD } from './curve-messages.js';
import { nonceOf, prefixes } from './curve-nonce.js';
import { CurveServer } from './curve-server.js';

const PUSH = metadataOf('PUSH');
const PULL = metadataOf('PULL');

/** Counts what an attacker can make a server do. */
class CountingBackend implements CryptoBackend {
  agreements = 0;
  pairs = 0;
  readonly name = 'counting';
  constructor(readonly inner: CryptoBackend) {}
  publicKey(secretKey: Buffer): Buffer {
    this.pairs++;
    return this.inner.publicKey(secretKey);
  }
  sharedKey(publicKey: Buffer, secretKey: Buffer): Buffer | undefined {
    this.agreements++;
    return this.inner.sharedKey(publicKey, secretKey);
  }
  seal(...parts: Parameters<CryptoBackend['seal']>): void {
    this.inner.seal(...parts);
  }
  open(...parts: Parameters<CryptoBackend['open']>): boolean {
    return this.inner.open(...parts);
  }
}

/** Makes the same chance and the same agreements again, so that a handshake can be repeated thousands of times. */
function repeating(): { random: RandomSource; backend: CryptoBackend } {
  let seed = 0;
  const known = new Map<string, Buffer | undefined>();
  const remember = (key: string, compute: () => Buffer | undefined): Buffer | undefined => {
    if (!known.has(key)) known.set(key, compute());
    const value = known.get(key);
    return value && Buffer.from(value);
  };
  return {
    random: { bytes: (size) => pattern(size, ++seed), fraction: () => 0 },
    backend: {
      name: 'repeating',
      publicKey: (secret) => remember(secret.toString('hex'), () => backend.publicKey(secret))!,
      sharedKey: (key, secret) =>
        remember(`${key.toString('hex')} ${secret.toString('hex')}`, () => backend.sharedKey(key, secret)),
      seal: (...parts) => backend.seal(...parts),
      open: (...parts) => backend.open(...parts),
    },
  };
}

let backend: CountingBackend;
let serverPair: KeyPair;
let clientPair: KeyPair;
let otherPair: KeyPair;
beforeAll(async () => {
  backend = new CountingBackend(await openWasm());
  [serverPair, clientPair, otherPair] = [1, 2, 3].map(() => createKeyPair(backend, systemRandom)) as [KeyPair, KeyPair, KeyPair];
}); // prettier-ignore
beforeEach(() => {
  backend.agreements = 0;
  backend.pairs = 0;
});

function client(serverKey = serverPair.publicKey, pair: Partial<KeyPair> = clientPair): CurveClient {
  const keys = new CurveKeys(pair.secretKey ?? clientPair.secretKey, pair.publicKey, serverKey);
  return new CurveClient(backend, systemRandom, keys, PUSH);
}

function server(authenticator = new FakeAuthenticator(admitted), wake = (): void => {}): CurveServer {
  const keys = new CurveKeys(serverPair.secretKey, undefined, undefined);
  return new CurveServer(backend, systemRandom, keys, admission('CURVE', authenticator, { wake }), PULL);
}

/** A client, a server, and the commands up to the one that `steps` counts: HELLO is 1. */
function upTo(steps: number, one = client(), other = server()): { one: CurveClient; other: CurveServer; last: Buffer } {
  let last = said(one)[0]!;
  for (let step = 1; step < steps; step++) {
    const [from, to] = step % 2 === 1 ? [one, other] : [other, one];
    hear(to, last);
    last = said(to)[0]!;
    expect(from.status).not.toBe('waiting');
  }
  return { one, other, last };
}

const flipped = (body: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(body);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};
const code = (value: string): Error => expect.objectContaining({ code: `ERR_ZMTP_${value}` }) as unknown as Error;
const refusal = expect.objectContaining({ name: 'ProtocolError' }) as Error;

describe('the whole handshake', () => {
  it('26-WELCOME-1 26-INITIATE-1 26-INITIATE-12 26-READY-1: each answers the other, and knows who it is', () => {
    const authenticator = new FakeAuthenticator(admitted);
    const [one, other] = [client(), server(authenticator)];
    const commands = shakeHands(one, other);
    expect(commands.map((body) => body.toString('latin1', 1, 1 + body[0]!))).toEqual(['HELLO', 'WELCOME', 'INITIATE', 'READY']);
    expect([one.status, other.status]).toEqual(['ready', 'ready']);
    expect(String(one.peerProperties.get('Socket-Type'))).toBe('PULL');
    expect(String(other.peerProperties.get('Socket-Type'))).toBe('PUSH');
    expect(authenticator.requests).toMatchObject([{ mechanism: 'CURVE', credentials: [clientPair.publicKey] }]);
    expect(other.admitted).toBe(admitted);
    // Nobody who listens learns who the client is.
    expect(Buffer.concat(commands).includes(clientPair.publicKey)).toBe(false);
    expect(Buffer.concat(commands).includes('Socket-Type')).toBe(false);
  }); // prettier-ignore

  it('26-HELLO-2 26-WELCOME-2 26-INITIATE-2 26-READY-2: the sizes of CurveZMQ', () => {
    const sizes = shakeHands(client(), server()).map(({ length }) => length);
    expect(sizes).toEqual([200, 168, 257 + PUSH.length, 30 + PULL.length]);
  });

  it('and messages behind it, with nonces that go on', () => {
    const [one, other] = [client(), server()];
    shakeHands(one, other);
    for (const [from, to, nonce] of [[one, other, 3n], [other, one, 2n], [one, other, 4n]] as const) {
      const body = Buffer.alloc(MESSAGE_OVERHEAD + 5);
      from.messages!.seal(0, Buffer.from('Hello'), body, 0);
      expect(body.readBigUInt64BE(8)).toBe(nonce);
      expect(to.messages!.open(body).toString()).toBe('Hello');
    }
  }); // prettier-ignore

  it('a client shows the public key of its secret one when it was given no other', () => {
    const authenticator = new FakeAuthenticator(admitted);
    shakeHands(client(serverPair.publicKey, { secretKey: clientPair.secretKey }), server(authenticator));
    expect(authenticator.requests[0]!.credentials).toEqual([clientPair.publicKey]);
  });

  it('the secret key that a client has made for it is overwritten as soon as it has no use, or the connection has ended', () => {
    const given: Buffer[] = [];
    const random: RandomSource = {
      bytes: (size) => {
        const chance = systemRandom.bytes(size);
        given.push(chance);
        return chance;
      },
      fraction: () => 0,
    };
    const keys = new CurveKeys(clientPair.secretKey, undefined, serverPair.publicKey);
    for (const isAbandoned of [false, true]) {
      given.length = 0;
      const [one, other] = [new CurveClient(backend, random, keys, PUSH), server()];
      hear(other, ...said(one));
      const isForgotten = (): boolean => given[0]!.every((octet) => octet === 0);
      expect([given.map(({ length }) => length), isForgotten()]).toEqual([[32], false]);
      if (isAbandoned) one.abandon();
      else hear(one, ...said(other));
      expect(isForgotten()).toBe(isAbandoned);
      if (isAbandoned) continue;
      hear(other, ...said(one));
      expect(isForgotten()).toBe(true);
      // The rest needs it no more.
      hear(one, ...said(other));
      one.abandon();
      expect(one.status).toBe('ready');
    }
    expect(clientPair.secretKey.every((octet) => octet === 0)).toBe(false);
  }); // prettier-ignore

  it('every connection has keys of its own', () => {
    const [first, second] = [upTo(2), upTo(2)];
    expect(first.last).not.toEqual(second.last);
    // HELLO of the one, WELCOME for the other.
    expect(() => hear(first.one, second.last)).toThrow(code('CRYPTOGRAPHIC'));
    hear(first.one, first.last);
    hear(second.one, second.last);
    // A cookie opens once, for the connection that it was made for.
    expect(() => hear(first.other, said(second.one)[0]!)).toThrow(code('CRYPTOGRAPHIC'));
  });

  it('waits for a verdict, and is woken', () => {
    let woken = 0;
    const authenticator = new FakeAuthenticator();
    const { one, other, last } = upTo(
      3,
      client(),
      server(authenticator, () => void woken++),
    );
    hear(other, last);
    expect([other.status, said(other), woken]).toEqual(['waiting', [], 0]);
    authenticator.give(admitted);
    expect([other.status, woken]).toEqual(['ready', 1]);
    hear(one, ...said(other));
    expect(one.status).toBe('ready');
  });

  it.each([300, 400, 500] as const)('is not done with a verdict of %i', (status) => {
    const { other, last } = upTo(3, client(), server(new FakeAuthenticator({ status, text: '' })));
    hear(other, last);
    expect(other.status).toBe('handshaking');
    expect(() => other.produce()).toThrow(expect.objectContaining({ status }));
    expect(other.messages).toBeUndefined();
  });

  it('takes the question back when the connection ends', () => {
    const authenticator = new FakeAuthenticator();
    const { other, last } = upTo(3, client(), server(authenticator));
    hear(other, last);
    other.abandon();
    expect(authenticator.cancelled).toBe(1);
  });
});

describe('HELLO', () => {
  it('costs one key agreement when it is bad, and nothing of it is kept', () => {
    const hello = said(client())[0]!;
    const bad = [flipped(hello, 8 * 150), flipped(hello, 8 * 85), flipped(hello, 8 * 119)];
    for (const body of bad) {
      const other = server();
      backend.agreements = backend.pairs = 0;
      expect(() => hear(other, body)).toThrow(code('CRYPTOGRAPHIC'));
      expect([backend.agreements, backend.pairs]).toEqual([1, 0]);
      expect(other.produce()).toBeUndefined();
    }
  });

  it.each([
    ['a cut one', (hello: Buffer) => hello.subarray(0, 199), 'MALFORMED_COMMAND_HELLO'],
    ['a long one', (hello: Buffer) => Buffer.concat([hello, Buffer.of(0)]), 'MALFORMED_COMMAND_HELLO'],
    ['version 2.0', (hello: Buffer) => flipped(flipped(hello, 48), 49), 'MALFORMED_COMMAND_HELLO'],
    ['version 1.1', (hello: Buffer) => flipped(hello, 56), 'MALFORMED_COMMAND_HELLO'],
    ['padding that is not zero', (hello: Buffer) => flipped(hello, 8 * 40), 'MALFORMED_COMMAND_HELLO'],
  ] as const)('26-HELLO-3 26-HELLO-4 26-HELLO-9: %s costs none', (_, change, wanted) => {
    const body = change(said(client())[0]!);
    backend.agreements = 0;
    expect(() => hear(server(), body)).toThrow(code(wanted));
    expect(backend.agreements).toBe(0);
  });

  it('is refused at every shorter length', () => {
    const hello = said(client())[0]!;
    for (let size = 6; size < 200; size++)
      expect(() => hear(server(), hello.subarray(0, size))).toThrow(code('MALFORMED_COMMAND_HELLO'));
  });

  it('for another server', () => {
    const hello = said(client(otherPair.publicKey))[0]!;
    expect(() => hear(server(), hello)).toThrow(code('CRYPTOGRAPHIC'));
  });

  // Points of low order: 0, 1, the two of order 8, p-1, p, p+1, and p with the bit that is not looked at.
  it.each([
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(31)}`,
  ])('with the key %s, whose agreement anybody can compute', (key) => {
    const hello = said(client())[0]!;
    Buffer.from(key, 'hex').copy(hello, 80);
    const other = server();
    backend.agreements = 0;
    expect(() => hear(other, hello)).toThrow(code('CRYPTOGRAPHIC'));
    expect(backend.agreements).toBe(1);
    // Nor does a client go on with such a server.
    expect(() => client(Buffer.from(key, 'hex')).produce()).toThrow(code('CRYPTOGRAPHIC'));
  });

  it('26-HELLO-8: with something in its box', () => {
    const hello = said(client())[0]!;
    const pair = createKeyPair(backend, systemRandom);
    pair.publicKey.copy(hello, 80);
    const key = backend.sharedKey(serverPair.publicKey, pair.secretKey)!;
    const boxed = (plain: Buffer): Buffer => {
      seal(backend, key, nonceOf(prefixes.hello, hello.subarray(112, 120)), plain).copy(hello, 120);
      return hello;
    };
    expect(() => hear(server(), boxed(Buffer.alloc(64, 1)))).toThrow(code('MALFORMED_COMMAND_HELLO'));
    expect(() => hear(server(), boxed(Buffer.alloc(64)))).not.toThrow();
  });

  it('no bit of it may be another: what is not seen in HELLO is seen in the vouch', () => {
    const { one, last } = upTo(1);
    let later = 0;
    for (let bit = 0; bit < last.length * 8; bit++) {
      const other = server();
      try {
        hear(other, flipped(last, bit));
      } catch (error) {
        expect(error).toEqual(refusal);
        continue;
      }
      // The highest bit of a public key: nobody looks at it.
      expect(bit).toBe((80 + 31) * 8 + 7);
      later++;
      hear(one, ...said(other));
      expect(() => hear(other, ...said(one))).toThrow(code('KEY_EXCHANGE'));
      expect(other.status).toBe('handshaking');
    }
    expect(later).toBe(1);
  });

  it('a replay gets a WELCOME that only its first sender could open, and no further', () => {
    const other = server();
    const { one, last } = upTo(1);
    hear(other, last);
    const second = server();
    hear(second, last);
    const [welcome, again] = [said(other)[0]!, said(second)[0]!];
    expect(welcome).not.toEqual(again);
    hear(one, welcome);
    // Its INITIATE is for the first of the two.
    expect(() => hear(second, ...said(one))).toThrow(code('CRYPTOGRAPHIC'));
  });

  it.each([
    ['WELCOME', bytes('07 "WELCOME"')],
    ['INITIATE', Buffer.concat([bytes('08 "INITIATE"'), Buffer.alloc(300)])],
    ['MESSAGE', Buffer.concat([bytes('07 "MESSAGE"'), Buffer.alloc(40)])],
    ['READY', Buffer.concat([bytes('05 "READY"'), PUSH])],
    ['an empty command', Buffer.alloc(0)],
  ])('%s in its place', (_, body) => {
    expect(() => hear(server(), body)).toThrow(code('UNEXPECTED_COMMAND'));
    expect(() => hear(upTo(2).other, bytes('05 "HELLO"'))).toThrow(code('UNEXPECTED_COMMAND'));
  });
});

describe('WELCOME', () => {
  it('26-WELCOME-8: no bit of it may be another, nor any byte be missing', () => {
    const { one, last } = upTo(2);
    for (let bit = 0; bit < last.length * 8; bit++) expect(() => hear(one, flipped(last, bit))).toThrow(refusal);
    for (let size = 8; size < last.length; size++)
      expect(() => hear(one, last.subarray(0, size))).toThrow(code('MALFORMED_COMMAND_WELCOME'));
    expect(() => hear(one, Buffer.concat([last, Buffer.of(0)]))).toThrow(code('MALFORMED_COMMAND_WELCOME'));
    expect(one.produce()).toBeUndefined();
    hear(one, last);
    expect(said(one)).toHaveLength(1);
  });

  it('of a server with other keys', () => {
    const keys = new CurveKeys(otherPair.secretKey, undefined, undefined);
    const impostor = new CurveServer(backend, systemRandom, keys, admission('CURVE', undefined), PULL);
    const { one } = upTo(1);
    hear(impostor, said(client(otherPair.publicKey))[0]!);
    expect(() => hear(one, ...said(impostor))).toThrow(code('CRYPTOGRAPHIC'));
  });

  it('26-WELCOME-4 26-WELCOME-7: each has a nonce and a cookie of its own', () => {
    const welcomes = Array.from({ length: 20 }, () => upTo(2).last.subarray(8, 24).toString('hex'));
    expect(new Set(welcomes).size).toBe(20);
  });

  it.each([
    ['READY', bytes('05 "READY"')],
    ['HELLO', bytes('05 "HELLO"')],
    ['INITIATE', bytes('08 "INITIATE"')],
    ['MESSAGE', Buffer.concat([bytes('07 "MESSAGE"'), Buffer.alloc(40)])],
  ])('%s in its place', (_, body) => {
    expect(() => hear(upTo(1).one, body)).toThrow(code('UNEXPECTED_COMMAND'));
  });
});

describe('INITIATE', () => {
  it('26-INITIATE-10: no bit of it may be another', () => {
    const repeated = repeating();
    const keys = new CurveKeys(serverPair.secretKey, undefined, undefined);
    const authenticator = new FakeAuthenticator(admitted);
    const create = (): CurveServer => {
      const { random } = repeating();
      return new CurveServer(repeated.backend, random, keys, admission('CURVE', authenticator), PULL);
    };
    const one = client();
    const hello = said(one)[0]!;
    const welcomed = (): CurveServer => {
      const other = create();
      hear(other, hello);
      return other;
    };
    hear(one, ...said(welcomed()));
    const initiate = said(one)[0]!;
    for (let bit = 0; bit < initiate.length * 8; bit++) {
      const other = welcomed();
      expect(() => hear(other, flipped(initiate, bit))).toThrow(refusal);
      expect([other.status, other.messages]).toEqual(['handshaking', undefined]);
    }
    expect(authenticator.requests).toEqual([]);
    // It is no other reason that it was refused for.
    const good = welcomed();
    hear(good, initiate);
    expect(good.status).toBe('ready');
  });

  it('nor any byte be missing', () => {
    const { last } = upTo(3);
    for (let size = 9; size < 257; size++) {
      const { other } = upTo(2);
      expect(() => hear(other, last.subarray(0, size))).toThrow(code('MALFORMED_COMMAND_INITIATE'));
    }
    for (let size = 257; size <= last.length + 1; size++) {
      if (size === last.length) continue;
      const { other, last: fresh } = upTo(3);
      const body = Buffer.concat([fresh, Buffer.of(0)]).subarray(0, size);
      expect(() => hear(other, body)).toThrow(code('CRYPTOGRAPHIC'));
    }
  });

  it('26-WELCOME-6: a second time, to the same server or to another', () => {
    const { other, last } = upTo(3);
    hear(other, last);
    expect(() => hear(other, last)).toThrow(code('UNEXPECTED_COMMAND'));
    said(other);
    expect(() => hear(other, last)).toThrow(code('UNEXPECTED_COMMAND'));
    expect(() => hear(upTo(2).other, last)).toThrow(code('CRYPTOGRAPHIC'));
  });

  it('has one try only: the cookie is spent by a bad one', () => {
    const { other, last } = upTo(3);
    expect(() => hear(other, flipped(last, 8 * 200))).toThrow(code('CRYPTOGRAPHIC'));
    expect(() => hear(other, last)).toThrow(code('CRYPTOGRAPHIC'));
  });

  /** INITIATE of a client whose vouch the test makes: only who has c' can. */
  function forged(change: (parts: { shortTerm: Buffer; serverKey: Buffer; by: KeyPair }) => Buffer[], shown?: Buffer): () => void {
    const other = server();
    const shortTerm = createKeyPair(backend, systemRandom);
    const first = backend.sharedKey(serverPair.publicKey, shortTerm.secretKey)!;
    const counter = (value: number): Buffer => Buffer.concat([Buffer.alloc(7), Buffer.of(value)]);
    const hello = seal(backend, first, nonceOf(prefixes.hello, counter(1)), Buffer.alloc(64));
    hear(other, Buffer.concat([bytes('05 "HELLO" 0100'), Buffer.alloc(72), shortTerm.publicKey, counter(1), hello]));
    const welcome = said(other)[0]!;
    const plain = open(backend, first, nonceOf(prefixes.welcome, welcome.subarray(8, 24)), welcome.subarray(24))!;
    const [shortTermServer, cookie] = [plain.subarray(0, 32), plain.subarray(32)];
    const key = backend.sharedKey(shortTermServer, shortTerm.secretKey)!;
    const by = clientPair;
    const vouchNonce = Buffer.alloc(16, 5);
    const vouched = Buffer.concat(change({ shortTerm: shortTerm.publicKey, serverKey: serverPair.publicKey, by }));
    const vouchKey = backend.sharedKey(shortTermServer, by.secretKey)!;
    const vouch = seal(backend, vouchKey, nonceOf(prefixes.vouch, vouchNonce), vouched);
    const content = Buffer.concat([shown ?? by.publicKey, vouchNonce, vouch, PUSH]);
    const box = seal(backend, key, nonceOf(prefixes.initiate, counter(2)), content);
    return () => hear(other, Buffer.concat([bytes('08 "INITIATE"'), cookie, counter(2), box]));
  } // prettier-ignore

  it('with a vouch', () => {
    expect(forged(({ shortTerm, serverKey }) => [shortTerm, serverKey])).not.toThrow();
  });

  it('with a vouch for another connection', () => {
    expect(forged(({ serverKey }) => [otherPair.publicKey, serverKey])).toThrow(code('KEY_EXCHANGE'));
  });

  it('with a vouch that was made for another server, which then goes on as the client', () => {
    expect(forged(({ shortTerm }) => [shortTerm, otherPair.publicKey])).toThrow(code('KEY_EXCHANGE'));
  });

  it('with the public key of somebody else', () => {
    expect(forged(({ shortTerm, serverKey }) => [shortTerm, serverKey], otherPair.publicKey)).toThrow(code('CRYPTOGRAPHIC'));
  }); // prettier-ignore

  it('with a public key of low order', () => {
    expect(forged(({ shortTerm, serverKey }) => [shortTerm, serverKey], Buffer.alloc(32))).toThrow(code('CRYPTOGRAPHIC'));
  }); // prettier-ignore
});

describe('READY', () => {
  it('26-READY-4: no bit of it may be another, nor any byte be missing', () => {
    const { one, last } = upTo(4);
    for (let bit = 0; bit < last.length * 8; bit++) expect(() => hear(one, flipped(last, bit))).toThrow(refusal);
    for (let size = 6; size < 30; size++)
      expect(() => hear(one, last.subarray(0, size))).toThrow(code('MALFORMED_COMMAND_READY'));
    for (let size = 30; size < last.length; size++)
      expect(() => hear(one, last.subarray(0, size))).toThrow(code('CRYPTOGRAPHIC'));
    expect([one.status, one.messages]).toEqual(['handshaking', undefined]);
    hear(one, last);
    expect(one.status).toBe('ready');
  });

  it('of another connection', () => {
    expect(() => hear(upTo(4).one, upTo(4).last)).toThrow(code('CRYPTOGRAPHIC'));
  });

  it.each([
    ['WELCOME', bytes('07 "WELCOME"')],
    ['MESSAGE', Buffer.concat([bytes('07 "MESSAGE"'), Buffer.alloc(40)])],
    ['INITIATE', bytes('08 "INITIATE"')],
  ])('%s in its place', (_, body) => {
    expect(() => hear(upTo(4).one, body)).toThrow(code('UNEXPECTED_COMMAND'));
  });
});
