import { type INestMicroservice, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { Context } from '@nest-zmq/core';
import {
  ZmqClient,
  type ZmqClientOptions,
  type ZmqListenInfo,
  ZmqServer,
  type ZmqServerOptions,
} from '@nest-zmq/transport';

export const transports = ['tcp', 'ipc', 'inproc'] as const;
export type TransportName = (typeof transports)[number];

export interface RunningServer {
  readonly app: INestMicroservice;
  readonly server: ZmqServer;
  readonly calls: string[];
  readonly events: string[];
}

let names = 0;

/** The apps and clients of one test, all in one context; `close` leaves nothing open. */
export class Apps {
  readonly context = new Context();
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(readonly transport: TransportName = 'tcp') {}

  /** An address that nobody has. */
  address(): string {
    if (this.transport === 'tcp') return 'tcp://127.0.0.1:*';
    return this.transport === 'ipc' ? 'ipc://*' : `inproc://nest-${++names}`;
  }

  /** A server with an endpoint for calls and one for events. */
  async serve(controllers: Type[], options: Partial<ZmqServerOptions> = {}): Promise<RunningServer> {
    const server = new ZmqServer({
      context: this.context,
      bind: this.address(),
      events: { bind: this.address() },
      ...options,
    });
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf(controllers), {
      strategy: server,
      logger: false,
    });
    this.#closers.push(() => app.close());
    const info = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
    return { app, server, calls: [...info.calls], events: [...info.events] };
  }

  /** A client of these servers; it is not connected yet. */
  client(servers: RunningServer[], options: Partial<ZmqClientOptions> = {}): ZmqClient {
    return this.bareClient({
      connect: servers.flatMap(({ calls }) => calls),
      events: { connect: servers.flatMap(({ events }) => events) },
      ...options,
    });
  }

  bareClient(options: ZmqClientOptions): ZmqClient {
    const client = new ZmqClient({ context: this.context, ...options });
    this.#closers.push(() => client.close());
    return client;
  }

  /** Something else to close, before what was opened earlier. */
  defer(close: () => void | Promise<void>): void {
    this.#closers.push(async () => close());
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

export function moduleOf(controllers: Type[]): Type {
  class TestModule {}
  Module({ controllers })(TestModule);
  return TestModule;
}
