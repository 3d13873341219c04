import type { Authenticator } from '@nest-zmq/core';
import { ConfigurableModuleBuilder, Inject, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { AuthenticatorHost } from './authenticator.host.js';
import type { ZmqAuthenticatorOptions } from './authenticator.options.js';

/** What `registerAuthenticator` takes beside its options. */
export interface ZmqAuthenticatorRegistration {
  /** Whether all modules may inject it without importing. Default false. */
  isGlobal?: boolean | undefined;
}

/** The injection token of the `Authenticator` that `ZmqModule.registerAuthenticator()` provides. */
export function getZmqAuthenticatorToken(): string {
  return 'ZmqAuthenticator';
}

/**
 * Injects the `Authenticator` of `ZmqModule.registerAuthenticator()`: `reload()` reads folders of certificates again,
 * `on('denied', …)` tells of decisions, rules may be changed.
 */
export function InjectZmqAuthenticator(): ParameterDecorator & PropertyDecorator {
  return Inject(getZmqAuthenticatorToken());
}

const AUTHENTICATOR_OPTIONS = 'ZMQ_AUTHENTICATOR_OPTIONS';

const builder = new ConfigurableModuleBuilder<ZmqAuthenticatorOptions>({
  optionsInjectionToken: AUTHENTICATOR_OPTIONS,
  alwaysTransient: true,
})
  .setExtras<ZmqAuthenticatorRegistration>({ isGlobal: false }, (definition, { isGlobal = false }) => {
    const host = {
      provide: AuthenticatorHost,
      useFactory: (discovery: DiscoveryService, options: ZmqAuthenticatorOptions) =>
        new AuthenticatorHost(discovery, options),
      inject: [DiscoveryService, AUTHENTICATOR_OPTIONS],
    };
    const token = getZmqAuthenticatorToken();
    const authenticator = {
      provide: token,
      useFactory: (provided: AuthenticatorHost): Authenticator => provided.authenticator,
      inject: [AuthenticatorHost],
    };
    return {
      ...definition,
      global: isGlobal,
      providers: [...(definition.providers ?? []), host, authenticator],
      exports: [token],
    };
  })
  .build();

export type ZmqAuthenticatorModuleOptions = typeof builder.OPTIONS_TYPE;
export type ZmqAuthenticatorModuleAsyncOptions = typeof builder.ASYNC_OPTIONS_TYPE;

/** The authenticator of one context. */
@Module({ imports: [DiscoveryModule] })
export class ZmqAuthenticatorModule extends builder.ConfigurableModuleClass {}
