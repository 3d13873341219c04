import type { ZmqMetricsKind, ZmqWork } from './zmq.metrics.js';

/** One counter of `stats()` as it is told to a metrics system. */
export interface MetricRow {
  readonly kind: ZmqMetricsKind;
  /** Where it is in `stats()`: `calls.received`. */
  readonly path: string;
  /** A counter only grows while its source runs; a gauge tells how it is now. */
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

/** All counters of the transport, by what has them, in the order of `stats()`. */
export const METRIC_ROWS: readonly MetricRow[] = [
  gauge('server', 'clients', 'Connected clients; one proxy counts as one'),
  counter('server', 'calls.received', 'Calls that came in'),
  gauge('server', 'calls.running', 'Calls whose handler runs'),
  gauge('server', 'calls.waiting', 'Calls that wait for their turn (maxConcurrency)'),
  counter('server', 'calls.completed', 'Calls answered with a value or without'),
  counter('server', 'calls.failed', 'Calls answered with an error'),
  counter('server', 'calls.unknown', 'Calls without a handler here'),
  counter('server', 'calls.overloaded', 'Calls refused because too many were waiting'),
  counter('server', 'calls.undecodable', 'Calls whose data could not be decoded'),
  counter('server', 'calls.late', 'Calls whose deadline had passed when they came'),
  counter('server', 'calls.cancelled', "Calls ended by the caller's cancel or loss"),
  counter('server', 'calls.expired', 'Calls ended by their deadline, or because their stream was idle'),
  counter('server', 'calls.malformed', 'Messages that are no call'),
  counter('server', 'calls.unknownVerbs', 'Control messages with an unknown verb'),
  counter('server', 'calls.strayCancels', 'Cancels of calls that were over'),
  counter('server', 'calls.duplicates', 'Calls whose id was in flight'),
  counter('server', 'calls.droppedReplies', 'Replies whose client was gone'),
  counter('server', 'calls.unread', 'Messages not answered because their client left its replies unread'),
  counter('server', 'events.received', 'Events with a handler here'),
  gauge('server', 'events.running', 'Event handlers that run'),
  gauge('server', 'events.waiting', 'Events that wait for their handler (its concurrency)'),
  counter('server', 'events.dropped', 'Events that a handler missed because maxWaiting others waited for it'),
  counter('server', 'events.unmatched', 'Events that came by their prefix and matched no pattern'),
  counter('server', 'events.malformed', 'Events that could not be read'),
  counter('server', 'events.failed', 'Event handlers that threw'),
  gauge('client', 'servers', 'Connected servers'),
  gauge('client', 'calls.inFlight', 'Calls that a server has'),
  gauge('client', 'calls.waiting', 'Calls that wait for a server'),
  counter('client', 'calls.sent', 'Calls that were sent'),
  counter('client', 'calls.answered', 'Calls settled by a reply, be it an error'),
  counter('client', 'calls.timedOut', 'Calls that failed by time'),
  counter('client', 'calls.cancelled', 'Calls that were unsubscribed'),
  counter('client', 'calls.lost', 'Calls that failed because their server was lost'),
  counter('client', 'calls.late', 'Replies to calls that were over'),
  counter('client', 'calls.refused', 'Calls refused because maxWaiting others waited'),
  counter('client', 'calls.malformed', 'Messages that are no reply'),
  counter('client', 'calls.unknownVerbs', 'Control messages with an unknown verb'),
  counter('client', 'events.published', 'Events handed to the socket'),
  gauge('client', 'events.waiting', 'Events that wait for a connection or for subscriptions'),
  counter('client', 'events.withoutSubscriber', 'Events published while nobody was connected'),
  counter('client', 'events.lateSubscribers', 'Servers that had not subscribed within subscribeTimeout'),
  counter('client', 'events.dropped', 'Events that a full subscriber missed'),
  counter('client', 'events.refused', 'Events refused because maxWaiting others waited'),
  counter('pool', 'pushed', 'Tasks that were accepted'),
  gauge('pool', 'waiting', 'Pushes that wait for a worker'),
  gauge('pool', 'workers', 'Connected workers'),
  counter('pool', 'refused', 'Pushes refused because maxWaiting others waited'),
  counter('pool', 'lost', 'Accepted tasks that the closing pool could not hand over'),
  counter('pool', 'acks.delivered', 'Deliveries to workers'),
  counter('pool', 'acks.done', 'Tasks that a worker did'),
  counter('pool', 'acks.failed', 'Tasks that a worker gave up for good'),
  counter('pool', 'acks.retried', 'Deliveries that a worker asked to be repeated'),
  counter('pool', 'acks.workerLost', 'Unanswered deliveries whose worker was lost'),
  counter('pool', 'acks.timedOut', 'Unanswered deliveries whose worker let ackTimeout pass'),
  counter('pool', 'acks.handedBack', 'Deliveries that a stopping worker handed back unbegun'),
  counter('pool', 'acks.lateAnswers', 'Answers that changed nothing'),
  counter('pool', 'acks.strayAnswers', 'Answers to what that worker was never given'),
  gauge('pool', 'acks.queued', 'Accepted tasks that wait for a worker'),
  gauge('pool', 'acks.delayed', 'Failed tasks that wait for their time to be run again'),
  gauge('pool', 'acks.unanswered', 'Deliveries that workers have not answered'),
  counter('pool', 'acks.deadLetters', 'Pushed tasks that were given up'),
  counter('pool', 'acks.malformed', 'Messages of workers that are neither answer nor control message'),
  counter('pool', 'acks.unknownVerbs', 'Control messages with an unknown verb'),
  counter('pool', 'acks.unread', 'Stops not answered: the worker left what it was sent unread'),
  counter('workers', 'done', 'Tasks whose handler completed'),
  counter('workers', 'failed', 'Tasks that were given up'),
  counter('workers', 'retried', 'Further attempts, after the first'),
  counter('workers', 'unknown', 'Tasks without an @OnTask here'),
  counter('workers', 'malformed', 'Tasks that could not be read'),
  counter('workers', 'expired', 'Tasks whose deadline had passed before they started'),
  gauge('workers', 'running', 'Tasks that are run'),
  gauge('workers', 'waiting', 'Tasks taken over at the stop that have not started'),
  gauge('workers', 'pools', 'Connected pools (push ends)'),
  counter('workers', 'abandoned', 'Tasks not finished when the grace period was over'),
  counter('workers', 'acks.cancelled', 'Tasks that failed after their pool had cancelled them'),
  counter('workers', 'acks.handedBack', 'Deliveries given back unbegun'),
  counter('workers', 'acks.refused', 'Deliveries beyond the credit, given back'),
  counter('workers', 'acks.duplicates', 'Deliveries whose id was in use, ignored'),
  counter('workers', 'acks.droppedAnswers', 'Answers whose pool was gone'),
  counter('workers', 'acks.strayCancels', 'Cancels of what was answered'),
  counter('workers', 'acks.unknownVerbs', 'Control messages with an unknown verb'),
  counter('workers', 'acks.unread', 'Not answered: the pool left its answers unread'),
  gauge('forwarder', 'publishers', 'Connected publishers'),
  gauge('forwarder', 'subscribers', 'Connected subscribers: servers, further forwarders'),
  counter('forwarder', 'forwarded', 'Events that came in and were handed on'),
  counter('forwarder', 'dropped', 'Copies of events that a full subscriber missed'),
  counter('forwarder', 'lateSubscribers', 'Servers that had not subscribed within subscribeTimeout'),
  counter('forwarder', 'strays', 'Messages from subscribers that are no subscription'),
];

/** What is measured of each piece of work, when metrics are on. */
export const WORK_ROWS: Readonly<Record<ZmqWork, string>> = {
  server_call: 'From the arrival of a call to its last reply, in seconds',
  client_call: 'From the start of a call to its end, in seconds',
  event: 'Run of an event handler, in seconds',
  task: 'One run of a task, in seconds',
};

/** `calls.inFlight` of a client → `client_calls_in_flight`; counters end in `_total`. */
export function metricName({ kind, path, type }: MetricRow): string {
  const snake = path.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `${kind}_${snake}${type === 'counter' ? '_total' : ''}`;
}

/** `server_call` → `server_call_duration_seconds`. */
export function workName(work: ZmqWork): string {
  return `${work}_duration_seconds`;
}

/** The number at `path`; 0 where there is none. */
export function valueAt(stats: unknown, path: string): number {
  let value = stats;
  for (const key of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return typeof value === 'number' ? value : 0;
}

function counter(kind: ZmqMetricsKind, path: string, help: string): MetricRow {
  return { kind, path, type: 'counter', help };
}

function gauge(kind: ZmqMetricsKind, path: string, help: string): MetricRow {
  return { kind, path, type: 'gauge', help };
}
