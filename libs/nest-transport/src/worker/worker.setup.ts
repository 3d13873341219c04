import type { FailureHook } from './task.failures.js';
import type { TaskHandler } from './task.runner.js';

/** What the application's worker class gives. */
export interface WorkerSetup {
  readonly concurrency: number;
  /** By task name. */
  readonly handlers: ReadonlyMap<string, TaskHandler>;
  readonly onFailure: FailureHook | undefined;
}
