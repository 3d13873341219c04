import { turns, until } from '../turns.js';

/** What keeps a process alive, as Node names it. */
const HANDLES = ['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'PipeServerWrap', 'Timeout'];

/** Rejected promises that nobody looked at, since the file was loaded or `expectNothingLeft` has looked. */
const rejections: unknown[] = [];
process.on('unhandledRejection', (error) => rejections.push(error));

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
 * Fails when something is still there after a moment: handles beyond those of `before`, what `entries` counts, a rejected
 * promise.
 */
export async function expectNothingLeft(before: Counts, entries: () => Counts): Promise<void> {
  const left = (): Counts => ({ ...entries(), ...moreThan(before) });
  await until(() => Object.keys(left()).length === 0, left);
  await turns(2);
  expect(rejections.splice(0)).toEqual([]);
}

function moreThan(before: Counts): Counts {
  return Object.fromEntries(Object.entries(openHandles()).filter(([name, count]) => count > (before[name] ?? 0)));
}
