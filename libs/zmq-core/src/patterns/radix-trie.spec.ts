import { jest } from '@jest/globals';
import fc from 'fast-check';
import { RadixNode, RadixTrie } from './radix-trie.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** All nodes, without recursion. */
function nodesOf<V>(trie: RadixTrie<V>): RadixNode<V>[] {
  const nodes = [trie.root];
  for (let i = 0; i < nodes.length; i++) nodes.push(...nodes[i]!.children);
  return nodes;
}

function matchesOf(trie: RadixTrie<string>, text: string): string[] {
  const found: string[] = [];
  trie.match(bytes(text), { visit: (value) => found.push(value) });
  return found;
}

function trieOf(...keys: string[]): RadixTrie<string> {
  const trie = new RadixTrie<string>();
  for (const key of keys) trie.insert(key).value = key;
  return trie;
}

function removeFrom(trie: RadixTrie<string>, key: string): void {
  const node = trie.find(key)!;
  node.value = undefined;
  trie.release(node);
}

/** Nodes exist only where a key ends or keys part, each says what its place says, and holds the text of a living key. */
function isSound(trie: RadixTrie<string>, keys: Set<string>): boolean {
  return nodesOf(trie).every(
    (node) =>
      (node.value ?? node.key) === node.key &&
      (node === trie.root ||
        ((node.value !== undefined || node.children.length > 1) &&
          node.start === node.parent!.end &&
          node.first === node.path.charCodeAt(node.start) &&
          keys.has(node.path) &&
          node.children.includes(node.someChild!) === node.childCount > 0 &&
          node.parent!.child(node.first) === node)),
  );
}

describe('RadixTrie', () => {
  it('finds the keys that a text begins with, from short to long', () => {
    const trie = trieOf('', 'a', 'ab', 'abcd', 'abce', 'b', 'abd');
    expect(matchesOf(trie, 'abcdx')).toEqual(['', 'a', 'ab', 'abcd']);
    expect(matchesOf(trie, 'abc')).toEqual(['', 'a', 'ab']);
    expect(matchesOf(trie, '')).toEqual(['']);
    expect(matchesOf(trie, 'x')).toEqual(['']);
    expect(trie.hasPrefixOf(bytes('x'))).toBe(true);
    removeFrom(trie, '');
    expect(trie.hasPrefixOf(bytes('x'))).toBe(false);
    expect(trie.hasPrefixOf(bytes('bx'))).toBe(true);
    expect(trie.find('abc')?.value).toBeUndefined();
    expect(trie.find('abcdef')).toBeUndefined();
  });

  it('takes every byte, and many children', () => {
    const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    const trie = trieOf(...all);
    for (const key of all) expect(matchesOf(trie, `${key}tail`)).toEqual([key]);
    for (const key of all.slice(0, 253)) removeFrom(trie, key);
    expect(nodesOf(trie)).toHaveLength(4);
    for (const key of all) expect(matchesOf(trie, key)).toEqual(key >= '\xfd' ? [key] : []);
  });

  it('gives a key back in steps of its length, however many children the nodes on its way have', () => {
    const trie = new RadixTrie<string>();
    for (let at = 0; at < 100; at++) {
      for (let byte = 0; byte < 256; byte++) trie.insert('a'.repeat(at) + String.fromCharCode(byte)).value = '';
    }
    const key = `${'a'.repeat(99)}b`;
    const childrenOf = jest.spyOn(RadixNode.prototype, 'children', 'get');
    const node = trie.find(key)!;
    node.value = undefined;
    trie.release(node);
    // Of the node that had it, and of no other.
    expect(childrenOf).toHaveBeenCalledTimes(1);
    childrenOf.mockRestore();
    expect(trie.find(key)).toBeUndefined();
  });

  it('agrees with a naive model in any order of changes', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 60 }), fc.array(key), (changes, texts) => {
        const model = new Set<string>();
        const trie = new RadixTrie<string>();
        for (const [insert, text] of changes) {
          if (insert) {
            model.add(text);
            trie.insert(text).value = text;
          } else if (model.delete(text)) {
            removeFrom(trie, text);
          }
          expect(isSound(trie, model)).toBe(true);
        }
        for (const text of texts) {
          const expected = [...model].filter((prefix) => text.startsWith(prefix)).sort((a, b) => a.length - b.length);
          expect(matchesOf(trie, text)).toEqual(expected);
          expect(trie.hasPrefixOf(bytes(text))).toBe(expected.length > 0);
        }
        for (const text of model) removeFrom(trie, text);
        expect(nodesOf(trie)).toHaveLength(1);
      }),
    );
  });

  it('a key of 1 MB is one node', () => {
    const long = 'x'.repeat(2 ** 20);
    const trie = trieOf(long, `${long}y`, 'x');
    expect(nodesOf(trie)).toHaveLength(4);
    expect(matchesOf(trie, `${long}yz`).map((key) => key.length)).toEqual([1, 2 ** 20, 2 ** 20 + 1]);
    removeFrom(trie, long);
    removeFrom(trie, `${long}y`);
    expect(nodesOf(trie)).toHaveLength(2);
  });

  it('10,000 keys, each a prefix of the next, do not overflow the stack', () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => 'x'.repeat(10_000 - i));
    const trie = trieOf(...keys);
    expect(matchesOf(trie, keys[0]!)).toHaveLength(10_000);
    for (const key of keys.reverse()) removeFrom(trie, key);
    expect(nodesOf(trie)).toHaveLength(1);
  });

  it('matching compares no more than the bytes of the text, with 10 keys or 100,000', () => {
    const costs = [10, 1000, 100_000].map((count) => {
      const trie = trieOf(...Array.from({ length: count }, (_, i) => `topic/${i}/with/`), 'topic/50000/with');
      const compare = jest.spyOn(String.prototype, 'charCodeAt');
      expect(matchesOf(trie, 'topic/50000/with/a/tail').length).toBeGreaterThan(0);
      const cost = compare.mock.calls.length;
      compare.mockRestore();
      return cost;
    });
    for (const cost of costs) {
      expect(cost).toBeGreaterThan(0);
      expect(cost).toBeLessThanOrEqual('topic/50000/with/a/tail'.length);
    }
  });
});
