import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { OnTask, type ZmqContext, ZmqForwarder, ZmqModule, ZmqPool, ZmqWorker, ZmqWorkers } from '@nest-zmq/transport';
import { prometheusMetrics } from '@nest-zmq/transport/prometheus';
import { Registry } from 'prom-client';
import { firstValueFrom, lastValueFrom, NEVER, type Observable } from 'rxjs';
import { METRIC_ROWS } from '../../libs/nest-transport/src/metrics/metric.table.js';
import { Apps } from './support/apps.js';
import { turns, until } from './turns.js';

let running = 0;
let done = 0;

@Controller()
class MeasuredController {
  @MessagePattern({ cmd: 'sum' })
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @MessagePattern('fail')
  fail(): never {
    throw new Error('no');
  }

  @MessagePattern('never')
  never(@Ctx() _ctx: ZmqContext): Observable<never> {
    running++;
    return NEVER;
  }

  @EventPattern('orders.*')
  onOrder(@Payload() _data: unknown): void {
    done++;
  }
}

@ZmqWorker('jobs')
class JobWorker {
  @OnTask('job', { retry: { attempts: 2 } })
  job(@Payload() data: unknown): void {
    done++;
    if (data === 'bad') throw new Error('no');
  }
}

let apps: Apps;
beforeEach(() => {
  apps = new Apps();
  running = 0;
  done = 0;
});
afterEach(() => apps.close());

/** The samples whose name starts so, without the buckets of histograms and the sums. */
async function samples(registry: Registry, start: string): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(start) && !/_bucket|_sum/.test(line));
}

/** Where the numbers are. */
function pathsOf(stats: object | undefined): string[] {
  return Object.entries(stats ?? {}).flatMap(([key, value]) =>
    typeof value === 'number' ? [key] : pathsOf(value as object).map((path) => `${key}.${path}`),
  );
}

