import { createContext, Dealer } from '@nest-zmq/core';
import { Logger } from '@nestjs/common';
import { frames, shown } from '../testing/frames.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns, until } from '../testing/turns.js';
import { ZmqClosedError, ZmqOptionsError, ZmqPatternError, ZmqTimeoutError } from '../zmq.errors.js';
import { ZmqRecord } from '../zmq.record.js';
import type { ZmqDeadLetter } from './dead.letters.js';
import { ZmqPoolFullError, ZmqTaskError, ZmqTaskLostError } from './worker.errors.js';
import type { ZmqPoolOptions } from './worker.options.js';
import { ZmqPool } from './zmq.pool.js';

const lines: string[] = [];
beforeAll(() => {
  const keep = (line: unknown) => lines.push(String(line));
  Logger.overrideLogger({ log: () => {}, error: keep, warn: keep });
});
afterEach(() => (lines.length = 0));

/** A worker by its frames: what any language can be. */
class RawWorker {
  readonly got: string[][] = [];
  readonly socket: Dealer;

  constructor(context: ReturnType<typeof createContext>, endpoint: string, credit: number) {
    this.socket = new Dealer({ context });
    this.socket.connect(endpoint);
    this.socket.onMessage((message) => {
      const parts = shown(message);
      if (parts[2] === 'hello') {
        this.send('', '', `credit ${credit}`);
      } else {
        this.got.push(parts);
      }
    });
  }

  send(...parts: string[]): void {
    this.socket.trySend(frames(...parts));
  }

  /** Answers the n-th delivery. */
  answer(n: number, ...answer: string[]): void {
    this.send(this.got[n]![0]!, '', ...answer);
  }
}

function setUp(options: Partial<ZmqPoolOptions> = {}) {
  const clock = new ManualClock();
  const context = createContext({ clock });
  const letters: ZmqDeadLetter[] = [];
  const pool = new ZmqPool('jobs', {
    bind: 'inproc://jobs',
    context,
    clock,
    ack: 'explicit',
    onDeadLetter: (letter) => letters.push(letter),
    ...options,
  });
  const workers: RawWorker[] = [];
  const worker = (credit = 1) => {
    const raw = new RawWorker(context, pool.unwrap().lastEndpoint!, credit);
    workers.push(raw);
    return raw;
  };
  const close = async () => {
    const closed = pool.close();
    for (const { socket } of workers) if (!socket.closed) socket.close();
    await turns(3);
    clock.advance(20_000);
    await turns(3);
    clock.advance(20_000);
    await closed;
  };
  return { clock, context, pool, letters, worker, close };
}

it('pushes a task, and knows when it is done', async () => {
  const { pool, worker, close } = setUp();
  expect(() => pool.unwrap()).toThrow('Please call the "open" method first');
  await pool.open();
  const raw = worker();
  await pool.push('resize', { id: 1 });
  await until(() => raw.got.length === 1);
  expect(raw.got).toEqual([['<00000001>', '', 'resize', '{"id":1}']]);
  expect(pool.stats()).toMatchObject({ pushed: 1, waiting: 0, workers: 1, acks: { unanswered: 1, done: 0 } });
  raw.answer(0, '<02>', '');
  await until(() => pool.stats().acks?.done === 1);
  expect(pool.stats().acks).toMatchObject({ unanswered: 0, queued: 0, deadLetters: 0 });
  await close();
  expect(pool.stats()).toMatchObject({ lost: 0, workers: 0 });
});

it('keeps what was pushed before there is a worker, or before it is open', async () => {
  const { pool, worker, close } = setUp();
  const early = pool.push('early');
  await pool.open();
  await early;
  await pool.push('queued');
  expect(pool.stats()).toMatchObject({ pushed: 2, acks: { queued: 2 } });
  const raw = worker(5);
  await until(() => raw.got.length === 2);
  expect(raw.got.map(([, , name]) => name)).toEqual(['early', 'queued']);
  raw.answer(0, '<02>', '');
  raw.answer(1, '<02>', '');
  await until(() => pool.stats().acks?.done === 2);
  await close();
});

it('gives a worker that leaves what it is sent unread no more than a bound', async () => {
  const { context, pool, close } = setUp({ sendHighWaterMark: 1 });
  await pool.open();
  const raw = new Dealer({ context, receiveHighWaterMark: 1 });
  raw.connect('inproc://jobs');
  // Each of these is answered.
  const count = 101_000;
  for (let i = 0; i < count; i++) await raw.send(frames('', '', 'credit 0'));
  await raw.send(frames('', '', 'credit 5'));
  await raw.send(frames('<0000002a>', '', '<02>', ''));
  await until(() => pool.stats().acks?.strayAnswers === 1);
  const { unread = 0 } = pool.stats().acks ?? {};
  // What the outbox may hold, and the two queues.
  expect(count - unread).toBeLessThan(100_010);
  await pool.push('job');
  expect(pool.stats().acks).toMatchObject({ queued: 1, unanswered: 0 });
  raw.close();
  await until(() => pool.stats().workers === 0);
  await close();
});

