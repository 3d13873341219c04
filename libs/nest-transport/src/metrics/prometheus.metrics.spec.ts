import { Registry } from 'prom-client';
import { ZmqOptionsError } from '../zmq.errors.js';
import { METRIC_ROWS, metricName } from './metric.table.js';
import { prometheusMetrics } from './prometheus.metrics.js';

const lines = async (registry: Registry, name: string): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));

describe('prometheusMetrics', () => {
  it('reads counters when it is asked, by their source', async () => {
    const registry = new Registry();
    const metrics = prometheusMetrics({ registry });
    let sent = 1;
    const end = metrics.watch({ kind: 'client', name: 'a', stats: () => ({ calls: { sent, inFlight: 2 } }) });
    metrics.watch({ kind: 'client', name: 'b', stats: () => ({ calls: { sent: 5 } }) });
    metrics.watch({ kind: 'client', name: 'closed', stats: () => undefined });
    metrics.watch({ kind: 'pool', name: 'p', stats: () => ({ pushed: 9 }) });
    expect(await lines(registry, 'nest_zmq_client_calls_sent_total')).toEqual([
      'nest_zmq_client_calls_sent_total{name="a"} 1',
      'nest_zmq_client_calls_sent_total{name="b"} 5',
    ]);
    sent = 3;
    expect(await lines(registry, 'nest_zmq_client_calls_sent_total')).toContain(
      'nest_zmq_client_calls_sent_total{name="a"} 3',
    );
    expect(await lines(registry, 'nest_zmq_client_calls_in_flight{')).toEqual([
      'nest_zmq_client_calls_in_flight{name="a"} 2',
      'nest_zmq_client_calls_in_flight{name="b"} 0',
    ]);
    end();
    expect(await lines(registry, 'nest_zmq_client_calls_sent_total')).toEqual([
      'nest_zmq_client_calls_sent_total{name="b"} 5',
    ]);
    expect(await lines(registry, 'nest_zmq_pool_pushed_total')).toEqual(['nest_zmq_pool_pushed_total{name="p"} 9']);
  });

  it('adds up sources of one name', async () => {
    const registry = new Registry();
    const metrics = prometheusMetrics({ registry, prefix: 'app_' });
    for (const pushed of [1, 2]) metrics.watch({ kind: 'pool', name: '', stats: () => ({ pushed }) });
    expect(await lines(registry, 'app_pool_pushed_total')).toEqual(['app_pool_pushed_total{name=""} 3']);
  });

  it('measures work, by pattern and outcome', async () => {
    const registry = new Registry();
    const metrics = prometheusMetrics({ registry, buckets: [0.1, 1] });
    metrics.observe('server_call', { name: 's', pattern: 'sum', outcome: 'completed' }, 0.05);
    metrics.observe('server_call', { name: 's', pattern: 'sum', outcome: 'failed' }, 2);
    const labels = 'name="s",pattern="sum"';
    expect(await lines(registry, 'nest_zmq_server_call_duration_seconds')).toEqual([
      `nest_zmq_server_call_duration_seconds_bucket{le="0.1",${labels},outcome="completed"} 1`,
      `nest_zmq_server_call_duration_seconds_bucket{le="1",${labels},outcome="completed"} 1`,
      `nest_zmq_server_call_duration_seconds_bucket{le="+Inf",${labels},outcome="completed"} 1`,
      `nest_zmq_server_call_duration_seconds_sum{${labels},outcome="completed"} 0.05`,
      `nest_zmq_server_call_duration_seconds_count{${labels},outcome="completed"} 1`,
      `nest_zmq_server_call_duration_seconds_bucket{le="0.1",${labels},outcome="failed"} 0`,
      `nest_zmq_server_call_duration_seconds_bucket{le="1",${labels},outcome="failed"} 0`,
      `nest_zmq_server_call_duration_seconds_bucket{le="+Inf",${labels},outcome="failed"} 1`,
      `nest_zmq_server_call_duration_seconds_sum{${labels},outcome="failed"} 2`,
      `nest_zmq_server_call_duration_seconds_count{${labels},outcome="failed"} 1`,
    ]);
  });

  it('has one metric for each row', () => {
    const registry = new Registry();
    prometheusMetrics({ registry });
    const names = METRIC_ROWS.map((row) => `nest_zmq_${metricName(row)}`);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(registry.getSingleMetric(name)).toBeDefined();
  });

  it('says what is wrong', () => {
    const registry = new Registry();
    prometheusMetrics({ registry });
    expect(() => prometheusMetrics({ registry })).toThrow(/make prometheusMetrics\(…\) once/);
    expect(() => prometheusMetrics({} as never)).toThrow(ZmqOptionsError);
    expect(() => prometheusMetrics({ registry: {} as never })).toThrow("'registry'");
    expect(() => prometheusMetrics({ registry: new Registry(), buckets: [1, 1] })).toThrow("'buckets'");
    expect(() => prometheusMetrics({ registry: new Registry(), perfix: 'x' } as never)).toThrow(
      "did you mean 'prefix'?",
    );
  });
});
