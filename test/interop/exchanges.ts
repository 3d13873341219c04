import { draftExchanges } from './draft-exchanges.js';
import { type Parts, whileTicking } from './libzmq-peer.js';
import type { Side, SideOptions, SocketTypeName } from './sides.js';

/** What two sockets of a pair tell each other: both directions where the pair allows it. */
export interface Exchange {
  readonly types: readonly [SocketTypeName, SocketTypeName];
  readonly options?: readonly [SideOptions, SideOptions];
  /** @param tick waits for a round trip to the other process: the pace of what has to be tried again */
  run(first: Side, second: Side, tick: () => Promise<void>): Promise<void>;
}

/** One part, several with empty ones among them, nothing but an empty one, sizes around the frame's limits, 1 MB. */
const SAMPLES: readonly Parts[] = [
  ['one part'],
  ['several', '', 'parts', '\0\xff\x80', ''],
  [''],
  ['x'.repeat(255), 'y'.repeat(256)],
  [{ large: 65_536 }, 'behind a large part', { large: 1_048_576 }],
];

async function oneWay(from: Side, to: Side): Promise<void> {
  for (const parts of SAMPLES) await pass(from, parts, to, parts);
  // Many at once: more than one batch, and in order.
  const many = Array.from({ length: 200 }, (_, i): Parts => [String(i), 'x'.repeat(i)]);
  const received = (async () => {
    const all: Parts[] = [];
    while (all.length < many.length) all.push(await to.receive());
    return all;
  })();
  for (const parts of many) await from.send(...parts);
  expect(await received).toEqual(many);
}

async function pass(from: Side, sent: Parts, to: Side, expected: Parts): Promise<void> {
  await from.send(...sent);
  expect(await to.receive()).toEqual(expected);
}

async function bothWays(a: Side, b: Side): Promise<void> {
  await oneWay(a, b);
  await oneWay(b, a);
}

/** Publishes until a message for the subscription arrives, for a PUB does not tell when it knows of one. */
async function untilSubscribed(pub: Side, sub: Side, topic: string, tick: () => Promise<void>): Promise<void> {
  await whileTicking(sub.receive(), async () => {
    await pub.send(topic);
    await tick();
  });
  await pub.send(`${topic} end`);
  for (let parts = await sub.receive(); parts[0] !== `${topic} end`;) parts = await sub.receive();
}

interface Subscribing {
  readonly subscribe: (sub: Side, topic: string) => Promise<void>;
  readonly unsubscribe: (sub: Side, topic: string) => Promise<void>;
}

const bySub: Subscribing = {
  subscribe: (sub, topic) => sub.subscribe(topic),
  unsubscribe: (sub, topic) => sub.unsubscribe(topic),
};

const byXSub: Subscribing = {
  subscribe: (sub, topic) => sub.send(`\x01${topic}`),
  unsubscribe: (sub, topic) => sub.send(`\x00${topic}`),
};

/** How to know that the publisher has got what the subscriber told. */
type Confirm = (pub: Side, sub: Side, upward: readonly string[], tick: () => Promise<void>) => Promise<void>;

let fences = 0;

/** A PUB keeps them to itself: a new topic, subscribed last, works only when all before it do. */
function byFence({ subscribe }: Subscribing): Confirm {
  return async (pub, sub, _upward, tick) => {
    const topic = `fence ${++fences}`;
    await subscribe(sub, topic);
    await untilSubscribed(pub, sub, topic, tick);
  };
}

const byXPub: Confirm = async (pub, _sub, upward, tick) => {
  for (const message of upward) expect(await whileTicking(pub.receive(), tick)).toEqual([message]);
};

