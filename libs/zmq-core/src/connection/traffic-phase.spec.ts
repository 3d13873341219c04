import type { SocketTypeName } from '../foundation/socket-type.js';
import { bytes, pattern, print } from '../testing/bytes.js';
import { everyChunking } from '../testing/chunking.js';
import { RecordingSink } from '../testing/recording-sink.js';
import { FrameDecoder } from '../wire/frame-decoder.js';
import { Batch } from './batch.js';
import { TrafficPhase } from './traffic-phase.js';
import type { ZmtpOptions } from './zmtp-connection.js';

const MAX_FRAMES = 5;

interface Setup {
  readonly phase: TrafficPhase;
  readonly sink: RecordingSink;
  readonly replies: Buffer[];
  readonly receive: (...chunks: readonly Buffer[]) => void;
}

function setUp(socketType: SocketTypeName, peerSpeaksCommands = true, options: Partial<ZmtpOptions> = {}): Setup {
  const replies: Buffer[] = [];
  const sink = new RecordingSink();
  const decoder = new FrameDecoder(options.maxMessageSize ?? 1 << 30);
  const phase = new TrafficPhase(
    {
      socketType,
      routingId: undefined,
      metadata: {},
      maxMessageSize: 1 << 30,
      maxFramesPerMessage: MAX_FRAMES,
      maxUnfinishedBytes: 2 ** 31 - 1,
      maxPendingPongs: 32,
      handshakeMs: 0,
      heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
      ...options,
    },
    peerSpeaksCommands,
    (reply) => replies.push(reply),
  );
  phase.limit(decoder);
  const receive = (...chunks: readonly Buffer[]) => {
    for (const chunk of chunks) {
      decoder.feed(chunk);
      while (phase.drain(decoder, sink, 0) && sink.wantsMore);
    }
  };
  return { phase, sink, replies, receive };
}

function encode(phase: TrafficPhase, ...frames: string[]): Buffer {
  const batch = new Batch();
  batch.begin();
  phase.encode(frames.map(bytes), batch);
  return Buffer.concat(batch.finish());
}

