import { Context } from '@nest-zmq/core';
import { ZmqClient } from '../zmq.client.js';
import type { ZmqClock } from '../zmq.clock.js';
import { ZmqOptionsError } from '../zmq.errors.js';
import type { ZmqClientOptions, ZmqEndpoints, ZmqServerOptions } from '../zmq.options.js';
import { ZmqServer } from '../zmq.server.js';

type WhereItIs = keyof ZmqEndpoints | 'events' | 'context';

/** Options of `createTestTransport`. */
export interface TestTransportOptions {
  /** How many servers there are. Default 1. */
  servers?: number | undefined;
  /** Further options of each server. `gracePeriod` is 1,000 ms if it is not given. */
  server?: Omit<ZmqServerOptions, WhereItIs> | undefined;
  /** Further options of the client. */
  client?: Omit<ZmqClientOptions, WhereItIs> | undefined;
  /** The source of time for the timeouts and deadlines of all of them, for example a `ManualClock`. */
  clock?: ZmqClock | undefined;
}

/**
 * A server and a client joined within the process, in a context of their own: no port, no
 * file, and tests that run at the same time do not see each other. Calls and events go
 * through the same code as over a network, encoded and decoded.
 */
export class TestTransport {
  /** Give it to everything that is to be reached by the names of this transport. */
  readonly context = new Context();
  /**
   * Of the only server, or the first: `createNestMicroservice({ strategy: transport.strategy })`. For an application with
   * `ZmqModule.forRoot({ server })`: `overrideProvider(ZmqServer).useValue(transport.strategy)`.
   */
  readonly strategy: ZmqServer;
  /** Of all servers. */
  readonly strategies: readonly ZmqServer[];
  /** Connected to all servers. It waits for them: a call may be made before they listen. */
  readonly client: ZmqClient;
  /**
   * What a client is connected by, for `ZmqModule.registerClient({ name, ...transport.clientOptions })` and
   * `new ZmqClient(transport.clientOptions)`.
   */
  readonly clientOptions: Pick<ZmqClientOptions, 'context' | 'connect' | 'events' | 'clock'>;
  #closing: Promise<void> | undefined;

  /** @throws ZmqOptionsError that names the bad key */
  constructor({ servers = 1, server, client, clock }: TestTransportOptions = {}) {
    if (!Number.isInteger(servers) || servers < 1) {
      throw new ZmqOptionsError('servers', `must be a whole number from 1, not ${servers}`);
    }
    const { context } = this;
    const numbers = Array.from({ length: servers }, (_, index) => index + 1);
    this.clientOptions = {
      context,
      connect: numbers.map((number) => `inproc://calls-${number}`),
      events: { connect: numbers.map((number) => `inproc://events-${number}`) },
      clock,
    };
    this.strategies = numbers.map(
      (number) =>
        new ZmqServer({
          clock,
          gracePeriod: 1_000,
          ...server,
          context,
          bind: `inproc://calls-${number}`,
          events: { bind: `inproc://events-${number}` },
        }),
    );
    this.strategy = this.strategies[0]!;
    this.client = new ZmqClient({ ...client, ...this.clientOptions });
  }

  /** For the push end of a pool: `ZmqModule.registerPool({ name: 'images', ...transport.poolOptions('images') })`. */
  poolOptions(pool: string): { context: Context; bind: string } {
    return { context: this.context, bind: poolAddress(pool) };
  }

  /** For its pull end: `ZmqModule.registerWorkers({ pool: 'images', ...transport.workersOptions('images') })`. */
  workersOptions(pool: string): { context: Context; connect: string } {
    return { context: this.context, connect: poolAddress(pool) };
  }

  /**
   * Closes the client, the servers and every other socket of the context. Idempotent. Close the applications first: what
   * they are working on is finished then.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** `await using transport = createTestTransport()`: `close` at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.client.close();
    await Promise.all(this.strategies.map((strategy) => strategy.close()));
    await this.context.terminate();
  }
}

/**
 * Makes a server and a client for a test, joined within the process.
 *
 * @example
 * const transport = createTestTransport();
 * const module = await Test.createTestingModule({ controllers: [MathController] }).compile();
 * const app = module.createNestMicroservice({ strategy: transport.strategy });
 * await app.listen();
 * expect(await lastValueFrom(transport.client.send('sum', [1, 2, 3]))).toBe(6);
 * await app.close();
 * await transport.close();
 */
export function createTestTransport(options?: TestTransportOptions): TestTransport {
  return new TestTransport(options);
}

function poolAddress(pool: string): string {
  return `inproc://pool-${pool}`;
}
