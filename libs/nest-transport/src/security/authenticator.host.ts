import { Authenticator } from '@nest-zmq/core';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { LogLimiter } from '../log.limiter.js';
import { systemClock } from '../zmq.clock.js';
import { ZmqOptionsError } from '../zmq.errors.js';
import { ZmqAuthenticatorError } from './authenticator.errors.js';
import {
  checkAuthenticatorOptions,
  type ZmqAuthenticatorOptions,
  type ZmqDomainRules,
} from './authenticator.options.js';
import { EVERY_DOMAIN } from './zap-handler.decorator.js';
import { exploreZapHandlers } from './zap-handler.explorer.js';

/** Joins the authenticator of one context with the `@ZapHandler` classes of the application. */
export class AuthenticatorHost implements OnModuleInit, OnApplicationShutdown {
  readonly authenticator: Authenticator;
  readonly #discovery: DiscoveryService;
  readonly #hasRules: boolean;

  /** @throws ZmqOptionsError */
  constructor(discovery: DiscoveryService, options: ZmqAuthenticatorOptions = {}) {
    checkAuthenticatorOptions(options);
    const { context, handlerTimeout = 10_000, domains = {} } = options;
    this.#discovery = discovery;
    this.#hasRules = [options, ...Object.values(domains)].some(({ passwords, keys }) => passwords ?? keys);
    this.#hasRules ||= options.allow !== undefined || options.deny !== undefined;
    this.authenticator = new Authenticator({
      callbackTimeout: handlerTimeout,
      ...(context === undefined ? {} : { context }),
    });
    try {
      configure(this.authenticator, options);
    } catch (error) {
      this.authenticator.close();
      throw error;
    }
    writeLog(this.authenticator);
    // Other modules may bind before all handlers are there. Who comes so early waits, and then comes again.
    this.authenticator.configureCallback(EVERY_DOMAIN, () => new Promise<never>(() => {}));
  }

  onModuleInit(): void {
    try {
      this.#installHandlers();
    } catch (error) {
      this.authenticator.close();
      throw error;
    }
  }

  /** Last of all: until then servers close, and answer who is there. */
  onApplicationShutdown(): void {
    this.authenticator.close();
  }

  #installHandlers(): void {
    const handlers = exploreZapHandlers(this.#discovery);
    if (handlers.size === 0 && !this.#hasRules) {
      throw new ZmqAuthenticatorError(
        'ZmqModule.registerAuthenticator() finds nobody who decides: add a provider with @ZapHandler() to a module of ' +
          "this application, or give it 'passwords', 'keys', 'allow' or 'deny'",
      );
    }
    this.authenticator.configureCallback(EVERY_DOMAIN, undefined);
    for (const { domain, instance } of handlers.values())
      this.authenticator.configureCallback(domain, (request) => instance.authenticate(request));
  }
}

/** @throws ZmqOptionsError that names the key */
function configure(authenticator: Authenticator, options: ZmqAuthenticatorOptions): void {
  const { allow, deny, domains = {} } = options;
  if (allow !== undefined) named('allow', () => authenticator.allow(...allow));
  if (deny !== undefined) named('deny', () => authenticator.deny(...deny));
  setRules(authenticator, EVERY_DOMAIN, options, '');
  for (const [domain, rules] of Object.entries(domains)) setRules(authenticator, domain, rules, `domains.${domain}.`);
}

function setRules(authenticator: Authenticator, domain: string, rules: ZmqDomainRules, where: string): void {
  const { passwords, keys } = rules;
  if (passwords !== undefined) named(`${where}passwords`, () => authenticator.configurePlain(domain, passwords));
  if (keys !== undefined) named(`${where}keys`, () => authenticator.configureCurve(domain, keys));
}

/** The core names what is wrong, and not which option it came from. */
function named(key: string, configureIt: () => unknown): void {
  try {
    configureIt();
  } catch (error) {
    throw new ZmqOptionsError(key, (error as Error).message);
  }
}

/** Who was refused, and why. A peer can cause it at any rate, and has chosen his name: it is written as JSON. */
function writeLog(authenticator: Authenticator): void {
  const logger = new Logger('ZmqAuthenticator');
  const warnings = new LogLimiter(systemClock, (message) => logger.warn(message));
  const errors = new LogLimiter(systemClock, (message) => logger.error(message));
  authenticator
    .on('allowed', ({ mechanism, userId, address }) => {
      logger.debug(`Admitted ${who(mechanism, userId, address)}`);
    })
    .on('denied', ({ mechanism, userId, address, reason, error }) => {
      if (error !== undefined) errors.log('failed', () => `A @ZapHandler failed: ${error.stack ?? error.message}`);
      else warnings.log(reason, () => `Refused ${who(mechanism, userId, address)}: ${reason}`);
    })
    .on('reload', ({ folder, keys }) => logger.log(`Read ${folder} again: ${keys} certificates`))
    .on('reload:error', ({ error }) => errors.log('reload', () => error.message));
}

function who(mechanism: string, userId: string, address: string): string {
  const name = userId === '' ? '' : ` ${JSON.stringify(userId)}`;
  return `${JSON.stringify(mechanism).slice(1, -1)}${name} at ${address === '' ? 'ipc' : address}`;
}