describe('what comes in', () => {
  const vectors: [name: string, wire: string, messages: string[][], replies?: string][] = [
    ['a message', '00 05 "Hello"', [['Hello']]],
    ['an empty message', '00 00', [['']]],
    ['messages of several frames', '01 01 "a" 01 00 00 01 "b" 01 01 "c" 00 00', [['a', '', 'b'], ['c', '']]],
    ['a PING is answered', '04 07 04 "PING" 0000 00 01 "x"', [['x']], '04 05 04 "PONG"'],
    ['with its context', '04 0A 04 "PING" 0000 "abc"', [], '04 08 04 "PONG" "abc"'],
    ['cut to 16 bytes', '04 1B 04 "PING" 0000 "01234567890123456789"', [], '04 15 04 "PONG" "0123456789012345"'],
    ['a PING between the frames of a message', '01 01 "a" 04 07 04 "PING" 0000 00 01 "b"', [['a', 'b']], '04 05 04 "PONG"'],
    ['a PONG is ignored', '04 08 04 "PONG" "abc" 00 01 "x"', [['x']]],
    ['another READY is ignored', '04 06 05 "READY" 00 01 "x"', [['x']]],
    ['an unknown command is ignored', '04 06 05 "HELLO" 00 01 "x"', [['x']]],
    ['an empty command is ignored', '04 00 04 01 00 00 01 "x"', [['x']]],
    ['a command with MORE is dropped', '05 07 04 "PING" 0000 05 02 05 "x" 00 01 "x"', [['x']]],
    ['reserved bits are ignored', 'F8 01 "x" F9 01 "a" F8 00', [['x'], ['a', '']]],
    ['SUBSCRIBE is no message for a PULL', '04 0B 09 "SUBSCRIBE" "A" 04 08 06 "CANCEL" "A" 00 01 "x"', [['x']]],
  ]; // prettier-ignore

  it.each(vectors)('%s', (_, wire, messages, reply = '') => {
    everyChunking(bytes(wire), (chunks) => {
      const { sink, replies, receive } = setUp('PULL');
      receive(...chunks);
      expect(sink.texts).toEqual(messages);
      expect(Buffer.concat(replies)).toEqual(bytes(reply));
    });
  });

  it.each(['PUB', 'XPUB'] as const)('%s takes both forms of subscriptions, from peers of either version', (type) => {
    for (const peerSpeaksCommands of [false, true]) {
      const { sink, receive } = setUp(type, peerSpeaksCommands);
      receive(bytes('04 0B 09 "SUBSCRIBE" "A" 04 08 06 "CANCEL" "A" 00 02 01 "B" 00 02 00 "B"'));
      receive(bytes('04 0A 09 "SUBSCRIBE" 04 07 06 "CANCEL"'));
      expect(sink.texts).toEqual([['\x01A'], ['\x00A'], ['\x01B'], ['\x00B'], ['\x01'], ['\x00']]);
    }
  });

  it('a RADIO takes JOIN and LEAVE, from peers of either version; a message of whatever bytes is only something to count', () => {
    const wire = '04 06 04 "JOIN" "g" 00 02 01 "g" 01 01 01 01 00 00 02 00 "g" 04 07 05 "LEAVE" "g" 04 05 04 "JOIN"';
    for (const peerSpeaksCommands of [false, true]) {
      everyChunking(bytes(wire), (chunks) => {
        const { sink, receive } = setUp('RADIO', peerSpeaksCommands);
        receive(...chunks);
        expect(sink.texts).toEqual([['\x01g'], [''], [''], ['\x00g'], ['\x01']]);
      });
    }
  });

  it('a RADIO answers PINGs, and ignores other commands', () => {
    const { sink, replies, receive } = setUp('RADIO');
    receive(
      bytes('04 0B 09 "SUBSCRIBE" "A" 05 06 04 "JOIN" "g" 04 07 04 "PING" 0000 04 05 04 "LEAV" 04 06 04 "JOIN" "h"'),
    );
    expect(sink.texts).toEqual([['\x01h']]);
    expect(Buffer.concat(replies)).toEqual(bytes('04 05 04 "PONG"'));
  });

  it('JOIN and LEAVE are unknown commands to all others', () => {
    for (const type of ['DISH', 'XPUB', 'SERVER'] as const) {
      const { sink, receive } = setUp(type);
      receive(bytes('04 06 04 "JOIN" "g" 04 07 05 "LEAVE" "g" 00 01 "x"'));
      expect(sink.texts).toEqual([['x']]);
    }
  });

  it.each([245, 246, 247, 254, 255, 256, 15_000, 100_000])('a topic of %i bytes', (size) => {
    const { sink, receive } = setUp('XPUB');
    const topic = pattern(size);
    const { phase } = setUp('SUB');
    const batch = new Batch();
    batch.begin();
    phase.encode([Buffer.concat([bytes('01'), topic])], batch);
    phase.encode([Buffer.concat([bytes('00'), topic])], batch);
    receive(Buffer.concat(batch.finish()));
    expect(sink.messages.map(([frame]) => print(frame!))).toEqual(
      ['01', '00'].map((kind) => print(Buffer.concat([bytes(kind), topic]))),
    );
  });

  it.each([
    ['a PING without a TTL', '04 05 04 "PING"', /no TTL/],
    ['a PING with half a TTL', '04 06 04 "PING" 00', /no TTL/],
    ['a command whose name is longer than itself', '04 01 01', /has a name of 1 bytes/],
  ])('%s is a protocol error', (_, wire, why) => {
    everyChunking(bytes(wire), (chunks) => {
      expect(() => setUp('PULL').receive(...chunks)).toThrow(
        expect.objectContaining({ name: 'ProtocolError', message: expect.stringMatching(why) }),
      );
    });
  });
});

