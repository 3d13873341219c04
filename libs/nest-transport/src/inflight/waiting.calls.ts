import type { ZmqClientFullError } from '../zmq.errors.js';
import type { PendingCall } from './pending.call.js';
import { callsFull, serverFull } from './pending.errors.js';
import type { ServerLink } from './server.link.js';

/**
 * Calls that no server has, at most `maxWaiting` of them together: those for any
 * server, oldest first; those for one in particular (`setServer`) that is not
 * connected, behind which nobody queues; and those for all, which wait until there
 * is any.
 */
export class WaitingCalls implements Iterable<PendingCall> {
  readonly #limit: number;
  readonly #forAny = new Set<PendingCall>();
  readonly #addressed = new Set<PendingCall>();
  #forAll = 0;

  /** Calls that failed because there were too many. */
  refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All kinds of them. */
  get size(): number {
    return this.#forAny.size + this.#addressed.size + this.#forAll;
  }

  /** Those for any server. */
  get forAny(): ReadonlySet<PendingCall> {
    return this.#forAny;
  }

  /** @throws ZmqClientFullError */
  add(call: PendingCall): void {
    this.#assertRoom();
    if (call.content.server === undefined) this.#forAny.add(call);
    else this.#addressed.add(call);
  }

  /** Does nothing when it does not wait. */
  delete(call: PendingCall): void {
    if (!this.#forAny.delete(call)) this.#addressed.delete(call);
  }

  /** Those for this server, oldest first. They wait no more. */
  takeFor(link: ServerLink): PendingCall[] {
    const found = [...this.#addressed].filter(({ content }) => isNamed(link, content.server));
    for (const call of found) this.#addressed.delete(call);
    return found;
  }

  /**
   * A call for all servers waits for the first.
   * @returns ends that; idempotent
   * @throws ZmqClientFullError
   */
  enterForAll(): () => void {
    this.#assertRoom();
    this.#forAll++;
    let waits = true;
    return () => {
      if (waits) this.#forAll--;
      waits = false;
    };
  }

  #assertRoom(): void {
    if (this.size < this.#limit) return;
    this.refused++;
    throw callsFull(this.#limit);
  }

  /** What one more call for this server, which takes nothing now, fails with; `undefined`: it may wait there. */
  refusedAt(link: ServerLink): ZmqClientFullError | undefined {
    if (link.outbox.length < this.#limit && !link.outbox.overfull) return undefined;
    this.refused++;
    return serverFull(link, this.#limit);
  }

  *[Symbol.iterator](): Iterator<PendingCall> {
    yield* this.#forAny;
    yield* this.#addressed;
  }
}

/** Whether a server has this name, or this address. */
export function isNamed({ name, address }: ServerLink, server: string | undefined): boolean {
  return server !== undefined && (server === name || server === address);
}