it('lets a push wait while the queue is full, in order, and refuses beyond `maxWaiting`', async () => {
  const { pool, worker, close } = setUp({ queueLimit: 2, maxWaiting: 2 });
  await pool.open();
  const accepted: number[] = [];
  const pushes = [1, 2, 3, 4].map((n) => pool.push('job', n).then(() => accepted.push(n)));
  await turns();
  expect(accepted).toEqual([1, 2]);
  await expect(pool.push('job', 5)).rejects.toBeInstanceOf(ZmqPoolFullError);
  expect(pool.stats()).toMatchObject({ pushed: 2, waiting: 2, refused: 1 });
  const raw = worker(1);
  for (let n = 0; n < 4; n++) {
    await until(() => raw.got.length === n + 1);
    raw.answer(n, '<02>', '');
  }
  await Promise.all(pushes);
  expect(accepted).toEqual([1, 2, 3, 4]);
  expect(raw.got.map(([, , , data]) => data)).toEqual(['1', '2', '3', '4']);
  await until(() => pool.stats().acks?.done === 4);
  await close();
});

it('ends the wait of a push at its timeout, at its signal, and at the end', async () => {
  const { clock, pool, close } = setUp({ queueLimit: 0 });
  await pool.open();
  const controller = new AbortController();
  const outcomes = Promise.allSettled([
    pool.push('a', 1, { timeout: 100 }),
    pool.push('b', 1, { signal: controller.signal }),
    pool.push('c', new ZmqRecord(1, undefined, 200)),
    pool.push('d'),
  ]);
  controller.abort(new Error('no longer wanted'));
  clock.advance(200);
  await turns();
  await close();
  expect((await outcomes).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)).toEqual([
    expect.any(ZmqTimeoutError),
    expect.objectContaining({ message: 'no longer wanted' }),
    expect.any(ZmqTimeoutError),
    expect.any(ZmqClosedError),
  ]);
  await expect(pool.push('e')).rejects.toBeInstanceOf(ZmqClosedError);
  await expect(pool.run('e')).rejects.toBeInstanceOf(ZmqClosedError);
});

