import {
  Authenticator,
  Context,
  type ContextAuthenticator,
  createContext,
  curveKeyPair,
  Dealer,
  Reply,
  Request,
  Router,
  type Verdict,
} from '@nest-zmq/core';
import { inOrder, run } from '../support/program.js';
import { EventLog } from '../support/stage.js';

const serverKeys = curveKeyPair();
const clientKeys = curveKeyPair();

describe('an Authenticator', () => {
  let context: Context;
  let authenticator: Authenticator;
  const open: { close(): void }[] = [];
  beforeEach(() => {
    context = new Context();
    authenticator = new Authenticator({ context });
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    authenticator.close();
    await context.terminate();
  });
  const keep = <Kept extends { close(): void }>(socket: Kept): Kept => {
    open.push(socket);
    return socket;
  };

  it('in the README’s words: passwords, and who it is on every message', async () => {
    authenticator.configurePlain('*', { joe: 'sesame' });
    const server = keep(new Reply({ context, linger: 0, plainServer: true }));
    await server.bind('tcp://127.0.0.1:*');
    const client = keep(new Request({ context, linger: 0, plainUsername: 'joe', plainPassword: 'sesame' }));
    client.connect(server.lastEndpoint!);
    await client.send('hello');
    const message = await server.receive();
    expect(server.peerOf(message)?.properties['User-Id']).toBe('joe');
    expect(server.peers[0]?.properties['User-Id']).toBe('joe');
  });

  it('guards the side that is the server, also when that one connects', async () => {
    authenticator.configureCurve('*', [clientKeys.publicKey]);
    const client = keep(
      new Router({
        context,
        linger: 0,
        curveServerKey: serverKeys.publicKey,
        curvePublicKey: clientKeys.publicKey,
        curveSecretKey: clientKeys.secretKey,
      }),
    );
    await client.bind('tcp://127.0.0.1:*');
    const server = keep(new Dealer({ context, linger: 0, curveServer: true, curveSecretKey: serverKeys.secretKey }));
    server.connect(client.lastEndpoint!);
    await server.send('hello');
    const message = await client.receive();
    expect(client.peerOf(message)?.properties['User-Id']).toBeUndefined();
    expect(server.peers[0]?.properties['User-Id']).toBe(clientKeys.publicKey);
  });

  it('judges who comes back by what the rules are then', async () => {
    const passwords: Record<string, string> = { joe: 'sesame' };
    authenticator.configurePlain('*', passwords);
    const server = keep(new Router({ context, linger: 0, plainServer: true }));
    const events = new EventLog(server);
    await server.bind('tcp://127.0.0.1:*');
    const client = keep(
      new Dealer({ context, linger: 0, plainUsername: 'joe', plainPassword: 'sesame', reconnectInterval: 1 }),
    );
    client.connect(server.lastEndpoint!);
    await client.send('hello');
    await server.receive();
    delete passwords['joe'];
    // Who is connected stays …
    await client.send('again');
    await server.receive();
    // … until he is sent away.
    server.disconnectPeer(server.peers[0]!);
    await events.until('handshake:error:auth');
    expect(server.peers).toEqual([]);
  });
});

describe('an authenticator of your own, in place of ZAP', () => {
  it('is asked in its place, and may answer later', async () => {
    const asked: string[] = [];
    const own: ContextAuthenticator = {
      present: true,
      ask({ mechanism, address, credentials }, give) {
        asked.push(`${mechanism} ${address} ${credentials.map(String).join(' ')}`);
        const verdict: Verdict = { status: 200, userId: 'root', properties: new Map([['Role', Buffer.from('admin')]]) };
        setImmediate(() => give(verdict));
        return () => {};
      },
    };
    const context = createContext({ authenticator: own });
    // Nobody asks it.
    const handler = new Authenticator({ context });
    const server = new Router({ context, linger: 0, plainServer: true });
    await server.bind('tcp://127.0.0.1:*');
    const client = new Dealer({ context, linger: 0, plainUsername: 'joe', plainPassword: 'sesame' });
    client.connect(server.lastEndpoint!);
    await client.send('hello');
    const message = await server.receive();
    expect(server.peerOf(message)?.properties).toMatchObject({ 'User-Id': 'root', Role: 'admin' });
    expect(asked).toEqual(['PLAIN 127.0.0.1 joe sesame']);
    handler.close();
    for (const socket of [server, client]) socket.close();
    await context.terminate();
  });
});

describe('an Authenticator and its process', () => {
  it('does not keep it alive, and ends with it in order', async () => {
    const program = `
      const { Authenticator } = await import('@nest-zmq/core');
      const authenticator = new Authenticator();
      authenticator.configurePlain('*', () => new Promise(() => {})).configureCurve('*', { folder: '.', watch: true });`;
    expect(await run(program)).toEqual(inOrder);
  });

  it('goes on when a listener throws, which is uncaught', async () => {
    const program = `
      const { Authenticator } = await import('@nest-zmq/core');
      process.on('uncaughtException', ({ message }) => process.stdout.write('caught ' + message + '; '));
      const authenticator = new Authenticator();
      authenticator.on('allowed', () => { throw new Error('from a listener'); });
      const router = new Router({ linger: 0, zapDomain: 'here' });
      await router.bind('tcp://127.0.0.1:*');
      for (const text of ['one', 'two']) {
        const dealer = new Dealer({ linger: 0 });
        dealer.connect(router.lastEndpoint);
        await dealer.send(text);
        process.stdout.write((await router.receive())[1] + '; ');
        dealer.close();
      }
      router.close();`;
    const stdout = 'caught from a listener; one; caught from a listener; two; ';
    expect(await run(program)).toEqual({ ...inOrder, stdout });
  });
});
