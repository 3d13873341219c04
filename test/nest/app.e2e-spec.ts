import {
  type ArgumentsHost,
  type CanActivate,
  type CallHandler,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type LoggerService,
  Module,
  type NestInterceptor,
  type OnModuleDestroy,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type BaseRpcContext,
  ClientProxyFactory,
  ClientsModule,
  Ctx,
  CONTEXT,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  type RequestContext,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { type Dealer, Router, Subscriber } from '@nest-zmq/core';
import { ZMQ_TRANSPORT, ZmqClient, ZmqContext, type ZmqListenInfo, ZmqServer, ZmqStatus } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, map, NEVER, type Observable, of, throwError, toArray } from 'rxjs';
import { Apps, moduleOf } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { turns, until } from './turns.js';

let log: unknown[] = [];

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getContext<ZmqContext>().getHeaders()['token'] !== 'bad';
  }
}

class DoublePipe implements PipeTransform<number, number> {
  transform(value: number): number {
    return value * 2;
  }
}

class WrapInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
  }
}

@Catch(TypeError)
class TypeErrorFilter implements ExceptionFilter {
  catch(error: TypeError, host: ArgumentsHost): Observable<never> {
    const pattern = host.switchToRpc().getContext<ZmqContext>().getPattern();
    return throwError(() => ({ filtered: error.message, pattern }));
  }
}

@Controller()
@UseGuards(TokenGuard)
class EnhancedController {
  @UseInterceptors(new WrapInterceptor())
  @MessagePattern('double')
  double(@Payload(new DoublePipe()) data: number): number {
    return data;
  }

  @UseInterceptors(new WrapInterceptor())
  @MessagePattern('stream')
  stream(): Observable<number> {
    return of(1, 2);
  }

  @UseFilters(new TypeErrorFilter())
  @MessagePattern('fail')
  fail(): never {
    throw new TypeError('typed');
  }

  @MessagePattern('field')
  field(@Payload('name') name: string): string {
    return name;
  }

  @MessagePattern('other transport', Transport.TCP)
  tcpOnly(): string {
    return 'tcp';
  }

