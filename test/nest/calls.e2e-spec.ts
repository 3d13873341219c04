import { Catch, Controller, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { type ZmqClient, ZmqContext, ZmqRecordBuilder } from '@nest-zmq/transport';
import {
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { Apps, type RunningServer, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { until } from './turns.js';

/** What happened in the handlers of a test. */
const seen = { events: [] as unknown[], aborted: 0, started: 0, unsubscribed: 0 };
let source = new Subject<number>();

/** Gives an error as it is, whatever it is. */
@Catch(RpcException)
class RawFilter implements ExceptionFilter<RpcException> {
  catch(exception: RpcException): Observable<never> {
    return throwError(() => (exception.getError() as { raw: unknown }).raw);
  }
}

@Controller()
class CallsController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern({ cmd: 'sum', version: 1 })
  async sum(@Payload() data: number[]): Promise<number> {
    return data.reduce((total, number) => total + number, 0);
  }

  @MessagePattern(7)
  seven(): string {
    return 'seven';
  }

  @MessagePattern('1e3')
  thousand(): string {
    return 'not a number';
  }

  @MessagePattern('null')
  nullPattern(): string {
    return 'not null';
  }

  @MessagePattern('undefined')
  giveUndefined(): void {}

  @MessagePattern('null value')
  giveNull(): null {
    return null;
  }

  @MessagePattern('stream')
  stream(@Payload() count: number): Observable<{ index: number }> {
    return from(Array.from({ length: count }, (_, index) => ({ index })));
  }

  @MessagePattern('late stream')
  async lateStream(): Promise<Observable<number>> {
    return of(1, 2, 3);
  }

  @MessagePattern('source')
  source(): Observable<number> {
    seen.started++;
    return source;
  }

  @MessagePattern('stream then fail')
  streamThenFail(): Observable<number> {
    return from([1, 2, -1]).pipe(
      map((value) => {
        if (value < 0) throw new RpcException({ code: 'NEGATIVE', message: 'negative' });
        return value;
      }),
    );
  }

  @MessagePattern('throw')
  throwError(@Payload() kind: string): unknown {
    const errors: Record<string, unknown> = {
      error: new Error('secret'),
      text: new RpcException('said'),
      object: new RpcException({ code: 42, message: 'said', list: [1] }),
      undefined: undefined,
    };
    throw errors[kind];
  }

  @UseFilters(new RawFilter())
  @MessagePattern('falsy')
  falsy(@Payload() kind: string): Observable<never> {
    const errors: Record<string, unknown> = { zero: 0, empty: '', null: null, undefined: undefined };
    return throwError(() => new RpcException({ raw: errors[kind] }));
  }

  @MessagePattern('unencodable')
  unencodable(): bigint {
    return 1n;
  }

  @MessagePattern('huge')
  huge(@Payload() kind: string): unknown {
    const huge = 17 * 1024 * 1024;
    if (kind === 'error') throw new RpcException({ message: 'x'.repeat(huge) });
    return kind === 'bytes' ? Buffer.alloc(huge) : 'x'.repeat(huge);
  }

  @MessagePattern('never')
  never(@Ctx() ctx: ZmqContext): Observable<never> {
    seen.started++;
    ctx.signal.addEventListener('abort', () => seen.aborted++);
    return NEVER;
  }

  @MessagePattern('context')
  context(@Payload() data: unknown, @Ctx() ctx: ZmqContext): unknown {
    return { data, pattern: ctx.getPattern(), headers: ctx.getHeaders(), metadata: ctx.getMetadata() ?? 'none' };
  }

  @MessagePattern('peer')
  peer(@Ctx() ctx: ZmqContext): unknown {
    const { socketType, properties } = ctx.getPeer();
    return { socketType, nest: properties['X-Nest-Zmq'], name: properties['X-Name'], own: ctx instanceof ZmqContext };
  }

  @EventPattern('echo')
  echoEvent(@Payload() data: unknown): void {
    seen.events.push(data);
  }

  @EventPattern('only event')
  onlyEvent(@Payload() data: unknown): void {
    seen.events.push(data);
  }
}

describe.each(transports)('calls over %s', (transport) => {
  let apps: Apps;
  let running: RunningServer;
  let client: ZmqClient;
  const call = (pattern: unknown, data: unknown = {}): Promise<unknown> =>
    lastValueFrom(client.send(pattern, data), { defaultValue: 'no value' });
  const all = (pattern: unknown, data: unknown = {}): Promise<unknown[]> =>
    lastValueFrom(client.send<unknown>(pattern, data).pipe(toArray()));

  beforeAll(async () => {
    apps = new Apps(transport);
    running = await apps.serve([CallsController], { peerName: 'the server' });
    client = apps.client([running], { peerName: 'the client' });
    await client.connect();
  });
  afterAll(() => apps.close());
  beforeEach(() => {
    Object.assign(seen, { events: [], aborted: 0, started: 0, unsubscribed: 0 });
    source = new Subject();
  });

  it.each([[1], ['text'], ['ä€😀'], [''], [0], [false], [[]], [{ a: { b: [null, 1.5] } }]])(
    'gives back %j',
    async (data) => {
      expect(await call('echo', data)).toEqual(data);
    },
  );

  it('carries bytes as bytes', async () => {
    const bytes = Buffer.from([0, 1, 254, 255]);
    expect(await call('echo', bytes)).toEqual(bytes);
    expect(await call('echo', new Uint8Array(0))).toEqual(Buffer.alloc(0));
    const large = Buffer.alloc(300_000, 'x');
    expect(large.equals((await call('echo', large)) as Buffer)).toBe(true);
  });

  it('finds object and number patterns, and texts that look like JSON', async () => {
    expect(await call({ version: 1, cmd: 'sum' }, [1, 2, 3])).toBe(6);
    expect(await call(7)).toBe('seven');
    expect(await call('1e3')).toBe('not a number');
    expect(await call('null')).toBe('not null');
  });

  it('completes without a value for undefined, and gives null as a value', async () => {
    expect(await all('undefined')).toEqual([]);
    expect(await all('null value')).toEqual([null]);
  });

  it('streams in order, and completes', async () => {
    const values = await all('stream', 5_000);
    expect(values).toHaveLength(5_000);
    expect(values.every((value, index) => (value as { index: number }).index === index)).toBe(true);
    expect(await all('stream', 0)).toEqual([]);
    expect(await all('late stream')).toEqual([1, 2, 3]);
  });

  it('gives the values of a stream when they come', async () => {
    const values: number[] = [];
    let completed = false;
    client
      .send<number>('source', {})
      .subscribe({ next: (value) => values.push(value), complete: () => (completed = true) });
    await until(() => seen.started === 1);
    source.next(1);
    await until(() => values.length === 1);
    source.next(2);
    source.complete();
    await until(() => completed);
    expect(values).toEqual([1, 2]);
  });

  it.each([
    ['error', { status: 'error', message: 'Internal server error' }],
    ['text', { status: 'error', message: 'said' }],
    ['object', { code: 42, message: 'said', list: [1] }],
    ['undefined', { status: 'error', message: 'Internal server error' }],
  ])('gives what Nest makes of a thrown %s', async (kind, error) => {
    await expect(call('throw', kind)).rejects.toEqual(error);
  });

  it.each(['zero', 'empty', 'null', 'undefined'])('takes a falsy error for an error: %s', async (kind) => {
    await expect(call('falsy', kind)).rejects.toMatchObject({ message: expect.any(String) });
  });

  it('gives the values before the error', async () => {
    const values: unknown[] = [];
    const error = await new Promise((resolve) =>
      client.send('stream then fail', {}).subscribe({ next: (value) => values.push(value), error: resolve }),
    );
    expect(values).toEqual([1, 2]);
    expect(error).toEqual({ code: 'NEGATIVE', message: 'negative' });
  });

  it('fails a call whose result has no form on the wire, and only that', async () => {
    await expect(call('unencodable')).rejects.toMatchObject({ name: 'ZmqCodecError' });
    expect(await call('echo', 1)).toBe(1);
  });

  it.each(['bytes', 'text', 'error'])(
    'fails a call whose result is too large to be sent, and only that: %s',
    async (kind) => {
      await expect(call('huge', kind)).rejects.toMatchObject({ name: 'ZmqTooLargeError', code: 'TOO_LARGE' });
      expect(await call('echo', 1)).toBe(1);
    },
  );

  it('does not send what is too large', async () => {
    await expect(call('echo', Buffer.alloc(16 * 1024 * 1024 + 1))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(client.servers()).toHaveLength(1);
  });

  it('says so when there is no handler, also when there is one for events only', async () => {
    const error = {
      message: 'There is no matching message handler defined in the remote service.',
      code: 'NO_HANDLER',
    };
    await expect(call('nothing')).rejects.toMatchObject(error);
    await expect(call('only event')).rejects.toMatchObject(error);
    await expect(call('{"not":"json')).rejects.toMatchObject(error);
  });

  it('keeps calls and events of one pattern apart', async () => {
    expect(await call('echo', 'call')).toBe('call');
    expect(seen.events).toEqual([]);
    await lastValueFrom(client.emit('echo', 'event'), { defaultValue: undefined });
    await until(() => seen.events.length > 0);
    expect(seen.events).toEqual(['event']);
  });

  it('tells the server to stop when the caller unsubscribes', async () => {
    const subscription = client.send('never', {}).subscribe();
    await until(() => seen.started === 1);
    subscription.unsubscribe();
    await until(() => seen.aborted === 1);
    expect(client.stats()?.calls).toMatchObject({ inFlight: 0 });
  });

  it('stops a stream of which the caller takes a part', async () => {
    const taken = firstValueFrom(client.send<number>('source', {}).pipe(take(2), toArray()));
    await until(() => seen.started === 1);
    source.next(1);
    source.next(2);
    expect(await taken).toEqual([1, 2]);
    await until(() => !source.observed);
  });

  it('is cold: each subscription is a call, none is no call', async () => {
    const before = client.stats()?.calls.sent ?? 0;
    const cold = client.send<number>('echo', 1);
    expect(client.stats()?.calls.sent).toBe(before);
    expect([await firstValueFrom(cold), await firstValueFrom(cold)]).toEqual([1, 1]);
    expect(client.stats()?.calls.sent).toBe(before + 2);
  });

  it('runs many at a time, and each gets its own answer', async () => {
    const results = await Promise.all(Array.from({ length: 2_000 }, (_, index) => call('echo', index)));
    expect(results).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
  });

  it('carries headers, of a record and of the dispatch hook', async () => {
    const plain = await call('context', 1);
    expect(plain).toEqual({ data: 1, pattern: 'context', headers: {}, metadata: 'none' });
    client.setOnDispatchHook((packet) => (packet.metadata = { trace: 't', tenant: 'hook' }));
    const record = new ZmqRecordBuilder({ a: 1 }).setHeaders({ tenant: 'ä', 'X-Y': '1' }).build();
    const headers = { trace: 't', tenant: 'ä', 'X-Y': '1' };
    const hooked = await call('context', record);
    client.setOnDispatchHook(() => {});
    expect(hooked).toEqual({ data: { a: 1 }, pattern: 'context', headers, metadata: headers });
  });

  it('refuses headers that belong to the wire, before anything is sent', async () => {
    expect(() => new ZmqRecordBuilder(1).setHeaders({ ':type': 'x' })).toThrow("':type'");
    client.setOnDispatchHook((packet) => (packet.metadata = { ':replies': 'x' }));
    const refused = call('echo', 1);
    client.setOnDispatchHook(() => {});
    await expect(refused).rejects.toMatchObject({ name: 'ZmqPatternError' });
  });

  it('shows who calls, and whom', async () => {
    expect(await call('peer')).toEqual({ socketType: 'DEALER', nest: '1', name: 'the client', own: true });
    expect(client.servers()).toEqual([
      expect.objectContaining({ name: 'the server', inFlight: 0, draining: false, address: expect.any(String) }),
    ]);
    expect(client.servers()[0]?.handled).toBeGreaterThan(0);
  });

  it.each([undefined, null])('refuses nil patterns and data as Nest does: %j', async (nil) => {
    await expect(firstValueFrom(client.send(nil, 1))).rejects.toMatchObject({
      message: expect.stringContaining('invalid data'),
    });
    await expect(firstValueFrom(client.send('echo', nil))).rejects.toThrow('invalid data');
    await expect(firstValueFrom(client.emit('echo', nil))).rejects.toThrow('invalid data');
  });

  it('refuses the empty pattern and the reserved topic', async () => {
    await expect(call('')).rejects.toMatchObject({ name: 'ZmqPatternError' });
    await expect(call('\0ready')).rejects.toMatchObject({ name: 'ZmqPatternError' });
    expect(() => running.server.addHandler('', async () => 1)).toThrow('empty');
  });

  it('keeps a deadline for the whole call, and the server is told', async () => {
    const clock = new ManualClock();
    const timed = apps.client([running], { clock });
    const late = new ZmqRecordBuilder({}).setDeadline(60_000).build();
    const outcome = firstValueFrom(timed.send('never', late)).catch((error: unknown) => error);
    // It runs by then: else there is nobody to be told.
    await until(() => seen.started === 1);
    clock.advance(60_050);
    expect(await outcome).toMatchObject({ code: 'ETIMEDOUT' });
    await until(() => seen.aborted === 1);
  });
});
