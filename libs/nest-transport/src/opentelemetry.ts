/** `@nest-zmq/transport/opentelemetry`: needs the package `@opentelemetry/api`. */
export { openTelemetryTracing, type ZmqOpenTelemetryOptions } from './tracing/opentelemetry.tracing.js';
