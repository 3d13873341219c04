/** Lets promises that are settled by now run their reactions, and the event loop turn. */
export async function turns(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

const GIVE_UP_AFTER_MS = 10_000;

/**
 * Waits, turn by turn, until something is so.
 * @param seen what to show when it never is
 * @param patienceMs a guard against hanging, no more
 */
export async function until(
  condition: () => boolean,
  seen: () => unknown = () => '',
  patienceMs = GIVE_UP_AFTER_MS,
): Promise<void> {
  const since = performance.now();
  while (!condition()) {
    if (performance.now() - since > patienceMs) {
      throw new Error(`Waited in vain for ${String(condition)}: ${JSON.stringify(seen())}`);
    }
    await turns();
  }
}
