import { readFileSync } from 'node:fs';
import {
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  type INestApplication,
  Inject,
  Injectable,
  type LoggerService,
  Module,
  type NestInterceptor,
  type PipeTransform,
  Post,
  Query,
  RequestTimeoutException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type AsyncOptions,
  Client,
  type ClientOptions,
  type ClientProxy,
  ClientProxyFactory,
  ClientsModule,
  type ClientsModuleOptionsFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  RpcException,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Dealer } from '@nest-zmq/core';
import {
  ZmqClient,
  ZmqContext,
  type ZmqListenInfo,
  ZmqModule,
  getZmqClientToken,
  ZmqRecordBuilder,
  ZmqServer,
} from '@nest-zmq/transport';
import {
  catchError,
  EMPTY,
  firstValueFrom,
  from,
  lastValueFrom,
  Observable,
  of,
  reduce,
  scan,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { type Apps, appsForEach, moduleOf, transports } from './support/apps.js';
import { ask, type Answer } from './support/http.js';
import { frames, shown } from './support/raw.js';
import { turns, until } from './turns.js';

/*
 * What Nest's own repository asserts for its TCP, NATS, Redis and RMQ transporters
 * (`integration/microservices`), written anew for this one. `behaviours.md` lists the
 * assertions and the test here that shows each.
 */

const numbers = [1, 2, 3, 4, 5];
const notified: unknown[] = [];
let lastEventMetadata: unknown;

/** The message handlers that Nest's tests have, and the HTTP routes that call them. */
@Controller()
class SumController {
  constructor(
    @Inject('CLIENT') private readonly client: ClientProxy,
    @Inject('CUSTOM') private readonly custom: ClientProxy,
    @Inject(getZmqClientToken('USE_FACTORY')) private readonly useFactory: ClientProxy,
    @Inject('USE_CLASS') private readonly useClass: ClientProxy,
  ) {}

  @Post()
  @HttpCode(200)
  call(@Query('command') cmd: string, @Body() data: number[]): Observable<number> {
    return this.client.send<number>({ cmd }, data);
  }

  @Post('pattern')
  @HttpCode(200)
  async callPattern(@Query('pattern') pattern: string, @Body() data: number[]): Promise<Observable<unknown>> {
    await this.client.connect();
    return this.client.send<unknown>(pattern, data);
  }

  @Post('use-factory')
  @HttpCode(200)
  callByFactory(@Body() data: number[]): Observable<number> {
    return this.useFactory.send<number>({ cmd: 'sum' }, data);
  }

  @Post('use-class')
  @HttpCode(200)
  callByClass(@Body() data: number[]): Observable<number> {
    return this.useClass.send<number>({ cmd: 'sum' }, data);
  }

  @Post('stream')
  @HttpCode(200)
  stream(@Body() data: number[]): Observable<number> {
    return this.client.send<number>({ cmd: 'streaming' }, data).pipe(scan((a, b) => a + b));
  }

  @Post('concurrent')
  @HttpCode(200)
  async concurrent(@Body() tables: number[][]): Promise<boolean> {
    const answers = tables.map(async (table) => {
      const sum = await lastValueFrom(this.client.send<number>({ cmd: 'sum' }, table));
      return sum === table.reduce((a, b) => a + b);
    });
    return (await Promise.all(answers)).every(Boolean);
  }

  @Post('notify')
  async notify(): Promise<unknown> {
    return this.client.emit<number>('notification', true);
  }

  @Get('exception')
  exceptionOverHttp(): Observable<unknown> {
    return this.client.send<unknown>('exception', {}).pipe(catchError((error: unknown) => of(error)));
  }

  @Post('error')
  @HttpCode(200)
  error(@Query('client') client: string): Observable<boolean> {
    const chosen = client === 'custom' ? this.custom : this.client;
    return chosen
      .send<boolean>({ cmd: 'test' }, {})
      .pipe(catchError((error: unknown) => of(error instanceof RpcException)));
  }

  @Post('record-builder-duplex')
  @HttpCode(200)
  duplex(@Body() data: object): Observable<unknown> {
    return this.client.send(
      'record-builder-duplex',
      new ZmqRecordBuilder(data).setHeaders({ 'x-version': '1.0.0' }).build(),
    );
  }

  @MessagePattern({ cmd: 'sum' })
  sum(data: number[]): number {
    return data.reduce((a, b) => a + b);
  }

  @MessagePattern({ cmd: 'asyncSum' })
  async asyncSum(data: number[]): Promise<number> {
    return data.reduce((a, b) => a + b);
  }

  @MessagePattern({ cmd: 'streamSum' })
  streamSum(data: number[]): Observable<number> {
    return of(data.reduce((a, b) => a + b));
  }

  @MessagePattern({ cmd: 'streaming' })
  streaming(data: number[]): Observable<number> {
    return from(data);
  }

  @MessagePattern({ cmd: 'exception' })
  exceptionWithData(data: unknown): never {
    throw new RpcException({ data });
  }

  @MessagePattern('math.*')
  wildcard(@Payload() data: number[], @Ctx() context: ZmqContext): unknown {
    return { sum: data.reduce((a, b) => a + b), pattern: context.getPattern() };
  }

  @MessagePattern('wildcard.*.*')
  twoWildcards(@Ctx() context: ZmqContext): string {
    return context.getPattern();
  }

  @MessagePattern('exception')
  exception(): Observable<number> {
    return throwError(() => new RpcException('test'));
  }

  @MessagePattern('record-builder-duplex')
  duplexHandler(@Payload() data: unknown, @Ctx() context: ZmqContext): unknown {
    return { data, headers: context.getHeaders() };
  }

  @EventPattern('notification')
  onNotification(@Payload() data: unknown): void {
    notified.push(['first', data]);
  }

  @EventPattern('notification')
  onNotificationToo(@Payload() data: unknown): void {
    notified.push(['second', data]);
  }
}

class WrappingClient extends ZmqClient {
  protected override serializeError(error: object | string): RpcException {
    return new RpcException(error);
  }
}

type Microservice = ReturnType<INestApplication['connectMicroservice']>;

/** An application over HTTP that serves the calls of its own clients, as Nest's tests have it. */
async function hybrid(apps: Apps, configure: (microservice: Microservice) => void = () => {}): Promise<string> {
  const [calls, events] = [await apps.fixedAddress(), await apps.fixedAddress()];
  const options = apps.clientOptions({ connect: calls, events: { connect: events } });
  const strategy = apps.track(new ZmqServer(apps.serverOptions({ bind: calls, events: { bind: events } })));

  @Injectable()
  class ClassOptions implements ClientsModuleOptionsFactory {
    createClientOptions() {
      return { customClass: ZmqClient, options };
    }
  }
  const module = await Test.createTestingModule({
    imports: [
      ClientsModule.register([
        { name: 'CLIENT', customClass: ZmqClient, options },
        { name: 'CUSTOM', customClass: WrappingClient, options },
      ]),
      ClientsModule.registerAsync([{ name: 'USE_CLASS', useClass: ClassOptions }]),
      ZmqModule.registerClientAsync({ name: 'USE_FACTORY', useFactory: async () => options }),
    ],
    controllers: [SumController],
  }).compile();
  module.useLogger(false);
  const app = module.createNestApplication();
  apps.defer(() => app.close());
  // Deferred, so that what is configured counts for the handlers.
  configure(app.connectMicroservice<MicroserviceOptions>({ strategy }, { deferInitialization: true }));
  for (const name of ['CLIENT', 'CUSTOM', 'USE_CLASS', getZmqClientToken('USE_FACTORY')]) {
    apps.track(app.get<ZmqClient>(name, { strict: false }));
  }
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

describe.each(transports)('a hybrid application over %s', (transport) => {
  const apps = appsForEach(transport);
  const fifteen: Answer = { status: 200, body: 15 };
  let url: string;

  beforeEach(async () => {
    notified.length = 0;
    url = await hybrid(apps());
  });

  it.each([
    ['a value', 'sum'],
    ['a promise', 'asyncSum'],
    ['an Observable', 'streamSum'],
  ])('answers with %s', async (_what, command) => {
    expect(await ask(`${url}/?command=${command}`, 'POST', numbers)).toEqual(fifteen);
  });

  it.each(['use-factory', 'use-class'])('has clients by %s', async (path) => {
    expect(await ask(`${url}/${path}`, 'POST', numbers)).toEqual(fifteen);
  });

  it('keeps concurrent calls apart', async () => {
    const tables = Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_unused, k) => 10 * i + k + 1));
    expect(await ask(`${url}/concurrent`, 'POST', tables)).toEqual({ status: 200, body: true });
  });

  it('streams values to the caller', async () => {
    expect(await ask(`${url}/stream`, 'POST', numbers)).toEqual(fifteen);
  });

  it('answers 500 over HTTP when there is no handler', async () => {
    expect((await ask(`${url}/?command=nothing`, 'POST', numbers)).status).toBe(500);
  });

  it('gives the error of an RpcException', async () => {
    expect(await ask(`${url}/exception`)).toEqual({ status: 200, body: { message: 'test', status: 'error' } });
  });

  it('takes the error that a client of its own class makes', async () => {
    expect(await ask(`${url}/error?client=custom`, 'POST', {})).toEqual({ status: 200, body: true });
    expect(await ask(`${url}/error?client=standard`, 'POST', {})).toEqual({ status: 200, body: false });
  });

  it('tells an event to every handler of its pattern', async () => {
    await ask(`${url}/notify`, 'POST', numbers);
    await until(() => notified.length === 2);
    expect(notified).toEqual([
      ['first', true],
      ['second', true],
    ]);
  });

  it('carries the headers of a record builder', async () => {
    const data = { items: [1, 2, 3] };
    expect(await ask(`${url}/record-builder-duplex`, 'POST', data)).toEqual({
      status: 200,
      body: { data, headers: { 'x-version': '1.0.0' } },
    });
  });

  it('finds a handler by a wildcard, and tells it the pattern that was called', async () => {
    const sum = await ask(`${url}/pattern?pattern=math.sum`, 'POST', numbers);
    expect(sum).toEqual({ status: 200, body: { sum: 15, pattern: 'math.sum' } });
    expect(await ask(`${url}/pattern?pattern=wildcard.a.b`, 'POST', numbers)).toEqual({
      status: 200,
      body: 'wildcard.a.b',
    });
    expect((await ask(`${url}/pattern?pattern=wildcard.a`, 'POST', numbers)).status).toBe(500);
  });
});

