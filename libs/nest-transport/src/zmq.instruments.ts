import type { ErrorLog } from './error.log.js';
import type { ZmqMetrics, ZmqMetricsKind, ZmqOutcome, ZmqWork } from './metrics/zmq.metrics.js';
import { isThenable } from './nest.serializer.js';
import { ObserverGuard } from './observer.guard.js';
import { addHeaders, type ZmqHeaders } from './packet/metadata.codec.js';
import type {
  ZmqIncoming,
  ZmqOutgoing,
  ZmqOutgoingSpan,
  ZmqSpan,
  ZmqSpanEnd,
  ZmqTracing,
} from './tracing/zmq.tracing.js';
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
  readonly #guard: ObserverGuard;

  private constructor(name: string, { metrics, tracing }: InstrumentOptions, clock: ZmqClock, guard: ObserverGuard) {
    this.#name = name;
    this.#metrics = metrics;
    this.#tracing = tracing;
    this.#clock = clock;
    this.#guard = guard;
  }

  /**
   * @param name as in `ZmqMetricsSource`
   * @param errors for what metrics and tracing throw: it must not harm what they look at
   */
  static of(
    name: string | undefined,
    options: InstrumentOptions,
    clock: ZmqClock,
    errors: ErrorLog,
  ): Instruments | undefined {
    const wanted = options.metrics !== undefined || options.tracing !== undefined;
    return wanted ? new Instruments(name ?? '', options, clock, new ObserverGuard(errors)) : undefined;
  }

  /**
   * From now on there is something to count.
   * @returns ends it; idempotent if that of the metrics is
   */
  watch(kind: ZmqMetricsKind, stats: () => object | undefined): () => void {
    const metrics = this.#metrics;
    if (metrics === undefined) return () => {};
    const unwatch = this.#guard.call('metrics.watch()', () => metrics.watch({ kind, name: this.#name, stats }));
    return () => this.#guard.call('the end of metrics.watch()', () => unwatch?.());
  }

  /** A message is handled from now on. */
  incoming(work: ZmqWork, message: ZmqIncoming): Observed {
    const span = this.#span('tracing.incoming()', (tracing) => tracing.incoming(message));
    return new Observed(this.#guard, span, this.#measure(work, message.pattern ?? message.name));
  }

  /**
   * A message leaves.
   * @param work left out where nothing comes back whose time could be measured
   */
  outgoing(message: ZmqOutgoing, work?: ZmqWork): Observed {
    const span = this.#span('tracing.outgoing()', (tracing) => tracing.outgoing(message));
    const measure = work === undefined ? undefined : this.#measure(work, '');
    return new Observed(this.#guard, span, measure, span === undefined ? NO_HEADERS : this.#headersOf(span));
  }

  #span<T extends ZmqSpan>(where: string, begin: (tracing: ZmqTracing) => T): T | undefined {
    const tracing = this.#tracing;
    if (tracing === undefined) return undefined;
    const span = this.#guard.call(where, () => begin(tracing));
    return span !== undefined && this.#guard.call(where, () => assertSpan(where, span)) === true ? span : undefined;
  }

  /** Headers that no message can carry would fail it. */
  #headersOf({ headers }: ZmqOutgoingSpan): ZmqHeaders {
    const checked: Record<string, string> = {};
    return this.#guard.call('the headers of a span', () => (addHeaders(checked, headers), checked)) ?? NO_HEADERS;
  }

  #measure(work: ZmqWork, pattern: string): ((outcome: ZmqOutcome) => void) | undefined {
    const metrics = this.#metrics;
    if (metrics === undefined) return undefined;
    const start = this.#clock.now();
    return (outcome) =>
      metrics.observe(work, { name: this.#name, pattern, outcome }, (this.#clock.now() - start) / 1_000);
  }
}

/** What work has come to, so that it is done once whatever a tracer makes of it. */
type Done<T> = { readonly value: T } | { readonly error: unknown };

/** One piece of work that is measured, traced, or both. */
export class Observed {
  #ended = false;

  /** @param headers what must travel with the message */
  constructor(
    private readonly guard: ObserverGuard,
    private readonly span: ZmqSpan | undefined,
    private readonly measured: ((outcome: ZmqOutcome) => void) | undefined,
    readonly headers: ZmqHeaders = NO_HEADERS,
  ) {}

  /** With its span as the active one. The work is done now, and once, also where the span does not call it. */
  run<T>(work: () => T): T {
    const { span } = this;
    if (span === undefined) return work();
    let done: Done<T> | undefined;
    const once = (): T => valueOf((done ??= attempt(work)));
    this.guard.call('run() of a span', () => {
      try {
        const returned: unknown = span.run(once);
        return done === undefined ? returned : unlessOwn(returned, valueOf(done));
      } catch (error) {
        // The work's own, on its way to whoever asked for it.
        if (done !== undefined && 'error' in done && done.error === error) return undefined;
        throw error;
      }
    });
    return once();
  }

  /** Only the first call counts. */
  end(end: ZmqSpanEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const { span, measured } = this;
    if (measured !== undefined) this.guard.call('metrics.observe()', () => measured(end.outcome));
    if (span !== undefined) this.guard.call('end() of a span', () => span.end(end));
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

function attempt<T>(work: () => T): Done<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function valueOf<T>(done: Done<T>): T {
  if ('error' in done) throw done.error;
  return done.value;
}

/** A promise that a tracer has made, without the rejection that is the work's. */
function unlessOwn(returned: unknown, value: unknown): unknown {
  if (returned === value || !isThenable(returned)) return undefined;
  return returned.then(undefined, async (error: unknown) => {
    const [own] = await Promise.allSettled([value]);
    if (own.status === 'fulfilled' || own.reason !== error) throw error;
  });
}

/** @throws TypeError it is none, for example a promise of one */
function assertSpan(where: string, span: Partial<ZmqSpan> | null): true {
  if (typeof span?.run === 'function' && typeof span.end === 'function') return true;
  throw new TypeError(`${where} must give an object with the methods run() and end() at once, not a promise of it`);
}

/** How work ended that failed with this. */
export function outcomeOf(error: unknown): ZmqOutcome {
  if (typeof error !== 'object' || error === null) return 'failed';
  if ('code' in error && error.code === 'ETIMEDOUT') return 'expired';
  return 'name' in error && error.name === 'AbortError' ? 'cancelled' : 'failed';
}
