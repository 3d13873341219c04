/** What has counters: a server, a client, a pool (push end), workers (pull end), a forwarder. */
export type ZmqMetricsKind = 'server' | 'client' | 'pool' | 'workers' | 'forwarder';

/** Something whose counters are read when metrics are asked for; between that it costs nothing. */
export interface ZmqMetricsSource {
  readonly kind: ZmqMetricsKind;
  /** Tells two of a kind apart: the `peerName` of a server, client or forwarder, the pool's name; `''` without one. */
  readonly name: string;
  /** What its `stats()` gives; `undefined` while it is not running. */
  readonly stats: () => object | undefined;
}

/** A piece of work whose duration is measured. */
export type ZmqWork = 'server_call' | 'client_call' | 'event' | 'task';

/** How it ended. */
export type ZmqOutcome = 'completed' | 'failed' | 'cancelled' | 'expired';

/** What is known about a piece of work: few values each, never what a peer likes. */
export interface ZmqWorkLabels {
  /** As in `ZmqMetricsSource`. */
  readonly name: string;
  /** The pattern of the handler as it was registered, or the task's; `''` for calls of a client, whose patterns nobody bounds. */
  readonly pattern: string;
  readonly outcome: ZmqOutcome;
}

/**
 * Where the transport reports to. `@nest-zmq/transport/prometheus` has one for prom-client;
 * another can be written. What it throws, or rejects with, is logged and fails nothing that it
 * measures.
 */
export interface ZmqMetrics {
  /** @returns ends it; idempotent */
  watch(source: ZmqMetricsSource): () => void;
  /** A piece of work was done. */
  observe(work: ZmqWork, labels: ZmqWorkLabels, seconds: number): void;
}
