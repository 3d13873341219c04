import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { OnTask, ZmqContext, ZmqModule, ZmqPool, ZmqWorker } from '@nest-zmq/transport';
import { openTelemetryTracing } from '@nest-zmq/transport/opentelemetry';
import { firstValueFrom, from, lastValueFrom, mergeMap, NEVER, type Observable, toArray } from 'rxjs';
import { Apps, transports } from './support/apps.js';
import { ServerProcess } from './support/server-process.js';
import { turns, until } from './turns.js';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracing = openTelemetryTracing({ tracer: provider.getTracer('spec') });

/** The span that is active where a handler runs. */
const inside: (string | undefined)[] = [];
const note = (): void => void inside.push(trace.getActiveSpan()?.spanContext().spanId);

@Controller()
class TracedController {
  @MessagePattern('echo')
  async echo(@Payload() data: unknown, @Ctx() ctx: ZmqContext): Promise<unknown> {
    await turns();
    note();
    return [data, ctx.getHeaders()];
  }

  @MessagePattern('stream')
  stream(): Observable<number> {
    return from([1, 2]).pipe(
      mergeMap(async (value) => {
        note();
        return value;
      }),
    );
  }

  @MessagePattern('fail')
  fail(): never {
    throw new Error('no');
  }

  @MessagePattern('never')
  never(): Observable<never> {
    note();
    return NEVER;
  }

  @EventPattern('orders.*')
  onOrder(@Payload() _data: unknown): void {
    note();
  }
}

let apps: Apps;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  context.disable();
  propagation.disable();
});
beforeEach(() => {
  exporter.reset();
  inside.length = 0;
});
afterEach(() => apps.close());

const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
const spanOf = (kind: SpanKind): ReadableSpan => spans().find((span) => span.kind === kind)!;
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

/** Runs within a span of the application. */
async function withinApplication<T>(work: () => Promise<T>): Promise<{ value: T; root: ReadableSpan }> {
  const span = provider.getTracer('application').startSpan('application');
  const value = await context.with(trace.setSpan(context.active(), span), work);
  span.end();
  return { value, root: spans().find(({ name }) => name === 'application')! };
}

