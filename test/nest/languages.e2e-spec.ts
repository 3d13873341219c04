import { Controller, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type { Publisher } from '@nest-zmq/core';
import {
  getZmqPoolToken,
  getZmqWorkersToken,
  OnTask,
  ZmqContext,
  ZmqModule,
  type ZmqPool,
  ZmqWorker,
  type ZmqWorkers,
} from '@nest-zmq/transport';
import { lastValueFrom, NEVER, type Observable, of } from 'rxjs';
import { appsForEach } from './support/apps.js';
import { foreignLanguages, ForeignProgram } from './support/foreign-program.js';
import { until } from './turns.js';

/*
 * Programs in C and Python, with libzmq and nothing of ours, call handlers, receive and
 * send events, feed pools and work for them, with acknowledgement and without, and answer
 * calls.
 */

const heard: unknown[] = [];
const worked: unknown[] = [];

@Controller()
class LanguagesController {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @MessagePattern('stream')
  stream(): Observable<number> {
    return of(1, 2, 3);
  }

  @MessagePattern('headers')
  headers(@Ctx() context: ZmqContext): string | undefined {
    return context.getHeaders()['tenant'];
  }

  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('never')
  never(): Observable<never> {
    return NEVER;
  }

  @EventPattern('tick')
  tick(@Payload() data: unknown, @Ctx() context: unknown): void {
    heard.push([data, (context as ZmqContext).getHeaders()]);
  }
}

@ZmqWorker('jobs')
class JobWorker {
  @OnTask('resize')
  resize(@Payload() job: unknown): void {
    worked.push(job);
  }
}

const languages = foreignLanguages();

// Where one is missing, its tests are skipped and the reason was printed; `.ci/run` needs them all.
describe.each(languages)('a program in $name', (language) => {
  const promised = language.command === undefined ? it.skip : it;
  const apps = appsForEach();

  beforeEach(() => {
    heard.length = 0;
    worked.length = 0;
  });

  function run(...args: string[]): ForeignProgram {
    const program = new ForeignProgram(language, ...args);
    apps().defer(() => program.kill());
    return program;
  }

  async function context(imports: object, providers: object[] = []): Promise<INestApplicationContext> {
    @Module({ imports: [imports as never], providers: providers as never[] })
    class PoolModule {}
    const app = await NestFactory.createApplicationContext(PoolModule, { logger: false });
    apps().defer(() => app.close());
    return app;
  }

  promised(
    'calls: a REQ, a DEALER with many replies and with one, headers, bytes, errors, deadlines, cancel and ping',
    async () => {
      const { server, calls } = await apps().serve([LanguagesController]);
      expect(await run('call', calls[0] ?? '').end()).toEqual([
        'req <01> 6',
        'many <00> 1',
        'many <00> 2',
        'many <01> 3',
        'one any id  <01> 3',
        'headers <01> "a"',
        'bytes <01> <00ff>',
        'unknown <03>',
        'late <03>',
        'ping p  <02>',
      ]);
      await until(() => server.stats()?.clients === 0);
      expect(server.stats()?.calls).toMatchObject({ cancelled: 1, running: 0, malformed: 0, strayCancels: 0 });
    },
  );

  promised('publishes events, and sees by the ready mark that a server has subscribed', async () => {
    const { events } = await apps().serve([LanguagesController]);
    await run('publish', events[0] ?? '').end();
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      [{ by: 1 }, {}],
      [{ by: 2 }, { tenant: 'a' }],
    ]);
  });

  promised('hears events', async () => {
    const client = apps().bareClient({ events: { bind: 'tcp://127.0.0.1:*' } });
    await client.connect();
    const { events } = client.unwrap<{ events: Publisher }>();
    const subscribed = new Promise<void>((resolve) => events.onSubscription(() => resolve()));
    const program = run('subscribe', events.lastEndpoint ?? '');
    await subscribed;
    await lastValueFrom(client.emit('tick', { at: 1 }), { defaultValue: undefined });
    expect(await program.end()).toEqual(['event tick {"at":1}']);
  });

  promised('feeds a pool', async () => {
    const app = await context(ZmqModule.registerWorkers({ pool: 'jobs', bind: 'tcp://127.0.0.1:*' }), [JobWorker]);
    await run('push', app.get<ZmqWorkers>(getZmqWorkersToken('jobs')).unwrap().lastEndpoint ?? '').end();
    await until(() => worked.length === 3);
    expect(worked).toEqual([{ job: 1 }, { job: 2 }, { job: 3 }]);
  });

  promised('works for a pool', async () => {
    const app = await context(ZmqModule.registerPool({ name: 'jobs', bind: 'tcp://127.0.0.1:*' }));
    const pool = app.get<ZmqPool>(getZmqPoolToken('jobs'));
    const program = run('pull', pool.unwrap().lastEndpoint ?? '');
    for (const job of [1, 2, 3]) await pool.push('resize', { job });
    expect(await program.end()).toEqual(['task resize {"job":1}', 'task resize {"job":2}', 'task resize {"job":3}']);
  });

  async function ackedPool(): Promise<{ pool: ZmqPool; endpoint: string }> {
    const registered = { name: 'jobs', ack: 'explicit', bind: 'tcp://127.0.0.1:*', context: apps().context } as const;
    const app = await context(ZmqModule.registerPool(registered));
    const pool = app.get<ZmqPool>(getZmqPoolToken('jobs'));
    return { pool, endpoint: pool.unwrap().lastEndpoint ?? '' };
  }

  promised('works for a pool with acknowledgement: every status, credit, cancel and drain', async () => {
    const { pool, endpoint } = await ackedPool();
    const program = run('work', endpoint);
    expect(await pool.run('double', 21)).toBe(42);
    expect(await pool.run('nothing')).toBeUndefined();
    await expect(pool.run('fail')).rejects.toMatchObject({ error: { name: 'Error', message: 'no', code: 'NO' } });
    expect(await pool.run('again')).toBe('the second time');
    // Handed back is not begun: the next who gets it is the first.
    expect(await pool.run('back')).toBe('not marked');
    expect(await pool.run('slow')).toBe('in the end');
    const controller = new AbortController();
    const endless = [1, 2, 3].map(() => pool.run('endless', null, { signal: controller.signal }));
    await until(() => pool.stats().acks?.unanswered === 3);
    // No more than its credit is there.
    const next = pool.run('double', 1);
    await until(() => pool.stats().acks?.queued === 1);
    controller.abort(new Error('not needed'));
    for (const each of endless) await expect(each).rejects.toThrow('not needed');
    expect(await next).toBe(2);
    await until(() => pool.stats().acks?.unanswered === 0);
    expect(await pool.run('stop')).toBeUndefined();
    expect(await program.end()).toEqual(['hello', 'drained']);
    await until(() => pool.workers.length === 0);
    expect(pool.stats()).toMatchObject({
      lost: 0,
      // Those that were cancelled were answered all the same.
      acks: {
        done: 7,
        failed: 1,
        retried: 1,
        handedBack: 1,
        lateAnswers: 3,
        workerLost: 0,
        strayAnswers: 0,
        malformed: 0,
      },
    });
  });

  promised('is killed at a task of such a pool: the next one does it, and is told', async () => {
    const { pool, endpoint } = await ackedPool();
    const killed = run('work', endpoint);
    await until(() => pool.workers.length === 1);
    const outcome = pool.run('die');
    await expect(killed.end()).rejects.toThrow('It failed');
    run('work', endpoint);
    expect(await outcome).toBe('survived');
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { done: 1, workerLost: 1, deadLetters: 0 } });
  });

  promised('answers calls, each with one reply', async () => {
    const program = run('serve');
    await until(() => program.lines.length === 1);
    const client = apps().bareClient({ connect: program.lines[0] ?? '' });
    const call = (data: unknown): Promise<unknown> =>
      lastValueFrom(client.send('work', data), { defaultValue: 'no value' });
    expect(await call(1)).toBe(42);
    expect(await call(2)).toBe('no value');
    await expect(call(3)).rejects.toEqual({ name: 'Error', message: 'no', code: 'NO' });
    expect((await program.end()).slice(1)).toEqual(['call work 1', 'call work 2', 'call work 3']);
  });
});
