import type { OnModuleDestroy } from '@nestjs/common';

/**
 * Has something done before an instance's own `onModuleDestroy`. Nest destroys dependants before what they depend on,
 * so at that moment everything that the instance injects is still there, wherever that is provided.
 */
export function beforeDestroy(instance: object, first: () => Promise<void>): void {
  if (!Object.isExtensible(instance)) return;
  const target = instance as Partial<OnModuleDestroy>;
  const own = target.onModuleDestroy;
  Object.defineProperty(target, 'onModuleDestroy', {
    configurable: true,
    writable: true,
    value: async () => {
      await first();
      await (own?.call(target) as unknown);
    },
  });
}
