/** `@nest-zmq/transport/prometheus`: needs the package `prom-client`. */
export { prometheusMetrics, type ZmqPrometheusOptions } from './metrics/prometheus.metrics.js';
