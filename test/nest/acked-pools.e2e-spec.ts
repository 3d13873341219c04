import {
  type CanActivate,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Ctx, Payload, RpcException } from '@nestjs/microservices';
import { Context } from '@nest-zmq/core';
import {
  getZmqPoolToken,
  OnDeadLetter,
  OnTask,
  OnTaskFailure,
  type ZmqCodec,
  type ZmqDeadLetter,
  ZmqFinalError,
  ZmqModule,
  type ZmqPool,
  ZmqRecord,
  ZmqTaskContext,
  ZmqTaskError,
  type ZmqTaskFailure,
  ZmqWorker,
} from '@nest-zmq/transport';
import { map, of, type Observable } from 'rxjs';
import { ManualClock } from './support/manual.clock.js';
import { PoolApps } from './support/pool-apps.js';
import { transports } from './support/ways.js';
import { turns, until } from './turns.js';

/** What the workers of a test share: what ran, and a gate to hold them. */
class Desk {
  readonly runs: string[] = [];
  running = 0;
  most = 0;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  release(): void {
    this.#open();
  }

  async work(job: unknown, { attempt, redelivered }: ZmqTaskContext): Promise<void> {
    this.runs.push(`${String(job)}${attempt > 1 ? ` #${attempt}` : ''}${redelivered ? ' again' : ''}`);
    this.most = Math.max(this.most, ++this.running);
    await this.#gate;
    this.running--;
  }
}

@ZmqWorker('jobs', { concurrency: 2 })
class Jobs {
  constructor(private readonly desk: Desk) {}

  @OnTask('job')
  async run(@Payload() job: number, @Ctx() context: ZmqTaskContext): Promise<number> {
    await this.desk.work(job, context);
    return job * 2;
  }
}

@ZmqWorker('jobs')
class OneJob {
  constructor(private readonly desk: Desk) {}