  @MessagePattern('this transport', ZMQ_TRANSPORT)
  zmqOnly(): string {
    return 'zmq';
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScoped {
  static made = 0;
  readonly number = ++RequestScoped.made;
  constructor(@Inject(CONTEXT) readonly request: RequestContext<unknown, ZmqContext>) {}
}

@Controller({ scope: Scope.REQUEST })
class ScopedController {
  constructor(@Inject(RequestScoped) private readonly scoped: RequestScoped) {}

  @MessagePattern('scoped')
  scopedCall(): unknown {
    const { request, number } = this.scoped;
    return { number, data: request.getData(), pattern: request.getContext().getPattern() };
  }
}

let apps: Apps;
beforeEach(() => {
  log = [];
  apps = new Apps();
});
afterEach(() => apps.close());

describe('what Nest wraps around a handler', () => {
  it('works: guards, pipes, interceptors, filters, parts of the payload, transport ids', async () => {
    const running = await apps.serve([EnhancedController]);
    const client = apps.client([running]);
    expect(await firstValueFrom(client.send('double', 21))).toEqual({ wrapped: 42 });
    expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual([{ wrapped: 1 }, { wrapped: 2 }]);
    await expect(firstValueFrom(client.send('fail', {}))).rejects.toEqual({ filtered: 'typed', pattern: 'fail' });
    expect(await firstValueFrom(client.send('field', { name: 'n' }))).toBe('n');
    expect(await firstValueFrom(client.send('this transport', {}))).toBe('zmq');
    await expect(firstValueFrom(client.send('other transport', {}))).rejects.toMatchObject({ code: 'NO_HANDLER' });
    client.setOnDispatchHook((packet) => (packet.metadata = { token: 'bad' }));
    await expect(firstValueFrom(client.send('double', 1))).rejects.toEqual({
      status: 'error',
      message: 'Forbidden resource',
    });
  });

  it('works: providers of one request', async () => {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      (() => {
        class ScopedModule {}
        Module({ controllers: [ScopedController], providers: [RequestScoped] })(ScopedModule);
        return ScopedModule;
      })(),
      { strategy: new ZmqServer({ bind: 'tcp://127.0.0.1:*' }), logger: false },
    );
    apps.defer(() => app.close());
    const { calls } = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
    const client = apps.bareClient({ connect: [...calls] });
    const first = (await firstValueFrom(client.send('scoped', { a: 1 }))) as { number: number };
    expect(first).toEqual({ number: expect.any(Number), data: { a: 1 }, pattern: 'scoped' });
    expect(await firstValueFrom(client.send('scoped', 2))).toMatchObject({ number: first.number + 1, data: 2 });
  });

  it('works: processing hooks around calls, streams, errors and events, each ended once', async () => {
    @Controller()
    class HookedController {
      @MessagePattern('value')
      value(@Ctx() ctx: ZmqContext): string {
        log.push(`run ${ctx.getPattern()}`);
        return 'value';
      }

      @MessagePattern('stream')
      stream(): Observable<number> {
        return of(1, 2);
      }

      @MessagePattern('fail')
      fail(): never {
        throw new RpcException('no');
      }

      @EventPattern('event')
      event(@Payload() data: unknown): void {
        log.push(`run event ${String(data)}`);
      }
    }
    const running = await apps.serve([HookedController]);
    const pattern = (context: unknown): string => (context as ZmqContext).getPattern();
    running.server.setOnProcessingStartHook((id, context, done) => {
      log.push(`start ${pattern(context)} ${String(id === ZMQ_TRANSPORT)}`);
      void done();
    });
    running.server.setOnProcessingEndHook((_id, context) => log.push(`end ${pattern(context)}`));
    const client = apps.client([running]);
    expect(await firstValueFrom(client.send('value', {}))).toBe('value');
    expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual([1, 2]);
    await expect(firstValueFrom(client.send('fail', {}))).rejects.toEqual({ status: 'error', message: 'no' });
    client.emit('event', 1);
    await until(() => log.includes('end event'));
    expect(log).toEqual([
      'start value true',
      'run value',
      'end value',
      'start stream true',
      'end stream',
      'start fail true',
      'end fail',
      'start event true',
      'run event 1',
      'end event',
    ]);
  });
});

describe('a hybrid application', () => {
  @Controller()
  class HybridController {
    constructor(@Inject('MATH') private readonly math: ZmqClient) {}

    @MessagePattern('sum')
    sum(@Payload() data: number[]): number {
      return data.reduce((total, number) => total + number, 0);
    }

    @EventPattern('noted')
    noted(@Payload() data: unknown): void {
      log.push(data);
    }

    @Get('sum')
    overHttp(): Observable<number> {
      return this.math.send<number>('sum', [1, 2, 3]);
    }
  }

  it('serves HTTP and calls, its client from ClientsModule, and closes whole', async () => {
    const [calls, events] = ['inproc://hybrid-calls', 'inproc://hybrid-events'];
    const { context } = apps;
    @Module({
      imports: [
        ClientsModule.register([
          { name: 'MATH', customClass: ZmqClient, options: { context, connect: calls, events: { connect: events } } },
        ]),
      ],
      controllers: [HybridController],
    })
    class HybridModule {}
    const app = await NestFactory.create(HybridModule, { logger: false });
    const microservice = app.connectMicroservice<MicroserviceOptions>(
      { strategy: new ZmqServer({ context, bind: calls, events: { bind: events } }) },
      { inheritAppConfig: true },
    );
    const statuses: string[] = [];
    microservice.status.subscribe((status: string) => statuses.push(status));
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/sum`);
    expect(await response.json()).toBe(6);
    const client = app.get<ZmqClient>('MATH');
    await lastValueFrom(client.emit('noted', 'x'), { defaultValue: undefined });
    await until(() => log.length === 1);
    expect(log).toEqual(['x']);
    await app.close();
    await app.close();
    expect(statuses).toEqual([ZmqStatus.CONNECTED, ZmqStatus.DRAINING, ZmqStatus.DISCONNECTED]);
    expect(() => client.unwrap()).toThrow();
  });
});

describe('a client', () => {
  it('is made by ClientProxyFactory and by an asynchronous ClientsModule', async () => {
    const running = await apps.serve([EnhancedController]);
    const made = ClientProxyFactory.create({ customClass: ZmqClient, options: { connect: running.calls } });
    apps.defer(async () => made.close());
    expect(made).toBeInstanceOf(ZmqClient);
    expect(await firstValueFrom(made.send<unknown>('double', 1))).toEqual({ wrapped: 2 });

    @Module({
      imports: [
        ClientsModule.registerAsync([
          {
            name: 'LATER',
            useFactory: async () => {
              await turns();
              return { customClass: ZmqClient, options: { connect: running.calls } };
            },
          },
        ]),
      ],
    })
    class AsyncModule {}
    const app = await NestFactory.createApplicationContext(AsyncModule, { logger: false });
    const client = app.get<ZmqClient>('LATER');
    expect(await firstValueFrom(client.send('double', 2))).toEqual({ wrapped: 4 });
    await app.close();
    expect(client.stats()).toBeUndefined();
  });
});

describe('a server', () => {
  it('tells its endpoints, its status, its events and its sockets', async () => {
    const events: unknown[][] = [];
    const server = new ZmqServer({ bind: ['tcp://127.0.0.1:*', 'ipc://*'], events: { bind: 'tcp://127.0.0.1:*' } });
    expect(() => server.unwrap()).toThrow('Not initialized');
    expect(server.stats()).toBeUndefined();
    server.on('listening', (info) => events.push(['listening', info]));
    server.on('connect', (peer) => events.push(['connect', peer.socketType]));
    server.on('disconnect', (peer, reason) => events.push(['disconnect', peer.socketType, typeof reason.code]));
    server.on('drain', () => events.push(['drain']));
    server.on('close', () => events.push(['close']));
    server.on('listening', () => {
      throw new Error('a listener that throws disturbs nobody');
    });
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf([EnhancedController]), {
      strategy: server,
      logger: false,
    });
    const info = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
    expect(info).toEqual({
      calls: [expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/), expect.stringMatching(/^ipc:\/\/.+/)],
      events: [expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/)],
    });
    const sockets = app.unwrap<{ calls: Router; events: Subscriber }>();
    expect(sockets.calls).toBeInstanceOf(Router);
    expect(sockets.events).toBeInstanceOf(Subscriber);
    for (const connect of info.calls) {
      const client = apps.bareClient({ connect });
      expect(await firstValueFrom(client.send('double', 1))).toEqual({ wrapped: 2 });
      await client.close();
    }
    await until(() => events.filter(([name]) => name === 'disconnect').length === 2);
    await app.close();
    expect(events).toEqual([
      ['listening', info],
      ['connect', 'DEALER'],
      ['disconnect', 'DEALER', 'string'],
      ['connect', 'DEALER'],
      ['disconnect', 'DEALER', 'string'],
      ['drain'],
      ['close'],
    ]);
  });

  it('fails to listen with the reason, leaves nothing open, and can try again', async () => {
    const running = await apps.serve([EnhancedController]);
    const server = new ZmqServer({
      bind: running.calls,
      events: { bind: 'inproc://taken-later' },
      context: apps.context,
    });
    const listen = (): Promise<unknown> =>
      new Promise(
        (resolve, reject) => void server.listen((error, info) => (error ? reject(error as Error) : resolve(info))),
      );
    await expect(listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await running.app.close();
    expect(await listen()).toMatchObject({ calls: running.calls, events: ['inproc://taken-later'] });
    await server.close();
    expect(await listen()).toMatchObject({ calls: running.calls });
    await server.close();
  });

  it('may be closed before, during and after listen, any number of times', async () => {
    const server = new ZmqServer({
      bind: 'tcp://127.0.0.1:*',
      events: { bind: 'tcp://127.0.0.1:*' },
      context: apps.context,
    });
    await server.close();
    const listening = new Promise((resolve) => void server.listen((error) => resolve(error)));
    await Promise.all([server.close(), server.close(), listening]);
    expect(server.stats()).toBeUndefined();
    // A start that comes while it closes is for the next `close()`, which waits for it.
    const listenAgain = () => new Promise((resolve) => void server.listen((error, info) => resolve(error ?? info)));
    await listenAgain();
    const { calls, events } = server.unwrap();
    const ended: string[] = [];
    for (const socket of [calls, events]) socket?.events.on('end', () => ended.push('a socket'));
    const first = server.close().then(() => ended.push('first'));
    const again = listenAgain();
    const second = server.close().then(() => ended.push('second'));
    await server.close().then(() => ended.push('third'));
    expect(server.stats()).toBeUndefined();
    expect(await again).toMatchObject({ calls: [expect.any(String)] });
    await Promise.all([first, second]);
    expect(ended).toEqual(['a socket', 'a socket', 'first', 'second', 'third']);
    await server.close();
    expect(server.stats()).toBeUndefined();
  });

  it('refuses handlers that nothing can reach', async () => {
    @Controller()
    class EventController {
      @EventPattern('event')
      event(@Payload() data: unknown): void {
        log.push(data);
      }
    }
    await expect(apps.serve([EventController], { events: undefined })).rejects.toMatchObject({ key: 'events' });
    await expect(apps.serve([EnhancedController], { bind: undefined })).rejects.toMatchObject({ key: 'bind' });
  });

  it("speaks through Nest's logger only", async () => {
    const lines: unknown[] = [];
    const add = (...line: unknown[]): void => void lines.push(line);
    const logger: LoggerService = { log: () => {}, warn: add, error: add };
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf([EnhancedController]), {
      strategy: new ZmqServer({ bind: 'tcp://127.0.0.1:*' }),
      logger,
    });
    apps.defer(() => app.close());
    await app.listen();
    const client = apps.bareClient({ connect: 'tcp://127.0.0.1:1' });
    await expect(lastValueFrom(client.emit('x', 1))).rejects.toThrow('events');
    expect(JSON.stringify(lines)).toContain('ZmqClient');
  });

  it('runs only as many calls at a time as it is told, and none whose deadline has passed', async () => {
    let running = 0;
    let most = 0;
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    @Controller()
    class BusyController {
      @MessagePattern('busy')
      async busy(@Payload() data: unknown): Promise<unknown> {
        most = Math.max(most, ++running);
        log.push(data);
        await gate;
        running--;
        return data;
      }
    }
    const clock = new ManualClock();
    const served = await apps.serve([BusyController], { clock, maxConcurrency: 2, maxWaitingCalls: 3 });
    const client = apps.client([served]);
    const calls = [1, 2, 3, 4].map((n) => firstValueFrom(client.send('busy', n)));
    // It has a connection of its own, which may be the faster one.
    await until(() => served.server.stats()?.calls.waiting === 2);
    const late = apps.client([served], { deadline: 1_000, clock });
    const outcome = firstValueFrom(late.send('busy', 'late')).catch((error: unknown) => error);
    await until(() => served.server.stats()?.calls.waiting === 3);
    await expect(firstValueFrom(client.send('busy', 'too many'))).rejects.toMatchObject({ code: 'OVERLOADED' });
    clock.advance(1_050);
    expect(await outcome).toMatchObject({ code: 'ETIMEDOUT' });
    release();
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4]);
    expect([most, running]).toEqual([2, 0]);
    expect(log).toEqual([1, 2, 3, 4]);
  });

  it('gives the place of a call that ends with its client, or with the server, to no other that ends as well', async () => {
    @Controller()
    class EndlessController {
      @MessagePattern('endless')
      endless(@Payload() data: unknown): Observable<never> {
        log.push(data);
        return NEVER;
      }
    }
    const served = await apps.serve([EndlessController], { maxConcurrency: 1, gracefulShutdown: false });
    const stats = () => served.server.stats()!.calls;
    const [lost, other] = [apps.client([served]), apps.client([served])];
    const outcomes = [1, 2, 3].map((n) => firstValueFrom(lost.send('endless', n)).catch(() => n));
    await until(() => stats().running === 1 && stats().waiting === 2);
    outcomes.push(...[4, 5].map((n) => firstValueFrom(other.send('endless', n)).catch(() => n)));
    await until(() => stats().waiting === 4);
    // Nothing is cancelled first, as `close()` of the client would do: its connection is gone.
    lost.unwrap<{ calls: Dealer }>().calls.close();
    await until(() => stats().cancelled === 3);
    expect(log).toEqual([1, 4]);
    expect(stats()).toMatchObject({ running: 1, waiting: 1 });
    await served.app.close();
    expect(log).toEqual([1, 4]);
    await lost.close();
    expect(await Promise.all(outcomes)).toEqual([1, 2, 3, 4, 5]);
  });
});

it('a strategy that is a provider drains before the modules are destroyed on a signal, if the app asks it to', async () => {
  // The documented way: the order of Nest's shutdown on a signal is the other one.
  @Injectable()
  class Strategy extends ZmqServer implements OnModuleDestroy {
    constructor() {
      super({ bind: 'tcp://127.0.0.1:*' });
    }
    override async onModuleDestroy(): Promise<void> {
      await super.onModuleDestroy();
      log.push('drained');
    }
  }
  const strategy = new Strategy();
  const contexts: BaseRpcContext[] = [];
  strategy.addHandler('x', async (_data: unknown, context: BaseRpcContext) => contexts.push(context));
  await new Promise((resolve) => void strategy.listen(resolve));
  await strategy.onModuleDestroy();
  await strategy.close();
  expect(log).toEqual(['drained']);
});
