import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Authenticator,
  type AuthenticatorEvent,
  Context,
  curveKeyPair,
  Router,
  saveCertificate,
  type SocketOptions,
} from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { libraries, LibzmqPeer, type RemoteSocket } from './libzmq-peer.js';

/** Our ready authenticator, and clients of libzmq in another process that it decides about. */

const PLAIN_USERNAME = 45;
const PLAIN_PASSWORD = 46;
const CURVE_PUBLICKEY = 48;
const CURVE_SECRETKEY = 49;
const CURVE_SERVERKEY = 50;

type NumberedOptions = Readonly<Record<number, number | string>>;

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`an Authenticator and clients of ${library.name}`, () => {
    const serverKeys = curveKeyPair();
    let peer: LibzmqPeer;
    let context: Context;
    let authenticator: Authenticator;
    let events: AuthenticatorEvent[];
    let decided: (() => void) | undefined;
    const remotes: RemoteSocket[] = [];

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });
    afterAll(() => peer.stop());

    beforeEach(() => {
      context = new Context();
      authenticator = new Authenticator({ context });
      events = [];
      for (const type of ['allowed', 'denied'] as const) {
        authenticator.on(type, (event) => {
          events.push(event);
          decided?.();
        });
      }
    });
    afterEach(async () => {
      for (const remote of remotes.splice(0)) await remote.close();
      authenticator.close();
      await context.terminate();
    });

    async function untilDecided(count: number): Promise<void> {
      while (events.length < count) await new Promise<void>((resolve) => (decided = resolve));
    }

    async function serve(options: SocketOptions<'ROUTER'>): Promise<Router> {
      const router = new Router({ context, linger: 0, ...options });
      await router.bind('tcp://127.0.0.1:*');
      return router;
    }

    async function connect(router: Router, options: NumberedOptions): Promise<RemoteSocket> {
      const dealer = await peer.open(socketTypes.DEALER.id, options);
      remotes.push(dealer);
      await dealer.monitor();
      await dealer.connect(router.lastEndpoint!);
      return dealer;
    }

    /** Gives the properties of the message that shows it. */
    async function isAdmitted(router: Router, dealer: RemoteSocket): Promise<Readonly<Record<string, string>>> {
      await dealer.send(['hello']);
      const message = await router.receive();
      await router.send([message[0]!, 'welcome']);
      expect(await dealer.receive()).toEqual(['welcome']);
      return router.peerOf(message)!.properties;
    }

    const plain = (username: string, password: string): NumberedOptions => ({
      [PLAIN_USERNAME]: username,
      [PLAIN_PASSWORD]: password,
    });
    const curve = ({ publicKey, secretKey }: { publicKey: string; secretKey: string }): NumberedOptions => ({
      [CURVE_SERVERKEY]: serverKeys.publicKey,
      [CURVE_PUBLICKEY]: publicKey,
      [CURVE_SECRETKEY]: secretKey,
    });

    it('PLAIN: the right password, and the wrong one', async () => {
      authenticator.configurePlain('*', { joe: 'sesame' });
      const router = await serve({ plainServer: true });
      const joe = await connect(router, plain('joe', 'sesame'));
      expect(await isAdmitted(router, joe)).toMatchObject({ 'User-Id': 'joe' });
      await connect(router, plain('joe', 'Sesame'));
      await untilDecided(2);
      expect(events).toMatchObject([
        { type: 'allowed', mechanism: 'PLAIN', userId: 'joe', address: '127.0.0.1' },
        { type: 'denied', mechanism: 'PLAIN', userId: 'joe', status: 400 },
      ]);
      expect(router.peers).toHaveLength(1);
    });

    it('CURVE: certificates in a folder, one of which comes later', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'interop-'));
      try {
        const [alice, bob] = [curveKeyPair(), curveKeyPair()];
        saveCertificate(join(folder, 'alice.key'), { ...alice, metadata: { name: 'Alice' } });
        authenticator.configureCurve('global', folder);
        const router = await serve({ curveServer: true, curveSecretKey: serverKeys.secretKey, zapDomain: 'global' });
        const first = await connect(router, curve(alice));
        expect(await isAdmitted(router, first)).toMatchObject({ 'User-Id': alice.publicKey, name: 'Alice' });
        const refused = await connect(router, curve(bob));
        await refused.events.until('handshake:error:auth');
        expect(router.peers).toHaveLength(1);
        saveCertificate(join(folder, 'bob.key'), bob);
        await authenticator.reload();
        const second = await connect(router, curve(bob));
        expect(await isAdmitted(router, second)).toMatchObject({ 'User-Id': bob.publicKey });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it('CURVE: a callback that takes its time', async () => {
      const alice = curveKeyPair();
      const asked: string[] = [];
      authenticator.configureCurve('*', async ({ publicKey, address }) => {
        asked.push(`${publicKey} ${address}`);
        await new Promise(setImmediate);
        return { userId: 'alice', properties: { role: 'admin' } };
      });
      const router = await serve({ curveServer: true, curveSecretKey: serverKeys.secretKey });
      const dealer = await connect(router, curve(alice));
      expect(await isAdmitted(router, dealer)).toMatchObject({ 'User-Id': 'alice', role: 'admin' });
      expect(asked).toEqual([`${alice.publicKey} 127.0.0.1`]);
    });

    it('NULL with a domain: by address', async () => {
      authenticator.deny('127.0.0.1');
      const router = await serve({ zapDomain: 'global' });
      const dealer = await connect(router, {});
      await dealer.events.until('handshake:error:auth');
      expect(router.peers).toEqual([]);
      authenticator.clearAddresses().allow('127.0.0.0/8');
      const again = await connect(router, {});
      expect(await isAdmitted(router, again)).toMatchObject({ 'User-Id': '', 'Peer-Address': '127.0.0.1' });
      // Without a domain nobody is asked about.
      const open = await serve({});
      await isAdmitted(open, await connect(open, {}));
      expect(events).toHaveLength(2);
    });
  });
}
