import fc from 'fast-check';
import type { Multipart } from '../foundation/multipart.js';
import { type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import { bytes, pattern, print } from '../testing/bytes.js';
import { cutAt, everyChunking } from '../testing/chunking.js';
import { Conversation } from '../testing/conversation.js';
import { encodeMetadata } from '../wire/metadata.js';
import { encodeCommand } from '../wire/command.js';
import { ZmtpConnection, type ZmtpOptions } from './zmtp-connection.js';

const SILENT = { intervalMs: 0, timeoutMs: 0, ttlMs: 0 };

function talk(socketType: SocketTypeName, options: Partial<ZmtpOptions> = {}): Conversation {
  return new Conversation(
    new ZmtpConnection(
      {
        socketType,
        routingId: undefined,
        metadata: {},
        maxMessageSize: 2 ** 31 - 1,
        maxFramesPerMessage: 16_384,
        maxUnfinishedBytes: 2 ** 31 - 1,
        maxPendingPongs: 32,
        handshakeMs: 30_000,
        heartbeat: SILENT,
        ...options,
      },
      '127.0.0.1:40312',
    ),
  );
}

function greeting(version = '03 01', mechanism = 'NULL'): Buffer {
  return bytes(`FF 0000000000000001 7F ${version} "${mechanism}" ${'00'.repeat(20 - mechanism.length)} ${'00'.repeat(32)}`);
} // prettier-ignore

function ready(socketType: string, ...properties: [string, string][]): Buffer {
  const all: [string, Buffer][] = [['Socket-Type', Buffer.from(socketType)]];
  for (const [name, value] of properties) all.push([name, Buffer.from(value)]);
  return encodeCommand('READY', encodeMetadata(all));
}

/** A conversation whose handshake is done, and whose part of it was taken. */
function connected(socketType: SocketTypeName, peer: string, options: Partial<ZmtpOptions> = {}, version?: string): Conversation {
  const conversation = talk(socketType, options);
  conversation.receive(greeting(version), ready(peer));
  expect(conversation.sink.peer?.socketType).toBe(peer);
  conversation.output();
  return conversation;
} // prettier-ignore

const OUR_GREETING = greeting().fill(0, 1, 9);

describe('greeting and handshake', () => {
  it('sends all 64 octets before anything came', () => {
    const conversation = talk('PULL');
    expect(conversation.connection.hasOutput).toBe(true);
    expect(conversation.output()).toEqual(OUR_GREETING);
    expect(conversation.connection.hasOutput).toBe(false);
  });

  it("23-NULL-1 23-NULL-3: sends READY when the peer's greeting is whole, not before and not twice", () => {
    const conversation = talk('PULL');
    conversation.output();
    conversation.receive(greeting().subarray(0, 63));
    expect(conversation.output()).toHaveLength(0);
    conversation.receive(greeting().subarray(63));
    expect(conversation.output()).toEqual(ready('PULL'));
    expect(conversation.sink.peer).toBeUndefined();
    conversation.receive(ready('PUSH'));
    expect(conversation.output()).toHaveLength(0);
    expect(conversation.sink.peer).toBeDefined();
  });

  it('of a ROUTER, with the bytes of a libzmq DEALER', () => {
    const conversation = talk('ROUTER', { routingId: Buffer.from('server'), metadata: { 'X-a': 'b' } });
    conversation.output();
    conversation.receive(
      greeting('03 00'),
      bytes('04 29 05 "READY" 0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000'),
    );
    expect(conversation.output()).toEqual(
      bytes('04 38 05 "READY" 0B "Socket-Type" 00000006 "ROUTER" 08 "Identity" 00000006 "server" 03 "X-a" 00000001 "b"'),
    );
    expect(conversation.sink.peer).toEqual({
      socketType: 'DEALER',
      routingId: undefined,
      address: '127.0.0.1:40312',
      properties: { 'Socket-Type': 'DEALER', Identity: '' },
    });
  }); // prettier-ignore

  const whole = Buffer.concat([
    greeting(),
    ready('DEALER', ['Identity', 'abc']),
    bytes('01 01 "a" 00 05 "Hello" 04 07 04 "PING" 0000 00 00'),
  ]);

  it('and traffic behind it', () => {
    everyChunking(whole, (chunks) => {
      const conversation = talk('ROUTER');
      conversation.receive(...chunks);
      const { peer, texts, failures } = conversation.sink;
      expect(peer).toMatchObject({ socketType: 'DEALER', routingId: Buffer.from('abc') });
      expect({ texts, failures }).toEqual({ texts: [['a', 'Hello'], ['']], failures: [] });
      expect(conversation.output()).toEqual(
        Buffer.concat([OUR_GREETING, ready('ROUTER', ['Identity', '']), bytes('04 05 04 "PONG"')]),
      );
    });
  });

  it('and the hello message, before all others', () => {
    const conversation = talk('ROUTER', { helloMessage: [Buffer.from('hello')] });
    conversation.output();
    conversation.receive(greeting());
    expect(conversation.output()).toEqual(ready('ROUTER', ['Identity', '']));
    conversation.receive(ready('DEALER'), bytes('04 07 04 "PING" 0000'));
    expect(conversation.connection.hasOutput).toBe(true);
    expect(conversation.output()).toEqual(bytes('00 05 "hello" 04 05 04 "PONG"'));
    expect(conversation.connection.hasOutput).toBe(false);
  });

  it('and no hello message to a peer that is refused', () => {
    const conversation = talk('ROUTER', { helloMessage: [Buffer.from('hello')] });
    conversation.sink.welcomesPeer = false;
    conversation.receive(greeting(), ready('DEALER'));
    expect(conversation.output()).toEqual(Buffer.concat([OUR_GREETING, ready('ROUTER', ['Identity', ''])]));
  });

  it.each(['04 07', '03 01', '03 05', 'FF 00'])('version %s is spoken to as 3.1', (version) => {
    const conversation = connected('SUB', 'PUB', {}, version);
    expect(conversation.encode([bytes('01 "A"')])).toEqual(bytes('04 0B 09 "SUBSCRIBE" "A"'));
  });

  it('version 3.0 gets subscriptions as messages', () => {
    const conversation = connected('SUB', 'XPUB', {}, '03 00');
    expect(conversation.encode([bytes('01 "A"')], [bytes('00 "A"')])).toEqual(bytes('00 02 01 "A" 00 02 00 "A"'));
  });

  it('every legal pair meets', () => {
    for (const [own, { peers }] of Object.entries(socketTypes)) {
      for (const peer of peers) connected(own as SocketTypeName, peer);
    }
  });
});

describe('refusals in the greeting', () => {
  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n'), 1],
    ['TLS', bytes('16 0301 0200 0100 01FC 0303'), 1],
    ['64 zero bytes', Buffer.alloc(64), 1],
    ['ZMTP 1.0, short frame', bytes('01 00'), 1],
    ['ZMTP 1.0, long frame', bytes('FF 0000000000000001 00'), 10],
    ['ZMTP 2.0', bytes('FF 0000000000000001 7F 01 00 00 00'), 11],
  ])('%s fails at the first wrong byte', (_, wire, wrongAt) => {
    const conversation = talk('PULL');
    conversation.receive(wire.subarray(0, wrongAt - 1));
    expect(conversation.sink.failures).toEqual([]);
    conversation.receive(wire.subarray(wrongAt - 1, wrongAt));
    expect(conversation.sink.failures).toMatchObject([{ kind: 'protocol', handshaking: true }]);
    expect(conversation.sink.failures[0]!.error.message).toMatch(/not a ZMTP 3 peer/);
    conversation.receive(wire.subarray(wrongAt));
    expect(conversation.sink.failures).toHaveLength(1);
    // Our greeting only: whoever that is does not understand an ERROR.
    expect(conversation.output()).toEqual(OUR_GREETING);
  });

  it.each(['PLAIN', 'CURVE', 'GSSAPI', 'X', ''])('the mechanism "%s"', (mechanism) => {
    const conversation = talk('PULL');
    conversation.receive(greeting('03 01', mechanism));
    expect(conversation.sink.failures).toMatchObject([
      { kind: 'protocol', handshaking: true, error: { code: 'ERR_ZMTP_MECHANISM_MISMATCH' } },
    ]);
    expect(conversation.sink.failures[0]!.silent).toBeUndefined();
    expect(conversation.output()).toEqual(OUR_GREETING);
  });
});

