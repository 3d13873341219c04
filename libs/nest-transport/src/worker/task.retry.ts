import { refuseUnknown, ZmqFinalError, ZmqWorkerError } from './worker.errors.js';

/**
 * Runs a failed task again. Without acknowledgement in the same process and on the same place: while a task waits for its
 * next attempt, no other task takes its place, and it is lost with the process. With `ack: 'explicit'` the pool keeps it
 * meanwhile, the place is free, and whichever worker is free then runs it.
 */
export interface TaskRetryOptions {
  /**
   * How often the task is run at most, the first time included: 1 to 1,000. With `ack: 'explicit'` a run that was cut
   * off, because its worker was lost or had to stop, is an attempt too.
   */
  attempts: number;
  /** How long to wait between two attempts, in ms: 0 to 3,600,000. 0 by default. */
  delay?: number;
  /** By what the delay is multiplied after each further attempt: 1 to 10; it grows to an hour at most. 1 by default. */
  backoff?: number;
}

/** `TaskRetryOptions`, checked and complete. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
  readonly backoff?: number | undefined;
}

export const MAX_ATTEMPTS = 1_000;
export const MAX_DELAY_MS = 3_600_000;
const MAX_BACKOFF = 10;

const RUN_ONCE: RetryPolicy = { attempts: 1, delayMs: 0 };

/**
 * @param where what to name in an error, for example `ImageWorker.resize`
 * @throws ZmqWorkerError a value out of its range
 */
export function retryPolicyOf(options: TaskRetryOptions | undefined, where: string): RetryPolicy {
  if (options === undefined) return RUN_ONCE;
  refuseUnknown(options, ['attempts', 'delay', 'backoff'], `${where}: retry`);
  const { attempts, delay = 0, backoff } = options;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
    throw new ZmqWorkerError(`${where}: retry.attempts must be a whole number from 1 to ${MAX_ATTEMPTS}`);
  }
  if (typeof delay !== 'number' || !(delay >= 0 && delay <= MAX_DELAY_MS)) {
    throw new ZmqWorkerError(`${where}: retry.delay must be 0 to ${MAX_DELAY_MS} (ms)`);
  }
  if (backoff !== undefined && (typeof backoff !== 'number' || !(backoff >= 1 && backoff <= MAX_BACKOFF))) {
    throw new ZmqWorkerError(`${where}: retry.backoff must be 1 to ${MAX_BACKOFF}`);
  }
  return { attempts, delayMs: delay, ...(backoff === undefined ? {} : { backoff }) };
}

/** Whether a task is run again that has failed in this attempt, 1 being the first. */
export function mayRetry({ attempts }: RetryPolicy, attempt: number, error: unknown): boolean {
  return attempt < attempts && !(error instanceof ZmqFinalError);
}

/** The wait after this attempt, in ms. */
export function delayAfter({ delayMs, backoff = 1 }: RetryPolicy, attempt: number): number {
  return Math.min(delayMs * backoff ** (attempt - 1), MAX_DELAY_MS);
}
