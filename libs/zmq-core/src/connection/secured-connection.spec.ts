import { openWasm } from '../crypto/open-backend.js';
import { ProtocolError } from '../foundation/errors.js';
import { systemRandom } from '../foundation/random.js';
import type { SocketTypeName } from '../foundation/socket-type.js';
import type { Authenticator } from '../mechanism/authenticator.js';
import type { CryptoBackend } from '../mechanism/crypto-backend.js';
import { createKeyPair } from '../mechanism/curve/curve-box.js';
import { CurveKeys } from '../mechanism/curve/curve-keys.js';
import { MESSAGE_OVERHEAD } from '../mechanism/curve/curve-messages.js';
import { noSecurity, type SecurityOptions } from '../mechanism/security-options.js';
import { bytes, pattern, print } from '../testing/bytes.js';
import { cutAt, everyChunking } from '../testing/chunking.js';
import { Conversation } from '../testing/conversation.js';
import { admitted, FakeAuthenticator } from '../testing/handshake.js';
import { encodeGreeting } from '../wire/greeting.js';
import { ZmtpConnection, type ZmtpOptions } from './zmtp-connection.js';

let backend: CryptoBackend;
let curveServer: SecurityOptions;
let curveClient: SecurityOptions;
beforeAll(async () => {
  backend = await openWasm();
  const [server, client] = [createKeyPair(backend, systemRandom), createKeyPair(backend, systemRandom)];
  const serverKeys = new CurveKeys(server.secretKey, undefined, undefined);
  const clientKeys = new CurveKeys(client.secretKey, undefined, server.publicKey);
  curveServer = { ...noSecurity, mechanism: 'CURVE', asServer: true, keys: serverKeys };
  curveClient = { ...noSecurity, mechanism: 'CURVE', asServer: false, keys: clientKeys };
});
const plainServer: SecurityOptions = { ...noSecurity, mechanism: 'PLAIN', asServer: true };
const plainClient: SecurityOptions = {
  ...noSecurity,
  mechanism: 'PLAIN',
  asServer: false,
  credentials: { username: 'joe', password: 'secret' },
};
const nullServer: SecurityOptions = { ...noSecurity, zapDomain: 'games' };

interface Side {
  readonly socketType: SocketTypeName;
  readonly security: SecurityOptions;
  readonly authenticator?: Authenticator | undefined;
  readonly options?: Partial<ZmtpOptions>;
  readonly wake?: () => void;
  readonly library?: CryptoBackend;
}

function side(given: Side): Conversation {
  const { socketType, security, authenticator, options, wake = () => {}, library = backend } = given;
  const all: ZmtpOptions = {
    socketType,
    routingId: undefined,
    metadata: {},
    maxMessageSize: 2 ** 31 - 1,
    maxFramesPerMessage: 16_384,
    maxUnfinishedBytes: 2 ** 31 - 1,
    maxPendingPongs: 32,
    handshakeMs: 30_000,
    heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
    security,
    ...options,
  };
  const crypto = { backend: library, load() {}, whenLoaded: () => () => {} };
  const surroundings = { authenticator, crypto, random: systemRandom, host: '10.0.0.9', wake };
  return new Conversation(new ZmtpConnection(all, '10.0.0.9:5', 0, surroundings));
}

/** Carries bytes both ways until neither has anything to say. */
function talk(one: Conversation, other: Conversation): void {
  for (;;) {
    const [there, back] = [one.output(), other.output()];
    if (there.length + back.length === 0) return;
    other.receive(there);
    one.receive(back);
  }
}

interface Pair {
  readonly server: Conversation;
  readonly client: Conversation;
}

function pair(server: Partial<Side> = {}, client: Partial<Side> = {}): Pair {
  const sides = {
    server: side({ socketType: 'PULL', security: curveServer, ...server }),
    client: side({ socketType: 'PUSH', security: curveClient, ...client }),
  };
  talk(sides.server, sides.client);
  return sides;
}

function connected(server: Partial<Side> = {}, client: Partial<Side> = {}): Pair {
  const sides = pair(server, client);
  expect([sides.server.sink.failures, sides.client.sink.failures]).toEqual([[], []]);
  expect([sides.server.sink.peer, sides.client.sink.peer]).toEqual([expect.anything(), expect.anything()]);
  return sides;
}

