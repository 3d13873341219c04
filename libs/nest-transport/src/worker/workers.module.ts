import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { withShared, type ZmqRootOptions } from '../zmq.root.options.js';
import { getZmqWorkersToken, SHARED_OPTIONS } from '../zmq.tokens.js';
import { ZmqOptionsError } from '../zmq.errors.js';
import type { ZmqWorkersOptions } from './worker.options.js';
import { WorkersHost, WorkersHostModule } from './workers.host.js';
import { ZmqWorkers } from './zmq.workers.js';

/** What `registerWorkers` takes beside the workers' options. */
export interface ZmqWorkersRegistration {
  /** The pool's name: that of `@ZmqWorker(pool)`. */
  pool: string;
  /** Whether all modules may inject `@InjectZmqWorkers(pool)` without importing. Default false. */
  isGlobal?: boolean | undefined;
}

/** Each registration is a module of its own, so they do not see each other's. */
const WORKERS_OPTIONS = 'ZMQ_WORKERS_OPTIONS';

const builder = new ConfigurableModuleBuilder<ZmqWorkersOptions>({
  optionsInjectionToken: WORKERS_OPTIONS,
  alwaysTransient: true,
})
  .setExtras<ZmqWorkersRegistration>({ pool: '', isGlobal: false }, (definition, { pool, isGlobal = false }) => {
    if (typeof pool !== 'string' || pool === '') throw new ZmqOptionsError('pool', 'must be the name of a pool');
    const token = getZmqWorkersToken(pool);
    const provider = {
      provide: token,
      useFactory: (host: WorkersHost, options: ZmqWorkersOptions, shared?: ZmqRootOptions) =>
        host.register(new ZmqWorkers(pool, withShared(shared, options))),
      inject: [WorkersHost, WORKERS_OPTIONS, SHARED_OPTIONS],
    };
    return {
      ...definition,
      global: isGlobal,
      providers: [...(definition.providers ?? []), provider],
      exports: [token],
    };
  })
  .build();

export type ZmqWorkersModuleOptions = typeof builder.OPTIONS_TYPE & ZmqWorkersRegistration;
export type ZmqWorkersModuleAsyncOptions = typeof builder.ASYNC_OPTIONS_TYPE & ZmqWorkersRegistration;

/** One registered pull end. */
@Module({ imports: [WorkersHostModule] })
export class ZmqWorkersModule extends builder.ConfigurableModuleClass {}