describe.each(transports)('global configuration, over %s', (transport) => {
  const apps = appsForEach(transport);
  const called = new Set<string>();
  const guard: CanActivate = { canActivate: () => called.add('guard') !== undefined };
  const pipe: PipeTransform = { transform: (value: unknown) => (called.add('pipe'), value) };
  const interceptor: NestInterceptor = {
    intercept: (_context, next: CallHandler) => (called.add('interceptor'), next.handle()),
  };
  const filter: ExceptionFilter = { catch: () => (called.add('filter'), EMPTY) };

  beforeEach(() => called.clear());

  const configured = (): Promise<string> =>
    hybrid(apps(), (microservice) => {
      microservice.useGlobalGuards(guard);
      microservice.useGlobalPipes(pipe);
      microservice.useGlobalInterceptors(interceptor);
      microservice.useGlobalFilters(filter);
    });

  it('guards, pipes and interceptors are called', async () => {
    await ask(`${await configured()}/?command=sum`, 'POST', numbers);
    expect([...called].sort()).toEqual(['guard', 'interceptor', 'pipe']);
  });

  it('filters are called', async () => {
    await ask(`${await configured()}/?command=exception`, 'POST', numbers);
    expect(called).toContain('filter');
  });
});

@Controller()
class MetadataController {
  @MessagePattern('echo-metadata')
  echo(@Payload() data: unknown, @Ctx() context: ZmqContext): unknown {
    return { data, metadata: context.getMetadata() ?? null };
  }