describe('refusals in the handshake', () => {
  const ERROR_METADATA = '04 17 05 "ERROR" 10 "Invalid metadata"';
  const ERROR_COMMAND = '04 19 05 "ERROR" 12 "Unexpected command"';
  const ERROR_SOCKET = '04 1A 05 "ERROR" 13 "Invalid socket type"';
  const TYPE = '0B "Socket-Type" 00000004 "PUSH"';

  const command = (body: string) => Buffer.concat([Buffer.from([4, bytes(body).length]), bytes(body)]);
  const vectors: [name: string, wire: Buffer, reply: string][] = [
    ['data', bytes('00 05 "Hello"'), ERROR_COMMAND],
    ['a PING', command('04 "PING" 0000'), ERROR_COMMAND],
    ['an unknown command', command('05 "HELLO"'), ERROR_COMMAND],
    ['an empty command', command(''), ERROR_COMMAND],
    ['a cut property', command(`05 "READY" ${TYPE} 08 "Ident"`), ERROR_METADATA],
    ['one byte left over', command(`05 "READY" ${TYPE} 05`), ERROR_METADATA],
    ['a property without a name', command(`05 "READY" ${TYPE} 00 00000000`), ERROR_METADATA],
    ['a value of 4 GiB', command('05 "READY" 0B "Socket-Type" FFFFFFFF "PUSH"'), ERROR_METADATA],
    ['two socket types', command(`05 "READY" ${TYPE} ${TYPE}`), ERROR_METADATA],
    ['no socket type', command('05 "READY"'), ERROR_METADATA],
    ['an impossible pair', command('05 "READY" 0B "Socket-Type" 00000003 "REQ"'), ERROR_SOCKET],
    ['an unknown socket type', command('05 "READY" 0B "Socket-Type" 00000004 "DISH"'), ERROR_SOCKET],
    ['an ERROR', command('05 "ERROR" 03 "bye"'), ''],
  ];

  it.each(vectors)('%s', (_, wire, reply) => {
    everyChunking(Buffer.concat([greeting(), wire, bytes('00 01 "x"')]), (chunks) => {
      const conversation = talk('PULL');
      conversation.receive(...chunks);
      const { peer, messages, failures } = conversation.sink;
      expect({ peer, messages }).toEqual({ peer: undefined, messages: [] });
      expect(failures).toMatchObject([{ kind: 'protocol', handshaking: true }]);
      expect(conversation.output()).toEqual(Buffer.concat([OUR_GREETING, ready('PULL'), bytes(reply)]));
      expect(conversation.connection.deadline).toBe(Infinity);
    });
  });

  it('a refused authentication keeps its status', () => {
    const conversation = talk('PULL');
    conversation.receive(greeting(), bytes('04 0A 05 "ERROR" 03 "400"'));
    expect(conversation.sink.failures).toMatchObject([{ kind: 'authentication', handshaking: true, status: 400 }]);
  });

  it.each([
    ['a command of 64 KiB + 1', bytes('06 0000000000010001')],
    ['10 MB of properties', bytes('06 0000000000989680')],
    ['2^63 bytes', bytes('06 8000000000000000')],
  ])('%s is refused by its header', (_, header) => {
    const conversation = talk('PULL');
    conversation.receive(greeting(), header);
    expect(conversation.sink.failures).toMatchObject([{ kind: 'protocol', handshaking: true }]);
  });

  it('a READY of 64 KiB is read', () => {
    const conversation = talk('PULL');
    conversation.receive(greeting(), ready('PUSH', ['X-large', 'x'.repeat(65_536 - 6 - 20 - 12)]));
    expect(conversation.sink.peer).toBeDefined();
  });

  it('READY may be larger than maxMessageSize, which is for messages only', () => {
    const conversation = connected('PULL', 'PUSH', { maxMessageSize: 4 });
    conversation.receive(bytes('00 04 "abcd"'));
    expect(conversation.sink.texts).toEqual([['abcd']]);
    conversation.receive(bytes('00 05'));
    expect(conversation.sink.failures).toMatchObject([{ kind: 'protocol', handshaking: false }]);
  });

  it('a peer that the sink refuses is not listened to any more', () => {
    const conversation = talk('PULL');
    conversation.sink.welcomesPeer = false;
    conversation.receive(Buffer.concat([greeting(), ready('PUSH'), bytes('00 01 "a"')]), bytes('00 01 "b"'));
    expect(conversation.sink).toMatchObject({ messages: [], failures: [] });
    expect(conversation.connection.deadline).toBe(Infinity);
    conversation.connection.tick(1e9, conversation.sink);
    expect(conversation.sink.failures).toEqual([]);
  });

  it('drain stops after ready, so that its caller can look for room', () => {
    const conversation = talk('PULL');
    const { connection, sink } = conversation;
    connection.receive(Buffer.concat([greeting(), ready('PUSH'), bytes('00 01 "a"')]), 0);
    expect(connection.drain(sink)).toBe(true);
    expect(sink).toMatchObject({ peer: { socketType: 'PUSH' }, messages: [] });
    expect(connection.drain(sink)).toBe(false);
    expect(sink.texts).toEqual([['a']]);
  });
});

