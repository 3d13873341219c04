import { Recipient } from './distributor.js';
import { type PrefixVisitor, type RadixNode, RadixTrie } from './radix-trie.js';

type TopicNode = RadixNode<SubscribedPipe[]>;

/** A pipe and the topics it holds. */
export class SubscribedPipe extends Recipient {
  /** Each topic's node, and this pipe's place in the list there. */
  readonly topics = new Map<TopicNode, number>();
  /** The sum of the lengths of its topics. */
  topicBytes = 0;
  /** Its connection is gone; the topics are still those of the peer that was there. */
  lost = false;
}

/** What a SUBSCRIBE did. */
export type Added = 'first' | 'another' | 'repeated';
/** What a CANCEL did. */
export type Removed = 'last' | 'others-remain' | 'absent';

export function isAdded(change: Added | Removed): change is Added {
  return change === 'first' || change === 'another' || change === 'repeated';
}

/**
 * Topics → the pipes that hold them. A topic is a byte prefix; a pipe holds a topic
 * or does not, so one CANCEL undoes any number of its SUBSCRIBEs (29/PUBSUB leaves
 * counting to the subscriber; libzmq: a set of pipes per topic).
 *
 * Each step costs the length of the topic, whatever else is subscribed; forgetting
 * a pipe costs its own topics.
 */
export class SubscriptionTrie {
  /** How many topics somebody holds. */
  size = 0;
  readonly #trie = new RadixTrie<SubscribedPipe[]>();

  add(topic: string, pipe: SubscribedPipe): Added {
    const node = this.#trie.insert(topic);
    if (pipe.topics.has(node)) return 'repeated';
    const first = node.value === undefined;
    if (first) this.size++;
    const holders = (node.value ??= []);
    pipe.topics.set(node, holders.length);
    pipe.topicBytes += topic.length;
    holders.push(pipe);
    return first ? 'first' : 'another';
  }

  remove(topic: string, pipe: SubscribedPipe): Removed {
    const node = this.#trie.find(topic);
    if (node === undefined || !pipe.topics.has(node)) return 'absent';
    pipe.topicBytes -= topic.length;
    return this.#leave(node, pipe) ? 'last' : 'others-remain';
  }

  /** Forgets all topics of the pipe. `told` gets each, and whether nobody holds it now. */
  removeAll(pipe: SubscribedPipe, told?: (topic: string, last: boolean) => void): void {
    for (const node of pipe.topics.keys()) {
      const topic = told === undefined ? '' : node.key;
      const last = this.#leave(node, pipe);
      told?.(topic, last);
    }
    pipe.topicBytes = 0;
  }

  /** The pipes of every topic that `bytes` begins with; a pipe comes as often as its topics match. */
  match(bytes: Buffer, visitor: PrefixVisitor<SubscribedPipe[]>): void {
    this.#trie.match(bytes, visitor);
  }

  /** Who gets everything, when nobody holds any topic but "": the common case needs no walk. */
  get onlyEverything(): readonly SubscribedPipe[] | undefined {
    const { root } = this.#trie;
    return root.childCount === 0 ? (root.value ?? NOBODY) : undefined;
  }

  /** True when the pipe was the last one there. */
  #leave(node: TopicNode, pipe: SubscribedPipe): boolean {
    const holders = node.value!;
    const index = pipe.topics.get(node)!;
    pipe.topics.delete(node);
    const moved = holders.pop()!;
    if (moved !== pipe) {
      holders[index] = moved;
      moved.topics.set(node, index);
    }
    if (holders.length > 0) return false;
    this.size--;
    node.value = undefined;
    this.#trie.release(node);
    return true;
  }
}

const NOBODY: readonly SubscribedPipe[] = [];
