import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type CanActivate,
  Catch,
  Controller,
  type ExecutionContext,
  type ExceptionFilter,
  Inject,
  Injectable,
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
import { APP_INTERCEPTOR, NestFactory, REQUEST } from '@nestjs/core';
import { Ctx, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { type Context, Push } from '@nest-zmq/core';
import {
  getZmqPoolToken,
  getZmqWorkersToken,
  InjectZmqPool,
  InjectZmqWorkers,
  OnTask,
  OnTaskFailure,
  ZmqClosedError,
  ZmqModule,
  ZmqPatternError,
  ZmqPool,
  ZmqPoolFullError,
  ZmqRecord,
  ZmqServer,
  type ZmqTaskContext,
  type ZmqTaskFailure,
  ZmqTimeoutError,
  ZmqWorker,
  ZmqWorkers,
} from '@nest-zmq/transport';
import { from, map, type Observable, throwError } from 'rxjs';
import { libraries, LibzmqPeer } from '../interop/libzmq-peer.js';
import { ManualClock } from './support/manual.clock.js';
import { PoolApps, type WorkersOptions } from './support/pool-apps.js';
import { transports } from './support/ways.js';
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

let apps: PoolApps;
beforeEach(() => (apps = new PoolApps('tcp', 'none')));
afterEach(() => apps.close());

type StartedWorker = Awaited<ReturnType<typeof startWorker>>;

/** An application with a worker class for the pool 'jobs'. */
async function startWorker(
  connect: string | string[] | undefined,
  worker: Type,
  { providers = [], ...options }: Partial<WorkersOptions> & { providers?: object[] } = {},
) {
  const desk = new Desk();
  const all = [worker, { provide: Desk, useValue: desk }, ...providers];
  return { desk, ...(await apps.workers(connect, all, options)) };
}

describe.each(transports)('a pool over %s', (transport) => {
  beforeEach(() => (apps = new PoolApps(transport, 'none')));

  it('runs a task with its data', async () => {
    const { pool, endpoint } = await apps.pool();
    const { desk } = await startWorker(endpoint, OneAtATime);
    expect(await pool.push('job', { id: 1, tags: ['a'] })).toBeUndefined();
    await until(() => desk.done.length === 1);
    expect(desk.done).toEqual([{ id: 1, tags: ['a'] }]);
    expect(pool.stats()).toEqual({ pushed: 1, waiting: 0, workers: 1, refused: 0, lost: 0 });
  });

  it('spreads tasks evenly over three workers', async () => {
    const { pool, endpoint } = await apps.pool();
    const workers: StartedWorker[] = [];
    for (let i = 0; i < 3; i++) workers.push(await startWorker(endpoint, ThreeAtATime));
    await until(() => pool.workers.length === 3);
    for (let i = 0; i < 30; i++) await pool.push('job', i);
    await until(() => workers.reduce((sum, { desk }) => sum + desk.done.length, 0) === 30);
    expect(workers.map(({ desk }) => desk.done.length)).toEqual([10, 10, 10]);
  });

  it('gives a worker that is added later its share', async () => {
    const { pool, endpoint } = await apps.pool();
    const one = await startWorker(endpoint, ThreeAtATime);
    for (let i = 0; i < 10; i++) await pool.push('job', i);
    const other = await startWorker(endpoint, ThreeAtATime);
    await until(() => pool.workers.length === 2);
    for (let i = 0; i < 20; i++) await pool.push('job', i);
    await until(() => one.desk.done.length + other.desk.done.length === 30);
    expect(other.desk.done.length).toBe(10);
  });

  it.each([
    ['no more than one at a time by default', OneAtATime, 1],
    ['as many at a time as its concurrency says', ThreeAtATime, 3],
  ])('runs %s', async (_name, worker, concurrency) => {
    const { pool, endpoint } = await apps.pool();
    const { desk, workers } = await startWorker(endpoint, worker);
    desk.hold();
    for (let i = 0; i < 5; i++) await pool.push('job', i);
    await until(() => desk.running === concurrency);
    await turns(20);
    expect(desk.running).toBe(concurrency);
    expect(workers.stats().running).toBe(concurrency);
    desk.release();
    await until(() => desk.done.length === 5);
    expect(desk.most).toBe(concurrency);
    expect(desk.started).toEqual([0, 1, 2, 3, 4]);
  });

  it('makes push wait when workers are busy and the marks are full', async () => {
    const { pool, endpoint } = await apps.pool({ sendHighWaterMark: 2 });
    const { desk } = await startWorker(endpoint, OneAtATime);
    desk.hold();
    // Large ones, so that the kernel's buffers are soon full as well.
    const payload = Buffer.alloc(1024 * 1024);
    let accepted = 0;
    const pushes = Array.from({ length: 60 }, () => pool.push('job', payload).then(() => accepted++));
    await until(() => desk.running === 1);
    await turns(50);
    expect(pool.stats().waiting).toBeGreaterThan(0);
    expect(accepted).toBe(60 - pool.stats().waiting);

    desk.release();
    await Promise.all(pushes);
    await until(() => desk.done.length === 60);
    expect(pool.stats()).toMatchObject({ pushed: 60, waiting: 0 });
  });

  it('waits with a task until the first worker comes', async () => {
    const { pool, endpoint } = await apps.pool();
    const push = pool.push('job', 'early');
    await turns(5);
    expect(pool.stats()).toMatchObject({ pushed: 0, waiting: 1, workers: 0 });
    const { desk } = await startWorker(endpoint, OneAtATime);
    await push;
    await until(() => desk.done.length === 1);
  });

  it('finishes what has arrived when a worker is closed', async () => {
    const { pool, endpoint } = await apps.pool();
    const { app, desk, workers } = await startWorker(endpoint, OneAtATime);
    desk.hold();
    // One runs, the others wait in the worker's queue and, over tcp, in the connection's buffers.
    for (let i = 0; i < 10; i++) await pool.push('job', i);
    await until(() => desk.running === 1);
    const closed = apps.stop(app);
    await until(() => workers.stats().waiting === 9);
    await until(() => pool.workers.length === 0);
    expect(desk.done).toEqual([]);
    desk.release();
    await closed;
    expect(desk.done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(workers.stats()).toMatchObject({ done: 10, abandoned: 0, running: 0, waiting: 0 });
  });

  it('delivers what was accepted when the pool is closed, and refuses what comes after', async () => {
    const { pool, endpoint, app } = await apps.pool();
    const { desk } = await startWorker(endpoint, ThreeAtATime);
    await until(() => pool.workers.length === 1);
    const pushes: Promise<void>[] = [];
    for (let i = 0; i < 15; i++) pushes.push(pool.push('job', i));
    await Promise.all(pushes);
    await apps.stop(app);
    await until(() => desk.done.length === 15);
    expect(pool.stats()).toMatchObject({ pushed: 15, lost: 0, workers: 0 });
    await expect(pool.push('job', 16)).rejects.toBeInstanceOf(ZmqClosedError);
  });
});

describe('data', () => {
  it.each<[string, unknown, unknown]>([
    ['an object', { a: [1, null, { b: 'ü' }] }, { a: [1, null, { b: 'ü' }] }],
    ['text', 'text', 'text'],
    ['null', null, null],
    ['nothing', undefined, undefined],
    ['a buffer', Buffer.from([0, 1, 255]), Buffer.from([0, 1, 255])],
    ['bytes', Uint8Array.of(1, 2), Buffer.from([1, 2])],
    ['an empty buffer', Buffer.alloc(0), Buffer.alloc(0)],
    ['a record', new ZmqRecord({ a: 1 }), { a: 1 }],
  ])('passes %s', async (_name, sent, received) => {
    const { pool, endpoint } = await apps.pool();
    const { desk } = await startWorker(endpoint, OneAtATime);
    await pool.push('job', sent);
    await until(() => desk.done.length === 1);
    expect(desk.done).toEqual([received]);
  });

  it('tells the handler the task, its headers, its attempt and whose it is', async () => {
    const seen: unknown[] = [];
    @ZmqWorker('jobs')
    class Curious {
      @OnTask('job')
      run(@Payload('id') id: number, @Ctx() ctx: ZmqTaskContext, @Payload() all: object): void {
        const { socketType, properties } = ctx.getPeer();
        seen.push(id, all, ctx.getPattern(), ctx.getHeaders(), ctx.getMetadata(), ctx.getAttempt());
        seen.push(ctx.signal.aborted, socketType, properties['X-Nest-Zmq'], properties['X-Name']);
      }
    }
    const { pool, endpoint } = await apps.pool({ peerName: 'gateway-1' });
    await startWorker(endpoint, Curious, { peerName: 'worker-7' });
    await pool.push('job', new ZmqRecord({ id: 7 }, { tenant: 'a' }));
    await until(() => seen.length === 10);
    expect(seen).toEqual([
      7,
      { id: 7 },
      'job',
      { tenant: 'a' },
      { tenant: 'a', ':attempt': '1' },
      1,
      false,
      'PUSH',
      '1',
      'gateway-1',
    ]);
    expect(pool.workers.map(({ socketType, properties }) => [socketType, properties['X-Name']])).toEqual([
      ['PULL', 'worker-7'],
    ]);
  });

  it('refuses what cannot be sent', async () => {
    const { pool } = await apps.pool();
    await expect(pool.push('')).rejects.toBeInstanceOf(ZmqPatternError);
    await expect(pool.push('job', new ZmqRecord(1, { ':type': 'x' }))).rejects.toBeInstanceOf(ZmqPatternError);
    await expect(pool.push('job', 1n)).rejects.toMatchObject({ code: 'CODEC' });
    expect(pool.stats().waiting).toBe(0);
  });
});

describe('waiting for a worker', () => {
  it('is bounded in number, in time, and by a signal', async () => {
    const { pool } = await apps.pool({ maxWaiting: 2, pushTimeout: 40 });
    const controller = new AbortController();
    const aborted = pool.push('job', 1, { signal: controller.signal });
    const late = pool.push('job', 2);
    await expect(pool.push('job', 3)).rejects.toBeInstanceOf(ZmqPoolFullError);
    controller.abort(new Error('no longer wanted'));
    await expect(aborted).rejects.toThrow('no longer wanted');
    await expect(late).rejects.toBeInstanceOf(ZmqTimeoutError);
    expect(pool.stats()).toMatchObject({ pushed: 0, waiting: 0, refused: 1 });
  });

  it('ends when the pool is closed', async () => {
    const { app, pool } = await apps.pool();
    const waiting = pool.push('job', 1);
    const outcome = expect(waiting).rejects.toThrow("Pool 'jobs' is closed");
    await apps.stop(app);
    await outcome;
  });
});

describe('a task that fails', () => {
  it('is run again, and told to the failure hook in the end', async () => {
    const attempts: number[] = [];
    const failures: ZmqTaskFailure[] = [];
    @ZmqWorker('jobs')
    class Failing {
      @OnTask('job', { retry: { attempts: 3, delay: 1 } })
      run(job: { id: number; touched?: boolean }, ctx: ZmqTaskContext): void {
        attempts.push(ctx.getAttempt());
        if (job.touched) throw new Error('an earlier attempt spoiled the data');
        job.touched = true;
        throw new Error(`no ${ctx.getAttempt()}`);
      }

      @OnTask('second time lucky', { retry: { attempts: 2 } })
      lucky(_job: unknown, ctx: ZmqTaskContext): void {
        if (ctx.getAttempt() === 1) throw new Error('not yet');
      }

      @OnTaskFailure()
      async onFailure(failure: ZmqTaskFailure): Promise<void> {
        await turns();
        failures.push(failure);
        throw new Error('and the hook fails too');
      }
    }
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Failing);
    await pool.push('job', { id: 1 });
    await pool.push('second time lucky');
    await until(() => workers.stats().done === 1);
    expect(attempts).toEqual([1, 2, 3]);
    expect(failures).toEqual([
      expect.objectContaining({
        pool: 'jobs',
        task: 'job',
        data: { id: 1, touched: true },
        attempts: 3,
        error: expect.objectContaining({ message: 'no 3' }),
      }),
    ]);
    expect(workers.stats()).toMatchObject({ done: 1, failed: 1, retried: 3 });
    expect(apps.logger.lines).toEqual([
      expect.stringContaining("error Task 'job' failed after 3 of 3 attempts: Error: no 3"),
      expect.stringContaining("error The @OnTaskFailure() method threw for task 'job': Error: and the hook fails too"),
    ]);
  });

  it('does not keep others from their turn, nor fills the log', async () => {
    let runs = 0;
    @ZmqWorker('jobs', { concurrency: 2 })
    class Failing {
      @OnTask('job')
      run(): void {
        runs++;
        throw new Error('always');
      }
    }
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Failing);
    for (let i = 0; i < 50; i++) await pool.push('job');
    await until(() => workers.stats().failed === 50);
    expect(runs).toBe(50);
    expect(apps.logger.lines).toHaveLength(1);
  });
});

