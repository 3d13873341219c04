import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Pull, Push, Reply, Router, saveCertificate, type Socket } from '@nest-zmq/core';
import { decodeZ85 } from '../../libs/zmq-core/src/foundation/z85.js';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { keyPair, textKeys } from '../support/key-pair.js';
import { EventLog } from '../support/stage.js';
import { handleZap } from '../support/zap-handler.js';
import { draftExchanges } from './draft-exchanges.js';
import { type Exchange, exchanges } from './exchanges.js';
import { libraries, LibzmqPeer, type RemoteSocket, whileTicking } from './libzmq-peer.js';
import { LibzmqSide, OwnSide, type Side, type SideOptions, type SideSecurity } from './sides.js';

const server = textKeys();
const client = textKeys();
const stranger = textKeys();

const curveServer: SideSecurity = { curveServer: true, curveSecretKey: server.secretKey };
const curveClient: SideSecurity = {
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
  curveServerKey: server.publicKey,
};
const plainServer: SideSecurity = { plainServer: true };
const plainClient: SideSecurity = { plainUsername: 'joe', plainPassword: 'secret' };
/** Only one that speaks as one is refused by name. */
const intruder: SideSecurity = {
  ...curveClient,
  curvePublicKey: stranger.publicKey,
  curveSecretKey: stranger.secretKey,
};

/** By the numbers of libzmq. */
const CURVE_SERVER = { 47: 1, 49: server.secretKey };
const CURVE_CLIENT = { 48: client.publicKey, 49: client.secretKey, 50: server.publicKey };

let handler: Reply;
beforeAll(async () => {
  handler = await handleZap(({ mechanism, domain, credentials }) => {
    const [first, second] = credentials.map(String);
    if (mechanism === 'NULL') return domain === 'games' ? 'anybody' : undefined;
    if (mechanism === 'PLAIN') return first === 'joe' && second === 'secret' ? 'joe of PLAIN' : undefined;
    return credentials[0]?.equals(publicKeyOfClient) === true ? 'joe of CURVE' : undefined;
  });
});
afterAll(() => handler.close());

const publicKeyOfClient = decodeZ85(client.publicKey);

/** Each pair in both directions of messages: ours is the first, then the second. */
const sides = exchanges.flatMap((exchange) => {
  const [first, second] = exchange.types;
  const both = [{ exchange, own: 0 as const }, { exchange, own: 1 as const }];
  return first === second && exchange.options === undefined ? both.slice(0, 1) : both;
}); // prettier-ignore

/**
 * Servers of libzmq that hang up on whom their handler has given a user id, be it libzmq's
 * own: their sessions take the id, which comes before the first message, for a part of it.
 * So their handler gives none.
 */
const deafToNames: readonly string[] = ['REQ', 'DISH'];

/** The domain changes the handshake and nothing else: some pairs show it. */
const inNull = (exchange: Exchange): boolean => /^(PUSH|PUB|DEALER)/.test(exchange.types[0]);

