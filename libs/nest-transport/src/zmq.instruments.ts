import type { ZmqMetrics, ZmqOutcome, ZmqWork } from './metrics/zmq.metrics.js';
import type { ZmqHeaders } from './packet/metadata.codec.js';
import type { ZmqIncoming, ZmqOutgoing, ZmqSpan, ZmqSpanEnd, ZmqTracing } from './tracing/zmq.tracing.js';
import type { ZmqClock } from './zmq.clock.js';

/** The options that say whether anything is measured. */
export interface InstrumentOptions {
  readonly metrics?: ZmqMetrics | undefined;
  readonly tracing?: ZmqTracing | undefined;
}

const NO_HEADERS: ZmqHeaders = {};

/** Metrics and tracing of one server, client or pool. There is none where nobody asked for either. */
export class Instruments {
  readonly #name: string;
  readonly #metrics: ZmqMetrics | undefined;
  readonly #tracing: ZmqTracing | undefined;
  readonly #clock: ZmqClock;

  private constructor(name: string, { metrics, tracing }: InstrumentOptions, clock: ZmqClock) {
    this.#name = name;
    this.#metrics = metrics;
    this.#tracing = tracing;
    this.#clock = clock;
  }

  /** @param name as in `ZmqMetricsSource` */
  static of(name: string | undefined, options: InstrumentOptions, clock: ZmqClock): Instruments | undefined {
    const wanted = options.metrics !== undefined || options.tracing !== undefined;
    return wanted ? new Instruments(name ?? '', options, clock) : undefined;
  }

  /** A message is handled from now on. */
  incoming(work: ZmqWork, message: ZmqIncoming): Observed {
    return new Observed(this.#tracing?.incoming(message), this.#measure(work, message.pattern ?? message.name));
  }

  /**
   * A message leaves.
   * @param work left out where nothing comes back whose time could be measured
   */
  outgoing(message: ZmqOutgoing, work?: ZmqWork): Observed {
    const span = this.#tracing?.outgoing(message);
    return new Observed(span, work === undefined ? undefined : this.#measure(work, ''), span?.headers);
  }

  #measure(work: ZmqWork, pattern: string): ((outcome: ZmqOutcome) => void) | undefined {
    const metrics = this.#metrics;
    if (metrics === undefined) return undefined;
    const start = this.#clock.now();
    return (outcome) => {
      metrics.observe(work, { name: this.#name, pattern, outcome }, (this.#clock.now() - start) / 1_000);
    };
  }
}

/** One piece of work that is measured, traced, or both. */
export class Observed {
  #ended = false;

  /** @param headers what must travel with the message */
  constructor(
    private readonly span: ZmqSpan | undefined,
    private readonly measured: ((outcome: ZmqOutcome) => void) | undefined,
    readonly headers: ZmqHeaders = NO_HEADERS,
  ) {}

  /** With its span as the active one. */
  run<T>(work: () => T): T {
    return this.span === undefined ? work() : this.span.run(work);
  }

  /** Only the first call counts. */
  end(end: ZmqSpanEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.measured?.(end.outcome);
    this.span?.end(end);
  }

  /** Ends with what the promise becomes. */
  async settle<T>(work: () => Promise<T>): Promise<T> {
    try {
      const value = await this.run(work);
      this.end({ outcome: 'completed' });
      return value;
    } catch (error) {
      this.end({ outcome: outcomeOf(error), error });
      throw error;
    }
  }
}

/** How work ended that failed with this. */
export function outcomeOf(error: unknown): ZmqOutcome {
  if (typeof error !== 'object' || error === null) return 'failed';
  if ('code' in error && error.code === 'ETIMEDOUT') return 'expired';
  return 'name' in error && error.name === 'AbortError' ? 'cancelled' : 'failed';
}
