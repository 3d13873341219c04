import { until } from '../turns.js';

type Counts = Readonly<Record<string, number>>;

/**
 * Fails when something of what `entries` counts is still there after a moment. (Handles and rejected promises that nobody
 * looks at need no word in a test: `test/support/nothing-left.environment.mjs`.)
 */
export async function expectNothingLeft(entries: () => Counts, patienceMs?: number): Promise<void> {
  await until(() => Object.keys(entries()).length === 0, entries, patienceMs);
}

/** Without what there is none of. */
export function positive(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