describe('metrics', () => {
  it('of a server and a client: counters, and durations by the patterns of registered handlers', async () => {
    const registry = new Registry();
    const metrics = prometheusMetrics({ registry });
    const server = await apps.serve([MeasuredController], { metrics, peerName: 's' });
    const client = apps.client([server], { metrics, peerName: 'c' });
    await firstValueFrom(client.send({ cmd: 'sum' }, [1]));
    await firstValueFrom(client.send('{ "cmd": "sum" }', [1]));
    await expect(firstValueFrom(client.send('fail', 1))).rejects.toBeDefined();
    for (let i = 0; i < 3; i++) await expect(firstValueFrom(client.send(`unknown-${i}`, 1))).rejects.toBeDefined();
    const cancelled = client.send('never', 1).subscribe();
    await until(() => running === 1);
    expect(await samples(registry, 'nest_zmq_client_calls_in_flight')).toEqual([
      'nest_zmq_client_calls_in_flight{name="c"} 1',
    ]);
    cancelled.unsubscribe();
    await until(() => server.server.stats()?.calls.cancelled === 1);
    for (const topic of ['orders.a', 'orders.b']) {
      await lastValueFrom(client.emit(topic, 1), { defaultValue: undefined });
    }
    await until(() => done === 2);
    await turns(2);

    expect(await samples(registry, 'nest_zmq_server_calls_')).toEqual(
      expect.arrayContaining([
        'nest_zmq_server_calls_received_total{name="s"} 7',
        'nest_zmq_server_calls_unknown_total{name="s"} 3',
        'nest_zmq_server_calls_cancelled_total{name="s"} 1',
      ]),
    );
    expect(await samples(registry, 'nest_zmq_server_call_duration')).toEqual([
      'nest_zmq_server_call_duration_seconds_count{name="s",pattern="{\\"cmd\\":\\"sum\\"}",outcome="completed"} 2',
      'nest_zmq_server_call_duration_seconds_count{name="s",pattern="fail",outcome="failed"} 1',
      'nest_zmq_server_call_duration_seconds_count{name="s",pattern="never",outcome="cancelled"} 1',
    ]);
    expect(await samples(registry, 'nest_zmq_client_call_duration')).toEqual([
      'nest_zmq_client_call_duration_seconds_count{name="c",pattern="",outcome="completed"} 2',
      'nest_zmq_client_call_duration_seconds_count{name="c",pattern="",outcome="failed"} 4',
      'nest_zmq_client_call_duration_seconds_count{name="c",pattern="",outcome="cancelled"} 1',
    ]);
    expect(await samples(registry, 'nest_zmq_event_duration')).toEqual([
      'nest_zmq_event_duration_seconds_count{name="s",pattern="orders.*",outcome="completed"} 2',
    ]);
    await client.close();
    await server.app.close();
    expect(await samples(registry, 'nest_zmq_server_calls_received')).toEqual([]);
  });

  it('has a row for every counter that stats() gives', async () => {
    const server = await apps.serve([MeasuredController]);
    const client = apps.client([server]);
    await client.connect();
    const { context } = apps;
    const pool = new ZmqPool('jobs', { bind: 'inproc://jobs', ack: 'explicit', context });
    apps.defer(() => pool.close());
    await pool.open();
    const workers = new ZmqWorkers('jobs', { connect: 'inproc://jobs', ack: 'explicit', context });
    apps.defer(() => workers.stop());
    await workers.start({ concurrency: 1, handlers: new Map(), onFailure: undefined });
    const forwarder = new ZmqForwarder({
      publishers: { bind: 'inproc://publishers' },
      subscribers: { bind: 'inproc://subscribers' },
      context,
    });
    apps.defer(() => forwarder.close());
    await forwarder.open();
    const all = {
      server: server.server.stats(),
      client: client.stats(),
      pool: pool.stats(),
      workers: workers.stats(),
      forwarder: forwarder.stats(),
    };
    const paths = Object.entries(all).flatMap(([kind, stats]) => pathsOf(stats).map((path) => `${kind} ${path}`));
    expect(paths.sort()).toEqual(METRIC_ROWS.map(({ kind, path }) => `${kind} ${path}`).sort());
  });

  it('of a pool and its workers, from the defaults of the application', async () => {
    const registry = new Registry();
    const metrics = prometheusMetrics({ registry });
    const { context } = apps;
    @Module({
      imports: [
        ZmqModule.forRoot({ context, metrics, logger: { log() {}, warn() {}, error() {} } }),
        ZmqModule.registerPool({ name: 'jobs', bind: 'inproc://jobs' }),
        ZmqModule.registerWorkers({ pool: 'jobs', connect: 'inproc://jobs' }),
      ],
      providers: [JobWorker],
    })
    class JobModule {}
    const app = await NestFactory.createApplicationContext(JobModule, { logger: false });
    const pool = app.get<ZmqPool>('ZmqPool(jobs)');
    await pool.push('job', 'good');
    await pool.push('job', 'bad');
    await until(() => done === 3);
    await turns(2);
    expect(await samples(registry, 'nest_zmq_pool_')).toEqual(
      expect.arrayContaining(['nest_zmq_pool_pushed_total{name="jobs"} 2', 'nest_zmq_pool_workers{name="jobs"} 1']),
    );
    expect(await samples(registry, 'nest_zmq_workers_')).toEqual(
      expect.arrayContaining([
        'nest_zmq_workers_done_total{name="jobs"} 1',
        'nest_zmq_workers_failed_total{name="jobs"} 1',
        'nest_zmq_workers_retried_total{name="jobs"} 1',
      ]),
    );
    expect(await samples(registry, 'nest_zmq_task_duration')).toEqual([
      'nest_zmq_task_duration_seconds_count{name="jobs",pattern="job",outcome="completed"} 1',
      'nest_zmq_task_duration_seconds_count{name="jobs",pattern="job",outcome="failed"} 2',
    ]);
    await app.close();
  });
});