/** Which pairs are tried. */
const mechanisms = [
  ['CURVE', curveServer, curveClient, () => true],
  ['PLAIN', plainServer, plainClient, () => true],
  ['NULL with a domain', { zapDomain: 'games' }, {}, inNull],
] as const;

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(library.name, () => {
    let peer: LibzmqPeer;
    /** Its handler gives nobody a user id. */
    let nameless: LibzmqPeer;
    const open: Side[] = [];
    const sockets: Socket[] = [];
    const remotes: RemoteSocket[] = [];

    afterEach(async () => {
      await Promise.all(open.splice(0).map((side) => side.close()));
      for (const socket of sockets.splice(0)) socket.close();
      await Promise.all(remotes.splice(0).map((remote) => remote.close()));
    });

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
      await peer.authenticate({ joe: 'secret' }, [client.publicKey]);
      nameless = await LibzmqPeer.start(library);
      await nameless.authenticateNameless({ joe: 'secret' }, [client.publicKey]);
    });

    afterAll(() => Promise.all([peer.kill(), nameless.kill()]));

    function own<S extends Socket>(socket: S): S {
      sockets.push(socket);
      return socket;
    }

    async function remote(type: keyof typeof socketTypes, options: Readonly<Record<number, number | string>>): Promise<RemoteSocket> {
      const socket = await peer.open(socketTypes[type].id, options);
      remotes.push(socket);
      await socket.monitor();
      return socket;
    } // prettier-ignore

    for (const [mechanism, serverOptions, clientOptions, includes] of mechanisms) {
      describe.each([
        ['server', serverOptions, clientOptions],
        ['client', clientOptions, serverOptions],
      ])(`${mechanism}, ours the %s`, (role, ourSecurity, theirSecurity) => {
        for (const { exchange, own: place } of sides.filter(({ exchange: each }) => includes(each))) {
          const [ours, theirs] = [exchange.types[place], exchange.types[1 - place]!];
          const skipped = library.withoutDrafts !== undefined && draftExchanges.includes(exchange);
          const isDeaf = deafToNames.includes(theirs) && role === 'client';
          (skipped ? it.skip : it).each([
            ['bound', true],
            ['connecting', false],
          ] as const)(`our ${ours}, %s, with its ${theirs}`, async (_how, weBind) => {
            const { options = [{}, {}] } = exchange;
            const ourOptions: SideOptions = { ...options[place], security: ourSecurity };
            const theirOptions: SideOptions = { ...options[1 - place], security: theirSecurity };
            const our = new OwnSide(ours, ourOptions);
            const process = isDeaf ? nameless : peer;
            const their = await LibzmqSide.open(process, socketTypes[theirs].id, theirOptions);
            open.push(our, their);
            const [binder, connecter]: [Side, Side] = weBind ? [our, their] : [their, our];
            await connecter.connect(await binder.bind('tcp://127.0.0.1:*'));
            const [first, second]: [Side, Side] = place === 0 ? [our, their] : [their, our];
            await exchange.run(first, second, () => process.ping());
          });
        }
      });
    }

    describe.each([
      ['CURVE', CURVE_SERVER, CURVE_CLIENT],
      ['PLAIN', { 44: 1 }, { 45: 'joe', 46: 'secret' }],
    ] as const)(
      "%s between two of libzmq's: a server hangs up on whom its handler has given a user id",
      (_, ours, theirs) => {
        it('a REQ', async () => {
          const req = await remote('REQ', ours);
          const rep = await remote('REP', theirs);
          await rep.connect(await req.bind('tcp://127.0.0.1:*'));
          let heard = false;
          await req.send(['Hello']);
          req.receive().then(
            () => (heard = true),
            () => {},
          );
          expect(await rep.receive()).toEqual(['Hello']);
          await rep.send(['World']);
          await whileTicking(req.events.until('disconnect'), () => peer.ping());
          expect(heard).toBe(false);
        });

        (library.withoutDrafts === undefined ? it : it.skip)('a DISH', async () => {
          const dish = await remote('DISH', ours);
          const radio = await remote('RADIO', theirs);
          await dish.subscribe('group');
          await radio.connect(await dish.bind('tcp://127.0.0.1:*'));
          let heard = false;
          dish.receive().then(
            () => (heard = true),
            () => {},
          );
          await whileTicking(dish.events.until('disconnect'), async () => {
            await radio.send(['group', 'Hello']);
            await peer.ping();
          });
          expect(heard).toBe(false);
        });
      },
    );

    describe('who it is', () => {
      it.each([
        ['CURVE', curveServer, CURVE_CLIENT, 'joe of CURVE'],
        ['PLAIN', plainServer, { 45: 'joe', 46: 'secret' }, 'joe of PLAIN'],
      ] as const)('%s: our handler says it, and messages know it', async (_, security, options, userId) => {
        const pull = own(new Pull({ linger: 0, ...security }));
        await pull.bind('tcp://127.0.0.1:*');
        const push = await remote('PUSH', options);
        await push.connect(pull.lastEndpoint!);
        await push.send(['Hello']);
        expect(pull.peerOf(await pull.receive())!.properties).toMatchObject({
          'User-Id': userId,
          'Socket-Type': 'PUSH',
        });
      });

      // The other binding shows no properties.
      if (library.name === 'python3-zmq')
        it('its handler says it, and libzmq knows it of our messages', async () => {
          const pull = await remote('PULL', CURVE_SERVER);
          const push = own(new Push({ linger: 0, ...curveClient, metadata: { 'X-Hello': 'World' } }));
          push.connect(await pull.bind('tcp://127.0.0.1:*'));
          await push.send('Hello');
          const { properties } = await pull.receiveWithProperties('User-Id', 'X-Hello', 'Socket-Type');
          expect(properties).toMatchObject({ 'X-Hello': 'World', 'Socket-Type': 'PUSH' });
          expect(properties['User-Id']).not.toBeNull();
        });
    });

    if (library.name === 'python3-zmq')
      it('its authenticator admits whose certificate we have put into its folder, and nobody else', async () => {
        const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
        saveCertificate(join(folder, 'alice.key'), { ...client, metadata: { name: 'Alice' } });
        const guarded = await LibzmqPeer.start(library);
        try {
          await guarded.authenticateByFolder(folder);
          const pull = await guarded.open(socketTypes.PULL.id, CURVE_SERVER);
          const endpoint = await pull.bind('tcp://127.0.0.1:*');
          const refused = own(new Push({ linger: 0, ...intruder }));
          const events = new EventLog(refused);
          refused.connect(endpoint);
          await events.until('handshake:error:auth');
          const push = own(new Push({ linger: 0, ...curveClient }));
          push.connect(endpoint);
          await push.send('from Alice');
          expect(await pull.receive()).toEqual(['from Alice']);
        } finally {
          await guarded.stop();
          rmSync(folder, { recursive: true });
        }
      });

    describe('who is refused', () => {
      it.each([
        ['CURVE, a key that is not known', curveServer, { 48: stranger.publicKey, 49: stranger.secretKey, 50: server.publicKey }, 'handshake:error:auth'],
        // libzmq misprints ERROR, and knows its own misprint only.
        ['PLAIN, a wrong password', plainServer, { 45: 'joe', 46: 'wrong' }, 'handshake:error:protocol'],
      ] as const)('by us: %s', async (_, security, options, theirs) => {
        const router = own(new Router({ linger: 0, ...security }));
        const events = new EventLog(router);
        await router.bind('tcp://127.0.0.1:*');
        const dealer = await remote('DEALER', options);
        await dealer.connect(router.lastEndpoint!);
        await events.until('handshake:error:auth');
        expect(events.all.find(({ type }) => type === 'handshake:error:auth')).toMatchObject({ status: 400, error: { name: 'AuthenticationError' } });
        await dealer.events.until(theirs);
        expect(dealer.events.types).not.toContain('handshake');
      }); // prettier-ignore

      it.each([
        ['CURVE, a key that is not known', CURVE_SERVER, intruder],
        ['PLAIN, a wrong password', { 44: 1 }, { plainUsername: 'joe', plainPassword: 'wrong' }],
      ] as const)('by libzmq: %s', async (_, options, security) => {
        const router = await remote('ROUTER', options);
        const dealer = own(new Dealer({ linger: 0, ...security }));
        const events = new EventLog(dealer);
        dealer.connect(await router.bind('tcp://127.0.0.1:*'));
        await events.until('disconnect');
        expect(events.all.find(({ type }) => type === 'handshake:error:auth')).toMatchObject({ status: 400 });
        // The same credentials would fare no better.
        expect(events.types).not.toContain('connect:retry');
        await router.events.until('handshake:error:auth');
        expect(router.events.all.find(({ type }) => type === 'handshake:error:auth')).toMatchObject({ value: 400 });
      });

      it('CURVE with the key of another server: neither side lets the other in', async () => {
        const wrong = { ...curveClient, curveServerKey: stranger.publicKey };
        const router = await remote('ROUTER', CURVE_SERVER);
        const dealer = own(new Dealer({ linger: 0, ...wrong }));
        const events = new EventLog(dealer);
        dealer.connect(await router.bind('tcp://127.0.0.1:*'));
        await router.events.until('handshake:error:protocol');
        await events.until('disconnect');

        const ours = own(new Router({ linger: 0, ...curveServer }));
        const ourEvents = new EventLog(ours);
        await ours.bind('tcp://127.0.0.1:*');
        const theirs = await remote('DEALER', { ...CURVE_CLIENT, 50: stranger.publicKey });
        await theirs.connect(ours.lastEndpoint!);
        await ourEvents.until('handshake:error:protocol');
        expect(ourEvents.all.find(({ type }) => type === 'handshake:error:protocol')).toMatchObject({
          error: { code: 'ERR_ZMTP_CRYPTOGRAPHIC' },
        });
      });

      it.each([
        ['CURVE with NULL', curveServer, {}],
        ['PLAIN with CURVE', plainServer, CURVE_CLIENT],
        ['NULL with CURVE', {}, CURVE_CLIENT],
      ] as const)('%s', async (_, security, options) => {
        const router = own(new Router({ linger: 0, ...security }));
        const events = new EventLog(router);
        await router.bind('tcp://127.0.0.1:*');
        const dealer = await remote('DEALER', options);
        await dealer.connect(router.lastEndpoint!);
        // It reads the whole of our greeting, and does not say more than ten bytes of its own.
        await dealer.events.until('handshake:error:protocol');
        await events.until('disconnect');
        expect(events.types).not.toContain('handshake');
      });
    });
  });
}