describe('the handshake limit', () => {
  it('ends a silent peer', () => {
    const conversation = talk('PULL', { handshakeMs: 100 });
    conversation.pass(99);
    expect(conversation.sink.failures).toEqual([]);
    conversation.pass(1);
    expect(conversation.sink.failures).toMatchObject([
      { kind: 'timeout', handshaking: true, error: { name: 'ZmqError', code: 'ETIMEDOUT' } },
    ]);
    conversation.receive(greeting(), ready('PUSH'));
    expect(conversation.sink.peer).toBeUndefined();
    expect(conversation.connection.deadline).toBe(Infinity);
  });

  it('is absolute: a byte now and then does not move it', () => {
    const conversation = talk('PULL', { handshakeMs: 100 });
    for (const chunk of cutAt(greeting(), greeting().keys())) {
      conversation.receive(chunk);
      conversation.pass(2);
    }
    expect(conversation.sink.failures).toMatchObject([{ kind: 'timeout' }]);
  });

  it('a tick that comes too early does nothing', () => {
    const conversation = talk('PULL', { handshakeMs: 100 });
    conversation.connection.tick(99, conversation.sink);
    expect(conversation.sink.failures).toEqual([]);
    const other = connected('PULL', 'PUSH', { heartbeat: { intervalMs: 50, timeoutMs: 50, ttlMs: 0 } });
    other.connection.tick(49, other.sink);
    expect(other.connection.hasOutput).toBe(false);
    expect(other.connection.deadline).toBe(50);
  });

  it('is over with the handshake', () => {
    const conversation = connected('PULL', 'PUSH', { handshakeMs: 100 });
    conversation.pass(1e6);
    expect(conversation.sink.failures).toEqual([]);
  });

  it('0 waits for ever', () => {
    const conversation = talk('PULL', { handshakeMs: 0 });
    expect(conversation.connection.deadline).toBe(Infinity);
  });
});

