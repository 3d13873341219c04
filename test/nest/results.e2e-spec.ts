import { Readable } from 'node:stream';
import {
  BadRequestException,
  Controller,
  Get,
  HttpException,
  Inject,
  NotFoundException,
  type INestMicroservice,
  type NestInterceptor,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { type ClientProxy, Ctx, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Dealer } from '@nest-zmq/core';
import { HttpToRpcExceptionFilter, type ZmqClient, type ZmqContext, ZmqRecordBuilder } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, type Observable, of, take, toArray } from 'rxjs';
import { appsForEach, type RunningServer, transports } from './support/apps.js';
import { ask as askHttp } from './support/http.js';
import { ManualClock } from './support/manual.clock.js';
import { ask, frames } from './support/raw.js';
import { turns, until } from './turns.js';

const seen = { asked: 0, ended: 0, aborted: 0 };
let gate: Promise<void> = Promise.resolve();

async function* count(to: number): AsyncGenerator<number> {
  try {
    for (let i = 1; i <= to; i++) {
      seen.asked++;
      yield i;
    }
  } finally {
    seen.ended++;
  }
}

@Controller()
class ResultsController {
  @MessagePattern('generator')
  generator(@Payload() to: number): AsyncGenerator<number> {
    return count(to);
  }

  @MessagePattern('promised generator')
  async promised(@Payload() to: number): Promise<AsyncGenerator<number>> {
    await gate;
    return count(to);
  }

  @MessagePattern('large')
  async *large(): AsyncGenerator<string> {
    for (let i = 0; i < 100_000; i++) {
      seen.asked++;
      yield 'x'.repeat(256 * 1024);
    }
  }

  @MessagePattern('fails')
  async *fails(@Payload() kind: string): AsyncGenerator<number> {
    yield 1;
    if (kind === 'rpc') throw new RpcException({ code: 'NO', message: 'no' });
    throw new Error('secret');
  }

  @MessagePattern('waits')
  async *waits(@Ctx() context: ZmqContext): AsyncGenerator<number> {
    try {
      yield 1;
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      seen.aborted++;
    } finally {
      seen.ended++;
    }
  }

  @MessagePattern('with gaps')
  async *gaps(): AsyncGenerator<unknown> {
    yield undefined;
    yield null;
    yield 0;
    yield '';
    yield Buffer.from([255]);
  }

  @MessagePattern('readable')
  readable(): Readable {
    return Readable.from([Buffer.from('a'), Buffer.from('b')]);
  }

  @MessagePattern('never readable')
  neverReadable(): Readable {
    const stream = new Readable({ read: () => {} });
    stream.on('close', () => seen.ended++);
    return stream;
  }

  @MessagePattern('bad iterable')
  badIterable(): object {
    return {
      [Symbol.asyncIterator]() {
        throw new RpcException('no iterator');
      },
    };
  }

  @MessagePattern('promised Observable')
  async promisedObservable(): Promise<Observable<number>> {
    return of(1, 2, 3);
  }

  @MessagePattern('value')
  value(@Payload() kind: string): unknown {
    const values: Record<string, unknown> = { zero: 0, empty: '', false: false, null: null, undefined: undefined };
    return values[kind];
  }
}

const passing: NestInterceptor = { intercept: (_context, next) => next.handle() };

@Controller()
@UseInterceptors(passing)
class InterceptedController extends ResultsController {}

