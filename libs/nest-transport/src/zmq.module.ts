import type { DynamicModule } from '@nestjs/common';
import {
  type ZmqForwarderModuleAsyncOptions,
  ZmqForwarderModule,
  type ZmqForwarderModuleOptions,
} from './forwarder/forwarder.module.js';
import {
  type ZmqAuthenticatorModuleAsyncOptions,
  ZmqAuthenticatorModule,
  type ZmqAuthenticatorModuleOptions,
} from './security/authenticator.module.js';
import { type ZmqPoolModuleAsyncOptions, ZmqPoolModule, type ZmqPoolModuleOptions } from './worker/pool.module.js';
import {
  type ZmqWorkersModuleAsyncOptions,
  ZmqWorkersModule,
  type ZmqWorkersModuleOptions,
} from './worker/workers.module.js';
import { type ZmqClientModuleAsyncOptions, ZmqClientModule, type ZmqClientModuleOptions } from './zmq.client.module.js';
import { type ZmqRootModuleAsyncOptions, ZmqRootModule, type ZmqRootModuleOptions } from './zmq.root.module.js';

/**
 * Clients, pools and forwarders for dependency injection. Import as many as needed, each with a name of its own:
 *
 * ```ts
 * @Module({
 *   imports: [
 *     ZmqModule.registerClient({ name: 'ORDERS', connect: 'tcp://orders:5555' }),
 *     ZmqModule.registerPool({ name: 'images', bind: 'tcp://*:5557' }),
 *     ZmqModule.registerWorkers({ pool: 'thumbnails', connect: 'tcp://gateway:5558' }),
 *   ],
 * })
 * ```
 *
 * `ZmqModule.forRoot({ … })`, once, gives all of them their defaults, and the application its `ZmqServer`.
 *
 * Each has an `…Async` form for options that come from elsewhere (`useFactory` with `inject`, `useClass`, `useExisting`).
 * `name`, `pool` and `isGlobal` stand beside them, since Nest must know them first.
 */
export class ZmqModule {
  /**
   * Defaults for the clients, pools and workers that are registered in this application, whatever they do not say
   * themselves: `codec`, `reconnect`, `heartbeat`, `logger`, `metrics`, `tracing`, … With `server` it also makes the
   * application's `ZmqServer`, for `zmqMicroservice()`, `app.get(ZmqServer)` or to inject. Once in an application.
   */
  static forRoot(options: ZmqRootModuleOptions): DynamicModule {
    return ZmqRootModule.forRoot(options);
  }

  static forRootAsync(options: ZmqRootModuleAsyncOptions): DynamicModule {
    return ZmqRootModule.forRootAsync(options);
  }

  /**
   * Provides a `ZmqClient` as `@InjectZmqClient(name)`. One that binds is bound when the modules are initialised; one that
   * connects does so at its first call, event or `connect()`. It closes at the very end of the shutdown.
   */
  static registerClient(options: ZmqClientModuleOptions): DynamicModule {
    return ZmqClientModule.register(options);
  }

  static registerClientAsync(options: ZmqClientModuleAsyncOptions): DynamicModule {
    return ZmqClientModule.registerAsync(options);
  }

  /**
   * Opens the push end of a pool and provides it as `@InjectZmqPool(name)`. It opens when the modules are initialised,
   * and closes at the very end of the shutdown.
   */
  static registerPool(options: ZmqPoolModuleOptions): DynamicModule {
    return ZmqPoolModule.register(options);
  }

  static registerPoolAsync(options: ZmqPoolModuleAsyncOptions): DynamicModule {
    return ZmqPoolModule.registerAsync(options);
  }

  /**
   * Opens the pull end of a pool for this application's `@ZmqWorker(pool)` class. It takes tasks once the application has
   * started, and stops, tasks finished, before the worker's `onModuleDestroy`. Its statistics are at
   * `@InjectZmqWorkers(pool)`.
   */
  static registerWorkers(options: ZmqWorkersModuleOptions): DynamicModule {
    return ZmqWorkersModule.register(options);
  }

  static registerWorkersAsync(options: ZmqWorkersModuleAsyncOptions): DynamicModule {
    return ZmqWorkersModule.registerAsync(options);
  }

  /**
   * Opens a forwarder, which hands the events of many clients on to many servers, and provides it as
   * `@InjectZmqForwarder(name)`. It opens when the modules are initialised, and closes at the very end of the shutdown.
   */
  static registerForwarder(options: ZmqForwarderModuleOptions): DynamicModule {
    return ZmqForwarderModule.register(options);
  }

  static registerForwarderAsync(options: ZmqForwarderModuleAsyncOptions): DynamicModule {
    return ZmqForwarderModule.registerAsync(options);
  }

  /**
   * Decides who may connect to the sockets of a context whose `security` asks for it, from the start of the application
   * to the very end of its shutdown: by the application's `@ZapHandler` classes, or by passwords, public keys and
   * addresses. Import it once a context. It is injected by `@InjectZmqAuthenticator()`.
   */
  static registerAuthenticator(options: ZmqAuthenticatorModuleOptions = {}): DynamicModule {
    return ZmqAuthenticatorModule.register(options);
  }

  static registerAuthenticatorAsync(options: ZmqAuthenticatorModuleAsyncOptions): DynamicModule {
    return ZmqAuthenticatorModule.registerAsync(options);
  }
}
