import {
  type Context,
  createContext,
  Dealer,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
} from '@nest-zmq/core';
import fc from 'fast-check';
import { SplittingRelay } from '../../libs/zmq-core/src/testing/splitting-relay.js';
import { fractions } from '../support/fractions.js';
import { holdsInTime, LIMIT_MS, seeds } from '../support/property.js';
import { untilPeers } from '../support/sockets.js';

/*
 * However the bytes between two of our sockets are cut: the same messages come out, in
 * the same order. And however often the connection breaks: whole ones, each once.
 */

/** Sizes at which framing changes, and some between. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(127, 128, 129, 254, 255, 256, 257, 8191, 8192, 8193) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 200_000) },
);
const sizes = fc.array(fc.array(size, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 40 });

/** Frames of these sizes that tell messages apart; the first begins with the number, as far as there is room. */
function messageOf(number: number, frames: readonly number[]): Buffer[] {
  return frames.map((length, i) => {
    const frame = Buffer.alloc(length, (number * 31 + i * 7) & 0xff);
    frame.write(`${number}.${i} `);
    return frame;
  });
}

function printed(messages: readonly (readonly Buffer[])[]): string[] {
  return messages.map((frames) => frames.map((frame) => frame.toString('base64')).join(','));
}

interface Receives {
  receive(): Promise<Buffer[]>;
}

async function take(socket: Receives, count: number): Promise<Buffer[][]> {
  const all: Buffer[][] = [];
  while (all.length < count) all.push(await socket.receive());
  return all;
}

/** The two sockets of a run with a relay between them. */
async function between<A extends Socket, B extends Socket, R>(
  binder: A,
  dialer: B,
  seed: number,
  run: (binder: A, dialer: B, relay: SplittingRelay) => Promise<R>,
): Promise<R> {
  await binder.bind('tcp://127.0.0.1:*');
  const relay = await SplittingRelay.start(Number(binder.lastEndpoint!.split(':').pop()), fractions(seed));
  try {
    dialer.connect(relay.endpoint);
    return await run(binder, dialer, relay);
  } finally {
    dialer.close();
    binder.close();
    await relay.close();
  }
}

const fast = (context: Context) => ({
  context,
  linger: 0,
  reconnectInterval: 1,
  sendHighWaterMark: 0,
  receiveHighWaterMark: 0,
});

