import { type INestMicroservice, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { Context, type SocketOptions } from '@nest-zmq/core';
import {
  ZmqClient,
  type ZmqClientOptions,
  type ZmqListenInfo,
  ZmqServer,
  type ZmqServerOptions,
} from '@nest-zmq/transport';
import { expectNothingLeft, positive } from './leftovers.js';
import { type TransportName, type Way, ways } from './ways.js';

export { type TransportName, transports } from './ways.js';

export interface RunningServer {
  readonly app: INestMicroservice;
  readonly server: ZmqServer;
  readonly calls: string[];
  readonly events: string[];
}

/** What the books of clients and servers have. */
export type Entry =
  | 'calls in flight'
  | 'calls that wait'
  | 'events that wait'
  | 'handlers that run'
  | 'server calls that wait'
  | 'event handlers that run'
  | 'server events that wait';

/** The apps and clients of one test, all in one context; `close` leaves nothing open. */
export class Apps {
  readonly context = new Context();
  readonly clients: ZmqClient[] = [];
  readonly servers: ZmqServer[] = [];
  readonly #way: Way;
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #left = new Set<string>();

  constructor(readonly transport: TransportName = 'tcp') {
    this.#way = ways[transport];
  }

  /** An address that nobody has. */
  address(): string {
    return this.#way.address();
  }

  /** An address that nobody has, without a wildcard. */
  fixedAddress(): Promise<string> {
    return this.#way.fixed();
  }

  /** An address where nobody is. */
  nowhere(): string {
    return this.#way.nowhere();
  }

  /** Options of a server with an endpoint for calls and one for events. */
  serverOptions(options: Partial<ZmqServerOptions> = {}): ZmqServerOptions {
    return {
      context: this.context,
      bind: this.address(),
      events: { bind: this.address() },
      ...this.#way.server,
      ...options,
    };
  }

  /** How the two sides are secured, for what stands between them: towards clients as a server, towards servers as a client. */
  get security(): { server: ZmqServerOptions['security']; client: ZmqClientOptions['security'] } {
    return { server: this.#way.server?.security, client: this.#way.client?.security };
  }

  /** What a socket of the core needs to connect to a server. */
  socketOptions(): SocketOptions<'DEALER'> {
    return { context: this.context, ...this.#way.socket };
  }

  /** What a client needs beside its addresses. */
  clientOptions(options: Partial<ZmqClientOptions> = {}): ZmqClientOptions {
    return { context: this.context, ...this.#way.client, ...options };
  }

  /**
   * A server with an endpoint for calls and one for events.
   * @param prepare what an application does before it listens
   */
  async serve(
    controllers: Type[],
    options: Partial<ZmqServerOptions> = {},
    prepare: (app: INestMicroservice) => void = () => {},
  ): Promise<RunningServer> {
    const server = this.track(new ZmqServer(this.serverOptions(options)));
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf(controllers), {
      strategy: server,
      logger: false,
    });
    this.#closers.push(() => app.close());
    prepare(app);
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
    const client = this.track(new ZmqClient(this.clientOptions(options)));
    this.#closers.push(() => client.close());
    return client;
  }

  /** Looks into the books of something that is closed elsewhere. */
  track<T extends ZmqClient | ZmqServer>(one: T): T {
    if (one instanceof ZmqClient) this.clients.push(one);
    else this.servers.push(one);
    return one;
  }

  /** Something else to close, before what was opened earlier. */
  defer(close: () => void | Promise<void>): void {
    this.#closers.push(async () => close());
  }

  /** Says that the test ends in the middle of these, on purpose. */
  leaves(...entries: readonly Entry[]): void {
    for (const entry of entries) this.#left.add(entry);
  }

  /** Waits until no call and no event is in the books of a client or server; fails when that does not come. */
  async idle(patienceMs?: number): Promise<void> {
    const isLeft = ([entry]: readonly [string, number]): boolean => !this.#left.has(entry);
    await expectNothingLeft(() => Object.fromEntries(Object.entries(this.entries()).filter(isLeft)), patienceMs);
  }

  /**
   * Fails if a call or an event is in the books, but for those that the test `leaves`. That is looked at before anything
   * is closed: what is closed has no books. And then if a socket is left. (Handles are looked at after every test.)
   */
  async close(patienceMs?: number): Promise<void> {
    try {
      await this.idle(patienceMs);
    } finally {
      for (const close of this.#closers.splice(0).reverse()) await close();
      await expectNothingLeft(() => positive({ sockets: this.context.sockets }));
    }
  }

  /** What is in the books, by its name. */
  entries(): Record<string, number> {
    const counts: Record<string, number> = {};
    const add = (name: Entry, count = 0): void => void (counts[name] = (counts[name] ?? 0) + count);
    for (const client of this.clients) {
      const { calls, events } = client.stats() ?? {};
      add('calls in flight', calls?.inFlight);
      add('calls that wait', calls?.waiting);
      add('events that wait', events?.waiting);
    }
    for (const server of this.servers) {
      const { calls, events } = server.stats() ?? {};
      add('handlers that run', calls?.running);
      add('server calls that wait', calls?.waiting);
      add('event handlers that run', events?.running);
      add('server events that wait', events?.waiting);
    }
    return positive(counts);
  }
}

export function moduleOf(controllers: Type[]): Type {
  class TestModule {}
  Module({ controllers })(TestModule);
  return TestModule;
}

/** Apps for each test, closed after it. Call it at the top of a `describe`; it gives those of the running test. */
export function appsForEach(transport: TransportName = 'tcp'): () => Apps {
  let apps: Apps;
  beforeEach(() => {
    apps = new Apps(transport);
  });
  afterEach(() => apps.close());
  return () => apps;
}
