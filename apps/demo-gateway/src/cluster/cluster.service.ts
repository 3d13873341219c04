import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectZmqClient, ZmqClient, ZmqRecordBuilder } from '@nest-zmq/transport';
import { auditTime, lastValueFrom, map, type Observable, ReplaySubject, startWith, Subject, takeUntil } from 'rxjs';
import type { ServerReport } from '../../../demo-contract/messages.js';

const LIVE_EVERY_MS = 100;
const MAX_REPORTS = 1_000;

/** A connected game server: what the gateway's client sees of it, and what it last reported itself. */
export interface GameServer {
  readonly name: string;
  readonly address: string;
  readonly connectedSince: string;
  /** It is leaving, and gets no new calls. */
  readonly draining: boolean;
  /** Calls of the gateway that it has at this moment. */
  readonly inFlight: number;
  /** Calls of the gateway that it has answered. */
  readonly answered: number;
  /** A moment ago. */
  readonly reported: ServerReport | undefined;
}

/** The game servers, as many as are connected right now. */
@Injectable()
export class ClusterService implements OnModuleDestroy {
  readonly #reports = new Map<string, ServerReport>();
  readonly #changes = new Subject<void>();
  /** Remembers: who comes to look while we stop must not wait for ever. */
  readonly #stopping = new ReplaySubject<void>(1);

  constructor(@InjectZmqClient('game-servers') private readonly client: ZmqClient) {
    client.on('connect', () => this.#changes.next());
    client.on('drain', () => this.#changes.next());
    client.on('disconnect', () => this.#changes.next());
  }

  /** Calls one of the servers. @throws what its handler threw, or a `ZmqTransportError` */
  async ask<TAnswer>(pattern: string, data: object): Promise<TAnswer> {
    return lastValueFrom(this.client.send<TAnswer>(pattern, data));
  }

  /** Asks each of them, and gives what has come within the time. */
  async askAll<TAnswer>(pattern: string, withinMs: number): Promise<TAnswer[]> {
    // not `sendToAll()`, which fails with the first that fails
    const asked = this.client.servers().map(({ address }) => {
      const record = new ZmqRecordBuilder({}).setServer(address).setDeadline(withinMs).build();
      return lastValueFrom(this.client.send<TAnswer>(pattern, record));
    });
    const settled = await Promise.allSettled(asked);
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }

  /** Tells all of them; resolves when it is on its way. */
  async announce(event: string, data: object): Promise<void> {
    await lastValueFrom(this.client.emit(event, data), { defaultValue: undefined });
  }

  servers(): readonly GameServer[] {
    return this.client.servers().map(({ name: ownName, address, connectedSince, inFlight, handled, draining }) => {
      const name = ownName ?? address;
      return {
        name,
        address,
        connectedSince: connectedSince.toISOString(),
        draining,
        inFlight,
        answered: handled,
        reported: this.#reports.get(name),
      };
    });
  }

  /** The list now, and whenever it may have changed, a few times a second at most. */
  live(): Observable<readonly GameServer[]> {
    return this.#changes.pipe(
      auditTime(LIVE_EVERY_MS),
      startWith(undefined),
      map(() => this.servers()),
      takeUntil(this.#stopping),
    );
  }

  isConnected(server: string): boolean {
    return this.client.servers().some(({ name }) => name === server);
  }

  report(report: ServerReport): void {
    this.#reports.set(report.name, report);
    if (this.#reports.size > MAX_REPORTS) this.#forgetTheGone();
    this.#changes.next();
  }

  onModuleDestroy(): void {
    this.#stopping.next();
  }

  /** Names of servers are up to them: what is kept must not grow with every one that ever came. */
  #forgetTheGone(): void {
    for (const name of this.#reports.keys()) if (!this.isConnected(name)) this.#reports.delete(name);
  }
}
