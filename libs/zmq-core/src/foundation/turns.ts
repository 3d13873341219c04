/**
 * Runs `task` soon: in a microtask while the event loop is fresh, and in the next
 * turn of the loop after 512 in a row, so that a chain of in-process messages or
 * of settled promises never keeps timers and I/O waiting (zeromq.js yields at the
 * same number).
 */
const TASKS_PER_TURN = 512;

// There is one event loop a thread, so this state is the thread's, not a context's.
let spent = 0;
let endIsDue = false;

export function soon(task: () => void): void {
  if (spent >= TASKS_PER_TURN) {
    setImmediate(task);
    return;
  }
  spent++;
  if (!endIsDue) {
    endIsDue = true;
    setImmediate(endTurn);
  }
  queueMicrotask(task);
}

function endTurn(): void {
  spent = 0;
  endIsDue = false;
}
