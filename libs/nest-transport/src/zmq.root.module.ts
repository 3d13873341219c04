import { ConfigurableModuleBuilder, Inject, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { beforeDestroy } from './zmq.before.destroy.js';
import { ZmqOptionsError } from './zmq.errors.js';
import type { ZmqListenInfo } from './zmq.events.js';
import { checkRootOptions, withShared, type ZmqRootOptions } from './zmq.root.options.js';
import { ZmqServer } from './zmq.server.js';
import { ZMQ_SHARED_OPTIONS } from './zmq.tokens.js';

/** What `forRoot` takes beside the options. */
export interface ZmqRootRegistration {
  /**
   * Whether the options are the defaults of all clients and pools of the application, and all modules may inject the
   * `ZmqServer`. Default true; `false` leaves both to the modules that import this one.
   */
  isGlobal?: boolean | undefined;
}

const ROOT_OPTIONS = 'ZMQ_ROOT_OPTIONS';
/** Where `@MessagePattern` and `@EventPattern` keep their pattern (`PATTERN_METADATA`, which is not exported). */
const PATTERN_METADATA = 'microservices:pattern';

/** Stands for the server where `forRoot` has no `server`, so that who needs it is told what is missing. */
class UnconfiguredServer extends ZmqServer {
  constructor() {
    super({ bind: 'inproc://unconfigured' });
  }

  override async listen(callback: (error?: unknown, info?: ZmqListenInfo) => unknown): Promise<void> {
    callback(new ZmqOptionsError('server', 'is needed in ZmqModule.forRoot(…): where the ZmqServer listens'));
  }
}

/**
 * Closes the server before the first of its controllers is destroyed. On a signal, and in hybrid applications always,
 * Nest runs `onModuleDestroy` before it closes servers: calls in flight would run on providers that are gone.
 */
@Injectable()
export class ServerGuard implements OnApplicationBootstrap {
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #server: ZmqServer;
  #guards = false;

  constructor(discovery: DiscoveryService, scanner: MetadataScanner, @Inject(ZmqServer) server: ZmqServer) {
    this.#discovery = discovery;
    this.#scanner = scanner;
    this.#server = server;
  }

  /** Nest runs this hook twice for a microservice on which `init()` and `listen()` are called. */
  onApplicationBootstrap(): void {
    if (this.#guards) return;
    this.#guards = true;
    for (const wrapper of this.#discovery.getControllers()) {
      const instance: unknown = wrapper.instance;
      if (!wrapper.isDependencyTreeStatic() || typeof instance !== 'object' || instance === null) continue;
      if (this.#hasHandlers(instance)) beforeDestroy(instance, () => this.#server.close());
    }
  }

  #hasHandlers(controller: object): boolean {
    const prototype = Object.getPrototypeOf(controller) as Record<string, object>;
    return this.#scanner
      .getAllMethodNames(prototype)
      .some((name) => Reflect.hasMetadata(PATTERN_METADATA, prototype[name]!));
  }
}

function checked(options: unknown): ZmqRootOptions {
  checkRootOptions(options);
  return options;
}

function createServer(shared: ZmqRootOptions): ZmqServer {
  return shared.server === undefined ? new UnconfiguredServer() : new ZmqServer(withShared(shared, shared.server));
}

const builder = new ConfigurableModuleBuilder<ZmqRootOptions>({ optionsInjectionToken: ROOT_OPTIONS })
  .setClassMethodName('forRoot')
  .setExtras<ZmqRootRegistration>({ isGlobal: true }, (definition, { isGlobal = true }) => ({
    ...definition,
    global: isGlobal,
    providers: [
      ...(definition.providers ?? []),
      { provide: ZMQ_SHARED_OPTIONS, useFactory: checked, inject: [ROOT_OPTIONS] },
      { provide: ZmqServer, useFactory: createServer, inject: [ZMQ_SHARED_OPTIONS] },
      ServerGuard,
    ],
    exports: [ZMQ_SHARED_OPTIONS, ZmqServer],
  }))
  .build();

export type ZmqRootModuleOptions = typeof builder.OPTIONS_TYPE;
export type ZmqRootModuleAsyncOptions = typeof builder.ASYNC_OPTIONS_TYPE;

/** The application's defaults and its server. */
@Module({ imports: [DiscoveryModule] })
export class ZmqRootModule extends builder.ConfigurableModuleClass {}
