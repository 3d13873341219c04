/*
 * What contexts have still to do when the program has nothing left to do. One listener
 * for all of them: a listener each is reported as a leak from the eleventh on. A thread
 * ends once, so this state is the thread's, not a context's.
 */
const tasks = new Set<() => void>();

/** Calls `task` whenever the event loop has run empty, until it is taken back. Idempotent. */
export function atProcessEnd(task: () => void): void {
  if (tasks.size === 0) process.on('beforeExit', runTasks);
  tasks.add(task);
}

/** Idempotent. */
export function notAtProcessEnd(task: () => void): void {
  if (tasks.delete(task) && tasks.size === 0) process.off('beforeExit', runTasks);
}

function runTasks(): void {
  // Closing calls the user, who may open sockets: those have another turn.
  const due = [...tasks];
  for (const task of due) task();
}
