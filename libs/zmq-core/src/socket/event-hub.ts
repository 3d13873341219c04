import type { SessionEvent } from '../session/session-event.js';

/** What happens to a socket's endpoints and connections. `end` is the last, when the socket is closed. */
export type SocketEvent = SessionEvent | { readonly type: 'end'; readonly reason?: undefined };

/** Gives a socket's events to all who observe it: `socket.events` and its monitor. */
export class EventHub {
  readonly #observers = new Set<(event: SocketEvent) => void>();

  /** @returns ends it; idempotent */
  observe(observer: (event: SocketEvent) => void): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  emit(event: SocketEvent): void {
    for (const observer of this.#observers) observer(event);
  }
}
