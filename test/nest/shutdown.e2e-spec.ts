import { Controller, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { ZmqModule, zmqMicroservice, ZmqServer } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { Apps } from './support/apps.js';
import { ServerProcess } from './support/server-process.js';
import { until } from './turns.js';

let apps: Apps;
beforeEach(() => (apps = new Apps()));
afterEach(() => apps.close());

const endpoints = { bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } };

describe.each([
  ['a microservice', {}],
  ['a hybrid application', { http: true }],
])('SIGTERM to %s whose server is a provider', (_, kind) => {
  it('answers what runs while everything that handlers use is still there, and then ends', async () => {
    const server = await ServerProcess.start({ ...endpoints, ...kind } as never, './hybrid.process.ts');
    apps.defer(() => server.stop());
    const { calls, events } = server.info!;
    const client = apps.bareClient({ connect: [...calls], events: { connect: [...events] } });
    const held = firstValueFrom(client.send('held', 'x'));
    await lastValueFrom(client.emit('held', 1), { defaultValue: undefined });
    await until(() => server.running('held') === 1 && server.running('event') === 1);
    server.kill('SIGTERM');
    await until(() => client.servers()[0]?.draining === true);
    expect(server.events).toEqual([]);
    server.child.send('go on');
    expect(await held).toEqual(['x', 'open']);
    const [code, signal] = (await server.exited) as [number | null, string | null];
    // Nest ends with the signal that it was sent.
    expect([
      [0, null],
      [null, 'SIGTERM'],
    ]).toContainEqual([code, signal]);
    expect(server.events).toEqual(['event open', 'store destroyed']);
    expect(server.output).toBe('');
  });
});

/** What happened, in order. */
const log: string[] = [];
let release: () => void = () => {};
let released: Promise<void>;

@Injectable()
class Store implements OnModuleDestroy {
  onModuleDestroy(): void {
    log.push('store destroyed');
  }
}

@Controller()
class SlowController implements OnModuleDestroy {
  constructor(readonly store: Store) {}

  @MessagePattern('held')
  async held(@Payload() data: unknown): Promise<unknown> {
    log.push('started');
    await released;
    log.push('answered');
    return data;
  }

  onModuleDestroy(): void {
    log.push('controller destroyed');
  }
}

@Module({ providers: [Store], exports: [Store] })
class StoreModule {}

describe.each(['close() of a microservice', 'close() of a hybrid application'])('%s', (kind) => {
  beforeEach(() => {
    log.length = 0;
    released = new Promise((resolve) => (release = resolve));
  });

  async function start(gracePeriod: number, gracefulShutdown = true) {
    const { context } = apps;
    const server = { bind: 'tcp://127.0.0.1:*', gracePeriod, gracefulShutdown };
    @Module({
      imports: [ZmqModule.forRoot({ context, server }), StoreModule],
      controllers: [SlowController],
    })
    class AppModule {}
    if (kind.includes('hybrid')) {
      const app = await NestFactory.create(AppModule, { logger: false });
      app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(ZmqServer) }, { inheritAppConfig: true });
      await app.startAllMicroservices();
      await app.init();
      return app;
    }
    const app = await NestFactory.createMicroservice(AppModule, { ...zmqMicroservice(), logger: false });
    await app.listen();
    return app;
  }

  it('lets calls finish first, and takes as long as they do and no longer', async () => {
    const app = await start(60_000);
    const client = apps.bareClient({ connect: app.get(ZmqServer).unwrap().calls!.lastEndpoint! });
    const held = firstValueFrom(client.send('held', 1));
    await until(() => log.includes('started'));
    const closing = app.close();
    await until(() => client.servers()[0]?.draining === true);
    release();
    expect(await held).toBe(1);
    await closing;
    expect(log).toEqual(['started', 'answered', 'controller destroyed', 'store destroyed']);
  });

  it('waits for nothing when nothing runs', async () => {
    const app = await start(60_000);
    await app.close();
    expect(log).toEqual(['controller destroyed', 'store destroyed']);
    expect(app.get(ZmqServer).stats()).toBeUndefined();
  });

  it('cuts calls off without gracefulShutdown', async () => {
    const app = await start(60_000, false);
    const client = apps.bareClient({ connect: app.get(ZmqServer).unwrap().calls!.lastEndpoint! });
    const held = firstValueFrom(client.send('held', 1)).catch((error: unknown) => error);
    await until(() => log.includes('started'));
    await app.close();
    expect(await held).toMatchObject({ name: expect.stringMatching(/^Zmq(Closed|PeerLost)Error$/) as string });
    expect(log).toEqual(['started', 'controller destroyed', 'store destroyed']);
    release();
  });
});
