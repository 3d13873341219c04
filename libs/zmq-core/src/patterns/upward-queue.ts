import { FifoQueue } from '../foundation/fifo-queue.js';
import { byteLength, type Multipart } from '../foundation/multipart.js';
import { subscriptionMessage } from './subscription-message.js';
import { SubscribedPipe } from './subscription-trie.js';

/** A subscriber of an XPUB. */
export class XPublisherPipe extends SubscribedPipe {
  /** `manual`: the topics it asked for, whatever the application made of them, and their length. */
  readonly requested = new Set<string>();
  requestedBytes = 0;
  /** Its user messages that the application has not read. */
  unread = 0;
  unreadBytes = 0;
  /** Not read any further until the application has read some. */
  parked = false;
}

/** One thing that waits for the application of an XPUB. */
export interface UpwardItem {
  readonly message: Multipart;
  /** Who sent it; `undefined` for a cancellation because the pipe is gone. */
  readonly pipe: XPublisherPipe | undefined;
  /** The label that the pipe had when this came. */
  readonly label: unknown;
  readonly isNotification: boolean;
}

const UNREAD_MESSAGES = 1000;
const UNREAD_MESSAGE_BYTES = 64 * 2 ** 20;
const UNREAD_NOTIFICATIONS = 1_000_000;
const UNREAD_NOTIFICATION_BYTES = 256 * 2 ** 20;

/**
 * What an XPUB has taken from its pipes and the application has not. Subscriptions
 * count at once, so pipes are read ahead of the application, which may never read;
 * hence two limits:
 *
 * - a pipe with many unread user messages is parked, and its peer feels it;
 * - notifications of subscriptions cannot wait there, for what they tell has
 *   happened; when an absurd number is unread, further ones are dropped.
 */
export class UpwardQueue {
  /** Notifications that were dropped. */
  dropped = 0;
  readonly #items = new FifoQueue<UpwardItem>();
  #notifications = 0;
  #notificationBytes = 0;

  get length(): number {
    return this.#items.length;
  }

  pushNotification(subscribed: boolean, topic: string, pipe?: XPublisherPipe): void {
    const size = topic.length + 1;
    if (this.#notifications >= UNREAD_NOTIFICATIONS || this.#notificationBytes + size > UNREAD_NOTIFICATION_BYTES) {
      this.dropped++;
      return;
    }
    this.#notifications++;
    this.#notificationBytes += size;
    this.#items.push({
      message: subscriptionMessage(subscribed, topic),
      pipe,
      label: pipe?.end.label,
      isNotification: true,
    });
  }

  pushMessage(message: Multipart, pipe: XPublisherPipe): void {
    this.#items.push({ message, pipe, label: pipe.end.label, isNotification: false });
    pipe.unread++;
    pipe.unreadBytes += byteLength(message);
    pipe.parked = pipe.unread >= UNREAD_MESSAGES || pipe.unreadBytes >= UNREAD_MESSAGE_BYTES;
  }

  /** The next item. A pipe that `mayResume` then should be read again. */
  shift(): UpwardItem | undefined {
    const item = this.#items.shift();
    if (item === undefined) return undefined;
    if (item.isNotification) {
      this.#notifications--;
      this.#notificationBytes -= item.message[0]!.length;
    } else {
      item.pipe!.unread--;
      item.pipe!.unreadBytes -= byteLength(item.message);
    }
    return item;
  }
}

/** Whether a parked pipe has been read down to half. */
export function mayResume(pipe: XPublisherPipe): boolean {
  return pipe.parked && pipe.unread <= UNREAD_MESSAGES / 2 && pipe.unreadBytes <= UNREAD_MESSAGE_BYTES / 2;
}
