import { createContext, Dealer, Pull } from '@nest-zmq/core';
import { Logger } from '@nestjs/common';
import type { ZmqMetricsSource } from '../metrics/zmq.metrics.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns, until } from '../testing/turns.js';
import { ZmqClosedError, ZmqOptionsError, ZmqTimeoutError } from '../zmq.errors.js';
import { ZmqRecord } from '../zmq.record.js';
import { ZmqPool } from './zmq.pool.js';
import type { ZmqPoolOptions } from './worker.options.js';

const lines: string[] = [];
beforeAll(() => {
  Logger.overrideLogger({ log: () => {}, error: () => {}, warn: (line: unknown) => lines.push(String(line)) });
});
afterEach(() => (lines.length = 0));

function setUp(options: Partial<ZmqPoolOptions> = {}) {
  const clock = new ManualClock();
  const context = createContext({ clock });
  const pool = new ZmqPool('jobs', { bind: 'inproc://jobs', context, clock, ...options });
  const worker = (mark = 1) => {
    const pull = new Pull({ context, receiveHighWaterMark: mark });
    pull.connect(pool.unwrap().lastEndpoint!);
    return pull;
  };
  return { clock, context, pool, worker };
}

/** Pushes until the kernel's buffers are full too; what was not accepted by then is given up. */
async function fillUp(pool: ZmqPool): Promise<unknown> {
  const payload = Buffer.alloc(1024 * 1024);
  const controller = new AbortController();
  const { signal } = controller;
  const pushes = Promise.allSettled(Array.from({ length: 50 }, () => pool.push('job', payload, { signal })));
  await until(() => pool.workers.length === 1);
  let before = -1;
  while (pool.stats().pushed !== before) {
    before = pool.stats().pushed;
    await turns(20);
  }
  controller.abort();
  return pushes;
}

it('a worker that is busy for hours, and takes nothing meanwhile, stays', async () => {
  const { pool, worker, clock } = setUp({ bind: 'tcp://127.0.0.1:*', heartbeat: false });
  await pool.open();
  const busy = worker();
  await fillUp(pool);
  for (let hour = 0; hour < 5; hour++) {
    clock.advance(3_600_000);
    await turns(5);
  }
  expect(pool.workers).toHaveLength(1);
  expect(pool.stats().lost).toBe(0);
  expect(await busy.receive()).not.toHaveLength(0);
  busy.close();
  await pool.close();
});

it('opens once, and tells where', async () => {
  const { pool } = setUp({ bind: 'tcp://127.0.0.1:*' });
  expect(() => pool.unwrap()).toThrow('Please call the "open" method first');
  const [endpoints, again] = await Promise.all([pool.open(), pool.open()]);
  expect(endpoints).toEqual([expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/)]);
  expect(again).toBe(endpoints);
  await pool.close();
});

