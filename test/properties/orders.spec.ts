import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Context,
  createContext,
  Dealer,
  Pair,
  type Peer,
  Publisher,
  Pull,
  Push,
  Router,
  Subscriber,
} from '@nest-zmq/core';
import fc from 'fast-check';
import { turn } from '../../libs/zmq-core/src/testing/turn.js';
import { Watch } from '../../libs/zmq-core/src/testing/watch.js';
import { holdsInTime, LIMIT_MS } from '../support/property.js';
import { deadEndpoint } from '../support/sockets.js';

/*
 * In whatever order sockets bind, connect, send, disconnect and close: no message is
 * lost where none may be, none is invented or comes twice, and those of one peer come
 * in the order in which they were sent.
 */

const ENDPOINTS = 2;
const MEMBERS = 3;
const member = fc.integer({ min: 0, max: MEMBERS - 1 });
const endpoint = fc.integer({ min: 0, max: ENDPOINTS - 1 });

type Step =
  | { readonly do: 'bind' | 'unbind'; readonly at: number }
  | { readonly do: 'connect' | 'disconnect'; readonly who: number; readonly at: number }
  | { readonly do: 'send'; readonly who: number; readonly count: number }
  | { readonly do: 'close'; readonly who: number }
  | { readonly do: 'turn' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('bind' as const), at: endpoint }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('connect' as const), who: member, at: endpoint }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('send' as const), who: member, count: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), who: member, at: endpoint }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who: member }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);
const program = fc.array(step, { minLength: 5, maxLength: 40 });
const restless = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: step },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('unbind' as const), at: endpoint }) },
  ),
  { minLength: 5, maxLength: 40 },
);
const mark = fc.constantFrom(0, 1, 2, 5, 1000);

const schemes = ['inproc', 'tcp', 'ipc'] as const;

let directory: string;
let paths = 0;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'zmq-orders-'));
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Names of inproc, paths of ipc, and ports of tcp that were free a moment ago. */
async function endpointsOf(scheme: (typeof schemes)[number], context: Context): Promise<string[]> {
  if (scheme === 'inproc') return Array.from({ length: ENDPOINTS }, (_, i) => `inproc://orders-${i}`);
  if (scheme === 'ipc') return Array.from({ length: ENDPOINTS }, () => `ipc://${join(directory, String(++paths))}`);
  const all: string[] = [];
  for (let i = 0; i < ENDPOINTS; i++) {
    const probe = new Pair({ context });
    all.push(await deadEndpoint(probe));
    probe.close();
  }
  return all;
}

/** One who comes, connects, sends and goes. When it is closed another takes its place. */
interface Member<S> {
  socket: S;
  readonly name: string;
  readonly connected: Set<number>;
  sent: number;
}

/** What the members of a run have sent, and what of it has come. */
class Ledger {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly #last = new Map<Peer, Map<string, number>>();
  readonly #watch = new Watch();

  /** Each message is a name and a number. The numbers of one name rise, as one peer says them. */
  took(text: string, peer: Peer): void {
    const [name, number] = text.split(' ') as [string, string];
    const lasts = this.#last.get(peer) ?? new Map<string, number>();
    this.#last.set(peer, lasts);
    if (Number(number) <= (lasts.get(name) ?? -1)) this.received.push(`${text}, out of order`);
    lasts.set(name, Number(number));
    this.received.push(text);
    this.#watch.changed();
  }

  /** Resolves when as many have come as were sent; what they are is compared then. */
  async all(): Promise<void> {
    await this.#watch.until(() => this.received.length >= this.sent.length);
    await turn();
    expect(this.received.toSorted()).toEqual(this.sent.toSorted());
  }
}

/**
 * Runs a program: members connect to a socket that binds at some time, at the latest at
 * the end. Over inproc a connection that is taken back before there is anybody takes
 * what waits in it along, so there members leave only what is bound.
 */
