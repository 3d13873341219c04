import type { DeadlineQueue } from '../inflight/deadline.queue.js';
import { AnswerStatus, type WorkerAnswer } from '../packet/delivery.packet.js';
import { encodeError } from '../packet/error.codec.js';
import { Chain } from './chain.js';
import { type DispatcherCounts, noCounts } from './dispatcher.counts.js';
import { Delivery, type PoolTask, PoolWorker, type TaskOutcome, Timer, type WorkerOutlet } from './pool.task.js';

export interface DispatcherOptions {
  readonly deadlines: DeadlineQueue;
  /** Accepted tasks that no worker has; then `submit` refuses. */
  readonly queueLimit: number;
  /** How long a worker may take for an answer; 0 is for ever. */
  readonly ackTimeoutMs: number;
  /** How often a task is delivered when nothing is heard of it. */
  readonly maxDeliveries: number;
  /** The last unsettled task was settled. */
  readonly onIdle: () => void;
}

/** No task is delivered more often, whoever asks for it: a worker that hands back all it gets would go on for ever. */
const MOST_DELIVERIES = 1_000;
const LAST_ID = 2 ** 32 - 1;

/**
 * Which worker gets which task, and what becomes of it. No socket, no promise: the outlets send, the owner tells what
 * came in, the deadlines have the time.
 *
 * Each task is settled once. A worker never has more unanswered deliveries than its credit; one that was given up for
 * its silence still counts, because its worker may be at it. Such a late delivery can do a task, as long as that is not
 * settled; everything else that it says is ignored, because the task is in other hands.
 */
