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
 * send events, feed pools and work for them, and answer calls.
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

it('there is a program of another language here', () => {
  expect(languages.some(({ command }) => command !== undefined)).toBe(true);
});

describe.each(languages.filter(({ command }) => command !== undefined))('a program in $name', (language) => {
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

  it('calls: a REQ, a DEALER with many replies and with one, headers, bytes, errors, deadlines, cancel and ping', async () => {
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
  });

  it('publishes events, and sees by the ready mark that a server has subscribed', async () => {
    const { events } = await apps().serve([LanguagesController]);
    await run('publish', events[0] ?? '').end();
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      [{ by: 1 }, {}],
      [{ by: 2 }, { tenant: 'a' }],
    ]);
  });

  it('hears events', async () => {
    const client = apps().bareClient({ events: { bind: 'tcp://127.0.0.1:*' } });
    await client.connect();
    const { events } = client.unwrap<{ events: Publisher }>();
    const subscribed = new Promise<void>((resolve) => events.onSubscription(() => resolve()));
    const program = run('subscribe', events.lastEndpoint ?? '');
    await subscribed;
    await lastValueFrom(client.emit('tick', { at: 1 }), { defaultValue: undefined });
    expect(await program.end()).toEqual(['event tick {"at":1}']);
  });

  it('feeds a pool', async () => {
    const app = await context(ZmqModule.registerWorkers({ pool: 'jobs', bind: 'tcp://127.0.0.1:*' }), [JobWorker]);
    await run('push', app.get<ZmqWorkers>(getZmqWorkersToken('jobs')).unwrap().lastEndpoint ?? '').end();
    await until(() => worked.length === 3);
    expect(worked).toEqual([{ job: 1 }, { job: 2 }, { job: 3 }]);
  });

  it('works for a pool', async () => {
    const app = await context(ZmqModule.registerPool({ name: 'jobs', bind: 'tcp://127.0.0.1:*' }));
    const pool = app.get<ZmqPool>(getZmqPoolToken('jobs'));
    const program = run('pull', pool.unwrap().lastEndpoint ?? '');
    for (const job of [1, 2, 3]) await pool.push('resize', { job });
    expect(await program.end()).toEqual(['task resize {"job":1}', 'task resize {"job":2}', 'task resize {"job":3}']);
  });

  it('answers calls, each with one reply', async () => {
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