describe('whole messages only', () => {
  it('a message is told when its last frame has come', () => {
    const { sink, receive } = setUp('PULL');
    receive(bytes('01 01 "a" 01 01 "b"'));
    expect(sink.messages).toEqual([]);
    receive(bytes('00 01 "c"'));
    expect(sink.texts).toEqual([['a', 'b', 'c']]);
  });

  it('as many frames as allowed are accepted, one more is not', () => {
    const { sink, receive } = setUp('PULL');
    receive(bytes(`${'01 00'.repeat(MAX_FRAMES - 1)} 00 00`));
    expect(sink.messages).toHaveLength(1);
    receive(bytes('01 00'.repeat(MAX_FRAMES)));
    expect(() => receive(bytes('01 00'))).toThrow(/more than 5 frames \(maxFramesPerMessage\)/);
    expect(sink.messages).toHaveLength(1);
  });

  it('a frame over the limit ends all, and the frames before it are not told', () => {
    const { sink, receive } = setUp('PULL', true, { maxMessageSize: 64 });
    receive(Buffer.concat([bytes('00 40'), pattern(64), bytes('01 01 "a"')]));
    expect(() => receive(bytes('00 41'))).toThrow(/65 bytes is over the limit of 64/);
    expect(sink.messages).toHaveLength(1);
  });

  describe('all its frames together have at most `maxUnfinishedBytes`', () => {
    const limits = { maxUnfinishedBytes: 10, maxMessageSize: 8 };

    it.each([
      ['exactly as much is a message', '01 04 "abcd" 01 00 00 06 "efghij"', [['abcd', '', 'efghij']]],
      ['each message has its own', '01 04 "abcd" 00 06 "efghij" 01 06 "efghij" 00 04 "abcd"', [['abcd', 'efghij'], ['efghij', 'abcd']]],
      ['of one frame too', '00 08 "abcdefgh" 00 08 "abcdefgh"', [['abcdefgh'], ['abcdefgh']]],
    ])('%s', (_, wire, messages) => {
      everyChunking(bytes(wire), (chunks) => {
        const { sink, receive } = setUp('PULL', true, limits);
        receive(...chunks);
        expect(sink.texts).toEqual(messages);
      });
    }); // prettier-ignore

    it.each([
      ['one byte more', '01 04 "abcd" 00 07 "efghijk"', /4 bytes of a message have come, and 7 more are over the limit of 10 \(maxUnfinishedBytes\)/],
      ['in three frames', '01 04 "abcd" 01 04 "efgh" 00 03 "ijk"', /8 bytes of a message have come, and 3 more/],
      ['by the declared length alone', '01 04 "abcd" 03 0000000000000007', /4 bytes of a message have come, and 7 more/],
      ['a frame that is too large for itself', '01 01 "a" 00 09', /9 bytes is over the limit of 8/],
    ])('%s ends all, and no frame is told', (_, wire, why) => {
      everyChunking(bytes(`00 01 "x" ${wire}`), (chunks) => {
        const { sink, receive } = setUp('PULL', true, limits);
        expect(() => receive(...chunks)).toThrow(why);
        expect(sink.texts).toEqual([['x']]);
      });
    }); // prettier-ignore

    it('and is the limit of a frame where it is the smaller of the two', () => {
      const { receive } = setUp('PULL', true, { maxUnfinishedBytes: 10, maxMessageSize: 100 });
      expect(() => receive(bytes('00 0B'))).toThrow(/11 bytes is over the limit of 10/);
    });
  });

  it('an unfinished message does not hold the chunks of its small frames', () => {
    const { sink, receive } = setUp('PULL');
    // A small frame, then something large that is ignored: a chunk of 60 KB for one byte.
    const filler = Buffer.concat([bytes('06 000000000000EA60 05 "HELLO"'), Buffer.alloc(60_000 - 6)]);
    receive(Buffer.concat([bytes('01 01 "a"'), filler]), Buffer.concat([bytes('01 01 "b"'), filler]));
    const large = pattern(60_000);
    receive(Buffer.concat([bytes('03 000000000000EA60'), large]), bytes('00 01 "c"'));
    const [[a, b, c, d]] = sink.messages as [[Buffer, Buffer, Buffer, Buffer]];
    expect([a, b, d].map(String)).toEqual(['a', 'b', 'c']);
    expect([a.buffer.byteLength, b.buffer.byteLength]).toEqual([1, 1]);
    expect(print(c)).toBe(print(large));

    // And so it is with the next message.
    receive(Buffer.concat([bytes('01 01 "e"'), filler]), bytes('00 00'));
    expect(sink.messages[1]![0]!.buffer.byteLength).toBe(1);
  });
});