it.each(['none', 'explicit'] as const)(
  'can be opened again after a failure, and is watched only while it is open (ack: %s)',
  async (ack) => {
    const watched = new Set<ZmqMetricsSource>();
    const watch = (source: ZmqMetricsSource) => {
      watched.add(source);
      return () => void watched.delete(source);
    };
    const { context, pool } = setUp({ ack, metrics: { watch, observe: () => {} } });
    const other = new Dealer({ context });
    await other.bind('inproc://jobs');
    await expect(pool.open()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(watched.size).toBe(0);
    other.close();
    expect(await pool.open()).toEqual(['inproc://jobs']);
    expect([...watched]).toEqual([expect.objectContaining({ kind: 'pool', name: 'jobs' })]);
    await pool.close();
    expect(watched.size).toBe(0);
  },
);

it('sends two frames, and a third when there is more to say', async () => {
  const { pool, worker } = setUp();
  await pool.open();
  const pull = worker();
  await pool.push('resize', { id: 1 });
  await pool.push('nothing');
  await pool.push('raw', Buffer.from('abc'));
  await pool.push('headers', new ZmqRecord(1, { tenant: 'a' }));
  const messages: string[][] = [];
  pull.onMessage((message) => messages.push(message.map(String)));
  await until(() => messages.length === 4);
  expect(messages).toEqual([
    ['resize', '{"id":1}'],
    ['nothing', ''],
    ['raw', 'abc', '{":type":"application/octet-stream"}'],
    ['headers', '1', '{"tenant":"a"}'],
  ]);
  pull.close();
  await pool.close();
});

it('accepts as many as both marks allow, then in the order of the calls', async () => {
  const { pool, worker } = setUp({ sendHighWaterMark: 2 });
  await pool.open();
  const pull = worker(1);
  const accepted: number[] = [];
  const pushes = Array.from({ length: 6 }, (_, i) => pool.push('job', i).then(() => accepted.push(i)));
  await until(() => accepted.length === 3);
  await turns(3);
  expect(pool.stats()).toEqual({ pushed: 3, waiting: 3, workers: 1, refused: 0, lost: 0 });
  const names: string[] = [];
  pull.onMessage(([, data]) => names.push(String(data)));
  await Promise.all(pushes);
  await until(() => names.length === 6);
  expect(accepted).toEqual([0, 1, 2, 3, 4, 5]);
  expect(names).toEqual(['0', '1', '2', '3', '4', '5']);
  pull.close();
  await pool.close();
});

it('accepts what was pushed before it was open', async () => {
  const { pool, worker } = setUp();
  const push = pool.push('early');
  await pool.open();
  const pull = worker();
  await push;
  expect(String((await pull.receive())[0])).toBe('early');
  pull.close();
  await pool.close();
});

it('lets a loop of pushes not hold the event loop', async () => {
  const { pool, worker } = setUp({ sendHighWaterMark: 0 });
  await pool.open();
  const pull = worker(0);
  await until(() => pool.workers.length === 1);
  let turned = 0;
  setImmediate(() => turned++);
  for (let i = 0; i < 512; i++) await pool.push('job');
  expect(turned).toBe(1);
  pull.close();
  await pool.close();
});

describe('time', () => {
  it('ends the wait at the timeout of the push, or else of the pool', async () => {
    const { clock, pool } = setUp({ pushTimeout: 1_000 });
    await pool.open();
    const outcomes: unknown[] = [];
    const watch = (push: Promise<void>) => push.catch((error: unknown) => outcomes.push(error));
    const all = [
      watch(pool.push('a')),
      watch(pool.push('b', 1, { timeout: 200 })),
      watch(pool.push('c', 1, { timeout: 0 })),
    ];
    clock.advance(200);
    await turns();
    expect(outcomes).toEqual([expect.any(ZmqTimeoutError)]);
    expect(outcomes[0]).toMatchObject({
      message: "No worker of pool 'jobs' could take the task 'b' within 200 ms",
      timeoutMs: 200,
    });
    clock.advance(800);
    await turns();
    expect(outcomes).toHaveLength(2);
    clock.advance(1e9);
    await turns();
    expect(pool.stats().waiting).toBe(1);
    await pool.close();
    await Promise.all(all);
    expect(outcomes[2]).toBeInstanceOf(ZmqClosedError);
  });

  it('tells the worker what is left of a deadline, and gives up when it has passed', async () => {
    const { clock, pool, worker } = setUp();
    await pool.open();
    const sent = pool.push('sent', new ZmqRecord(1, undefined, 1_000));
    const late = expect(pool.push('late', new ZmqRecord(1, undefined, 300))).rejects.toBeInstanceOf(ZmqTimeoutError);
    clock.advance(400);
    await late;
    const pull = worker();
    await sent;
    expect((await pull.receive()).map(String)).toEqual(['sent', '1', '{":deadline-ms":"600"}']);
    expect(clock.pending).toBe(0);
    pull.close();
    await pool.close();
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 31])('refuses the timeout %d', async (timeout) => {
    const { pool } = setUp();
    await expect(pool.push('job', 1, { timeout })).rejects.toBeInstanceOf(ZmqOptionsError);
  });
});

it('counts and logs what waited here for a worker that is gone', async () => {
  const { pool, worker } = setUp({ bind: 'tcp://127.0.0.1:*', sendHighWaterMark: 4 });
  await pool.open();
  const pull = worker();
  await fillUp(pool);
  pull.close();
  let waiting = 0;
  await until(() => {
    const [peer] = pool.unwrap().peers;
    // To the last the kernel may take one more.
    waiting = peer?.pending ?? waiting;
    return peer === undefined;
  });
  expect(waiting).toBeGreaterThan(0);
  expect(pool.stats().lost).toBe(waiting);
  expect(lines).toEqual([
    expect.stringMatching(`^${waiting} tasks that waited for the worker at .* are lost with it$`),
  ]);
  await pool.close();
});

describe('the end', () => {
  it('is safe before the beginning, and twice', async () => {
    const { pool } = setUp();
    const waiting = expect(pool.push('job')).rejects.toThrow("Pool 'jobs' is closed");
    const closing = pool.close();
    expect(pool.close()).toBe(closing);
    await closing;
    await waiting;
    await expect(pool.open()).rejects.toBeInstanceOf(ZmqClosedError);
    expect(pool.workers).toEqual([]);
  });

  it('waits for an open that is under way', async () => {
    const { pool } = setUp({ bind: 'tcp://127.0.0.1:*' });
    const opening = pool.open();
    await pool.close();
    await opening;
    expect(pool.unwrap().closed).toBe(true);
  });

  it('counts and logs what a worker does not take within linger', async () => {
    const { clock, pool, worker } = setUp({ bind: 'tcp://127.0.0.1:*', linger: 1_000, sendHighWaterMark: 4 });
    await pool.open();
    const pull = worker();
    await fillUp(pool);
    const [peer] = pool.unwrap().peers;
    const closing = pool.close();
    await turns(10);
    const left = peer!.pending;
    expect(left).toBeGreaterThan(0);
    clock.advance(1_000);
    await closing;
    expect(pool.stats().lost).toBe(left);
    expect(lines).toEqual([`${left} tasks were not handed over to their workers within 1000 ms (linger) and are lost`]);
    pull.close();
  });

  it('with linger 0 hands over what the connection takes at once, and counts the rest', async () => {
    const { pool, worker } = setUp({ bind: 'tcp://127.0.0.1:*', linger: 0, sendHighWaterMark: 5 });
    await pool.open();
    const pull = worker();
    await until(() => pool.workers.length === 1);
    // In one turn, so that no connection has taken any.
    const pushes = Array.from({ length: 3 }, () => pool.push('job'));
    await pool.close();
    await Promise.all(pushes);
    expect(pool.stats()).toMatchObject({ pushed: 3, lost: 0 });
    for (let i = 0; i < 3; i++) expect(String((await pull.receive())[0])).toBe('job');
    pull.close();

    const full = setUp({ bind: 'tcp://127.0.0.1:*', linger: 0, sendHighWaterMark: 5 });
    await full.pool.open();
    const busy = full.worker();
    await fillUp(full.pool);
    const left = full.pool.unwrap().peers[0]!.pending;
    expect(left).toBeGreaterThan(0);
    await full.pool.close();
    expect(full.pool.stats().lost).toBe(left);
    busy.close();
  });

  it('over inproc loses nothing: it is with the worker already', async () => {
    const { pool, worker } = setUp({ linger: 0, sendHighWaterMark: 5 });
    await pool.open();
    const pull = worker();
    await until(() => pool.workers.length === 1);
    for (let i = 0; i < 3; i++) await pool.push('job', i);
    await pool.close();
    expect(pool.stats()).toMatchObject({ pushed: 3, lost: 0 });
    for (let i = 0; i < 3; i++) expect((await pull.receive()).map(String)).toEqual(['job', String(i)]);
    pull.close();
  });
});