  @EventPattern('record-metadata')
  record(@Payload() _data: unknown, @Ctx() context: unknown): void {
    lastEventMetadata = (context as ZmqContext).getMetadata();
  }
}

describe.each(transports)('packet metadata over %s', (transport) => {
  const apps = appsForEach(transport);
  let client: ZmqClient;

  beforeEach(async () => {
    lastEventMetadata = undefined;
    client = apps().client([await apps().serve([MetadataController])]);
    await client.connect();
  });

  it('of the dispatch hook comes with a call, beside the payload', async () => {
    client.setOnDispatchHook((packet) => (packet.metadata = { 'x-request-id': 'trace-1' }));
    expect(await firstValueFrom(client.send('echo-metadata', { orderId: 7 }))).toEqual({
      data: { orderId: 7 },
      metadata: { 'x-request-id': 'trace-1' },
    });
  });

  it('of the dispatch hook comes with an event', async () => {
    client.setOnDispatchHook((packet) => (packet.metadata = { 'x-request-id': 'trace-2' }));
    await firstValueFrom(client.emit('record-metadata', {}), { defaultValue: undefined });
    await until(() => lastEventMetadata !== undefined);
    expect(lastEventMetadata).toEqual({ 'x-request-id': 'trace-2' });
  });

  it('is not there without a hook', async () => {
    expect(await firstValueFrom(client.send('echo-metadata', 'plain'))).toEqual({ data: 'plain', metadata: null });
  });

  it('the hook is called once for each packet, with the pattern and the data', async () => {
    const seen: unknown[] = [];
    client.setOnDispatchHook(({ pattern, data }) => seen.push({ pattern, data: data as unknown }));
    await firstValueFrom(client.send('echo-metadata', 1));
    await firstValueFrom(client.send('echo-metadata', 2));
    expect(seen).toEqual([
      { pattern: 'echo-metadata', data: 1 },
      { pattern: 'echo-metadata', data: 2 },
    ]);
  });
});

