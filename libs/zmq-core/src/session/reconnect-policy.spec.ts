import fc from 'fast-check';
import { ReconnectPolicy } from './reconnect-policy.js';

/** Chance in the test's hand: gives these fractions, one after the other, again and again. */
function policy(interval: number, max: number, jitter = 0, fractions: readonly number[] = [0]): ReconnectPolicy {
  let next = 0;
  const random = {
    bytes: (size: number) => Buffer.alloc(size),
    fraction: () => fractions[next++ % fractions.length]!,
  };
  return new ReconnectPolicy(
    { reconnectIntervalMs: interval, reconnectMaxIntervalMs: max, reconnectJitter: jitter },
    random,
  );
}

const waits = (reconnect: ReconnectPolicy, count: number) => Array.from({ length: count }, () => reconnect.next());

describe('without a maximum', () => {
  it('waits the interval and a random part of it, at every try', () => {
    expect(waits(policy(100, 0, 0, [0, 0.5, 0.999]), 4)).toEqual([100, 150, 199, 100]);
  });

  it('stays within [interval, 2 × interval)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (interval, fraction) => {
        const wait = policy(interval, 0, 0, [fraction]).next()!;
        expect(wait).toBeGreaterThanOrEqual(interval);
        expect(wait).toBeLessThan(2 * interval);
      }),
    ); // prettier-ignore
  });
});

describe('with a maximum', () => {
  it('doubles up to it, without chance', () => {
    expect(waits(policy(100, 800, 0, [0.7]), 6)).toEqual([100, 200, 400, 800, 800, 800]);
  });

  it('keeps to it from the first wait on, even below the interval', () => {
    expect(waits(policy(100, 20), 3)).toEqual([20, 20, 20]);
    expect(policy(100, 20).longest()).toBe(20);
  });

  it('begins again after a success', () => {
    const reconnect = policy(100, 800);
    waits(reconnect, 3);
    reconnect.reset();
    expect(waits(reconnect, 3)).toEqual([100, 200, 400]);
  });

  it('never goes over a maximum that is no power', () => {
    expect(waits(policy(100, 250), 4)).toEqual([100, 200, 250, 250]);
  });

  it('takes a random part away with reconnectJitter', () => {
    expect(waits(policy(100, 800, 0.5, [0, 1]), 5)).toEqual([100, 100, 400, 400, 800]);
  });

  it('jitter never makes it zero', () => {
    expect(policy(1, 2, 1, [0.999_999]).next()).toBe(1);
  });
});

describe('after a refusal', () => {
  it('waits as long as there is', () => {
    expect(policy(100, 800).longest()).toBe(800);
    expect(policy(100, 0).longest()).toBe(100);
    expect(policy(100, 800, 0.5, [0.5]).longest()).toBe(600);
  });

  it('does not count as a step', () => {
    const reconnect = policy(100, 800);
    reconnect.longest();
    expect(waits(reconnect, 2)).toEqual([100, 200]);
  });
});

it.each([0, -1])('never, with an interval of %i', (interval) => {
  expect([policy(interval, 800).next(), policy(interval, 0).longest()]).toEqual([undefined, undefined]);
});