describe.each(transports)('what a handler may give, over %s', (transport) => {
  const apps = appsForEach(transport);
  let running: RunningServer;
  let client: ZmqClient;
  const all = (pattern: string, data: unknown = {}): Promise<unknown[]> =>
    lastValueFrom(client.send<unknown>(pattern, data).pipe(toArray()));

  beforeEach(async () => {
    Object.assign(seen, { asked: 0, ended: 0, aborted: 0 });
    gate = Promise.resolve();
    running = await apps().serve([ResultsController]);
    client = apps().client([running]);
  });

  it.each([
    ['zero', [0]],
    ['empty', ['']],
    ['false', [false]],
    ['null', [null]],
    ['undefined', []],
  ])('a value without truth: %s', async (kind, values) => {
    expect(await all('value', kind)).toEqual(values);
  });

  it('a promise of an Observable', async () => {
    expect(await all('promised Observable')).toEqual([1, 2, 3]);
  });

  it.each(['generator', 'promised generator'])('an async %s', async (pattern) => {
    expect(await all(pattern, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(await all(pattern, 0)).toEqual([]);
    await until(() => seen.ended === 2);
  });

  it('values of a generator as they are, without those that are undefined', async () => {
    expect(await all('with gaps')).toEqual([null, 0, '', Buffer.from([255])]);
  });

  it('a stream of Node: its chunks as bytes', async () => {
    expect(await all('readable')).toEqual([Buffer.from('a'), Buffer.from('b')]);
  });

  it('an async generator that fails: the values before, then what Nest makes of the error', async () => {
    const outcome = async (kind: string): Promise<unknown[]> => {
      const values: unknown[] = [];
      const error = await new Promise((resolve) =>
        client.send('fails', kind).subscribe({ next: (value) => values.push(value), error: resolve }),
      );
      return [...values, error];
    };
    expect(await outcome('rpc')).toEqual([1, { code: 'NO', message: 'no' }]);
    expect(await outcome('plain')).toEqual([1, { status: 'error', message: 'Internal server error' }]);
    await expect(all('bad iterable')).rejects.toEqual({ status: 'error', message: 'no iterator' });
  });

  it('and stops a generator of which the caller takes a part', async () => {
    expect(await lastValueFrom(client.send('waits', {}).pipe(take(1), toArray()))).toEqual([1]);
    await until(() => seen.ended === 1);
    expect(seen.aborted).toBe(1);
    const subscription = client.send('never readable', {}).subscribe();
    await until(() => running.server.stats()?.calls.running === 1);
    subscription.unsubscribe();
    await until(() => seen.ended === 2);
  });

  it('and does not start a generator whose caller has gone', async () => {
    let open: () => void = () => {};
    gate = new Promise((resolve) => (open = resolve));
    const subscription = client.send('promised generator', 5).subscribe();
    await until(() => running.server.stats()?.calls.running === 1);
    subscription.unsubscribe();
    await until(() => running.server.stats()?.calls.cancelled === 1);
    open();
    await until(() => running.server.stats()?.calls.running === 0);
    expect(seen.asked).toBe(0);
  });

  it('one value to a caller of one: the last', async () => {
    const dealer = new Dealer(apps().socketOptions());
    apps().defer(() => dealer.close());
    dealer.connect(running.calls[0] ?? '');
    expect(await ask(dealer, '<00000001>', '', 'generator', '3')).toEqual(['<00000001>', '', '<01>', '3']);
    expect(await ask(dealer, '<00000002>', '', 'generator', '0')).toEqual(['<00000002>', '', '<02>', '']);
    expect((await ask(dealer, '<00000003>', '', 'fails', '"rpc"'))[2]).toBe('<03>');
  });

  describe.each([
    ['an interceptor', InterceptedController, () => {}],
    [
      'a hook before requests',
      ResultsController,
      (app: INestMicroservice) => void app.registerPreRequestHook((_context, next) => next()),
    ],
  ])('and behind %s the same:', (_, controller, prepare) => {
    beforeEach(async () => {
      running = await apps().serve([controller], {}, prepare);
      client = apps().client([running]);
    });

    it('values, generators, streams', async () => {
      expect(await all('value', 'zero')).toEqual([0]);
      expect(await all('promised Observable')).toEqual([1, 2, 3]);
      expect(await all('generator', 100)).toEqual(Array.from({ length: 100 }, (__, i) => i + 1));
      expect(await all('promised generator', 0)).toEqual([]);
      expect(await all('with gaps')).toEqual([null, 0, '', Buffer.from([255])]);
      expect(await all('readable')).toEqual([Buffer.from('a'), Buffer.from('b')]);
      expect(seen.ended).toBe(2);
    });

    it('what a generator throws', async () => {
      await expect(all('fails', 'rpc')).rejects.toEqual({ code: 'NO', message: 'no' });
      await expect(all('fails', 'plain')).rejects.toEqual({ status: 'error', message: 'Internal server error' });
      await expect(all('bad iterable')).rejects.toEqual({ status: 'error', message: 'no iterator' });
    });

    it('its end when the caller goes, until when it holds its place', async () => {
      expect(await lastValueFrom(client.send('waits', {}).pipe(take(1), toArray()))).toEqual([1]);
      await until(() => seen.ended === 1);
      expect(seen.aborted).toBe(1);
      const subscription = client.send('never readable', {}).subscribe();
      await until(() => running.server.stats()?.calls.received === 2);
      await turns(3);
      expect(running.server.stats()?.calls.running).toBe(1);
      subscription.unsubscribe();
      await until(() => seen.ended === 2);
    });

    it('one value to a caller of one', async () => {
      const dealer = new Dealer(apps().socketOptions());
      apps().defer(() => dealer.close());
      dealer.connect(running.calls[0] ?? '');
      expect(await ask(dealer, '<00000001>', '', 'generator', '3')).toEqual(['<00000001>', '', '<01>', '3']);
    });
  });

  it('asks a generator for no more than the caller takes', async () => {
    const small = await apps().serve([ResultsController], { sendHighWaterMarkBytes: 1024 * 1024 });
    // Over inproc the marks of both sides add up, and none on one side is none at all.
    const marks = { receiveHighWaterMark: 1, receiveHighWaterMarkBytes: 1024 };
    const dealer = new Dealer({ ...apps().socketOptions(), ...marks, linger: 0 });
    apps().defer(() => dealer.close());
    dealer.connect(small.calls[0] ?? '');
    await dealer.send(frames('<00000001>', '', 'large', '', '<01>'));
    // It goes on until nothing more is taken: 1 MiB here, and what the system holds.
    let before = -1;
    await until(() => seen.asked > 0);
    while (before !== seen.asked) {
      before = seen.asked;
      await turns(50);
    }
    expect(before).toBeLessThan(200);
    for (let i = 0; i < before; i++) expect((await dealer.receive())[2]).toEqual(Buffer.of(0));
    await until(() => seen.asked > before);
    await dealer.send(frames('<00000001>', '', '', 'cancel'));
    dealer.onMessage(() => {});
    await until(() => small.server.stats()?.calls.running === 0);
  });
});

describe('a generator that gives nothing', () => {
  const apps = appsForEach();

  it('ends with its deadline, and with streamIdleTimeout', async () => {
    Object.assign(seen, { asked: 0, ended: 0, aborted: 0 });
    const clock = new ManualClock();
    const running = await apps().serve([ResultsController], { clock, streamIdleTimeout: 5_000 });
    const client = apps().client([running]);
    const late = lastValueFrom(client.send('waits', new ZmqRecordBuilder({}).setDeadline(1_000).build()));
    const idle = lastValueFrom(client.send('waits', {}));
    const outcomes = Promise.allSettled([late, idle]);
    await until(() => running.server.stats()?.calls.running === 2);
    clock.advance(1_050);
    await until(() => seen.aborted === 1);
    clock.advance(5_000);
    await until(() => seen.aborted === 2);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'ETIMEDOUT' } });
    await until(() => seen.ended === 2);
  });
});