describe.each(transports)('a client without a server, over %s', (transport) => {
  const apps = appsForEach(transport);

  @Controller()
  class DisconnectedController {
    @Post()
    call(): Observable<number> {
      const client = ClientProxyFactory.create({
        customClass: ZmqClient,
        options: apps().clientOptions({
          connect: apps().nowhere(),
          connectTimeout: 50,
          reconnect: { initialDelay: 5 },
        }),
      }) as ZmqClient;
      apps().track(client);
      apps().defer(() => client.close());
      return client.send<number, number[]>({ cmd: 'none' }, [1, 2, 3]).pipe(
        catchError(({ code }: { code: string }) => {
          if (code === 'ECONNREFUSED' || code === 'CONN_ERR') throw new RequestTimeoutException(code);
          throw new Error(`an unexpected code: ${code}`);
        }),
      );
    }
  }

  it('fails with a code that Nest knows', async () => {
    const module = await Test.createTestingModule({ controllers: [DisconnectedController] }).compile();
    module.useLogger(false);
    const app = module.createNestApplication();
    apps().defer(() => app.close());
    await app.listen(0, '127.0.0.1');
    expect((await ask(await app.getUrl(), 'POST', {})).status).toBe(408);
  });
});

@Controller()
class BroadcastController {
  @MessagePattern({ cmd: 'broadcast' })
  broadcast(): Observable<number> {
    return new Observable((observer) => observer.next(1));
  }

