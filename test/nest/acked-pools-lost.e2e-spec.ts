import { Payload } from '@nestjs/microservices';
import { Context } from '@nest-zmq/core';
import { OnTask, ZmqTaskLostError, ZmqWorker } from '@nest-zmq/transport';
import { ManualClock } from '@nest-zmq/transport/testing';
import { PoolApps } from './support/pool-apps.js';
import { PoolProcesses } from './support/pool-processes.js';
import { ways } from './support/ways.js';
import { until } from './turns.js';

/*
 * Faults with real processes: workers that are killed in every phase of a task, frozen, restarted in turn, and a pool
 * that is killed. What must hold: no accepted task is lost while the pool lives, and what may run twice says so.
 */

let apps: PoolApps;
let processes: PoolProcesses;

beforeEach(() => {
  apps = new PoolApps();
  processes = new PoolProcesses();
});
afterEach(async () => {
  await processes.close();
  await apps.close();
});

const done = () => processes.deeds().filter(({ deed }) => deed === 'done');
const idsOf = (deeds: readonly { readonly id: number }[]) =>
  [...new Set(deeds.map(({ id }) => id))].toSorted((a, b) => a - b);

describe('a worker that is killed', () => {
  it.each([
    ['running', 'tcp'],
    ['running', 'ipc'],
    ['before the answer', 'tcp'],
    ['before the answer', 'ipc'],
    ['at the answer', 'tcp'],
  ] as const)(
    '%s, over %s: the task is done, marked where it ran twice',
    async (die, transport) => {
      const { pool, endpoint } = await apps.pool({ bind: ways[transport].address() });
      const dying = await processes.worker(endpoint);
      await until(() => pool.workers.length === 1);
      await pool.push('job', { id: 1, die });
      await dying.exited;
      expect(dying.exit).toBe('SIGKILL');
      await until(() => pool.workers.length === 0);
      const { workerLost } = pool.stats().acks!;
      // Its answer may have been on its way.
      if (die !== 'at the answer') expect(workerLost).toBe(1);
      const other = await processes.worker(endpoint);
      await until(() => pool.stats().acks?.done === 1);
      expect(pool.stats()).toMatchObject({ lost: 0, acks: { deadLetters: 0, queued: 0, unanswered: 0 } });
      const again = processes.deeds().filter(({ pid }) => pid === other.pid);
      expect(again).toHaveLength(workerLost * 2);
      for (const deed of again) expect(deed).toMatchObject({ id: 1, attempt: 2, redelivered: true });
    },
    120_000,
  );

  it('before it has read the task: it is done elsewhere', async () => {
    const { pool, endpoint } = await apps.pool();
    const frozen = await processes.worker(endpoint, { concurrency: 3 });
    await until(() => pool.workers.length === 1);
    await pool.run('job', { id: 0 });
    frozen.kill('SIGSTOP');
    for (const id of [1, 2, 3]) await pool.push('job', { id });
    expect(pool.stats().acks).toMatchObject({ unanswered: 3, queued: 0 });
    frozen.kill('SIGKILL');
    await frozen.exited;
    const other = await processes.worker(endpoint, { concurrency: 3 });
    await until(() => pool.stats().acks?.done === 4);
    expect(idsOf(done())).toEqual([0, 1, 2, 3]);
    const again = processes.deeds().filter(({ pid }) => pid === other.pid);
    for (const deed of again) expect(deed).toMatchObject({ attempt: 2, redelivered: true });
    expect(done()).toHaveLength(4);
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { workerLost: 3, deadLetters: 0 } });
  }, 120_000);

  it('while a task of its waits for its next attempt: another makes that attempt, and no more', async () => {
    const clock = new ManualClock();
    const { pool, endpoint } = await apps.pool({ clock });
    const first = await processes.worker(endpoint);
    await until(() => pool.workers.length === 1);
    const run = pool.run<number>('flaky', { id: 1 });
    await until(() => pool.stats().acks?.delayed === 1);
    first.kill('SIGKILL');
    await first.exited;
    await until(() => pool.workers.length === 0);
    // It had given the task back: nothing is lost with it.
    expect(pool.stats().acks).toMatchObject({ delayed: 1, unanswered: 0, workerLost: 0 });
    const other = await processes.worker(endpoint);
    await until(() => pool.workers.length === 1);
    expect(pool.stats().acks).toMatchObject({ delayed: 1, unanswered: 0 });
    clock.advance(60_000);
    expect(await run).toBe(1);
    expect(processes.deeds()).toEqual([
      { deed: 'started', id: 1, attempt: 1, redelivered: false, pid: first.pid },
      { deed: 'started', id: 1, attempt: 2, redelivered: true, pid: other.pid },
      { deed: 'done', id: 1, attempt: 2, redelivered: true, pid: other.pid },
    ]);
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { done: 1, retried: 1, failed: 0, deadLetters: 0 } });
  }, 120_000);

  it('in the midst of its graceful stop: what it was at is done elsewhere, marked', async () => {
    const { pool, endpoint } = await apps.pool();
    const acks = () => pool.stats().acks!;
    const stopping = await processes.worker(endpoint, { concurrency: 3 });
    await until(() => pool.workers.length === 1);
    for (const id of [1, 2]) await pool.push('job', { id, hold: true });
    await until(() => processes.deeds().length === 2);
    stopping.kill('SIGTERM');
    // Its third place is free, until it has said that it takes no more: from then on tasks wait here.
    let next = 3;
    while (acks().queued === 0) {
      const before = acks().done;
      await pool.push('job', { id: next++ });
      await until(() => acks().done > before || acks().queued === 1);
    }
    const before = next - 1;
    expect(acks()).toMatchObject({ unanswered: 2, done: before - 3 });
    expect(stopping.exit).toBeUndefined();
    stopping.kill('SIGKILL');
    await stopping.exited;
    const other = await processes.worker(endpoint, { concurrency: 3 });
    await until(() => acks().unanswered === 0 && acks().queued === 0, acks);
    const runs = done().map(({ id, pid, attempt, redelivered }) => [id, pid, attempt, redelivered]);
    const first = Array.from({ length: before - 3 }, (_, index) => [index + 3, stopping.pid, 1, false]);
    expect(runs.toSorted(([x], [y]) => Number(x) - Number(y))).toEqual([
      [1, other.pid, 2, true],
      [2, other.pid, 2, true],
      ...first,
      [before, other.pid, 1, false],
    ]);
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { workerLost: 2, done: before, deadLetters: 0 } });
  }, 120_000);

  it('with runs that wait for their results: each settles once, by another worker', async () => {
    const { pool, endpoint } = await apps.pool();
    const killed = await processes.worker(endpoint, { concurrency: 3 });
    await until(() => pool.workers.length === 1);
    const settled: unknown[] = [];
    const runs = [1, 2, 3].map((id) => pool.run<number>('job', { id, hold: true }).finally(() => settled.push(id)));
    await until(() => processes.deeds().length === 3);
    killed.kill('SIGKILL');
    await killed.exited;
    await until(() => pool.workers.length === 0);
    // Nobody is there: they wait, and do not fail.
    expect(pool.stats().acks).toMatchObject({ queued: 3, unanswered: 0, workerLost: 3 });
    expect(settled).toEqual([]);
    const other = await processes.worker(endpoint, { concurrency: 3 });
    expect(await Promise.all(runs)).toEqual([1, 2, 3]);
    expect(settled).toHaveLength(3);
    expect(done()).toHaveLength(3);
    for (const deed of done()) expect(deed).toMatchObject({ attempt: 2, redelivered: true, pid: other.pid });
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { done: 3, lateAnswers: 0, strayAnswers: 0 } });
  }, 120_000);

  it('with a run that may be delivered no more: it fails, and says that its worker was lost', async () => {
    const { pool, endpoint } = await apps.pool({ maxDeliveries: 1 });
    const dying = await processes.worker(endpoint);
    await until(() => pool.workers.length === 1);
    const run = pool.run('job', { id: 1, die: 'running' }).catch((error: unknown) => error);
    await dying.exited;
    const error = await run;
    expect(error).toBeInstanceOf(ZmqTaskLostError);
    expect(error).toMatchObject({ task: 'job', attempts: 1 });
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { workerLost: 1, done: 0, unanswered: 0, queued: 0 } });
  }, 120_000);

  it('under load: lost = 0, what ran twice is marked', async () => {
    const { pool, endpoint } = await apps.pool();
    const victims = [
      await processes.worker(endpoint, { concurrency: 5 }),
      await processes.worker(endpoint, { concurrency: 5 }),
    ];
    const survivor = await processes.worker(endpoint, { concurrency: 5 });
    await until(() => pool.workers.length === 3);
    const jobs = 600;
    let settled = 0;
    for (let id = 0; id < jobs; id++) {
      await pool.push('job', { id });
      // After some of each have been answered, in the midst of the others.
      if (id === 200) victims[0]!.kill('SIGKILL');
      if (id === 400) victims[1]!.kill('SIGKILL');
    }
    await until(
      () => (settled = pool.stats().acks!.done) === jobs,
      () => pool.stats(),
    );
    expect(settled).toBe(jobs);
    expect(pool.stats()).toMatchObject({ lost: 0, acks: { deadLetters: 0, failed: 0, unanswered: 0 } });
    expect(survivor.exit).toBeUndefined();
    const runs = new Map<number, number[]>();
    for (const { id, attempt } of done()) runs.set(id, [...(runs.get(id) ?? []), attempt]);
    expect(runs.size).toBe(jobs);
    for (const attempts of runs.values()) {
      // Who runs a task after somebody else has, knows it.
      expect(attempts.filter((attempt) => attempt === 1).length).toBeLessThanOrEqual(1);
      expect(new Set(attempts).size).toBe(attempts.length);
    }
  }, 120_000);

  it('again and again by the same task: it is given up', async () => {
    const letters: unknown[] = [];
    const { pool, endpoint } = await apps.pool({ maxDeliveries: 1, onDeadLetter: (letter) => letters.push(letter) });
    const dying = await processes.worker(endpoint);
    await until(() => pool.workers.length === 1);
    await pool.push('job', { id: 1, die: 'running' });
    await dying.exited;
    await until(() => letters.length === 1);
    expect(letters).toEqual([
      expect.objectContaining({ task: 'job', data: { id: 1, die: 'running' }, reason: 'lost', attempts: 1 }),
    ]);
  }, 120_000);
});

