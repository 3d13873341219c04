import { DiscoveryService } from '@nestjs/core';
import type { ZmqTaskContext } from './task.context.js';
import type { TaskRetryOptions } from './task.retry.js';

/** How a worker class works. */
export interface ZmqWorkerOptions {
  /**
   * How many tasks this class runs at the same time, 1 or more. 1 by default. It is also the receive high-water mark
   * of the worker's socket: at most this many further tasks wait in this process, the others stay where an idle worker
   * can get them.
   */
  concurrency?: number;
}

/** How one task is run. */
export interface OnTaskOptions {
  /** Runs the task again when its handler fails. Without it a task is run once. */
  retry?: TaskRetryOptions;
}

/** What `@OnTask<Tasks>` is: for methods that take the task's data, and its context if they like. */
export type ZmqTaskMethodDecorator<TData> = <TMethod extends (data: TData, context: ZmqTaskContext) => unknown>(
  target: object,
  propertyKey: string | symbol,
  descriptor: TypedPropertyDescriptor<TMethod>,
) => void;

/** What `@ZmqWorker` leaves on a class. */
export interface WorkerMetadata {
  readonly pool: string;
  readonly options: ZmqWorkerOptions;
}

/** What each `@OnTask` leaves on a method. */
export interface TaskMetadata {
  readonly task: string;
  readonly options: OnTaskOptions;
}

/** Nest's index of discoverable classes finds the classes with this one. */
export const WorkerMark = DiscoveryService.createDecorator<WorkerMetadata>();

const TASKS_METADATA = 'nest-zmq:tasks';
const HAS_TASKS_METADATA = 'nest-zmq:has-tasks';
const FAILURE_METADATA = 'nest-zmq:on-task-failure';

/**
 * Makes a provider the worker of a pool: its `@OnTask` methods run the tasks that `ZmqModule.registerWorkers({ pool })`
 * pulls. One class per pool and application; add it to `providers` like every other provider. Its dependencies are injected,
 * and guards, pipes, interceptors and filters work as on a controller's message handler.
 *
 * ```ts
 * @ZmqWorker('images', { concurrency: 4 })
 * export class ImageWorker {
 *   constructor(private readonly resizer: Resizer) {}
 *
 *   @OnTask('resize', { retry: { attempts: 3, delay: 500 } })
 *   resize(@Payload() job: ResizeJob, @Ctx() ctx: ZmqContext) {
 *     return this.resizer.run(job, ctx.signal);
 *   }
 * }
 * ```
 * Wrong use (no such registration, two classes, bad options) fails the start of the application with a
 * `ZmqWorkerError`.
 * @param pool the name given to `ZmqModule.registerWorkers({ pool })`
 */
export function ZmqWorker(pool: string, options: ZmqWorkerOptions = {}): ClassDecorator {
  return WorkerMark({ pool, options });
}

/**
 * Runs the method for each task of this name. It gets the task's data as `@Payload()` and a `ZmqContext` as `@Ctx()`;
 * a method without parameter decorators gets both, in this order. The task is done when the method's promise or
 * Observable has completed, and failed when it has thrown. A method may carry several `@OnTask`.
 *
 * The type of the method's data is not checked. With the tasks of the pool by name it is, as Nest's `@EventPattern` does
 * it: `@OnTask<Pick<Tasks, 'resize'>>('resize')` refuses a method that does not take a `Tasks['resize']`.
 * @param task the name given to `pool.push(task, data)`; never empty, used once per worker class
 */
export function OnTask(task: string, options?: OnTaskOptions): MethodDecorator;
export function OnTask<TTasks extends object>(
  task: keyof TTasks & string,
  options?: OnTaskOptions,
): ZmqTaskMethodDecorator<TTasks[keyof TTasks]>;
export function OnTask(task: string, options: OnTaskOptions = {}): MethodDecorator {
  return (target, _key, descriptor) => {
    const method = descriptor.value as object;
    const tasks = (Reflect.getOwnMetadata(TASKS_METADATA, method) ?? []) as TaskMetadata[];
    // Decorators apply from the bottom up; the list reads as the source does.
    Reflect.defineMetadata(TASKS_METADATA, [{ task, options }, ...tasks], method);
    Reflect.defineMetadata(HAS_TASKS_METADATA, true, target.constructor);
  };
}

/**
 * Calls the method when a task of this worker class has failed for good: its last attempt threw. It gets one
 * `ZmqTaskFailure`, and the task keeps its place until it has returned. At most one per class. What it throws is logged.
 */
export function OnTaskFailure(): MethodDecorator {
  return (_target, _key, descriptor) => {
    Reflect.defineMetadata(FAILURE_METADATA, true, descriptor.value as object);
  };
}

/** What `@OnTask` said about a method; empty if it has none. */
export function tasksOf(method: object): readonly TaskMetadata[] {
  return (Reflect.getOwnMetadata(TASKS_METADATA, method) ?? []) as TaskMetadata[];
}

/** Whether the method carries `@OnTaskFailure()`. */
export function isFailureHook(method: object): boolean {
  return Reflect.hasOwnMetadata(FAILURE_METADATA, method);
}

/** Whether the class, or one that it extends, has `@OnTask` methods. */
export function hasTasks(type: object): boolean {
  return Reflect.hasMetadata(HAS_TASKS_METADATA, type);
}