  @MessagePattern({ cmd: 'count' })
  count(): number {
    return 1;
  }

  @MessagePattern({ cmd: 'fails at one' })
  fails(@Ctx() context: ZmqContext): Observable<number> {
    // The second: the other one runs by then, and can be told to stop.
    return ++failing === 2 ? throwError(() => new RpcException('one fails')) : never(context);
  }

  @EventPattern('ping')
  onPing(@Payload() data: string): void {
    notified.push(data);
  }
}
let failing = 0;
let stopped = 0;
const never = (context: ZmqContext): Observable<never> => {
  context.signal.addEventListener('abort', () => stopped++);
  return new Observable();
};

describe.each(transports)('a broadcast over %s', (transport) => {
  const apps = appsForEach(transport);
  let client: ZmqClient;

  beforeEach(async () => {
    [notified.length, failing, stopped] = [0, 0, 0];
    const servers = [await apps().serve([BroadcastController]), await apps().serve([BroadcastController])];
    client = apps().client(servers, { minPeers: 2 });
  });

  it('to two subscribers has an answer of each', async () => {
    const sum = client.sendToAll<number>({ cmd: 'broadcast' }, {}).pipe(
      scan((a, b) => a + b),
      take(2),
    );
    expect(await lastValueFrom(sum)).toBe(2);
    await until(() => client.stats()?.calls.inFlight === 0);
  });

  it('completes when all have answered', async () => {
    const sum = client.sendToAll<number>({ cmd: 'count' }, {}).pipe(reduce((a, b) => a + b));
    expect([await lastValueFrom(sum), await lastValueFrom(sum)]).toEqual([2, 2]);
  });

  it('fails when one fails, and the others are told to stop', async () => {
    await expect(lastValueFrom(client.sendToAll({ cmd: 'fails at one' }, {}))).rejects.toMatchObject({
      message: 'one fails',
    });
    await until(() => stopped === 1);
  });

  it('as an event reaches both', async () => {
    await lastValueFrom(client.emit('ping', 'pong'), { defaultValue: undefined });
    await until(() => notified.length === 2);
  });

  it('as a call reaches one', async () => {
    expect(await lastValueFrom(client.send<number>({ cmd: 'count' }, {}).pipe(toArray()))).toEqual([1]);
  });

  it('of nothing, and to nobody, fails', async () => {
    await expect(lastValueFrom(client.sendToAll('count', null))).rejects.toThrow('invalid data');
    const alone = apps().bareClient({ connect: apps().nowhere(), connectTimeout: 50 });
    await expect(lastValueFrom(alone.sendToAll({ cmd: 'count' }, {}))).rejects.toMatchObject({
      name: 'ZmqNoPeerError',
    });
  });
});

@Controller()
class BytesController {
  @MessagePattern('binary')
  async binary(@Payload() data: string): Promise<Buffer> {
    if (data === 'slow') await turns(5);
    return data === 'bytes' ? Buffer.from([0, 1, 2, 3, 255]) : Buffer.from(`${data}-replied`);
  }
}

describe.each(transports)('bytes over %s', (transport) => {
  const apps = appsForEach(transport);
  let client: ZmqClient;

  beforeEach(async () => {
    client = apps().client([await apps().serve([BytesController])]);
  });

  it.each([
    ['data', Buffer.from('data-replied')],
    ['bytes', Buffer.from([0, 1, 2, 3, 255])],
  ])('come back as they are: %s', async (data, bytes) => {
    const answer = await lastValueFrom(client.send<Buffer>('binary', data));
    expect(Buffer.isBuffer(answer)).toBe(true);
    expect(answer).toEqual(bytes);
  });

  it('of concurrent calls come to the call that they are for', async () => {
    const calls = ['slow', 'fast'].map((data) => lastValueFrom(client.send<Buffer>('binary', data)));
    expect(await Promise.all(calls)).toEqual([Buffer.from('slow-replied'), Buffer.from('fast-replied')]);
  });
});

