import { type ConnectionOptions, createConnection } from '../../../libs/zmq-core/src/connection/connection-table.js';
import { openWasm } from '../../../libs/zmq-core/src/crypto/open-backend.js';
import type { RandomSource } from '../../../libs/zmq-core/src/foundation/random.js';
import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import type { Authenticator, Verdict } from '../../../libs/zmq-core/src/mechanism/authenticator.js';
import type { CryptoBackend } from '../../../libs/zmq-core/src/mechanism/crypto-backend.js';
import { createKeyPair } from '../../../libs/zmq-core/src/mechanism/curve/curve-box.js';
import { CurveKeys } from '../../../libs/zmq-core/src/mechanism/curve/curve-keys.js';
import type { Surroundings } from '../../../libs/zmq-core/src/mechanism/mechanism-table.js';
import { noSecurity, type SecurityOptions } from '../../../libs/zmq-core/src/mechanism/security-options.js';
import { Dice } from '../../support/dice.js';
import type { Session } from '../mutator.js';
import type { Target } from '../target.js';
import { ConnectionTarget, HANDSHAKE_MS, limits } from './connection-target.js';
import { record } from './record.js';

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

/** Admits those who know the password, and all who have none to show. */
const gate: Authenticator = {
  present: true,
  ask({ mechanism, credentials }, give) {
    const isRight = mechanism !== 'PLAIN' || String(credentials[1]) === 'secret';
    const verdict: Verdict = isRight
      ? { status: 200, userId: 'joe', properties: new Map([['X-role', Buffer.from('admin')]]) }
      : { status: 400, text: 'no' };
    give(verdict);
    return () => {};
  },
};

/** One side of a connection, with all that it needs of the world. */
interface Side {
  readonly type: SocketTypeName;
  readonly security: SecurityOptions;
  readonly seed: number;
}

function sideOf({ type, security, seed }: Side, backend: CryptoBackend) {
  const options: ConnectionOptions = {
    ...limits,
    socketType: type,
    routingId: Buffer.from(`a ${type}`),
    metadata: { 'X-a': 'b' },
    maxPendingPongs: 4,
    handshakeMs: HANDSHAKE_MS,
    heartbeat: { intervalMs: 1000, timeoutMs: 1000, ttlMs: 3000 },
    notify: true,
    legacy: false,
    security,
  };
  const crypto = { backend, load() {}, whenLoaded: () => () => {} };
  return () => {
    const surroundings: Surroundings = {
      authenticator: gate,
      crypto,
      random: new FixedRandom(seed),
      host: '10.0.0.1',
      wake() {},
    };
    return createConnection(options, '10.0.0.1:5', surroundings);
  };
}

/** Each mechanism, each of its roles, between two types that talk in both directions and two of which one subscribes. */
export async function securedTargets(extra: (name: string) => readonly Session[]): Promise<Target[]> {
  const backend = await openWasm();
  const [server, client] = [createKeyPair(backend, new FixedRandom(1)), createKeyPair(backend, new FixedRandom(2))];
  const serverKeys = new CurveKeys(server.secretKey, undefined, undefined);
  const clientKeys = new CurveKeys(client.secretKey, undefined, server.publicKey);
  const roles: Record<string, readonly [server: SecurityOptions, client: SecurityOptions]> = {
    null: [{ ...noSecurity, zapDomain: 'test' }, noSecurity],
    plain: [
      { ...noSecurity, mechanism: 'PLAIN', asServer: true },
      { ...noSecurity, mechanism: 'PLAIN', asServer: false, credentials: { username: 'joe', password: 'secret' } },
    ],
    curve: [
      { ...noSecurity, mechanism: 'CURVE', asServer: true, keys: serverKeys },
      { ...noSecurity, mechanism: 'CURVE', asServer: false, keys: clientKeys },
    ],
  };
  const pairs: readonly (readonly [SocketTypeName, SocketTypeName])[] = [
    ['ROUTER', 'DEALER'],
    ['PUB', 'SUB'],
  ];
  return Object.entries(roles).flatMap(([name, [asServer, asClient]]) =>
    pairs.flatMap(([serverType, clientType]) => {
      const there = sideOf({ type: serverType, security: asServer, seed: 3 }, backend);
      const here = sideOf({ type: clientType, security: asClient, seed: 4 }, backend);
      const kept = extra(name === 'null' ? 'zmtp' : name);
      const ofClient = [record(there(), here(), clientType, serverType), ...kept];
      const ofServer = [record(here(), there(), serverType, clientType), ...kept];
      return [
        new ConnectionTarget(`${name} server ${serverType}`, serverType, ofClient, there),
        new ConnectionTarget(`${name} client ${clientType}`, clientType, ofServer, here),
      ];
    }),
  );
}