@Controller()
@UseFilters(new HttpToRpcExceptionFilter())
class HttpErrorsController {
  @MessagePattern('http')
  http(@Payload() kind: string): never {
    const errors: Record<string, unknown> = {
      text: new NotFoundException('no such order'),
      object: new BadRequestException({ statusCode: 1, message: 'wrong', fields: ['a'] }),
      plain: new HttpException('I am a teapot', 418),
      validation: new BadRequestException(['a must be a number', 'b should not be empty']),
      rpc: new RpcException('rpc'),
      other: new Error('secret'),
    };
    throw errors[kind];
  }
}

@Controller()
class BareErrorsController {
  @MessagePattern('http')
  http(): never {
    throw new NotFoundException('no such order');
  }
}

describe('errors with a meaning for HTTP', () => {
  const apps = appsForEach();

  it.each([
    ['text', { name: 'NotFoundException', statusCode: 404, message: 'no such order', error: 'Not Found' }],
    ['object', { name: 'BadRequestException', statusCode: 400, message: 'wrong', fields: ['a'] }],
    ['plain', { name: 'HttpException', statusCode: 418, message: 'I am a teapot' }],
    [
      'validation',
      {
        name: 'BadRequestException',
        statusCode: 400,
        message: ['a must be a number', 'b should not be empty'],
        error: 'Bad Request',
      },
    ],
    ['rpc', { status: 'error', message: 'rpc' }],
    ['other', { status: 'error', message: 'Internal server error' }],
  ])('keep it through HttpToRpcExceptionFilter: %s', async (kind, error) => {
    const client = apps().client([await apps().serve([HttpErrorsController])]);
    await expect(firstValueFrom(client.send('http', kind))).rejects.toEqual(error);
  });

  it('lose it without the filter, as in Nest', async () => {
    const client = apps().client([await apps().serve([BareErrorsController])]);
    await expect(firstValueFrom(client.send('http', {}))).rejects.toEqual({
      status: 'error',
      message: 'Internal server error',
    });
  });

  it('come back as the status of the gateway, without a filter there', async () => {
    const client = apps().client([await apps().serve([HttpErrorsController])]);
    @Controller()
    class GatewayController {
      constructor(@Inject('CLIENT') private readonly orders: ClientProxy) {}
      @Get()
      get(): Observable<unknown> {
        return this.orders.send('http', 'text');
      }
    }
    const module = await Test.createTestingModule({
      controllers: [GatewayController],
      providers: [{ provide: 'CLIENT', useValue: client }],
    }).compile();
    module.useLogger(false);
    const app = module.createNestApplication();
    apps().defer(() => app.close());
    await app.listen(0, '127.0.0.1');
    expect(await askHttp(await app.getUrl())).toEqual({
      status: 404,
      body: { statusCode: 404, message: 'no such order' },
    });
  });
});
