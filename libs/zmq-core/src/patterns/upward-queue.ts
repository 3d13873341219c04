import { FifoQueue } from '../foundation/fifo-queue.js';
import { byteLength, type Multipart } from '../foundation/multipart.js';
import { subscriptionMessage } from './subscription-message.js';
import { type Added, isAdded, type Removed, SubscribedPipe } from './subscription-trie.js';
import { Account, historyOf, type Notification } from './upward-history.js';

/** A subscriber of an XPUB. */
export class XPublisherPipe extends SubscribedPipe {
  /** `manual`: the topics it asked for, whatever the application made of them, and their length. */
  readonly requested = new Set<string>();
  requestedBytes = 0;
  /** What is unread of the connection that there is now. */
  account = new Account();
  /** Its user messages that the application has not read. */
  unread = 0;
  unreadBytes = 0;
  /** Not read any further until the application has read some. */
  parked = false;
  /** It is gone, which its unread messages are not. */
  left = false;
}

/** One thing that waits for the application of an XPUB: a message of a user has no account. */
export interface UpwardItem extends Notification {
  /** Who sent it; `undefined` for a cancellation because the pipe is gone. */
  readonly pipe: XPublisherPipe | undefined;
  /** The label that the pipe had when this came. */
  readonly label: unknown;
}

const UNREAD_MESSAGES = 1000;
const UNREAD_MESSAGE_BYTES = 64 * 2 ** 20;
/** What is too much, of notifications and of messages of those who are gone each. */
const LARGE = { items: 1_000_000, bytes: 256 * 2 ** 20 };

/**
 * What an XPUB has taken from its pipes and the application has not. Subscriptions
 * count at once, so pipes are read ahead of the application, which may never read.
 * Hence:
 *
 * - a pipe with many unread user messages is parked, and its peer feels it;
 * - notifications of subscriptions cannot wait there, for what they tell has
 *   happened. Each connection has an account of them, for the pattern to limit;
 * - so that those who come, subscribe and go do not fill the queue, it forgets what is
 *   history whenever it has become large: subscriptions that were undone before the
 *   application heard of them. What then remains is bounded by what the peers that are
 *   there hold, and have in their accounts, and by what the application knows to be held;
 * - messages of those who come, send and go cannot be told from others: too many are dropped.
 */
export class UpwardQueue {
  /** Messages that were dropped. */
  dropped = 0;
  readonly #items = new FifoQueue<UpwardItem>();
  readonly #large: typeof LARGE;
  #notifications = 0;
  #bytes = 0;
  /** When to look for history next: each time it has to grow by as much again, so that looking costs little. */
  #nextNotifications: number;
  #nextBytes: number;
  /** Messages of pipes that are gone. */
  #orphans = 0;
  #orphanBytes = 0;

  constructor(large = LARGE) {
    this.#large = large;
    this.#nextNotifications = large.items;
    this.#nextBytes = large.bytes;
  }

  get length(): number {
    return this.#items.length;
  }

  /**
   * @param byPeer the application is told of what each peer holds, not only of what somebody holds
   * @param pipe whose it is; `undefined` when it is not to be answered, for the peer is gone
   */
  pushNotification(
    topic: string,
    change: Added | Removed,
    byPeer: boolean,
    account: Account,
    pipe?: XPublisherPipe,
  ): void {
    const message = subscriptionMessage(isAdded(change), topic);
    const size = message[0]!.length;
    this.#items.push({ message, pipe, label: pipe?.end.label, change, account });
    this.#notifications++;
    this.#bytes += size;
    account.notifications++;
    account.bytes += size;
    if (this.#notifications > this.#nextNotifications || this.#bytes > this.#nextBytes) this.#forgetHistory(byPeer);
  }

  pushMessage(message: Multipart, pipe: XPublisherPipe): void {
    this.#items.push({ message, pipe, label: pipe.end.label, change: undefined, account: undefined });
    pipe.unread++;
    pipe.unreadBytes += byteLength(message);
    pipe.parked = pipe.unread >= UNREAD_MESSAGES || pipe.unreadBytes >= UNREAD_MESSAGE_BYTES;
  }

  /** The pipe is gone, and nothing is pushed for it any more but cancellations. */
  leave(pipe: XPublisherPipe): void {
    pipe.left = true;
    this.#orphans += pipe.unread;
    this.#orphanBytes += pipe.unreadBytes;
    if (this.#orphans <= this.#large.items && this.#orphanBytes <= this.#large.bytes) return;
    this.dropped += this.#orphans;
    this.#retain((item) => item.account !== undefined || !item.pipe!.left);
  }

  /** The next item. A pipe that `mayResume` then should be read again. */
  shift(): UpwardItem | undefined {
    const item = this.#items.shift();
    if (item === undefined) return undefined;
    this.#settle(item);
    return item;
  }

  #settle({ account, message, pipe }: UpwardItem): void {
    const size = byteLength(message);
    if (account !== undefined) {
      this.#notifications--;
      this.#bytes -= size;
      account.notifications--;
      account.bytes -= size;
      return;
    }
    pipe!.unread--;
    pipe!.unreadBytes -= size;
    if (!pipe!.left) return;
    this.#orphans--;
    this.#orphanBytes -= size;
  }

  #forgetHistory(byPeer: boolean): void {
    const history = historyOf(this.#items, byPeer);
    this.#retain((item) => !history.has(item));
    this.#nextNotifications = Math.max(this.#large.items, 2 * this.#notifications);
    this.#nextBytes = Math.max(this.#large.bytes, 2 * this.#bytes);
  }

  #retain(wanted: (item: UpwardItem) => boolean): void {
    for (let left = this.#items.length; left > 0; left--) {
      const item = this.#items.shift()!;
      if (wanted(item)) this.#items.push(item);
      else this.#settle(item);
    }
  }
}

/** Whether a parked pipe has been read down to half. */
export function mayResume(pipe: XPublisherPipe): boolean {
  return pipe.parked && pipe.unread <= UNREAD_MESSAGES / 2 && pipe.unreadBytes <= UNREAD_MESSAGE_BYTES / 2;
}