describe.each(transports)('tracing over %s', (transport) => {
  beforeEach(() => (apps = new Apps(transport)));

  it('a call is a client and a server span of one trace, the handler inside', async () => {
    const server = await apps.serve([TracedController], { tracing });
    const client = apps.client([server], { tracing });
    const { value, root } = await withinApplication(() => firstValueFrom(client.send<[unknown, object]>('echo', 'x')));
    await until(() => spans().length === 3);
    const [caller, handler] = [spanOf(SpanKind.CLIENT), spanOf(SpanKind.SERVER)];
    expect(caller).toMatchObject({ name: 'echo', parentSpanContext: { spanId: idOf(root) } });
    expect(handler).toMatchObject({ name: 'echo', parentSpanContext: { spanId: idOf(caller), isRemote: true } });
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(inside).toEqual([idOf(handler)]);
    expect(caller.attributes).toMatchObject({
      'rpc.system.name': 'nest_zmq',
      'rpc.method': 'echo',
      'nest_zmq.outcome': 'completed',
    });
    expect(handler.attributes).toMatchObject({
      'rpc.method': 'echo',
      'network.peer.address': expect.any(String) as string,
    });
    if (transport === 'tcp')
      expect(caller.attributes).toMatchObject({
        'server.address': '127.0.0.1',
        'server.port': expect.any(Number) as number,
      });
    const { traceId, spanId } = caller.spanContext();
    expect(value).toEqual(['x', { traceparent: `00-${traceId}-${spanId}-01` }]);
  });

  it('an event is a producer span, and a consumer span for each server', async () => {
    const servers = await Promise.all([1, 2].map(() => apps.serve([TracedController], { tracing })));
    const client = apps.client(servers, { tracing, minPeers: 2 });
    await client.connect();
    await lastValueFrom(client.emit('orders.new', 1), { defaultValue: undefined });
    await until(() => spans().length === 3);
    const producer = spanOf(SpanKind.PRODUCER);
    const consumers = spans().filter(({ kind }) => kind === SpanKind.CONSUMER);
    expect(producer).toMatchObject({
      name: 'publish orders.new',
      attributes: {
        'messaging.system': 'zeromq',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'orders.new',
      },
    });
    expect(consumers).toHaveLength(2);
    for (const consumer of consumers) {
      expect(consumer).toMatchObject({
        name: 'process orders.*',
        parentSpanContext: { spanId: idOf(producer) },
        attributes: { 'messaging.destination.name': 'orders.new', 'messaging.destination.template': 'orders.*' },
      });
    }
    expect(new Set(inside)).toEqual(new Set(consumers.map(idOf)));
  });

  it('a task is a producer span, and a consumer span for each of its runs', async () => {
    let attempts = 0;
    @ZmqWorker('jobs')
    class JobWorker {
      @OnTask('resize', { retry: { attempts: 2 } })
      async resize(): Promise<void> {
        note();
        if (++attempts === 1) throw new RangeError('once');
      }
    }
    const bind = apps.address();
    @Module({
      imports: [ZmqModule.forRoot({ tracing, context: apps.context }), ZmqModule.registerPool({ name: 'jobs', bind })],
    })
    class PoolModule {}
    const pusher = await NestFactory.createApplicationContext(PoolModule, { logger: false });
    const pool = pusher.get<ZmqPool>('ZmqPool(jobs)');
    @Module({
      imports: [
        ZmqModule.registerWorkers({
          pool: 'jobs',
          connect: pool.unwrap().lastEndpoint!,
          tracing,
          context: apps.context,
        }),
      ],
      providers: [JobWorker],
    })
    class WorkerModule {}
    const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    apps.defer(async () => {
      await worker.close();
      await pusher.close();
    });
    await pool.push('resize', { id: 1 });
    await until(() => spans().length === 3);
    const producer = spanOf(SpanKind.PRODUCER);
    const runs = spans().filter(({ kind }) => kind === SpanKind.CONSUMER);
    expect(producer).toMatchObject({
      name: 'push jobs resize',
      attributes: { 'messaging.destination.name': 'jobs', 'nest_zmq.task.name': 'resize' },
    });
    expect(runs.map(({ attributes }) => attributes['nest_zmq.task.attempt'])).toEqual([1, 2]);
    expect(runs.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([idOf(producer), idOf(producer)]);
    expect(runs[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'once' },
      attributes: { 'error.type': 'RangeError' },
    });
    expect(runs[1]!.status.code).toBe(SpanStatusCode.UNSET);
    expect(inside).toEqual(runs.map(idOf));
  });
});

