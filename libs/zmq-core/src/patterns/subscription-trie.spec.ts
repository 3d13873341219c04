import { jest } from '@jest/globals';
import fc from 'fast-check';
import { createPipe } from '../pipe/pipe.js';
import { RadixTrie } from './radix-trie.js';
import { SubscribedPipe, SubscriptionTrie } from './subscription-trie.js';

const newPipe = () => new SubscribedPipe(createPipe()[0]);

function matches(trie: SubscriptionTrie, text: string): Set<SubscribedPipe> {
  const found = new Set<SubscribedPipe>();
  trie.match(Buffer.from(text, 'latin1'), { visit: (pipes) => pipes.forEach((pipe) => found.add(pipe)) });
  return found;
}

describe('SubscriptionTrie', () => {
  it('a topic is held or not: one removal undoes any number of additions', () => {
    const trie = new SubscriptionTrie();
    const [a, b] = [newPipe(), newPipe()];
    expect([trie.add('x', a), trie.add('x', a), trie.add('x', b)]).toEqual(['first', 'repeated', 'another']);
    expect(a.topicBytes).toBe(1);
    expect([trie.remove('x', a), trie.remove('x', a)]).toEqual(['others-remain', 'absent']);
    expect([trie.remove('y', b), trie.remove('x', b), trie.remove('x', b)]).toEqual(['absent', 'last', 'absent']);
    expect([a.topicBytes, b.topicBytes, a.topics.size, b.topics.size]).toEqual([0, 0, 0, 0]);
  });

  it('knows when everybody gets everything', () => {
    const trie = new SubscriptionTrie();
    const [a, b] = [newPipe(), newPipe()];
    expect(trie.onlyEverything).toEqual([]);
    trie.add('', a);
    trie.add('', b);
    expect(trie.onlyEverything).toEqual([a, b]);
    trie.add('x', a);
    expect(trie.onlyEverything).toBeUndefined();
    trie.remove('x', a);
    trie.removeAll(a);
    expect(trie.onlyEverything).toEqual([b]);
  });

  it('agrees with a naive model in any order of changes', () => {
    const topic = fc.string({ unit: fc.constantFrom('a', 'b', '\0'), maxLength: 4 });
    const change = fc.record({
      what: fc.constantFrom('add', 'add', 'remove', 'removeAll'),
      who: fc.nat({ max: 3 }),
      topic,
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.array(topic), (changes, texts) => {
        const trie = new SubscriptionTrie();
        const pipes = Array.from({ length: 4 }, newPipe);
        const model = pipes.map(() => new Set<string>());
        const holdersOf = (text: string) => model.filter((topics) => topics.has(text)).length;
        for (const { what, who, topic: text } of changes) {
          const [pipe, own] = [pipes[who]!, model[who]!];
          if (what === 'add') {
            const expected = own.has(text) ? 'repeated' : holdersOf(text) === 0 ? 'first' : 'another';
            own.add(text);
            expect(trie.add(text, pipe)).toBe(expected);
          } else if (what === 'remove') {
            const expected = !own.delete(text) ? 'absent' : holdersOf(text) === 0 ? 'last' : 'others-remain';
            expect(trie.remove(text, pipe)).toBe(expected);
          } else {
            const told: [string, boolean][] = [];
            trie.removeAll(pipe, (gone, last) => told.push([gone, last]));
            const expected = [...own].map((gone) => [gone, holdersOf(gone) === 1]);
            own.clear();
            expect(told).toEqual(expect.arrayContaining(expected));
            expect(told).toHaveLength(expected.length);
          }
          expect(pipe.topicBytes).toBe([...own].join('').length);
        }
        for (const text of texts) {
          const expected = pipes.filter((_, i) => [...model[i]!].some((prefix) => text.startsWith(prefix)));
          expect(matches(trie, text)).toEqual(new Set(expected));
        }
      }),
    );
  });

  it('forgetting a pipe costs its own topics, not those of others', () => {
    const costs = [100, 10_000].map((others) => {
      const trie = new SubscriptionTrie();
      const [many, few] = [newPipe(), newPipe()];
      for (let i = 0; i < others; i++) trie.add(`topic/${i}`, many);
      for (let i = 0; i < 10; i++) trie.add(`topic/${i * 7}/own`, few);
      const release = jest.spyOn(RadixTrie.prototype, 'release');
      const compare = jest.spyOn(String.prototype, 'charCodeAt');
      trie.removeAll(few);
      const cost = [release.mock.calls.length, compare.mock.calls.length];
      release.mockRestore();
      compare.mockRestore();
      return cost;
    });
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]).toEqual([10, 0]);
  });

  it('10,000 pipes on one topic: leaving costs the same for each', () => {
    const trie = new SubscriptionTrie();
    const pipes = Array.from({ length: 10_000 }, newPipe);
    for (const pipe of pipes) trie.add('news', pipe);
    const moves = jest.spyOn(Map.prototype, 'set');
    for (const pipe of pipes) trie.removeAll(pipe);
    expect(moves.mock.calls.length).toBeLessThanOrEqual(pipes.length);
    moves.mockRestore();
    expect(matches(trie, 'news').size).toBe(0);
  });
});
