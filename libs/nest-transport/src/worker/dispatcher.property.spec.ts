import fc from 'fast-check';
import { AnswerStatus } from '../packet/delivery.packet.js';
import { dispatcherSetUp, type FakeWorker } from '../testing/fake.workers.js';
import type { PoolTask } from './pool.task.js';

const MAX_DELIVERIES = 3;
const ACK_TIMEOUT = 1_000;

type Step =
  | { readonly kind: 'submit'; readonly isRun: boolean; readonly deadlineMs: number }
  | { readonly kind: 'join'; readonly credit: number }
  | { readonly kind: 'credit'; readonly worker: number; readonly credit: number }
  | { readonly kind: 'leave'; readonly worker: number }
  | {
      readonly kind: 'answer';
      readonly worker: number;
      readonly delivery: number;
      readonly status: AnswerStatus;
      readonly delayMs: number;
    }
  | { readonly kind: 'stray'; readonly worker: number; readonly id: number }
  | { readonly kind: 'cancel'; readonly task: number }
  | { readonly kind: 'time'; readonly ms: number };

const index = fc.nat(9);
const credit = fc.nat(3);
const statuses = Object.values(AnswerStatus);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      isRun: fc.boolean(),
      deadlineMs: fc.constantFrom(Infinity, Infinity, 500, 5_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), credit }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('credit' as const), worker: index, credit }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), worker: index }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      worker: index,
      // Any delivery that the worker ever got: answers come late, and twice.
      delivery: index,
      status: fc.constantFrom(...statuses),
      delayMs: fc.constantFrom(0, 300),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stray' as const), worker: index, id: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), task: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(1, 300, 1_100) }) },
);

/** A dispatcher with an observer that knows the rules. */
class Trial {
  readonly #setUp = dispatcherSetUp({ maxDeliveries: MAX_DELIVERIES, ackTimeoutMs: ACK_TIMEOUT, queueLimit: 8 });
  readonly #workers: FakeWorker[] = [];
  readonly #tasks: PoolTask[] = [];
  readonly #settled = new Map<string, number>();
  #names = 0;
  #accepted = 0;

  run(step: Step): void {
    const { clock, dispatcher } = this.#setUp;
    switch (step.kind) {
      case 'submit':
        this.#submit(step.isRun, step.deadlineMs);
        break;
      case 'join':
        this.#join(step.credit);
        break;
      case 'credit':
        this.#worker(step.worker)?.credit(step.credit);
        break;
      case 'leave':
        this.#leave(step.worker);
        break;
      case 'answer': {
        const worker = this.#worker(step.worker);
        const delivery = worker?.got[step.delivery % Math.max(1, worker.got.length)];
        if (delivery !== undefined) worker?.answerId(delivery.id, step.status, { delayMs: step.delayMs });
        break;
      }
      case 'stray':
        this.#worker(step.worker)?.answerId(step.id, AnswerStatus.done);
        break;
      case 'cancel': {
        const task = this.#tasks[step.task % Math.max(1, this.#tasks.length)];
        if (task?.isRun === true) dispatcher.cancel(task);
        break;
      }
      case 'time':
        clock.advance(step.ms);
    }
    this.check();
  }

  /** Workers that do all they get, until nothing is left. */
  finish(): void {
    const { clock, dispatcher, deadlines } = this.#setUp;
    while (this.#workers.length > 0) this.#leave(0);
    const worker = this.#join(2);
    for (let round = 0; dispatcher.unsettled + dispatcher.unanswered > 0 && round < 1_000; round++) {
      for (const { id } of worker.got) if (worker.worker.deliveries.has(id)) worker.answerId(id, AnswerStatus.done);
      clock.advance(400);
      this.check();
    }
    expect(dispatcher).toMatchObject({ unsettled: 0, queued: 0, delayed: 0, unanswered: 0 });
    expect(deadlines.size).toBe(0);
    expect(this.#settled.size).toBe(this.#accepted);
  }

  check(): void {
    const { dispatcher } = this.#setUp;
    for (const times of this.#settled.values()) expect(times).toBe(1);
    // Nothing is lost: what was accepted is settled, or somewhere.
    expect(this.#settled.size + dispatcher.unsettled).toBe(this.#accepted);
    const open = this.#tasks.filter(({ accepted, settled }) => accepted && !settled);
    const atWorkers = open.filter(({ current }) => current !== undefined).length;
    expect(dispatcher.queued + dispatcher.delayed + atWorkers).toBe(open.length);
    for (const task of open) {
      expect(task.losses).toBeLessThan(MAX_DELIVERIES);
      if (task.current !== undefined) expect(task.current.worker.deliveries.get(task.current.id)).toBe(task.current);
    }
    // Nobody waits while somebody could take it.
    if (dispatcher.queued > 0) expect(this.#workers.filter(({ worker }) => isFree(worker))).toEqual([]);
  }

  #submit(isRun: boolean, deadlineMs: number): void {
    const name = String(++this.#names);
    const task = this.#setUp.task(name, { isRun, deadlineMs });
    const { onSettled } = task;
    Object.assign(task, {
      onSettled: (...told: Parameters<typeof onSettled>) => {
        this.#settled.set(name, (this.#settled.get(name) ?? 0) + 1);
        onSettled(...told);
      },
    });
    if (this.#setUp.dispatcher.submit(task)) this.#accepted++;
    this.#tasks.push(task);
  }

  #join(credit: number): FakeWorker {
    const worker = this.#setUp.join();
    // Never more in flight than it has allowed, at the moment of each delivery.
    const deliver = worker.deliver.bind(worker);
    worker.deliver = (delivery) => {
      expect(worker.worker.deliveries.size).toBeLessThanOrEqual(worker.worker.credit);
      expect(worker.worker.silent).toBe(false);
      expect(delivery.task.settled).toBe(false);
      deliver(delivery);
    };
    this.#workers.push(worker);
    worker.credit(credit);
    return worker;
  }

  #leave(at: number): void {
    const worker = this.#worker(at);
    if (worker === undefined) return;
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    worker.leave();
  }

  #worker(at: number): FakeWorker | undefined {
    return this.#workers[at % Math.max(1, this.#workers.length)];
  }
}

function isFree({ credit: allowed, deliveries, silent }: FakeWorker['worker']): boolean {
  return allowed > deliveries.size && !silent;
}

it('settles each task once, loses none, and sends no worker more than its credit, in any order of events', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const trial = new Trial();
      for (const one of steps) trial.run(one);
      trial.finish();
    }),
    { numRuns: 200 },
  );
});
