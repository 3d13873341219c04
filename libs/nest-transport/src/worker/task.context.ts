import type { ZmqHeaders } from '../packet/metadata.codec.js';
import type { ZmqCancellation } from '../zmq.cancellation.js';
import { ZmqContext } from '../zmq.context.js';
import type { ZmqPeer } from '../zmq.peer.js';

/** Which run of a task this is. */
export interface TaskRun {
  readonly attempt: number;
  readonly redelivered: boolean;
  /** Tells the pool that the task is worked on. Only where it wants to know. */
  readonly extend?: (() => void) | undefined;
}

/**
 * What `@Ctx()` gives to an `@OnTask` method: a `ZmqContext` that also knows which attempt this is. Each attempt gets its
 * own. `getPattern()` is the task's name; `signal` aborts when the application stops and the grace period is over, when
 * the task's deadline has passed, and, with `ack: 'explicit'`, when the pool does not want the result any more.
 */
export class ZmqTaskContext extends ZmqContext {
  readonly #run: TaskRun;

  constructor(
    task: string,
    peer: ZmqPeer,
    headers: ZmqHeaders | undefined,
    cancellation: ZmqCancellation,
    run: TaskRun,
  ) {
    super(task, peer, headers, cancellation);
    this.#run = run;
  }

  /** 1 for the first run of the task, 2 for the second, … wherever the earlier ones were. */
  get attempt(): number {
    return this.#run.attempt;
  }

  /** `attempt`, as a method beside those of `ZmqContext`. */
  getAttempt(): number {
    return this.#run.attempt;
  }

  /**
   * Whether the pool has delivered this task before, and it was begun, or may have been: by a worker that was lost, silent
   * or had to stop, or that asked for another attempt. What it did may be there already.
   */
  get redelivered(): boolean {
    return this.#run.redelivered;
  }

  /**
   * With `ack: 'explicit'`: tells the pool that the task is worked on, so that its `ackTimeout` starts again. For tasks
   * that take longer than that. Does nothing otherwise.
   */
  extend(): void {
    this.#run.extend?.();
  }

  /** The headers that came with the task, and `':attempt'`, the same number as `getAttempt()`. */
  override getMetadata(): ZmqHeaders {
    return { ...this.getHeaders(), ':attempt': String(this.#run.attempt) };
  }
}
