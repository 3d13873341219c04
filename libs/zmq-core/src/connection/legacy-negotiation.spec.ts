import type { SocketTypeName } from '../foundation/socket-type.js';
import { bytes } from '../testing/bytes.js';
import { everyChunking } from '../testing/chunking.js';
import { Conversation } from '../testing/conversation.js';
import { encodeGreeting } from '../wire/greeting.js';
import { LegacyNegotiation } from './legacy-negotiation.js';
import type { ZmtpOptions } from './zmtp-connection.js';

function talk(socketType: SocketTypeName, options: Partial<ZmtpOptions> = {}): Conversation {
  return new Conversation(
    new LegacyNegotiation(
      {
        socketType,
        routingId: undefined,
        metadata: {},
        maxMessageSize: 2 ** 31 - 1,
        maxFramesPerMessage: 16_384,
        maxUnfinishedBytes: 2 ** 31 - 1,
        maxPendingPongs: 32,
        handshakeMs: 30_000,
        heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
        ...options,
      },
      '127.0.0.1:40312',
    ),
  );
}

const SIGNATURE = bytes('FF 0000000000000001 7F');
const GREETING = encodeGreeting('NULL', false);
const READY_DEALER = bytes('04 29 05 "READY" 0B "Socket-Type" 00000006 "DEALER" 08 "Identity" 00000000');

describe('what is sent, and when', () => {
  it('37-VERSION-1 37-COMPAT-2: ten octets, which are the header of our identity for a 1.0 peer', () => {
    expect(talk('PULL').output()).toEqual(SIGNATURE);
    expect(talk('DEALER', { routingId: Buffer.from('me') }).output()).toEqual(bytes('FF 0000000000000003 7F'));
  });

  it('37-VERSION-2: the major version when the ten octets of the peer are there, the rest when its eleventh is', () => {
    const conversation = talk('ROUTER');
    conversation.output();
    conversation.receive(SIGNATURE.subarray(0, 9));
    expect(conversation.output()).toHaveLength(0);
    conversation.receive(SIGNATURE.subarray(9));
    expect(conversation.output()).toEqual(bytes('03'));
    conversation.receive(bytes('03'));
    expect(conversation.output()).toEqual(GREETING.subarray(11));
    conversation.receive(GREETING.subarray(11), READY_DEALER);
    expect(conversation.output().subarray(2, 8)).toEqual(bytes('05 "READY"'));
    expect(conversation.sink.peer?.socketType).toBe('DEALER');
  });

  it('is the same in the end, however the peer sends', () => {
    everyChunking(Buffer.concat([GREETING, READY_DEALER, bytes('00 02 "hi"')]), (chunks) => {
      const conversation = talk('DEALER', { metadata: { 'X-a': 'b' } });
      conversation.receive(...chunks);
      const output = conversation.output();
      expect(output.subarray(0, 64)).toEqual(Buffer.concat([SIGNATURE, GREETING.subarray(10)]));
      expect(output.subarray(66, 72)).toEqual(bytes('05 "READY"'));
      expect(conversation.sink.texts).toEqual([['hi']]);
      expect(conversation.encode([Buffer.from('x')])).toEqual(bytes('00 01 "x"'));
      expect(conversation.connection.sendsPacked).toBe(true);
    });
  });

  it('two of our kind come to 3.1, with one octet at a time', () => {
    const [a, b] = [talk('DEALER'), talk('DEALER')];
    const wires: [Conversation, Buffer[]][] = [
      [a, []],
      [b, []],
    ];
    for (let quiet = 0; quiet < 4;) {
      for (const [i, [from, sent]] of wires.entries()) {
        sent.push(...from.output().subarray().toString('latin1').split('').map((octet) => Buffer.from(octet, 'latin1')));
        const next = sent.shift();
        quiet = next === undefined ? quiet + 1 : 0;
        if (next !== undefined) wires[1 - i]![0].receive(next);
      }
    }
    for (const { sink } of [a, b]) expect(sink.peer).toMatchObject({ socketType: 'DEALER', properties: { 'Socket-Type': 'DEALER' } });
  }); // prettier-ignore
});

