import fc from 'fast-check';
import type { Connection } from '../../libs/zmq-core/src/connection/connection.js';
import { LegacyNegotiation } from '../../libs/zmq-core/src/connection/legacy-negotiation.js';
import { ZmtpConnection, type ZmtpOptions } from '../../libs/zmq-core/src/connection/zmtp-connection.js';
import { print } from '../../libs/zmq-core/src/testing/bytes.js';
import { cutAt } from '../../libs/zmq-core/src/testing/chunking.js';
import { Conversation } from '../../libs/zmq-core/src/testing/conversation.js';
import { holds } from '../support/property.js';
import { bytes, command, greeting, message, pattern, ready } from '../support/raw-bytes.js';

/*
 * However the bytes of a peer are cut, and however often there is no room for its
 * messages: the same come out, of every version. What the peer says is written by hand.
 */

const options: ZmtpOptions = {
  socketType: 'ROUTER',
  routingId: undefined,
  metadata: {},
  maxMessageSize: 2 ** 31 - 1,
  maxFramesPerMessage: 16_384,
  maxUnfinishedBytes: 2 ** 31 - 1,
  maxPendingPongs: 32,
  handshakeMs: 30_000,
  heartbeat: { intervalMs: 0, timeoutMs: 0, ttlMs: 0 },
};

interface Dialect {
  readonly connection: () => Connection;
  /** What a DEALER called `id` says first. */
  readonly beginning: Buffer;
  readonly encode: (...frames: readonly Buffer[]) => Buffer;
  readonly hasCommands: boolean;
}

const careful = (): Connection => new LegacyNegotiation(options, 'somewhere');
const plain = (): Connection => new ZmtpConnection(options, 'somewhere');

const dialects: readonly (readonly [string, Dialect])[] = [
  ['3.1', { connection: plain, beginning: latest(1), encode: message, hasCommands: true }],
  ['3.0', { connection: plain, beginning: latest(0), encode: message, hasCommands: true }],
  ['3.1, with `legacy`', { connection: careful, beginning: latest(1), encode: message, hasCommands: true }],
  ['3.0, with `legacy`', { connection: careful, beginning: latest(0), encode: message, hasCommands: true }],
  ['2.0', dialect('FF 0000000000000003 7F 01 05 00 02 "id"', message)],
  ['1.0 that tells its version', dialect('FF 0000000000000003 7F 00 05 03 00 "id"', oldMessage)],
  ['1.0', dialect('03 00 "id"', oldMessage)],
];

function latest(minor: number): Buffer {
  return Buffer.concat([greeting(3, minor), ready('DEALER', 'id')]);
}

function dialect(beginning: string, encode: Dialect['encode']): Dialect {
  return { connection: careful, beginning: bytes(beginning), encode, hasCommands: false };
}

function oldMessage(...frames: readonly Buffer[]): Buffer {
  return Buffer.concat(
    frames.flatMap((body, i) => {
      const length = body.length + 1;
      const flags = Buffer.of(i < frames.length - 1 ? 1 : 0);
      if (length < 255) return [Buffer.of(length), flags, body];
      const long = Buffer.alloc(9, 0xff);
      long.writeBigUInt64BE(BigInt(length), 1);
      return [long, flags, body];
    }),
  );
}

/** Around the borders of the frames of both kinds, of our buffers, and between. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(30) },
  { weight: 2, arbitrary: fc.constantFrom(0, 63, 64, 252, 253, 254, 255, 256, 257, 8191, 8192, 8193) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 270_000) },
);
const body = fc.tuple(size, fc.nat(99)).map(([length, seed]) => pattern(length, seed));
const frames = fc.array(body, { minLength: 1, maxLength: 6 });
type Said = Buffer[] | { readonly ping: Buffer } | 'unknown';
const pings = fc.record({ ping: fc.uint8Array({ maxLength: 16 }).map((context) => Buffer.from(context)) });
const unknown = fc.constant('unknown' as const);
const said: fc.Arbitrary<Said[]> = fc.array(
  fc.oneof({ weight: 10, arbitrary: frames }, { weight: 1, arbitrary: pings }, { weight: 1, arbitrary: unknown }),
  { maxLength: 25 },
);
/** Where it is cut, as parts of its length. */
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
/** Whether there is room when a chunk comes, over and over. */
const room = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });

describe.each(dialects)('a peer of ZMTP %s', (_version, { connection, beginning, encode, hasCommands }) => {
  it.each([
    ['in any pieces', fc.constant([true])],
    ['in any pieces, to a reader who stops now and then', room],
  ])('%s: the same messages, and each PING is answered', (_how, rooms) => {
    holds(
      fc.property(said, places, rooms, (all, cuts, hasRoom) => {
        const items: Said[] = hasCommands ? all : all.filter((item) => Array.isArray(item));
        const wire = Buffer.concat([
          beginning,
          ...items.map((item) => {
            if (item === 'unknown') return command('SURPRISE', bytes('00 01'));
            return 'ping' in item ? command('PING', Buffer.concat([bytes('0000'), item.ping])) : encode(...item);
          }),
        ]);
        const conversation = new Conversation(connection());
        const { sink } = conversation;
        const output: Buffer[] = [];
        for (const [i, chunk] of cutAt(
          wire,
          cuts.map((part) => Math.floor(part * wire.length)),
        ).entries()) {
          sink.wantsMore = hasRoom[i % hasRoom.length]!;
          if (sink.wantsMore) conversation.connection.resume(0);
          conversation.receive(chunk);
          if (!sink.wantsMore) conversation.connection.suspend(0);
          output.push(conversation.output());
        }
        sink.wantsMore = true;
        conversation.connection.resume(0);
        conversation.drain();
        output.push(conversation.output());

        expect(sink.failures).toEqual([]);
        expect(sink.peer?.routingId).toEqual(Buffer.from('id'));
        const sent = items.filter((item) => Array.isArray(item));
        expect(sink.messages.map((parts) => parts.map(print))).toEqual(sent.map((parts) => parts.map(print)));
        const answers = Buffer.concat(
          items.flatMap((item) => (typeof item === 'object' && 'ping' in item ? [command('PONG', item.ping)] : [])),
        );
        const answered = Buffer.concat(output);
        expect(print(answered.subarray(answered.length - answers.length))).toBe(print(answers));
      }),
      60,
    );
  });
});