describe('heartbeats', () => {
  const heartbeat = { intervalMs: 50, timeoutMs: 50, ttlMs: 299 };
  const PING = bytes('04 07 04 "PING" 0002');
  const PONG = bytes('04 05 04 "PONG"');

  it('PING at each interval, the TTL rounded down', () => {
    const conversation = connected('PULL', 'PUSH', { heartbeat });
    conversation.pass(49);
    expect(conversation.output()).toHaveLength(0);
    conversation.pass(1);
    expect(conversation.output()).toEqual(PING);
    conversation.receive(PONG);
    conversation.pass(50);
    expect(conversation.output()).toEqual(PING);
  });

  it('a peer that does not answer is dead after interval and timeout', () => {
    const conversation = connected('PULL', 'PUSH', { heartbeat });
    conversation.pass(99);
    expect(conversation.sink.failures).toEqual([]);
    conversation.pass(1);
    expect(conversation.sink.failures).toMatchObject([
      { kind: 'timeout', handshaking: false, error: { code: 'ETIMEDOUT' } },
    ]);
    expect(conversation.connection.deadline).toBe(Infinity);
  });

  it('a peer that only sends data lives', () => {
    const conversation = connected('PULL', 'PUSH', { heartbeat });
    for (let i = 0; i < 50; i++) {
      conversation.pass(40);
      conversation.receive(bytes('00 01 "x"'));
    }
    expect(conversation.sink.failures).toEqual([]);
  });

  it('PINGs do not pile up while nothing can be written', () => {
    const conversation = connected('PULL', 'PUSH', { heartbeat: { ...heartbeat, timeoutMs: 0 } });
    conversation.pass(50_000);
    expect(conversation.output()).toEqual(PING);
    expect(conversation.output()).toHaveLength(0);
  });

  it("the peer's TTL counts from its last byte", () => {
    const conversation = connected('PULL', 'PUSH');
    conversation.receive(bytes('04 07 04 "PING" 0003'));
    expect(conversation.output()).toEqual(PONG);
    conversation.pass(299);
    conversation.receive(bytes('00'));
    conversation.pass(299);
    expect(conversation.sink.failures).toEqual([]);
    conversation.pass(1);
    expect(conversation.sink.failures).toMatchObject([{ kind: 'timeout' }]);
  });

  const ping = (i: number): Buffer => encodeCommand('PING', bytes('0000'), pattern(16, i));
  const pong = (i: number): Buffer => encodeCommand('PONG', pattern(16, i));

  it('a peer that leaves so many answers unread may, and one that leaves more is ended', () => {
    const conversation = connected('PULL', 'PUSH', { maxPendingPongs: 3 });
    for (let i = 0; i < 3; i++) conversation.receive(ping(i));
    expect(conversation.sink.failures).toEqual([]);
    expect(conversation.output()).toEqual(Buffer.concat([pong(0), pong(1), pong(2)]));
    for (let i = 0; i < 3; i++) conversation.receive(ping(i));
    conversation.receive(bytes('00 01 "x"'), ping(3), bytes('00 01 "y"'));
    expect(conversation.sink.failures).toMatchObject([
      { kind: 'protocol', handshaking: false, error: { counter: 'maxPendingPongs' } },
    ]);
    expect(conversation.sink.texts).toEqual([['x']]);
    // Of no use to who does not read.
    expect(conversation.connection.hasOutput).toBe(false);
  });

  it('what comes in one piece is answered, however much it is: the peer could not have read meanwhile', () => {
    const conversation = talk('PULL', { maxPendingPongs: 3 });
    const all = Array.from({ length: 1000 }, (_, i) => i);
    conversation.receive(Buffer.concat([greeting(), ready('PUSH'), ...all.map(ping)]));
    expect(conversation.output()).toEqual(Buffer.concat([OUR_GREETING, ready('PULL'), ...all.map(pong)]));
    for (let round = 0; round < 3; round++) {
      conversation.receive(Buffer.concat(all.map(ping)));
      expect(conversation.output()).toEqual(Buffer.concat(all.map(pong)));
    }
    expect(conversation.sink.failures).toEqual([]);
  });

  it('a PING with a context of 64 KiB is answered with 16 bytes', () => {
    const conversation = connected('PULL', 'PUSH');
    conversation.receive(encodeCommand('PING', bytes('0000'), pattern(65_536)));
    expect(conversation.output()).toEqual(encodeCommand('PONG', pattern(65_536).subarray(0, 16)));
  });
});

