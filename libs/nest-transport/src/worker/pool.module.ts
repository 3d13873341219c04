import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { withShared, type ZmqRootOptions } from '../zmq.root.options.js';
import { getZmqPoolToken, SHARED_OPTIONS } from '../zmq.tokens.js';
import type { ZmqPoolOptions } from './worker.options.js';
import { WorkersHost, WorkersHostModule } from './workers.host.js';
import { ZmqPool } from './zmq.pool.js';

/** What `registerPool` takes beside the pool's options. */
export interface ZmqPoolRegistration {
  /** For `@InjectZmqPool(name)`. Without a name it is the default pool, for `@InjectZmqPool()`. */
  name?: string | undefined;
  /** Whether all modules may inject it without importing. Default false. */
  isGlobal?: boolean | undefined;
}

/** Each registration is a module of its own, so they do not see each other's. */
const POOL_OPTIONS = 'ZMQ_POOL_OPTIONS';

const builder = new ConfigurableModuleBuilder<ZmqPoolOptions>({
  optionsInjectionToken: POOL_OPTIONS,
  alwaysTransient: true,
})
  .setExtras<ZmqPoolRegistration>({ name: undefined, isGlobal: false }, (definition, { name, isGlobal = false }) => {
    const token = getZmqPoolToken(name);
    const provider = {
      provide: token,
      useFactory: (host: WorkersHost, options: ZmqPoolOptions, shared?: ZmqRootOptions) =>
        host.registerPool(new ZmqPool(name ?? 'default', withShared(shared, options))),
      inject: [WorkersHost, POOL_OPTIONS, SHARED_OPTIONS],
    };
    return {
      ...definition,
      global: isGlobal,
      providers: [...(definition.providers ?? []), provider],
      exports: [token],
    };
  })
  .build();

export type ZmqPoolModuleOptions = typeof builder.OPTIONS_TYPE;
export type ZmqPoolModuleAsyncOptions = typeof builder.ASYNC_OPTIONS_TYPE;

/** One registered pool. */
@Module({ imports: [WorkersHostModule] })
export class ZmqPoolModule extends builder.ConfigurableModuleClass {}
