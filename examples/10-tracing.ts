import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ZmqClient, ZmqServer } from '@nest-zmq/transport';
import { openTelemetryTracing } from '@nest-zmq/transport/opentelemetry';
import { lastValueFrom } from 'rxjs';

// what the SDK of OpenTelemetry does for you, if you use it
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const processor = new SimpleSpanProcessor(new ConsoleSpanExporter());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));

@Controller()
class MathController {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }
}

@Module({ controllers: [MathController] })
class MathModule {}

const tracing = openTelemetryTracing();
const app = await NestFactory.createMicroservice<MicroserviceOptions>(MathModule, {
  strategy: new ZmqServer({ bind: 'tcp://127.0.0.1:5567', tracing }),
  logger: ['error', 'warn'],
});
await app.listen();

const client = new ZmqClient({ connect: 'tcp://127.0.0.1:5567', tracing });
await lastValueFrom(client.send<number>('sum', [1, 2, 3])); // a client and a server span of one trace
await client.close();
await app.close();