describe('in any pieces', () => {
  it(
    'PUSH to PULL: the same messages',
    async () => {
      await holdsInTime(
        fc.asyncProperty(sizes, seeds, (all, seed) => {
          const { sendHighWaterMark, receiveHighWaterMark, ...options } = fast(createContext({}));
          return between(
            new Pull({ ...options, receiveHighWaterMark }),
            new Push({ ...options, sendHighWaterMark }),
            seed,
            async (pull, push) => {
              const messages = all.map((frames, i) => messageOf(i, frames));
              for (const message of messages) await push.send(message);
              expect(printed(await take(pull, messages.length))).toEqual(printed(messages));
              expect(pull.tryReceive()).toBeUndefined();
            },
          );
        }),
        20,
      );
    },
    LIMIT_MS,
  );

  it(
    'DEALER and ROUTER, both ways at once: the same messages, behind the same id',
    async () => {
      await holdsInTime(
        fc.asyncProperty(sizes, sizes, seeds, (out, back, seed) => {
          const options = fast(createContext({}));
          return between(
            new Router(options),
            new Dealer({ ...options, routingId: 'd' }),
            seed,
            async (router, dealer) => {
              const [asks, answers] = [out, back].map((all) => all.map((frames, i) => messageOf(i, frames))) as [
                Buffer[][],
                Buffer[][],
              ];
              await untilPeers(router, 1);
              for (let i = 0; i < Math.max(asks.length, answers.length); i++) {
                if (asks[i] !== undefined) await dealer.send(asks[i]!);
                if (answers[i] !== undefined) await router.send(['d', ...answers[i]!]);
              }
              const [atRouter, atDealer] = await Promise.all([take(router, asks.length), take(dealer, answers.length)]);
              expect(printed(atRouter)).toEqual(printed(asks.map((frames) => [Buffer.from('d'), ...frames])));
              expect(printed(atDealer)).toEqual(printed(answers));
            },
          );
        }),
        15,
      );
    },
    LIMIT_MS,
  );

  it(
    'REQ and REP: each request comes, and its reply goes back',
    async () => {
      await holdsInTime(
        fc.asyncProperty(
          fc.array(
            fc.tuple(fc.array(size, { minLength: 1, maxLength: 4 }), fc.array(size, { minLength: 1, maxLength: 4 })),
            { minLength: 1, maxLength: 5 },
          ),
          seeds,
          (rounds, seed) => {
            const options = fast(createContext({}));
            return between(new Reply(options), new Request(options), seed, async (reply, request) => {
              for (const [i, [ask, answer]] of rounds.entries()) {
                await request.send(messageOf(i, ask));
                expect(printed([await reply.receive()])).toEqual(printed([messageOf(i, ask)]));
                await reply.send(messageOf(-i, answer));
                expect(printed([await request.receive()])).toEqual(printed([messageOf(-i, answer)]));
              }
            });
          },
        ),
        6,
      );
    },
    LIMIT_MS,
  );

  it(
    'PUB to SUB: the subscriptions come, and then what matches',
    async () => {
      const topic = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 });
      await holdsInTime(
        fc.asyncProperty(
          fc.uniqueArray(topic, { minLength: 1, maxLength: 4 }),
          fc.array(topic, { maxLength: 40 }),
          seeds,
          (topics, published, seed) => {
            const { sendHighWaterMark, receiveHighWaterMark, ...options } = fast(createContext({}));
            const publisher = new Publisher({ ...options, sendHighWaterMark });
            let missing = topics.length;
            const subscribed = new Promise<void>((resolve) =>
              publisher.onSubscription(() => void (--missing === 0 && resolve())),
            );
            return between(publisher, new Subscriber({ ...options, receiveHighWaterMark }), seed, async (pub, sub) => {
              sub.subscribe(...topics);
              await subscribed;
              for (const [i, text] of published.entries()) await pub.send([text, String(i)]);
              await pub.send([topics[0]!, 'end']);
              const expected = [...published.map((text, i) => [text, String(i)]), [topics[0]!, 'end']].filter(
                ([text]) => topics.some((wanted) => text!.startsWith(wanted)),
              );
              expect((await take(sub, expected.length)).map((frames) => frames.map(String))).toEqual(expected);
            });
          },
        ),
        15,
      );
    },
    LIMIT_MS,
  );
});

it(
  'over a connection that breaks again and again: what comes is whole, in order, and comes once',
  async () => {
    await holdsInTime(
      fc.asyncProperty(
        sizes,
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
        seeds,
        (all, breaks, seed) => {
          const { sendHighWaterMark, receiveHighWaterMark, ...options } = fast(createContext({}));
          return between(
            new Pull({ ...options, receiveHighWaterMark }),
            new Push({ ...options, sendHighWaterMark }),
            seed,
            async (pull, push, relay) => {
              const messages = all.map((frames, i) => [Buffer.from(String(i)), ...messageOf(i, frames)]);
              const received: Buffer[][] = [];
              let ended!: () => void;
              const end = new Promise<void>((resolve) => (ended = resolve));
              pull.onMessage((message) => {
                if (String(message[0]) === 'end') ended();
                else received.push(message);
              });
              await untilPeers(push, 1);
              for (const [i, message] of messages.entries()) {
                await push.send(message);
                for (const at of breaks) if (at === i) await broken(push, relay);
              }
              if (breaks.length > 0) await broken(push, relay);
              // After the last break nothing is lost any more.
              await push.send('end');
              await end;
              const numbers = received.map(([number]) => Number(number));
              expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
              expect(printed(received)).toEqual(printed(numbers.map((number) => messages[number]!)));
              if (breaks.length === 0) expect(received).toHaveLength(messages.length);
            },
          );
        },
      ),
      20,
    );
  },
  LIMIT_MS,
);

/** Breaks the connection; resolves when the next one is there. */
function broken(push: Push, relay: SplittingRelay): Promise<void> {
  return new Promise((resolve) => {
    let lost = false;
    push.onPeer({
      left: () => (lost = true),
      joined: () => {
        if (!lost) return;
        push.onPeer(undefined);
        resolve();
      },
    });
    relay.breakAll();
  });
}