function publishing({ subscribe, unsubscribe }: Subscribing, confirm: Confirm): Exchange['run'] {
  return async (pub, sub, tick) => {
    const long = 't'.repeat(300);
    for (const topic of ['a', 'b\0\xff', long]) await subscribe(sub, topic);
    await confirm(pub, sub, ['\x01a', '\x01b\0\xff', `\x01${long}`], tick);
    for (const body of SAMPLES) {
      for (const topic of ['A', 'b\0', '', 'c']) await pub.send(topic, ...body);
      for (const topic of ['a', 'a longer one', 'b\0\xff', `${long} and more`]) {
        await pass(pub, [topic, ...body], sub, [topic, ...body]);
      }
    }
    await unsubscribe(sub, 'a');
    await subscribe(sub, 'c');
    await confirm(pub, sub, ['\x00a', '\x01c'], tick);
    await pub.send('a', 'is not wanted any more');
    await pass(pub, ['c', 'is'], sub, ['c', 'is']);
    await subscribe(sub, '');
    await confirm(pub, sub, ['\x01'], tick);
    await pass(pub, ['whatever'], sub, ['whatever']);
    await pass(pub, ['', 'no topic'], sub, ['', 'no topic']);
  };
}

/** An XSUB may send messages upward too: an XPUB receives them, a PUB throws them away. */
function withUserMessages(run: Exchange['run'], arrive: boolean): Exchange['run'] {
  return async (pub, sub, tick) => {
    await run(pub, sub, tick);
    await sub.send('\x02user', 'message');
    if (arrive) expect(await pub.receive()).toEqual(['\x02user', 'message']);
    await pass(pub, ['still', 'there'], sub, ['still', 'there']);
  };
}

/** In the order of the table of legal pairs, the side that goes first first. */
export const exchanges: readonly Exchange[] = [
  { types: ['PAIR', 'PAIR'], run: bothWays },
  { types: ['PUSH', 'PULL'], run: oneWay },
  { types: ['DEALER', 'DEALER'], run: bothWays },
  {
    types: ['REQ', 'REP'],
    async run(req, rep) {
      for (const parts of SAMPLES) {
        await pass(req, parts, rep, parts);
        await pass(rep, [...parts, 'reply'], req, [...parts, 'reply']);
      }
    },
  },
  {
    types: ['REQ', 'ROUTER'],
    options: [{ routingId: 'asker' }, {}],
    async run(req, router) {
      for (const parts of SAMPLES) {
        await pass(req, parts, router, ['asker', '', ...parts]);
        await router.send('nobody', '', 'lost');
        await pass(router, ['asker', '', ...parts], req, parts);
      }
    },
  },
  {
    types: ['DEALER', 'REP'],
    async run(dealer, rep) {
      for (const parts of SAMPLES) {
        await pass(dealer, ['X', 'Y', '', ...parts], rep, parts);
        await pass(rep, parts, dealer, ['X', 'Y', '', ...parts]);
      }
    },
  },
  {
    types: ['DEALER', 'ROUTER'],
    async run(dealer, router) {
      await dealer.send('hello');
      const [id] = await router.receive();
      // Without a name of its own the peer gets one of five bytes that no peer may choose.
      expect(id).toMatch(/^\0[^]{4}$/);
      for (const parts of SAMPLES) {
        await pass(dealer, parts, router, [id!, ...parts]);
        await pass(router, [id!, ...parts], dealer, parts);
      }
    },
  },
  {
    types: ['ROUTER', 'ROUTER'],
    options: [
      { routingId: 'first', probeRouter: true },
      { routingId: 'second', probeRouter: true },
    ],
    async run(first, second, tick) {
      // The probes, by which each knows that the other is there.
      expect(await whileTicking(first.receive(), tick)).toEqual(['second', '']);
      expect(await whileTicking(second.receive(), tick)).toEqual(['first', '']);
      for (const parts of SAMPLES) {
        await pass(first, ['second', ...parts], second, ['first', ...parts]);
        await pass(second, ['first', ...parts], first, ['second', ...parts]);
      }
    },
  },
  { types: ['PUB', 'SUB'], run: publishing(bySub, byFence(bySub)) },
  { types: ['PUB', 'XSUB'], run: withUserMessages(publishing(byXSub, byFence(byXSub)), false) },
  { types: ['XPUB', 'SUB'], run: publishing(bySub, byXPub) },
  { types: ['XPUB', 'XSUB'], run: withUserMessages(publishing(byXSub, byXPub), true) },
  ...draftExchanges,
];