  @OnTask('job')
  async run(@Payload() job: number, @Ctx() context: ZmqTaskContext): Promise<void> {
    await this.desk.work(job, context);
  }
}

let apps: PoolApps;
beforeEach(() => (apps = new PoolApps()));
afterEach(() => apps.close());

/** Lets so many ms pass in each turn until it is done. */
async function passUntil(clock: ManualClock, ms: number, done: Promise<unknown>): Promise<void> {
  let isDone = false;
  const noted = done.finally(() => (isDone = true));
  while (!isDone) {
    clock.advance(ms);
    await turns();
  }
  await noted;
}

/** A worker application with a desk of its own. */
async function jobs(
  connect: string | undefined,
  options: Parameters<PoolApps['workers']>[2] = {},
  type: object = Jobs,
) {
  const desk = new Desk();
  return { desk, ...(await apps.workers(connect, [type, { provide: Desk, useValue: desk }], options)) };
}

describe.each(transports)('acknowledged tasks over %s', (transport) => {
  beforeEach(() => (apps = new PoolApps(transport)));

  it('are done, and bring their results', async () => {
    const { pool, endpoint } = await apps.pool();
    const { workers } = await jobs(endpoint);
    expect(await pool.run<number>('job', 4)).toBe(8);
    expect(await Promise.all([1, 2, 3, 4, 5].map((n) => pool.run('job', n)))).toEqual([2, 4, 6, 8, 10]);
    await pool.push('job', 1);
    await until(() => pool.stats().acks?.done === 7);
    expect(workers.stats()).toMatchObject({ done: 7, failed: 0, pools: 1, acks: { droppedAnswers: 0 } });
    expect(pool.stats()).toMatchObject({ pushed: 7, lost: 0, workers: 1, acks: { unanswered: 0, queued: 0 } });
  });

  it('never run more at a time than the workers’ concurrency, and wait in the pool', async () => {
    const { pool, endpoint } = await apps.pool({ queueLimit: 3 });
    const { desk, workers } = await jobs(endpoint);
    desk.hold();
    const accepted: number[] = [];
    for (let n = 0; n < 8; n++) void pool.push('job', n).then(() => accepted.push(n));
    await until(() => desk.running === 2 && accepted.length === 5);
    await turns(5);
    expect(pool.stats()).toMatchObject({ waiting: 3, acks: { queued: 3, unanswered: 2 } });
    expect(workers.stats()).toMatchObject({ running: 2, waiting: 0 });
    desk.release();
    await until(() => pool.stats().acks?.done === 8);
    expect(desk.most).toBe(2);
  });

  it('go on after a graceful restart of the worker, none twice', async () => {
    const { pool, endpoint } = await apps.pool();
    const first = await jobs(endpoint);
    first.desk.hold();
    for (let n = 0; n < 5; n++) await pool.push('job', n);
    await until(() => first.desk.running === 2);
    const stopped = apps.stop(first.app);
    const second = await jobs(endpoint);
    await until(() => pool.stats().acks!.done === 3);
    first.desk.release();
    await stopped;
    await until(() => pool.stats().acks!.done === 5);
    expect([...first.desk.runs, ...second.desk.runs].toSorted()).toEqual(['0', '1', '2', '3', '4']);
    expect(pool.stats().acks).toMatchObject({ workerLost: 0, lateAnswers: 0, strayAnswers: 0 });
    expect(first.workers.stats()).toMatchObject({ done: 2, abandoned: 0, acks: { droppedAnswers: 0 } });
  });
});

describe('either end', () => {
  it('may bind; a worker may serve several pools, a pool several addresses', async () => {
    const { desk, workers } = await jobs(undefined, { bind: 'tcp://127.0.0.1:*', prefetch: 1 });
    const endpoint = workers.unwrap().lastEndpoint!;
    const pools = [
      await apps.pool({ bind: undefined, connect: endpoint }),
      await apps.pool({ bind: undefined, connect: [endpoint] }),
    ];
    const results = await Promise.all(pools.flatMap(({ pool }) => [1, 2, 3].map((n) => pool.run('job', n))));
    expect(results).toEqual([2, 4, 6, 2, 4, 6]);
    expect(desk.most).toBeLessThanOrEqual(2);
    expect(workers.stats()).toMatchObject({ pools: 2, done: 6, acks: { refused: 0 } });
  });

  it('must say the same of `ack`: else they do not come together', async () => {
    const { pool, endpoint } = await apps.pool();
    await jobs(endpoint, { ack: 'none' });
    await until(() => apps.logger.lines.length === 2);
    expect(apps.logger.lines.toSorted()).toEqual([
      expect.stringContaining("this end has ack: 'explicit', and the other end is a PULL"),
      expect.stringContaining("this end has ack: 'none', and the other end is a ROUTER"),
    ]);
    const plain = await apps.pool({ ack: 'none' });
    await jobs(plain.endpoint);
    await until(() => apps.logger.lines.length === 3);
    expect(apps.logger.lines[2]).toContain("this end has ack: 'explicit', and the other end is a PUSH");
    expect([pool.workers, plain.pool.workers]).toEqual([[], []]);
  });

  it('takes its options from elsewhere', async () => {
    const context = new Context();
    const app = await apps.start(
      [
        ZmqModule.registerPoolAsync({
          useFactory: async () => ({ bind: 'inproc://async', ack: 'explicit' as const, context }),
        }),
        ZmqModule.registerWorkersAsync({
          pool: 'jobs',
          useFactory: () => ({ connect: 'inproc://async', ack: 'explicit' as const, context, prefetch: 2 }),
        }),
      ],
      [Jobs, Desk],
    );
    expect(await app.get<ZmqPool>(getZmqPoolToken()).run('job', 21)).toBe(42);
  });

  it('may have a codec of its own, for tasks and for results', async () => {
    const hex: ZmqCodec = {
      contentType: 'text/x-hex',
      encode: (value) => Buffer.from(JSON.stringify(value)).toString('hex'),
      decode: (bytes) => JSON.parse(Buffer.from(bytes.toString(), 'hex').toString()) as unknown,
    };
    const { pool, endpoint } = await apps.pool({ codec: hex });
    await jobs(endpoint, { codec: hex });
    expect(await pool.run('job', 12)).toBe(24);
  });
});

describe('what stands around a handler', () => {
  @Injectable()
  class HasTenant implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      return context.switchToRpc().getContext<ZmqTaskContext>().getHeaders()['tenant'] !== undefined;
    }
  }

