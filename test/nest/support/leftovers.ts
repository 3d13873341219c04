import { until } from '../turns.js';

/** What keeps a process alive, as Node names it. */
const HANDLES = ['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'PipeServerWrap', 'Timeout'];

type Counts = Readonly<Record<string, number>>;

/** How many handles of each kind are open. */
export function openHandles(): Counts {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    if (HANDLES.includes(name)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/**
 * Fails when something is still there after a moment: handles beyond those of `before`, or what `entries` counts. (A
 * rejected promise that nobody looks at fails a test by Jest itself.)
 */
export async function expectNothingLeft(before: Counts, entries: () => Counts, patienceMs?: number): Promise<void> {
  const left = (): Counts => ({ ...entries(), ...moreThan(before) });
  await until(() => Object.keys(left()).length === 0, left, patienceMs);
}

function moreThan(before: Counts): Counts {
  return Object.fromEntries(Object.entries(openHandles()).filter(([name, count]) => count > (before[name] ?? 0)));
}
