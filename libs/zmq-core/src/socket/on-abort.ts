/** Calls `abort` when the signal fires, until the returned function is called. A signal may outlive a million waits. */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: unknown) => void): (() => void) | undefined {
  if (signal === undefined) return undefined;
  const listener = (): void => abort(signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
