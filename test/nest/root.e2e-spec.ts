import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Inject, Injectable, type LoggerService, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Client, EventPattern, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { curveKeyPair } from '@nest-zmq/core';
import {
  getZmqClientToken,
  InjectZmqClient,
  InjectZmqPool,
  OnTask,
  ZmqClient,
  zmqMicroservice,
  ZmqModule,
  ZmqPool,
  ZmqRecordBuilder,
  ZmqServer,
  ZmqWorker,
} from '@nest-zmq/transport';
import { msgpackCodec } from '@nest-zmq/transport/msgpack';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { Apps } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { turns, until } from './turns.js';

@Controller()
class MathController {
  static readonly heard: unknown[] = [];

  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @EventPattern('noted')
  noted(@Payload() data: unknown): void {
    MathController.heard.push(data);
  }
}

let apps: Apps;
beforeEach(() => {
  apps = new Apps();
  MathController.heard.length = 0;
});
afterEach(() => apps.close());

describe('forRoot', () => {
  it('gives the server to the microservice, from a configuration that must be awaited', async () => {
    const { context } = apps;
    @Module({
      imports: [
        ConfigModule.forRoot({
          ignoreEnvFile: true,
          load: [() => ({ zmq: { bind: 'tcp://127.0.0.1:*', name: 'math-1' } })],
        }),
        ZmqModule.forRootAsync({
          imports: [ConfigModule],
          inject: [ConfigService],
          useFactory: async (config: ConfigService) => {
            await turns();
            return {
              context,
              peerName: config.getOrThrow<string>('zmq.name'),
              server: { bind: config.getOrThrow<string>('zmq.bind'), events: { bind: 'tcp://127.0.0.1:*' } },
            };
          },
        }),
      ],
      controllers: [MathController],
    })
    class AppModule {}
    const app = await NestFactory.createMicroservice(AppModule, { ...zmqMicroservice(), logger: false });
    apps.defer(() => app.close());
    const info = (await (app.listen() as Promise<unknown>)) as { calls: string[] };
    const client = apps.bareClient({ connect: info.calls });
    expect(await firstValueFrom(client.send('sum', [1, 2]))).toBe(3);
    expect(client.servers()).toMatchObject([{ name: 'math-1' }]);
    expect(app.get(ZmqServer).stats()?.calls.completed).toBe(1);
  });

  it('gives clients, pools and workers their defaults, which each may change', async () => {
    const { context } = apps;
    const errors: unknown[] = [];
    const logger: LoggerService = { log() {}, warn() {}, error: (...args: unknown[]) => void errors.push(args) };
    const server = await apps.serve([MathController], { codec: msgpackCodec() });
    const done: unknown[] = [];

    @ZmqWorker('jobs')
    class JobWorker {
      @OnTask('job')
      job(@Payload() data: unknown): void {
        done.push(data);
      }
    }
    @Injectable()
    class Caller {
      constructor(
        @InjectZmqClient('A') readonly a: ZmqClient,
        @InjectZmqClient('B') readonly b: ZmqClient,
        @InjectZmqPool('jobs') readonly jobs: ZmqPool,
      ) {}
    }
    @Module({
      imports: [
        ZmqModule.registerClient({ name: 'A', connect: server.calls }),
        ZmqModule.registerClientAsync({
          name: 'B',
          useFactory: async () => ({ connect: server.calls, peerName: 'b', codec: undefined }),
        }),
        ZmqModule.registerPool({ name: 'jobs', bind: 'inproc://jobs' }),
        ZmqModule.registerWorkers({ pool: 'jobs', connect: 'inproc://jobs' }),
        // the order of the imports is of no importance
        ZmqModule.forRoot({ context, logger, peerName: 'app', codec: msgpackCodec() }),
      ],
      providers: [Caller, JobWorker],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    apps.defer(() => app.close());
    const { a, b, jobs } = app.get(Caller);
    const value = { bytes: Buffer.of(1) };
    expect(await Promise.all([a, b].map((client) => firstValueFrom(client.send('echo', value))))).toEqual([
      value,
      value,
    ]);
    const names = server.server.unwrap().calls!.peers.map(({ properties }) => properties['X-Name']);
    expect(new Set(names)).toEqual(new Set(['app', 'b']));
    await jobs.push('job', value);
    await until(() => done.length === 1);
    expect(done).toEqual([value]);
    expect(jobs.workers.map(({ properties }) => properties['X-Name'])).toEqual(['app']);
    await expect(lastValueFrom(a.emit('x', 1))).rejects.toBeDefined();
    expect(errors).toEqual([
      ["An event was not published: ZmqOptionsError: Option 'events': is needed to emit() events", 'ZmqClient'],
    ]);
  });

  it('gives clients their security, while the server has its own', async () => {
    const { context } = apps;
    const folder = mkdtempSync(join(tmpdir(), 'zmq-'));
    apps.defer(() => rmSync(folder, { recursive: true }));
    const endpoint = `ipc://${folder}/s`;
    const [serverKeys, clientKeys] = [curveKeyPair(), curveKeyPair()];
    @Module({
      imports: [
        ZmqModule.forRoot({
          context,
          security: { mechanism: 'CURVE', serverKey: serverKeys.publicKey, ...clientKeys },
          server: {
            bind: endpoint,
            events: { bind: `${endpoint}e` },
            security: { mechanism: 'CURVE', ...serverKeys, requireAuthenticator: false },
          },
        }),
        ZmqModule.registerClient({ connect: endpoint }),
      ],
      controllers: [MathController],
    })
    class AppModule {}
    const app = await NestFactory.createMicroservice(AppModule, { ...zmqMicroservice(), logger: false });
    apps.defer(() => app.close());
    await app.listen();
    expect(await firstValueFrom(app.get<ZmqClient>(getZmqClientToken()).send('sum', [1, 2]))).toBe(3);
    const foreign = apps.bareClient({ connect: endpoint, connectTimeout: 200 });
    await expect(firstValueFrom(foreign.send('sum', [1]))).rejects.toMatchObject({ name: 'ZmqNoPeerError' });
  });

  it('makes no server unless it is asked for one, and says so where one is needed', async () => {
    @Module({ imports: [ZmqModule.forRoot({ peerName: 'app' })], controllers: [MathController] })
    class AppModule {}
    const app = await NestFactory.createMicroservice(AppModule, { ...zmqMicroservice(), logger: false });
    apps.defer(() => app.close());
    await expect(app.listen()).rejects.toMatchObject({ name: 'ZmqOptionsError', key: 'server' });
  });

  it('names bad options when the application starts', async () => {
    const start = async (options: object): Promise<unknown> => {
      @Module({ imports: [ZmqModule.forRoot(options)] })
      class AppModule {}
      return NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    };
    await expect(start({ hartbeat: false })).rejects.toThrow("'hartbeat': is unknown; did you mean 'heartbeat'?");
    await expect(start({ server: { bnid: 'tcp://*:1' } })).rejects.toThrow("'bnid': is unknown; did you mean 'bind'?");
    await expect(start({ sendHighWaterMark: 1 })).rejects.toMatchObject({ key: 'sendHighWaterMark' });
  });

  it('may be left to the modules that import it', async () => {
    const { context } = apps;
    @Module({ imports: [ZmqModule.forRoot({ isGlobal: false, server: { bind: 'inproc://own', context } })] })
    class ServerModule {}
    @Injectable()
    class Outside {
      constructor(@Inject(ZmqServer) readonly server: ZmqServer) {}
    }
    @Module({ imports: [ServerModule], providers: [Outside] })
    class AppModule {}
    await expect(
      NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false }),
    ).rejects.toThrow(/ZmqServer/);
  });
});

