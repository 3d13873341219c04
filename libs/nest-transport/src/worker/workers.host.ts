import { Injectable, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ExternalContextCreator, MetadataScanner, ModuleRef } from '@nestjs/core';
import { beforeDestroy } from '../zmq.before.destroy.js';
import { getZmqPoolToken } from '../zmq.tokens.js';
import { TaskInvokerFactory } from './task.invoker.js';
import type { TaskHandler } from './task.runner.js';
import { ZmqWorkerError } from './worker.errors.js';
import { exploreWorkers, type WorkerDefinition } from './worker.explorer.js';
import { type DeadLetterSubscription, exploreDeadLetters } from './dead.letter.decorator.js';
import type { WorkerSetup } from './worker.setup.js';
import type { ZmqPool } from './zmq.pool.js';
import type { ZmqWorkers } from './zmq.workers.js';

/** Joins, once per application, the `registerWorkers` registrations with the `@ZmqWorker` classes. */
@Injectable()
export class WorkersHost implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #registered = new Map<string, ZmqWorkers>();
  readonly #pools: ZmqPool[] = [];
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #invokers: TaskInvokerFactory;
  #started: Promise<void> | undefined;

  constructor(
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    creator: ExternalContextCreator,
    moduleRef: ModuleRef,
  ) {
    this.#discovery = discovery;
    this.#scanner = scanner;
    this.#invokers = new TaskInvokerFactory(creator, moduleRef);
  }

  /** @throws ZmqWorkerError a second registration for one pool */
  register(workers: ZmqWorkers): ZmqWorkers {
    const { pool } = workers;
    if (this.#registered.has(pool)) {
      throw new ZmqWorkerError(
        `ZmqModule.registerWorkers({ pool: '${pool}' }) is used twice: keep one, its bind and connect take several addresses`,
      );
    }
    this.#registered.set(pool, workers);
    return workers;
  }

  /** A pool that `@OnDeadLetter()` methods may ask for. */
  registerPool(pool: ZmqPool): ZmqPool {
    this.#pools.push(pool);
    return pool;
  }

  /** Nest runs this hook twice for a microservice on which `init()` and `listen()` are called. */
  onApplicationBootstrap(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  /** The earliest hook there is: providers that handlers use may be destroyed after it. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.#registered.values()].map((workers) => workers.stop()));
  }

  async #start(): Promise<void> {
    for (const subscription of exploreDeadLetters(this.#discovery, this.#scanner)) this.#subscribe(subscription);
    const definitions = exploreWorkers(this.#discovery, this.#scanner);
    for (const { className, pool } of definitions.values()) {
      if (this.#registered.has(pool)) continue;
      throw new ZmqWorkerError(
        `${className} is @ZmqWorker('${pool}'), but nothing feeds that pool here: ` +
          `import ZmqModule.registerWorkers({ pool: '${pool}', connect: … }), or remove the class from providers`,
      );
    }
    // All are checked before the first one takes tasks.
    const ready = [...this.#registered.values()].map(
      (workers) => [workers, definitionOf(workers, definitions)] as const,
    );
    for (const [workers, definition] of ready) {
      stopBeforeDestroy(definition, workers);
      await workers.start(this.#setupOf(definition));
    }
  }

  #subscribe({ pool: name, where, hook }: DeadLetterSubscription): void {
    const pools = this.#pools.filter((pool) => pool.name === name);
    // A test has put something else in its place.
    if (pools.length === 0 && this.#discovery.getProviders().some(({ token }) => token === getZmqPoolToken(name)))
      return;
    if (pools.length === 0) {
      throw new ZmqWorkerError(
        `${where} is @OnDeadLetter('${name}'), but that pool is not in this application: ` +
          `import ZmqModule.registerPool({ name: '${name}', ack: 'explicit', … }), or remove the decorator`,
      );
    }
    for (const pool of pools) {
      if (!pool.acknowledged) {
        throw new ZmqWorkerError(
          `${where} is @OnDeadLetter('${name}'), but that pool has no acknowledgement: add ack: 'explicit' to both its ends`,
        );
      }
      pool.onDeadLetter(hook);
    }
  }

  #setupOf(worker: WorkerDefinition): WorkerSetup {
    const handlers = new Map<string, TaskHandler>();
    for (const task of worker.tasks.values()) {
      handlers.set(task.task, { invoke: this.#invokers.create(worker, task), retry: task.retry });
    }
    return { concurrency: worker.concurrency, handlers, onFailure: this.#invokers.createFailureHook(worker) };
  }
}

function definitionOf({ pool }: ZmqWorkers, definitions: ReadonlyMap<string, WorkerDefinition>): WorkerDefinition {
  const definition = definitions.get(pool);
  if (definition !== undefined) return definition;
  throw new ZmqWorkerError(
    `ZmqModule.registerWorkers({ pool: '${pool}' }) finds no worker class: ` +
      `add a provider with @ZmqWorker('${pool}') and @OnTask methods to a module of this application`,
  );
}

/** Its tasks are finished while everything that the worker injects is still there. */
function stopBeforeDestroy({ wrapper }: WorkerDefinition, workers: ZmqWorkers): void {
  const instance: unknown = wrapper.instance;
  if (!wrapper.isDependencyTreeStatic() || typeof instance !== 'object' || instance === null) return;
  beforeDestroy(instance, () => workers.stop());
}

/** Imported by every module of this package that an application imports: one host for all of them. */
@Module({ imports: [DiscoveryModule], providers: [WorkersHost], exports: [WorkersHost] })
export class WorkersHostModule {}