describe('run', () => {
  it('gives the result, and asks for it', async () => {
    const { pool, worker, close } = setUp();
    await pool.open();
    const raw = worker(3);
    const results = Promise.all([
      pool.run<{ width: number }>('size', 'cat.png'),
      pool.run('bytes', new ZmqRecord(undefined, { tenant: 'a' })),
      pool.run('nothing'),
    ]);
    await until(() => raw.got.length === 3);
    expect(raw.got.map((message) => message.slice(2))).toEqual([
      ['size', '"cat.png"', '{":replies":"one"}'],
      ['bytes', '', '{":replies":"one","tenant":"a"}'],
      ['nothing', '', '{":replies":"one"}'],
    ]);
    raw.answer(2, '<02>', '');
    raw.answer(1, '<01>', '<00ff>', '{":type":"application/octet-stream"}');
    raw.answer(0, '<01>', '{"width":200}');
    expect(await results).toEqual([{ width: 200 }, Buffer.from([0, 255]), undefined]);
    await close();
  });

  it('fails with what the handler threw', async () => {
    const { pool, worker, letters, close } = setUp();
    await pool.open();
    const raw = worker();
    const run = pool.run('job').catch((error: unknown) => error);
    await until(() => raw.got.length === 1);
    raw.answer(0, '<03>', '{"name":"RangeError","message":"too wide","code":"WIDE"}');
    const error = (await run) as ZmqTaskError;
    expect(error).toBeInstanceOf(ZmqTaskError);
    expect(error).toMatchObject({
      code: 'TASK_FAILED',
      message: "Task 'job' failed: too wide",
      task: 'job',
      attempts: 1,
      error: { name: 'RangeError', message: 'too wide', code: 'WIDE' },
    });
    expect(letters).toEqual([]);
    await close();
  });

  it('fails when the answer cannot be read', async () => {
    const { pool, worker, close } = setUp();
    await pool.open();
    const raw = worker(2);
    const runs = Promise.allSettled([pool.run('job'), pool.run('job')]);
    await until(() => raw.got.length === 2);
    raw.answer(0, '<01>', '{');
    raw.answer(1, '<01>', '{}', 'not json');
    expect((await runs).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)).toEqual([
      expect.objectContaining({ code: 'MALFORMED' }),
      expect.objectContaining({ code: 'TASK_FAILED', error: expect.objectContaining({ code: 'MALFORMED' }) }),
    ]);
    expect(pool.stats().acks).toMatchObject({ malformed: 1 });
    await close();
  });

  it('ends at its deadline, and the worker is told', async () => {
    const { clock, pool, worker, close } = setUp();
    await pool.open();
    const raw = worker();
    const [running, waiting] = [pool.run('job', 1, { deadline: 100 }), pool.run('job', 2, { deadline: 100 })];
    const outcomes = Promise.allSettled([running, waiting]);
    await until(() => raw.got.length === 1);
    expect(raw.got[0]!.at(-1)).toBe('{":deadline-ms":"100",":replies":"one"}');
    clock.advance(116);
    await until(() => raw.got.length === 2);
    expect(raw.got[1]).toEqual(['<00000001>', '', '', 'cancel']);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { name: 'ZmqTimeoutError', timeoutMs: 100 } });
    }
    await close();
  });

  it('ends by its signal, wherever it is', async () => {
    const { pool, worker, close } = setUp({ queueLimit: 1 });
    await pool.open();
    const raw = worker();
    const controller = new AbortController();
    const { signal } = controller;
    const outcomes = Promise.allSettled([1, 2, 3].map((n) => pool.run('job', n, { signal })));
    await until(() => raw.got.length === 1);
    expect(pool.stats()).toMatchObject({ waiting: 1, acks: { queued: 1, unanswered: 1 } });
    controller.abort(new Error('enough'));
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { message: 'enough' } });
    await until(() => raw.got.length === 2);
    expect(raw.got[1]!.slice(2)).toEqual(['', 'cancel']);
    expect(pool.stats()).toMatchObject({ waiting: 0, acks: { queued: 0, unanswered: 1 } });
    await expect(pool.run('job', 4, { signal })).rejects.toThrow('enough');
    await close();
  });

  it('fails when its workers are lost too often, and when the pool closes', async () => {
    const { pool, worker, close } = setUp({ maxDeliveries: 1 });
    await pool.open();
    const raw = worker();
    const lost = pool.run('poison').catch((error: unknown) => error);
    await until(() => raw.got.length === 1);
    raw.socket.close();
    expect(await lost).toBeInstanceOf(ZmqTaskLostError);
    const closed = pool.run('job').catch((error: unknown) => error);
    await turns();
    await close();
    expect(await closed).toBeInstanceOf(ZmqClosedError);
  });

  it('needs acknowledgement, a deadline that is one, and a usable name', async () => {
    const { pool, close } = setUp();
    const { pool: plain } = setUp({ ack: 'none', onDeadLetter: undefined });
    await expect(plain.run('job')).rejects.toBeInstanceOf(ZmqOptionsError);
    expect(() => plain.onDeadLetter(() => {})).toThrow("Option 'ack'");
    await expect(pool.run('job', 1, { deadline: 0 })).rejects.toMatchObject({ key: 'deadline' });
    await expect(pool.run('')).rejects.toBeInstanceOf(ZmqPatternError);
    await expect(pool.push('job', new ZmqRecord(1, { ':a': 'b' }))).rejects.toBeInstanceOf(ZmqPatternError);
    await expect(pool.push('job', 1n)).rejects.toMatchObject({ code: 'CODEC' });
    await close();
    await plain.close();
  });
});