export class TaskDispatcher {
  readonly counts: DispatcherCounts = noCounts();
  readonly #options: DispatcherOptions;
  readonly #queue = new Chain<PoolTask>();
  readonly #delayed = new Set<PoolTask>();
  readonly #workers = new Set<PoolWorker>();
  /** Workers that may be given a task now; the first one is next. */
  readonly #ready = new Chain<PoolWorker>();
  #unsettled = 0;
  #lastId = 0;
  #lastNumber = 0;
  /** What was put back into the queue last: what comes back next often belongs right behind it. */
  #putBack: PoolTask | undefined;
  /** Who waits for room. */
  #onRoom: (() => void) | undefined;
  #pumping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Accepted tasks that wait for a worker. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Failed tasks that wait for their time to be run again. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Tasks that are accepted and not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Unanswered deliveries, late ones included. */
  get unanswered(): number {
    let sum = 0;
    for (const { deliveries } of this.#workers) sum += deliveries.size;
    return sum;
  }

  // ── tasks ──

  /** Accepts the task, or returns false when there is no room. */
  submit(task: PoolTask): boolean {
    if (!this.#accepts) return false;
    this.#unsettled++;
    task.number = ++this.#lastNumber;
    if (task.deadlineAt < Infinity) {
      task.expiry = new Timer(() => this.#expired(task));
      this.#options.deadlines.set(task.expiry, task.deadlineAt);
    }
    this.#queue.push(task);
    this.#pump();
    return true;
  }

  /** Calls back once, as soon as `submit` would take a task; at once if that is so now. One waits at a time. */
  whenRoom(tell: () => void): void {
    if (this.#accepts) tell();
    else this.#onRoom = tell;
  }

  /** Nobody wants the task any more: a worker that has it is told. Does nothing when it is settled, or was not accepted. */
  cancel(task: PoolTask): void {
    if (task.accepted && !task.settled) this.#settle(task, { kind: 'cancelled' });
  }

  /** Settles all that is not settled, as `closed`. @returns how many that were */
  abandon(): number {
    const left = new Set<PoolTask>([...this.#queue.all(), ...this.#delayed]);
    for (const { deliveries } of this.#workers) {
      for (const { task } of deliveries.values()) if (!task.settled) left.add(task);
    }
    for (const task of left) this.#settle(task, { kind: 'closed' });
    return left.size;
  }

  // ── workers ──

  /** A connection. It gets nothing before it has told its credit, and is asked for it. */
  join(outlet: WorkerOutlet): PoolWorker {
    const worker = new PoolWorker(outlet);
    this.#workers.add(worker);
    outlet.hello();
    return worker;
  }

  /** The worker said how many deliveries it takes; 0 says that it stops. */
  credit(worker: PoolWorker, credit: number): void {
    worker.credit = credit;
    worker.silent = false;
    worker.stopping = credit === 0;
    this.#place(worker);
    this.#pump();
  }

  /** The connection is lost: what it had not answered goes to others. */
  leave(worker: PoolWorker): void {
    if (!this.#workers.delete(worker)) return;
    this.#ready.remove(worker);
    // The oldest comes first again.
    for (const delivery of [...worker.deliveries.values()].reverse()) {
      this.#options.deadlines.remove(delivery);
      if (delivery.task.current === delivery) this.#lose(delivery, 'workerLost');
    }
    worker.deliveries.clear();
    this.#pump();
  }

  answer(worker: PoolWorker, { id, status, payload, metadata }: WorkerAnswer): void {
    const delivery = worker.deliveries.get(id);
    if (delivery === undefined) {
      this.counts.strayAnswers++;
      return;
    }
    worker.silent = false;
    if (status === AnswerStatus.working) this.#watch(delivery);
    else this.#ended(delivery);
    switch (status) {
      case AnswerStatus.working:
        break;
      case AnswerStatus.value:
      case AnswerStatus.done:
        this.#done(delivery, status === AnswerStatus.value ? payload : undefined, metadata.contentType);
        break;
      case AnswerStatus.failed:
        this.#failed(delivery, payload);
        break;
      case AnswerStatus.again:
        this.#again(delivery, payload, metadata.delayMs ?? 0);
        break;
      case AnswerStatus.back:
        this.#back(delivery);
    }
    this.#place(worker);
    this.#pump();
  }

  /** An answer that cannot be read ends its delivery: to ask again would bring the same. */
  malformedAnswer(worker: PoolWorker, id: number, error: Error): void {
    const delivery = worker.deliveries.get(id);
    if (delivery === undefined) {
      this.counts.strayAnswers++;
      return;
    }
    this.#ended(delivery);
    this.#failed(delivery, Buffer.from(encodeError(error) as string));
    this.#place(worker);
    this.#pump();
  }

  // ── answers ──

  #done({ task, worker }: Delivery, payload: Buffer | undefined, contentType: string | undefined): void {
    worker.handled++;
    if (task.settled) {
      this.counts.lateAnswers++;
      return;
    }
    this.counts.done++;
    this.#settle(task, { kind: 'done', payload, contentType });
  }

  #failed(delivery: Delivery, payload: Buffer): void {
    const { task, worker } = delivery;
    worker.handled++;
    if (!this.#isCurrent(delivery)) return;
    this.counts.failed++;
    this.#settle(task, this.#isLate(task) ? { kind: 'expired' } : { kind: 'failed', payload });
  }

  #again(delivery: Delivery, payload: Buffer, delayMs: number): void {
    const { task } = delivery;
    if (!this.#isCurrent(delivery)) return;
    task.current = undefined;
    if (task.deliveries >= MOST_DELIVERIES) {
      this.counts.failed++;
      this.#settle(task, { kind: 'failed', payload });
      return;
    }
    this.counts.retried++;
    if (delayMs > 0 && !this.#isLate(task)) this.#delay(task, delayMs);
    else this.#requeue(task);
  }

  #back(delivery: Delivery): void {
    const { task, worker } = delivery;
    if (!this.#isCurrent(delivery)) return;
    this.counts.handedBack++;
    task.runs--;
    task.current = undefined;
    task.avoid = worker;
    if (task.deliveries >= MOST_DELIVERIES) this.#settle(task, { kind: 'lost' });
    else this.#requeue(task);
  }

  /** Whether what the delivery says counts. Else another one has the task, or nobody wants it. */
  #isCurrent(delivery: Delivery): boolean {
    if (delivery.task.current === delivery) return true;
    this.counts.lateAnswers++;
    return false;
  }

  /** Its place at the worker is free. */
  #ended(delivery: Delivery): void {
    this.#options.deadlines.remove(delivery);
    delivery.worker.deliveries.delete(delivery.id);
  }

  // ── time and loss ──

  #watch(delivery: Delivery): void {
    const { ackTimeoutMs, deadlines } = this.#options;
    if (ackTimeoutMs > 0 && delivery.task.current === delivery) deadlines.set(delivery, deadlines.now() + ackTimeoutMs);
  }

  readonly #onSilence = (delivery: Delivery): void => {
    const { task, worker } = delivery;
    if (task.current !== delivery) return;
    // It may hang as a whole: it gets nothing more until it has said something.
    worker.silent = true;
    this.#place(worker);
    worker.outlet.cancel(delivery.id);
    worker.outlet.hello();
    this.#lose(delivery, 'timedOut');
    this.#pump();
  };

  #lose({ task, worker }: Delivery, why: 'workerLost' | 'timedOut'): void {
    this.counts[why]++;
    task.current = undefined;
    task.avoid = worker;
    task.losses++;
    if (task.losses >= this.#options.maxDeliveries) this.#settle(task, { kind: 'lost' });
    else this.#requeue(task);
  }

  #delay(task: PoolTask, delayMs: number): void {
    const { deadlines } = this.#options;
    this.#delayed.add(task);
    task.delay ??= new Timer(() => {
      this.#delayed.delete(task);
      this.#queue.push(task);
      this.#pump();
    });
    deadlines.set(task.delay, deadlines.now() + delayMs);
  }

  #expired(task: PoolTask): void {
    // Without anybody who waits for it, its worker knows the deadline and says what came of it.
    if (task.settled || (task.current !== undefined && !task.isRun)) return;
    this.#settle(task, { kind: 'expired' });
  }

  #isLate(task: PoolTask): boolean {
    return task.deadlineAt <= this.#options.deadlines.now();
  }

