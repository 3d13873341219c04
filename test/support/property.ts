import fc from 'fast-check';
import { times } from './times.js';

/** A run that waits for what never comes fails, and is told with its seed. */
const RUN_MS = 10_000;
/** What a failure shrinks to is bounded in time: a run may be real sockets. */
const ALL_MS = 15_000 * times;

/** For the test around it: longer than any run and what it shrinks to. */
export const LIMIT_MS = 30_000 * times;

/** A failure names its seed and its path; the same runs come again with PROPERTY_SEED=<seed>. */
function runs(inSuite: number): { numRuns: number; seed?: number } {
  const given = process.env['PROPERTY_SEED'];
  return { numRuns: inSuite * times, ...(given !== undefined && { seed: Number(given) }) };
}

/** Checks a property so often, or `times` as often. */
export function holds<Ts extends [unknown, ...unknown[]]>(property: fc.IProperty<Ts>, numRuns: number): void {
  fc.assert(property, runs(numRuns));
}

/** The same for a property of what happens in time. */
export function holdsInTime<Ts extends [unknown, ...unknown[]]>(
  property: fc.IAsyncProperty<Ts>,
  numRuns: number,
): Promise<void> {
  return fc.assert(property, {
    ...runs(numRuns),
    timeout: RUN_MS,
    interruptAfterTimeLimit: ALL_MS,
    markInterruptAsFailure: false,
  });
}

export const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
