import type * as otel from '@opentelemetry/api';
import { loadOptional } from '../optional.package.js';
import { checkOptions, having, type OptionChecks } from '../zmq.options.check.js';
import { endAttributes, incomingShape, messageOf, outgoingShape } from './span.attributes.js';
import type {
  ZmqIncoming,
  ZmqOutgoing,
  ZmqOutgoingSpan,
  ZmqSpan,
  ZmqSpanEnd,
  ZmqTraced,
  ZmqTracing,
} from './zmq.tracing.js';

export interface ZmqOpenTelemetryOptions {
  /** Who makes the spans. Default: `trace.getTracer('@nest-zmq/transport')` of the provider that is registered. */
  tracer?: otel.Tracer | undefined;
}

const checks: OptionChecks<ZmqOpenTelemetryOptions> = { tracer: having('startSpan') };

/**
 * Spans for OpenTelemetry: a client and a server span for each call, a producer and a
 * consumer span for each event and each run of a task. The context travels in the
 * headers as the registered propagator writes it, `traceparent` for W3C. It needs
 * `@opentelemetry/api` only; without an SDK that is registered it does nothing.
 *
 * @example
 * new ZmqServer({ bind: 'tcp://*:5555', tracing: openTelemetryTracing() })
 * @throws ZmqMissingPackageError `@opentelemetry/api` is not installed
 */
export function openTelemetryTracing(options: ZmqOpenTelemetryOptions = {}): ZmqTracing {
  checkOptions<ZmqOpenTelemetryOptions>(options, checks);
  const api = loadOptional<typeof otel>('@opentelemetry/api', 'openTelemetryTracing()');
  return new OpenTelemetryTracing(api, options.tracer ?? api.trace.getTracer('@nest-zmq/transport'));
}

class OpenTelemetryTracing implements ZmqTracing {
  readonly #api: typeof otel;
  readonly #tracer: otel.Tracer;

  constructor(api: typeof otel, tracer: otel.Tracer) {
    this.#api = api;
    this.#tracer = tracer;
  }

  outgoing(message: ZmqOutgoing): ZmqOutgoingSpan {
    const { SpanKind, context, propagation } = this.#api;
    const { name, attributes } = outgoingShape(message);
    const kind = isCall(message.kind) ? SpanKind.CLIENT : SpanKind.PRODUCER;
    const active = this.#start(name, { kind, attributes }, context.active());
    const headers: Record<string, string> = {};
    propagation.inject(active.context, headers);
    return Object.assign(active, { headers });
  }

  incoming(message: ZmqIncoming): ZmqSpan {
    const { SpanKind, ROOT_CONTEXT, propagation } = this.#api;
    const { name, attributes } = incomingShape(message);
    const kind = isCall(message.kind) ? SpanKind.SERVER : SpanKind.CONSUMER;
    // Only what came with the message: within one process the sender's context may still be the active one.
    const parent = propagation.extract(ROOT_CONTEXT, message.headers ?? {});
    return this.#start(name, { kind, attributes }, parent);
  }

  #start(name: string, options: otel.SpanOptions, parent: otel.Context): OpenTelemetrySpan {
    const span = this.#tracer.startSpan(name, options, parent);
    return new OpenTelemetrySpan(this.#api, span, this.#api.trace.setSpan(parent, span));
  }
}

class OpenTelemetrySpan implements ZmqSpan {
  readonly context: otel.Context;
  readonly #api: typeof otel;
  readonly #span: otel.Span;

  constructor(api: typeof otel, span: otel.Span, context: otel.Context) {
    this.#api = api;
    this.#span = span;
    this.context = context;
  }

  run<T>(work: () => T): T {
    return this.#api.context.with(this.context, work);
  }

  end(end: ZmqSpanEnd): void {
    const { outcome, error } = end;
    this.#span.setAttributes(endAttributes(end));
    // Who gives a call up has no error, and its server none either.
    if (outcome === 'failed' || outcome === 'expired') {
      if (error instanceof Error) this.#span.recordException(error);
      this.#span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: messageOf(error) });
    }
    this.#span.end();
  }
}

function isCall(kind: ZmqTraced): boolean {
  return kind === 'call';
}
