import type { Connection } from '../../../libs/zmq-core/src/connection/connection.js';
import { type ConnectionOptions, createConnection } from '../../../libs/zmq-core/src/connection/connection-table.js';
import { openWasm } from '../../../libs/zmq-core/src/crypto/open-backend.js';
import type { RandomSource } from '../../../libs/zmq-core/src/foundation/random.js';
import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import type {
  AuthenticationRequest,
  Authenticator,
  Verdict,
} from '../../../libs/zmq-core/src/mechanism/authenticator.js';
import type { CryptoBackend } from '../../../libs/zmq-core/src/mechanism/crypto-backend.js';
import { createKeyPair, type KeyPair } from '../../../libs/zmq-core/src/mechanism/curve/curve-box.js';
import { CurveKeys } from '../../../libs/zmq-core/src/mechanism/curve/curve-keys.js';
import type { Surroundings } from '../../../libs/zmq-core/src/mechanism/mechanism-table.js';
import { noSecurity, type SecurityOptions } from '../../../libs/zmq-core/src/mechanism/security-options.js';
import { Dice } from '../../support/dice.js';
import { HANDSHAKE_MS, limits } from './connection-target.js';

/** Keys and nonces that are the same in every run, so that what was recorded is right again. */
export class FixedRandom implements RandomSource {
  readonly #dice: Dice;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
  }

  bytes(size: number): Buffer {
    return this.#dice.bytes(size);
  }

  fraction(): number {
    return this.#dice.fraction();
  }
}

/** The long-term keys of all that is recorded and fuzzed, and what computes with them. */
export interface FixedKeys {
  readonly backend: CryptoBackend;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export async function fixedKeys(): Promise<FixedKeys> {
  const backend = await openWasm();
  return {
    backend,
    server: createKeyPair(backend, new FixedRandom(1)),
    client: createKeyPair(backend, new FixedRandom(2)),
  };
}

/** Admits joe: who knows the password, or has the key, or has nothing to show. */
class Gate implements Authenticator {
  readonly present = true;
  /** Whether it gives its verdict only when it is told to. */
  readonly #isLate: boolean;
  readonly #publicKey: Buffer;
  readonly #due = new Set<() => void>();

  constructor(publicKey: Buffer, isLate: boolean) {
    this.#publicKey = publicKey;
    this.#isLate = isLate;
  }

  ask(request: AuthenticationRequest, give: (verdict: Verdict) => void): () => void {
    if (!this.#isLate) {
      give(this.#judge(request));
      return () => {};
    }
    const verdict = (): void => give(this.#judge(request));
    this.#due.add(verdict);
    return () => void this.#due.delete(verdict);
  }

  /** Gives what is due. False when nobody waits for it. */
  decide(): boolean {
    const due = [...this.#due];
    this.#due.clear();
    for (const each of due) each();
    return due.length > 0;
  }

  #judge({ mechanism, credentials }: AuthenticationRequest): Verdict {
    const isJoe = {
      NULL: () => true,
      PLAIN: () => credentials.map(String).join() === 'joe,secret',
      CURVE: () => credentials[0]!.equals(this.#publicKey),
    };
    return isJoe[mechanism]()
      ? { status: 200, userId: 'joe', properties: new Map([['X-role', Buffer.from('admin')]]) }
      : { status: 400, text: 'no' };
  }
}

export type Role = 'server' | 'client';
export const mechanismNames = ['null', 'plain', 'curve'] as const;
export type SecuredMechanism = (typeof mechanismNames)[number];

/** Our side of a conversation under a mechanism, and the good peer that it has. */
export interface SecuredSide {
  readonly mechanism: SecuredMechanism;
  readonly role: Role;
  readonly type: SocketTypeName;
  readonly peerType: SocketTypeName;
  /** The same each time: keys and nonces are fixed. */
  readonly create: () => Connection;
  readonly createPeer: () => Connection;
  /** Verdicts that are waited for come now; false when there is none. */
  readonly decide: () => boolean;
}

/** Two types that talk in both directions, and two of which one subscribes. */
const pairs: readonly (readonly [server: SocketTypeName, client: SocketTypeName])[] = [
  ['ROUTER', 'DEALER'],
  ['PUB', 'SUB'],
];

/** Each mechanism (NULL with a domain), in each of its roles. */
export function securedSides(keys: FixedKeys): SecuredSide[] {
  const { backend, server, client } = keys;
  const roles: Record<SecuredMechanism, Record<Role, SecurityOptions>> = {
    null: { server: { ...noSecurity, zapDomain: 'test' }, client: noSecurity },
    plain: {
      server: { ...noSecurity, mechanism: 'PLAIN', asServer: true },
      client: {
        ...noSecurity,
        mechanism: 'PLAIN',
        asServer: false,
        credentials: { username: 'joe', password: 'secret' },
      },
    },
    curve: {
      server: {
        ...noSecurity,
        mechanism: 'CURVE',
        asServer: true,
        keys: new CurveKeys(server.secretKey, undefined, undefined),
      },
      client: {
        ...noSecurity,
        mechanism: 'CURVE',
        asServer: false,
        keys: new CurveKeys(client.secretKey, undefined, server.publicKey),
      },
    },
  };
  return mechanismNames.flatMap((mechanism) =>
    pairs.flatMap(([serverType, clientType]): SecuredSide[] => {
      // At once, or as a handler in another process: some time later.
      const gate = new Gate(client.publicKey, serverType === 'ROUTER');
      const decide = (): boolean => gate.decide();
      const asServer = creator(serverType, roles[mechanism].server, 3, backend, gate);
      const asClient = creator(clientType, roles[mechanism].client, 4, backend, undefined);
      return [
        {
          mechanism,
          role: 'server',
          type: serverType,
          peerType: clientType,
          create: asServer,
          createPeer: asClient,
          decide,
        },
        {
          mechanism,
          role: 'client',
          type: clientType,
          peerType: serverType,
          create: asClient,
          createPeer: asServer,
          decide,
        },
      ];
    }),
  );
}

function creator(
  type: SocketTypeName,
  security: SecurityOptions,
  seed: number,
  backend: CryptoBackend,
  authenticator: Authenticator | undefined,
): () => Connection {
  const options = optionsOf(type, security, 1000);
  return () => createConnection(options, '10.0.0.1:5', surroundings(backend, seed, authenticator));
}

export function optionsOf(type: SocketTypeName, security: SecurityOptions, heartbeatMs: number): ConnectionOptions {
  return {
    ...limits,
    socketType: type,
    routingId: Buffer.from(`a ${type}`),
    // Nobody is who he says he is.
    metadata: { 'X-a': 'b', 'x-ROLE': 'root', 'User-Id': 'root' },
    maxPendingPongs: 4,
    handshakeMs: HANDSHAKE_MS,
    heartbeat: { intervalMs: heartbeatMs, timeoutMs: heartbeatMs, ttlMs: 3 * heartbeatMs },
    notify: true,
    legacy: false,
    security,
  };
}

export function surroundings(
  backend: CryptoBackend,
  seed: number,
  authenticator: Authenticator | undefined,
): Surroundings {
  return {
    authenticator,
    crypto: { backend, load() {}, whenLoaded: () => () => {} },
    random: new FixedRandom(seed),
    host: '10.0.0.1',
    wake() {},
  };
}
