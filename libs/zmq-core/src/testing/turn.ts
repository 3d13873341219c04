/** The next turn of the event loop, for what gives no event: that something stays as it is, or a random pause. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
