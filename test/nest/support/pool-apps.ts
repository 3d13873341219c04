import { type INestApplicationContext, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Context } from '@nest-zmq/core';
import { getZmqPoolToken, getZmqWorkersToken, ZmqModule, type ZmqPool, type ZmqWorkers } from '@nest-zmq/transport';

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

let names = 0;

/** The applications of one test around the pool 'jobs' with acknowledgement; `close` leaves nothing open. */
export class PoolApps {
  readonly context = new Context();
  readonly logger = new Lines();
  readonly #apps: INestApplicationContext[] = [];

  constructor(readonly transport: 'tcp' | 'ipc' | 'inproc' = 'tcp') {}

  /** An address that nobody has. */
  address(): string {
    if (this.transport === 'tcp') return 'tcp://127.0.0.1:*';
    return this.transport === 'ipc' ? 'ipc://*' : `inproc://acked-${++names}`;
  }

  async start(imports: readonly object[], providers: readonly object[] = []): Promise<INestApplicationContext> {
    @Module({ imports: [...imports] as never[], providers: [...providers] as never[] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: this.logger, abortOnError: false });
    this.#apps.push(app);
    return app;
  }

  /** The pool's end. */
  async pool(options: Partial<PoolOptions> = {}, providers: readonly object[] = []) {
    const { context } = this;
    const module = ZmqModule.registerPool({ name: 'jobs', ack: 'explicit', bind: this.address(), context, ...options });
    const app = await this.start([module], providers);
    const pool = app.get<ZmqPool>(getZmqPoolToken('jobs'));
    return { app, pool, endpoint: pool.unwrap().lastEndpoint! };
  }

  /** The workers' end; the class is among the providers. */
  async workers(connect: string | undefined, providers: readonly object[], options: Partial<WorkersOptions> = {}) {
    const { context } = this;
    const module = ZmqModule.registerWorkers({ pool: 'jobs', ack: 'explicit', connect, context, ...options });
    const app = await this.start([module], providers);
    return { app, workers: app.get<ZmqWorkers>(getZmqWorkersToken('jobs')) };
  }

  async stop(app: INestApplicationContext): Promise<void> {
    this.#apps.splice(this.#apps.indexOf(app), 1);
    await app.close();
  }

  /** Workers first: a pool waits for what they have. */
  async close(): Promise<void> {
    for (const app of this.#apps.splice(0).reverse()) await app.close();
    // What an application has left that failed at its start.
    await this.context.terminate();
  }
}
