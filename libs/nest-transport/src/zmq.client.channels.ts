import type { CallClientChannel } from './channels/call-client.channel.js';
import type { EventPublisherChannel } from './channels/event-publisher.channel.js';

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
