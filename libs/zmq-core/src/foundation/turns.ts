/**
 * Runs `task` soon: in a microtask while the event loop is fresh, and in the next
 * turn of the loop after 512 in a row, so that a chain of in-process messages or
 * of settled promises never keeps timers and I/O waiting (zeromq.js yields at the
 * same number).
 */
const TASKS_PER_TURN = 512;

// There is one event loop a thread, so this state is the thread's, not a context's.
let spent = 0;
let turnMarked = false;
let turn = 0;

export function soon(task: () => void): void {
  if (spent >= TASKS_PER_TURN) {
    setImmediate(task);
    return;
  }
  spent++;
  currentTurn();
  queueMicrotask(task);
}

function endTurn(): void {
  spent = 0;
  turnMarked = false;
  turn = (turn + 1) | 0;
}

/** A number that changes with each turn of the event loop in which it is asked for. */
export function currentTurn(): number {
  if (!turnMarked) {
    turnMarked = true;
    setImmediate(endTurn);
  }
  return turn;
}
