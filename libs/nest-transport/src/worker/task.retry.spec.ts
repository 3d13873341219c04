import { retryPolicyOf, type TaskRetryOptions } from './task.retry.js';

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
  ])('refuses %j, naming the method and the option', (options, key) => {
    expect(() => retryPolicyOf(options as TaskRetryOptions, 'ImageWorker.resize')).toThrow(
      `ImageWorker.resize: ${key}`,
    );
  });
});
