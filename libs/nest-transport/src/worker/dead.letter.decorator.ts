import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { ZmqDeadLetter, ZmqDeadLetterHook } from './dead.letters.js';
import { ZmqWorkerError } from './worker.errors.js';

const POOLS_METADATA = 'nest-zmq:on-dead-letter';
const HAS_HOOKS_METADATA = 'nest-zmq:has-dead-letter-hooks';

/**
 * Calls the method of a provider for each pushed task that a pool with `ack: 'explicit'` gives up; it gets one
 * `ZmqDeadLetter`. What it throws is logged. Several methods may have it, for one pool too; without any, dead letters
 * are logged and counted.
 *
 * ```ts
 * @Injectable()
 * export class FailedImages {
 *   constructor(private readonly store: Store) {}
 *
 *   @OnDeadLetter('images')
 *   keep({ task, data, error }: ZmqDeadLetter) {
 *     return this.store.insert({ task, data, error });
 *   }
 * }
 * ```
 * @param pool the name given to `ZmqModule.registerPool({ name })`; left out for the one without a name
 */
export function OnDeadLetter(pool = 'default'): MethodDecorator {
  return (target, _key, descriptor) => {
    const method = descriptor.value as object;
    Reflect.defineMetadata(POOLS_METADATA, [pool, ...poolsOf(method)], method);
    Reflect.defineMetadata(HAS_HOOKS_METADATA, true, target.constructor);
  };
}

/** A method that has asked for the dead letters of a pool. */
export interface DeadLetterSubscription {
  readonly pool: string;
  /** For errors: `FailedImages.keep`. */
  readonly where: string;
  readonly hook: ZmqDeadLetterHook;
}

/**
 * All `@OnDeadLetter()` methods of the application.
 * @throws ZmqWorkerError on a request-scoped class, for there is no request
 */
export function exploreDeadLetters(discovery: DiscoveryService, scanner: MetadataScanner): DeadLetterSubscription[] {
  const found: DeadLetterSubscription[] = [];
  const wrappers = [...discovery.getProviders(), ...discovery.getControllers()];
  for (const wrapper of wrappers) {
    if (wrapper.isAlias || typeof wrapper.metatype !== 'function') continue;
    const instance = wrapper.instance as Record<string, unknown> | null | undefined;
    // What a factory gives is of the class that it gives.
    const type = wrapper.inject ? instance?.constructor : wrapper.metatype;
    if (typeof type !== 'function' || !Reflect.hasMetadata(HAS_HOOKS_METADATA, type)) continue;
    for (const method of scanner.getAllMethodNames(type.prototype as object)) {
      const where = `${type.name}.${method}`;
      const pools = poolsOf((type.prototype as Record<string, object>)[method]!);
      if (pools.length > 0 && !wrapper.isDependencyTreeStatic()) {
        throw new ZmqWorkerError(
          `${where} is @OnDeadLetter('${pools[0]}') in a request-scoped class: a dead letter has no request; ` +
            'move the method to a provider of the default scope',
        );
      }
      const call = (letter: ZmqDeadLetter) => (instance as Record<string, ZmqDeadLetterHook>)[method]!(letter);
      for (const pool of pools) found.push({ pool, where, hook: call });
    }
  }
  return found;
}

function poolsOf(method: object): readonly string[] {
  return (Reflect.getOwnMetadata(POOLS_METADATA, method) ?? []) as string[];
}
