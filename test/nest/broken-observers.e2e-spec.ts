import { Controller, Logger } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Context } from '@nest-zmq/core';
import {
  OnTask,
  type ZmqClient,
  ZmqForwarder,
  ZmqServer,
  type ZmqMetrics,
  type ZmqSpan,
  type ZmqTracing,
  ZmqWorker,
} from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, of, toArray } from 'rxjs';
import { Apps, appsForEach } from './support/apps.js';
import { PoolApps } from './support/pool-apps.js';
import { turns, until } from './turns.js';

/*
 * What only watches (a tracer, metrics, Nest's hooks) and is broken: each call, event and task ends as it would without
 * it, and the log has the reason, once. (A rejection that nobody handles fails the test by itself.)
 */

const heard: unknown[] = [];
const runs: unknown[] = [];

@Controller()
class WatchedController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    runs.push(data);
    return data;
  }

  @MessagePattern('stream')
  stream(): unknown {
    return of(1, 2);
  }

  @MessagePattern('fail')
  async fail(): Promise<never> {
    throw new RpcException('on purpose');
  }

  @EventPattern('tick', { concurrency: 1 })
  tick(@Payload() data: unknown): void {
    heard.push(data);
  }
}

@ZmqWorker('jobs')
class WatchedWorker {
  @OnTask('job')
  job(@Payload() data: unknown): unknown {
    runs.push(data);
    return data;
  }

  @OnTask('bad')
  async bad(): Promise<never> {
    throw new RpcException('on purpose');
  }
}

class Broken extends Error {}

const throwing = (): never => {
  throw new Broken('sync');
};
const rejecting = async (): Promise<never> => {
  await turns();
  throw new Broken('async');
};
/** As somebody writes it who does not know that nobody waits for a promise here. */
const asynchronous = rejecting as () => never;

const span: ZmqSpan = { run: (work) => work(), end: () => {} };
const tracer = (broken: object): { tracing: ZmqTracing } => ({
  tracing: { outgoing: () => ({ headers: {}, ...span, ...broken }), incoming: () => ({ ...span, ...broken }) },
});
const meter = (broken: object): { metrics: ZmqMetrics } => ({
  metrics: { watch: () => () => {}, observe: () => {}, ...broken },
});

const observers: Record<string, { tracing?: ZmqTracing; metrics?: ZmqMetrics }> = {
  'outgoing and incoming throw': { tracing: { outgoing: throwing, incoming: throwing } },
  'outgoing and incoming reject': { tracing: { outgoing: asynchronous, incoming: asynchronous } },
  'outgoing and incoming give nothing': {
    tracing: { outgoing: () => undefined as never, incoming: () => null as never },
  },
  'run throws': tracer({ run: throwing }),
  'run throws when the work is done': tracer({ run: (work: () => unknown) => (work(), throwing()) }),
  'run rejects': tracer({ run: asynchronous }),
  'run rejects when the work is done': tracer({
    run: async (work: () => Promise<unknown>) => {
      await Promise.allSettled([work()]);
      return asynchronous();
    },
  }),
  'run does nothing': tracer({ run: () => {} }),
  'run does the work twice': tracer({ run: (work: () => unknown) => (work(), work()) }),
  'run does the work later': tracer({ run: async (work: () => unknown) => (await turns(), work()) }),
  'end throws': tracer({ end: throwing }),
  'end rejects': tracer({ end: asynchronous }),
  'headers that no message can have': tracer({ headers: { ':type': 'x', trace: 1 } }),
  'no headers': tracer({ headers: null }),
  'observe throws': meter({ observe: throwing }),
  'observe rejects': meter({ observe: asynchronous }),
  'watch throws': meter({ watch: throwing }),
  'watch rejects': meter({ watch: asynchronous }),
  'the end of watch throws': meter({ watch: () => throwing }),
  'the end of watch rejects': meter({ watch: () => asynchronous }),
};
const names = Object.keys(observers);
/** Their failure is none of the observer's: nothing to be logged. */
const silent = ['run does nothing', 'run does the work twice', 'run does the work later'];

