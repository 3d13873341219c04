import type { AdmissionDetails, ZapRequest } from '@nest-zmq/core';
import { DiscoveryService } from '@nestjs/core';

/** What `@ZapHandler` leaves on a class. */
export interface ZapHandlerMetadata {
  readonly domain: string;
}

/** Nest's index of discoverable classes finds the classes with this one. */
export const ZapHandlerMark = DiscoveryService.createDecorator<ZapHandlerMetadata>();

/** The domain of a handler for all that have none of their own. */
export const EVERY_DOMAIN = '*';

/** Decides who may connect. */
export interface ZmqAuthenticator {
  /**
   * Is asked once for each connection, in its handshake. `true` admits, under the user name (PLAIN) or public key
   * (CURVE) that was shown; `{ userId, properties }` admits under another name (`context.getUserId()`) and adds
   * properties to the peer (`context.getPeer().properties`); `false` refuses. What it throws refuses too, as an internal
   * error, and is logged; who waits too long is sent away and may come again.
   */
  authenticate(request: ZapRequest): ZmqAdmission | Promise<ZmqAdmission>;
}

/** What `authenticate` decides. */
export type ZmqAdmission = boolean | AdmissionDetails;

/**
 * Makes a provider the judge of who may connect, in one domain (the option `security.domain`) or, without one, in all
 * that have no handler of their own. Dependencies are injected as in every other provider.
 * `ZmqModule.registerAuthenticator()` finds it.
 *
 * ```ts
 * @ZapHandler()
 * export class Accounts implements ZmqAuthenticator {
 *   constructor(private readonly users: UsersService) {}
 *
 *   async authenticate({ publicKey }: ZapRequest) {
 *     const user = await this.users.findByKey(publicKey);
 *     return user !== undefined && { userId: user.id };
 *   }
 * }
 * ```
 * Wrong use (two for one domain, no `authenticate`, request scope) fails the start of the application with a
 * `ZmqAuthenticatorError`.
 */
export function ZapHandler(domain: string = EVERY_DOMAIN): ClassDecorator {
  return ZapHandlerMark({ domain });
}
