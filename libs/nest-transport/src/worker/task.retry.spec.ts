import { ZmqFinalError } from './worker.errors.js';
import { delayAfter, mayRetry, retryPolicyOf, type TaskRetryOptions } from './task.retry.js';

describe('retryPolicyOf', () => {
  it('runs a task once without options', () => {
    expect(retryPolicyOf(undefined, 'A.b')).toEqual({ attempts: 1, delayMs: 0 });
  });

  it('does not wait between attempts unless told to', () => {
    expect(retryPolicyOf({ attempts: 3 }, 'A.b')).toEqual({ attempts: 3, delayMs: 0 });
    expect(retryPolicyOf({ attempts: 3, delay: 500 }, 'A.b')).toEqual({ attempts: 3, delayMs: 500 });
  });

  it.each<[unknown, string]>([
    [{ attempts: 0 }, 'retry.attempts'],
    [{ attempts: 1.5 }, 'retry.attempts'],
    [{ attempts: 1_001 }, 'retry.attempts'],
    [{ attempts: '3' }, 'retry.attempts'],
    [{}, 'retry.attempts'],
    [{ attempts: 2, delay: -1 }, 'retry.delay'],
    [{ attempts: 2, delay: Number.NaN }, 'retry.delay'],
    [{ attempts: 2, delay: 3_600_001 }, 'retry.delay'],
    [{ attempts: 2, delay: '1s' }, 'retry.delay'],
    [{ attempts: 2, dely: 5 }, 'retry.dely is unknown'],
    [{ attempts: 2, backoff: 0.5 }, 'retry.backoff'],
    [{ attempts: 2, backoff: 11 }, 'retry.backoff'],
  ])('refuses %j, naming the method and the option', (options, key) => {
    expect(() => retryPolicyOf(options as TaskRetryOptions, 'ImageWorker.resize')).toThrow(
      `ImageWorker.resize: ${key}`,
    );
  });
});

describe('attempts', () => {
  it('end with the last one, or when the handler says that there is no hope', () => {
    const policy = retryPolicyOf({ attempts: 3 }, 'A.b');
    expect([1, 2, 3, 4].map((attempt) => mayRetry(policy, attempt, new Error('no')))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(mayRetry(policy, 1, new ZmqFinalError('never'))).toBe(false);
  });

  it('are as far from each other as the delay says, growing by `backoff` up to an hour', () => {
    const delays = (options: TaskRetryOptions): number[] =>
      [1, 2, 3, 20].map((attempt) => delayAfter(retryPolicyOf(options, 'A.b'), attempt));
    expect(delays({ attempts: 30, delay: 500 })).toEqual([500, 500, 500, 500]);
    expect(delays({ attempts: 30, delay: 500, backoff: 2 })).toEqual([500, 1_000, 2_000, 3_600_000]);
  });
});