describe('an Observable', () => {
  it('is awaited to its end, also when it is empty, and fails the task when it errors', async () => {
    const values: unknown[] = [];
    @ZmqWorker('jobs')
    class Streaming {
      @OnTask('values')
      values(): Observable<number> {
        return from([1, 2, 3]).pipe(map((value) => (values.push(value), value)));
      }

      @OnTask('empty')
      async empty(): Promise<Observable<never>> {
        return from([]);
      }

      @OnTask('error')
      error(): Observable<never> {
        return throwError(() => new Error('half way'));
      }
    }
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Streaming);
    await pool.push('values');
    await pool.push('empty');
    await pool.push('error');
    await until(() => workers.stats().failed === 1);
    expect(values).toEqual([1, 2, 3]);
    expect(workers.stats()).toMatchObject({ done: 2, failed: 1 });
    expect(apps.logger.lines).toEqual([expect.stringContaining('half way')]);
  });
});

describe('guards, pipes, interceptors and filters', () => {
  const log: unknown[] = [];
  beforeEach(() => (log.length = 0));

  @Injectable()
  class HasTenant implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      log.push(`guard ${context.getType()} ${context.getClass().name}.${context.getHandler().name}`);
      return context.switchToRpc().getContext<ZmqTaskContext>().getHeaders()['tenant'] !== undefined;
    }
  }

  @Injectable()
  class Twice implements PipeTransform {
    transform(value: number): number {
      log.push('pipe');
      return value * 2;
    }
  }

  @Injectable()
  class Around implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      log.push(`before ${context.switchToRpc().getData<number>()}`);
      return next.handle().pipe(map((value) => (log.push(`after ${String(value)}`), value)));
    }
  }

  class Odd extends Error {}

  @Catch(Odd)
  class Forgiving implements ExceptionFilter<Odd> {
    catch(error: Odd): unknown {
      log.push(`filter ${error.message}`);
      return error.message === 'forgive' ? 'forgiven' : throwError(() => new Error('translated'));
    }
  }

  @ZmqWorker('jobs')
  @UseGuards(HasTenant)
  @UseFilters(Forgiving)
  class Guarded {
    @OnTask('job')
    @UseInterceptors(Around)
    run(@Payload(Twice) value: number): number {
      log.push(`handler ${value}`);
      return value + 1;
    }

    @OnTask('odd')
    odd(message: string): void {
      throw new Odd(message);
    }
  }

  it('stand around a task as around any handler', async () => {
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Guarded);
    await pool.push('job', new ZmqRecord(20, { tenant: 'a' }));
    await until(() => workers.stats().done === 1);
    expect(log).toEqual(['guard rpc Guarded.run', 'before 20', 'pipe', 'handler 40', 'after 41']);
  });

  it('a guard that says no fails the task', async () => {
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Guarded);
    await pool.push('job', 1);
    await until(() => workers.stats().failed === 1);
    expect(log).toEqual(['guard rpc Guarded.run']);
    expect(apps.logger.lines).toEqual([expect.stringContaining('ForbiddenException')]);
  });

  it('a filter that gives a result saves the task, one that gives an error fails it', async () => {
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Guarded);
    await pool.push('odd', new ZmqRecord('forgive', { tenant: 'a' }));
    await pool.push('odd', new ZmqRecord('translate', { tenant: 'a' }));
    await until(() => workers.stats().failed === 1);
    expect(workers.stats()).toMatchObject({ done: 1, failed: 1 });
    expect(log.filter((line) => String(line).startsWith('filter'))).toEqual(['filter forgive', 'filter translate']);
    expect(apps.logger.lines).toEqual([expect.stringContaining('translated')]);
  });

  it('global ones count too', async () => {
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, OneAtATime, {
      providers: [{ provide: APP_INTERCEPTOR, useClass: Around }],
    });
    await pool.push('job', 3);
    await until(() => workers.stats().done === 1);
    expect(log).toEqual(['before 3', 'after undefined']);
  });
});