/** Greeting and handshake only: bytes of the client up to the one that ends its part. */
function untilWaiting(authenticator: FakeAuthenticator, server: Partial<Side> = {}, client: Partial<Side> = {}): Pair {
  const sides = pair({ authenticator, ...server }, client);
  expect([authenticator.requests.length, sides.server.sink.peer]).toEqual([1, undefined]);
  return sides;
}

describe('the greeting', () => {
  it('tells the mechanism, and the server that it is one', () => {
    const greetingOf = (security: SecurityOptions): Buffer => side({ socketType: 'PULL', security }).output();
    expect(greetingOf(curveServer)).toEqual(encodeGreeting('CURVE', true));
    expect(greetingOf(curveClient)).toEqual(encodeGreeting('CURVE', false));
    expect(greetingOf(plainServer)).toEqual(encodeGreeting('PLAIN', true));
    expect(greetingOf(plainClient)).toEqual(encodeGreeting('PLAIN', false));
    expect(greetingOf(nullServer)).toEqual(encodeGreeting('NULL', false));
  });

  it('of a server that does not say that it is one, as libzmq, will do', () => {
    const { server, client } = { server: side({ socketType: 'PULL', security: curveServer }), client: side({ socketType: 'PUSH', security: curveClient }) };
    client.receive(encodeGreeting('CURVE', false));
    server.output();
    server.receive(client.output());
    talk(server, client);
    expect(client.sink.peer?.socketType).toBe('PULL');
  }); // prettier-ignore

  it('of another mechanism ends it', () => {
    const { server, client } = pair({ security: plainServer });
    for (const { sink } of [server, client])
      expect(sink.failures).toMatchObject([{ kind: 'protocol', error: { code: 'ERR_ZMTP_MECHANISM_MISMATCH' } }]);
  });
});