const failure = (of: Promise<unknown>): Promise<unknown> =>
  of.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
const emit = (client: ZmqClient, data: unknown): Promise<unknown> =>
  lastValueFrom(client.emit('tick', data), { defaultValue: undefined });

let errors: unknown[];
const logger = { log() {}, warn() {}, error: (line: unknown) => void errors.push(line) };

beforeEach(() => {
  errors = [];
  heard.length = 0;
  runs.length = 0;
});

/** At most one line of each kind in ten seconds, from each of those that log. */
function expectLogged(name: string, most: number): void {
  if (silent.includes(name)) expect(errors).toEqual([]);
  else expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThanOrEqual(most);
}

describe('a broken observer of calls and events', () => {
  const apps = appsForEach();

  it.each(names)('%s', async (name) => {
    const options = { ...observers[name], logger };
    const running = await apps().serve([WatchedController], options);
    const client = apps().client([running], options);
    for (let i = 0; i < 3; i++) {
      expect(await firstValueFrom(client.send('echo', i))).toBe(i);
      expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual([1, 2]);
      expect(await failure(firstValueFrom(client.send('fail', {})))).toMatchObject({ message: 'on purpose' });
      expect(await failure(firstValueFrom(client.send('unknown', {})))).toMatchObject({ code: 'NO_HANDLER' });
      await emit(client, i);
    }
    await until(() => heard.length === 3);
    await apps().idle();
    await client.close();
    await running.app.close();
    await turns(5);
    expect([runs, heard]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expectLogged(name, 6);
  });
});

describe.each(['none', 'explicit'] as const)('a broken observer of tasks, ack: %s', (ack) => {
  let apps: PoolApps;
  beforeEach(() => (apps = new PoolApps('tcp', ack)));
  afterEach(() => apps.close());

  it.each(names)('%s', async (name) => {
    const options = { ...observers[name], logger };
    const { pool, endpoint, app } = await apps.pool(options);
    const { workers, app: other } = await apps.workers(endpoint, [WatchedWorker], options);
    for (let i = 0; i < 3; i++) await pool.push('job', i);
    if (ack === 'explicit') {
      expect(await pool.run('job', 3)).toBe(3);
      expect(await failure(pool.run('bad'))).toMatchObject({ name: 'ZmqTaskError' });
    } else {
      await pool.push('job', 3);
      await pool.push('bad');
    }
    await until(() => workers.stats().done === 4 && workers.stats().failed === 1);
    await apps.stop(other);
    await apps.stop(app);
    await turns(5);
    expect(runs).toEqual([0, 1, 2, 3]);
    const ours = errors.filter((error) => !String(error).includes('on purpose'));
    errors = ours;
    expectLogged(name, 6);
  });
});

describe('broken metrics of a forwarder', () => {
  beforeEach(() => Logger.overrideLogger(logger));
  afterEach(() => Logger.overrideLogger(false));

  it.each([
    ['watch throws', ['Error: sync']],
    // And what it gave is nothing that could end it.
    ['watch rejects', ['TypeError: unwatch is not a function', 'Error: async']],
    ['the end of watch throws', ['Error: sync']],
    ['the end of watch rejects', ['Error: async']],
  ])('%s', async (name, logged) => {
    const context = new Context();
    const [publishers, subscribers] = [{ bind: 'inproc://in' }, { bind: 'inproc://out' }];
    const forwarder = new ZmqForwarder({ publishers, subscribers, context, ...observers[name] });
    for (let i = 0; i < 3; i++) {
      await forwarder.open();
      expect(forwarder.stats()).toMatchObject({ publishers: 0, subscribers: 0 });
      await forwarder.close();
      expect(context.sockets).toBe(0);
    }
    await turns(5);
    expect(errors.map(String)).toEqual(logged);
  });
});

it('listeners of a server and of a client that reject disturb nobody', async () => {
  const apps = new Apps();
  const server = apps.track(new ZmqServer(apps.serverOptions({ logger })));
  for (const event of ['listening', 'connect', 'disconnect', 'drain', 'close'] as const) server.on(event, asynchronous);
  await server.listen(() => {});
  const client = apps.bareClient({ connect: server.unwrap().calls!.lastEndpoint!, logger });
  for (const event of ['connect', 'disconnect', 'drain'] as const) client.on(event, asynchronous);
  await client.connect();
  await server.close();
  await until(() => client.servers().length === 0);
  await turns(5);
  await apps.close();
  expect(errors.map(String)).toEqual(Array.from({ length: 8 }, () => 'Error: async'));
});

describe("Nest's hooks", () => {
  const apps = appsForEach();
  const start = async () => {
    const running = await apps().serve([WatchedController], { logger });
    return { server: running.server, client: apps().client([running], { logger }) };
  };

  it('that reject when the handler has begun fail nothing', async () => {
    const { server, client } = await start();
    server.setOnProcessingStartHook((_transport, _context, done) => done().then(asynchronous) as never);
    server.setOnProcessingEndHook(asynchronous);
    client.setOnDispatchHook(asynchronous);
    for (let i = 0; i < 3; i++) {
      expect(await firstValueFrom(client.send('echo', i))).toBe(i);
      await emit(client, i);
    }
    await until(() => heard.length === 3);
    await apps().idle();
    await turns(5);
    // Start, end, dispatch.
    expect(errors.map(String)).toEqual(Array.from({ length: 3 }, () => 'Error: async'));
  });

  it('that throw when the handler has begun fail nothing, and give back its place once', async () => {
    const { server, client } = await start();
    server.setOnProcessingStartHook((_transport, _context, done) => {
      void done();
      throwing();
    });
    for (let i = 0; i < 3; i++) {
      expect(await firstValueFrom(client.send('echo', i))).toBe(i);
      await emit(client, i);
    }
    await until(() => heard.length === 3);
    expect(server.stats()).toMatchObject({ calls: { running: 0, failed: 0 }, events: { running: 0, failed: 0 } });
    expect(errors.map(String)).toEqual(['Error: sync']);
  });

  it.each([
    ['throw', throwing, 'sync'],
    ['reject', asynchronous, 'async'],
  ])('that %s before the handler may begin fail it, and it is not run', async (_how, hook, error) => {
    const { server, client } = await start();
    server.setOnProcessingStartHook(hook);
    for (let i = 0; i < 2; i++) {
      expect(await failure(firstValueFrom(client.send('echo', i)))).toMatchObject({ message: expect.anything() });
      await emit(client, i);
    }
    await until(() => server.stats()?.events.failed === 2);
    expect(server.stats()).toMatchObject({ calls: { running: 0, failed: 2 }, events: { running: 0, waiting: 0 } });
    expect([runs, heard]).toEqual([[], []]);
    // One of the calls, one of the events.
    expect(errors.map(String)).toEqual([`Error: ${error}`, `Error: ${error}`]);
  });

  it('of dispatch that throw fail what they stand before, and no event is lost without a word', async () => {
    const { client } = await start();
    client.setOnDispatchHook(throwing);
    expect(await failure(firstValueFrom(client.send('echo', 1)))).toBeInstanceOf(Broken);
    expect(errors).toEqual([]);
    client.emit('tick', 1);
    await until(() => errors.length > 0);
    expect(errors.map(String)).toEqual(['An event was not published: Error: sync']);
    expect(await failure(emit(client, 2))).toBeInstanceOf(Broken);
    await turns(5);
    expect([runs, heard]).toEqual([[], []]);
  });

  it('that fail, and the logger too, leave no call waiting', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const thrown: unknown[] = [];
    const options = { logger: { ...logger, error: throwing }, maxConcurrency: 1 };
    const running = await apps().serve([WatchedController], options);
    const { server } = running;
    const client = apps().client([running], { logger });
    server.setOnProcessingStartHook((_transport, _context, done) => {
      if (runs.push('begun') > 1) throw new Error('of the hook');
      void gate.then(done).catch((error: unknown) => thrown.push(error));
    });
    const calls = Array.from({ length: 4 }, (_, i) => failure(firstValueFrom(client.send('echo', i))));
    await until(() => server.stats()?.calls.waiting === 3);
    open();
    await Promise.all(calls);
    await until(() => thrown.length === 1);
    expect(server.stats()?.calls).toMatchObject({ running: 0, waiting: 0, failed: 3, completed: 1 });
  });

  it('that fail three thousand at once, which have waited, do so one after the other', async () => {
    const waiting = 3_000;
    let opened: () => void = () => {};
    let gate = new Promise<void>((resolve) => (opened = resolve));
    const running = await apps().serve([WatchedController], { logger, maxConcurrency: 1 });
    const { server } = running;
    const client = apps().client([running], { logger });
    server.setOnProcessingStartHook((_transport, _context, done) => {
      if (runs.push('begun') > 1) throwing();
      void gate.then(done);
    });
    const calls = Array.from({ length: waiting + 1 }, (_, i) =>
      failure(firstValueFrom(client.send('echo', i), { defaultValue: 'none' })),
    );
    await until(() => server.stats()?.calls.waiting === waiting);
    opened();
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => (outcome as Error).message !== undefined)).toHaveLength(waiting);
    expect(server.stats()?.calls).toMatchObject({ running: 0, waiting: 0, failed: waiting, completed: 1 });

    // As events, of which the first has the only place of its handler as well.
    runs.length = 0;
    let again: () => void = () => {};
    gate = new Promise((resolve) => (again = resolve));
    for (let i = 0; i <= waiting; i++) await emit(client, i);
    await until(() => server.stats()?.events.waiting === waiting);
    again();
    await until(() => server.stats()?.events.failed === waiting);
    expect(server.stats()?.events).toMatchObject({ received: waiting + 1, running: 0, waiting: 0, dropped: 0 });
    expect(heard).toEqual([0]);
  });

  it('that fail, and the logger too, leave no event waiting', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const thrown: unknown[] = [];
    const running = await apps().serve([WatchedController], { logger: { ...logger, error: throwing } });
    const { server } = running;
    const client = apps().client([running], { logger });
    server.setOnProcessingStartHook((_transport, _context, done) => {
      if (runs.push('begun') > 1) throw new Error('of the hook');
      void gate.then(done).catch((error: unknown) => thrown.push(error));
    });
    for (let i = 0; i < 4; i++) await emit(client, i);
    await until(() => server.stats()?.events.waiting === 3);
    open();
    await until(() => server.stats()?.events.failed === 3);
    await until(() => thrown.length === 1);
    expect(server.stats()?.events).toMatchObject({ running: 0, waiting: 0, dropped: 0 });
    expect(thrown.map(String)).toEqual(['Error: sync']);
  });

  it('that let a handler begin which fails, and the logger too, give back its place', async () => {
    const thrown: unknown[] = [];
    const deserializer = { deserialize: throwing };
    const running = await apps().serve([WatchedController], { logger: { ...logger, error: throwing }, deserializer });
    const { server } = running;
    const client = apps().client([running], { logger });
    server.setOnProcessingStartHook((_transport, _context, done) => {
      void done().catch((error: unknown) => thrown.push(error));
    });
    for (let i = 0; i < 3; i++) await emit(client, i);
    await until(() => server.stats()?.events.failed === 3);
    await until(() => server.stats()?.events.running === 0);
    expect(server.stats()?.events).toMatchObject({ waiting: 0, dropped: 0 });
    expect(thrown.map(String)).toEqual(['Error: sync']);
  });

  it('that let the handler begin twice run it once', async () => {
    const { server, client } = await start();
    server.setOnProcessingStartHook((_transport, _context, done) => {
      void done();
      void done();
    });
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
    await emit(client, 1);
    await until(() => heard.length === 1);
    expect(await firstValueFrom(client.send('echo', 2))).toBe(2);
    expect([runs, heard]).toEqual([[1, 2], [1]]);
    expect(server.stats()).toMatchObject({ calls: { running: 0 }, events: { running: 0 } });
  });
});
