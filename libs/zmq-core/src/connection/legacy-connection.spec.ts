import type { SocketTypeName } from '../foundation/socket-type.js';
import { bytes, pattern } from '../testing/bytes.js';
import { everyChunking } from '../testing/chunking.js';
import { Conversation } from '../testing/conversation.js';
import { LegacyConnection, type LegacyVersion } from './legacy-connection.js';
import type { ZmtpOptions } from './zmtp-connection.js';

function talk(version: LegacyVersion, socketType: SocketTypeName, options: Partial<ZmtpOptions> = {}, sent = 10): Conversation {
  return new Conversation(
    new LegacyConnection(
      {
        socketType,
        routingId: undefined,
        metadata: {},
        maxMessageSize: 1000,
        maxFramesPerMessage: 3,
        maxUnfinishedBytes: 2 ** 31 - 1,
        maxPendingPongs: 32,
        handshakeMs: 30_000,
        heartbeat: { intervalMs: 10, timeoutMs: 10, ttlMs: 0 },
        ...options,
      },
      '10.0.0.1:5',
      version,
      sent,
    ),
  );
} // prettier-ignore

/** What a peer of each version says until it has told its identity, which is `id` of 2 bytes. */
const beginnings: Record<LegacyVersion, (type: string) => Buffer> = {
  '2.0': (type) => bytes(`FF 0000000000000003 7F 01 ${type} 00 02 "id"`),
  '1.0': (type) => bytes(`FF 0000000000000003 7F 00 ${type} 03 00 "id"`),
  'unversioned 1.0': () => bytes('03 00 "id"'),
};
const versions = Object.keys(beginnings) as LegacyVersion[];

describe('what we say', () => {
  const me = { routingId: Buffer.from('me') };

  it.each([
    ['2.0', 10, '03 05 00 02 "me"'],
    ['2.0', 11, '05 00 02 "me"'],
    ['1.0', 10, '03 05 03 00 "me"'],
    ['1.0', 11, '05 03 00 "me"'],
    ['unversioned 1.0', 10, '"me"'],
  ] as const)('to %s after %i octets', (version, sent, expected) => {
    expect(talk(version, 'DEALER', me, sent).output()).toEqual(bytes(expected));
  });

  it('without an identity says that it is empty, where the signature has not', () => {
    expect(talk('2.0', 'PUSH').output()).toEqual(bytes('03 08 00 00'));
    expect(talk('1.0', 'PUSH').output()).toEqual(bytes('03 08 01 00'));
    expect(talk('unversioned 1.0', 'PUSH').connection.hasOutput).toBe(false);
  });
});

describe.each(versions)('a peer of %s', (version) => {
  const message = version === '2.0' ? '01 01 "a" 00 05 "Hello" 00 00' : '02 01 "a" 06 00 "Hello" 01 00';

  it('tells its identity and then messages', () => {
    everyChunking(Buffer.concat([beginnings[version]('05'), bytes(message)]), (chunks) => {
      const conversation = talk(version, 'ROUTER');
      conversation.receive(...chunks);
      const { peer, texts, failures } = conversation.sink;
      expect(peer).toEqual({
        socketType: version === 'unversioned 1.0' ? '' : 'DEALER',
        routingId: Buffer.from('id'),
        address: '10.0.0.1:5',
        properties: {},
      });
      expect({ texts, failures }).toEqual({ texts: [['a', 'Hello'], ['']], failures: [] });
    });
  });

  it('gets the hello message when it has told its identity', () => {
    const conversation = talk(version, 'ROUTER', { helloMessage: [Buffer.from('a'), Buffer.from('Hello')] });
    conversation.output();
    conversation.receive(beginnings[version]('05'));
    expect(conversation.connection.hasOutput).toBe(true);
    expect(conversation.output()).toEqual(bytes(message.replace(/ (00 00|01 00)$/, '')));
    expect(conversation.connection.hasOutput).toBe(false);
    const refused = talk(version, 'ROUTER', { helloMessage: [Buffer.from('Hello')] });
    refused.sink.welcomesPeer = false;
    refused.output();
    refused.receive(beginnings[version]('05'));
    expect(refused.connection.hasOutput).toBe(false);
  });

  it('gets messages in its frames', () => {
    const conversation = talk(version, 'DEALER');
    const encoded = conversation.encode([Buffer.from('a'), Buffer.from('Hello')], [Buffer.alloc(0)]);
    expect(encoded).toEqual(bytes(message));
    expect(conversation.connection.sendsPacked).toBe(version === '2.0');
  });

  it('gets subscriptions as messages', () => {
    const conversation = talk(version, 'SUB');
    expect(conversation.encode([bytes('01 "A"')])).toEqual(bytes(version === '2.0' ? '00 02 01 "A"' : '03 00 01 "A"'));
  });

  it('gets no PING, and its silence means nothing', () => {
    const conversation = talk(version, 'ROUTER');
    conversation.receive(beginnings[version]('05'));
    conversation.output();
    conversation.pass(3_600_000);
    expect([conversation.connection.hasOutput, conversation.sink.failures]).toEqual([false, []]);
  });

  it('is ended by a message that is too large, or has too many frames', () => {
    const [large, many] = version === '2.0'
      ? ['02 00000000000003E9', '01 00 01 00 01 00 00 00']
      : ['FF 00000000000003EA 00', '01 01 01 01 01 01 01 00']; // prettier-ignore
    for (const wire of [large, many]) {
      const conversation = talk(version, 'ROUTER');
      conversation.receive(beginnings[version]('05'), bytes(wire!));
      expect(conversation.sink.failures).toEqual([
        { kind: 'protocol', handshaking: false, error: expect.objectContaining({ code: 'ERR_ZMTP_UNSPECIFIED' }) },
      ]);
      conversation.receive(bytes(message));
      expect(conversation.sink.messages).toEqual([]);
    }
  });

  it('may have an identity of 255 bytes, and not more', () => {
    const greeting = beginnings[version]('05').subarray(0, -4);
    const withId = (size: number): Conversation => {
      const header = version === '2.0'
        ? `02 ${size.toString(16).padStart(16, '0')}`
        : `FF ${(size + 1).toString(16).padStart(16, '0')} 00`; // prettier-ignore
      const conversation = talk(version, 'ROUTER');
      conversation.receive(greeting, bytes(header), pattern(size));
      return conversation;
    };
    expect(withId(255).sink.peer?.routingId).toEqual(pattern(255));
    const { peer, failures } = withId(256).sink;
    expect([peer, failures.length, failures[0]?.handshaking]).toEqual([undefined, 1, true]);
  });

  it.each([
    ['that begins with zero', '00 02 00 "x"', '03 00 00 "x"'],
    ['with a frame behind it', '01 02 "id"', '03 01 "id"'],
  ])('may not have an identity %s', (_, two, one) => {
    const conversation = talk(version, 'ROUTER');
    conversation.receive(beginnings[version]('05').subarray(0, -4), bytes(version === '2.0' ? two : one));
    expect([conversation.sink.peer, conversation.sink.failures.length]).toEqual([undefined, 1]);
  });

  it('without an identity has none', () => {
    const conversation = talk(version, 'ROUTER');
    const empty = bytes(version === '2.0' ? '00 00' : '01 00');
    conversation.receive(beginnings[version]('05').subarray(0, -4), empty);
    expect(conversation.sink.peer?.routingId).toBeUndefined();
    expect(conversation.sink.peer).toBeDefined();
  });

  it('that is not wanted is not listened to', () => {
    const conversation = talk(version, 'ROUTER');
    conversation.sink.welcomesPeer = false;
    conversation.receive(beginnings[version]('05'), bytes(message));
    expect([conversation.sink.messages, conversation.connection.deadline]).toEqual([[], Infinity]);
  });

  it('waits while the sink has enough; its memory is counted', () => {
    const conversation = talk(version, 'ROUTER');
    conversation.sink.wantsMore = false;
    conversation.receive(Buffer.concat([beginnings[version]('05'), bytes(message)]));
    const { connection, sink } = conversation;
    connection.suspend(0);
    connection.resume(0);
    expect(sink.texts).toEqual([]);
    expect(connection.drain(sink)).toBe(true);
    expect(sink.texts).toEqual([['a', 'Hello']]);
    connection.drain(sink);
    expect(sink.texts).toEqual([['a', 'Hello'], ['']]);
    expect([connection.takePinned() > 0, connection.takePinned()]).toEqual([true, 0]);
  });
});