describe('who takes over', () => {
  it.each([
    ['2.0', 'FF 0000000000000001 7F 01 05', '03 06 00 00', '00 02 "id"'],
    ['1.0 with a revision', 'FF 0000000000000001 7F 00 05', '03 06 01 00', '03 00 "id"'],
    ['1.0', '', '', '03 00 "id"'],
    ['1.0 as libzmq 2.1 speaks it', '', '', '03 7E "id"'],
    ['1.0 with a long frame', '', '', 'FF 0000000000000003 00 "id"'],
  ])('%s', (_version, greeting, answer, identity) => {
    everyChunking(Buffer.concat([bytes(greeting), bytes(identity)]), (chunks) => {
      const conversation = talk('ROUTER');
      conversation.receive(...chunks);
      expect(conversation.output()).toEqual(Buffer.concat([SIGNATURE, bytes(answer)]));
      expect(conversation.sink.peer).toEqual({
        socketType: greeting === '' ? '' : 'DEALER',
        routingId: Buffer.from('id'),
        address: '127.0.0.1:40312',
        properties: {},
      });
    });
  });
});

describe('what ends it', () => {
  it.each(['"GET / HTTP/1.1"', '00', '16 03 01', 'FF 0000000000000001 01', 'FF 0000000000000001 7F 02'])(
    '%s, once',
    (start) => {
      const conversation = talk('ROUTER');
      conversation.receive(bytes(start), bytes('01 00'));
      expect(conversation.sink.failures).toEqual([
        { kind: 'protocol', handshaking: true, error: expect.objectContaining({ code: 'ERR_ZMTP_UNSPECIFIED' }) },
      ]);
      expect([conversation.sink.peer, conversation.connection.deadline]).toEqual([undefined, Infinity]);
    },
  );

  it.each([
    ['nothing', ''],
    ['half a signature', 'FF 0000'],
    ['a signature', 'FF 0000000000000001 7F'],
    ['half a greeting of 3.x', 'FF 0000000000000001 7F 03 01'],
    ['2.0 without an identity', 'FF 0000000000000001 7F 01 05'],
    ['1.0 whose identity does not end', '0A 00 "half"'],
  ])('the limit of the handshake, counted from the beginning: %s', (_, start) => {
    const conversation = talk('ROUTER', { handshakeMs: 100 });
    conversation.pass(60);
    conversation.receive(bytes(start));
    conversation.pass(39);
    expect(conversation.sink.failures).toEqual([]);
    conversation.pass(1);
    expect(conversation.sink.failures).toEqual([
      { kind: 'timeout', handshaking: true, error: expect.objectContaining({ code: 'ETIMEDOUT' }) },
    ]);
    expect(conversation.connection.deadline).toBe(Infinity);
  });

  it('without a limit it waits for ever', () => {
    const conversation = talk('ROUTER', { handshakeMs: 0 });
    conversation.pass(2 ** 40);
    conversation.receive(bytes('03 00'));
    conversation.pass(2 ** 40);
    expect(conversation.sink.failures).toEqual([]);
  });
});

it('hands on what the session tells: pauses, memory, time', () => {
  const conversation = talk('PULL', { heartbeat: { intervalMs: 10, timeoutMs: 20, ttlMs: 0 } });
  const { connection } = conversation;
  connection.suspend(0);
  connection.resume(0);
  expect(connection.takePinned()).toBe(0);
  conversation.receive(GREETING, bytes('04 1A 05 "READY" 0B "Socket-Type" 00000004 "PUSH"'), bytes('00 05 "hello"'));
  expect(connection.takePinned()).toBeGreaterThan(0);
  expect(connection.deadline).toBe(10);
  connection.suspend(5);
  connection.resume(9);
  conversation.pass(10);
  expect(conversation.output().includes('PING')).toBe(true);
});