describe('a pushed task that is given up', () => {
  it('is told to the hook with its data and the reason', async () => {
    const { clock, pool, worker, letters, close } = setUp({ maxDeliveries: 2, ackTimeout: 1_000 });
    await pool.open();
    const raw = worker(3);
    await pool.push('failed', new ZmqRecord({ a: 1 }, { tenant: 'a' }));
    await pool.push('silent', Buffer.from('abc'));
    await until(() => raw.got.length === 2);
    raw.answer(0, '<03>', '{"message":"no"}');
    await until(() => letters.length === 1);
    clock.advance(1_016);
    await until(() => raw.got.some(([, , name, verb]) => name === '' && verb === 'cancel'));
    await until(() => raw.got.filter(([, , name]) => name === 'silent').length === 2);
    expect(raw.got.at(-1)).toEqual([
      '<00000003>',
      '',
      'silent',
      'abc',
      '{":type":"application/octet-stream",":attempt":"2"}',
    ]);
    clock.advance(1_016);
    await until(() => letters.length === 2);
    await pool.push('late', new ZmqRecord(1, undefined, 50));
    clock.advance(66);
    await until(() => letters.length === 3 || raw.got.some(([, , name]) => name === 'late'));
    expect(letters.slice(0, 2)).toEqual([
      {
        pool: 'jobs',
        task: 'failed',
        data: { a: 1 },
        headers: { tenant: 'a' },
        reason: 'failed',
        error: { message: 'no' },
        attempts: 1,
      },
      {
        pool: 'jobs',
        task: 'silent',
        data: Buffer.from('abc'),
        headers: {},
        reason: 'lost',
        error: expect.any(ZmqTaskLostError),
        attempts: 2,
      },
    ]);
    expect(lines).toEqual([]);
    await close();
  });

  it('at its deadline, in the queue', async () => {
    const { clock, pool, letters, close } = setUp();
    await pool.open();
    await pool.push('late', new ZmqRecord(1, undefined, 50));
    clock.advance(66);
    expect(letters).toEqual([expect.objectContaining({ task: 'late', reason: 'expired', attempts: 0 })]);
    await close();
  });

  it('at the end of the pool’s patience: told, counted, logged', async () => {
    const { clock, pool, worker, letters } = setUp({ gracePeriod: 500 });
    await pool.open();
    const raw = worker(1);
    await pool.push('begun');
    await pool.push('waiting');
    await until(() => raw.got.length === 1);
    const closed = pool.close();
    await turns(3);
    clock.advance(449);
    expect(letters).toEqual([]);
    clock.advance(1);
    await closed;
    expect(letters.map(({ task, reason, attempts }) => [task, reason, attempts])).toEqual([
      ['waiting', 'closed', 0],
      ['begun', 'closed', 1],
    ]);
    expect(pool.stats()).toMatchObject({ lost: 2, acks: { deadLetters: 2 } });
    expect(lines).toEqual(['2 tasks were not answered within 450 ms (of gracePeriod: 500 ms) and are given up']);
    raw.socket.close();
  });

  it.each([
    ['at most gracePeriod, hooks for dead letters included', { onDeadLetter: () => new Promise(() => {}) }, 1_000],
    ['as long as the hooks take, within that', {}, 970],
    ['gracePeriod for the answers, where there are no hooks', { onDeadLetter: undefined }, 1_000],
  ])('close() takes %s', async (_, options, closedAt) => {
    const told: number[] = [];
    const onDeadLetter = () => {
      told.push(clock.now());
      return new Promise<void>((resolve) => clock.setTimer(70, resolve));
    };
    const { clock, pool, worker } = setUp({ gracePeriod: 1_000, onDeadLetter, ...options });
    await pool.open();
    const raw = worker(1);
    await pool.push('begun');
    await until(() => raw.got.length === 1);
    const start = clock.now();
    let took: number | undefined;
    const closed = pool.close().then(() => (took = clock.now() - start));
    await turns(3);
    // The socket closes in turns, not in time.
    for (; took === undefined && clock.now() - start < 3_000; await turns(3)) clock.advance(10);
    await closed;
    expect(took).toBe(closedAt);
    expect(told).toEqual('onDeadLetter' in options ? [] : [start + 900]);
    raw.socket.close();
  });

  it('is not given up when the pool can finish it', async () => {
    const { pool, worker, letters } = setUp();
    await pool.open();
    const raw = worker(1);
    await pool.push('one');
    await pool.push('two');
    const closed = pool.close();
    for (const n of [0, 1]) {
      await until(() => raw.got.length === n + 1);
      raw.answer(n, '<02>', '');
    }
    await closed;
    expect([letters, pool.stats().lost, pool.stats().acks?.done]).toEqual([[], 0, 2]);
    raw.socket.close();
  });
});

it('lets a worker go that has said it stops, and gives others what it hands back', async () => {
  const { pool, worker, close } = setUp();
  await pool.open();
  const raw = worker(2);
  await pool.push('begun');
  await pool.push('waiting');
  await until(() => raw.got.length === 2);
  const other = worker(1);
  raw.send('', '', 'credit 0');
  raw.answer(1, '<05>', '');
  await until(() => other.got.length === 1);
  expect(other.got[0]!.slice(2)).toEqual(['waiting', '']);
  raw.answer(0, '<02>', '');
  await until(() => raw.got.length === 3);
  expect(raw.got[2]).toEqual(['', '', 'drained']);
  other.answer(0, '<02>', '');
  await until(() => pool.stats().acks?.done === 2);
  await close();
});

it('counts what is no message of a worker', async () => {
  const { pool, worker, close } = setUp();
  await pool.open();
  const raw = worker();
  raw.send('what', 'is', 'this');
  raw.send('', '', 'load 1');
  raw.send('<0000002a>', '', '<02>', '');
  await until(() => pool.stats().acks?.strayAnswers === 1);
  expect(pool.stats().acks).toMatchObject({ malformed: 1, unknownVerbs: 1 });
  await close();
});
