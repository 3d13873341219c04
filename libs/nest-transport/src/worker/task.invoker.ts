import { type ContextId, ContextIdFactory, type ExternalContextCreator, type ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import type { TaskDefinition, WorkerDefinition } from './worker.explorer.js';
import type { ZmqTaskContext } from './task.context.js';
import type { ZmqTaskFailure } from './task.failure.js';

/** Runs an `@OnTask` method once, with everything Nest puts around it. Rejects with what came out. */
export type TaskInvoker = (data: unknown, context: ZmqTaskContext) => Promise<unknown>;

/** The number of `@Payload()` and `@Ctx()` in Nest's parameter metadata (`RpcParamtype`, which is not exported). */
const PAYLOAD = 3;
const CONTEXT = 6;
/** Where Nest's parameter decorators keep their metadata (`ROUTE_ARGS_METADATA`). */
const PARAMETERS = '__routeArguments__';

/** What `@Payload('key')` and `@Ctx()` give; the same as Nest's `RpcParamsFactory`. */
const taskParameters = {
  exchangeKeyForValue(type: number, key: unknown, args: readonly unknown[] | undefined): unknown {
    if (type === CONTEXT) return args?.[1];
    if (type !== PAYLOAD) return null;
    const data = args?.[0];
    return typeof key === 'string' && key !== '' ? (data as Record<string, unknown> | null | undefined)?.[key] : data;
  },
};

/** The parts of Nest's creator that are changed here. */
interface CreatorParts {
  externalErrorProxy: {
    createProxy(target: Invocation, handler: ExceptionHandler, type: string): Invocation;
  };
}
type Invocation = (...args: unknown[]) => Promise<unknown>;
interface ExceptionHandler {
  next(exception: unknown, host: unknown): unknown;
  invokeCustomFilters(exception: unknown, host: unknown): unknown;
}

/**
 * Makes the invokers of worker methods out of Nest's `ExternalContextCreator`, which puts guards, pipes, interceptors
 * and filters (global ones included) around a provider's method. Two things are done otherwise than there: an empty
 * Observable is a result, not an `EmptyError`; and an error that no filter caught is not logged each time, because the
 * worker counts, retries and logs it itself. Both hang on names inside Nest: were they to change, an invoker falls back
 * to Nest's way, and the specs say so.
 */
export class TaskInvokerFactory {
  readonly #creator: ExternalContextCreator;
  readonly #moduleRef: ModuleRef;

  constructor(creator: ExternalContextCreator, moduleRef: ModuleRef) {
    const { externalErrorProxy } = creator as unknown as CreatorParts;
    const createProxy: CreatorParts['externalErrorProxy']['createProxy'] = (target, handler, type) =>
      externalErrorProxy.createProxy(target, withoutLog(handler), type);
    this.#creator = Object.create(creator, {
      externalErrorProxy: { value: { createProxy } },
      transformToResult: { value: settle },
    }) as ExternalContextCreator;
    this.#moduleRef = moduleRef;
  }

  create(worker: WorkerDefinition, task: TaskDefinition): TaskInvoker {
    const { wrapper } = worker;
    if (wrapper.isDependencyTreeStatic()) {
      const run = this.#wrap(wrapper.instance as object, task.method);
      return async (data, context) => settle(await run(data, context));
    }
    // The worker, or something that it or its guards, pipes, … inject, is request-scoped: each attempt is a request.
    return async (data, context) => {
      const contextId = this.#newRequest(worker, task.task, data, context);
      const run = this.#wrap(await this.#resolve(worker, contextId), task.method, contextId, wrapper.id);
      return settle(await run(data, context));
    };
  }

  /** Calls the worker's `@OnTaskFailure()` method; without one, `undefined`. */
  createFailureHook(worker: WorkerDefinition): ((failure: ZmqTaskFailure) => Promise<unknown>) | undefined {
    const { failureHook, wrapper } = worker;
    if (failureHook === undefined) return undefined;
    const call = (instance: object, failure: ZmqTaskFailure) =>
      (instance as Record<string, Invocation>)[failureHook]!(failure);
    if (wrapper.isDependencyTreeStatic())
      return async (failure) => settle(await call(wrapper.instance as object, failure));
    return async (failure) => {
      const contextId = this.#newRequest(worker, failure.task, failure.data, failure.context);
      return settle(await call(await this.#resolve(worker, contextId), failure));
    };
  }

  #newRequest({ wrapper }: WorkerDefinition, pattern: string, data: unknown, context: ZmqTaskContext): ContextId {
    const request = requestOf(pattern, data, context);
    const contextId: ContextId = ContextIdFactory.getByRequest(request);
    // What Nest registers for its own handlers; the payload is that of a `ContextIdStrategy`.
    const provided = wrapper.isDependencyTreeDurable() ? contextId.payload : Object.assign(request, contextId.payload);
    this.#moduleRef.registerRequestByContextId(provided, contextId);
    return contextId;
  }

  #resolve({ wrapper }: WorkerDefinition, contextId: ContextId): Promise<object> {
    return this.#moduleRef.resolve<object>(wrapper.token as string, contextId, { strict: false });
  }

  #wrap(instance: object, method: string, contextId?: ContextId, inquirerId?: string): Invocation {
    const callback = (instance as Record<string, Invocation>)[method]!;
    return this.#creator.create(
      instance,
      callback,
      method,
      PARAMETERS,
      taskParameters,
      contextId,
      inquirerId,
      { guards: true, interceptors: true, filters: true },
      'rpc',
    ) as Invocation;
  }
}

/** A filter may give an Observable, as RPC filters do: its error is the task's failure. */
async function settle(result: unknown): Promise<unknown> {
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

function withoutLog(handler: ExceptionHandler): ExceptionHandler {
  return Object.create(handler, {
    next: {
      value(exception: unknown, host: unknown): unknown {
        const result = handler.invokeCustomFilters(exception, host);
        // As in Nest, a filter that gives nothing has not handled the error.
        if (result === undefined) throw exception;
        return result;
      },
    },
  }) as ExceptionHandler;
}

/** What `@Inject(REQUEST)` and `@Inject(CONTEXT)` give: the shape of Nest's `RequestContext`. */
function requestOf(pattern: string, data: unknown, context: ZmqTaskContext): object {
  return {
    pattern,
    data,
    context,
    getData: () => data,
    getPattern: () => pattern,
    getContext: () => context,
  };
}
