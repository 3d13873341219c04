import { Inject } from '@nestjs/common';

/** The name of a client, pool or forwarder that was registered without one. */
const DEFAULT_NAME = 'default';

/**
 * The injection token of the client that `ZmqModule.registerClient({ name })` provides, for tests and factories:
 * `Test.createTestingModule(…).overrideProvider(getZmqClientToken('ORDERS')).useValue(fake)`.
 */
export function getZmqClientToken(name: string = DEFAULT_NAME): string {
  return `ZmqClient(${name})`;
}

/** The injection token of the pool that `ZmqModule.registerPool({ name })` provides, for tests and factories. */
export function getZmqPoolToken(name: string = DEFAULT_NAME): string {
  return `ZmqPool(${name})`;
}

/** The injection token of the `ZmqWorkers` handle that `ZmqModule.registerWorkers({ pool })` provides. */
export function getZmqWorkersToken(pool: string): string {
  return `ZmqWorkers(${pool})`;
}

/** Injects the `ZmqClient` of `ZmqModule.registerClient({ name })`; without a name the one registered without a name. */
export function InjectZmqClient(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getZmqClientToken(name));
}

/** Injects the `ZmqPool` of `ZmqModule.registerPool({ name })`; without a name the one registered without a name. */
export function InjectZmqPool(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getZmqPoolToken(name));
}

/** Injects the `ZmqWorkers` handle (statistics) of `ZmqModule.registerWorkers({ pool })`. */
export function InjectZmqWorkers(pool: string): ParameterDecorator & PropertyDecorator {
  return Inject(getZmqWorkersToken(pool));
}

/** The injection token of the forwarder that `ZmqModule.registerForwarder({ name })` provides, for tests and factories. */
export function getZmqForwarderToken(name: string = DEFAULT_NAME): string {
  return `ZmqForwarder(${name})`;
}

/** Injects the `ZmqForwarder` of `ZmqModule.registerForwarder({ name })`; without a name the one registered without a name. */
export function InjectZmqForwarder(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getZmqForwarderToken(name));
}

/** The injection token of what `ZmqModule.forRoot` was given. */
export const ZMQ_SHARED_OPTIONS = 'ZMQ_SHARED_OPTIONS';

/** For `inject`: the application need not have a `forRoot`. */
export const SHARED_OPTIONS = { token: ZMQ_SHARED_OPTIONS, optional: true };