describe('a request-scoped worker', () => {
  it('is made anew for each attempt, with the task as its request', async () => {
    const seen: unknown[] = [];
    let made = 0;

    @ZmqWorker('jobs')
    @Injectable({ scope: Scope.REQUEST })
    class Fresh {
      readonly #number = ++made;
      constructor(
        @Inject(REQUEST) private readonly request: { pattern: string; data: unknown; getContext(): ZmqTaskContext },
        private readonly desk: Desk,
      ) {}

      @OnTask('job', { retry: { attempts: 2 } })
      async run(@Payload() data: unknown, @Ctx() ctx: ZmqTaskContext): Promise<void> {
        await this.desk.work(data);
        seen.push([this.#number, this.request.pattern, this.request.data === data, this.request.getContext() === ctx]);
        if (ctx.getAttempt() === 1) throw new Error('again');
      }

      @OnTask('hopeless')
      hopeless(): void {
        throw new Error('no');
      }

      @OnTaskFailure()
      onFailure({ task, context }: ZmqTaskFailure): void {
        seen.push([this.#number, this.request.pattern, task, this.request.getContext() === context]);
      }
    }
    const { pool, endpoint } = await apps.pool();
    const { workers } = await startWorker(endpoint, Fresh);
    await pool.push('job', { id: 1 });
    await pool.push('hopeless');
    await until(() => seen.length === 3);
    expect(workers.stats()).toMatchObject({ done: 1, failed: 1, retried: 1 });
    expect(seen).toEqual([
      [1, 'job', true, true],
      [2, 'job', true, true],
      [4, 'hopeless', 'hopeless', true],
    ]);
  });
});

describe('modules', () => {
  it('hold two pools, and both ends, in one application', async () => {
    @ZmqWorker('resize')
    class Resizer {
      constructor(
        private readonly desk: Desk,
        @InjectZmqPool('mails') private readonly mails: ZmqPool,
      ) {}

      @OnTask('job')
      async run(id: number): Promise<void> {
        await this.desk.work(`resize ${id}`);
        await this.mails.push('job', id);
      }
    }
    @ZmqWorker('mails')
    class Mailer {
      constructor(private readonly desk: Desk) {}

      @OnTask('job')
      run(id: number): Promise<void> {
        return this.desk.work(`mail ${id}`);
      }
    }
    const { context } = apps;
    const app = await apps.start(
      [
        ZmqModule.registerPool({ name: 'resize', bind: 'inproc://resize', context }),
        ZmqModule.registerPool({ name: 'mails', bind: 'inproc://mails', context, isGlobal: true }),
        ZmqModule.registerWorkers({ pool: 'resize', connect: 'inproc://resize', context }),
        ZmqModule.registerWorkers({ pool: 'mails', connect: 'inproc://mails', context }),
      ],
      [Resizer, Mailer, { provide: Desk, useValue: new Desk() }],
    );
    const desk = app.get(Desk);
    await app.get<ZmqPool>(getZmqPoolToken('resize')).push('job', 1);
    await until(() => desk.done.length === 2);
    expect(desk.done).toEqual(['resize 1', 'mail 1']);
  });

  it('take their options from elsewhere', async () => {
    const SETTINGS = Symbol('settings');
    @Module({
      providers: [{ provide: SETTINGS, useValue: { endpoint: 'inproc://async', context: apps.context } }],
      exports: [SETTINGS],
    })
    class SettingsModule {}
    interface Settings {
      readonly endpoint: string;
      readonly context: Context;
    }
    const app = await apps.start(
      [
        ZmqModule.registerPoolAsync({
          imports: [SettingsModule],
          inject: [SETTINGS],
          useFactory: async ({ endpoint, context }: Settings) => ({ bind: endpoint, context }),
        }),
        ZmqModule.registerWorkersAsync({
          pool: 'jobs',
          imports: [SettingsModule],
          inject: [SETTINGS],
          useFactory: ({ endpoint, context }: Settings) => ({ connect: [endpoint], context }),
        }),
      ],
      [OneAtATime, { provide: Desk, useValue: new Desk() }],
    );
    // Registered without a name, it is the default one.
    await app.get<ZmqPool>(getZmqPoolToken()).push('job', 1);
    await until(() => app.get(Desk).done.length === 1);
  });

  it('connect one worker to several pools', async () => {
    const pools = [await apps.pool(), await apps.pool()];
    const { desk } = await startWorker(
      pools.map(({ endpoint }) => endpoint),
      OneAtATime,
    );
    for (const [i, { pool }] of pools.entries()) await pool.push('job', i);
    await until(() => desk.done.length === 2);
    expect(new Set(desk.done)).toEqual(new Set([0, 1]));
  });

  it('let workers bind and the pool connect', async () => {
    const { desk, endpoint } = await startWorker(undefined, OneAtATime);
    const { pool } = await apps.pool({ connect: endpoint });
    await pool.push('job', 1);
    await until(() => desk.done.length === 1);
  });

  it.each<[string, (make: (desk: Desk) => OneAtATime) => object[]]>([
    ['a factory', (make) => [{ provide: 'WORKER', useFactory: make, inject: [Desk] }]],
    ['a value', (make) => [{ provide: 'WORKER', useValue: make(new Desk()) }]],
    [
      'another token, with an alias',
      () => [
        { provide: 'WORKER', useClass: OneAtATime },
        { provide: 'ALIAS', useExisting: 'WORKER' },
      ],
    ],
  ])('find a worker that is provided by %s', async (_name, providers) => {
    const { pool, endpoint } = await apps.pool();
    const app = await apps.start(
      [ZmqModule.registerWorkers({ pool: 'jobs', connect: endpoint, context: apps.context })],
      [...providers((desk) => new OneAtATime(desk)), { provide: Desk, useValue: new Desk() }],
    );
    await pool.push('job', 1);
    await until(() => app.get<ZmqWorkers>(getZmqWorkersToken('jobs')).stats().done === 1);
  });

  it('work beside a server in a microservice, whichever way it starts and stops', async () => {
    const log: string[] = [];
    @ZmqWorker('jobs')
    class Beside {
      constructor(private readonly desk: Desk) {}

      @OnTask('job')
      async run(id: number): Promise<void> {
        await this.desk.work(id);
        log.push(`task ${id}`);
      }
    }
    const { pool, endpoint } = await apps.pool();
    const desk = new Desk();
    desk.hold();
    @Module({
      imports: [
        ZmqModule.registerWorkers({ pool: 'jobs', connect: endpoint, context: apps.context }),
        ZmqModule.registerPool({ name: 'other', bind: 'tcp://127.0.0.1:*', context: apps.context }),
      ],
      providers: [Beside, { provide: Desk, useValue: desk }],
    })
    class BesideModule {}
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(BesideModule, {
      logger: apps.logger,
      strategy: new ZmqServer({ bind: 'tcp://127.0.0.1:*', context: apps.context }),
    });
    // Nest then runs its hooks twice.
    await app.init();
    await app.listen();
    for (let i = 0; i < 3; i++) await pool.push('job', i);
    await until(() => desk.running === 1);
    const closed = app.close();
    await until(() => pool.workers.length === 0);
    desk.release();
    await closed;
    expect(log).toEqual(['task 0', 'task 1', 'task 2']);
  });

  it('fail the start when an endpoint cannot be opened', async () => {
    const { context } = apps;
    const { endpoint: bind } = await apps.pool();
    await expect(apps.start([ZmqModule.registerPool({ name: 'jobs', bind, context })])).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const workers = ZmqModule.registerWorkers({ pool: 'jobs', bind, context });
    await expect(apps.start([workers], [OneAtATime, { provide: Desk, useValue: new Desk() }])).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('give the workers and their statistics to who asks', async () => {
    @Injectable()
    class Dashboard {
      constructor(@InjectZmqWorkers('jobs') readonly workers: ZmqWorkers) {}
    }
    const { pool, endpoint } = await apps.pool({ peerName: 'gateway-1' });
    const { app } = await startWorker(endpoint, OneAtATime, { providers: [Dashboard] });
    await pool.push('job');
    const { workers } = app.get(Dashboard);
    await until(() => workers.stats().done === 1);
    expect(workers.pools.map(({ properties }) => properties['X-Name'])).toEqual(['gateway-1']);
    expect(workers.stats()).toEqual({
      done: 1,
      failed: 0,
      retried: 0,
      unknown: 0,
      malformed: 0,
      expired: 0,
      running: 0,
      waiting: 0,
      pools: 1,
      abandoned: 0,
    });
  });
});

describe('a plain PUSH', () => {
  it('feeds the workers with two frames; what is no task is counted and dropped', async () => {
    const { desk, workers, endpoint } = await startWorker(undefined, OneAtATime);
    const push = new Push();
    push.connect(endpoint);
    await push.send(['job', '{"id":1}']);
    await push.send(['nobody knows it', '{}']);
    await push.send(['job', '{"id":']);
    await push.send(['job']);
    await push.send(['', 'control']);
    await push.send(['job', '1', '{}', 'too many']);
    await push.send(['job', '"a"', '{":type":"application/x-unknown"}']);
    await push.send(['job', Buffer.from('{"id":2}')]);
    await until(() => desk.done.length === 2);
    push.close();
    expect(desk.done).toEqual([{ id: 1 }, { id: 2 }]);
    expect(workers.stats()).toMatchObject({ done: 2, unknown: 1, malformed: 5, failed: 0 });
    // One line of each kind.
    expect(apps.logger.lines).toEqual([
      expect.stringContaining("no @OnTask('nobody knows it') in the worker of pool 'jobs'"),
      expect.stringContaining('The payload is not JSON'),
    ]);
  });
});

describe.each(libraries.filter(({ missing }) => missing === undefined))('libzmq by $name', (library) => {
  const PUSH = 8;
  const PULL = 7;
  let peer: LibzmqPeer;
  beforeAll(async () => (peer = await LibzmqPeer.start(library)));
  afterAll(() => peer.stop());

  it('feeds our workers', async () => {
    const { desk, endpoint } = await startWorker(undefined, ThreeAtATime);
    const push = await peer.open(PUSH);
    await push.connect(endpoint);
    for (let id = 0; id < 20; id++) await push.send(['job', `{"id":${id}}`]);
    await push.send(['job', 'raw', '{":type":"application/octet-stream"}']);
    await until(() => desk.done.length === 21);
    expect(desk.done.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, id) => ({ id })));
    expect(desk.done[20]).toEqual(Buffer.from('raw'));
    await push.close();
  });

  it('works for our pool', async () => {
    const { pool, endpoint } = await apps.pool();
    const pull = await peer.open(PULL);
    await pull.connect(endpoint);
    await pool.push('job', { id: 1 });
    await pool.push('nothing');
    expect(await pull.receive()).toEqual(['job', '{"id":1}']);
    expect(await pull.receive()).toEqual(['nothing', '']);
    await pull.close();
  });
});

describe('a graceful stop', () => {
  it('keeps what the worker injects alive until its tasks are done', async () => {
    const log: string[] = [];
    @Injectable()
    class Store implements OnModuleDestroy {
      onModuleDestroy(): void {
        log.push('store destroyed');
      }
    }
    @Module({ providers: [Store], exports: [Store] })
    class StoreModule {}

    @ZmqWorker('jobs')
    class Storing implements OnModuleDestroy {
      constructor(
        private readonly desk: Desk,
        private readonly store: Store,
      ) {}

      @OnTask('job')
      async run(id: number): Promise<void> {
        await this.desk.work(id);
        log.push(`task ${id} done with ${this.store.constructor.name}`);
      }

      onModuleDestroy(): void {
        log.push('worker destroyed');
      }
    }
    const { pool, endpoint } = await apps.pool();
    const desk = new Desk();
    desk.hold();
    const app = await apps.start(
      [StoreModule, ZmqModule.registerWorkers({ pool: 'jobs', connect: endpoint, context: apps.context })],
      [Storing, { provide: Desk, useValue: desk }],
    );
    for (let i = 0; i < 3; i++) await pool.push('job', i);
    await until(() => desk.running === 1);
    const closed = apps.stop(app);
    await until(() => pool.workers.length === 0);
    desk.release();
    await closed;
    expect(log).toEqual([
      'task 0 done with Store',
      'task 1 done with Store',
      'task 2 done with Store',
      'worker destroyed',
      'store destroyed',
    ]);
  });

  it('leaves a backlog to the others: it takes over no more than it can do in time', async () => {
    const clock = new ManualClock();
    const { pool, endpoint } = await apps.pool();
    const stopping = await startWorker(endpoint, OneAtATime, { clock });
    const other = await startWorker(endpoint, OneAtATime);
    await until(() => pool.workers.length === 2);
    for (const { desk } of [stopping, other]) desk.hold();
    // Large ones, so that the buffers of a connection hold some hundreds of them at most.
    const payload = Buffer.alloc(32 * 1024);
    const pushes = Array.from({ length: 2_000 }, () => pool.push('job', payload));
    await until(() => stopping.desk.running === 1 && other.desk.running === 1);
    clock.advance(60_000);
    let isStopped = false;
    const stopped = apps.stop(stopping.app).then(() => (isStopped = true));
    // It has enough, and does not wait for more.
    await until(() => stopping.workers.pools.length === 0);
    while (!isStopped) {
      clock.advance(10);
      await turns();
    }
    await stopped;
    // The one that runs, its place, and 16 that a pool may have sent ahead.
    expect(stopping.workers.stats().abandoned).toBe(1 + 1 + 16);
    other.desk.release();
    await Promise.all(pushes);
    await pool.push('job', 'fence');
    await until(() => other.desk.done.at(-1) === 'fence');
    expect(other.desk.done.length).toBeGreaterThan(1_200);
    stopping.desk.release();
  });

  it('ends at the grace period: signals abort, and what is lost is counted and logged', async () => {
    let reason: unknown;
    let end: () => void = () => {};
    @ZmqWorker('jobs')
    class Endless {
      @OnTask('job')
      run(_job: unknown, ctx: ZmqTaskContext): Promise<void> {
        ctx.signal.addEventListener('abort', () => (reason = ctx.signal.reason));
        return new Promise((resolve) => (end = resolve));
      }
    }
    const { pool, endpoint } = await apps.pool();
    const { app, workers } = await startWorker(endpoint, Endless, { gracePeriod: 20 });
    for (let i = 0; i < 3; i++) await pool.push('job', i);
    await until(() => workers.stats().running === 1);
    await apps.stop(app);
    expect(reason).toBeInstanceOf(ZmqClosedError);
    expect(workers.stats().abandoned).toBe(3);
    expect(apps.logger.lines).toEqual(['warn 3 tasks were not finished within 20 ms (gracePeriod) and are lost']);
    // It is in the books until its handler ends. (The pool hears of the end of its worker in its own time.)
    await until(() => pool.workers.length === 0);
    expect(apps.entries()).toEqual({ 'tasks that run': 1 });
    end();
  });
});

describe('worker processes', () => {
  interface Told {
    readonly ready?: boolean;
    readonly started?: unknown;
    readonly done?: unknown;
    readonly destroyed?: boolean;
  }
  const file = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));
  const loaders = ['../../support/end-with-parent.mjs', 'ts-loader.mjs'].map((name) => `--import=${file(name)}`);
  const children = new Set<ChildProcess>();
  afterEach(() => children.forEach((child) => child.kill('SIGKILL')));

  async function startProcess(endpoint: string, concurrency: number) {
    const child = spawn(process.execPath, [...loaders, file('pool-worker.process.ts'), endpoint, String(concurrency)], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.add(child);
    const told: Told[] = [];
    let exit: string | undefined;
    child.on('message', (message: Told) => told.push(message));
    // Not 'exit', which may come before the last that it told.
    child.on('close', (code, signal) => {
      children.delete(child);
      exit = String(signal ?? code);
    });
    // Not turn by turn: it compiles, and needs the processor more than we do.
    await Promise.race([once(child, 'message'), once(child, 'exit')]);
    expect(told).toEqual([{ ready: true }]);
    return {
      child,
      exit: () => exit,
      started: () => told.filter(({ started }) => started !== undefined).map(({ started }) => started),
      done: () => told.filter(({ done }) => done !== undefined),
    };
  }

  it('that are killed leave the pool, and the others go on', async () => {
    const { pool, endpoint } = await apps.pool();
    const killed = await startProcess(endpoint, 1);
    const { desk } = await startWorker(endpoint, OneAtATime);
    await until(() => pool.workers.length === 2);
    await pool.push('job', 'a');
    await pool.push('job', 'b');
    await until(() => killed.started().length === 1 && desk.done.length === 1);
    killed.child.kill('SIGKILL');
    await until(() => killed.exit() === 'SIGKILL' && pool.workers.length === 1);
    for (let i = 0; i < 10; i++) await pool.push('job', i);
    await until(() => desk.done.length === 11);
  }, 60_000);

  it('that get SIGTERM finish their tasks before anything is destroyed', async () => {
    const { pool, endpoint } = await apps.pool();
    const { child, started, done, exit } = await startProcess(endpoint, 2);
    for (let i = 0; i < 5; i++) await pool.push('job', i);
    await until(() => started().length === 2);
    child.kill('SIGTERM');
    await until(() => pool.workers.length === 0);
    child.send('go on');
    await until(() => exit() === 'SIGTERM');
    expect(done()).toEqual([0, 1, 2, 3, 4].map((job) => ({ done: job, destroyed: false })));
  }, 60_000);
});

describe('workers that do not fit', () => {
  const connect = 'inproc://nobody';
  const jobs = () => ZmqModule.registerWorkers({ pool: 'jobs', connect, context: apps.context });

  it('two classes for one pool', async () => {
    await expect(apps.start([jobs()], [OneAtATime, ThreeAtATime, Desk])).rejects.toThrow(
      "Pool 'jobs' has two worker classes, OneAtATime and ThreeAtATime",
    );
  });

  it('one class provided twice', async () => {
    @Module({ providers: [OneAtATime, Desk] })
    class OtherModule {}
    await expect(apps.start([jobs(), OtherModule], [OneAtATime, Desk])).rejects.toThrow(
      /OneAtATime, the worker of pool 'jobs', is provided twice \(in \w+ and in \w+\)/,
    );
  });

  it('no class', async () => {
    await expect(apps.start([jobs()])).rejects.toThrow(
      "ZmqModule.registerWorkers({ pool: 'jobs' }) finds no worker class: add a provider with @ZmqWorker('jobs')",
    );
  });

  it('a class without a registration', async () => {
    const registration = ZmqModule.registerPool({ name: 'jobs', bind: 'inproc://jobs', context: apps.context });
    await expect(apps.start([registration], [OneAtATime, Desk])).rejects.toThrow(
      "OneAtATime is @ZmqWorker('jobs'), but nothing feeds that pool here: import ZmqModule.registerWorkers({ pool: 'jobs'",
    );
  });

  it('two registrations', async () => {
    await expect(apps.start([jobs(), jobs()], [OneAtATime, Desk])).rejects.toThrow(
      "ZmqModule.registerWorkers({ pool: 'jobs' }) is used twice",
    );
  });

  it('the same task twice', async () => {
    @ZmqWorker('jobs')
    class Doubled {
      @OnTask('job')
      one(): void {}
      @OnTask('job')
      other(): void {}
    }
    await expect(apps.start([jobs()], [Doubled])).rejects.toThrow(
      "Doubled handles the task 'job' twice, in one() and other()",
    );
  });

  it('no task', async () => {
    @ZmqWorker('jobs')
    class Idle {}
    await expect(apps.start([jobs()], [Idle])).rejects.toThrow("Idle is @ZmqWorker('jobs') but has no task");
  });

  it('tasks without a worker', async () => {
    @Injectable()
    class Forgotten {
      @OnTask('job')
      run(): void {}
    }
    await expect(apps.start([jobs()], [OneAtATime, Desk, Forgotten])).rejects.toThrow(
      "Forgotten has @OnTask methods but no @ZmqWorker('pool')",
    );
  });

  it('a class that extends a worker and is none itself', async () => {
    class Special extends OneAtATime {}
    await expect(apps.start([jobs()], [Special, { provide: Desk, useValue: new Desk() }])).rejects.toThrow(
      "Special has @OnTask methods but no @ZmqWorker('pool')",
    );
  });

  it('tasks in a controller', async () => {
    @Controller()
    class Mistaken {
      @OnTask('job')
      run(): void {}
    }
    @Module({ controllers: [Mistaken] })
    class MistakenModule {}
    await expect(apps.start([jobs(), MistakenModule], [OneAtATime, Desk])).rejects.toThrow(
      'Mistaken has @OnTask methods but is a controller',
    );
  });

  it('names that are empty', async () => {
    @ZmqWorker('jobs')
    class Nameless {
      @OnTask('')
      run(): void {}
    }
    await expect(apps.start([jobs()], [Nameless])).rejects.toThrow('Nameless.run: the name of @OnTask must be');
    @ZmqWorker('')
    class Poolless {
      @OnTask('job')
      run(): void {}
    }
    await expect(apps.start([jobs()], [Poolless])).rejects.toThrow("@ZmqWorker of Poolless: the pool's name must be");
  });

  it('two failure hooks', async () => {
    @ZmqWorker('jobs')
    class Careful {
      @OnTask('job')
      run(): void {}
      @OnTaskFailure()
      one(): void {}
      @OnTaskFailure()
      other(): void {}
    }
    await expect(apps.start([jobs()], [Careful])).rejects.toThrow(
      'Careful has 2 @OnTaskFailure() methods (one, other)',
    );
  });

  it('options that are misspelt', async () => {
    @ZmqWorker('jobs', { concurency: 4 } as object)
    class Single {
      @OnTask('job')
      run(): void {}
    }
    await expect(apps.start([jobs()], [Single])).rejects.toThrow(
      "@ZmqWorker('jobs') of Single: options.concurency is unknown; known: concurrency",
    );
    @ZmqWorker('jobs')
    class Once {
      @OnTask('job', { retries: 3 } as object)
      run(): void {}
    }
    await expect(apps.start([jobs()], [Once])).rejects.toThrow('Once.run: options.retries is unknown; known: retry');
  });

  it('options out of range', async () => {
    @ZmqWorker('jobs', { concurrency: 0 })
    class Nobody {
      @OnTask('job')
      run(): void {}
    }
    await expect(apps.start([jobs()], [Nobody])).rejects.toThrow(
      "@ZmqWorker('jobs') of Nobody: concurrency must be a whole number from 1 to 100000",
    );
    await expect(apps.start([ZmqModule.registerPool({ bind: 'inproc://a', queueLimit: 5 })])).rejects.toThrow(
      "Option 'queueLimit': is for pools with ack: 'explicit'",
    );
  });
});