let handled = 0;

@Controller()
class PingController {
  @MessagePattern({ cmd: 'ping' })
  ping(): string {
    handled++;
    return 'pong';
  }

  @MessagePattern('stream')
  stream(): Observable<string> {
    return of('a', 'b');
  }
}

describe.each(transports)('a server that closes, over %s', (transport) => {
  const apps = appsForEach(transport);

  it('leaves no connection behind, and runs nothing that comes over one', async () => {
    handled = 0;
    const bind = await apps().fixedAddress();
    const { app, server, calls } = await apps().serve([PingController], { bind });
    const dealers = [1, 2].map(() => {
      const dealer = new Dealer({ ...apps().socketOptions(), reconnectInterval: -1 });
      apps().defer(() => dealer.close());
      dealer.connect(calls[0] ?? '');
      return dealer;
    });
    for (const dealer of dealers) {
      await dealer.send(frames('<00000001>', '', '{"cmd":"ping"}', ''));
      expect(shown(await dealer.receive())).toEqual(['<00000001>', '', '<01>', '"pong"']);
    }
    expect(server.unwrap().calls?.peers).toHaveLength(2);
    await app.close();
    expect(() => server.unwrap()).toThrow('Not initialized');
    await until(() => dealers.every(({ peers }) => peers.length === 0));
    for (const dealer of dealers) dealer.trySend(frames('<00000002>', '', '{"cmd":"ping"}', ''));
    // A fence: the next server at this address is not asked either.
    const next = await apps().serve([PingController], { bind: calls });
    expect(await firstValueFrom(apps().client([next]).send({ cmd: 'ping' }, {}))).toBe('pong');
    expect(handled).toBe(3);
  });
});

describe.each(transports)('a client that was closed, over %s', (transport) => {
  const apps = appsForEach(transport);

  it.each([
    ['while it connected', false],
    ['when it was connected', true],
  ])('%s, connects anew and gets whole streams', async (_when, connected) => {
    const running = await apps().serve([PingController]);
    const client = apps().client([running]);
    const first = client.connect().catch((error: unknown) => error);
    if (connected) await first;
    const closing = client.close();
    const second = client.connect();
    const values = lastValueFrom(client.send('stream', {}).pipe(toArray()));
    await Promise.all([first, closing, second]);
    expect(await values).toEqual(['a', 'b']);
    expect(client.servers()).toHaveLength(1);
    await client.connect();
    expect(client.servers()).toHaveLength(1);
  });
});

describe.each(transports)('what a peer may do over %s', (transport) => {
  const apps = appsForEach(transport);

  async function foreigner(): Promise<[Dealer, ZmqServer]> {
    const running = await apps().serve([PingController]);
    const dealer = new Dealer(apps().socketOptions());
    apps().defer(() => dealer.close());
    dealer.connect(running.calls[0] ?? '');
    return [dealer, running.server];
  }

  it('send 12,000 messages that are no calls: the server answers the next call', async () => {
    const [dealer, server] = await foreigner();
    for (let i = 0; i < 12_000; i++) await dealer.send(frames('{}'));
    await dealer.send(frames('<00000001>', '', '{"cmd":"ping"}', ''));
    expect(shown(await dealer.receive())).toEqual(['<00000001>', '', '<01>', '"pong"']);
    expect(server.stats()?.calls.malformed).toBe(12_000);
  });

  it('be idle between calls', async () => {
    const [dealer] = await foreigner();
    for (const id of ['<00000001>', '<00000002>']) {
      await dealer.send(frames(id, '', '{"cmd":"ping"}', ''));
      expect(shown(await dealer.receive())).toEqual([id, '', '<01>', '"pong"']);
      await turns(20);
    }
  });
});