  @Injectable()
  class Twice implements PipeTransform {
    transform(value: number): number {
      return value * 2;
    }
  }

  @Injectable()
  class Wrapped implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((value) => ({ value: value as unknown })));
    }
  }

  @Catch(RangeError)
  class Forgiving implements ExceptionFilter<RangeError> {
    catch(error: RangeError): Observable<string> {
      return of(`forgiven: ${error.message}`);
    }
  }

  @Injectable()
  class Prices {
    readonly of = 3;
  }

  @ZmqWorker('jobs')
  @UseGuards(HasTenant)
  @UseFilters(Forgiving)
  class Guarded {
    constructor(private readonly prices: Prices) {}

    @OnTask('wrapped')
    @UseInterceptors(Wrapped)
    wrapped(@Payload(Twice) value: number): number {
      return value * this.prices.of;
    }

    @OnTask('forgiven')
    forgiven(): void {
      throw new RangeError('too far');
    }

    @OnTask('rpc')
    rpc(): void {
      throw new RpcException({ code: 'NO_STOCK', left: 0 });
    }

    @OnTask('nothing')
    nothing(): void {}
  }

  it('injects, guards, pipes, intercepts and filters, up to the result', async () => {
    const { pool, endpoint } = await apps.pool();
    await apps.workers(endpoint, [Guarded, Prices]);
    const asTenant = <T>(data: T): ZmqRecord<T> => new ZmqRecord(data, { tenant: 'a' });
    expect(await pool.run('wrapped', asTenant(7))).toEqual({ value: 42 });
    expect(await pool.run('forgiven', asTenant(null))).toBe('forgiven: too far');
    expect(await pool.run('nothing', asTenant(null))).toBeUndefined();
    const refused = (await pool.run('wrapped', 7).catch((error: unknown) => error)) as ZmqTaskError;
    expect(refused).toBeInstanceOf(ZmqTaskError);
    expect(refused.error).toMatchObject({ name: 'ForbiddenException', message: 'Forbidden resource' });
    await expect(pool.run('rpc', asTenant(null))).rejects.toMatchObject({ error: { code: 'NO_STOCK', left: 0 } });
    await expect(pool.run('unknown', asTenant(null))).rejects.toMatchObject({ error: { code: 'UNKNOWN_TASK' } });
  });

  it('makes a request-scoped worker anew for each task', async () => {
    let made = 0;
    @ZmqWorker('jobs')
    @Injectable({ scope: Scope.REQUEST })
    class Fresh {
      readonly #number = ++made;
      constructor(@Inject(REQUEST) private readonly request: { readonly data: unknown }) {}

      @OnTask('job')
      run(): unknown {
        return [this.#number, this.request.data];
      }
    }
    const { pool, endpoint } = await apps.pool();
    await apps.workers(endpoint, [Fresh]);
    expect([await pool.run('job', 'a'), await pool.run('job', 'b')]).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('serves several worker classes of one module, each with its pool', async () => {
    @ZmqWorker('mails')
    class Mails {
      @OnTask('job')
      run(): string {
        return 'mailed';
      }
    }
    const { context } = apps;
    const app = await apps.start(
      [
        ZmqModule.registerPool({ name: 'jobs', ack: 'explicit', bind: 'inproc://two-jobs', context }),
        ZmqModule.registerPool({ name: 'mails', ack: 'explicit', bind: 'inproc://two-mails', context }),
        ZmqModule.registerWorkers({ pool: 'jobs', ack: 'explicit', connect: 'inproc://two-jobs', context }),
        ZmqModule.registerWorkers({ pool: 'mails', ack: 'explicit', connect: 'inproc://two-mails', context }),
      ],
      [Jobs, Mails, Desk],
    );
    expect(await app.get<ZmqPool>(getZmqPoolToken('jobs')).run('job', 1)).toBe(2);
    expect(await app.get<ZmqPool>(getZmqPoolToken('mails')).run('job', 1)).toBe('mailed');
  });
});

describe('a task that fails', () => {
  const failures: ZmqTaskFailure[] = [];
  const letters: ZmqDeadLetter[] = [];
  beforeEach(() => {
    failures.length = 0;
    letters.length = 0;
  });

  @ZmqWorker('jobs')
  class Failing {
    @OnTask('lucky', { retry: { attempts: 3, delay: 5, backoff: 2 } })
    lucky(_data: unknown, context: ZmqTaskContext): string {
      if (context.attempt < 3) throw new Error(`not yet: ${context.attempt}`);
      return `attempt ${context.attempt}, ${context.redelivered}`;
    }

    @OnTask('hopeless', { retry: { attempts: 2 } })
    hopeless(): void {
      throw new Error('never');
    }

    @OnTask('final', { retry: { attempts: 9 } })
    final(): void {
      throw new ZmqFinalError('no such address');
    }

    @OnTaskFailure()
    onFailure(failure: ZmqTaskFailure): void {
      failures.push(failure);
    }
  }

  @Injectable()
  class Letters {
    @OnDeadLetter('jobs')
    keep(letter: ZmqDeadLetter): void {
      letters.push(letter);
    }
  }

  it('is run again by the pool, to its last attempt', async () => {
    const { pool, endpoint } = await apps.pool();
    const { workers } = await apps.workers(endpoint, [Failing]);
    expect(await pool.run('lucky')).toBe('attempt 3, true');
    const error = (await pool.run('hopeless').catch((reason: unknown) => reason)) as ZmqTaskError;
    expect(error).toMatchObject({ attempts: 2, error: { name: 'Error', message: 'never' } });
    expect(failures).toMatchObject([{ task: 'hopeless', attempts: 2 }]);
    expect(workers.stats()).toMatchObject({ done: 1, failed: 1, retried: 3 });
    expect(pool.stats().acks).toMatchObject({ retried: 3, done: 1, failed: 1, deadLetters: 0 });
  });

  it('leaves its place to others while it waits for its next attempt', async () => {
    @ZmqWorker('jobs')
    class Slow {
      @OnTask('slow', { retry: { attempts: 2, delay: 3_600_000 } })
      slow(): void {
        throw new Error('in an hour');
      }

      @OnTask('quick')
      quick(): string {
        return 'done';
      }
    }
    const { pool, endpoint } = await apps.pool({ gracePeriod: 0 }, [Letters]);
    await apps.workers(endpoint, [Slow]);
    await pool.push('slow');
    expect(await pool.run('quick')).toBe('done');
    expect(pool.stats().acks).toMatchObject({ delayed: 1, unanswered: 0 });
  });

  it('ends as a dead letter, with the worker’s error, for the provider that wants it', async () => {
    const { pool, endpoint } = await apps.pool({}, [Letters]);
    await apps.workers(endpoint, [Failing]);
    await pool.push('hopeless', new ZmqRecord({ id: 1 }, { tenant: 'a' }));
    await pool.push('final', { id: 2 });
    await until(() => letters.length === 2);
    expect(letters).toEqual([
      {
        pool: 'jobs',
        task: 'hopeless',
        data: { id: 1 },
        headers: { tenant: 'a' },
        reason: 'failed',
        error: { name: 'Error', message: 'never' },
        attempts: 2,
      },
      expect.objectContaining({ task: 'final', attempts: 1, error: expect.objectContaining({ code: 'FINAL' }) }),
    ]);
    expect(pool.stats().acks?.deadLetters).toBe(2);
  });

  it('is logged when nobody wants it', async () => {
    const { pool, endpoint } = await apps.pool();
    await apps.workers(endpoint, [Failing]);
    await pool.push('final');
    await until(() => pool.stats().acks?.deadLetters === 1);
    expect(apps.logger.lines).toContainEqual(
      "error Task 'final' is given up: failed after 1 runs: no such address (nobody has @OnDeadLetter())",
    );
  });
});

describe('@OnDeadLetter that does not fit', () => {
  const fitting = () =>
    ZmqModule.registerPool({ name: 'jobs', ack: 'explicit', bind: apps.address(), context: apps.context });

  it('names no pool of this application', async () => {
    @Injectable()
    class Lost {
      @OnDeadLetter('mails')
      keep(): void {}
    }
    await expect(apps.start([fitting()], [Lost])).rejects.toThrow(
      "Lost.keep is @OnDeadLetter('mails'), but that pool is not in this application",
    );
  });

  it('is for a pool without acknowledgement', async () => {
    @Injectable()
    class Useless {
      @OnDeadLetter('jobs')
      keep(): void {}
    }
    const plain = ZmqModule.registerPool({ name: 'jobs', bind: apps.address(), context: apps.context });
    await expect(apps.start([plain], [Useless])).rejects.toThrow('but that pool has no acknowledgement');
  });

  it('is in a request-scoped class', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Momentary {
      @OnDeadLetter('jobs')
      keep(): void {}
    }
    await expect(apps.start([fitting()], [Momentary])).rejects.toThrow(
      "Momentary.keep is @OnDeadLetter('jobs') in a request-scoped class",
    );
  });
});

