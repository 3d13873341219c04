import { ZmqError, type ZmqErrorCode } from '../../foundation/errors.js';
import { parseIp } from '../../foundation/ip-range.js';
import type { SocksLogin } from '../../transport/transport.js';
import type { HostAndPort } from './tcp-address.js';

const VERSION = 5;
const LOGIN_VERSION = 1;
const CONNECT = 1;
const methods = { none: 0, login: 2, noneAcceptable: 0xff } as const;
const addressTypes = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** What a proxy answers (RFC 1928, 6) when it has no connection for us. */
const refusals: Readonly<Record<number, readonly [ZmqErrorCode, string]>> = {
  1: ['EHOSTUNREACH', 'general failure'],
  2: ['EACCES', 'its rules do not allow this connection'],
  3: ['EHOSTUNREACH', 'it has no route to that network'],
  4: ['EHOSTUNREACH', 'it cannot reach that host'],
  5: ['ECONNREFUSED', 'nobody listens there'],
  6: ['ETIMEDOUT', 'the time to live was over on the way'],
  7: ['ENOTSUP', 'it does not make connections'],
  8: ['EAFNOSUPPORT', 'it does not know this kind of address'],
};

/**
 * Asks a SOCKS5 proxy for a connection, as bytes in and bytes out (RFC 1928, RFC 1929):
 *
 *     greeting ──▶ method ──▶ [login ──▶ verdict] ──▶ request ──▶ reply ──▶ done
 *
 * As libzmq it offers one method, the login if there is one; and a name goes to the
 * proxy as it is.
 */
export class SocksHandshake {
  /** The first bytes to send. */
  readonly greeting: Buffer;
  /** When it is done: what came behind the reply, which is the target's. */
  rest: Buffer = Buffer.alloc(0);

  readonly #target: HostAndPort;
  readonly #login: SocksLogin | undefined;
  readonly #endpoint: string;
  #received: Buffer = Buffer.alloc(0);
  #waitsFor: 'method' | 'verdict' | 'reply' | 'nothing' = 'method';

  /** @param endpoint for the errors */
  constructor(target: HostAndPort, login: SocksLogin | undefined, endpoint: string) {
    this.#target = target;
    this.#login = login;
    this.#endpoint = endpoint;
    this.greeting = Buffer.from([VERSION, 1, login === undefined ? methods.none : methods.login]);
  }

  get done(): boolean {
    return this.#waitsFor === 'nothing';
  }

  /**
   * Takes what came, in pieces of any size, and gives what is to be sent, if anything.
   * Not to be called when it is done. Throws the `ZmqError` for which there is no connection.
   */
  receive(chunk: Buffer): Buffer | undefined {
    this.#received = Buffer.concat([this.#received, chunk]);
    switch (this.#waitsFor) {
      case 'method':
        return this.#takeMethod();
      case 'verdict':
        return this.#takeVerdict();
      case 'reply':
        return this.#takeReply();
      case 'nothing':
        throw new Error('the handshake is done');
    }
  }

  #takeMethod(): Buffer | undefined {
    const [version, method] = this.#received;
    this.#expectVersion(version, VERSION);
    if (method === undefined) return undefined;
    this.#received = this.#received.subarray(2);
    const login = this.#login;
    if (method === methods.noneAcceptable) {
      const hint =
        login === undefined ? 'it wants a login; set socksUsername' : 'it takes no login by name and password';
      throw this.#refusal('EACCES', hint);
    }
    if (method !== (login === undefined ? methods.none : methods.login))
      throw this.#refusal('EPROTO', `it chose the method ${method}, which was not offered`);
    if (login === undefined) return this.#request();
    this.#waitsFor = 'verdict';
    return Buffer.concat([Buffer.from([LOGIN_VERSION]), withLength(login.username), withLength(login.password)]);
  }

  #takeVerdict(): Buffer | undefined {
    const [version, status] = this.#received;
    this.#expectVersion(version, LOGIN_VERSION);
    if (status === undefined) return undefined;
    this.#received = this.#received.subarray(2);
    if (status !== 0) throw this.#refusal('EACCES', 'it does not accept socksUsername and socksPassword');
    return this.#request();
  }

  #request(): Buffer {
    const { host, port } = this.#target;
    this.#waitsFor = 'reply';
    return Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), addressOf(host), Buffer.from([port >> 8, port & 0xff])]);
  }

  #takeReply(): undefined {
    const [version, status, reserved, addressType, nameLength] = this.#received;
    this.#expectVersion(version, VERSION);
    // A refusal may be cut short behind the status.
    if (status !== undefined && status !== 0) {
      const [code, text] = refusals[status] ?? ['EPROTO', `it gave the unknown status ${status}`];
      throw this.#refusal(code, text);
    }
    if (reserved !== undefined && reserved !== 0) throw this.#refusal('EPROTO', 'its reply is malformed');
    if (addressType === undefined || nameLength === undefined) return;
    // Where the proxy's own end of the connection is; nobody asks for it.
    const size = 4 + this.#addressSize(addressType, nameLength) + 2;
    if (this.#received.length < size) return;
    this.rest = this.#received.subarray(size);
    this.#waitsFor = 'nothing';
  }

  #addressSize(type: number, nameLength: number): number {
    switch (type) {
      case addressTypes.ipv4:
        return 4;
      case addressTypes.ipv6:
        return 16;
      case addressTypes.name:
        return 1 + nameLength;
      default:
        throw this.#refusal('EPROTO', `its reply has an address of the unknown type ${type}`);
    }
  }

  #expectVersion(version: number | undefined, expected: number): void {
    if (version !== undefined && version !== expected) throw this.#refusal('EPROTO', 'it does not speak SOCKS5');
  }

  #refusal(code: ZmqErrorCode, text: string): ZmqError {
    return new ZmqError(code, `the SOCKS proxy refused ${this.#endpoint}: ${text}`, { address: this.#endpoint });
  }
}

/** Up to 255 bytes. */
function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function addressOf(host: string): Buffer {
  const ip = parseIp(host.replace(/%.*$/, ''));
  if (ip === undefined) return Buffer.concat([Buffer.from([addressTypes.name]), withLength(host)]);
  return Buffer.from([ip.length === 4 ? addressTypes.ipv4 : addressTypes.ipv6, ...ip]);
}
