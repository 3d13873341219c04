import { encodeZ85 } from '../foundation/z85.js';
import type { ReceivedRequest } from './zap-message.js';

/** The security mechanisms that ZAP knows of here. */
export type ZapMechanism = 'NULL' | 'PLAIN' | 'CURVE';

/**
 * Who wants to connect, and what he shows: what a callback of an `Authenticator` is asked
 * about. The password is in no log: neither `console.log` nor `JSON.stringify` shows it.
 */
export class ZapRequest {
  /** The `zapDomain` of the socket that is asked for; empty when it has none. */
  readonly domain: string;
  /** The peer's IP address, without port; empty over ipc. */
  readonly address: string;
  /** The routing id of our own socket that he connects to, not of the peer; empty when it has none. */
  readonly routingId: string;
  readonly mechanism: ZapMechanism;
  /** PLAIN: the name he gives himself; empty otherwise. */
  readonly username: string;
  /** CURVE: his long-term public key, 40 characters of Z85, of which he has shown that he has the secret one; empty otherwise. */
  readonly publicKey: string;
  readonly #password: string;

  private constructor(request: ReceivedRequest, mechanism: ZapMechanism) {
    const { domain, address, routingId, credentials } = request;
    this.domain = domain;
    this.address = address;
    this.routingId = routingId.toString();
    this.mechanism = mechanism;
    this.username = mechanism === 'PLAIN' ? credentials[0]!.toString() : '';
    this.publicKey = mechanism === 'CURVE' ? encodeZ85(credentials[0]!) : '';
    this.#password = mechanism === 'PLAIN' ? credentials[1]!.toString() : '';
  }

  /** PLAIN: the password he gives; empty otherwise. Compare it in constant time (`crypto.timingSafeEqual`). */
  get password(): string {
    return this.#password;
  }

  /** `undefined` for another mechanism, or credentials that are not those of the mechanism. */
  static read(request: ReceivedRequest): ZapRequest | undefined {
    const sizes = request.credentials.map(({ length }) => length);
    switch (request.mechanism) {
      case 'NULL':
        return sizes.length === 0 ? new ZapRequest(request, 'NULL') : undefined;
      case 'PLAIN':
        // Bytes that are no text would all look alike.
        return sizes.length === 2 && request.credentials.every(isText) ? new ZapRequest(request, 'PLAIN') : undefined;
      case 'CURVE':
        return sizes.length === 1 && sizes[0] === 32 ? new ZapRequest(request, 'CURVE') : undefined;
      default:
        return undefined;
    }
  }
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}
