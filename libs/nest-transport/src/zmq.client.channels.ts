import type { CallClientChannel } from './channels/call-client.channel.js';
import { EventPublisherChannel, type SubscriberObserver } from './channels/event-publisher.channel.js';
import type { DeadlineQueue } from './inflight/deadline.queue.js';
import { DEFAULT_MAX_WAITING, type ZmqClientOptions } from './zmq.options.js';

/** What a client has open. */
export interface Channels {
  readonly calls: CallClientChannel | undefined;
  readonly events: EventPublisherChannel | undefined;
  /** All endpoints are bound, and dialled. */
  readonly opened: Promise<void>;
  /** Ends the reading of its counters. */
  readonly unwatch: (() => void) | undefined;
}

export function hasCalls(channels: Channels): channels is Channels & { readonly calls: CallClientChannel } {
  return channels.calls !== undefined;
}

/** Nobody is connected, and nothing waits for anybody. */
export function isUnused({ calls, events }: Channels): boolean {
  const callsUnused = calls === undefined || (calls.calls.idle && calls.calls.links.size === 0);
  const eventsUnused = events === undefined || (events.subscribers === 0 && events.stats().waiting === 0);
  return callsUnused && eventsUnused;
}

/** The channel of a client's events, not open yet; `undefined` without an endpoint for them. */
export function eventChannelOf(
  options: ZmqClientOptions,
  deadlines: DeadlineQueue,
  observer: SubscriberObserver,
): EventPublisherChannel | undefined {
  const { events, connectTimeout = 3_000, subscribeTimeout = 1_000, maxWaiting = DEFAULT_MAX_WAITING } = options;
  if (events === undefined) return undefined;
  const own = { endpoints: events, socket: options, connectTimeout, subscribeTimeout, maxWaiting };
  return new EventPublisherChannel(own, deadlines, observer);
}

/**
 * Binds and connects. Rejects with what the sockets throw, or `ZmqClosedError`.
 * @param closed when all sockets of before are closed: until then they may have the addresses, or be about to bind them
 */
export function openBoth(
  { bind, events: eventEndpoints }: ZmqClientOptions,
  closed: Promise<void>,
  calls: CallClientChannel | undefined,
  events: EventPublisherChannel | undefined,
): Promise<void> {
  const open = (): Promise<void> => Promise.all([calls?.open(), events?.open()]).then(() => {});
  const binds = bind !== undefined || eventEndpoints?.bind !== undefined;
  return binds ? closed.then(open) : open();
}