describe('a run that nobody wants any more', () => {
  it('is cancelled at its worker, and its place is free again', async () => {
    const aborted: unknown[] = [];
    @ZmqWorker('jobs')
    class Endless {
      @OnTask('endless')
      endless(_data: unknown, { signal }: ZmqTaskContext): Promise<void> {
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason);
            reject(signal.reason as Error);
          });
        });
      }

      @OnTask('quick')
      quick(): string {
        return 'done';
      }
    }
    const clock = new ManualClock();
    const { pool, endpoint } = await apps.pool({ clock });
    const { workers } = await apps.workers(endpoint, [Endless]);
    const controller = new AbortController();
    const run = pool.run('endless', null, { signal: controller.signal });
    await until(() => workers.stats().running === 1);
    controller.abort(new Error('not needed'));
    await expect(run).rejects.toThrow('not needed');
    expect(await pool.run('quick')).toBe('done');
    expect(aborted).toEqual([expect.objectContaining({ name: 'AbortError' })]);
    expect(workers.stats()).toMatchObject({ failed: 0, done: 1, acks: { cancelled: 1 } });
    const late = pool.run('endless', null, { deadline: 60_000 }).catch((error: unknown) => error);
    await until(() => workers.stats().running === 1);
    clock.advance(59_999);
    expect(workers.stats().running).toBe(1);
    clock.advance(51);
    expect(await late).toMatchObject({ code: 'ETIMEDOUT' });
    expect(await pool.run('quick')).toBe('done');
    expect(aborted).toHaveLength(2);
  });
});

