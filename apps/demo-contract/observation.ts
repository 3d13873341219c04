import type { ZmqSharedOptions } from '@nest-zmq/transport';
import { openTelemetryTracing } from '@nest-zmq/transport/opentelemetry';
import { prometheusMetrics } from '@nest-zmq/transport/prometheus';
import { Registry } from 'prom-client';

/** The metrics of one process, each with its name: the gateway shows those of all together. */
export function metricsOf(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  return registry;
}

/**
 * What lets one look into the transport, for `ZmqModule.forRoot`. Tracing asks OpenTelemetry's API only, which does
 * nothing until an SDK is registered: `scripts/demo/tracing.mjs` is one, loaded by `node --import`.
 */
export function observedBy(registry: Registry): Pick<ZmqSharedOptions, 'metrics' | 'tracing'> {
  return { metrics: prometheusMetrics({ registry }), tracing: openTelemetryTracing() };
}