describe('tracing', () => {
  beforeEach(() => (apps = new Apps()));

  it('follows streams, errors, cancels and calls that find nobody', async () => {
    const server = await apps.serve([TracedController], { tracing });
    const client = apps.client([server], { tracing });
    expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual([1, 2]);
    await until(() => spans().length === 2);
    expect(inside).toEqual([idOf(spanOf(SpanKind.SERVER)), idOf(spanOf(SpanKind.SERVER))]);

    exporter.reset();
    await expect(firstValueFrom(client.send('fail', 1))).rejects.toBeDefined();
    await until(() => spans().length === 2);
    for (const span of spans()) expect(span.status).toMatchObject({ code: SpanStatusCode.ERROR });

    exporter.reset();
    inside.length = 0;
    const call = client.send('never', 1).subscribe();
    await until(() => inside.length === 1);
    call.unsubscribe();
    await until(() => spans().length === 2);
    expect(spans().map(({ attributes, status }) => [attributes['nest_zmq.outcome'], status.code])).toEqual([
      ['cancelled', SpanStatusCode.UNSET],
      ['cancelled', SpanStatusCode.UNSET],
    ]);

    exporter.reset();
    const lonely = apps.bareClient({ connect: 'tcp://127.0.0.1:1', connectTimeout: 10, tracing });
    await expect(firstValueFrom(lonely.send('echo', 1))).rejects.toBeDefined();
    expect(spans()).toMatchObject([
      {
        kind: SpanKind.CLIENT,
        attributes: { 'error.type': expect.stringMatching(/^(ECONNREFUSED|CONN_ERR)$/) as string },
      },
    ]);

    exporter.reset();
    await expect(lastValueFrom(lonely.emit('orders.new', 1))).rejects.toBeDefined();
    expect(spans()).toMatchObject([{ kind: SpanKind.PRODUCER, attributes: { 'error.type': 'INVALID_OPTIONS' } }]);
  });

  it("leaves the application's own headers as they are", async () => {
    const server = await apps.serve([TracedController]);
    const client = apps.client([server], { tracing });
    client.setOnDispatchHook((packet) => (packet.metadata = { traceparent: 'mine', tenant: 'a' }));
    expect(await firstValueFrom(client.send<[unknown, object]>('echo', 1))).toEqual([
      1,
      { traceparent: 'mine', tenant: 'a' },
    ]);
  });

  it('follows an acknowledged task to its result, and its failure', async () => {
    @ZmqWorker('sums')
    class SumWorker {
      @OnTask('sum')
      sum(@Payload() numbers: number[]): number {
        note();
        if (numbers.length === 0) throw new RangeError('nothing to add');
        return numbers.reduce((a, b) => a + b, 0);
      }
    }
    const common = { ack: 'explicit', context: apps.context, tracing } as const;
    const pool = new ZmqPool('sums', { ...common, bind: 'inproc://sums' });
    apps.defer(() => pool.close());
    await pool.open();
    @Module({
      imports: [ZmqModule.registerWorkers({ ...common, pool: 'sums', connect: 'inproc://sums' })],
      providers: [SumWorker],
    })
    class WorkerModule {}
    const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    apps.defer(() => worker.close());
    const { value, root } = await withinApplication(() => pool.run('sum', [1, 2]));
    expect(value).toBe(3);
    const [producer, consumer] = [spanOf(SpanKind.PRODUCER), spanOf(SpanKind.CONSUMER)];
    expect(producer).toMatchObject({ name: 'push sums sum', parentSpanContext: { spanId: idOf(root) } });
    expect(consumer).toMatchObject({ name: 'process sums sum', parentSpanContext: { spanId: idOf(producer) } });
    exporter.reset();
    await expect(pool.run('sum', [])).rejects.toMatchObject({ name: 'ZmqTaskError' });
    expect(spanOf(SpanKind.PRODUCER)).toMatchObject({ attributes: { 'error.type': 'TASK_FAILED' } });
    expect(spanOf(SpanKind.CONSUMER)).toMatchObject({ attributes: { 'error.type': 'RangeError' } });
  });

  it('goes on without a tracer: nothing is sent that was not sent before', async () => {
    const server = await apps.serve([TracedController]);
    const plain = openTelemetryTracing();
    const client = apps.client([server], { tracing: plain });
    expect(await firstValueFrom(client.send<[unknown, object]>('echo', 1))).toEqual([1, {}]);
  });

  it('goes from one process to another', async () => {
    const server = await ServerProcess.start({ bind: 'tcp://127.0.0.1:*' }, './traced.process.ts');
    apps.defer(() => server.stop());
    const client = apps.bareClient({ connect: [...server.info!.calls], tracing });
    const seen = await firstValueFrom(client.send<{ traceId: string; parent: string }>('span', {}));
    const caller = spanOf(SpanKind.CLIENT).spanContext();
    expect(seen).toEqual({ traceId: caller.traceId, parent: caller.spanId });
  });
});