describe('the type of a peer', () => {
  it.each(['2.0', '1.0'] as const)('that does not talk to ours is refused (%s)', (version) => {
    for (const type of ['01', '0B', '63']) {
      const conversation = talk(version, 'ROUTER');
      conversation.receive(beginnings[version](type));
      expect([conversation.sink.peer, conversation.sink.failures]).toEqual([
        undefined,
        [expect.objectContaining({ handshaking: true, error: expect.objectContaining({ code: 'ERR_ZMTP_INVALID_METADATA' }) })],
      ]); // prettier-ignore
    }
  });

  it('that is not addressed has no routing id, whatever it says', () => {
    const conversation = talk('2.0', 'PULL');
    conversation.receive(beginnings['2.0']('08'));
    expect(conversation.sink.peer).toMatchObject({ socketType: 'PUSH', routingId: undefined });
  });
});

describe('a publisher', () => {
  it.each(['PUB', 'XPUB'] as const)('%s: a 1.0 subscriber does not subscribe, and gets everything', (type) => {
    const conversation = talk('unversioned 1.0', type);
    conversation.sink.wantsMore = false;
    conversation.receive(bytes('01 00'));
    expect(conversation.connection.drain(conversation.sink)).toBe(true);
    expect(conversation.sink.texts).toEqual([['\x01']]);
    conversation.sink.wantsMore = true;
    conversation.receive(bytes('03 00 01 "A"'));
    expect(conversation.sink.texts).toEqual([['\x01'], ['\x01A']]);
  });

  it('others say for themselves what they want', () => {
    const two = talk('2.0', 'PUB');
    two.receive(beginnings['2.0']('02'), bytes('00 02 01 "A" 00 02 00 "A"'));
    expect(two.sink.texts).toEqual([['\x01A'], ['\x00A']]);
    const versioned = talk('1.0', 'PUB');
    versioned.receive(beginnings['1.0']('02'), bytes('03 00 01 "A"'));
    expect(versioned.sink.texts).toEqual([['\x01A']]);
  });
});

it('a command in a frame of 2.0 is answered by nobody', () => {
  const conversation = talk('2.0', 'ROUTER');
  conversation.receive(beginnings['2.0']('05'));
  conversation.output();
  conversation.receive(bytes('04 07 04 "PING" 0001 04 06 05 "HELLO" 00 01 "x"'));
  expect(conversation.output()).toHaveLength(0);
  expect(conversation.sink.texts).toEqual([['x']]);
  conversation.pass(3_600_000);
  expect(conversation.sink.failures).toEqual([]);
});

it('the identity of a 2.0 peer is no command', () => {
  const conversation = talk('2.0', 'ROUTER');
  conversation.receive(beginnings['2.0']('05').subarray(0, -4), bytes('04 02 "id"'));
  expect([conversation.sink.peer, conversation.sink.failures.length]).toEqual([undefined, 1]);
});