@Controller()
class PayloadController {
  @MessagePattern('payload')
  payload(): string {
    return 'x'.repeat(1024 * 1024);
  }
}

describe.each(transports)('replies over %s', (transport) => {
  const apps = appsForEach(transport);

  async function caller(): Promise<[Dealer, ZmqServer, ZmqClient]> {
    const running = await apps().serve([PayloadController]);
    const dealer = new Dealer({
      ...apps().socketOptions(),
      linger: 0,
      receiveHighWaterMark: 1,
      receiveHighWaterMarkBytes: 1,
    });
    apps().defer(() => dealer.close());
    dealer.connect(running.calls[0] ?? '');
    return [dealer, running.server, apps().client([running])];
  }
  const call = (i: number): Buffer[] => [Buffer.from([0, 0, i >> 8, i & 255]), ...frames('', 'payload', '')];

  it('that are left unread do not pile up without end, and others are served', async () => {
    const [dealer, server, client] = await caller();
    for (let i = 0; i < 400; i++) await dealer.send(call(i));
    await until(() => (server.stats()?.calls.unread ?? 0) > 0);
    const { received = 0, unread = 0 } = server.stats()?.calls ?? {};
    // What the socket holds, and what may wait beyond that: 64 MiB each.
    expect(received).toBeLessThan(200);
    expect(await firstValueFrom(client.send<string>('payload', {}))).toHaveLength(1024 * 1024);
    dealer.close();
    await until(() => server.stats()?.clients === 1);
    expect(unread).toBeGreaterThan(0);
  });

  it('that are read come in full', async () => {
    const [dealer, server] = await caller();
    const sent = (async () => {
      for (let i = 0; i < 40; i++) await dealer.send(call(i));
    })();
    for (let i = 0; i < 40; i++) expect((await dealer.receive()).at(-1)).toHaveLength(1024 * 1024 + 2);
    await sent;
    expect(server.stats()?.calls).toMatchObject({ unread: 0, completed: 40 });
  });
});

describe.each(transports)('codecs over %s', (transport) => {
  const apps = appsForEach(transport);

  it('of both sides see every payload once, of calls and of events', async () => {
    const calls = { encode: 0, decode: 0 };
    const codec = {
      contentType: 'text/x-secret',
      encode: (value: unknown) => (calls.encode++, Buffer.from(JSON.stringify(value)).reverse()),
      decode: (payload: Buffer) => (calls.decode++, JSON.parse(Buffer.from(payload).reverse().toString()) as unknown),
    };
    @Controller()
    class GreetController {
      @MessagePattern({ cmd: 'greet' })
      greet(@Payload() { recipient }: { recipient: string }): unknown {
        return { message: `Hello ${recipient}!` };
      }

      @EventPattern('greeting')
      onGreeting(@Payload() data: unknown): void {
        notified.push(data);
      }
    }
    notified.length = 0;
    const client = apps().client([await apps().serve([GreetController], { codec })], { codec });
    expect(await firstValueFrom(client.send({ cmd: 'greet' }, { recipient: 'World' }))).toEqual({
      message: 'Hello World!',
    });
    expect(calls).toEqual({ encode: 2, decode: 2 });
    await lastValueFrom(client.emit('greeting', 'hi'), { defaultValue: undefined });
    await until(() => notified.length === 1);
    expect(calls).toEqual({ encode: 3, decode: 3 });
  });
});