describe.each([
  ['CURVE', () => curveServer, () => curveClient],
  ['PLAIN', () => plainServer, () => plainClient],
  ['NULL', () => nullServer, () => noSecurity],
])('a handshake of %s', (mechanism, security, clientSecurity) => {
  const open = (authenticator: Authenticator | undefined): Pair =>
    pair({ security: security(), authenticator }, { security: clientSecurity() });

  it('tells who the peer is by the word of the authenticator, which is that of nobody else', () => {
    const authenticator = new FakeAuthenticator(admitted);
    const metadata = { 'X-Role': 'guest', 'X-Other': 'mine' };
    const { server, client } = connected(
      { security: security(), authenticator, options: { routingId: Buffer.from('me') } },
      { security: clientSecurity(), options: { metadata } },
    );
    expect(server.sink.peer).toMatchObject({
      socketType: 'PUSH',
      address: '10.0.0.9:5',
      properties: { 'Socket-Type': 'PUSH', 'User-Id': 'joe', 'X-Role': 'admin', 'X-Other': 'mine' },
    });
    expect(client.sink.peer!.properties).not.toHaveProperty('User-Id');
    expect(authenticator.requests).toMatchObject([{ mechanism, address: '10.0.0.9', routingId: Buffer.from('me') }]);
    client.receive(server.encode());
    server.receive(client.encode([Buffer.from('a'), Buffer.from('b')]));
    expect(server.sink.texts).toEqual([['a', 'b']]);
  });

  it('goes on with a verdict that comes later, and not before', () => {
    let woken = 0;
    const authenticator = new FakeAuthenticator();
    const { server, client } = untilWaiting(authenticator, { security: security(), wake: () => void woken++ }, { security: clientSecurity() });
    server.drain();
    expect([server.sink.peer, client.sink.peer, woken]).toEqual([undefined, undefined, 0]);
    authenticator.give(admitted);
    expect(woken).toBe(1);
    server.drain();
    talk(server, client);
    expect([server.sink.peer!.properties['User-Id'], client.sink.peer!.socketType]).toEqual(['joe', 'PULL']);
  }); // prettier-ignore

  it.each([400, 500] as const)('refused with %i is told to the peer, and both sides tell it', (status) => {
    const { server, client } = open(new FakeAuthenticator({ status, text: 'a reason that is not for the peer' }));
    for (const { sink } of [server, client]) {
      expect(sink.failures).toMatchObject([{ kind: 'authentication', handshaking: true, status }]);
      expect(sink.peer).toBeUndefined();
    }
    expect(client.sink.failures[0]!.error.message).not.toContain('a reason');
  });

  it('refused with 300 ends without a word', () => {
    const { server, client } = open(new FakeAuthenticator({ status: 300, text: 'later' }));
    expect(server.sink.failures).toMatchObject([{ kind: 'authentication', handshaking: true, status: 300 }]);
    expect([client.sink.failures, client.sink.peer]).toEqual([[], undefined]);
  });

  it('ends without a word when the authenticator is broken', () => {
    const error = new ProtocolError('ERR_ZAP_MALFORMED_REPLY', 'six frames');
    const { server, client } = open(new FakeAuthenticator({ status: 'failed', error }));
    expect(server.sink.failures).toMatchObject([{ kind: 'protocol', handshaking: true, error }]);
    expect([client.sink.failures, client.sink.peer]).toEqual([[], undefined]);
  });

  it('ends at its limit when nobody answers, and the question is taken back', () => {
    const authenticator = new FakeAuthenticator();
    const { server } = untilWaiting(authenticator, { security: security() }, { security: clientSecurity() });
    server.pass(29_999);
    expect([server.sink.failures, authenticator.cancelled]).toEqual([[], 0]);
    server.pass(1);
    expect(server.sink.failures).toMatchObject([{ kind: 'timeout', handshaking: true }]);
    expect(authenticator.cancelled).toBe(1);
    authenticator.give(admitted);
    server.drain();
    expect([server.sink.peer, server.output().length]).toEqual([undefined, 0]);
  });

  it('takes the question back when the stream ends', () => {
    const authenticator = new FakeAuthenticator();
    const { server } = untilWaiting(authenticator, { security: security() }, { security: clientSecurity() });
    server.connection.abandon();
    server.connection.abandon();
    expect(authenticator.cancelled).toBe(1);
  });

  it('keeps little of a peer that does not wait for the verdict', () => {
    const authenticator = new FakeAuthenticator();
    const { server } = untilWaiting(authenticator, { security: security() }, { security: clientSecurity() });
    for (let i = 0; i < 4; i++) server.receive(Buffer.alloc(16 * 1024));
    expect(server.sink.failures).toEqual([]);
    server.receive(Buffer.alloc(1));
    expect(server.sink.failures).toMatchObject([{ kind: 'protocol', error: { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' } }]);
    expect(authenticator.cancelled).toBe(1);
  });

  it('an impossible peer is told so, in place of the last word', () => {
    const { server, client } = pair(
      { security: security(), authenticator: new FakeAuthenticator(admitted), socketType: 'SUB' },
      { security: clientSecurity() },
    );
    expect(server.sink.failures).toMatchObject([{ kind: 'protocol', silent: true, error: { reply: 'Invalid socket type' } }]);
    expect([server.sink.peer, client.sink.peer]).toEqual([undefined, undefined]);
    expect(client.sink.failures).toHaveLength(1);
  }); // prettier-ignore
});

describe('where nobody would answer', () => {
  it.each([
    ['PLAIN', () => plainServer, () => plainClient],
    ['CURVE with an enforced domain', () => ({ ...curveServer, zapEnforceDomain: true }), () => curveClient],
    ['NULL with an enforced domain', () => ({ ...nullServer, zapEnforceDomain: true }), () => noSecurity],
  ])('%s lets nobody in, and says nothing', (_, security, clientSecurity) => {
    const { server, client } = pair({ security: security() }, { security: clientSecurity() });
    expect(server.sink.failures).toMatchObject([{ kind: 'unavailable', handshaking: true, error: { code: 'EFAULT' } }]);
    expect([server.sink.peer, client.sink.peer, client.sink.failures]).toEqual([undefined, undefined, []]);
  });

  it('CURVE lets in who knows the public key of the server', () => {
    const { server } = connected();
    expect(server.sink.peer!.properties).not.toHaveProperty('User-Id');
  });

  it('NULL lets in everybody', () => {
    connected({ security: nullServer }, { security: noSecurity });
  });
});

it("libzmq's misprint of ERROR tells the status as well", () => {
  const client = side({ socketType: 'PUSH', security: plainClient });
  client.receive(encodeGreeting('PLAIN', false), bytes('04 09 5E "RROR" 03 "400"'));
  expect(client.sink.failures).toMatchObject([{ kind: 'authentication', status: 400 }]);
});

it('26-FLOW-3: a client sends no ERROR, whatever comes', () => {
  for (const security of [curveClient, plainClient]) {
    const client = side({ socketType: 'PUSH', security });
    client.receive(encodeGreeting(security.mechanism, true));
    client.output();
    client.receive(bytes('04 08 07 "NOTHING"'));
    expect(client.sink.failures).toMatchObject([{ error: { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' } }]);
    expect(client.output()).toHaveLength(0);
  }
});

describe('two of one role', () => {
  it('two clients end at once', () => {
    const { server, client } = pair({ security: curveClient });
    for (const { sink } of [server, client])
      expect(sink.failures).toMatchObject([{ error: { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' } }]);
  });

  it('two servers end at the limit', () => {
    const { server, client } = pair({}, { security: curveServer });
    for (const one of [server, client]) {
      one.pass(30_000);
      expect(one.sink.failures).toMatchObject([{ kind: 'timeout' }]);
    }
  });
});

describe('traffic under CURVE', () => {
  it('says nothing in clear, in message frames', () => {
    const { client } = connected();
    const sent = client.encode([Buffer.from('Hello')], [Buffer.alloc(300, 'x')]);
    expect(sent.subarray(0, 10)).toEqual(bytes('00 26 07 "MESSAGE"'));
    expect(sent.subarray(40, 57)).toEqual(bytes('02 000000000000014D 07 "MESSAGE"'));
    expect([sent.includes('Hello'), sent.includes('xxxx')]).toEqual([false, false]);
    expect(client.connection.sendsPacked).toBe(false);
  });

  it('carries messages of any size and number of frames, in both directions', () => {
    const { server, client } = connected({ socketType: 'PAIR' }, { socketType: 'PAIR' });
    const sizes = [0, 1, 30, 31, 200, 222, 223, 255, 256, 1000, 8150, 8159, 8160, 8192, 65_536, 300_000, 1_048_576];
    const messages = [...sizes.map((size) => [pattern(size)]), sizes.map((size) => pattern(size, 1)), [Buffer.alloc(0), Buffer.alloc(0)]];
    for (const [from, to] of [[client, server], [server, client]] as const) {
      for (const message of messages) to.receive(from.encode(message));
      expect(to.sink.messages.map((frames) => frames.map(print))).toEqual(messages.map((frames) => frames.map(print)));
    }
  }); // prettier-ignore

  it('in any chunking', () => {
    const { client } = connected();
    const size = client.encode([Buffer.from('ab'), Buffer.alloc(0)], [pattern(40)]).length;
    everyChunking(Buffer.alloc(size), (places) => {
      const fresh = connected();
      const sent = fresh.client.encode([Buffer.from('ab'), Buffer.alloc(0)], [pattern(40)]);
      const lengths = places.map(({ length }) => length);
      let at = 0;
      fresh.server.receive(...cutAt(sent, lengths.map((length) => (at += length))));
      expect(fresh.server.sink.messages).toEqual([[Buffer.from('ab'), Buffer.alloc(0)], [pattern(40)]]);
    });
  }); // prettier-ignore

  it('a batch is filled to its end and goes on in the next', () => {
    const { server, client } = connected();
    const messages = Array.from({ length: 400 }, (_, i) => [pattern(1500, i)]);
    server.receive(client.encode(...messages));
    expect(server.sink.messages.map(([body]) => print(body!))).toEqual(messages.map(([body]) => print(body!)));
  });

  it('takes a MESSAGE in a command frame as well, and the flags of the outer frame for nothing', () => {
    const { server, client } = connected();
    for (const flags of [0, 1, 4, 5, 0xf8]) {
      const sent = client.encode([Buffer.from(String(flags))]);
      sent[0] = flags;
      server.receive(sent);
    }
    expect(server.sink.texts).toEqual([['0'], ['1'], ['4'], ['5'], ['248']]);
  });

  it.each([
    ['data in clear', bytes('00 05 "Hello"')],
    ['a command in clear', bytes('04 07 04 "PING" 0000')],
    ['a subscription in clear', bytes('04 0B 09 "SUBSCRIBE" "A"')],
    ['an ERROR in clear', bytes('04 0A 05 "ERROR" 03 "400"')],
    ['a second READY', bytes('04 06 05 "READY"')],
    ['an empty frame', bytes('00 00')],
  ])('%s ends it', (_, sent) => {
    const { server } = connected({ socketType: 'XPUB' }, { socketType: 'SUB' });
    server.output();
    server.receive(sent);
    expect(server.sink.failures).toMatchObject([
      { kind: 'protocol', handshaking: false, error: { code: 'ERR_ZMTP_UNEXPECTED_COMMAND' } },
    ]);
    expect(server.sink.messages).toEqual([]);
    // 26-MESSAGE-5: no ERROR in answer.
    expect(server.output()).toHaveLength(0);
  });

  it('26-MESSAGE-5: a replayed, changed or thrown back MESSAGE ends it, without an answer', () => {
    const ends = (change: (sent: Buffer, sides: Pair) => Buffer): void => {
      const sides = connected();
      const sent = sides.client.encode([Buffer.from('once')]);
      const copy = Buffer.from(sent);
      sides.server.receive(sent, change(copy, sides), sides.client.encode([Buffer.from('never')]));
      expect(sides.server.sink.texts).toEqual([['once']]);
      expect(sides.server.sink.failures).toHaveLength(1);
      expect(sides.server.output()).toHaveLength(0);
    };
    ends((copy) => copy);
    ends((copy, { client }) => {
      const next = client.encode([Buffer.from('x')]);
      next[next.length - 1]! ^= 1;
      return next;
    });
    ends((_, { server }) => server.encode([Buffer.from('mine')]));
  });

  it('what comes behind a message in the same chunk is not opened when it is changed', () => {
    const { server, client } = connected();
    const sent = client.encode([Buffer.from('1')], [Buffer.from('2')]);
    sent[sent.length - 1]! ^= 1;
    server.receive(sent);
    expect(server.sink.texts).toEqual([['1']]);
    expect(server.sink.failures).toMatchObject([{ error: { code: 'ERR_ZMTP_CRYPTOGRAPHIC' } }]);
  });

  it('stops when its reader has no room, and goes on', () => {
    const { server, client } = connected();
    server.sink.wantsMore = false;
    server.receive(client.encode([Buffer.from('1')], [Buffer.from('2')], [Buffer.from('3')]));
    expect(server.sink.texts).toEqual([['1']]);
    server.sink.wantsMore = true;
    server.drain();
    expect(server.sink.texts).toEqual([['1'], ['2'], ['3']]);
  });

  it('the limit of a message is for what is in the box', () => {
    const { server, client } = connected({ options: { maxMessageSize: 300 } });
    server.receive(client.encode([pattern(300)]));
    expect(server.sink.messages).toEqual([[pattern(300)]]);
    server.receive(client.encode([pattern(301)]));
    expect(server.sink.failures).toMatchObject([{ error: { message: expect.stringContaining('over the limit') } }]);
    expect(server.sink.messages).toHaveLength(1);
  });

  it('what its library has no memory for ends it on either side, and no other connection', () => {
    const check = (size: number): void => {
      if (size > 5000) throw new ProtocolError('ERR_ZMTP_UNSPECIFIED', 'no memory');
    };
    const library: CryptoBackend = {
      name: 'scarce',
      publicKey: (key) => backend.publicKey(key),
      sharedKey: (publicKey, secretKey) => backend.sharedKey(publicKey, secretKey),
      seal: (key, nonce, first, rest, target, at) => {
        check(rest.length);
        backend.seal(key, nonce, first, rest, target, at);
      },
      open: (key, nonce, body, at) => {
        check(body.length);
        return backend.open(key, nonce, body, at);
      },
    };
    const noMemory = [{ kind: 'protocol', handshaking: false, error: { code: 'ERR_ZMTP_UNSPECIFIED' } }];
    const other = connected({ library }, { library });

    const receiving = connected({ library });
    receiving.server.receive(receiving.client.encode([Buffer.from('1')], [pattern(6000)], [Buffer.from('3')]));
    expect(receiving.server.sink.texts).toEqual([['1']]);
    expect(receiving.server.sink.failures).toMatchObject(noMemory);

    let woken = 0;
    const sending = connected({}, { library, wake: () => woken++ });
    const before = woken;
    sending.server.receive(sending.client.encode([Buffer.from('1')], [pattern(6000), Buffer.from('2')]));
    expect([sending.server.sink.texts, woken - before]).toEqual([[['1']], 1]);
    sending.client.drain();
    expect(sending.client.sink.failures).toMatchObject(noMemory);

    other.server.receive(other.client.encode([Buffer.from('still there')]));
    expect(other.server.sink.texts).toEqual([['still there']]);
  });

  it('the limit of frames holds', () => {
    const { server, client } = connected({ options: { maxFramesPerMessage: 2 } });
    server.receive(client.encode([Buffer.from('1'), Buffer.from('2')]));
    server.receive(client.encode([Buffer.from('1'), Buffer.from('2'), Buffer.from('3')]));
    expect(server.sink.texts).toEqual([['1', '2']]);
    expect(server.sink.failures).toHaveLength(1);
  });

  it('counts the memory that its messages pin, as in the clear', () => {
    const { server, client } = connected();
    server.connection.takePinned();
    const sent = client.encode([pattern(1000)]);
    server.receive(sent);
    expect(server.connection.takePinned()).toBe(sent.length);
    expect(server.sink.messages[0]![0]!.buffer).toBe(sent.buffer);
    expect(sent).toHaveLength(1000 + MESSAGE_OVERHEAD + 9);
  });
});

describe('commands under CURVE', () => {
  const SUBSCRIBE = Buffer.from('\x01A');

  it('a subscription is a command inside, and the publisher sees it in its old form', () => {
    const { server, client } = connected({ socketType: 'XPUB' }, { socketType: 'SUB' });
    const sent = client.encode([SUBSCRIBE], [Buffer.from('\x00A')]);
    // 09"SUBSCRIBE" and the topic, in a MESSAGE.
    expect(sent[1]).toBe(MESSAGE_OVERHEAD + 11);
    server.receive(sent);
    expect(server.sink.texts).toEqual([['\x01A'], ['\x00A']]);
  });

  it('to a peer of 3.0 it is a message inside', () => {
    const server = side({ socketType: 'XPUB', security: curveServer });
    const client = side({ socketType: 'SUB', security: curveClient });
    const greeting = server.output();
    greeting[11] = 0;
    client.receive(greeting);
    server.receive(client.output());
    talk(server, client);
    const sent = client.encode([SUBSCRIBE]);
    expect(sent[1]).toBe(MESSAGE_OVERHEAD + 2);
    server.receive(sent);
    expect(server.sink.texts).toEqual([['\x01A']]);
  });

  it('a long subscription too', () => {
    const { server, client } = connected({ socketType: 'XPUB' }, { socketType: 'SUB' });
    const topic = pattern(20_000);
    server.receive(client.encode([Buffer.concat([Buffer.of(1), topic])]));
    expect(server.sink.messages).toEqual([[Buffer.concat([Buffer.of(1), topic])]]);
  });

  it('PING is answered by PONG, both inside, and silence is noticed', () => {
    const heartbeat = { intervalMs: 1000, timeoutMs: 500, ttlMs: 0 };
    const { server, client } = connected({}, { options: { heartbeat } });
    client.pass(1000);
    const ping = client.output();
    expect(ping.subarray(0, 10)).toEqual(bytes('00 28 07 "MESSAGE"'));
    server.receive(ping);
    const pong = server.output();
    expect(pong).toHaveLength(2 + MESSAGE_OVERHEAD + 5);
    client.receive(pong);
    client.pass(1000);
    expect(client.sink.failures).toEqual([]);
    client.output();
    client.pass(500);
    expect(client.sink.failures).toMatchObject([{ kind: 'timeout', handshaking: false }]);
  });

  it('a TTL inside holds', () => {
    const { server, client } = connected({}, { options: { heartbeat: { intervalMs: 1000, timeoutMs: 0, ttlMs: 2000 } } });
    client.pass(1000);
    server.now = 1000;
    server.receive(client.output());
    server.pass(1999);
    expect(server.sink.failures).toEqual([]);
    server.pass(1);
    expect(server.sink.failures).toMatchObject([{ kind: 'timeout' }]);
  }); // prettier-ignore

  it('nonces go up in the order of writing, whatever was to be said first', () => {
    const heartbeat = { intervalMs: 1000, timeoutMs: 0, ttlMs: 0 };
    const { server, client } = connected({ socketType: 'PAIR' }, { socketType: 'PAIR', options: { heartbeat } });
    client.pass(3000);
    server.receive(client.output(), client.encode([Buffer.from('1')]));
    // A PONG is due, and a message goes before it.
    client.receive(server.encode([Buffer.from('first')]), server.output());
    expect([client.sink.failures, client.sink.texts, server.sink.texts]).toEqual([[], [['first']], [['1']]]);
  });

  it('the hello message is inside, and the first', () => {
    const { client } = connected({ socketType: 'ROUTER', options: { helloMessage: [Buffer.from('hello')] } }, { socketType: 'DEALER' });
    expect(client.sink.texts).toEqual([['hello']]);
  }); // prettier-ignore
});
