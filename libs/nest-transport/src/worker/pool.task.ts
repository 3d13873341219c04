import { Deadline } from '../inflight/deadline.queue.js';
import type { Frame } from '../packet/frames.js';
import type { ZmqHeaders } from '../packet/metadata.codec.js';
import { Link } from './chain.js';

/** What is sent of a task each time it is delivered. */
export interface TaskContent {
  readonly name: string;
  readonly payload: Frame;
  readonly contentType: string | undefined;
  readonly headers: ZmqHeaders | undefined;
}

/** What became of a task. It is told once. */
export type TaskOutcome =
  /** A worker did it. `payload` is its result, `undefined` when it gave none. */
  | { readonly kind: 'done'; readonly payload: Buffer | undefined; readonly contentType: string | undefined }
  /** A worker said that it failed for good; the error as JSON. */
  | { readonly kind: 'failed'; readonly payload: Buffer }
  /** Its workers were lost, or silent, as often as it may be delivered. */
  | { readonly kind: 'lost' }
  /** Its deadline passed. */
  | { readonly kind: 'expired' }
  /** Nobody wants it any more. */
  | { readonly kind: 'cancelled' }
  /** The pool closed before. */
  | { readonly kind: 'closed' };

/** Calls back when it is due. */
export class Timer extends Deadline {
  constructor(readonly onDue: () => void) {
    super();
  }
}

/**
 * One task of a pool with acknowledgement.
 *
 *     queued ──▶ delivered ──▶ settled      done · failed · lost · expired · cancelled · closed
 *       ▲ ▲          │ │
 *       │ └──────────┘ │   handed back; its worker was lost or silent
 *       └── delayed ◀──┘   failed, to be run again later
 */
export class PoolTask extends Link<PoolTask> {
  /** Runs that have begun, or may have: each delivery that was not handed back. */
  runs = 0;
  /** Deliveries of which nothing was heard. */
  losses = 0;
  /** All deliveries, those that were handed back included. */
  deliveries = 0;
  /** The delivery whose answer counts, whatever it says. */
  current: Delivery | undefined;
  /** The worker that it should not go to next if there is another one. */
  avoid: PoolWorker | undefined;
  /** Its number among those that its dispatcher has accepted, from 1; 0 before. */
  number = 0;
  settled = false;
  /** When its deadline passes. */
  expiry: Timer | undefined;
  /** While it is delayed. */
  delay: Timer | undefined;

  /**
   * @param deadlineAt Infinity without a deadline
   * @param isRun whether somebody waits for its result
   * @param onSettled called once
   */
  constructor(
    readonly content: TaskContent,
    readonly deadlineAt: number,
    readonly isRun: boolean,
    readonly onSettled: (outcome: TaskOutcome, task: PoolTask) => void,
  ) {
    super();
  }

  /** A dispatcher has taken it. */
  get accepted(): boolean {
    return this.number > 0;
  }
}

/** A task at a worker, from its sending to its last answer, however late that is. */
export class Delivery extends Deadline {
  constructor(
    readonly id: number,
    readonly task: PoolTask,
    readonly worker: PoolWorker,
    readonly onSilence: (delivery: Delivery) => void,
  ) {
    super();
  }

  onDue(): void {
    this.onSilence(this);
  }
}

/** The way to one worker. Must not throw. */
export interface WorkerOutlet {
  /** Whether the worker leaves so much unread that it is given no more. */
  readonly overfull: boolean;
  deliver(delivery: Delivery): void;
  /** The result of this delivery is not wanted any more. It is answered all the same. */
  cancel(id: number): void;
  /** Asks for its credit: a worker that answers is alive. */
  hello(): void;
  /** It has stopped and owes no answer: it may go. */
  drained(): void;
}

/** A connected worker, as the dispatcher sees it. In the chain of ready ones while it may be given a task. */
export class PoolWorker extends Link<PoolWorker> {
  readonly deliveries = new Map<number, Delivery>();
  /** How many unanswered deliveries it takes; 0 until it has said so, and when it stops. */
  credit = 0;
  /** It let a delivery's time pass, and said nothing since. */
  silent = false;
  /** It said that it stops, and waits to hear that it may go. */
  stopping = false;
  /** Tasks that it has answered by a result or an error. */
  handled = 0;

  constructor(readonly outlet: WorkerOutlet) {
    super();
  }
}