describe('while reading is stopped', () => {
  it('the deadlines wait, and go on with what was left', () => {
    const conversation = connected('PULL', 'PUSH', { heartbeat: { intervalMs: 50, timeoutMs: 30, ttlMs: 0 } });
    conversation.pass(60);
    conversation.connection.suspend(conversation.now);
    conversation.pass(10_000);
    expect(conversation.sink.failures).toEqual([]);
    conversation.connection.resume(conversation.now);
    conversation.pass(19);
    expect(conversation.sink.failures).toEqual([]);
    conversation.pass(1);
    expect(conversation.sink.failures).toHaveLength(1);
  });

  it('the peer is told that we live, and not asked: its answers would pile up there', () => {
    const conversation = connected('PULL', 'PUSH', { heartbeat: { intervalMs: 50, timeoutMs: 30, ttlMs: 300 } });
    conversation.connection.suspend(conversation.now);
    for (let i = 0; i < 3; i++) {
      conversation.pass(50);
      expect(conversation.output()).toEqual(bytes('04 05 04 "PONG"'));
    }
    conversation.connection.resume(conversation.now);
    conversation.pass(50);
    expect(conversation.output()).toEqual(bytes('04 07 04 "PING" 0003'));
  });

  it('a TTL that waited undecoded begins when it is read', () => {
    const conversation = connected('PULL', 'PUSH');
    const { connection, sink } = conversation;
    sink.wantsMore = false;
    conversation.receive(bytes('00 01 "a" 04 07 04 "PING" 0002 00 01 "b"'));
    connection.suspend(conversation.now);
    conversation.pass(5000);
    connection.resume(conversation.now);
    conversation.drain();
    expect(sink.texts).toEqual([['a'], ['b']]);
    conversation.pass(199);
    expect(sink.failures).toEqual([]);
    conversation.pass(1);
    expect(sink.failures).toHaveLength(1);
  });

  it('what comes meanwhile is kept in order', () => {
    const conversation = connected('PULL', 'PUSH');
    const { connection, sink } = conversation;
    sink.wantsMore = false;
    conversation.receive(bytes('00 01 "a" 00 01 "b"'));
    connection.receive(bytes('00 01 "c" 00'), 0);
    connection.suspend(0);
    connection.receive(bytes('01 "d"'), 0);
    conversation.drain();
    connection.receive(bytes('00 01 "e"'), 0);
    conversation.drain();
    connection.receive(bytes('00 01 "f"'), 0);
    connection.resume(0);
    sink.wantsMore = true;
    conversation.drain();
    expect(sink.texts.flat().join('')).toBe('abcdef');
  });

  it('a rest that is small does not keep its chunk', () => {
    const conversation = connected('PULL', 'PUSH');
    const { connection, sink } = conversation;
    sink.wantsMore = false;
    conversation.receive(Buffer.concat([bytes('02 0000000000000FA0'), pattern(4000), bytes('00 01 "b"')]));
    connection.suspend(0);
    connection.resume(0);
    conversation.drain();
    expect(sink.messages[1]).toEqual([bytes('"b"')]);
    expect(sink.messages[1]![0]!.buffer.byteLength).toBe(3);
  });

  it('before the handshake it changes nothing', () => {
    const conversation = talk('PULL', { handshakeMs: 100 });
    conversation.connection.suspend(0);
    conversation.connection.resume(10);
    expect(conversation.connection.deadline).toBe(100);
  });
});

