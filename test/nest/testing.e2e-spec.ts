import { Controller, Inject, Injectable, Module } from '@nestjs/common';
import { EventPattern, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  getZmqClientToken,
  InjectZmqClient,
  InjectZmqPool,
  OnTask,
  ZmqClient,
  ZmqModule,
  ZmqOptionsError,
  type ZmqPool,
  ZmqServer,
  ZmqTimeoutError,
  ZmqWorker,
} from '@nest-zmq/transport';
import { createTestTransport, ManualClock, type TestTransport } from '@nest-zmq/transport/testing';
import { firstValueFrom, lastValueFrom, NEVER, type Observable, toArray } from 'rxjs';
import { Apps } from './support/apps.js';
import { until } from './turns.js';

const heard: unknown[] = [];
const worked: unknown[] = [];

@Controller()
class MathController {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @MessagePattern('never')
  never(): Observable<never> {
    return NEVER;
  }

  @EventPattern('noted')
  noted(@Payload() data: unknown): void {
    heard.push(data);
  }
}

/** An application as its `main.ts` has it: it would dial addresses that are not there in a test. */
@Injectable()
class Gateway {
  constructor(
    @InjectZmqClient('MATH') private readonly math: ZmqClient,
    @InjectZmqPool('mails') private readonly mails: ZmqPool,
  ) {}

  async total(numbers: number[]): Promise<number> {
    const total = await firstValueFrom(this.math.send<number>('sum', numbers));
    await this.mails.push('send', { total });
    return total;
  }
}

@ZmqWorker('mails')
class MailWorker {
  @OnTask('send')
  send(@Payload() mail: unknown): void {
    worked.push(mail);
  }
}

let apps: Apps;
beforeEach(() => (apps = new Apps()));
// Books and sockets; handles are looked at after every test.
afterEach(() => apps.close());

function make(options?: Parameters<typeof createTestTransport>[0]): TestTransport {
  const transport = createTestTransport(options);
  for (const one of [transport.client, ...transport.strategies]) apps.track(one);
  apps.defer(async () => {
    await transport.close();
    expect(transport.context.sockets).toBe(0);
  });
  return transport;
}

async function served(transport: TestTransport, index = 0): Promise<void> {
  const module: TestingModule = await Test.createTestingModule({ controllers: [MathController] }).compile();
  const app = module.createNestMicroservice<MicroserviceOptions>({
    strategy: transport.strategies[index]!,
    logger: false,
  });
  apps.defer(() => app.close());
  await app.listen();
}

const sum = (client: ZmqClient, ...numbers: number[]): Promise<number> =>
  firstValueFrom(client.send<number>('sum', numbers));

beforeEach(() => {
  heard.length = 0;
  worked.length = 0;
});

