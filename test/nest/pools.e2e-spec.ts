import {
  type CanActivate,
  Catch,
  type ExecutionContext,
  type ExceptionFilter,
  Inject,
  Injectable,
  type INestApplicationContext,
  type LoggerService,
  Module,
  type NestInterceptor,
  type CallHandler,
  type OnModuleDestroy,
  type PipeTransform,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { Context, Push } from '@nest-zmq/core';
import {
  getZmqPoolToken,
  getZmqWorkersToken,
  InjectZmqPool,
  OnTask,
  OnTaskFailure,
  ZmqClosedError,
  ZmqModule,
  ZmqPatternError,
  ZmqPool,
  ZmqPoolFullError,
  ZmqRecord,
  type ZmqTaskContext,
  type ZmqTaskFailure,
  ZmqTimeoutError,
  ZmqWorker,
  ZmqWorkers,
} from '@nest-zmq/transport';
import { from, map, type Observable, throwError } from 'rxjs';
import { turns, until } from './turns.js';

/** What the workers of a test share: what ran, how many at a time, and a gate to hold them. */
class Desk {
  readonly started: unknown[] = [];
  readonly done: unknown[] = [];
  running = 0;
  most = 0;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  /** From here on tasks stay where they are until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  release(): void {
    this.#open();
  }

  async work(job: unknown): Promise<void> {
    this.started.push(job);
    this.most = Math.max(this.most, ++this.running);
    await this.#gate;
    this.running--;
    this.done.push(job);
  }
}

@ZmqWorker('jobs')
class OneAtATime {
  constructor(private readonly desk: Desk) {}

  @OnTask('job')
  run(job: unknown): Promise<void> {
    return this.desk.work(job);
  }
}

@ZmqWorker('jobs', { concurrency: 3 })
class ThreeAtATime {
  constructor(private readonly desk: Desk) {}

  @OnTask('job')
  run(job: unknown): Promise<void> {
    return this.desk.work(job);
  }
}

class TestLogger implements LoggerService {
  readonly lines: string[] = [];
  log(): void {}
  warn(message: unknown): void {
    this.lines.push(`warn ${String(message)}`);
  }
  error(message: unknown): void {
    this.lines.push(`error ${String(message)}`);
  }
}

const apps: INestApplicationContext[] = [];
const logger = new TestLogger();

async function start(imports: readonly object[], providers: readonly object[] = []): Promise<INestApplicationContext> {
  @Module({ imports: [...imports] as never[], providers: [...providers] as never[] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
  apps.push(app);
  return app;
}

/** An application with the push end, and its pool. */
async function startPool(options: Partial<Parameters<typeof ZmqModule.registerPool>[0]> = {}): Promise<ZmqPool> {
  const app = await start([ZmqModule.registerPool({ name: 'jobs', bind: 'tcp://127.0.0.1:*', ...options })]);
  return app.get<ZmqPool>(getZmqPoolToken('jobs'));
}

function endpointOf(pool: ZmqPool): string {
  return pool.unwrap().lastEndpoint!;
}

/** An application with a worker class for the pool 'jobs'. */
async function startWorker(
  connect: string | string[],
  worker: Type,
  options: Partial<Parameters<typeof ZmqModule.registerWorkers>[0]> & { providers?: object[] } = {},
) {
  const { providers = [], ...more } = options;
  const desk = new Desk();
  const app = await start(
    [ZmqModule.registerWorkers({ pool: 'jobs', connect, ...more })],
    [worker, { provide: Desk, useValue: desk }, ...providers],
  );
  return { app, desk, workers: app.get<ZmqWorkers>(getZmqWorkersToken('jobs')) };
}

async function close(app: INestApplicationContext): Promise<void> {
  apps.splice(apps.indexOf(app), 1);
  await app.close();
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  logger.lines.length = 0;
});

describe.each([
  ['tcp', () => ({ bind: 'tcp://127.0.0.1:*' })],
  ['inproc', () => ({ bind: 'inproc://jobs', context: new Context() })],
])('a pool over %s', (_name, socketOptions) => {
  it('runs a task with its data', async () => {
    const { bind, ...shared } = socketOptions() as { bind: string; context?: Context };
    const pool = await startPool({ bind, ...shared });
    const { desk } = await startWorker(endpointOf(pool), OneAtATime, shared);
    const push: Promise<void> = pool.push('job', { id: 1, tags: ['a'] });
    expect(await push).toBeUndefined();
    await until(() => desk.done.length === 1);
    expect(desk.done).toEqual([{ id: 1, tags: ['a'] }]);
    expect(pool.stats()).toEqual({ pushed: 1, waiting: 0, workers: 1, refused: 0, lost: 0 });
  });

  it('spreads tasks evenly over three workers', async () => {
    const { bind, ...shared } = socketOptions() as { bind: string; context?: Context };
    const pool = await startPool({ bind, ...shared });
    const workers: Awaited<ReturnType<typeof startWorker>>[] = [];
    for (let i = 0; i < 3; i++) workers.push(await startWorker(endpointOf(pool), ThreeAtATime, shared));
    await until(() => pool.workers.length === 3);
    for (let i = 0; i < 30; i++) await pool.push('job', i);
    await until(() => workers.reduce((sum, { desk }) => sum + desk.done.length, 0) === 30);
    expect(workers.map(({ desk }) => desk.done.length)).toEqual([10, 10, 10]);
  });

  it('gives a worker that is added later its share', async () => {
    const { bind, ...shared } = socketOptions() as { bind: string; context?: Context };
    const pool = await startPool({ bind, ...shared });
    const one = await startWorker(endpointOf(pool), ThreeAtATime, shared);
    for (let i = 0; i < 10; i++) await pool.push('job', i);
    const other = await startWorker(endpointOf(pool), ThreeAtATime, shared);
    await until(() => pool.workers.length === 2);
    for (let i = 0; i < 20; i++) await pool.push('job', i);
    await until(() => one.desk.done.length + other.desk.done.length === 30, () => [one.desk.done, other.desk.done, pool.stats(), one.workers.stats(), other.workers.stats()]);
    expect(other.desk.done.length).toBe(10);
  });
});