async function play<S extends Push | Dealer>(
  steps: readonly Step[],
  scheme: (typeof schemes)[number],
  context: Context,
  binder: Pull | Router,
  ledger: Ledger,
  create: (name: string) => Member<S>,
): Promise<Member<S>[]> {
  const endpoints = await endpointsOf(scheme, context);
  const bound = new Set<number>();
  let created = 0;
  const next = (): Member<S> => create(`member-${created++}`);
  const members = Array.from({ length: MEMBERS }, next);
  const mayLeave = (at: number): boolean => scheme !== 'inproc' || bound.has(at);
  const bind = async (at: number): Promise<void> => {
    if (bound.has(at)) return;
    await binder.bind(endpoints[at]!);
    bound.add(at);
  };
  for (const action of steps) {
    switch (action.do) {
      case 'bind':
        await bind(action.at);
        break;
      case 'unbind':
        if (bound.delete(action.at)) await binder.unbind(endpoints[action.at]!);
        break;
      case 'connect': {
        const { socket, connected } = members[action.who]!;
        if (connected.has(action.at)) break;
        connected.add(action.at);
        socket.connect(endpoints[action.at]!);
        break;
      }
      case 'disconnect': {
        const one = members[action.who]!;
        if (!mayLeave(action.at) || !one.connected.delete(action.at)) break;
        one.socket.disconnect(endpoints[action.at]!);
        break;
      }
      case 'send': {
        const one = members[action.who]!;
        for (let i = 0; i < action.count; i++) {
          const text = `${one.name} ${one.sent}`;
          if (!one.socket.trySend(text)) break;
          one.sent++;
          ledger.sent.push(text);
        }
        break;
      }
      case 'close': {
        const one = members[action.who]!;
        if (![...one.connected].every(mayLeave)) break;
        one.socket.close();
        members[action.who] = next();
        break;
      }
      case 'turn':
        await turn();
        break;
    }
  }
  for (let at = 0; at < ENDPOINTS; at++) await bind(at);
  return members;
}

