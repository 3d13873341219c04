import type * as client from 'prom-client';
import { loadOptional } from '../optional.package.js';
import { ZmqOptionsError } from '../zmq.errors.js';
import { checkOptions, having, type OptionCheck, type OptionChecks, text } from '../zmq.options.check.js';
import { METRIC_ROWS, metricName, type MetricRow, valueAt, WORK_ROWS, workName } from './metric.table.js';
import type { ZmqMetrics, ZmqMetricsSource, ZmqWork, ZmqWorkLabels } from './zmq.metrics.js';

export interface ZmqPrometheusOptions {
  /** Where the metrics are registered: `register` of prom-client, or a `Registry` of your own. */
  registry: client.Registry<client.PrometheusContentType> | client.Registry<client.OpenMetricsContentType>;
  /** What all names start with. Default `nest_zmq_`. */
  prefix?: string | undefined;
  /** Upper bounds of the histograms, in seconds, rising. Default: 0.5 ms to 10 s. */
  buckets?: readonly number[] | undefined;
}

/** A call within one data centre takes a millisecond, one that waits for a database ten or a hundred. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const MAX_PREFIX_BYTES = 100;

const buckets: OptionCheck = (key, value) => {
  const isList = Array.isArray(value) && value.length > 0 && value.every((bound) => Number.isFinite(bound));
  if (!isList || value.some((bound: number, i) => i > 0 && bound <= value[i - 1])) {
    throw new ZmqOptionsError(key, 'must be a list of rising numbers (seconds)');
  }
};

const checks: OptionChecks<ZmqPrometheusOptions> = {
  registry: having('registerMetric', 'getSingleMetric'),
  prefix: text(MAX_PREFIX_BYTES),
  buckets,
};

/**
 * Metrics for prom-client. Make it once for a registry and give it to all servers,
 * clients and pools (`metrics` of `ZmqModule.forRoot`, or of each). Counters and gauges
 * are read from `stats()` when the registry is asked; only the histograms of durations
 * cost something for each piece of work.
 *
 * @example
 * const metrics = prometheusMetrics({ registry: register });
 * new ZmqServer({ bind: 'tcp://*:5555', metrics })
 * @throws ZmqMissingPackageError `prom-client` is not installed
 * @throws ZmqOptionsError a wrong option, or a registry that has these metrics already
 */
export function prometheusMetrics(options: ZmqPrometheusOptions): ZmqMetrics {
  checkOptions<ZmqPrometheusOptions>(options, checks);
  if (options.registry === undefined) throw new ZmqOptionsError('registry', "is needed: 'register' of prom-client");
  return new PrometheusMetrics(options, loadOptional<typeof client>('prom-client', 'prometheusMetrics()'));
}

/** What a counter and a gauge have in common. */
interface Refillable {
  reset(): void;
  inc(labels: { name: string }, value: number): void;
}

class PrometheusMetrics implements ZmqMetrics {
  readonly #sources = new Set<ZmqMetricsSource>();
  readonly #durations: ReadonlyMap<ZmqWork, client.Histogram>;

  constructor({ registry, prefix = 'nest_zmq_', buckets: bounds = BUCKETS }: ZmqPrometheusOptions, lib: typeof client) {
    const registers = [registry];
    for (const row of METRIC_ROWS) this.#register(row, `${prefix}${metricName(row)}`, registry, lib);
    const durations = Object.entries(WORK_ROWS).map(([work, help]) => {
      const name = `${prefix}${workName(work as ZmqWork)}`;
      const labelNames = ['name', 'pattern', 'outcome'];
      return [work as ZmqWork, new lib.Histogram({ name, help, labelNames, buckets: [...bounds], registers })] as const;
    });
    this.#durations = new Map(durations);
  }

  watch(source: ZmqMetricsSource): () => void {
    this.#sources.add(source);
    return () => void this.#sources.delete(source);
  }

  observe(work: ZmqWork, { name, pattern, outcome }: ZmqWorkLabels, seconds: number): void {
    this.#durations.get(work)?.observe({ name, pattern, outcome }, seconds);
  }

  #register(row: MetricRow, name: string, registry: ZmqPrometheusOptions['registry'], lib: typeof client): void {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new ZmqOptionsError(
        'registry',
        `has the metric '${name}' already: make prometheusMetrics(…) once and give the same to all, or set 'prefix'`,
      );
    }
    const fill = (metric: Refillable): void => {
      // Read anew each time; two sources of one name count together.
      metric.reset();
      for (const source of this.#sources) {
        const stats = source.kind === row.kind ? source.stats() : undefined;
        if (stats !== undefined) metric.inc({ name: source.name }, valueAt(stats, row.path));
      }
    };
    const common = { name, help: row.help, labelNames: ['name'], registers: [registry] };
    if (row.type === 'counter') {
      const counter: client.Counter = new lib.Counter({ ...common, collect: () => fill(counter) });
    } else {
      const gauge: client.Gauge = new lib.Gauge({ ...common, collect: () => fill(gauge) });
    }
  }
}