/** What is set, one after the other, and what npm zeromq says to it. */
const sequences: readonly (readonly (readonly [string, unknown])[])[] = [
  [],
  [['plainServer', true]],
  [['plainServer', true], ['plainUsername', 'joe']],
  [['plainUsername', 'joe'], ['plainServer', true]],
  [['plainUsername', 'joe'], ['plainServer', false]],
  [['plainPassword', 'secret']],
  [['plainUsername', 'joe'], ['plainUsername', null]],
  [['plainPassword', 'secret'], ['plainPassword', null]],
  [['curveServer', true]],
  [['curveServer', true], ['curveSecretKey', server.secretKey]],
  [['curveServer', true], ['curveServerKey', server.publicKey]],
  [['curvePublicKey', server.publicKey], ['curveServer', true]],
  [['curveServer', true], ['curveServer', false]],
  [['curveServer', true], ['plainServer', false]],
  [['plainServer', true], ['curveSecretKey', server.secretKey]],
  [['curveSecretKey', server.secretKey], ['plainUsername', 'joe']],
  [['zapDomain', 'games'], ['zapEnforceDomain', true]],
]; // prettier-ignore

const npm = libraries.find(({ name }) => name === 'npm zeromq')!;
(npm.missing === undefined ? it : it.skip)('the option that is set last decides, as in npm zeromq', () => {
  const names = ['securityMechanism', 'plainServer', 'curveServer', 'zapDomain'] as const;
  const code = `
    const zmq = require('zeromq');
    const out = ${JSON.stringify(sequences)}.map((settings) => {
      const socket = new zmq.Push();
      for (const [name, value] of settings) name in socket ? (socket[name] = value) : socket.setBoolOption(93, value);
      const seen = ${JSON.stringify(names)}.map((name) => socket[name]);
      socket.close();
      return seen;
    });
    console.log(JSON.stringify(out));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const ours = sequences.map((settings) => {
    const socket = new Push();
    for (const [name, value] of settings) Object.assign(socket, { [name]: value });
    const seen = names.map((name) => socket[name]);
    socket.close();
    return seen;
  });
  expect(ours).toEqual(JSON.parse(stdout));
});

it('keys as bytes will do as well', async () => {
  const pair = keyPair();
  const pull = new Pull({ linger: 0, curveServer: true, curveSecretKey: pair.secretKey, zapDomain: 'any' });
  const push = new Push({ linger: 0, ...curveClient, curveServerKey: pair.publicKey });
  await pull.bind('tcp://127.0.0.1:*');
  push.connect(pull.lastEndpoint!);
  await push.send('Hello');
  expect(String(await pull.receive())).toBe('Hello');
  pull.close();
  push.close();
});