describe('the log', () => {
  it('is not flooded by peers: each kind of line at once, then at most one in ten seconds, with the number left out', async () => {
    const clock = new ManualClock();
    const lines: unknown[][] = [];
    const logger = { log() {}, error() {}, warn: (...line: unknown[]) => void lines.push(line) };
    const server = await apps.serve([MathController], { logger, clock });
    const client = apps.client([server]);
    const ask = (name: string) => firstValueFrom(client.send(name, 1)).catch(() => {});
    for (let i = 0; i < 20; i++) await ask(`unknown-${i}`);
    expect(lines).toEqual([
      [expect.stringMatching(/^Refused a call from \S+: There is no matching .* \(unknown-0\)$/), 'ZmqServer'],
    ]);
    clock.advance(10_000);
    await ask('unknown-20');
    expect(lines[1]).toEqual([expect.stringContaining('(unknown-20) (and 19 more like this before)'), 'ZmqServer']);
    expect(server.server.stats()?.calls).toMatchObject({ unknown: 21 });
  });

  it('nor by what they make generators, deserializers and listeners throw', async () => {
    const clock = new ManualClock();
    const lines: unknown[] = [];
    const logger = { log() {}, warn() {}, error: (line: unknown) => void lines.push(line) };
    @Controller()
    class ThrowingController {
      @MessagePattern('pages.*')
      async *pages(@Payload() page: number): AsyncGenerator<number> {
        yield page;
        throw page < 0 ? new RangeError('a negative page') : new Error(`page ${page}`);
      }

      @EventPattern('turned')
      turned(@Payload() _number: number): void {}
    }
    const deserialize = (packet: { pattern: unknown; data: unknown }) => {
      if (packet.pattern === 'turned') throw new SyntaxError(`event ${String(packet.data)}`);
      return packet;
    };
    const server = await apps.serve([ThrowingController], { logger, clock, deserializer: { deserialize } });
    server.server.on('connect', ({ address }) => {
      throw new TypeError(`${address} came`);
    });
    const client = apps.client([server]);
    const ask = (page: number) => lastValueFrom(client.send(`pages.${page}`, page)).catch(() => {});
    for (let i = 0; i < 20; i++) await ask(i);
    await ask(-1);
    for (let i = 0; i < 20; i++) await lastValueFrom(client.emit('turned', i), { defaultValue: undefined });
    await until(() => server.server.stats()?.events.failed === 20);
    await apps.client([server]).connect();
    expect(lines.map(String).toSorted()).toEqual([
      'Error: page 0',
      'RangeError: a negative page',
      'SyntaxError: event 0',
      expect.stringMatching(/^TypeError: \S+ came$/),
    ]);
    clock.advance(10_000);
    await ask(21);
    expect(lines.slice(4).map(String)).toEqual([
      'Error: page 21',
      "(and 19 more like this before, of handler 'pages.*')",
    ]);
  });
});

