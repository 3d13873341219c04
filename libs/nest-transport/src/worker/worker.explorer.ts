import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { assertUsableName } from '../packet/names.js';
import { retryPolicyOf, type RetryPolicy } from './task.retry.js';
import { hasTasks, isFailureHook, tasksOf, type WorkerMetadata, WorkerMark } from './worker.decorators.js';
import { refuseUnknown, ZmqWorkerError } from './worker.errors.js';

/** Nest's record of a provider. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A `@ZmqWorker` class of this application, checked. */
export interface WorkerDefinition {
  readonly pool: string;
  readonly concurrency: number;
  readonly wrapper: ProviderWrapper;
  readonly className: string;
  /** By task name. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** The `@OnTaskFailure()` method. */
  readonly failureHook: string | undefined;
}

export interface TaskDefinition {
  readonly task: string;
  readonly method: string;
  readonly retry: RetryPolicy;
}

/** More handlers at once than this is a mistake in a unit, not a wish. */
const MAX_CONCURRENCY = 100_000;

/**
 * All worker classes of the application by their pool.
 * @throws ZmqWorkerError two classes for one pool, one class provided twice, duplicate or empty task names, bad
 *   options, `@OnTask` outside a worker class
 */
export function exploreWorkers(discovery: DiscoveryService, scanner: MetadataScanner): Map<string, WorkerDefinition> {
  const workers = new Map<string, WorkerDefinition>();
  const marked = discovery.getProviders({ metadataKey: WorkerMark.KEY }).filter((wrapper) => !wrapper.isAlias);
  for (const wrapper of marked) {
    const type = classOf(wrapper);
    if (type === undefined || !Reflect.hasMetadata(WorkerMark.KEY, type)) continue;
    const definition = define(wrapper, type, scanner);
    const other = workers.get(definition.pool);
    if (other !== undefined) throw twoWorkers(other, definition);
    workers.set(definition.pool, definition);
  }
  refuseStrayTasks(discovery);
  return workers;
}

interface WorkerClass {
  readonly name: string;
  readonly prototype: object;
}

/** The class of a provider, also of one given by `useValue` or `useFactory`; none for a test's `useValue(null)`. */
function classOf(wrapper: ProviderWrapper): WorkerClass | undefined {
  const { metatype, inject } = wrapper;
  const instance = wrapper.instance as object | null | undefined;
  return ((!metatype || inject ? instance?.constructor : undefined) ?? metatype ?? undefined) as
    WorkerClass | undefined;
}

function define(wrapper: ProviderWrapper, type: WorkerClass, scanner: MetadataScanner): WorkerDefinition {
  const { name: className, prototype } = type;
  const { pool, options } = Reflect.getMetadata(WorkerMark.KEY, type) as WorkerMetadata;
  if (typeof pool !== 'string' || pool === '') {
    throw new ZmqWorkerError(`@ZmqWorker of ${className}: the pool's name must be a non-empty string`);
  }
  refuseUnknown(options, ['concurrency'], `@ZmqWorker('${pool}') of ${className}: options`);
  const { concurrency = 1 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw new ZmqWorkerError(
      `@ZmqWorker('${pool}') of ${className}: concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}`,
    );
  }
  const tasks = new Map<string, TaskDefinition>();
  const failureHooks: string[] = [];
  for (const method of scanner.getAllMethodNames(prototype)) {
    const handler = (prototype as Record<string, object>)[method]!;
    if (isFailureHook(handler)) failureHooks.push(method);
    for (const { task, options: taskOptions } of tasksOf(handler)) {
      const where = `${className}.${method}`;
      refuseUnknown(taskOptions, ['retry'], `${where}: options`);
      addTask(tasks, { task, method, retry: retryPolicyOf(taskOptions.retry, where) }, className);
    }
  }
  if (tasks.size === 0) {
    throw new ZmqWorkerError(
      `${className} is @ZmqWorker('${pool}') but has no task: put @OnTask('name') on at least one of its methods`,
    );
  }
  if (failureHooks.length > 1) {
    throw new ZmqWorkerError(
      `${className} has ${failureHooks.length} @OnTaskFailure() methods (${failureHooks.join(', ')}): keep one`,
    );
  }
  return { pool, concurrency, wrapper, className, tasks, failureHook: failureHooks[0] };
}

function addTask(tasks: Map<string, TaskDefinition>, definition: TaskDefinition, className: string): void {
  const { task, method } = definition;
  try {
    assertUsableName(task);
  } catch {
    throw new ZmqWorkerError(`${className}.${method}: the name of @OnTask must be a non-empty string`);
  }
  const other = tasks.get(task);
  if (other !== undefined) {
    throw new ZmqWorkerError(
      `${className} handles the task '${task}' twice, in ${other.method}() and ${method}(): rename or remove one`,
    );
  }
  tasks.set(task, definition);
}

function twoWorkers(one: WorkerDefinition, other: WorkerDefinition): ZmqWorkerError {
  const { pool } = one;
  if (one.className === other.className) {
    return new ZmqWorkerError(
      `${one.className}, the worker of pool '${pool}', is provided twice (${homeOf(one)} and ${homeOf(other)}): ` +
        'provide it in one module only',
    );
  }
  return new ZmqWorkerError(
    `Pool '${pool}' has two worker classes, ${one.className} and ${other.className}: ` +
      'move their @OnTask methods into one, or give one of them a pool of its own',
  );
}

function homeOf({ wrapper }: WorkerDefinition): string {
  return `in ${wrapper.host?.metatype.name ?? 'an unknown module'}`;
}

/** Tasks of a class that is not a worker would never run, silently. */
function refuseStrayTasks(discovery: DiscoveryService): void {
  for (const [kind, wrappers] of [
    ['provider', discovery.getProviders()],
    ['controller', discovery.getControllers()],
  ] as const) {
    for (const wrapper of wrappers) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function' || wrapper.inject || !hasTasks(metatype)) continue;
      if (kind === 'controller') {
        throw new ZmqWorkerError(
          `${metatype.name} has @OnTask methods but is a controller: move them to a provider with @ZmqWorker('pool')`,
        );
      }
      if (!Reflect.hasOwnMetadata(WorkerMark.KEY, metatype)) {
        throw new ZmqWorkerError(
          `${metatype.name} has @OnTask methods but no @ZmqWorker('pool'): add it, or remove the class from providers`,
        );
      }
    }
  }
}