describe('createTestTransport', () => {
  it('joins a server and a client: calls and events need no port', async () => {
    const transport = make();
    const before = process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name));
    await served(transport);
    expect(await sum(transport.client, 1, 2, 3)).toBe(6);
    await lastValueFrom(transport.client.emit('noted', 'x'), { defaultValue: undefined });
    await until(() => heard.length === 1);
    expect(process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name))).toEqual(before);
  });

  it('lets a call be made before the server listens', async () => {
    const transport = make();
    const answer = sum(transport.client, 1, 2);
    await served(transport);
    expect(await answer).toBe(3);
  });

  it('keeps transports apart that are there at the same time', async () => {
    const [one, other] = [make(), make()];
    await Promise.all([served(one), served(other)]);
    await lastValueFrom(one.client.emit('noted', 'one'), { defaultValue: undefined });
    await sum(other.client, 1);
    await until(() => heard.length === 1);
    expect(one.strategy.stats()?.calls.received).toBe(0);
    expect(other.strategy.stats()?.calls.received).toBe(1);
    expect(other.strategy.stats()?.events.received).toBe(0);
  });

  it('has as many servers as a test needs', async () => {
    const transport = make({ servers: 3, client: { minPeers: 3 } });
    await Promise.all([0, 1, 2].map((index) => served(transport, index)));
    await transport.client.connect();
    expect(transport.client.servers()).toHaveLength(3);
    expect(await lastValueFrom(transport.client.sendToAll('sum', [1]).pipe(toArray()))).toEqual([1, 1, 1]);
    expect(() => make({ servers: 0 })).toThrow(ZmqOptionsError);
  });

  it('takes the place of the clients and pools of an application', async () => {
    const transport = make();
    @Module({
      imports: [
        ZmqModule.registerClient({ name: 'MATH', connect: 'tcp://math.internal:5555' }),
        ZmqModule.registerPool({ name: 'mails', ...transport.poolOptions('mails') }),
        ZmqModule.registerWorkers({ pool: 'mails', ...transport.workersOptions('mails') }),
      ],
      controllers: [MathController],
      providers: [Gateway, MailWorker],
    })
    class AppModule {}
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(getZmqClientToken('MATH'))
      .useValue(transport.client)
      .compile();
    const app = module.createNestApplication();
    app.useLogger(false);
    apps.defer(() => app.close());
    app.connectMicroservice<MicroserviceOptions>({ strategy: transport.strategy });
    await app.startAllMicroservices();
    await app.init();
    expect(await app.get(Gateway).total([1, 2, 3])).toBe(6);
    await until(() => worked.length === 1);
    expect(worked).toEqual([{ total: 6 }]);
  });

  it('takes the place of the server of an application', async () => {
    const transport = make();
    @Module({
      imports: [ZmqModule.forRoot({ server: { bind: 'tcp://*:5555', events: { bind: 'tcp://*:5556' } } })],
      controllers: [MathController],
    })
    class AppModule {}
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(ZmqServer)
      .useValue(transport.strategy)
      .compile();
    module.useLogger(false);
    const app = module.createNestMicroservice({ strategy: module.get(ZmqServer) });
    apps.defer(() => app.close());
    await app.listen();
    expect(await sum(transport.client, 1, 2)).toBe(3);
    await app.close();
    expect(transport.strategy.stats()).toBeUndefined();
  });

  it('gives the options of further clients', async () => {
    const transport = make();
    await served(transport);
    class Caller {
      constructor(@Inject(getZmqClientToken('MATH')) readonly client: ZmqClient) {}
    }
    Injectable()(Caller);
    const module = await Test.createTestingModule({
      imports: [ZmqModule.registerClient({ name: 'MATH', ...transport.clientOptions })],
      providers: [Caller],
    }).compile();
    await module.init();
    apps.defer(() => module.close());
    expect(await sum(module.get(Caller).client, 4, 5)).toBe(9);
    const own = apps.track(new ZmqClient(transport.clientOptions));
    expect(await sum(own, 1)).toBe(1);
    // `close` of the transport ends its sockets, its own `close` its calls.
    await own.close();
  });

  it('keeps time as the test says', async () => {
    const clock = new ManualClock();
    const transport = make({ clock, client: { requestTimeout: 30_000 } });
    await served(transport);
    await transport.client.connect();
    const outcome = firstValueFrom(transport.client.send('never', {})).catch((error: unknown) => error);
    await until(() => transport.strategy.stats()?.calls.running === 1);
    clock.advance(30_050);
    expect(await outcome).toBeInstanceOf(ZmqTimeoutError);
    await until(() => transport.strategy.stats()?.calls.running === 0);
  });

  it('leaves nothing when it is closed, also with calls in flight and twice', async () => {
    const transport = make();
    await served(transport);
    const call = firstValueFrom(transport.client.send('never', {})).catch((error: unknown) => error);
    await until(() => transport.strategy.stats()?.calls.running === 1);
    await Promise.all([transport.close(), transport.close()]);
    expect(await call).toMatchObject({ name: 'ZmqClosedError' });
    expect(transport.context.sockets).toBe(0);
    expect(transport.strategy).toBeInstanceOf(ZmqServer);
    expect(transport.strategy.stats()).toBeUndefined();
  });
});
