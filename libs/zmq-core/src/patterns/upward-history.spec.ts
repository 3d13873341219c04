import fc from 'fast-check';
import { PatternHarness, type TestPeer } from '../testing/pattern-harness.js';
import type { PatternOptions } from './pattern.js';
import type { Added, Removed } from './subscription-trie.js';
import { Account, historyOf, type Notification } from './upward-history.js';
import { UpwardQueue } from './upward-queue.js';
import { XPublisherPattern } from './xpublisher.js';

/** `P 01 A first`: of which connection, what is told, and what it did. Of those in small letters nothing is left. */
function waiting(...lines: readonly string[]): Notification[] {
  const accounts = new Map<string, Account>();
  return lines.map((line) => {
    const [name, kind, topic, change] = line.split(' ');
    let account = accounts.get(name!);
    if (account === undefined) accounts.set(name!, (account = new Account()));
    account.closed = name === name!.toLowerCase();
    return {
      message: [Buffer.from(`${kind === '01' ? '\x01' : '\x00'}${topic}`)],
      change: change as Added | Removed,
      account,
    };
  });
}

/** What is left, by place. */
function left(byPeer: boolean, ...lines: readonly string[]): number[] {
  const items = waiting(...lines);
  const history = historyOf(items, byPeer);
  return [...items.keys()].filter((place) => !history.has(items[place]!));
}

describe('what is history', () => {
  it('of topics: from the first that subscribed to the last that cancelled', () => {
    expect(left(false, 'P 01 A first', 'P 00 A last')).toEqual([]);
    expect(left(false, 'P 01 A first', 'Q 01 A another', 'P 01 A repeated', 'Q 00 A last', 'P 01 A first')).toEqual([4]);
    expect(left(false, 'P 01 A first', 'P 01 B first', 'Q 00 A last', 'P 01 A first', 'P 00 B last')).toEqual([3]);
    // The application knows that somebody holds it.
    expect(left(false, 'P 00 A last', 'P 01 A first', 'P 00 A last', 'P 01 A first')).toEqual([0, 3]);
    expect(left(false, 'P 01 A another', 'P 00 A last')).toEqual([0, 1]);
    // It asked to be told of each, as long as they are there.
    expect(left(false, 'P 01 A first', 'Q 01 A another', 'r 01 A another', 'Q 01 A repeated')).toEqual([0, 1, 3]);
  }); // prettier-ignore

  it('of peers: what those had who are gone, and what did nothing', () => {
    expect(left(true, 'P 01 A first', 'P 00 A last')).toEqual([0, 1]);
    expect(left(true, 'p 01 A first', 'Q 01 A another', 'p 00 A others-remain', 'Q 00 A last')).toEqual([1, 3]);
    expect(left(true, 'p 01 A first', 'q 01 A another', 'p 01 A repeated', 'q 00 A others-remain', 'p 00 A last')).toEqual([]);
    expect(left(true, 'p 00 A absent', 'p 01 A repeated', 'p 00 A last', 'Q 00 A absent', 'Q 01 A repeated')).toEqual([2, 3, 4]);
  }); // prettier-ignore

  it('no message of a user', () => {
    const items: Notification[] = [{ message: [Buffer.from('\x00A')], change: undefined, account: undefined }];
    expect(historyOf(items, false).size + historyOf(items, true).size).toBe(0);
  });
});

const modes: readonly (readonly [string, Partial<PatternOptions>])[] = [
  ['by default', {}],
  ['allSubs', { verbosity: 'allSubs' }],
  ['allSubsUnsubs', { verbosity: 'allSubsUnsubs' }],
  ['manual', { manual: true }],
];

function xpub(options: Partial<PatternOptions>, items: number): PatternHarness<'XPUB'> {
  return new PatternHarness('XPUB', options, (_, environment) => {
    return new XPublisherPattern(environment, new UpwardQueue({ items, bytes: 2 ** 30 }));
  });
}

/** Three places for peers, three topics; the application reads now and then. */
type Step =
  { readonly peer: number; readonly topic: string } | { readonly leaves: number } | { readonly reads: number };
const peer = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ peer, topic: fc.constantFrom('A', 'B', '') }) },
  { weight: 2, arbitrary: fc.record({ leaves: peer }) },
  { weight: 1, arbitrary: fc.record({ reads: fc.integer({ min: 1, max: 4 }) }) },
);

/** What the application believes in the end: how many hold each topic; where it is told of topics only, whether anybody does. */
function believed(options: Partial<PatternOptions>, large: number, steps: readonly Step[]): Record<string, number> {
  const harness = xpub(options, large);
  const ofPeers = options.manual === true || options.verbosity === 'allSubsUnsubs';
  const belief: Record<string, number> = {};
  const hear = (received: readonly string[]): void => {
    for (const text of received) {
      const topic = text.slice(1);
      const holders = (belief[topic] ?? 0) + (text.startsWith('\x01') ? 1 : -1);
      belief[topic] = ofPeers ? holders : text.startsWith('\x01') ? 1 : 0;
      if (belief[topic] === 0) delete belief[topic];
    }
  };
  const peers = [0, 1, 2].map(() => ({ peer: harness.join(), holds: new Set<string>() }));
  for (const action of steps) {
    if ('reads' in action) {
      for (let i = 0; i < action.reads; i++) hear(harness.receive() ?? []);
    } else if ('leaves' in action) {
      peers[action.leaves]!.peer.close();
      peers[action.leaves] = { peer: harness.join(), holds: new Set() };
    } else {
      const { peer: who, holds } = peers[action.peer]!;
      if (!holds.delete(action.topic)) holds.add(action.topic);
      who.send(`${holds.has(action.topic) ? '\x01' : '\x00'}${action.topic}`);
    }
  }
  hear(harness.receiveAll().flat());
  return belief;
}

describe.each(modes)('%s', (_, options) => {
  it('the application believes the same in the end, whether history is forgotten or not', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, large) => {
        expect(believed(options, large, steps)).toEqual(believed(options, 1_000_000, steps));
      }),
    );
  });

  it('those who come, subscribe and go again and again leave no more than a few', () => {
    const harness = xpub(options, 20);
    const good = harness.join();
    good.send('\x01good');
    for (let i = 0; i < 200; i++) {
      const guest: TestPeer = harness.join();
      for (const text of ['\x01A', '\x01A', '\x01good', `\x01${i}`, '\x00never', '\x00good', '\x01B']) guest.send(text);
      guest.close();
    }
    const told = harness.receiveAll().flat();
    expect(told.length).toBeLessThan(50);
    expect(told[0]).toBe('\x01good');
    expect(harness.pattern.dropped).toBe(0);
  }); // prettier-ignore
});
