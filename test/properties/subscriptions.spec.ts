import fc from 'fast-check';
import { PatternHarness, type TestPeer } from '../../libs/zmq-core/src/testing/pattern-harness.js';
import { holds } from '../support/property.js';

/*
 * Publishers and subscribers against models that know nothing but sets of topics.
 */

const PEERS = 4;
const topic = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff'), maxLength: 4 });
const who = fc.nat(PEERS - 1);

type Step =
  | { readonly do: 'subscribe' | 'cancel'; readonly who: number; readonly topic: string }
  | { readonly do: 'leave'; readonly who: number }
  | { readonly do: 'publish' | 'admit' | 'expel'; readonly topic: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who, topic }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('cancel' as const), who, topic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), topic }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('admit' as const, 'expel' as const), topic }) },
);
const steps = fc.array(step, { maxLength: 60 });

interface ModelPeer {
  readonly peer: TestPeer;
  /** What it is sent. */
  readonly topics: Set<string>;
  /** What it asked for. */
  readonly requested: Set<string>;
}

const subscribed = (text: string): string[] => [`\x01${text}`];
const cancelled = (text: string): string[] => [`\x00${text}`];

const verbosities = [null, 'allSubs', 'allSubsUnsubs'] as const;

describe.each([false, true])('an XPUB with `invertMatching` %s', (invertMatching) => {
  it.each(verbosities)('and `verbosity` %s sends to whom it has to, and tells what it has to', (verbosity) => {
    holds(
      fc.property(steps, (all) => {
        const harness = new PatternHarness('XPUB', { invertMatching, verbosity });
        const join = (): ModelPeer => ({ peer: harness.join(), topics: new Set(), requested: new Set() });
        const peers = Array.from({ length: PEERS }, join);
        const isHeld = (text: string): boolean => peers.some(({ topics }) => topics.has(text));
        for (const action of all) {
          const told: string[][] = [];
          switch (action.do) {
            case 'subscribe': {
              const { peer, topics } = peers[action.who]!;
              if (!isHeld(action.topic) || verbosity !== null) told.push(subscribed(action.topic));
              topics.add(action.topic);
              peer.send(`\x01${action.topic}`);
              break;
            }
            case 'cancel': {
              const { peer, topics } = peers[action.who]!;
              const isLast = topics.delete(action.topic) && !isHeld(action.topic);
              if (isLast || verbosity === 'allSubsUnsubs') told.push(cancelled(action.topic));
              peer.send(`\x00${action.topic}`);
              break;
            }
            case 'leave': {
              const { peer, topics } = peers[action.who]!;
              peers[action.who] = join();
              for (const text of topics) if (!isHeld(text) || verbosity === 'allSubsUnsubs') told.push(cancelled(text));
              peer.close();
              break;
            }
            case 'publish':
              expectPublished(harness, peers, action.topic, invertMatching);
              break;
            default: // only with `manual`
          }
          expect(harness.receiveAll().toSorted(byText)).toEqual(told.toSorted(byText));
          expect(harness.pattern.topicsCount).toBe(new Set(peers.flatMap(({ topics }) => [...topics])).size);
        }
      }),
      80,
    );
  });

  it('and `manual` sends to whom its application says, and tells everything', () => {
    holds(
      fc.property(steps, (all) => {
        const harness = new PatternHarness('XPUB', { invertMatching, manual: true });
        const join = (): ModelPeer => ({ peer: harness.join(), topics: new Set(), requested: new Set() });
        const peers = Array.from({ length: PEERS }, join);
        /** Whose subscription was received last. */
        let last: ModelPeer | undefined;
        for (const action of all) {
          const told: string[][] = [];
          switch (action.do) {
            case 'subscribe':
            case 'cancel': {
              const one = peers[action.who]!;
              const message = action.do === 'subscribe' ? subscribed(action.topic) : cancelled(action.topic);
              if (action.do === 'subscribe') one.requested.add(action.topic);
              else one.requested.delete(action.topic);
              one.peer.send(message[0]!);
              told.push(message);
              last = one;
              break;
            }
            case 'leave': {
              const one = peers[action.who]!;
              peers[action.who] = join();
              told.push(...[...one.requested].map(cancelled));
              one.peer.close();
              if (told.length > 0 || last === one) last = undefined;
              break;
            }
            case 'publish':
              expectPublished(harness, peers, action.topic, invertMatching);
              break;
            case 'admit':
              harness.pattern.subscribe(Buffer.from(action.topic, 'latin1'));
              last?.topics.add(action.topic);
              break;
            case 'expel':
              harness.pattern.unsubscribe(Buffer.from(action.topic, 'latin1'));
              last?.topics.delete(action.topic);
              break;
          }
          expect(harness.receiveAll().toSorted(byText)).toEqual(told.toSorted(byText));
        }
      }),
      80,
    );
  });
});

