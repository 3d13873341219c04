import type { LogLimiter } from '../log.limiter.js';
import type { ZmqTaskFailure } from './task.failure.js';

/** Calls the worker's `@OnTaskFailure()` method. */
export type FailureHook = (failure: ZmqTaskFailure) => Promise<unknown>;

/** What happens at a worker when a task is given up: it is logged, and told to the hook. */
export class TaskFailures {
  readonly #log: LogLimiter;
  readonly #hook: FailureHook | undefined;

  constructor(log: LogLimiter, hook: FailureHook | undefined) {
    this.#log = log;
    this.#hook = hook;
  }

  /**
   * Resolves when the hook has returned; never rejects.
   * @param of how often it may have been run
   */
  async tell(failure: ZmqTaskFailure, of: number): Promise<void> {
    const { task, attempts, error } = failure;
    this.#log.log(
      `failed ${task}`,
      () => `Task '${task}' failed after ${attempts} of ${of} attempts: ${detailOf(error)}`,
    );
    if (this.#hook === undefined) return;
    try {
      await this.#hook(failure);
    } catch (hookError) {
      this.#log.log(
        `hook ${task}`,
        () => `The @OnTaskFailure() method threw for task '${task}': ${detailOf(hookError)}`,
      );
    }
  }
}

/** A peer's text in a log line. */
export function shortened(text: string): string {
  const printable = JSON.stringify(text).slice(1, -1);
  return printable.length > 100 ? `${printable.slice(0, 100)}…` : printable;
}

export function messageOf(error: unknown): string {
  return readable(() => (error instanceof Error ? error.message : String(error)));
}

/** With its stack, if it has one. */
export function detailOf(error: unknown): string {
  return readable(() => (error instanceof Error ? (error.stack ?? error.message) : String(error)));
}

/** Anything can be thrown: getters that throw in their turn, and objects that have no text. */
function readable(read: () => string): string {
  try {
    return read();
  } catch {
    return 'an error that cannot be read';
  }
}
