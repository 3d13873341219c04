import type { Multipart } from '../foundation/multipart.js';
import type { Added, Removed } from './subscription-trie.js';

/** Notifications about one connection of a subscriber that the application of an XPUB has not received. */
export class Account {
  notifications = 0;
  bytes = 0;
  /** The connection has ended, and all that it held was cancelled. */
  closed = false;
}

/** What waits for that application: a notification, or something without an account. */
export interface Notification {
  /** `01 topic` or `00 topic`. */
  readonly message: Multipart;
  /** What the subscription or cancellation did. */
  readonly change: Added | Removed | undefined;
  /** Of whom it tells. */
  readonly account: Account | undefined;
}

/** Who is told what: of a topic that somebody holds now, or nobody; or of the topics of each peer. */
interface Kind {
  readonly begins: readonly unknown[];
  readonly ends: readonly unknown[];
}

const ofTopics: Kind = { begins: ['first'], ends: ['last'] };
const ofPeers: Kind = { begins: ['first', 'another'], ends: ['last', 'others-remain'] };

/**
 * Those of the unread notifications without which the application knows the same in the
 * end. In the order in which they wait:
 *
 *     01 A (first)  01 B (first)  00 A (last)  01 A (first)  00 B (last)
 *     └──────── A is history ───────────┘      still held
 *                   └───────── B is history ──────────────────────┘
 *
 * What begins before the head, because the application has received it, has an end that it
 * is to be told. Of a peer that is gone, what changed nothing is history too.
 *
 * @param byPeer the application is told of what each peer holds. Then only peers that are
 *   gone have a history: to one that is there each of its requests may have an answer.
 */
export function historyOf<T extends Notification>(waiting: Iterable<T>, byPeer: boolean): Set<T> {
  const { begins, ends } = byPeer ? ofPeers : ofTopics;
  const history = new Set<T>();
  const everybody = new Map<string, T[]>();
  const each = new Map<Account, typeof everybody>();
  for (const item of waiting) {
    const { account, change } = item;
    if (account === undefined || (byPeer && !account.closed)) continue;
    const begun = byPeer ? entryOf(each, account) : everybody;
    const topic = item.message[0]!.toString('latin1', 1);
    const since = begun.get(topic);
    if (since !== undefined) since.push(item);
    else if (begins.includes(change)) begun.set(topic, [item]);
    if (ends.includes(change)) {
      for (const past of since ?? []) history.add(past);
      begun.delete(topic);
    } else if (account.closed && !begins.includes(change)) {
      history.add(item);
    }
  }
  return history;
}

function entryOf<K, T>(map: Map<K, Map<string, T>>, key: K): Map<string, T> {
  let entry = map.get(key);
  if (entry === undefined) map.set(key, (entry = new Map<string, T>()));
  return entry;
}
