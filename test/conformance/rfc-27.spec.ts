import { Context, Dealer, decodeZ85, Reply, Router } from '@nest-zmq/core';
import { property } from '../support/raw-bytes.js';
import { text } from '../support/sockets.js';
import { clientKeys, mechanismNames, type MechanismName, ZAP, zapReply, ZapScene } from '../support/zap.js';

/*
 * The clauses of 27/ZAP (https://rfc.zeromq.org/spec/27/), with this package on the side of
 * the server, and as the handler where a clause is about one.
 */

let scene: ZapScene;
afterEach(() => scene.close());

const credentials: Record<MechanismName, readonly Buffer[]> = {
  NULL: [],
  PLAIN: [Buffer.from('admin'), Buffer.from('secret')],
  CURVE: [decodeZ85(clientKeys.publicKey)],
};

describe('the architecture', () => {
  it('27-ARCH-1 27-ARCH-2 27-ARCH-3 27-ARCH-4 27-SOCKET-1 27-SOCKET-2: a REP that is bound is asked, and sees no delimiter', async () => {
    scene = await ZapScene.set('NULL');
    const handler = await scene.rep();
    const client = scene.client();
    expect(text(await handler.receive())).toEqual(['1.0', '1', 'global', '127.0.0.1', '', 'NULL']);
    expect(handler.peers.map(({ socketType }) => socketType)).toEqual(['DEALER']);
    await handler.send(zapReply('200'));
    await scene.admitted(client);
  });

  it('27-ARCH-2 27-SOCKET-3 27-SOCKET-4: a ROUTER that is bound is asked, and gives back the way', async () => {
    scene = await ZapScene.set('NULL');
    const handler = await scene.router();
    const client = scene.client();
    const [id, ...request] = await handler.receive();
    expect(text(request)).toEqual(['', '1.0', '1', 'global', '127.0.0.1', '', 'NULL']);
    await handler.send([id!, '', ...zapReply('200')]);
    await scene.admitted(client);
  });

  it('27-ARCH-5: there is one handler, of each context', async () => {
    scene = await ZapScene.set('NULL');
    await scene.rep();
    const second = scene.keep(new Router({ context: scene.context }));
    await expect(second.bind(ZAP)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const elsewhere = scene.keep(new Router({ context: new Context() }));
    await elsewhere.bind(ZAP);
  });

  it('27-ARCH-6: there are any number of servers, each asks about its own peers', async () => {
    scene = await ZapScene.set('NULL');
    const asked = await scene.answering(...zapReply('200'));
    const others = ['a', 'b', 'c'].map((zapDomain) =>
      scene.keep(new Router({ context: scene.context, linger: 0, zapDomain })),
    );
    for (const server of others) {
      await server.bind('tcp://127.0.0.1:*');
      const client = scene.keep(new Dealer({ context: scene.context, linger: 0 }));
      client.connect(server.lastEndpoint!);
      await client.send('hello');
      await server.receive();
    }
    await scene.admitted(scene.client());
    expect(asked.map((request) => String(request[2]))).toEqual(['a', 'b', 'c', 'global']);
  });

  it('27-ARCH-7: who connects before the handler starts is not asked about, and refused where the domain is enforced', async () => {
    scene = await ZapScene.set('NULL');
    await scene.admitted(scene.client());
    const enforcing = await ZapScene.set('NULL', { context: scene.context, zapEnforceDomain: true });
    scene.keep(enforcing);
    const early = enforcing.client({ reconnectInterval: 1 });
    await enforcing.events.until('accept', 2);
    expect(enforcing.server.peers).toEqual([]);
    const asked = await scene.answering(...zapReply('200'));
    await enforcing.admitted(early);
    expect(asked.length).toBeGreaterThan(0);
  });
});

describe('a request', () => {
  it.each(mechanismNames)(
    '27-REQUEST-1 27-REQUEST-2 27-REQUEST-3 27-REQUEST-4 27-REQUEST-5 27-REQUEST-8 27-REQUEST-9 27-FIELD-4 27-NULL-1 27-NULL-2 27-PLAIN-1 27-PLAIN-2 27-CURVE-1 27-CURVE-2: is one message of these frames (%s)',
    async (mechanism) => {
      scene = await ZapScene.set(mechanism);
      const handler = await scene.router();
      const client = scene.client();
      const [id, delimiter, version, requestId, domain, , , name, ...shown] = await handler.receive();
      expect([delimiter, version, requestId, domain, name].map(String)).toEqual(['', '1.0', '1', 'global', mechanism]);
      expect(shown).toEqual(credentials[mechanism]);
      await handler.send([id!, '', ...zapReply('200')]);
      await scene.admitted(client);
      // No second request of this handshake, and none for what is sent then.
      const fence = scene.client();
      await handler.receive();
      expect(handler.tryReceive()).toBeUndefined();
      fence.close();
    },
  );

  it.each([
    ['tcp://127.0.0.1:*', '127.0.0.1'],
    ['tcp://[::1]:*', '::1'],
    ['tcp://*:*', '127.0.0.1'],
    ['ipc://*', ''],
  ])('27-REQUEST-6 27-FIELD-2: tells the address of the peer, at %s', async (address, expected) => {
    const ipv6 = address !== 'tcp://127.0.0.1:*';
    scene = await ZapScene.set('NULL', { ipv6 }, address);
    const handler = await scene.rep();
    const client = scene.keep(new Dealer({ context: scene.context, linger: 0, ipv6 }));
    client.connect(scene.server.lastEndpoint!.replace('0.0.0.0', '127.0.0.1').replace('[::]', '127.0.0.1'));
    const request = await handler.receive();
    expect(String(request[3])).toBe(expected);
  });

  it('27-REQUEST-7 27-FIELD-3: has the routing id of the server, as libzmq does, not that of the peer', async () => {
    scene = await ZapScene.set('NULL', { routingId: 'IDENT' });
    const handler = await scene.rep();
    scene.client({ routingId: 'client' });
    expect(String((await handler.receive())[4])).toBe('IDENT');
  });

  it('27-REQUEST-7: without a routing id has an empty frame there', async () => {
    scene = await ZapScene.set('PLAIN');
    const handler = await scene.rep();
    scene.client();
    expect(await handler.receive()).toMatchObject({ 4: Buffer.alloc(0), length: 8 });
  });
});

describe('a reply', () => {
  it.each(mechanismNames)(
    '27-REPLY-1 27-REPLY-2 27-REPLY-3 27-REPLY-4 27-REPLY-5 27-REPLY-6 27-REPLY-7 27-FIELD-8: of 200 admits, and its user and metadata are on every message (%s)',
    async (mechanism) => {
      scene = await ZapScene.set(mechanism);
      const metadata = Buffer.concat([property('Hello', 'World'), property('City', 'Zürich')]);
      await scene.answering(...zapReply('200', { text: 'OK', userId: 'joe', metadata }));
      const peer = await scene.admitted(scene.client());
      expect(peer.properties).toMatchObject({
        'User-Id': 'joe',
        Hello: 'World',
        City: 'Zürich',
        'Peer-Address': '127.0.0.1',
      });
    },
  );

  it('27-FIELD-6: needs no text, and no user id', async () => {
    scene = await ZapScene.set('NULL');
    await scene.answering(...zapReply('200'));
    expect((await scene.admitted(scene.client())).properties).toMatchObject({ 'User-Id': '' });
  });

  it.each(mechanismNames.flatMap((mechanism) => [[mechanism, 400] as const, [mechanism, 500] as const]))(
    '27-FIELD-5: of %s %i refuses, and tells the peer',
    async (mechanism, status) => {
      scene = await ZapScene.set(mechanism);
      await scene.answering(...zapReply(String(status)));
      const client = scene.client();
      const theirs = await eventsOf(client, 'handshake:error:auth');
      await scene.events.until('handshake:error:auth');
      expect(scene.events.fresh).toContainEqual(expect.objectContaining({ type: 'handshake:error:auth', status }));
      expect(theirs).toContainEqual(expect.objectContaining({ type: 'handshake:error:auth', status }));
      expect(scene.server.peers).toEqual([]);
    },
  );

  it.each(mechanismNames)(
    '27-FIELD-5: of 300 sends away without a word, and the peer comes again (%s)',
    async (mechanism) => {
      scene = await ZapScene.set(mechanism);
      const handler = await scene.rep();
      const client = scene.client({ reconnectInterval: 1 });
      await handler.receive();
      await handler.send(zapReply('300'));
      await scene.events.until('handshake:error:auth');
      expect(scene.events.fresh).toContainEqual(expect.objectContaining({ type: 'handshake:error:auth', status: 300 }));
      await handler.receive();
      await handler.send(zapReply('200'));
      await scene.admitted(client);
    },
  );

  it.each([
    ['27-FIELD-1: with another request id', ['1.0', '2', '200', '', '', ''], 'ERR_ZAP_BAD_REQUEST_ID'],
    ['27-REPLY-2: of another version', ['1.1', '1', '200', '', '', ''], 'ERR_ZAP_BAD_VERSION'],
    ['27-FIELD-5: with another status', ['1.0', '1', '201', '', '', ''], 'ERR_ZAP_INVALID_STATUS_CODE'],
    ['27-FIELD-8: with broken metadata', ['1.0', '1', '200', '', '', '\x05x'], 'ERR_ZAP_INVALID_METADATA'],
    ['27-REPLY-7: without metadata', ['1.0', '1', '200', '', ''], 'ERR_ZAP_MALFORMED_REPLY'],
    ['27-REPLY-1: with more', ['1.0', '1', '200', '', '', '', ''], 'ERR_ZAP_MALFORMED_REPLY'],
  ])('%s admits nobody', async (_, reply, code) => {
    scene = await ZapScene.set('NULL');
    await scene.answering(...reply);
    scene.client();
    await scene.events.until('handshake:error:protocol');
    expect(scene.events.fresh).toContainEqual(
      expect.objectContaining({ type: 'handshake:error:protocol', error: expect.objectContaining({ code }) }),
    );
    expect(scene.server.peers).toEqual([]);
  });

  it('27-FIELD-7: of a refusal has no user that anybody would see', async () => {
    scene = await ZapScene.set('NULL');
    const handler = await scene.rep();
    const client = scene.client({ reconnectInterval: 1 });
    await handler.receive();
    await handler.send(zapReply('300', { userId: 'root', metadata: property('Role', 'admin') }));
    await handler.receive();
    await handler.send(zapReply('200'));
    const { properties } = await scene.admitted(client);
    expect(properties).toMatchObject({ 'User-Id': '' });
    expect(properties).not.toHaveProperty('Role');
  });
});

describe('a proxy handler', () => {
  it('27-PROXY-1 27-PROXY-2 27-PROXY-3 27-PROXY-4 27-PROXY-5: gives requests on as they are, over any number of hops', async () => {
    scene = await ZapScene.set('PLAIN');
    const { context } = scene;
    // server → ROUTER ⇒ DEALER → tcp → ROUTER ⇒ DEALER → tcp → REP
    const near = await scene.router();
    const terminal = scene.keep(new Reply({ context, linger: 0 }));
    await terminal.bind('tcp://127.0.0.1:*');
    const middle = scene.keep(new Router({ context, linger: 0 }));
    await middle.bind('tcp://127.0.0.1:*');
    for (const [front, target] of [
      [near, middle],
      [middle, terminal],
    ] as const) {
      // prettier-ignore
      const back = scene.keep(new Dealer({ context, linger: 0 }));
      back.connect(target.lastEndpoint!);
      front.onMessage((message) => void back.trySend(message));
      back.onMessage((message) => void front.trySend(message));
      await back.untilWritable();
    }
    const clients = [scene.client(), scene.client({ plainUsername: 'eve' })];
    const seen: string[] = [];
    for (const _ of clients) {
      const request = await terminal.receive();
      const [, , , , , , username] = request.map(String);
      seen.push(username!);
      await terminal.send(
        zapReply(username === 'admin' ? '200' : '400', { userId: username === 'admin' ? 'boss' : '' }),
      );
    }
    expect(seen.sort()).toEqual(['admin', 'eve']);
    await clients[0]!.send('hello');
    const message = await scene.server.receive();
    expect(scene.server.peerOf(message)?.properties['User-Id']).toBe('boss');
    await scene.events.until('handshake:error:auth');
    expect(scene.server.peers).toHaveLength(1);
  });
});

/** The events of a client up to the first of a type. */
async function eventsOf(client: Dealer, last: string): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of client.events) {
    events.push(event);
    if (event.type === last) break;
  }
  return events;
}