describe('a hybrid application', () => {
  it('serves HTTP and calls with one configuration, its server from dependency injection', async () => {
    const { context } = apps;
    const piped: unknown[] = [];

    @Controller()
    class HybridController extends MathController {
      constructor(@InjectZmqClient('math') private readonly math: ZmqClient) {
        super();
      }

      @Get('sum')
      overHttp() {
        return this.math.send<number>('sum', [1, 2, 3]);
      }
    }
    @Module({
      imports: [
        ZmqModule.forRoot({ context, server: { bind: 'inproc://hybrid', events: { bind: 'inproc://hybrid-events' } } }),
        ZmqModule.registerClient({ name: 'math', connect: 'inproc://hybrid' }),
        ZmqModule.registerClient({ events: { connect: 'inproc://hybrid-events' } }),
      ],
      controllers: [HybridController],
    })
    class HybridModule {}
    const app = await NestFactory.create(HybridModule, { logger: false });
    apps.defer(() => app.close());
    app.connectMicroservice<MicroserviceOptions>(
      { strategy: app.get(ZmqServer) },
      { inheritAppConfig: true, deferInitialization: true },
    );
    // deferInitialization: what is set up between connectMicroservice and the start counts for handlers, too
    app.useGlobalPipes({
      transform: (value: unknown) => {
        piped.push(value);
        return value;
      },
    });
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    expect(await (await fetch(`${await app.getUrl()}/sum`)).json()).toBe(6);
    await lastValueFrom(app.get<ZmqClient>(getZmqClientToken()).emit('noted', 'x'), { defaultValue: undefined });
    await until(() => MathController.heard.length === 1);
    expect(piped).toEqual([[1, 2, 3], 'x']);
    expect(app.get(ZmqServer).stats()).toMatchObject({ clients: 1, calls: { completed: 1 } });
  });
});

describe('@Client()', () => {
  it('makes a client with customClass, which Nest closes with the microservice', async () => {
    const server = await apps.serve([MathController]);
    const clients: ZmqClient[] = [];
    @Controller()
    class DoubleController {
      // The types of @Client do not know custom classes, Nest itself does.
      @Client({ customClass: ZmqClient, options: { connect: server.calls } } as object)
      readonly math!: ZmqClient;

      @MessagePattern('double')
      double(@Payload() numbers: number[]) {
        clients.push(this.math);
        return this.math.send<number>('sum', [...numbers, ...numbers]);
      }
    }
    const doubling = await apps.serve([DoubleController]);
    expect(await firstValueFrom(apps.client([doubling]).send('double', [1, 2]))).toBe(6);
    await doubling.app.close();
    expect(clients.map((client) => client.stats())).toEqual([undefined]);
  });
});

describe('a record for one server', () => {
  it('goes to the server of that name, whoever’s turn it is', async () => {
    @Controller()
    class NameController {
      constructor(private readonly name: string) {}

      @MessagePattern('name')
      who(): string {
        return this.name;
      }
    }
    const named = (name: string) => {
      @Controller()
      class Named extends NameController {
        constructor() {
          super(name);
        }
      }
      return apps.serve([Named], { peerName: name });
    };
    const servers = await Promise.all(['a', 'b'].map(named));
    const client = apps.client(servers, { connectTimeout: 200 });
    const ask = (server: string) =>
      firstValueFrom(client.send<string>('name', new ZmqRecordBuilder({}).setServer(server).build()));
    expect(await Promise.all(['a', 'b', 'b', 'b', 'a'].map(ask))).toEqual(['a', 'b', 'b', 'b', 'a']);
    const { address, connectedSince } = client.servers().find(({ name }) => name === 'b')!;
    expect(await ask(address)).toBe('b');
    expect(Math.abs(Date.now() - connectedSince.getTime())).toBeLessThan(60_000);
    await expect(ask('c')).rejects.toMatchObject({
      name: 'ZmqNoPeerError',
      message: "The server 'c' is not connected; waited 200 ms",
    });
    await expect(
      lastValueFrom(client.emit('noted', new ZmqRecordBuilder({}).setServer('a').build())),
    ).rejects.toMatchObject({ name: 'ZmqPatternError' });
    expect(() => new ZmqRecordBuilder({}).setServer('')).toThrow('must not be empty');
  });
});
