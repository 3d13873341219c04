/** The part of a socket that ends it. */
export interface Closable {
  readonly closed: boolean;
  readonly events: { on(type: 'end', listener: () => void): unknown };
  close(): void;
}

/**
 * Closes the socket. Resolves when what it had accepted is written, or its linger
 * is over: a process that is killed right after would take it along.
 */
export function closeSocket(socket: Closable): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => {
    socket.events.on('end', resolve);
    socket.close();
  });
}

/**
 * Makes the second of two that are there both or not at all.
 * @param first closed when the second cannot be made
 */
export function orClose<T>(first: { close(): unknown } | undefined, makeSecond: () => T): T {
  try {
    return makeSecond();
  } catch (error) {
    void first?.close();
    throw error;
  }
}
