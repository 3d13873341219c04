import type { DiscoveryService } from '@nestjs/core';
import { ZmqAuthenticatorError } from './authenticator.errors.js';
import { type ZapHandlerMetadata, ZapHandlerMark, type ZmqAuthenticator } from './zap-handler.decorator.js';

type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A `@ZapHandler` class of this application, checked. */
export interface ZapHandlerDefinition {
  readonly className: string;
  readonly domain: string;
  readonly instance: ZmqAuthenticator;
}

/**
 * All handlers of the application by their domain. To be called when all providers are there.
 * @throws ZmqAuthenticatorError two for one domain, one without `authenticate()`, one of request scope
 */
export function exploreZapHandlers(discovery: DiscoveryService): Map<string, ZapHandlerDefinition> {
  const handlers = new Map<string, ZapHandlerDefinition>();
  const marked = discovery.getProviders({ metadataKey: ZapHandlerMark.KEY }).filter((wrapper) => !wrapper.isAlias);
  for (const wrapper of marked) {
    const definition = define(wrapper);
    if (definition === undefined) continue;
    const other = handlers.get(definition.domain);
    if (other !== undefined) throw twoHandlers(other, definition);
    handlers.set(definition.domain, definition);
  }
  return handlers;
}

function define(wrapper: ProviderWrapper): ZapHandlerDefinition | undefined {
  const { metatype, inject } = wrapper;
  const instance = wrapper.instance as Partial<ZmqAuthenticator> | null | undefined;
  // Also of a provider that is given by `useValue` or `useFactory`; none for a test's `useValue(null)`.
  const type = (!metatype || inject ? instance?.constructor : undefined) ?? metatype ?? undefined;
  if (typeof type !== 'function' || !Reflect.hasMetadata(ZapHandlerMark.KEY, type)) return undefined;
  const { name: className } = type;
  const { domain } = Reflect.getMetadata(ZapHandlerMark.KEY, type) as ZapHandlerMetadata;
  if (typeof domain !== 'string' || domain === '' || Buffer.byteLength(domain) > 255) {
    throw new ZmqAuthenticatorError(`@ZapHandler of ${className}: the domain must be a string of 1 to 255 bytes`);
  }
  if (!wrapper.isDependencyTreeStatic()) {
    throw new ZmqAuthenticatorError(
      `${className} is a @ZapHandler of request scope, and a handshake is no request: make it, and what it injects, a singleton`,
    );
  }
  if (typeof instance?.authenticate !== 'function') {
    throw new ZmqAuthenticatorError(
      `${className} is a @ZapHandler but has no method authenticate(request): implement ZmqAuthenticator`,
    );
  }
  return { className, domain, instance: instance as ZmqAuthenticator };
}

function twoHandlers(one: ZapHandlerDefinition, other: ZapHandlerDefinition): ZmqAuthenticatorError {
  const where = one.domain === '*' ? 'all domains' : `the domain '${one.domain}'`;
  return new ZmqAuthenticatorError(
    one.className === other.className
      ? `${one.className}, the @ZapHandler of ${where}, is provided twice: provide it in one module only`
      : `${one.className} and ${other.className} are both @ZapHandler of ${where}: keep one, or give one a domain of its own`,
  );
}
