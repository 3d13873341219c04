import { decodeRequest, type CallRequest } from '../packet/call.packet.js';
import { type AnswerContent, AnswerStatus, encodeDelivery } from '../packet/delivery.packet.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { frames, shown } from '../testing/frames.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns } from '../testing/turns.js';
import { AckedRunner, PoolLink } from './acked.runner.js';
import { LogLimiter } from '../log.limiter.js';
import type { ZmqTaskContext } from './task.context.js';
import type { ZmqTaskFailure } from './task.failure.js';
import type { RetryPolicy } from './task.retry.js';
import { ZmqFinalError } from './worker.errors.js';

const STATUS = Object.fromEntries(Object.entries(AnswerStatus).map(([name, status]) => [status, name]));

interface Run {
  readonly data: unknown;
  readonly context: ZmqTaskContext;
  readonly done: (result?: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** A pool that delivers, and keeps what is answered. */
class FakePool {
  /** `id status payload` */
  readonly answers: string[] = [];
  readonly contents: (AnswerContent | undefined)[] = [];
  readonly link = new PoolLink(
    { socketType: 'ROUTER', address: '10.0.0.1:4000', properties: {} },
    (envelope, status, content) => {
      const payload = content?.payload === undefined ? '' : ` ${String(content.payload)}`;
      this.answers.push(`${String(envelope.key)} ${STATUS[status]!}${payload}`);
      this.contents.push(content);
    },
  );

  constructor(readonly runner: AckedRunner) {}

  deliver(
    id: number,
    name = 'job',
    more: { attempt?: number; result?: boolean; deadlineMs?: number; payload?: string } = {},
  ): void {
    const { payload = String(id), attempt = 1, result = false, deadlineMs } = more;
    const message = encodeDelivery(id, name, payload, {
      contentType: undefined,
      headers: undefined,
      attempt,
      result,
      deadlineMs,
    });
    this.runner.receive(this.link, decodeRequest(frames(...shown(message)), 0) as CallRequest);
  }

  cancel(id: number): void {
    this.runner.cancel(this.link, { key: id, frames: undefined });
  }
}

function throwing(): never {
  throw new Error('a getter that throws');
}

function setUp({ concurrency = 1, prefetch = 0, retry = {} as Partial<RetryPolicy> } = {}) {
  const clock = new ManualClock();
  const runs: Run[] = [];
  const lines: string[] = [];
  const failures: ZmqTaskFailure[] = [];
  const runner = new AckedRunner({
    pool: 'jobs',
    concurrency,
    credit: concurrency + prefetch,
    handlers: new Map([
      [
        'job',
        {
          retry: { attempts: 1, delayMs: 0, ...retry },
          invoke: (data, context) =>
            new Promise((resolve, reject) => runs.push({ data, context, done: resolve, fail: reject })),
        },
      ],
    ]),
    codecs: new PayloadCodecs(),
    clock,
    log: new LogLimiter(clock, (line) => lines.push(line)),
    onFailure: async (failure) => failures.push(failure),
  });
  return { clock, runner, runs, lines, failures, pool: new FakePool(runner) };
}

describe('a delivery', () => {
  it('is run with its data, and answered when it is done', async () => {
    const { pool, runs, runner, clock } = setUp();
    pool.deliver(1, 'job', { payload: '{"a":1}' });
    expect(runs[0]!.data).toEqual({ a: 1 });
    expect(pool.answers).toEqual([]);
    runs[0]!.done({ not: 'wanted' });
    await turns();
    expect(pool.answers).toEqual(['1 done']);
    expect(runner.counts).toMatchObject({ done: 1, failed: 0 });
    expect([runner.running, runner.waiting, clock.pending]).toEqual([0, 0, 0]);
  });

  it('brings the result to who wants it', async () => {
    const { pool, runs } = setUp({ concurrency: 2 });
    pool.deliver(1, 'job', { result: true });
    pool.deliver(2, 'job', { result: true });
    runs[0]!.done({ width: 200 });
    runs[1]!.done(undefined);
    await turns();
    expect(pool.answers).toEqual(['1 value {"width":200}', '2 done']);
  });

  it('whose result cannot be written has failed', async () => {
    const { pool, runs, failures } = setUp({ retry: { attempts: 5 } });
    pool.deliver(1, 'job', { result: true });
    runs[0]!.done(1n);
    await turns();
    expect(pool.answers).toEqual([expect.stringContaining('1 failed {"name":"ZmqCodecError"')]);
    expect(failures).toHaveLength(1);
    expect(runs).toHaveLength(1);
  });

  it.each([
    [
      'an error with a getter that throws',
      Object.defineProperty(new Error('at least this'), 'detail', { enumerable: true, get: throwing }),
      '1 failed {"name":"Error","message":"at least this"}',
    ],
    ['an object without a text', Object.create(null) as unknown, '1 failed {}'],
    ['nothing', undefined, '1 failed {"name":"Error","message":"undefined"}'],
  ])('is answered whatever its handler throws: %s', async (_what, thrown, answer) => {
    const { pool, runs, runner, failures } = setUp();
    pool.deliver(1);
    runs[0]!.fail(thrown);
    await turns();
    expect(pool.answers).toEqual([answer]);
    expect(failures).toHaveLength(1);
    expect([runner.running, runner.counts.failed]).toEqual([0, 1]);
  });

  it('that comes again says so', () => {
    const { pool, runs } = setUp({ concurrency: 2 });
    pool.deliver(1);
    pool.deliver(2, 'job', { attempt: 3 });
    expect(runs.map(({ context }) => [context.attempt, context.redelivered])).toEqual([
      [1, false],
      [3, true],
    ]);
  });

  it('can be extended while it runs, and not afterwards', async () => {
    const { pool, runs } = setUp();
    pool.deliver(1);
    runs[0]!.context.extend();
    runs[0]!.done();
    await turns();
    runs[0]!.context.extend();
    expect(pool.answers).toEqual(['1 working', '1 done']);
  });

  it('with an id that is in use is ignored', async () => {
    const { pool, runs, runner } = setUp({ concurrency: 2 });
    pool.deliver(1);
    pool.deliver(1);
    expect(runs).toHaveLength(1);
    expect(runner.counts.duplicates).toBe(1);
  });
});

describe('what cannot be run', () => {
  it('is refused with a reason, and takes no place', () => {
    const { pool, runs, runner, lines } = setUp();
    pool.deliver(1, 'nobody knows it');
    pool.deliver(2, 'job', { payload: '{' });
    pool.deliver(3, 'job', { deadlineMs: 0 });
    expect(pool.answers).toEqual([
      '1 failed {"name":"ZmqUnknownTaskError","message":"no @OnTask(\'nobody knows it\') in the worker of pool \'jobs\'","code":"UNKNOWN_TASK"}',
      expect.stringContaining('2 failed {"name":"ZmqMalformedError"'),
      expect.stringContaining('3 failed {"name":"ZmqTimeoutError"'),
    ]);
    expect(runs).toEqual([]);
    expect(runner.counts).toMatchObject({ unknown: 1, malformed: 1, expired: 1, failed: 0 });
    expect(lines).toHaveLength(3);
  });

  it('because the pool ignores the credit is given back', () => {
    const { pool, runs, runner } = setUp({ concurrency: 1, prefetch: 1 });
    for (const id of [1, 2, 3]) pool.deliver(id);
    expect(pool.answers).toEqual(['3 back']);
    expect([runs.length, runner.waiting, runner.counts.refused]).toEqual([1, 1, 1]);
  });
});

describe('waiting', () => {
  it('goes in order over all pools, and tells the pool when it is over', async () => {
    const { pool, runs, runner } = setUp({ concurrency: 1, prefetch: 1 });
    const other = new FakePool(runner);
    pool.deliver(1);
    other.deliver(1);
    pool.deliver(2);
    expect([runner.running, runner.waiting]).toEqual([1, 2]);
    runs[0]!.done();
    await turns();
    expect([pool.answers, other.answers]).toEqual([['1 done'], ['1 working']]);
    runs[1]!.done();
    await turns();
    expect([pool.answers, other.answers]).toEqual([
      ['1 done', '2 working'],
      ['1 working', '1 done'],
    ]);
  });

  it('too long for its deadline ends it unbegun', async () => {
    const { clock, pool, runs, runner } = setUp({ prefetch: 1 });
    pool.deliver(1);
    pool.deliver(2, 'job', { deadlineMs: 100 });
    clock.advance(100);
    runs[0]!.done();
    await turns();
    expect(runs).toHaveLength(1);
    expect(pool.answers).toEqual(['1 done', expect.stringContaining('2 failed {"name":"ZmqTimeoutError"')]);
    expect(runner.counts.expired).toBe(1);
  });
});

describe('a failure', () => {
  it('asks for another run while there are attempts, with a growing delay', async () => {
    const { pool, runs, runner, failures } = setUp({ retry: { attempts: 4, delayMs: 100, backoff: 2 } });
    for (const attempt of [1, 2, 3]) {
      pool.deliver(attempt, 'job', { attempt });
      runs[attempt - 1]!.fail(new Error('no'));
      await turns();
    }
    expect(pool.answers).toEqual(['1', '2', '3'].map((id) => `${id} again {"name":"Error","message":"no"}`));
    expect(pool.contents.map((content) => content?.delayMs)).toEqual([100, 200, 400]);
    expect(runner.counts).toMatchObject({ retried: 3, failed: 0 });
    expect(failures).toEqual([]);
  });

  it('is final with the last attempt: logged, told to the hook, then answered', async () => {
    const { pool, runs, runner, failures, lines } = setUp({ retry: { attempts: 2 } });
    pool.deliver(1, 'job', { attempt: 2 });
    const error = Object.assign(new Error('no'), { code: 'E_NO' });
    runs[0]!.fail(error);
    await turns();
    expect(pool.answers).toEqual(['1 failed {"name":"Error","message":"no","code":"E_NO"}']);
    expect(failures).toEqual([expect.objectContaining({ pool: 'jobs', task: 'job', data: 1, error, attempts: 2 })]);
    expect(lines).toEqual([expect.stringContaining("Task 'job' failed after 2 of 2 attempts: Error: no")]);
    expect(runner.counts).toMatchObject({ retried: 0, failed: 1 });
  });

  it('is final when it says so', async () => {
    const { pool, runs } = setUp({ retry: { attempts: 9 } });
    pool.deliver(1);
    runs[0]!.fail(new ZmqFinalError('never'));
    await turns();
    expect(pool.answers).toEqual(['1 failed {"name":"ZmqFinalError","message":"never","code":"FINAL"}']);
  });

  it('after the deadline is final, and the signal has told of it', async () => {
    const { clock, pool, runs } = setUp({ retry: { attempts: 9 } });
    pool.deliver(1, 'job', { deadlineMs: 100 });
    clock.advance(40);
    expect(runs[0]!.context.getRemainingTime()).toBe(60);
    clock.advance(60);
    const { signal } = runs[0]!.context;
    expect(signal.reason).toMatchObject({ name: 'ZmqTimeoutError' });
    runs[0]!.fail(signal.reason);
    await turns();
    expect(pool.answers).toEqual([expect.stringContaining('1 failed {"name":"ZmqTimeoutError"')]);
  });
});

describe('a cancel', () => {
  it('aborts what runs, which is answered without noise', async () => {
    const { pool, runs, runner, failures, lines } = setUp({ retry: { attempts: 9 } });
    pool.deliver(1);
    pool.cancel(1);
    const { signal } = runs[0]!.context;
    expect(signal.reason).toMatchObject({ name: 'AbortError' });
    runs[0]!.fail(signal.reason);
    await turns();
    expect(pool.answers).toEqual([expect.stringContaining('1 failed')]);
    expect([failures, lines]).toEqual([[], []]);
    expect(runner.counts).toMatchObject({ cancelled: 1, failed: 0, retried: 0 });
  });

  it('gives back what waits, and is counted when it comes too late', async () => {
    const { pool, runs, runner } = setUp({ prefetch: 1 });
    pool.deliver(1);
    pool.deliver(2);
    pool.cancel(2);
    pool.cancel(2);
    expect(pool.answers).toEqual(['2 back']);
    runs[0]!.done();
    await turns();
    expect(runs).toHaveLength(1);
    expect(runner.counts).toMatchObject({ handedBack: 1, strayCancels: 1 });
  });
});

describe('a pool that is lost', () => {
  it('has what runs finished, its answers dropped and counted, and what waits forgotten', async () => {
    const { pool, runs, runner } = setUp({ prefetch: 1 });
    pool.deliver(1);
    pool.deliver(2);
    runner.left(pool.link);
    expect([runner.running, runner.waiting]).toEqual([1, 0]);
    expect(runs[0]!.context.signal.aborted).toBe(false);
    runs[0]!.context.extend();
    runs[0]!.done();
    await turns();
    expect(pool.answers).toEqual([]);
    expect(runs).toHaveLength(1);
    expect(runner.counts).toMatchObject({ done: 1, droppedAnswers: 1 });
  });
});

describe('the end', () => {
  it('hands back what waits and what comes, and finishes what runs', async () => {
    const { pool, runs, runner } = setUp({ prefetch: 1 });
    pool.deliver(1);
    pool.deliver(2);
    runner.stop();
    pool.deliver(3);
    expect(pool.answers).toEqual(['2 back', '3 back']);
    let idle = false;
    void runner.idle().then(() => (idle = true));
    await turns();
    expect(idle).toBe(false);
    runs[0]!.done();
    await turns();
    expect(idle).toBe(true);
    expect(pool.answers).toEqual(['2 back', '3 back', '1 done']);
    expect(runner.abandon()).toBe(0);
  });

  it('of its patience hands back what runs as begun, once', async () => {
    const { pool, runs, runner, failures } = setUp();
    pool.deliver(1);
    runner.stop();
    expect(runner.abandon()).toBe(1);
    const { signal } = runs[0]!.context;
    expect(signal.reason).toMatchObject({ name: 'ZmqClosedError' });
    runs[0]!.fail(signal.reason);
    await turns();
    expect(pool.answers).toEqual([expect.stringContaining('1 again {"name":"ZmqClosedError"')]);
    expect(failures).toEqual([]);
    await runner.idle();
  });
});