describe('a worker that is frozen', () => {
  it.each([
    ['is found by its connection’s heartbeat', { heartbeat: { interval: 500, timeout: 2_000 } }, 2_000],
    ['is found by the task’s ackTimeout', { heartbeat: false as const, ackTimeout: 3_000 }, 2_600],
  ])(
    '%s: its tasks are done elsewhere, its late answers change nothing',
    async (_name, options, silence) => {
      // Time passes when the test says so: a worker that is starved by other processes is not frozen.
      const clock = new ManualClock();
      const { pool, endpoint } = await apps.pool({ ...options, clock, context: new Context({}, { clock }) });
      const frozen = await processes.worker(endpoint, { concurrency: 2, options: { heartbeat: false } });
      await until(() => pool.workers.length === 1);
      await pool.push('job', { id: 1, hold: true });
      await pool.push('job', { id: 2, hold: true });
      await until(() => processes.deeds().length === 2);
      frozen.kill('SIGSTOP');
      const other = await processes.worker(endpoint, { options: { heartbeat: false } });
      await until(() => pool.workers.length === 2);
      clock.advance(500);
      // A sign of life of the other.
      await pool.run('job', { id: 0 });
      clock.advance(silence);
      await until(
        () => pool.stats().acks?.done === 3,
        () => pool.stats(),
      );
      expect(done().map(({ id, pid, attempt }) => [id, pid, attempt])).toEqual([
        [0, other.pid, 1],
        [1, other.pid, 2],
        [2, other.pid, 2],
      ]);
      frozen.child.send('go on');
      frozen.kill('SIGCONT');
      await until(() => done().length === 5);
      // A fence: whatever the frozen one had to say has been heard when it, too, does new work. It has to be back before
      // the other is killed: else the one worker that the pool knows may be the dead one.
      await until(() => pool.workers.length === 2);
      other.kill('SIGKILL');
      await other.exited;
      await until(() => pool.workers.length === 1);
      await pool.run('job', { id: 3 });
      expect(done().at(-1)).toMatchObject({ id: 3, pid: frozen.pid, attempt: 1 });
      expect(pool.stats()).toMatchObject({ lost: 0, acks: { done: 4, deadLetters: 0 } });
    },
    120_000,
  );
});

