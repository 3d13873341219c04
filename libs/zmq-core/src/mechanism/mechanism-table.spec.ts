import { CryptoLoader } from '../crypto/crypto-loader.js';
import { openWasm } from '../crypto/open-backend.js';
import { systemRandom } from '../foundation/random.js';
import { admitted, FakeAuthenticator, metadataOf, said, shakeHands } from '../testing/handshake.js';
import type { CryptoBackend, CryptoSource } from './crypto-backend.js';
import { createKeyPair } from './curve/curve-box.js';
import { CurveKeys } from './curve/curve-keys.js';
import type { Mechanism } from './mechanism.js';
import { createMechanism, mechanisms, type Surroundings } from './mechanism-table.js';
import { noSecurity, type SecurityOptions } from './security-options.js';

let backend: CryptoBackend;
let options: Record<'server' | 'client', readonly SecurityOptions[]>;
beforeAll(async () => {
  backend = await openWasm();
  const [server, client] = [createKeyPair(backend, systemRandom), createKeyPair(backend, systemRandom)];
  const credentials = { username: 'joe', password: 'secret' };
  options = {
    server: [
      noSecurity,
      { ...noSecurity, mechanism: 'PLAIN', asServer: true },
      { ...noSecurity, mechanism: 'CURVE', asServer: true, keys: new CurveKeys(server.secretKey, undefined, undefined) },
    ],
    client: [
      noSecurity,
      { ...noSecurity, mechanism: 'PLAIN', asServer: false, credentials },
      { ...noSecurity, mechanism: 'CURVE', asServer: false, keys: new CurveKeys(client.secretKey, undefined, server.publicKey) },
    ],
  };
}); // prettier-ignore

function create(security: SecurityOptions, surroundings: Partial<Surroundings> = {}): Mechanism {
  const crypto: CryptoSource = { backend, load() {}, whenLoaded: () => () => {} };
  const authenticator = new FakeAuthenticator(admitted);
  return createMechanism(security, {
    metadata: metadataOf('PAIR'),
    routingId: Buffer.alloc(0),
    surroundings: { authenticator, crypto, random: systemRandom, host: '', wake() {}, ...surroundings },
  });
}

it('has every mechanism, and each makes both roles', () => {
  const names = Object.keys(mechanisms);
  for (const [role, list] of Object.entries(options)) {
    expect(list.map(({ mechanism }) => mechanism)).toEqual(names);
    for (const security of list) {
      const { name, asServer, status } = create(security);
      expect([name, asServer]).toEqual([security.mechanism, role === 'server' && name !== 'NULL']);
      expect(status).toBe('handshaking');
    }
  }
});

it('the two roles of each understand each other', () => {
  for (const [i, server] of options.server.entries()) {
    const [one, other] = [create(options.client[i]!), create(server)];
    shakeHands(one, other);
    expect([one.name, one.status, other.status]).toEqual([server.mechanism, 'ready', 'ready']);
    // Only CURVE hides what is said.
    expect([one.messages !== undefined, other.messages !== undefined]).toEqual(Array(2).fill(one.name === 'CURVE'));
  }
});

it('NULL asks about a peer only with a domain', () => {
  const authenticator = new FakeAuthenticator(admitted);
  create(noSecurity, { authenticator }).produce();
  expect(authenticator.requests).toEqual([]);
  create({ ...noSecurity, zapDomain: 'games' }, { authenticator, host: '10.0.0.7' }).produce();
  expect(authenticator.requests).toMatchObject([{ mechanism: 'NULL', domain: 'games', address: '10.0.0.7' }]);
});

describe('CURVE before its library is there', () => {
  it('waits, and then goes on', async () => {
    const crypto = new CryptoLoader(openWasm);
    const woken = new Promise<void>((wake) => {
      const mechanism = create(options.client[2]!, {
        crypto,
        wake() {
          expect(mechanism.status).toBe('handshaking');
          const other = create(options.server[2]!);
          shakeHands(mechanism, other);
          expect([mechanism.status, mechanism.messages !== undefined]).toEqual(['ready', true]);
          expect(mechanism.peerProperties.size).toBeGreaterThan(0);
          wake();
        },
      });
      expect([mechanism.name, mechanism.asServer, mechanism.status, said(mechanism)]).toEqual(['CURVE', false, 'waiting', []]);
      expect([mechanism.peerProperties.size, mechanism.admitted, mechanism.messages]).toEqual([0, undefined, undefined]);
    });
    await woken;
  }); // prettier-ignore

  it('ends when there is none', async () => {
    const crypto = new CryptoLoader(() => Promise.reject(new Error('not there')));
    const mechanism = await new Promise<Mechanism>((wake) => {
      const made: Mechanism = create(options.server[2]!, { crypto, wake: () => wake(made) });
    });
    expect(() => mechanism.produce()).toThrow(expect.objectContaining({ name: 'UnavailableError' }));
    expect(() => mechanism.produce()).toThrow(/CURVE has no library: not there/);
  });

  it('wakes nobody who has gone', async () => {
    let woken = false;
    const crypto = new CryptoLoader(openWasm);
    create(options.client[2]!, { crypto, wake: () => (woken = true) }).abandon();
    await new Promise((resolve) => void crypto.whenLoaded(resolve));
    expect(woken).toBe(false);
  });

  it('says so when nobody loads one', () => {
    expect(() => create(options.client[2]!, { crypto: undefined })).toThrow(/CURVE has no library/);
  });
});
