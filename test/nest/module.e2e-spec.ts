import { Controller, Inject, Injectable, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Context } from '@nest-zmq/core';
import {
  getZmqClientToken,
  getZmqPoolToken,
  InjectZmqClient,
  InjectZmqPool,
  ZmqClient,
  ZmqModule,
  ZmqOptionsError,
  type ZmqPool,
} from '@nest-zmq/transport';
import { firstValueFrom, of } from 'rxjs';
import { Apps } from './support/apps.js';
import { until } from './turns.js';

@Controller()
class SumController {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((a, b) => a + b, 0);
  }
}

let apps: Apps;
const contexts: INestApplicationContext[] = [];
beforeEach(() => (apps = new Apps()));
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((app) => app.close()));
  await apps.close();
});

async function start(imports: object[], providers: object[] = []): Promise<INestApplicationContext> {
  @Module({ imports: imports as never[], providers: providers as never[] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  contexts.push(app);
  return app;
}

const sum = (client: ZmqClient): Promise<number> => firstValueFrom(client.send<number>('sum', [1, 2, 3]));

describe('registerClient', () => {
  it('provides several clients, each by its name, and one without', async () => {
    const server = await apps.serve([SumController]);
    const { context } = apps;

    @Injectable()
    class Caller {
      constructor(
        @InjectZmqClient() readonly nameless: ZmqClient,
        @InjectZmqClient('ORDERS') readonly orders: ZmqClient,
        @Inject(getZmqClientToken('USERS')) readonly users: ZmqClient,
      ) {}
    }
    const connect = server.calls;
    const app = await start(
      [
        ZmqModule.registerClient({ connect, context }),
        ZmqModule.registerClient({ name: 'ORDERS', connect, context, peerName: 'gateway-1' }),
        ZmqModule.registerClient({ name: 'USERS', connect, context }),
      ],
      [Caller],
    );
    const { nameless, orders, users } = app.get(Caller);
    expect(new Set([nameless, orders, users]).size).toBe(3);
    expect(orders).toBeInstanceOf(ZmqClient);
    expect(await Promise.all([nameless, orders, users].map(sum))).toEqual([6, 6, 6]);
    const names = server.server.unwrap().calls!.peers.map(({ properties }) => properties['X-Name']);
    expect(names.filter((name) => name !== undefined)).toEqual(['gateway-1']);
  });

  it('takes options from a factory, and is there for all modules when it is global', async () => {
    const server = await apps.serve([SumController]);
    const OPTIONS = Symbol('options');
    @Module({
      providers: [{ provide: OPTIONS, useValue: { connect: server.calls, context: apps.context } }],
      exports: [OPTIONS],
    })
    class OptionsModule {}
    @Injectable()
    class Caller {
      constructor(@InjectZmqClient('SUMS') readonly client: ZmqClient) {}
    }
    @Module({ providers: [Caller] })
    class CallerModule {}
    const app = await start([
      ZmqModule.registerClientAsync({
        name: 'SUMS',
        isGlobal: true,
        imports: [OptionsModule],
        inject: [OPTIONS],
        useFactory: async (options: { connect: string[]; context: Context }) => options,
      }),
      CallerModule,
    ]);
    expect(await sum(app.get(Caller).client)).toBe(6);
  });

  it('takes options from a class', async () => {
    const server = await apps.serve([SumController]);
    const { context } = apps;
    @Injectable()
    class Settings {
      create() {
        return { connect: server.calls, context };
      }
    }
    const app = await start([ZmqModule.registerClientAsync({ useClass: Settings })]);
    expect(await sum(app.get(getZmqClientToken()))).toBe(6);
  });

  it('binds a client that binds when the application starts, whether or not anybody comes', async () => {
    const { context } = apps;
    const app = await start([
      ZmqModule.registerClient({
        bind: 'inproc://gateway',
        events: { bind: 'inproc://events' },
        context,
        minPeers: 1,
        connectTimeout: 1,
      }),
    ]);
    await apps.serve([SumController], { bind: undefined, connect: 'inproc://gateway', events: undefined });
    expect(await sum(app.get(getZmqClientToken()))).toBe(6);

    await expect(start([ZmqModule.registerClient({ bind: 'inproc://gateway', context })])).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('starts without the servers that it connects to', async () => {
    const app = await start([ZmqModule.registerClient({ connect: 'tcp://127.0.0.1:1', connectTimeout: 10 })]);
    await expect(sum(app.get(getZmqClientToken()))).rejects.toMatchObject({ name: 'ZmqNoPeerError' });
  });

  it('closes the client with the application', async () => {
    const server = await apps.serve([SumController]);
    const app = await start([ZmqModule.registerClient({ connect: server.calls, context: apps.context })]);
    await sum(app.get(getZmqClientToken()));
    const { calls } = server.server.unwrap();
    expect(calls!.peers).toHaveLength(1);
    contexts.length = 0;
    await app.close();
    await until(() => calls!.peers.length === 0);
  });

  it('names a bad option when the application starts', async () => {
    await expect(start([ZmqModule.registerClient({ connect: 'nowhere' })])).rejects.toMatchObject({
      name: 'ZmqOptionsError',
      key: 'connect',
    });
    const misplaced = ZmqModule.registerClientAsync({ useFactory: () => ({ connect: 'tcp://a:1', name: 'ORDERS' }) });
    await expect(start([misplaced])).rejects.toThrow("for the name that servers see, give 'peerName'");
    expect(() => ZmqModule.registerWorkers({ pool: '', connect: 'tcp://a:1' })).toThrow(ZmqOptionsError);
  });
});

describe('tokens', () => {
  it('let tests put something else in the place of a client and a pool', async () => {
    @Injectable()
    class Gateway {
      constructor(
        @InjectZmqClient('ORDERS') private readonly orders: ZmqClient,
        @InjectZmqPool('images') private readonly images: ZmqPool,
      ) {}

      async run(): Promise<unknown> {
        await this.images.push('resize', { id: 1 });
        return firstValueFrom(this.orders.send('find', 1));
      }
    }
    const pushed: unknown[] = [];
    const module = await Test.createTestingModule({
      imports: [
        ZmqModule.registerClient({ name: 'ORDERS', connect: 'tcp://127.0.0.1:1' }),
        ZmqModule.registerPool({ name: 'images', bind: 'tcp://127.0.0.1:1' }),
      ],
      providers: [Gateway],
    })
      .overrideProvider(getZmqClientToken('ORDERS'))
      .useValue({ send: () => of('found') })
      .overrideProvider(getZmqPoolToken('images'))
      .useValue({ push: async (task: string, data: unknown) => pushed.push([task, data]) })
      .compile();
    await module.init();
    expect(await module.get(Gateway).run()).toBe('found');
    expect(pushed).toEqual([['resize', { id: 1 }]]);
    await module.close();
  });
});
