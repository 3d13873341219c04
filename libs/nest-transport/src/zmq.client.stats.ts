import type { CallClientChannel } from './channels/call-client.channel.js';
import type { EventPublisherChannel, EventPublisherStats } from './channels/event-publisher.channel.js';
import type { PendingCallsStats } from './inflight/pending.stats.js';

/** What a client has done since it connected, and does now. */
export interface ZmqClientStats {
  /** Servers that are connected. */
  readonly servers: number;
  readonly calls: PendingCallsStats & {
    /** Messages of servers that do not have the shape of a reply. */
    readonly malformed: number;
    /** Control messages with a verb that this version does not know. */
    readonly unknownVerbs: number;
  };
  readonly events: EventPublisherStats | undefined;
}

const NONE = { inFlight: 0, waiting: 0, sent: 0, answered: 0, timedOut: 0, cancelled: 0, lost: 0, late: 0, refused: 0 };

export function clientStats(
  calls: CallClientChannel | undefined,
  events: EventPublisherChannel | undefined,
): ZmqClientStats {
  return {
    servers: calls?.calls.links.size ?? 0,
    calls: {
      ...(calls?.calls.stats() ?? NONE),
      malformed: calls?.malformed ?? 0,
      unknownVerbs: calls?.unknownVerbs ?? 0,
    },
    events: events?.stats(),
  };
}
