import type { LoggerService } from '@nestjs/common';
import type { LogLimiter } from './log.limiter.js';

/**
 * Writes what code of the application threw, as it was thrown, so that the log has its stack. Peers decide how often
 * that code runs, so it is limited: one of a place and class at a time.
 */
export class ErrorLog {
  readonly #limiter: LogLimiter;
  readonly #logger: Pick<LoggerService, 'error'>;

  constructor(limiter: LogLimiter, logger: Pick<LoggerService, 'error'>) {
    this.#limiter = limiter;
    this.#logger = logger;
  }

  /** @param where one of a bounded number, such as a handler's pattern; never a peer's text */
  log(where: string, error: unknown): void {
    const suppressed = this.#limiter.admit(`${where} ${classOf(error)}`);
    if (suppressed === undefined) return;
    this.#logger.error(error);
    if (suppressed > 0) this.#logger.error(`(and ${suppressed} more like this before, of ${where})`);
  }
}

/** Few, for the log: an error's `name` could be any text, even a peer's. */
export function classOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}
