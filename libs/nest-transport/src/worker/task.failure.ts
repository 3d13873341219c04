import type { ZmqTaskContext } from './task.context.js';

/** What an `@OnTaskFailure()` method gets: a task that is given up. */
export interface ZmqTaskFailure<TData = unknown> {
  readonly pool: string;
  readonly task: string;
  /** The task's data, as its last attempt saw it. */
  readonly data: TData;
  /** What the last attempt threw. */
  readonly error: unknown;
  /** How often it was run. */
  readonly attempts: number;
  /** The context of the last attempt. */
  readonly context: ZmqTaskContext;
}
