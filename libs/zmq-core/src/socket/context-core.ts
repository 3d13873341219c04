import { type Clock, systemClock } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import { type RandomSource, systemRandom } from '../foundation/random.js';
import { parseEndpoint } from '../transport/endpoint.js';
import type { Transport } from '../transport/transport.js';
import { TransportRegistry } from '../transport/transport-registry.js';
import { createBatch } from '../session/session-host.js';
import { defaultContextOptions } from './context-option-table.js';
import { KeepAlive } from './keep-alive.js';

export interface ContextParts {
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly transports: readonly Transport[];
}

/** What a context needs of a socket that is part of it. */
export interface ContextMember {
  /** Starts to close, with linger. Idempotent. */
  close(): void;
}

/** What the sockets of one context share. */
export class ContextCore {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transports: TransportRegistry;
  readonly batch = createBatch();
  readonly keepAlive = new KeepAlive();
  readonly options = defaultContextOptions();

  readonly #members = new Set<ContextMember>();
  /** Closed sockets that still deliver. */
  readonly #lingering = new Set<ContextMember>();

  constructor(parts: ContextParts) {
    this.clock = parts.clock ?? systemClock;
    this.random = parts.random ?? systemRandom;
    this.transports = new TransportRegistry(parts.transports);
  }

  /** Throws what `connect` of a socket with the context's defaults would. */
  checkConnect(endpoint: string): void {
    const { scheme, address } = parseEndpoint(endpoint);
    const transport = this.transports.get(scheme, endpoint);
    if (transport.kind === 'bytes') transport.checkDial(address, { ipv6: this.options.ipv6 });
  }

  /** Throws EMFILE when `maxSockets` sockets are open. */
  join(member: ContextMember): void {
    const { maxSockets } = this.options;
    if (this.#members.size >= maxSockets) {
      throw new ZmqError('EMFILE', `${maxSockets} sockets are open in this context (maxSockets)`);
    }
    if (this.#members.size === 0) process.once('beforeExit', this.#closeAll);
    this.#members.add(member);
  }

  /** @param holds whether the process waits for `endLinger`; it does not when nothing may be delivered any more */
  startLinger(member: ContextMember, holds: boolean): void {
    this.#members.delete(member);
    if (this.#members.size === 0) process.removeListener('beforeExit', this.#closeAll);
    if (!holds) return;
    this.#lingering.add(member);
    this.keepAlive.hold();
  }

  endLinger(member: ContextMember): void {
    if (this.#lingering.delete(member)) this.keepAlive.release();
  }

  /** The program has nothing left to do: what was sent is delivered first, as far as each socket's `linger` goes. */
  readonly #closeAll = (): void => {
    for (const member of this.#members) member.close();
    if (this.#lingering.size === 0) return;
    this.clock.setTimer(500, () => {
      if (this.#lingering.size === 0) return;
      const hint = this.options.blocky ? " Set 'context.blocky = false' to change this behaviour." : '';
      process.stderr.write(
        `(node:${process.pid}) WARNING: Waiting for queued ZeroMQ messages to be delivered.${hint}\n`,
      );
    });
  };
}