describe('failures in traffic', () => {
  it.each([
    ['2^63', '02 8000000000000000'],
    ['2^64-1', '02 FFFFFFFFFFFFFFFF'],
    ['2^53+1', '02 0020000000000001'],
    ['2^40', '02 0000010000000000'],
    ['a PING without a TTL', '04 05 04 "PING"'],
    ['a command name longer than its command', '04 02 09 "S"'],
  ])('%s: nothing more is told, no half message either', (_, wire) => {
    const conversation = connected('PULL', 'PUSH');
    conversation.receive(bytes(`00 01 "a" 01 01 "b" ${wire}`), bytes('00 01 "c"'));
    expect(conversation.sink.texts).toEqual([['a']]);
    expect(conversation.sink.failures).toMatchObject([
      { kind: 'protocol', handshaking: false, error: { name: 'ProtocolError' } },
    ]);
    expect(conversation.output()).toHaveLength(0);
  });

  it("an error that the sink throws is the caller's, and the next message is there", () => {
    const conversation = connected('PULL', 'PUSH');
    const { sink, connection } = conversation;
    const original = sink.message.bind(sink);
    sink.message = (message) => {
      original(message);
      if (String(message[0]) === 'a') throw new Error('mine');
      return true;
    };
    conversation.receive(bytes('00 01'));
    expect(() => conversation.receive(bytes('"a" 00 01 "b"'))).toThrow('mine');
    expect(connection.drain(sink)).toBe(false);
    expect(sink.texts).toEqual([['a'], ['b']]);
    expect(sink.failures).toEqual([]);
  });
});