describe('an ackTimeout', () => {
  it('gives the task to another worker; who extends it, keeps it', async () => {
    const clock = new ManualClock();
    const { pool, endpoint } = await apps.pool({ ackTimeout: 500, clock });
    const slow = await jobs(endpoint, {}, OneJob);
    slow.desk.hold();
    await pool.push('job', 1);
    await until(() => slow.desk.running === 1);
    const other = await jobs(endpoint);
    await until(() => pool.workers.length === 2);
    clock.advance(499);
    expect(pool.stats().acks).toMatchObject({ timedOut: 0, delivered: 1 });
    clock.advance(51);
    await until(() => pool.stats().acks?.done === 1);
    expect(other.desk.runs).toEqual(['1 #2 again']);
    slow.desk.release();
    await until(() => pool.stats().acks?.lateAnswers === 1);
    expect(pool.stats().acks).toMatchObject({ done: 1, timedOut: 1, unanswered: 0 });
  });

  it('starts again with each `extend()`', async () => {
    let context: ZmqTaskContext | undefined;
    let end = (): void => {};
    @ZmqWorker('jobs', { concurrency: 2 })
    class Long {
      @OnTask('long')
      async long(_data: unknown, own: ZmqTaskContext): Promise<number> {
        context = own;
        await new Promise<void>((resolve) => (end = resolve));
        return own.attempt;
      }

      @OnTask('quick')
      quick(): void {}
    }
    const clock = new ManualClock();
    const { pool, endpoint } = await apps.pool({ ackTimeout: 1_000, clock });
    await apps.workers(endpoint, [Long]);
    const long = pool.run('long');
    await until(() => context !== undefined);
    for (let i = 0; i < 5; i++) {
      context?.extend();
      // A fence: its answer comes behind the extension.
      await pool.run('quick');
      clock.advance(900);
    }
    end();
    expect(await long).toBe(1);
    expect(pool.stats().acks).toMatchObject({ timedOut: 0, done: 6 });
  });
});

