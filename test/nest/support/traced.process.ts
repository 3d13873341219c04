import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { ZmqServer, type ZmqServerOptions } from '@nest-zmq/transport';
import { openTelemetryTracing } from '@nest-zmq/transport/opentelemetry';

/* A traced server in a process of its own, with an SDK of its own. Its options are the argument. */

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider());

@Controller()
class TracedController {
  /** The span that the handler runs in, as it was continued from the caller's. */
  @MessagePattern('span')
  span(): object {
    const span = trace.getActiveSpan() as unknown as ReadableSpan;
    return { traceId: span.spanContext().traceId, parent: span.parentSpanContext?.spanId };
  }
}

@Module({ controllers: [TracedController] })
class TracedModule {}

const options = JSON.parse(process.argv[2] ?? '{}') as ZmqServerOptions;
const app = await NestFactory.createMicroservice<MicroserviceOptions>(TracedModule, {
  strategy: new ZmqServer({ ...options, tracing: openTelemetryTracing() }),
  logger: ['error', 'fatal'],
});
process.send?.({ listening: (await app.listen()) as unknown });