it('a PUB sends to whom it has to, each message once', () => {
  holds(
    fc.property(steps, (all) => {
      const harness = new PatternHarness('PUB');
      const join = (): ModelPeer => ({ peer: harness.join(), topics: new Set(), requested: new Set() });
      const peers = Array.from({ length: PEERS }, join);
      for (const action of all) {
        if (action.do === 'publish') expectPublished(harness, peers, action.topic, false);
        if (!('who' in action)) continue;
        const { peer, topics } = peers[action.who]!;
        if (action.do === 'leave') {
          peer.close();
          peers[action.who] = join();
        } else if (action.do === 'subscribe') {
          peer.send(`\x01${action.topic}`);
          topics.add(action.topic);
        } else {
          peer.send(`\x00${action.topic}`);
          topics.delete(action.topic);
        }
      }
    }),
    80,
  );
});

it.each([false, true])('a SUB with `invertMatching` %s tells its publishers what it has to, and receives what it has to', (invertMatching) => {
  const other = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('subscribe' as const, 'cancel' as const), topic }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), topic }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'hiccup' as const), topic }) },
  );
  holds(
    fc.property(fc.array(other, { maxLength: 60 }), (all) => {
      const harness = new PatternHarness('SUB', { invertMatching });
      const counts = new Map<string, number>();
      const publishers: TestPeer[] = [];
      for (const action of all) {
        const bytes = Buffer.from(action.topic, 'latin1');
        const before = counts.get(action.topic) ?? 0;
        const [newest] = publishers.slice(-1);
        switch (action.do) {
          case 'subscribe':
            counts.set(action.topic, before + 1);
            harness.pattern.subscribe(bytes);
            for (const publisher of publishers) expect(publisher.readAll()).toEqual([subscribed(action.topic)]);
            break;
          case 'cancel':
            if (before > 1) counts.set(action.topic, before - 1);
            else counts.delete(action.topic);
            harness.pattern.unsubscribe(bytes);
            for (const publisher of publishers)
              expect(publisher.readAll()).toEqual(before === 1 ? [cancelled(action.topic)] : []);
            break;
          case 'publish': {
            newest?.send(bytes);
            const matches = [...counts.keys()].some((prefix) => action.topic.startsWith(prefix));
            const isDue = newest !== undefined && matches !== invertMatching;
            expect(harness.receiveAll()).toEqual(isDue ? [[action.topic]] : []);
            break;
          }
          case 'join':
            publishers.push(harness.join());
            expect(publishers.at(-1)!.readAll()).toEqual([...counts.keys()].map(subscribed));
            break;
          case 'hiccup':
            newest?.hiccup();
            if (newest !== undefined) expect(newest.readAll()).toEqual([...counts.keys()].map(subscribed));
            break;
        }
        expect(harness.pattern.topicsCount).toBe(counts.size);
      }
    }),
    80,
  );
}); // prettier-ignore

/** Publishes the text: those whose topics match (or do not) get it, once, and nobody else anything. */
function expectPublished(
  harness: PatternHarness<'XPUB'> | PatternHarness<'PUB'>,
  peers: readonly ModelPeer[],
  text: string,
  inverted: boolean,
): void {
  expect(harness.send(text, 'body')).toBe(true);
  for (const { peer, topics } of peers) {
    const matches = [...topics].some((prefix) => text.startsWith(prefix));
    expect(peer.readAll()).toEqual(matches === inverted ? [] : [[text, 'body']]);
  }
}

function byText([a]: readonly string[], [b]: readonly string[]): number {
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}
