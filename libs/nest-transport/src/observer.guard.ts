import type { ErrorLog } from './error.log.js';
import { isThenable } from './nest.serializer.js';

/**
 * Calls code that only watches: metrics, a tracer, listeners, most of Nest's hooks. What it throws, or rejects with, is
 * logged and goes no further: a broken watcher fails nothing that it watches. Two of Nest's hooks stand before the work,
 * and fail it as in Nest: a processing start hook that throws or rejects before it lets the handler begin, and a
 * dispatch hook that throws at once.
 */
export class ObserverGuard {
  readonly #errors: ErrorLog;

  constructor(errors: ErrorLog) {
    this.#errors = errors;
  }

  /**
   * @param where one of a bounded number, for the log
   * @returns what it gave; `undefined` when it threw
   */
  call<T>(where: string, observe: () => T): T | undefined {
    try {
      return this.promised(where, observe());
    } catch (error) {
      this.#errors.log(where, error);
      return undefined;
    }
  }

  /** Looks after what may be a promise, which nobody waits for. */
  promised<T>(where: string, result: T): T {
    if (isThenable(result)) result.then(undefined, (error: unknown) => this.#errors.log(where, error));
    return result;
  }
}