describe('the end of a worker', () => {
  it('at its grace period hands back what runs, which is done elsewhere, marked', async () => {
    const clock = new ManualClock();
    const { pool, endpoint } = await apps.pool();
    const first = await jobs(endpoint, { gracePeriod: 10_000, clock });
    first.desk.hold();
    await pool.push('job', 1);
    await until(() => first.desk.running === 1);
    await passUntil(clock, 100, apps.stop(first.app));
    expect(first.workers.stats()).toMatchObject({ abandoned: 1 });
    expect(clock.now()).toBeGreaterThanOrEqual(10_000);
    expect(apps.logger.lines).toContainEqual(
      'warn 1 tasks were not finished within 10000 ms (gracePeriod) and are handed back to their pools',
    );
    const second = await jobs(endpoint);
    await until(() => pool.stats().acks?.done === 1);
    expect(second.desk.runs).toEqual(['1 #2 again']);
    expect(pool.stats().acks).toMatchObject({ retried: 1, workerLost: 0 });
    first.desk.release();
  });
});

describe('the end of a pool', () => {
  it('waits for what it has accepted', async () => {
    const { app, pool, endpoint } = await apps.pool();
    const { desk } = await jobs(endpoint);
    desk.hold();
    for (let n = 0; n < 5; n++) await pool.push('job', n);
    await until(() => desk.running === 2);
    const stopped = apps.stop(app);
    desk.release();
    await stopped;
    expect(desk.runs).toEqual(['0', '1', '2', '3', '4']);
    expect(pool.stats()).toMatchObject({ lost: 0, workers: 0, acks: { done: 5 } });
  });

  it('lets a worker that is at it finish, and drops the answer', async () => {
    const clock = new ManualClock();
    const { app, pool, endpoint } = await apps.pool({ gracePeriod: 10_000, clock });
    const { desk, workers } = await jobs(endpoint);
    desk.hold();
    await pool.push('job', 1);
    await until(() => desk.running === 1);
    await passUntil(clock, 100, apps.stop(app));
    expect(clock.now()).toBeGreaterThanOrEqual(10_000);
    expect(pool.stats().lost).toBe(1);
    await until(() => workers.pools.length === 0);
    desk.release();
    await until(() => workers.stats().acks?.droppedAnswers === 1);
    expect(workers.stats()).toMatchObject({ done: 1 });
  });
});