describe('a sink that has enough', () => {
  it('gets no more, and goes on where it stopped', () => {
    const { sink, receive } = setUp('PULL');
    sink.wantsMore = false;
    receive(bytes('00 01 "a" 01 01 "b" 00 01 "c" 00 01 "d"'));
    expect(sink.texts).toEqual([['a']]);
    receive(bytes('00 01 "e"'));
    expect(sink.texts).toEqual([['a'], ['b', 'c']]);
    sink.wantsMore = true;
    receive(bytes('00 01 "f"'));
    expect(sink.texts).toEqual([['a'], ['b', 'c'], ['d'], ['e'], ['f']]);
  });

  it('is also asked after what a RADIO takes', () => {
    const { sink, receive } = setUp('RADIO');
    sink.wantsMore = false;
    receive(bytes('04 06 04 "JOIN" "g" 00 01 "x" 04 06 04 "JOIN" "h"'));
    expect(sink.texts).toEqual([['\x01g']]);
    receive(bytes('04 06 04 "JOIN" "i"'));
    expect(sink.texts).toEqual([['\x01g'], ['']]);
  });

  it('is also asked after a subscription', () => {
    const { sink, receive } = setUp('XPUB');
    sink.wantsMore = false;
    receive(bytes('04 0B 09 "SUBSCRIBE" "A" 04 0B 09 "SUBSCRIBE" "B"'));
    expect(sink.texts).toEqual([['\x01A']]);
  });
});

describe('what goes out', () => {
  it.each(['SUB', 'XSUB'] as const)('%s subscribes by command at 3.1 peers and by message at others', (type) => {
    const newer = setUp(type, true).phase;
    expect(encode(newer, '01 "A"')).toEqual(bytes('04 0B 09 "SUBSCRIBE" "A"'));
    expect(encode(newer, '00 "A"')).toEqual(bytes('04 08 06 "CANCEL" "A"'));
    expect(encode(newer, '01')).toEqual(bytes('04 0A 09 "SUBSCRIBE"'));
    const older = setUp(type, false).phase;
    expect(encode(older, '01 "A"')).toEqual(bytes('00 02 01 "A"'));
    expect(encode(older, '00')).toEqual(bytes('00 01 00'));
  });

  it('a DISH joins and leaves by command, at peers of either version', () => {
    for (const peerSpeaksCommands of [true, false]) {
      const { phase } = setUp('DISH', peerSpeaksCommands);
      expect(encode(phase, '01 "news"')).toEqual(bytes('04 09 04 "JOIN" "news"'));
      expect(encode(phase, '00 "news"')).toEqual(bytes('04 0A 05 "LEAVE" "news"'));
      expect(encode(phase, '01')).toEqual(bytes('04 05 04 "JOIN"'));
      expect(phase.sendsPacked).toBe(false);
    }
  });

  it('a RADIO sends the group and the part as two frames', () => {
    const { phase } = setUp('RADIO');
    expect(encode(phase, '"g"', '"x"')).toEqual(bytes('01 01 "g" 00 01 "x"'));
    expect(encode(phase, '', '')).toEqual(bytes('01 00 00 00'));
  });

  it('other messages of an XSUB stay messages', () => {
    const { phase } = setUp('XSUB');
    expect(encode(phase, '"A"')).toEqual(bytes('00 01 "A"'));
    expect(encode(phase, '01 "A"', '"B"')).toEqual(bytes('01 02 01 "A" 00 01 "B"'));
    expect(encode(phase, '')).toEqual(bytes('00 00'));
  });

  it('what looks like a subscription is data from all others', () => {
    expect(encode(setUp('PUSH').phase, '01 "A"')).toEqual(bytes('00 02 01 "A"'));
    expect(encode(setUp('PUB').phase, '00')).toEqual(bytes('00 01 00'));
  });
});
