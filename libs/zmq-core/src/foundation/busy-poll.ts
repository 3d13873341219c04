/*
 * The event loop asks for I/O again and again, for a while, in place of sleeping until there is some: a process that
 * sleeps is woken by the kernel some 20 to 50 µs late, which is most of a round trip (ADR 0014 has the figures).
 * Everything else goes on meanwhile: each turn of the loop runs timers, I/O and immediates.
 */

// There is one event loop a thread, so this state is the thread's.
let until = 0;
let polling = false;

/** The event loop does not sleep for `microseconds` from now; 0 changes nothing. */
export function keepPolling(microseconds: number): void {
  if (microseconds === 0) return;
  until = Math.max(until, performance.now() + microseconds / 1_000);
  if (polling) return;
  polling = true;
  setImmediate(poll);
}

/** A connection has ended, and it may have been the last. If not, the others go on with their next bytes. */
export function stopPolling(): void {
  until = 0;
}

/** An immediate that waits is what makes the loop ask for I/O without sleeping. */
function poll(): void {
  polling = performance.now() < until;
  if (polling) setImmediate(poll);
}
