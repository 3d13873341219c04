import { ConfigurableModuleBuilder, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { WorkersHostModule } from './worker/workers.host.js';
import { ZmqClient } from './zmq.client.js';
import { ZmqNoPeerError, ZmqOptionsError } from './zmq.errors.js';
import type { ZmqClientOptions } from './zmq.options.js';
import { withShared, type ZmqRootOptions } from './zmq.root.options.js';
import { getZmqClientToken, SHARED_OPTIONS } from './zmq.tokens.js';

/** What `registerClient` takes beside the client's options. */
export interface ZmqClientRegistration {
  /** For `@InjectZmqClient(name)`. Without a name it is the default client, for `@InjectZmqClient()`. */
  name?: string | undefined;
  /** Whether all modules may inject it without importing. Default false. */
  isGlobal?: boolean | undefined;
}

/** A client that Nest starts and stops. */
class ProvidedClient extends ZmqClient implements OnModuleInit, OnApplicationShutdown {
  readonly #binds: boolean;

  constructor(options: ZmqClientOptions) {
    super(options);
    this.#binds = options.bind !== undefined || options.events?.bind !== undefined;
  }

  /** Others dial a client that binds, so it cannot wait for its first call. One that only connects does so then, as Nest's own clients. */
  async onModuleInit(): Promise<void> {
    if (!this.#binds) return;
    try {
      await this.connect();
    } catch (error) {
      // It is bound; that nobody came yet is no reason not to start.
      if (!(error instanceof ZmqNoPeerError)) throw error;
    }
  }

  /** Last of all, because handlers that are still running may call. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

/** Each registration is a module of its own, so they do not see each other's. */
const CLIENT_OPTIONS = 'ZMQ_CLIENT_OPTIONS';

const builder = new ConfigurableModuleBuilder<ZmqClientOptions>({
  optionsInjectionToken: CLIENT_OPTIONS,
  alwaysTransient: true,
})
  .setExtras<ZmqClientRegistration>({ name: undefined, isGlobal: false }, (definition, { name, isGlobal = false }) => {
    const token = getZmqClientToken(name);
    const provider = { provide: token, useFactory: createClient, inject: [CLIENT_OPTIONS, SHARED_OPTIONS] };
    return {
      ...definition,
      global: isGlobal,
      providers: [...(definition.providers ?? []), provider],
      exports: [token],
    };
  })
  .build();

function createClient(options: ZmqClientOptions, shared?: ZmqRootOptions): ZmqClient {
  if (typeof options === 'object' && options !== null && 'name' in options) {
    throw new ZmqOptionsError('name', "stands beside 'useFactory'; for the name that servers see, give 'peerName'");
  }
  return new ProvidedClient(withShared(shared, options));
}

export type ZmqClientModuleOptions = typeof builder.OPTIONS_TYPE;
export type ZmqClientModuleAsyncOptions = typeof builder.ASYNC_OPTIONS_TYPE;

/** One registered client. */
@Module({ imports: [WorkersHostModule] })
export class ZmqClientModule extends builder.ConfigurableModuleClass {}
