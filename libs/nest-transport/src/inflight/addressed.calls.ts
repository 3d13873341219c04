import type { PendingCall } from './pending.call.js';
import type { ServerLink } from './server.link.js';

/** Calls for one server in particular (`setServer`) that is not connected. Nobody queues behind them. */
export class AddressedCalls implements Iterable<PendingCall> {
  readonly #waiting = new Set<PendingCall>();

  get size(): number {
    return this.#waiting.size;
  }

  add(call: PendingCall): void {
    this.#waiting.add(call);
  }

  delete(call: PendingCall): void {
    this.#waiting.delete(call);
  }

  /** Those for this server, oldest first. They wait no more. */
  take(link: ServerLink): PendingCall[] {
    const found = [...this.#waiting].filter(({ content }) => isNamed(link, content.server));
    for (const call of found) this.#waiting.delete(call);
    return found;
  }

  [Symbol.iterator](): Iterator<PendingCall> {
    return this.#waiting.values();
  }
}

/** Whether a server has this name, or this address. */
export function isNamed({ name, address }: ServerLink, server: string | undefined): boolean {
  return server !== undefined && (server === name || server === address);
}
