import { ZmqError } from '../../foundation/errors.js';
import type { PipeMember } from '../../transport/transport.js';
import type { PendingConnect } from './pending-connect.js';

/** The names of one context: who is bound, and who waits for somebody to bind. */
export class InprocRegistry {
  readonly #binders = new Map<string, PipeMember>();
  readonly #waiting = new Map<string, Set<PendingConnect>>();

  /** Throws EADDRINUSE. Gives those who waited, in the order in which they came. */
  bind(name: string, member: PipeMember): PendingConnect[] {
    if (this.#binders.has(name)) {
      throw new ZmqError('EADDRINUSE', `another socket of this context is bound to inproc://${name}`, {
        address: `inproc://${name}`,
      });
    }
    this.#binders.set(name, member);
    const waiting = [...(this.#waiting.get(name) ?? [])];
    this.#waiting.delete(name);
    return waiting;
  }

  unbind(name: string): void {
    this.#binders.delete(name);
  }

  binder(name: string): PipeMember | undefined {
    return this.#binders.get(name);
  }

  wait(name: string, connect: PendingConnect): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, new Set([connect]));
    else waiting.add(connect);
  }

  /** Idempotent. */
  stopWaiting(name: string, connect: PendingConnect): void {
    const waiting = this.#waiting.get(name);
    waiting?.delete(connect);
    if (waiting?.size === 0) this.#waiting.delete(name);
  }
}