describe('a pool that is killed', () => {
  it('takes its tasks along; its workers finish, drop the answers, and serve the next one', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const runs: number[] = [];

    @ZmqWorker('jobs')
    class Held {
      @OnTask('job')
      async run(@Payload() id: number): Promise<void> {
        runs.push(id);
        await held;
      }
    }
    const first = await processes.pool(await apps.fixedAddress());
    const endpoint = first.told[0]!['bound'] as string;
    const { workers } = await apps.workers(endpoint, [Held]);
    await until(() => workers.pools.length === 1);
    for (const id of [1, 2]) first.child.send(id);
    await until(() => runs.length === 1 && first.told.filter((message) => 'accepted' in message).length === 2);
    first.kill('SIGKILL');
    await until(() => workers.pools.length === 0);
    release();
    await until(() => workers.stats().acks?.droppedAnswers === 1);
    const second = await processes.pool(endpoint);
    await until(() => workers.pools.length === 1);
    second.child.send(3);
    await until(() => workers.stats().done === 2);
    // The second task was in the memory of the first pool.
    expect(runs).toEqual([1, 3]);
  }, 120_000);
});

describe('a rolling restart of all workers under load', () => {
  it('loses no task, and runs none twice', async () => {
    const { pool, endpoint } = await apps.pool();
    const workers = [
      await processes.worker(endpoint, { concurrency: 3 }),
      await processes.worker(endpoint, { concurrency: 3 }),
    ];
    await until(() => pool.workers.length === 2);
    let pushed = 0;
    let restarting = true;
    const lane = async () => {
      while (restarting || pushed < 500) await pool.run('job', { id: pushed++ });
    };
    const load = Promise.all(Array.from({ length: 10 }, lane));
    for (const old of workers) {
      await processes.worker(endpoint, { concurrency: 3 });
      old.kill('SIGTERM');
      await old.exited;
    }
    restarting = false;
    await load;
    expect(pool.stats()).toMatchObject({
      lost: 0,
      acks: { done: pushed, workerLost: 0, timedOut: 0, lateAnswers: 0, strayAnswers: 0, failed: 0 },
    });
    expect(done()).toHaveLength(pushed);
    expect(idsOf(done())).toHaveLength(pushed);
    for (const { redelivered } of done()) expect(redelivered).toBe(false);
  }, 120_000);
});
