import { refuseUnknown, ZmqWorkerError } from './worker.errors.js';

/**
 * Runs a failed task again, in the same process and on the same concurrency slot: while a task waits for its next
 * attempt, no other task takes its place. Lost with the process.
 */
export interface TaskRetryOptions {
  /** How often the task is run at most, the first time included: 1 to 1,000. */
  attempts: number;
  /** How long to wait between two attempts, in ms: 0 to 3,600,000. 0 by default. */
  delay?: number;
}

/** `TaskRetryOptions`, checked and complete. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly delayMs: number;
}

export const MAX_ATTEMPTS = 1_000;
export const MAX_DELAY_MS = 3_600_000;

const RUN_ONCE: RetryPolicy = { attempts: 1, delayMs: 0 };

/**
 * @param where what to name in an error, for example `ImageWorker.resize`
 * @throws ZmqWorkerError a value out of its range
 */
export function retryPolicyOf(options: TaskRetryOptions | undefined, where: string): RetryPolicy {
  if (options === undefined) return RUN_ONCE;
  refuseUnknown(options, ['attempts', 'delay'], `${where}: retry`);
  const { attempts, delay = 0 } = options;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > MAX_ATTEMPTS) {
    throw new ZmqWorkerError(`${where}: retry.attempts must be a whole number from 1 to ${MAX_ATTEMPTS}`);
  }
  if (typeof delay !== 'number' || !(delay >= 0 && delay <= MAX_DELAY_MS)) {
    throw new ZmqWorkerError(`${where}: retry.delay must be 0 to ${MAX_DELAY_MS} (ms)`);
  }
  return { attempts, delayMs: delay };
}