describe.each(schemes)('over %s', (scheme) => {
  it(
    'PUSH to PULL: all that was taken arrives, once and in order',
    async () => {
      await holdsInTime(
        fc.asyncProperty(program, mark, mark, async (steps, sendHighWaterMark, receiveHighWaterMark) => {
          const context = createContext({});
          const ledger = new Ledger();
          const pull = new Pull({ context, receiveHighWaterMark, linger: 0 });
          pull.onMessage((message, peer) => ledger.took(String(message[0]), peer));
          const create = (name: string): Member<Push> => ({
            name,
            socket: new Push({ context, sendHighWaterMark, reconnectInterval: 1 }),
            connected: new Set(),
            sent: 0,
          });
          const members = await play<Push>(steps, scheme, context, pull, ledger, create);
          for (const { socket } of members) socket.close();
          await ledger.all();
          pull.close();
        }),
        30,
      );
    },
    LIMIT_MS,
  );

  it(
    'PUSH to PULL, whose endpoints come and go: nothing is invented or comes twice, all is in order, and who stays gets through',
    async () => {
      await holdsInTime(
        fc.asyncProperty(restless, mark, mark, async (steps, sendHighWaterMark, receiveHighWaterMark) => {
          const context = createContext({});
          const ledger = new Ledger();
          const through = new Set<string>();
          const pull = new Pull({ context, receiveHighWaterMark, linger: 0 });
          pull.onMessage((message, peer) => {
            const text = String(message[0]);
            if (text.startsWith('end ')) through.add(text.slice('end '.length));
            else ledger.took(text, peer);
          });
          const create = (name: string): Member<Push> => ({
            name,
            socket: new Push({ context, sendHighWaterMark, reconnectInterval: 1, linger: 0 }),
            connected: new Set(),
            sent: 0,
          });
          const members = await play<Push>(steps, scheme, context, pull, ledger, create);
          for (const { name, socket, connected } of members) {
            // What a connection had when its endpoint went may be lost, so it is said until it comes.
            while (connected.size > 0 && !through.has(name)) {
              socket.trySend(`end ${name}`);
              await turn();
            }
            socket.close();
          }
          pull.close();
          const { sent, received } = ledger;
          expect(received.filter((text) => !sent.includes(text))).toEqual([]);
          expect(new Set(received).size).toBe(received.length);
        }),
        30,
      );
    },
    LIMIT_MS,
  );

  it(
    'PAIR with PAIR: all that either took arrives, once and in order',
    async () => {
      const pairStep = fc.oneof(
        { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('bind' as const, 'connect' as const) }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
        {
          weight: 8,
          arbitrary: fc.record({
            do: fc.constantFrom('send' as const, 'receive' as const),
            who: fc.constantFrom(0 as const, 1 as const),
            count: fc.integer({ min: 1, max: 30 }),
          }),
        },
      );
      await holdsInTime(
        fc.asyncProperty(
          fc.array(pairStep, { maxLength: 40 }),
          fc.array(mark, { minLength: 4, maxLength: 4 }),
          async (steps, marks) => {
            const context = createContext({});
            const [endpoint] = (await endpointsOf(scheme, context)) as [string];
            const create = (sendHighWaterMark: number, receiveHighWaterMark: number): Pair =>
              new Pair({ context, sendHighWaterMark, receiveHighWaterMark, reconnectInterval: 1, linger: 0 });
            const pairs = [create(marks[0]!, marks[1]!), create(marks[2]!, marks[3]!)] as const;
            const sent: [string[], string[]] = [[], []];
            const received: [string[], string[]] = [[], []];
            const open = new Set<string>();
            const begin = async (what: 'bind' | 'connect'): Promise<void> => {
              if (open.has(what)) return;
              open.add(what);
              if (what === 'bind') await pairs[0].bind(endpoint);
              else pairs[1].connect(endpoint);
            };
            const act = (what: 'send' | 'receive', who: 0 | 1): void => {
              const text = String(sent[who].length);
              if (what === 'send' && pairs[who].trySend(text)) sent[who].push(text);
              const message = what === 'receive' ? pairs[who].tryReceive() : undefined;
              if (message !== undefined) received[who].push(String(message[0]));
            };
            for (const action of steps) {
              if (action.do === 'turn') await turn();
              else if (!('who' in action)) await begin(action.do);
              else for (let i = 0; i < action.count; i++) act(action.do, action.who);
            }
            await begin('bind');
            await begin('connect');
            for (const who of [0, 1] as const) {
              const due = sent[who === 0 ? 1 : 0];
              while (received[who].length < due.length) received[who].push(String((await pairs[who].receive())[0]));
              expect(received[who]).toEqual(due);
            }
            for (const pair of pairs) pair.close();
          },
        ),
        30,
      );
    },
    LIMIT_MS,
  );

  it(
    'DEALER to ROUTER and back: all requests arrive, and all replies to those who stay',
    async () => {
      await holdsInTime(
      fc.asyncProperty(program, mark, async (steps, highWaterMark) => {
        const context = createContext({});
        const ledger = new Ledger();
        const marks = { receiveHighWaterMark: highWaterMark, sendHighWaterMark: 0 };
        const router = new Router({ context, ...marks, linger: 0 });
        const replies = new Map<string, string[]>();
        const watch = new Watch();
        router.onMessage((message, peer) => {
          ledger.took(String(message[1]), peer);
          // It goes to nobody when the one who asked is gone.
          router.trySend([message[0]!, message[1]!]);
        });
        const create = (name: string): Member<Dealer> => {
          const socket = new Dealer({ context, ...marks, reconnectInterval: 1, routingId: name });
          const got: string[] = [];
          replies.set(name, got);
          socket.onMessage(([text]) => {
            got.push(String(text));
            watch.changed();
          });
          return { name, socket, connected: new Set(), sent: 0 };
        };
        // A routing id is one connection's: each member connects to one endpoint, and once.
        const once = steps.filter((each) => each.do !== 'connect' || each.at === each.who % ENDPOINTS);
        const members = await play<Dealer>(
          once.filter((each) => each.do !== 'disconnect'),
          scheme, context, router, ledger, create
        );
        await ledger.all();
        for (const { name, sent, socket } of members) {
          const got = replies.get(name)!;
          await watch.until(() => got.length >= sent);
          // One connection: what comes back is in the order of what went out.
          expect(got).toEqual(Array.from({ length: sent }, (_, i) => `${name} ${i}`));
          socket.close();
        }
        // Nobody gets a reply to what another has asked, or twice.
        for (const [name, got] of replies) {
          expect(got).toEqual([...new Set(got)].filter((text) => text.startsWith(`${name} `)));
        }
        router.close();
      }),
      25,
    ); // prettier-ignore
    },
    LIMIT_MS,
  );
});

// ── publish and subscribe ──

const topic = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 });

type PubStep =
  | { readonly do: 'connect' | 'close'; readonly who: number }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly who: number; readonly topic: string }
  | { readonly do: 'publish'; readonly topic: string; readonly count: number }
  | { readonly do: 'bind' | 'turn' };

const pubStep: fc.Arbitrary<PubStep> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bind' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), who: member }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who: member, topic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), who: member, topic }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('publish' as const), topic, count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who: member }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);

class Reader {
  readonly socket: Subscriber;
  readonly received: string[] = [];
  /** What it is subscribed to, as often. */
  readonly topics: string[] = [];
  /** What it has ever cancelled. */
  readonly cancelled = new Set<string>();
  readonly ever = new Set<string>();
  /** Published while the publisher knew that it wants it, and it has wanted it ever since. */
  readonly due: { readonly text: string; readonly topics: readonly string[] }[] = [];
  connected = false;
  closed = false;
  readonly #watch = new Watch();

