import type { ZmqOutcome } from '../metrics/zmq.metrics.js';
import type { ZmqHeaders } from '../packet/metadata.codec.js';

/** What a span is about. */
export type ZmqTraced = 'call' | 'event' | 'task';

/** A message that leaves. */
export interface ZmqOutgoing {
  readonly kind: ZmqTraced;
  /** The normalised pattern, the topic, or the task's name. */
  readonly name: string;
  /** The pool of a task. */
  readonly pool?: string | undefined;
}

/** A message that is handled. */
export interface ZmqIncoming extends ZmqOutgoing {
  /** What came with it. */
  readonly headers: ZmqHeaders | undefined;
  /** Where it came from: `127.0.0.1:40312`, a socket file, an inproc name. */
  readonly peerAddress: string;
  /** The handler's pattern, when it is not the name itself (wildcards). */
  readonly pattern?: string | undefined;
  /** 1 for the first run of a task. */
  readonly attempt?: number | undefined;
}

/** How the work of a span ended. */
export interface ZmqSpanEnd {
  readonly outcome: ZmqOutcome;
  readonly error?: unknown;
  /** Who answered a call. */
  readonly peerAddress?: string | undefined;
}

/** A span that has begun. */
export interface ZmqSpan {
  /** Runs the work with this span as the active one. */
  run<T>(work: () => T): T;
  /** Only the first call counts. */
  end(end: ZmqSpanEnd): void;
}

/** A span of a message that leaves: what must travel with it. */
export interface ZmqOutgoingSpan extends ZmqSpan {
  readonly headers: ZmqHeaders;
}

/**
 * What follows a piece of work from one process to the next. `@nest-zmq/transport/opentelemetry`
 * has one for OpenTelemetry; another can be written. What it throws, or rejects with, is logged
 * and fails nothing that it follows.
 */
export interface ZmqTracing {
  outgoing(message: ZmqOutgoing): ZmqOutgoingSpan;
  incoming(message: ZmqIncoming): ZmqSpan;
}