  /** In front of what was accepted after it. */
  #requeue(task: PoolTask): void {
    if (this.#isLate(task)) {
      this.#settle(task, { kind: 'expired' });
      return;
    }
    const last = this.#putBack;
    let behind = last?.chain === this.#queue && last.number < task.number ? last : undefined;
    for (;;) {
      const next: PoolTask | undefined = behind === undefined ? this.#queue.first : behind.after;
      if (next === undefined || next.number > task.number) break;
      behind = next;
    }
    this.#queue.insert(task, behind);
    this.#putBack = task;
  }

  #settle(task: PoolTask, outcome: TaskOutcome): void {
    const { deadlines } = this.#options;
    task.settled = true;
    this.#queue.remove(task);
    this.#delayed.delete(task);
    if (task.expiry !== undefined) deadlines.remove(task.expiry);
    if (task.delay !== undefined) deadlines.remove(task.delay);
    const { current } = task;
    task.current = undefined;
    // An answer that settles its task has ended its delivery already.
    if (current !== undefined && current.worker.deliveries.get(current.id) === current) {
      deadlines.remove(current);
      // At the end of the pool what runs may go on; only who waited for a result is not there any more.
      if (outcome.kind !== 'closed' || task.isRun) current.worker.outlet.cancel(current.id);
    }
    this.#unsettled--;
    task.onSettled(outcome, task);
    this.#tellRoom();
    if (this.#unsettled === 0) this.#options.onIdle();
  }

  // ── giving out ──

  /** There is room in the queue, or a worker that can take the task at once. */
  get #accepts(): boolean {
    const waiting = this.#queue.size + this.#delayed.size;
    return waiting < this.#options.queueLimit || (this.#queue.size === 0 && this.#ready.size > 0);
  }

  #tellRoom(): void {
    const tell = this.#onRoom;
    if (tell === undefined || !this.#accepts) return;
    this.#onRoom = undefined;
    tell();
  }

  /** Puts the worker where it belongs now: last of the ready ones, or nowhere. */
  #place(worker: PoolWorker): void {
    const { credit, deliveries, silent, outlet } = worker;
    const isReady = credit > deliveries.size && !silent && !outlet.overfull && this.#workers.has(worker);
    if (!isReady) this.#ready.remove(worker);
    else if (worker.chain === undefined) this.#ready.push(worker);
    if (worker.stopping && deliveries.size === 0) {
      worker.stopping = false;
      worker.outlet.drained();
    }
  }

  #pump(): void {
    // Who is told of a settled task may push the next one: the outer loop goes on with it.
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      const task = this.#queue.first;
      const worker = task && this.#workerFor(task);
      if (task === undefined || worker === undefined) break;
      this.#queue.remove(task);
      // Timers may be late, and what is late is not run.
      if (this.#isLate(task)) this.#settle(task, { kind: 'expired' });
      else this.#deliver(task, worker);
    }
    this.#pumping = false;
    this.#tellRoom();
  }

  #workerFor({ avoid }: PoolTask): PoolWorker | undefined {
    const { first } = this.#ready;
    return first === avoid ? (first?.after ?? first) : first;
  }

  #deliver(task: PoolTask, worker: PoolWorker): void {
    do this.#lastId = this.#lastId === LAST_ID ? 1 : this.#lastId + 1;
    while (worker.deliveries.has(this.#lastId));
    const delivery = new Delivery(this.#lastId, task, worker, this.#onSilence);
    worker.deliveries.set(delivery.id, delivery);
    task.current = delivery;
    task.deliveries++;
    task.runs++;
    this.counts.delivered++;
    // Round robin: who was given something is last.
    this.#ready.remove(worker);
    this.#place(worker);
    this.#watch(delivery);
    worker.outlet.deliver(delivery);
  }
}