  constructor(context: Context, readonly name: string) {
    this.socket = new Subscriber({ context, receiveHighWaterMark: 0, reconnectInterval: 1, metadata: { 'X-Name': name } });
    this.socket.onMessage(([first, number]) => {
      this.received.push(`${String(first)} ${String(number)}`);
      this.#watch.changed();
    });
  } // prettier-ignore

  has(text: string): Promise<void> {
    return this.#watch.until(() => this.received.includes(text));
  }
}

it.each(schemes)('PUB to SUB over %s: each gets what it is known to want, once and in order, and nothing else', async (scheme) => {
  await holdsInTime(
    fc.asyncProperty(fc.array(pubStep, { minLength: 5, maxLength: 60 }), async (steps) => {
      const context = createContext({});
      const [where] = await endpointsOf(scheme, context);
      const publisher = new Publisher({ context, sendHighWaterMark: 0, linger: 0 });
      /** By the reader's name: what the publisher holds for it. */
      const known = new Map<string, Set<string>>();
      const watch = new Watch();
      publisher.onSubscription(({ peer, topic: text, subscribed }) => {
        const name = peer.properties['X-Name']!;
        const topics = known.get(name) ?? new Set<string>();
        known.set(name, topics);
        if (subscribed) topics.add(String(text));
        else topics.delete(String(text));
        watch.changed();
      });
      let created = 0;
      let published = 0;
      let isBound = false;
      const readers: Reader[] = [];
      const current: Reader[] = [];
      const next = (): Reader => {
        const reader = new Reader(context, `reader-${created++}`);
        readers.push(reader);
        return reader;
      };
      for (let i = 0; i < MEMBERS; i++) current.push(next());
      const bind = async (): Promise<void> => {
        if (!isBound) await publisher.bind(where!);
        isBound = true;
      };
      const publish = async (text: string): Promise<string> => {
        const number = published++;
        for (const reader of current) {
          const topics = [...(known.get(reader.name) ?? [])].filter((wanted) => text.startsWith(wanted));
          if (topics.length > 0) reader.due.push({ text: `${text} ${number}`, topics });
        }
        await publisher.send([text, String(number)]);
        return `${text} ${number}`;
      };
      for (const action of steps) {
        switch (action.do) {
          case 'bind':
            await bind();
            break;
          case 'connect': {
            const reader = current[action.who]!;
            if (!reader.connected) reader.socket.connect(where!);
            reader.connected = true;
            break;
          }
          case 'subscribe': {
            const reader = current[action.who]!;
            reader.topics.push(action.topic);
            reader.ever.add(action.topic);
            reader.socket.subscribe(action.topic);
            break;
          }
          case 'unsubscribe': {
            const reader = current[action.who]!;
            const at = reader.topics.indexOf(action.topic);
            if (at < 0) break;
            reader.topics.splice(at, 1);
            reader.cancelled.add(action.topic);
            reader.socket.unsubscribe(action.topic);
            break;
          }
          case 'publish':
            for (let i = 0; i < action.count; i++) await publish(action.topic);
            break;
          case 'close': {
            const reader = current[action.who]!;
            reader.closed = true;
            reader.socket.close();
            current[action.who] = next();
            break;
          }
          case 'turn':
            await turn();
            break;
        }
      }
      await bind();
      // A last message that each has asked for: behind it nothing is under way.
      for (const reader of current) {
        if (!reader.connected) reader.socket.connect(where!);
        reader.socket.subscribe('fence');
        reader.ever.add('fence');
      }
      await watch.until(() => current.every(({ name }) => known.get(name)?.has('fence') === true));
      const fence = await publish('fence');
      await Promise.all(current.map((reader) => reader.has(fence)));
      for (const reader of readers) {
        const numbers = reader.received.map((text) => Number(text.split(' ')[1]));
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        expect(reader.received.filter((text) => ![...reader.ever].some((wanted) => text.startsWith(wanted)))).toEqual([]);
        if (reader.closed) continue;
        const owed = reader.due.filter(({ topics }) => topics.some((wanted) => !reader.cancelled.has(wanted)));
        expect(owed.map(({ text }) => text).filter((text) => !reader.received.includes(text))).toEqual([]);
        reader.socket.close();
      }
      publisher.close();
    }),
    25,
  );
}, LIMIT_MS); // prettier-ignore
