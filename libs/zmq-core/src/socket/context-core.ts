import { type Clock, systemClock, type Timer } from '../foundation/clock.js';
import { ZmqError } from '../foundation/errors.js';
import { type RandomSource, systemRandom } from '../foundation/random.js';
import type { Authenticator } from '../mechanism/authenticator.js';
import type { CryptoSource } from '../mechanism/crypto-backend.js';
import { parseEndpoint } from '../transport/endpoint.js';
import type { Transport } from '../transport/transport.js';
import { TransportRegistry } from '../transport/transport-registry.js';
import { createBatch } from '../session/session-host.js';
import { defaultContextOptions } from './context-option-table.js';
import { KeepAlive } from './keep-alive.js';
import { atProcessEnd, notAtProcessEnd } from './process-end.js';

export interface ContextParts {
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly transports: readonly Transport[];
  readonly authenticator?: Authenticator;
  /** Where CURVE gets its library. */
  readonly crypto: CryptoSource;
}

/** What a context needs of a socket that is part of it. */
export interface ContextMember {
  /** Starts to close, with linger. Idempotent. */
  close(): void;
  /** Settles all that waits with ETERM, and refuses from now on all but to close. Idempotent. */
  shutdown(): void;
}

/** How long a process waits for messages to be delivered before it says so. */
const SILENT_MS = 500;

/** What the sockets of one context share. */
export class ContextCore {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transports: TransportRegistry;
  /** Asked about who wants to connect, where a socket's options say so. */
  readonly authenticator: Authenticator | undefined;
  readonly crypto: CryptoSource;
  readonly batch = createBatch();
  readonly keepAlive = new KeepAlive();
  readonly options = defaultContextOptions();

  #shutDown = false;
  #terminated: Promise<void> | undefined;
  readonly #members = new Set<ContextMember>();
  /** Closed sockets that still deliver. */
  readonly #lingering = new Set<ContextMember>();
  #onEmpty: (() => void) | undefined;
  /** The process is over but for what still lingers. */
  #holdsProcess = false;
  #warning: Timer | undefined;

  constructor(parts: ContextParts) {
    this.clock = parts.clock ?? systemClock;
    this.random = parts.random ?? systemRandom;
    this.transports = new TransportRegistry(parts.transports);
    this.authenticator = parts.authenticator;
    this.crypto = parts.crypto;
  }

  /** How many sockets are open. */
  get sockets(): number {
    return this.#members.size;
  }

  /** Throws what `bind` of a socket with the context's defaults would, whatever the machine is like. */
  checkBind(endpoint: string): void {
    const { transport, address } = this.#locate(endpoint);
    if (transport.kind === 'bytes') transport.checkListen(address, { ipv6: this.options.ipv6 });
  }

  /** Throws what `connect` of a socket with the context's defaults would. */
  checkConnect(endpoint: string): void {
    const { transport, address } = this.#locate(endpoint);
    if (transport.kind === 'bytes') transport.checkDial(address, { ipv6: this.options.ipv6, socksProxy: undefined });
  }

  /** Throws ETERM after `shutdown`, EMFILE when `maxSockets` sockets are open. */
  join(member: ContextMember): void {
    if (this.#shutDown) throw new ZmqError('ETERM', 'it takes no new sockets; make another context for them');
    const { maxSockets } = this.options;
    if (this.#members.size >= maxSockets) {
      throw new ZmqError('EMFILE', `${maxSockets} sockets are open in this context (maxSockets)`);
    }
    this.#members.add(member);
    atProcessEnd(this.#endWithProcess);
  }

  /** @param delivers whether something may still be delivered, until `endLinger` */
  startLinger(member: ContextMember, delivers: boolean): void {
    this.#members.delete(member);
    if (delivers) this.#lingering.add(member);
    this.#checkEmpty();
  }

  endLinger(member: ContextMember): void {
    if (this.#lingering.delete(member)) this.#checkEmpty();
  }

  /** Settles all that waits in its sockets with ETERM. They can then only be closed, and no new ones made. Idempotent. */
  shutdown(): void {
    this.#shutDown = true;
    for (const member of this.#members) member.shutdown();
  }

  /** `shutdown`, closes all sockets, and resolves when none lingers any more. Idempotent. */
  terminate(): Promise<void> {
    this.#terminated ??= this.#terminate();
    return this.#terminated;
  }

  #locate(endpoint: string): { transport: Transport; address: string } {
    const { scheme, address } = parseEndpoint(endpoint);
    return { transport: this.transports.get(scheme, endpoint), address };
  }

  async #terminate(): Promise<void> {
    this.shutdown();
    for (const member of this.#members) member.close();
    if (this.#isEmpty) return;
    this.keepAlive.hold();
    await new Promise<void>((resolve) => (this.#onEmpty = resolve));
    this.keepAlive.release();
  }

  get #isEmpty(): boolean {
    return this.#members.size === 0 && this.#lingering.size === 0;
  }

  #checkEmpty(): void {
    if (this.#holdsProcess && this.#lingering.size === 0) {
      this.#holdsProcess = false;
      this.#warning?.cancel();
      this.keepAlive.release();
    }
    if (!this.#isEmpty) return;
    // From here on nothing of the process refers to this context.
    notAtProcessEnd(this.#endWithProcess);
    this.keepAlive.rest();
    this.#onEmpty?.();
  }

  /** The program has nothing left to do: what was sent is delivered first, as far as each socket's `linger` goes. */
  readonly #endWithProcess = (): void => {
    for (const member of this.#members) member.close();
    if (this.#lingering.size === 0 || this.#holdsProcess) return;
    this.#holdsProcess = true;
    this.keepAlive.hold();
    this.#warning = this.clock.setTimer(SILENT_MS, () => {
      const hint = this.options.blocky ? " Set 'context.blocky = false' to change this behaviour." : '';
      process.stderr.write(
        `(node:${process.pid}) WARNING: Waiting for queued ZeroMQ messages to be delivered.${hint}\n`,
      );
    });
  };
}
