import { getEventListeners } from 'node:events';
import { jsonCodec, PayloadCodecs } from '../packet/payload.codec.js';
import { encodeTask } from '../packet/task.packet.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns } from '../testing/turns.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { LogLimiter } from '../log.limiter.js';
import type { ZmqTaskContext } from './task.context.js';
import { ZmqFinalError } from './worker.errors.js';
import type { ZmqTaskFailure } from './task.failure.js';
import type { RetryPolicy } from './task.retry.js';
import { type TaskHandler, TaskRunner, type TaskSink, type TaskSource } from './task.runner.js';

const peer: ZmqPeer = { socketType: 'PUSH', address: '10.0.0.1:4000', properties: {} };
const codecs = new PayloadCodecs();

/** Holds messages while it has no sink, as a PULL socket does. */
class FakeSource implements TaskSource {
  readonly queue: Buffer[][] = [];
  sink: TaskSink | undefined;

  onMessage(sink: TaskSink | undefined): void {
    this.sink = sink;
    this.#pump();
  }

  push(name: string, data?: unknown, more: { attempt?: number; deadlineMs?: number } = {}): void {
    this.raw(...encodeTask({ name, data, ...more }, codecs).map((frame) => Buffer.from(frame as string)));
  }

  raw(...frames: Buffer[]): void {
    this.queue.push(frames);
    this.#pump();
  }

  #pump(): void {
    while (this.sink !== undefined && this.queue.length > 0) this.sink(this.queue.shift()!, peer);
  }
}

