import { DeadlineQueue } from '../inflight/deadline.queue.js';
import { AnswerStatus } from '../packet/delivery.packet.js';
import { NO_METADATA } from '../packet/metadata.codec.js';
import { TaskDispatcher } from '../worker/dispatcher.js';
import { type Delivery, PoolTask, type PoolWorker, type TaskOutcome, type WorkerOutlet } from '../worker/pool.task.js';
import { ManualClock } from './manual.clock.js';

/** A delivery as a worker sees it. */
export interface Got {
  readonly id: number;
  readonly name: string;
  readonly attempt: number;
}

/** A worker that does what the test says. */
export class FakeWorker implements WorkerOutlet {
  readonly got: Got[] = [];
  readonly cancelled: number[] = [];
  overfull = false;
  hellos = 0;
  drains = 0;
  worker!: PoolWorker;

  constructor(readonly dispatcher: TaskDispatcher) {}

  deliver({ id, task }: Delivery): void {
    this.got.push({ id, name: task.content.name, attempt: task.runs });
  }

  cancel(id: number): void {
    this.cancelled.push(id);
  }

  hello(): void {
    this.hellos++;
  }

  drained(): void {
    this.drains++;
  }

  /** `name` or `name #attempt` of each delivery, in order. */
  get names(): string[] {
    return this.got.map(({ name, attempt }) => (attempt === 1 ? name : `${name} #${attempt}`));
  }

  credit(credit: number): void {
    this.dispatcher.credit(this.worker, credit);
  }

  leave(): void {
    this.dispatcher.leave(this.worker);
  }

  /** Answers the latest delivery of that task here. */
  answer(
    name: string,
    status: AnswerStatus,
    { payload = '', delayMs }: { payload?: string; delayMs?: number } = {},
  ): void {
    const { id } = this.got.findLast((delivery) => delivery.name === name)!;
    this.answerId(id, status, { payload, delayMs });
  }

  answerId(id: number, status: AnswerStatus, more: { payload?: string; delayMs?: number | undefined } = {}): void {
    const { payload = '', delayMs } = more;
    const metadata = { ...NO_METADATA, delayMs };
    this.dispatcher.answer(this.worker, { kind: 'answer', id, status, payload: Buffer.from(payload), metadata });
  }

  done(name: string): void {
    this.answer(name, AnswerStatus.done);
  }
}

export interface DispatcherSetUp {
  readonly queueLimit?: number;
  readonly ackTimeoutMs?: number;
  readonly maxDeliveries?: number;
}

/** A dispatcher on a clock that moves only by hand, with workers and tasks to make. */
export function dispatcherSetUp({ queueLimit = 100, ackTimeoutMs = 1_000, maxDeliveries = 3 }: DispatcherSetUp = {}) {
  const clock = new ManualClock();
  const deadlines = new DeadlineQueue(clock);
  const counters = { idle: 0 };
  const dispatcher = new TaskDispatcher({
    deadlines,
    queueLimit,
    ackTimeoutMs,
    maxDeliveries,
    onIdle: () => counters.idle++,
  });
  /** `name: outcome` of each settled task, in order. */
  const settled: string[] = [];
  const outcomes: TaskOutcome[] = [];
  const task = (name: string, { deadlineMs = Infinity, isRun = false } = {}): PoolTask => {
    const content = { name, payload: '', contentType: undefined, headers: undefined };
    return new PoolTask(content, clock.now() + deadlineMs, isRun, (outcome) => {
      settled.push(`${name}: ${outcome.kind}`);
      outcomes.push(outcome);
    });
  };
  const join = (credit?: number): FakeWorker => {
    const worker = new FakeWorker(dispatcher);
    worker.worker = dispatcher.join(worker);
    if (credit !== undefined) worker.credit(credit);
    return worker;
  };
  const submit = (...names: string[]): boolean[] => names.map((name) => dispatcher.submit(task(name)));
  return { clock, deadlines, dispatcher, counters, settled, outcomes, task, join, submit };
}
