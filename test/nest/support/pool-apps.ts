import { type INestApplicationContext, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Context } from '@nest-zmq/core';
import { getZmqPoolToken, getZmqWorkersToken, ZmqModule, type ZmqPool, type ZmqWorkers } from '@nest-zmq/transport';
import { expectNothingLeft, positive } from './leftovers.js';
import { type TransportName, type Way, ways } from './ways.js';

export type PoolOptions = Parameters<typeof ZmqModule.registerPool>[0];
export type WorkersOptions = Parameters<typeof ZmqModule.registerWorkers>[0];

class Lines implements LoggerService {
  readonly lines: string[] = [];
  log(): void {}
  warn(message: unknown): void {
    this.lines.push(`warn ${String(message)}`);
  }
  error(message: unknown): void {
    this.lines.push(`error ${String(message)}`);
  }
}

/** The applications of one test around the pool 'jobs', all in one context; `close` leaves nothing open. */
export class PoolApps {
  readonly context = new Context();
  readonly logger = new Lines();
  readonly #way: Way;
  readonly #ack: 'none' | 'explicit';
  readonly #apps: INestApplicationContext[] = [];
  readonly #pools: ZmqPool[] = [];
  readonly #workers: ZmqWorkers[] = [];
  /** Of an application that failed at its start Nest closes nothing. */
  #hasFailedStart = false;

  constructor(transport: TransportName = 'tcp', ack: 'none' | 'explicit' = 'explicit') {
    this.#way = ways[transport];
    this.#ack = ack;
  }

  /** An address that nobody has. */
  address(): string {
    return this.#way.address();
  }

  /** An address that nobody has, without a wildcard. */
  fixedAddress(): Promise<string> {
    return this.#way.fixed();
  }

  async start(imports: readonly object[], providers: readonly object[] = []): Promise<INestApplicationContext> {
    @Module({ imports: [...imports] as never[], providers: [...providers] as never[] })
    class AppModule {}
    try {
      const app = await NestFactory.createApplicationContext(AppModule, { logger: this.logger, abortOnError: false });
      this.#apps.push(app);
      return app;
    } catch (error) {
      this.#hasFailedStart = true;
      throw error;
    }
  }

  /** The pool's end; it binds, where nothing else is said. */
  async pool(options: Partial<PoolOptions> = {}, providers: readonly object[] = []) {
    const address = options.connect === undefined ? { bind: this.address() } : {};
    const module = ZmqModule.registerPool({ name: 'jobs', ...this.#shared(options), ...address, ...options });
    const app = await this.start([module], providers);
    const pool = app.get<ZmqPool>(getZmqPoolToken('jobs'));
    this.#pools.push(pool);
    return { app, pool, endpoint: pool.unwrap().lastEndpoint! };
  }

  /** The workers' end; the class is among the providers. It binds where it is told no address. */
  async workers(
    connect: string | string[] | undefined,
    providers: readonly object[],
    options: Partial<WorkersOptions> = {},
  ) {
    const address = connect === undefined ? { bind: this.address() } : { connect };
    const module = ZmqModule.registerWorkers({ pool: 'jobs', ...this.#shared(address), ...address, ...options });
    const app = await this.start([module], providers);
    const workers = app.get<ZmqWorkers>(getZmqWorkersToken('jobs'));
    this.#workers.push(workers);
    return { app, workers, endpoint: workers.unwrap().lastEndpoint! };
  }

  async stop(app: INestApplicationContext): Promise<void> {
    this.#apps.splice(this.#apps.indexOf(app), 1);
    await app.close();
  }

  /**
   * Workers first: a pool waits for what they have. Then the test fails if a socket, or something in the books of a pool
   * or its workers, was left. (Handles are looked at after every test.)
   */
  async close(): Promise<void> {
    for (const app of this.#apps.splice(0).reverse()) await app.close();
    if (this.#hasFailedStart) await this.context.terminate();
    await expectNothingLeft(() => ({ ...this.entries(), ...positive({ sockets: this.context.sockets }) }));
  }

  /** What is in the books, by its name. */
  entries(): Record<string, number> {
    const counts: Record<string, number> = {};
    const add = (name: string, count = 0): void => void (counts[name] = (counts[name] ?? 0) + count);
    for (const pool of this.#pools) {
      const { waiting, workers, acks } = pool.stats();
      add('pushes that wait', waiting);
      add('workers of the pool', workers);
      add('tasks without an answer', acks?.unanswered);
      add('tasks that wait', acks?.queued);
      add('tasks that wait for their next attempt', acks?.delayed);
    }
    for (const workers of this.#workers) {
      const { running, waiting, pools } = workers.stats();
      add('tasks that run', running);
      add('tasks that wait at their worker', waiting);
      add('pools of the workers', pools);
    }
    return positive(counts);
  }

  /** Who binds is the server of the mechanism. */
  #shared({ connect }: { readonly connect?: string | string[] | readonly string[] | undefined }) {
    const { context } = this;
    const security = (connect === undefined ? this.#way.server : this.#way.client)?.security;
    return { ack: this.#ack, context, security };
  }
}
