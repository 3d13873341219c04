import type { Exchange } from './exchanges.js';
import { type Part, whileTicking } from './libzmq-peer.js';
import type { Side } from './sides.js';

/*
 * The types that libzmq calls drafts. Their messages have one part; what stands
 * beside it, a routing id or a group, is the first of two here.
 */

/** One part, an empty one, sizes around the frame's limits, 1 MB. */
const SAMPLES: readonly Part[] = ['one part', '', '\0\xff\x80', 'x'.repeat(255), 'y'.repeat(256), { large: 1_048_576 }];

/** @param envelope what the sender and the receiver see before the part */
async function oneWay(from: Side, to: Side, sent: readonly Part[] = [], received: readonly Part[] = []): Promise<void> {
  for (const sample of SAMPLES) {
    await from.send(...sent, sample);
    expect(await to.receive()).toEqual([...received, sample]);
  }
  // Many at once: more than one batch, and in order.
  const many = Array.from({ length: 200 }, (_, i) => String(i).repeat(i));
  const all = (async () => {
    const got: (readonly Part[])[] = [];
    while (got.length < many.length) got.push(await to.receive());
    return got;
  })();
  for (const part of many) await from.send(...sent, part);
  expect(await all).toEqual(many.map((part) => [...received, part]));
}

/** Sends to a group until a message arrives, for a RADIO does not tell when it knows of a member. */
async function untilJoined(radio: Side, dish: Side, group: string, tick: () => Promise<void>): Promise<void> {
  await whileTicking(dish.receive(), async () => {
    await radio.send(group, 'is it there?');
    await tick();
  });
  await radio.send(group, 'it is');
  for (let parts = await dish.receive(); parts[1] !== 'it is';) parts = await dish.receive();
}

export const draftExchanges: readonly Exchange[] = [
  {
    types: ['CLIENT', 'SERVER'],
    async run(client, server) {
      await client.send('hello');
      const [id] = await server.receive();
      expect(Number(id)).toBeGreaterThan(0);
      await oneWay(client, server, [], [id!]);
      await oneWay(server, client, [id!]);
    },
  },
  {
    types: ['RADIO', 'DISH'],
    async run(radio, dish, tick) {
      const long = 'g'.repeat(255);
      for (const group of ['a', '', '\x01\xff', long]) await dish.subscribe(group);
      // The last of them works when all do.
      await untilJoined(radio, dish, long, tick);
      for (const group of ['a', '', '\x01\xff', long]) {
        await radio.send('aa', 'a group is no prefix');
        await oneWay(radio, dish, [group], [group]);
      }
      await dish.unsubscribe('a');
      await dish.subscribe('b');
      await untilJoined(radio, dish, 'b', tick);
      await radio.send('a', 'is not wanted any more');
      await oneWay(radio, dish, ['b'], ['b']);
    },
  },
  { types: ['SCATTER', 'GATHER'], run: (scatter, gather) => oneWay(scatter, gather) },
  {
    types: ['CHANNEL', 'CHANNEL'],
    async run(a, b) {
      await oneWay(a, b);
      await oneWay(b, a);
    },
  },
  {
    types: ['PEER', 'PEER'],
    options: [{ helloMessage: 'first '.repeat(100) }, { helloMessage: 'second '.repeat(100) }],
    /**
     * npm neither shows nor takes the routing ids of a PEER, so its greeting is all that
     * a PEER of libzmq can be made to say.
     */
    async run(first, second) {
      const [atFirst, atSecond] = [await first.receive(), await second.receive()];
      expect([atFirst.at(-1), atSecond.at(-1)]).toEqual(['second '.repeat(100), 'first '.repeat(100)]);
      const ways = [
        [first, second, atSecond.slice(0, -1)],
        [second, first, atFirst.slice(0, -1)],
      ] as const;
      for (const [from, to, beside] of ways) {
        const id = await from.onlyPeer();
        if (id !== undefined) await oneWay(from, to, [id], beside);
      }
    },
  },
];
