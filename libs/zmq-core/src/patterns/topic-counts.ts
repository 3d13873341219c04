import { RadixTrie } from './radix-trie.js';

/**
 * What a subscriber is subscribed to, each topic with how often (29/PUBSUB: a
 * subscription ends when it was cancelled as often as it was made). Keys are
 * latin1 strings, a character per byte.
 */
export class TopicCounts {
  readonly #counts = new Map<string, number>();
  readonly #trie = new RadixTrie<true>();

  /** How many different topics. */
  get size(): number {
    return this.#counts.size;
  }

  /** Each topic once, in the order of their first subscription. */
  topics(): IterableIterator<string> {
    return this.#counts.keys();
  }

  has(topic: string): boolean {
    return this.#counts.has(topic);
  }

  add(topic: string): void {
    const count = this.#counts.get(topic) ?? 0;
    this.#counts.set(topic, count + 1);
    if (count === 0) this.#trie.insert(topic).value = true;
  }

  /** True when that was the last one. An unknown topic is no mistake. */
  remove(topic: string): boolean {
    const count = this.#counts.get(topic);
    if (count === undefined) return false;
    if (count > 1) {
      this.#counts.set(topic, count - 1);
      return false;
    }
    this.#counts.delete(topic);
    const node = this.#trie.find(topic)!;
    node.value = undefined;
    this.#trie.release(node);
    return true;
  }

  /** Whether some topic is a prefix of the frame. */
  matches(frame: Buffer): boolean {
    return this.#trie.hasPrefixOf(frame);
  }
}
