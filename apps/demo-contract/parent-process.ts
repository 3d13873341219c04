/**
 * `npm start` and the tests start the demo's processes with an IPC channel. These two lines of talk replace
 * scraping logs for "it is up", and leave no orphan when the starter dies.
 */

/** Call it first: when the starter is gone, this process stops as if it had been told to. */
export function stopWithParent(): void {
  if (!process.send) return;
  process.once('disconnect', () => {
    if (process.listenerCount('SIGTERM') === 0) process.exit(0);
    process.emit('SIGTERM');
  });
  // listening must not keep this process alive
  process.channel?.unref();
}

/** Tells the starter that this process is up, and where. */
export function tellParent(ready: Readonly<Record<string, string>>): void {
  if (process.connected) process.send?.({ ready });
}
