/**
 * An SDK of OpenTelemetry for the demo's processes: `node --import ./scripts/demo/tracing.mjs …`, which is how
 * `npm start -- --traces` starts them. The demo itself knows the API only. This one prints a line for each span; yours
 * sends them to a collector, with `@opentelemetry/sdk-node` and its exporters.
 */
import { context, propagation, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { hrTimeToMilliseconds, W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, SamplingDecision, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Four times a second from each game server: nobody wants to see them. */
const DULL = new Set(['servers.report']);

/** Where a trace begins it is decided whether it is recorded; the other processes keep to that. */
const sampler = {
  shouldSample(parentContext, _traceId, name) {
    const parent = trace.getSpanContext(parentContext);
    const wanted = parent === undefined ? !DULL.has(name) : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    return { decision: wanted ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  },
  toString: () => 'all but the dull',
};

const exporter = {
  export(spans, done) {
    for (const span of spans) console.log(lineOf(span));
    done({ code: 0 });
  },
  shutdown: async () => {},
};

/** `span 4bf92f3577b34da6a3ce929d0e0e4736 client players.join 0.8 ms` */
function lineOf(span) {
  const { traceId } = span.spanContext();
  const kind = SpanKind[span.kind].toLowerCase();
  return `span ${traceId} ${kind} ${span.name} ${hrTimeToMilliseconds(span.duration).toFixed(1)} ms`;
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