interface Run {
  readonly data: unknown;
  readonly context: ZmqTaskContext;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

function setUp(options: { concurrency?: number; retry?: Partial<RetryPolicy>; hook?: boolean } = {}) {
  const clock = new ManualClock();
  const source = new FakeSource();
  const runs: Run[] = [];
  const lines: string[] = [];
  const failures: ZmqTaskFailure[] = [];
  const handler: TaskHandler = {
    retry: { attempts: 1, delayMs: 0, ...options.retry },
    invoke: (data, context) =>
      new Promise((resolve, reject) => runs.push({ data, context, done: () => resolve(undefined), fail: reject })),
  };
  const runner = new TaskRunner({
    pool: 'jobs',
    concurrency: options.concurrency ?? 1,
    handlers: new Map([['job', handler]]),
    codecs,
    clock,
    log: new LogLimiter(clock, (line) => lines.push(line)),
    onFailure: options.hook === true ? async (failure) => failures.push(failure) : undefined,
  });
  runner.start(source);
  return { clock, source, runner, runs, lines, failures };
}

describe('taking', () => {
  it('pauses the source within the message that takes the last place', async () => {
    const { source, runner, runs } = setUp({ concurrency: 2 });
    for (let i = 0; i < 5; i++) source.push('job', i);
    expect(runs.map(({ data }) => data)).toEqual([0, 1]);
    expect(source.queue).toHaveLength(3);
    expect(source.sink).toBeUndefined();
    expect(runner.running).toBe(2);

    runs[1]!.done();
    await turns();
    expect(runs.map(({ data }) => data)).toEqual([0, 1, 2]);
    expect(source.sink).toBeUndefined();
    for (const { done } of runs) done();
    await turns();
    expect(runs).toHaveLength(5);
    for (const { done } of runs) done();
    await turns();
    expect(source.sink).toBeDefined();
    expect(runner.counts.done).toBe(5);
  });

  it('lets the event loop turn when handlers end at once', async () => {
    const { source, runner } = setUp();
    let ran = 0;
    const quick: TaskHandler = { retry: { attempts: 1, delayMs: 0 }, invoke: async () => ran++ };
    const other = new TaskRunner({
      pool: 'jobs',
      concurrency: 1,
      handlers: new Map([['job', quick]]),
      codecs,
      clock: new ManualClock(),
      log: new LogLimiter(new ManualClock(), () => {}),
    });
    runner.takeOver(10_000, () => {});
    for (let i = 0; i < 1_000; i++) source.queue.push([Buffer.from('job'), Buffer.alloc(0)]);
    other.start(source);
    await turns();
    expect(ran).toBeLessThanOrEqual(256);
    while (ran < 1_000) await turns();
    expect(other.counts.done).toBe(1_000);
  });

  it('counts and drops what is malformed or unknown, without taking a place', () => {
    const { source, runner, runs, lines } = setUp();
    source.raw(Buffer.from('job'));
    source.raw(Buffer.from(''), Buffer.from('x'));
    source.raw(Buffer.from('job'), Buffer.from('{'));
    source.raw(Buffer.from('job'), Buffer.from('1'), Buffer.from('[]'));
    source.push('a\nb'.padEnd(300, 'x'));
    source.push('constructor');
    expect(runs).toEqual([]);
    expect(source.sink).toBeDefined();
    expect(runner.counts).toMatchObject({ malformed: 4, unknown: 2, done: 0, failed: 0 });
    expect(lines).toEqual([
      'Dropped a task from 10.0.0.1:4000: A task has 2 or 3 frames, not 1',
      expect.stringMatching(
        /^Dropped a task from 10\.0\.0\.1:4000: no @OnTask\('a\\nbx+…'\) in the worker of pool 'jobs'$/,
      ),
    ]);
    expect(lines[1]!.length).toBeLessThan(250);
  });

  it('counts a content type without a codec as malformed', () => {
    const { source, runner } = setUp();
    source.raw(Buffer.from('job'), Buffer.from('x'), Buffer.from('{":type":"application/msgpack"}'));
    expect(runner.counts.malformed).toBe(1);
    expect(jsonCodec.contentType).toBe('application/json');
  });
});

describe('attempts', () => {
  it('follow each other after the delay, on the same place, each with fresh data and its number', async () => {
    const { clock, source, runner, runs } = setUp({ retry: { attempts: 3, delayMs: 500 } });
    source.push('job', { id: 1 });
    source.push('job', { id: 2 });
    (runs[0]!.data as { id: number }).id = 99;
    runs[0]!.fail(new Error('no'));
    await turns();
    clock.advance(499);
    await turns();
    expect(runs).toHaveLength(1);
    clock.advance(1);
    await turns();
    expect(runs[1]!.data).toEqual({ id: 1 });
    expect(runs.map(({ context }) => context.getAttempt())).toEqual([1, 2]);
    expect(runs[1]!.context.getMetadata()).toEqual({ ':attempt': '2' });
    runs[1]!.done();
    await turns();
    expect(runs[2]!.data).toEqual({ id: 2 });
    expect(runner.counts).toMatchObject({ done: 1, retried: 1, failed: 0 });
    expect(clock.pending).toBe(0);
  });

  it('go on counting for a task that was delivered before', () => {
    const { source, runs } = setUp();
    source.push('job', 1, { attempt: 4 });
    expect(runs[0]!.context).toMatchObject({ attempt: 4, redelivered: true });
    expect(runs[0]!.context.getAttempt()).toBe(4);
    runs[0]!.context.extend();
  });

  it('end with the last one, which is logged, counted and told to the hook before the place is free', async () => {
    const { source, runner, runs, lines, failures } = setUp({ retry: { attempts: 2 }, hook: true });
    source.push('job', 'a');
    runs[0]!.fail(new Error('first'));
    await turns();
    const error = new Error('second');
    runs[1]!.fail(error);
    await turns();
    expect(failures).toEqual([{ pool: 'jobs', task: 'job', data: 'a', error, attempts: 2, context: runs[1]!.context }]);
    expect(lines).toEqual([expect.stringContaining("Task 'job' failed after 2 of 2 attempts: Error: second")]);
    expect(runner.counts).toMatchObject({ done: 0, failed: 1, retried: 1 });
    expect(source.sink).toBeDefined();
  });

  it('leave nothing on the signal of their task, which is one for all of them', async () => {
    const { clock, source, runs } = setUp({ retry: { attempts: 20, delayMs: 100 } });
    source.push('job');
    for (let attempt = 1; attempt < 20; attempt++) {
      runs.at(-1)!.fail(new Error('no'));
      await turns();
      clock.advance(100);
      await turns();
    }
    expect(runs).toHaveLength(20);
    expect(getEventListeners(runs.at(-1)!.context.signal, 'abort')).toEqual([]);
    runs.at(-1)!.done();
  });

  it('grow apart by the backoff', async () => {
    const { clock, source, runs } = setUp({ retry: { attempts: 3, delayMs: 100, backoff: 3 } });
    source.push('job');
    for (const [n, delay] of [100, 300].entries()) {
      runs[n]!.fail(new Error('no'));
      await turns();
      clock.advance(delay - 1);
      await turns();
      expect(runs).toHaveLength(n + 1);
      clock.advance(1);
      await turns();
    }
    expect(runs).toHaveLength(3);
  });

  it('end at once with an error that is final', async () => {
    const { source, runner, runs } = setUp({ retry: { attempts: 9 } });
    source.push('job');
    runs[0]!.fail(new ZmqFinalError('never'));
    await turns();
    expect(runs).toHaveLength(1);
    expect(runner.counts).toMatchObject({ failed: 1, retried: 0 });
  });

  it.each([
    ['nothing', undefined, 'undefined'],
    ['an object without a text', Object.create(null) as unknown, 'an error that cannot be read'],
  ])('take errors that are none: %s', async (_what, thrown, text) => {
    const { source, runner, runs, lines } = setUp();
    source.push('job');
    runs[0]!.fail(thrown);
    await turns();
    expect(lines).toEqual([`Task 'job' failed after 1 of 1 attempts: ${text}`]);
    expect(runner.counts.failed).toBe(1);
  });
});

describe('a deadline', () => {
  it('aborts the signal of the task that runs on, and lets it not be tried again', async () => {
    const { clock, source, runner, runs } = setUp({ retry: { attempts: 3, delayMs: 10 } });
    source.push('job', 1, { deadlineMs: 100 });
    const { signal } = runs[0]!.context;
    clock.advance(99);
    expect(runs[0]!.context.getRemainingTime()).toBe(1);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(signal.reason).toMatchObject({ name: 'ZmqTimeoutError', timeoutMs: 100 });
    runs[0]!.fail(signal.reason);
    await turns();
    expect(runs).toHaveLength(1);
    expect(runner.counts).toMatchObject({ failed: 1, retried: 0 });
  });

  it('ends the wait between two attempts', async () => {
    const { clock, source, runner, runs } = setUp({ retry: { attempts: 3, delayMs: 1_000 } });
    source.push('job', 1, { deadlineMs: 100 });
    runs[0]!.fail(new Error('no'));
    await turns();
    clock.advance(100);
    await turns();
    expect(runner.counts).toMatchObject({ failed: 1, retried: 0 });
    expect(clock.pending).toBe(0);
  });

  it('that has passed drops the task', () => {
    const { source, runner, runs } = setUp();
    source.push('job', 1, { deadlineMs: 0 });
    expect(runs).toEqual([]);
    expect(runner.counts.expired).toBe(1);
  });

  it('is forgotten when the task is done, and longer than any timer it is none', async () => {
    const { clock, source, runs } = setUp({ concurrency: 2 });
    source.push('job', 1, { deadlineMs: 100 });
    source.push('job', 1, { deadlineMs: 1e12 });
    expect(clock.pending).toBe(1);
    runs[0]!.done();
    await turns();
    expect(clock.pending).toBe(0);
  });
});

describe('the end', () => {
  it('takes over what is there, runs it in order, and is idle then', async () => {
    const { source, runner, runs, clock } = setUp({ concurrency: 2 });
    for (let i = 0; i < 4; i++) source.push('job', i);
    source.push('job', 'late', { deadlineMs: 10 });
    source.push('unknown');
    runner.takeOver(10_000, () => {});
    expect(source.queue).toEqual([]);
    expect([runner.running, runner.waiting, runner.received]).toEqual([2, 3, 6]);
    let idle = false;
    void runner.idle().then(() => (idle = true));
    runs[0]!.done();
    await turns();
    expect(runs.map(({ data }) => data)).toEqual([0, 1, 2]);
    clock.advance(10);
    for (const { done } of runs) done();
    await turns();
    expect(idle).toBe(false);
    for (const { done } of runs) done();
    await turns();
    expect(idle).toBe(true);
    expect(runs.map(({ data }) => data)).toEqual([0, 1, 2, 3]);
    expect(runner.counts).toMatchObject({ done: 4, expired: 1, unknown: 1 });
    expect(runner.abandon()).toBe(0);
  });

  it.each([
    ['what it can do in time', 2_000, 20],
    ['its places and what was on the way, where the time is short', 100, 17],
  ])('takes over no more than %s: the others may do the rest', async (_what, graceMs, waiting) => {
    const { source, runner, runs, clock } = setUp();
    for (let i = 0; i < 5_000; i++) source.push('job', i);
    for (let i = 0; i < 10; i++) {
      clock.advance(100);
      runs[i]!.done();
      await turns();
    }
    let enough = 0;
    runner.takeOver(graceMs, () => enough++);
    expect([runner.running, runner.waiting, enough]).toEqual([1, waiting, 1]);
    expect(source.sink).toBeUndefined();
    expect(source.queue).toHaveLength(5_000 - 11 - waiting);
  });

  it('takes over a few where no task was done yet, and all where they take no time', async () => {
    for (const [elapsedMs, waiting] of [
      [60_000, 17],
      [0, 999],
    ] as const) {
      const { source, runner, clock } = setUp();
      for (let i = 0; i < 1_000; i++) source.push('job', i);
      clock.advance(elapsedMs);
      runner.takeOver(10_000, () => {});
      expect(runner.waiting).toBe(waiting);
    }
  });

  it('gives up what is not done: aborts, ends waits, starts nothing', async () => {
    const { source, runner, runs, clock } = setUp({ concurrency: 2, retry: { attempts: 5, delayMs: 1_000 } });
    for (let i = 0; i < 4; i++) source.push('job', i);
    runs[0]!.fail(new Error('no'));
    await turns();
    runner.takeOver(10_000, () => {});
    expect(runner.abandon()).toBe(4);
    expect(runs[1]!.context.signal.reason).toMatchObject({ name: 'ZmqClosedError' });
    runs[1]!.fail(new Error('stopped'));
    await turns();
    expect(runs).toHaveLength(2);
    expect(runner.counts).toMatchObject({ failed: 2, retried: 0 });
    expect(clock.pending).toBe(0);
    await runner.idle();
  });

  it('is there at once when nothing was', async () => {
    const { runner } = setUp();
    runner.takeOver(10_000, () => {});
    await runner.idle();
    expect(runner.abandon()).toBe(0);
  });
});