describe.each(transports)('a client by decorator or factory, over %s', (transport) => {
  const apps = appsForEach(transport);

  it('calls, and is closed with the application', async () => {
    const running = await apps().serve([PingController]);
    const options = apps().clientOptions({ connect: running.calls });
    @Controller()
    class CallerController {
      @Client({ customClass: ZmqClient, options } as ClientOptions)
      readonly client: ZmqClient;
    }
    const app = await NestFactory.createMicroservice<AsyncOptions<MicroserviceOptions>>(moduleOf([CallerController]), {
      logger: false,
      inject: [],
      // Nest takes a strategy from a factory that is synchronous.
      useFactory: () => ({ strategy: apps().track(new ZmqServer(apps().serverOptions())) }),
    });
    apps().defer(() => app.close());
    const info = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
    expect(info.calls).toHaveLength(1);
    const { client } = app.get(CallerController);
    let sum = '';
    await new Promise<void>((resolve, reject) =>
      client.send<string>({ cmd: 'ping' }, {}).subscribe({ next: (v) => (sum += v), error: reject, complete: resolve }),
    );
    expect(sum).toBe('pong');
    await app.close();
    expect(client.stats()).toBeUndefined();
  });
});

describe('CURVE', () => {
  const apps = appsForEach('CURVE');

  it('is in force where these tests say so: who has no key does not come in', async () => {
    const running = await apps().serve([PingController]);
    const stranger = apps().client([running], { security: undefined, connectTimeout: 300 });
    await expect(stranger.connect()).rejects.toMatchObject({ name: 'ZmqNoPeerError' });
    expect(await firstValueFrom(apps().client([running]).send({ cmd: 'ping' }, {}))).toBe('pong');
    expect(running.server.stats()?.clients).toBe(1);
  });
});

describe.each(transports)('the process, over %s', (transport) => {
  const apps = appsForEach(transport);

  class Lines implements LoggerService {
    readonly lines: string[] = [];
    log(message: unknown): void {
      this.lines.push(String(message));
    }
    warn(message: unknown): void {
      this.lines.push(String(message));
    }
    error(message: unknown): void {
      this.lines.push(String(message));
    }
  }
  @Module({})
  class EmptyModule {}
  const strategy = (): ZmqServer => apps().track(new ZmqServer(apps().serverOptions()));

  it('has no listener for signals left when a hybrid application was closed', async () => {
    const before = process.listenerCount('SIGTERM');
    const app = (await Test.createTestingModule({ controllers: [PingController] }).compile()).createNestApplication();
    app.useLogger(false);
    const microservice = app.connectMicroservice<MicroserviceOptions>({ strategy: strategy() });
    microservice.enableShutdownHooks(['SIGTERM']);
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await app.startAllMicroservices();
    await app.init();
    await app.close();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it.each([
    ['are written at init', undefined, ['Starting Nest application...']],
    ['wait when they are told to', false, []],
  ])('logs that were buffered %s', async (_what, autoFlushLogs, lines) => {
    const logger = new Lines();
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(EmptyModule, {
      strategy: strategy(),
      bufferLogs: true,
      ...(autoFlushLogs === undefined ? {} : { autoFlushLogs }),
      logger,
    });
    apps().defer(() => app.close());
    expect(logger.lines).toEqual([]);
    await app.init();
    expect(logger.lines.slice(0, 1)).toEqual(lines);
    app.flushLogs();
    expect(logger.lines[0]).toBe('Starting Nest application...');
  });

  it('logs that were buffered by a hybrid application are written at init', async () => {
    const logger = new Lines();
    const app = await NestFactory.create(EmptyModule, { bufferLogs: true, logger });
    apps().defer(() => app.close());
    app.connectMicroservice<MicroserviceOptions>({ strategy: strategy() });
    await app.init();
    expect(logger.lines).toContain('Nest application successfully started');
  });
});

it('behaviours.md names tests that are here', () => {
  const here = readFileSync(new URL('./behaviours.e2e-spec.ts', import.meta.url), 'utf8');
  const page = readFileSync(new URL('./behaviours.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| [^|]+\| [^|]+\| ([^|]+?) +\|$/gm)].map(([, test]) => test!).slice(2);
  expect(rows.length).toBeGreaterThan(40);
  const missing = rows.flatMap((row) => row.split(' · ')).filter((test) => !here.includes(`'${test}'`));
  expect(missing).toEqual([]);
});