describe('two of them', () => {
  const size = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, 63, 64, 254, 255, 256, 8191, 8192, 8193, 65_535, 65_536) },
    { weight: 1, arbitrary: fc.constant(270_000) },
  );
  const frame = fc.tuple(size, fc.nat(99)).map(([length, seed]) => pattern(length, seed));
  const messages = fc.array(fc.array(frame, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
  const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 25 });
  const printed = (all: readonly Multipart[]) => all.map((message) => message.map(print));

  it('any messages, any chunking: the same messages', () => {
    fc.assert(
      fc.property(messages, places, (sent, cuts) => {
        const sender = talk('DEALER', { heartbeat: { intervalMs: 10, timeoutMs: 0, ttlMs: 100 } });
        const receiver = talk('DEALER');
        // The sender's side of the whole conversation, written down first.
        sender.receive(greeting(), ready('DEALER'));
        const wire = [sender.output()];
        for (const message of sent) {
          sender.pass(7);
          wire.push(sender.output(), sender.encode(message));
        }
        const all = Buffer.concat(wire);
        receiver.receive(...cutAt(all, cuts.map((at) => Math.floor(at * all.length))));
        expect(printed(receiver.sink.messages)).toEqual(printed(sent));
        expect(receiver.sink.failures).toEqual([]);
      }),
      { numRuns: 60 },
    ); // prettier-ignore
  });

  it('whatever bytes come: told or refused, never an exception', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map((noise) => Buffer.from(noise)),
      fc.constantFrom(
        greeting(),
        ready('PUSH'),
        ready('PULL'),
        bytes('04 07 04 "PING" 0001'),
        bytes('01 01 "a"'),
        bytes('00 01 "b"'),
        bytes('04 06 05 "HELLO"'),
      ),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(piece, { maxLength: 8 }), (proper, pieces) => {
        const conversation = talk('PULL', { maxMessageSize: 100_000 });
        conversation.receive(...(proper ? [greeting(), ready('PUSH')] : []), ...pieces);
        conversation.pass(100_000);
        expect(conversation.sink.failures.length).toBeLessThanOrEqual(1);
        for (const { error } of conversation.sink.failures) expect(['ProtocolError', 'ZmqError']).toContain(error.name);
      }),
      { numRuns: 500 },
    );
  });
});

it('tells the memory that messages hold, each chunk once', () => {
  const conversation = connected('PULL', 'PUSH');
  conversation.connection.takePinned();
  conversation.receive(bytes('00 01 "a" 00 01 "b" 00 01'));
  expect(conversation.connection.takePinned()).toBe(8);
  expect(conversation.connection.takePinned()).toBe(0);
});
