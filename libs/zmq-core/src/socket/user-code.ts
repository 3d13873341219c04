/**
 * Calls a function of the user from within our loops. An error in it is uncaught,
 * as one thrown by an event listener, but it comes when our own state is whole
 * again, and what we were doing goes on.
 */
export function callUser<Arguments extends unknown[]>(sink: (...args: Arguments) => void, ...args: Arguments): void {
  try {
    sink(...args);
  } catch (error) {
    report(error);
  }
}

export function report(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
