import { Controller, type Type } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { type ZmqClient, type ZmqEventHandlerOptions, type ZmqListenInfo, ZmqServer } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, NEVER, type Observable, Subject } from 'rxjs';
import { appsForEach, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { turns, until } from './turns.js';

const emit = (client: ZmqClient, topic: string, data: unknown): Promise<unknown> =>
  lastValueFrom(client.emit(topic, data), { defaultValue: 'done' });

/** What the handlers of a test do, and when they may go on. */
const desk = {
  started: [] as string[],
  done: [] as string[],
  running: 0,
  most: 0,
  gate: new Subject<void>(),
};

async function work(by: string, data: unknown): Promise<void> {
  desk.started.push(`${by} ${String(data)}`);
  desk.most = Math.max(desk.most, ++desk.running);
  await firstValueFrom(desk.gate, { defaultValue: undefined });
  desk.running--;
  desk.done.push(`${by} ${String(data)}`);
}

const release = (): void => desk.gate.next();

beforeEach(() => {
  Object.assign(desk, { started: [], done: [], running: 0, most: 0, gate: new Subject() });
});

@Controller()
class LimitedController {
  @EventPattern('job', { concurrency: 1, maxWaiting: 3 } satisfies ZmqEventHandlerOptions)
  limited(@Payload() data: unknown): Promise<void> {
    return work('limited', data);
  }

  @EventPattern('job')
  free(@Payload() data: unknown): Promise<void> {
    return work('free', data);
  }

  @MessagePattern('fence')
  fence(): string {
    return 'here';
  }
}

describe.each(transports)('options of an event handler, over %s', (transport) => {
  const apps = appsForEach(transport);

  it('concurrency bounds what runs of it; others of the pattern are not held up; the order stays', async () => {
    const { server, ...running } = await apps().serve([LimitedController]);
    const client = apps().client([{ server, ...running }]);
    for (let i = 1; i <= 4; i++) await emit(client, 'job', i);
    await until(() => desk.started.filter((name) => name.startsWith('free')).length === 4);
    expect(desk.started.filter((name) => name.startsWith('limited'))).toEqual(['limited 1']);
    expect(server.stats()?.events).toMatchObject({ received: 4, running: 5, waiting: 3, dropped: 0 });
    for (let i = 2; i <= 4; i++) {
      release();
      await until(() => desk.started.includes(`limited ${i}`));
    }
    release();
    await until(() => server.stats()?.events.running === 0);
    expect(desk.done.filter((name) => name.startsWith('limited'))).toEqual([
      'limited 1',
      'limited 2',
      'limited 3',
      'limited 4',
    ]);
  });

  it('what is more than maxWaiting is dropped for this handler, and counted', async () => {
    const { server, ...running } = await apps().serve([LimitedController]);
    const client = apps().client([{ server, ...running }]);
    for (let i = 1; i <= 10; i++) await emit(client, 'job', i);
    await until(() => server.stats()?.events.received === 10);
    expect(server.stats()?.events).toMatchObject({ running: 11, waiting: 3, dropped: 6 });
    while (desk.running > 0) {
      release();
      await turns();
    }
    expect(desk.done).toHaveLength(14);
    expect(desk.done.filter((name) => name.startsWith('limited'))).toHaveLength(4);
  });

  it('a server that closes works off what waits', async () => {
    const { server, app, ...running } = await apps().serve([LimitedController]);
    const client = apps().client([{ server, app, ...running }]);
    for (let i = 1; i <= 3; i++) await emit(client, 'job', i);
    await until(() => server.stats()?.events.received === 3);
    let closed = false;
    const closing = app.close().then(() => (closed = true));
    for (let i = 1; i <= 3; i++) {
      await turns(3);
      expect(closed).toBe(false);
      release();
      await until(() => desk.done.includes(`limited ${i}`));
    }
    await closing;
    expect(desk.done).toHaveLength(6);
  });
});

describe('handlers of events', () => {
  const apps = appsForEach();

  it('after the grace period what waits is dropped', async () => {
    const clock = new ManualClock();
    const { server, app, ...running } = await apps().serve([LimitedController], { clock, gracePeriod: 1_000 });
    const client = apps().client([{ server, app, ...running }]);
    for (let i = 1; i <= 3; i++) await emit(client, 'job', i);
    await until(() => server.stats()?.events.received === 3);
    const closing = app.close();
    await turns(3);
    clock.advance(1_050);
    await closing;
    release();
    await turns(3);
    expect(desk.started.filter((name) => name.startsWith('limited'))).toEqual(['limited 1']);
  });

  it('what a server left running at its close takes no place when it listens again', async () => {
    const first = await apps().serve([LimitedController], { gracefulShutdown: false });
    const { server } = first;
    await emit(apps().client([first]), 'job', 1);
    await until(() => desk.started.includes('limited 1'));
    await server.close();

    const { calls, events } = await new Promise<ZmqListenInfo>((resolve, reject) => {
      void server.listen((error, info) => (info === undefined ? reject(error as Error) : resolve(info)));
    });
    const client = apps().client([{ ...first, calls: [...calls], events: [...events] }]);
    for (const i of [2, 3]) await emit(client, 'job', i);
    await until(() => server.stats()?.events.received === 2);
    // Of the free handler both run, of the limited one the first.
    expect(server.stats()?.events).toMatchObject({ running: 3, waiting: 1 });
    expect(desk.started.filter((name) => name.startsWith('limited'))).toEqual(['limited 1', 'limited 2']);
    // The old one ends with the others, and wakes nobody twice.
    release();
    await until(() => desk.started.includes('limited 3'));
    expect(server.stats()?.events).toMatchObject({ running: 1, waiting: 0 });
    release();
    await until(() => server.stats()?.events.running === 0);
    expect(desk.done.filter((name) => name.startsWith('limited'))).toEqual(['limited 1', 'limited 2', 'limited 3']);
  });

  it.each([
    ['concurrency', { concurrency: -1 }],
    ['maxWaiting', { maxWaiting: 'many' }],
  ])('a wrong %s is named, with the pattern', (key, options) => {
    const server = new ZmqServer({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
    const add = (): void => server.addHandler('orders.*', async () => {}, true, options);
    expect(add).toThrow(`Option '${key}': of @EventPattern('orders.*'): must be a whole number`);
  });

  it('keys of other transports are left alone', () => {
    const server = new ZmqServer({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
    expect(() => server.addHandler('x', async () => {}, true, { queue: 'q', qos: 1 })).not.toThrow();
  });

  it('of one pattern do not end each other: one that fails leaves the stream of the other', async () => {
    let unsubscribed = 0;
    const source = new Subject<number>();
    const failing = ((): Type => {
      @Controller()
      class FailingController {
        @EventPattern('both')
        fails(@Payload() _data: unknown): unknown {
          throw new Error('fails');
        }

        @EventPattern('both')
        streams(@Payload() _data: unknown): Observable<number> {
          desk.started.push('stream');
          source.subscribe({ complete: () => unsubscribed++ });
          return source;
        }

        @EventPattern('forever')
        forever(@Payload() _data: unknown): Observable<never> {
          return NEVER;
        }
      }
      return FailingController;
    })();
    const { server, ...running } = await apps().serve([failing], { gracefulShutdown: false });
    const client = apps().client([{ server, ...running }]);
    await emit(client, 'both', 1);
    await until(() => server.stats()?.events.failed === 1 && desk.started.length === 1);
    expect(server.stats()?.events).toMatchObject({ running: 1 });
    expect(source.observed).toBe(true);
    source.complete();
    await until(() => server.stats()?.events.running === 0);
    expect(unsubscribed).toBe(1);
    await emit(client, 'forever', 1);
    await until(() => server.stats()?.events.running === 1);
    // Told to stop with the server.
    apps().leaves('event handlers that run');
  });
});
