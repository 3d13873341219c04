import { AsyncLocalStorage } from 'node:async_hooks';
import { type CanActivate, Controller, type ExecutionContext, StandardSchemaValidationPipe } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  RpcException,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { OnTask, type ZmqClient, ZmqContext, type ZmqListenInfo, ZmqServer, ZmqWorker } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, map, type Observable, of, throwError, toArray } from 'rxjs';
import { type Apps, appsForEach, transports } from './support/apps.js';
import { PoolApps } from './support/pool-apps.js';
import { until } from './turns.js';

/* What Nest 12 has put around a handler beside guards, pipes, interceptors and filters: hooks before them, and schemas. */

interface Issue {
  readonly message: string;
  readonly path?: readonly string[];
}

/** A Standard Schema, as zod, valibot or arktype would make it: `{ width }`, where a text becomes a number. */
const sized = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (value: unknown): { readonly value: { width: number } } | { readonly issues: readonly Issue[] } => {
      const width = Number((value as { width?: unknown } | null)?.width);
      return width > 0 ? { value: { width } } : { issues: [{ message: 'must be more than 0', path: ['width'] }] };
    },
  },
};

const requests = new AsyncLocalStorage<{ readonly tenant: string | undefined; readonly seen: string[] }>();
const heard: unknown[] = [];

const guard: CanActivate = {
  canActivate: () => {
    requests.getStore()?.seen.push('guard');
    return true;
  },
};

@Controller()
class EnhancedController {
  @MessagePattern('who')
  who(): unknown {
    return requests.getStore();
  }

  @MessagePattern('stream')
  stream(): Observable<string> {
    return of('a', 'b');
  }

  @EventPattern('told')
  told(@Payload() data: unknown): void {
    heard.push([data, requests.getStore()?.tenant]);
  }

  @MessagePattern('draw')
  draw(@Payload({ schema: sized }) box: { width: number }, @Ctx() context: ZmqContext): unknown {
    return { box, pattern: context.getPattern() };
  }

  @MessagePattern('draw part')
  drawPart(@Payload('box', { schema: sized }) box: { width: number }): unknown {
    return box;
  }

  @EventPattern('drawn')
  drawn(@Payload({ schema: sized }) box: { width: number }): void {
    heard.push(box);
  }
}

type Microservice = Awaited<ReturnType<typeof microservice>>;

async function microservice(apps: Apps) {
  const module = await Test.createTestingModule({ controllers: [EnhancedController] }).compile();
  module.useLogger(false);
  const server = apps.track(new ZmqServer(apps.serverOptions()));
  const app = module.createNestMicroservice<MicroserviceOptions>({ strategy: server });
  apps.defer(() => app.close());
  return app;
}

/** A client of it, once it listens. */
async function clientOf(apps: Apps, app: Microservice): Promise<ZmqClient> {
  const { calls, events } = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
  return apps.bareClient({ connect: [...calls], events: { connect: [...events] } });
}

const failure = (call: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(call).then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

describe.each(transports)('over %s', (transport) => {
  const apps = appsForEach(transport);

  beforeEach(() => {
    heard.length = 0;
  });

  describe('hooks before a request (registerPreRequestHook)', () => {
    const tenantOf = (context: ExecutionContext): string | undefined =>
      context.switchToRpc().getContext<ZmqContext>().getPattern() === 'who' ? 'a' : 'b';

    it('come before the guards, in their order, and what they set is there in the handler', async () => {
      const app = await microservice(apps());
      app.useGlobalGuards(guard);
      app.registerPreRequestHook(
        (context, next) => {
          requests.enterWith({ tenant: tenantOf(context), seen: [`first ${context.getType()}`] });
          return next();
        },
        (context, next) => {
          requests.getStore()?.seen.push(`second ${context.getClass().name}.${context.getHandler().name}`);
          return next();
        },
      );
      const client = await clientOf(apps(), app);
      expect(await firstValueFrom(client.send('who', {}))).toEqual({
        tenant: 'a',
        seen: ['first rpc', 'second EnhancedController.who', 'guard'],
      });
      await lastValueFrom(client.emit('told', 1), { defaultValue: undefined });
      await until(() => heard.length === 1);
      expect(heard).toEqual([[1, 'b']]);
    });

    it('may change what is answered, value by value, and refuse', async () => {
      const app = await microservice(apps());
      app.registerPreRequestHook((context, next) =>
        context.getHandler().name === 'who'
          ? throwError(() => new RpcException({ code: 'CLOSED', message: 'not today' }))
          : next().pipe(map((value) => `${String(value)}!`)),
      );
      const client = await clientOf(apps(), app);
      expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual(['a!', 'b!']);
      expect(await failure(client.send('who', {}))).toEqual({ code: 'CLOSED', message: 'not today' });
    });
  });

  describe('a schema of a payload (@Payload({ schema }))', () => {
    it('is what the handler gets its data by, whole or in part', async () => {
      const app = await microservice(apps());
      app.useGlobalPipes(new StandardSchemaValidationPipe());
      const client = await clientOf(apps(), app);
      expect(await firstValueFrom(client.send('draw', { width: '3', more: true }))).toEqual({
        box: { width: 3 },
        pattern: 'draw',
      });
      expect(await firstValueFrom(client.send('draw part', { box: { width: 4 } }))).toEqual({ width: 4 });
    });

    it('refuses what does not fit, with the error that is wanted, before the handler', async () => {
      const app = await microservice(apps());
      const exceptionFactory = (issues: readonly object[]): RpcException =>
        new RpcException({ code: 'INVALID', issues });
      app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory }));
      const client = await clientOf(apps(), app);
      const invalid = { code: 'INVALID', issues: [{ message: 'must be more than 0', path: ['width'] }] };
      expect(await failure(client.send('draw', { width: 0 }))).toEqual(invalid);
      expect(await failure(client.send('draw part', {}))).toEqual(invalid);
      for (const width of [0, 5]) await lastValueFrom(client.emit('drawn', { width }), { defaultValue: undefined });
      await until(() => heard.length === 1);
      expect(heard).toEqual([{ width: 5 }]);
    });
  });
});

describe('in a worker', () => {
  let apps: PoolApps;
  beforeEach(() => (apps = new PoolApps()));
  afterEach(() => apps.close());

  @ZmqWorker('jobs')
  class Drawing {
    @OnTask('draw')
    draw(@Payload({ schema: sized, pipes: [new StandardSchemaValidationPipe()] }) box: { width: number }): unknown {
      return box;
    }
  }

  it('a schema of a payload holds as in any handler', async () => {
    const { pool, endpoint } = await apps.pool();
    await apps.workers(endpoint, [Drawing]);
    expect(await pool.run('draw', { width: '3', more: true })).toEqual({ width: 3 });
    await expect(pool.run('draw', { width: -1 })).rejects.toMatchObject({
      error: { name: 'BadRequestException' },
    });
  });
});
