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
