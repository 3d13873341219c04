import { ZmqTransportError } from '../zmq.errors.js';

/** `@ZapHandler` classes and their registration do not fit together. The message names the class and the way out. */
export class ZmqAuthenticatorError extends ZmqTransportError {
  override readonly name = 'ZmqAuthenticatorError';
  readonly code = 'INVALID_AUTHENTICATOR';
}
