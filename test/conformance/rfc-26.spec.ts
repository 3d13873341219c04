import { Dealer, Router } from '@nest-zmq/core';
import { type KeyPair, keyPair } from '../support/key-pair.js';
import { bodyOf, loadSodium, RawCurveClient, RawCurveServer, short } from '../support/raw-curve.js';
import { bytes, command, frame, GREETING_SIZE, property } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';
import { handleZap } from '../support/zap-handler.js';

/*
 * The clauses of 26/CURVEZMQ (https://rfc.zeromq.org/spec/26/), at sockets, with a peer by
 * hand; 25/ZMTP-CURVE says only where its commands are in ZMTP. Every bit and length of
 * each command is in `curve-handshake.spec.ts` and `curve-messages.spec.ts`.
 */

const open = closedAfterEach();
let server: KeyPair;
let client: KeyPair;
beforeAll(async () => {
  await loadSodium();
  [server, client] = [keyPair(), keyPair()];
});

/** With one bit that is another. */
function changedAt(place: number, bytesOfIt: Buffer): Buffer {
  bytesOfIt.writeUInt8(bytesOfIt.readUInt8(place) ^ 1, place);
  return bytesOfIt;
}

/** A ROUTER that is a CURVE server, with a log, and a raw client at it. */
async function guarded(options: object = {}) {
  const router = open(new Router({ linger: 0, curveServer: true, curveSecretKey: server.secretKey, ...options }));
  const events = new EventLog(router);
  await router.bind('tcp://127.0.0.1:*');
  const raw = async (pair = client): Promise<RawCurveClient> =>
    new RawCurveClient(await RawPeer.connect(router.lastEndpoint!), server.publicKey, pair);
  return { router, events, raw, next: await raw() };
}

/** A DEALER that is a CURVE client, with a log, and a raw server at it. */
async function guest() {
  const listener = await RawListener.listen();
  const dealer = open(
    new Dealer({
      linger: 0,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
      curveServerKey: server.publicKey,
    }),
  );
  const events = new EventLog(dealer);
  dealer.connect(listener.endpoint);
  const next = new RawCurveServer(await listener.accept(), server);
  return { dealer, events, next, listener };
}

/** The server refuses what it was sent; nothing reaches the application. */
async function refused(
  { peer }: RawCurveClient,
  events: EventLog,
  code: string,
): Promise<void> {
  const rest = await peer.readToEnd();
  expect(rest.includes('READY')).toBe(false);
  await events.until('handshake:error:protocol');
  expect(events.reasons).toMatchObject([{ code: `ERR_ZMTP_${code}` }]);
  expect(events.types).not.toContain('handshake');
} // prettier-ignore

async function shaken(pair = client) {
  const { router, events, raw } = await guarded();
  const one = await raw(pair);
  await one.shakeHands();
  return { router, events, one };
}

describe('HELLO', () => {
  it('26-HELLO-1 26-HELLO-2 26-HELLO-3 26-HELLO-4 26-HELLO-7 26-HELLO-8 26-FLOW-4 25-CURVE-1 25-CURVE-2: the first of our client, for the server whose key it knows', async () => {
    const { next, listener } = await guest();
    const greeting = await next.greet();
    expect([greeting.toString('latin1', 12, 18), greeting[32]]).toEqual(['CURVE\0', 0]);
    const hello = await next.peer.readFrame();
    expect(hello.subarray(0, 4)).toEqual(bytes('04 C8 05 "H"'));
    const body = bodyOf(hello);
    expect(body).toHaveLength(200);
    expect(body.subarray(6, 80)).toEqual(Buffer.concat([bytes('0100'), Buffer.alloc(72)]));
    expect(next.hello(body)).toEqual(Buffer.alloc(64));
    listener.close();
  }); // prettier-ignore

  it('26-HELLO-5 26-HELLO-6: has a key of its own for each connection', async () => {
    const keys = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const { next, listener, dealer } = await guest();
      await next.greet();
      keys.add(bodyOf(await next.peer.readFrame()).toString('hex', 80, 112));
      listener.close();
      dealer.close();
    }
    expect(keys.size).toBe(3);
    expect(keys.has(client.publicKey.toString('hex'))).toBe(false);
  });

  it.each([
    ['cut', (body: Buffer) => body.subarray(0, 199), 'MALFORMED_COMMAND_HELLO'],
    ['too long', (body: Buffer) => Buffer.concat([body, Buffer.of(0)]), 'MALFORMED_COMMAND_HELLO'],
    ['of version 2', (body: Buffer) => body.fill(2, 6, 7), 'MALFORMED_COMMAND_HELLO'],
    ['with other padding', (body: Buffer) => body.fill(1, 40, 41), 'MALFORMED_COMMAND_HELLO'],
    ['with a key of zeros', (body: Buffer) => body.fill(0, 80, 112), 'CRYPTOGRAPHIC'],
    ['with a changed box', (body: Buffer) => changedAt(150, body), 'CRYPTOGRAPHIC'],
  ] as const)('26-HELLO-9: a HELLO %s is refused', async (_, change, code) => {
    const { next, events } = await guarded();
    await next.greet();
    next.peer.write(frame(4, change(Buffer.from(bodyOf(next.hello())))));
    await refused(next, events, code);
  });

  it('for another server is refused', async () => {
    const { router, events } = await guarded();
    const lost = new RawCurveClient(await RawPeer.connect(router.lastEndpoint!), keyPair().publicKey, client);
    await lost.greet();
    lost.peer.write(lost.hello());
    await refused(lost, events, 'CRYPTOGRAPHIC');
  });

  it('26-HELLO-14: a nonce that does not go up is refused', async () => {
    const { next, events } = await guarded();
    await next.greet();
    next.nonce = 6n;
    next.peer.write(next.hello());
    next.welcome(bodyOf(await next.peer.readFrame()));
    next.nonce = 6n;
    next.peer.write(next.initiate());
    await refused(next, events, 'INVALID_SEQUENCE');
  });
});

describe('WELCOME', () => {
  it('26-WELCOME-1 26-WELCOME-2 26-WELCOME-3 26-HELLO-10: answers HELLO, and opens for its sender', async () => {
    const { next } = await guarded();
    const greeting = await next.greet();
    expect(greeting[32]).toBe(1);
    next.peer.write(next.hello());
    const welcome = await next.peer.readFrame();
    expect(welcome.subarray(0, 10)).toEqual(bytes('04 A8 07 "WELCOME"'));
    next.welcome(bodyOf(welcome));
    expect([next.serverShortTerm.length, next.cookie.length]).toEqual([32, 96]);
    next.peer.destroy();
  });

  it('26-HELLO-11 26-WELCOME-5 26-WELCOME-6: what the server has to remember is in the cookie, which opens once', async () => {
    const { events, raw, router } = await guarded();
    const [one, other] = [await raw(), await raw()];
    for (const each of [one, other]) {
      await each.greet();
      each.peer.write(each.hello());
      each.welcome(bodyOf(await each.peer.readFrame()));
    }
    // The cookie of another connection is nothing.
    one.cookie = other.cookie;
    one.peer.write(one.initiate());
    await refused(one, events, 'CRYPTOGRAPHIC');
    other.peer.write(other.initiate());
    expect(other.ready(bodyOf(await other.peer.readFrame())).toString('latin1')).toContain('ROUTER');
    other.peer.write(other.message('Hello'));
    expect(String((await router.receive())[1])).toBe('Hello');
    other.peer.destroy();
  }); // prettier-ignore

  it('26-WELCOME-8 26-FLOW-3: our client refuses one that is changed, without a word', async () => {
    const { next, events, listener } = await guest();
    await next.greet();
    next.hello(bodyOf(await next.peer.readFrame()));
    const welcome = next.welcome();
    next.peer.write(changedAt(100, welcome));
    expect(await next.peer.readToEnd()).toHaveLength(0);
    await events.until('disconnect');
    expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_CRYPTOGRAPHIC' }]);
    listener.close();
  });
});

describe('INITIATE', () => {
  it('26-INITIATE-1 26-INITIATE-2 26-INITIATE-3 26-INITIATE-4 26-INITIATE-5 26-INITIATE-9: ours, with a vouch for this connection and this server', async () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const { next, listener } = await guest();
      await next.greet();
      next.hello(bodyOf(await next.peer.readFrame()));
      next.peer.write(next.welcome());
      const body = bodyOf(await next.peer.readFrame());
      expect(body.length).toBeGreaterThanOrEqual(257);
      expect(body.subarray(9, 105)).toEqual(next.cookie);
      expect(body.readBigUInt64BE(105)).toBe(2n);
      const { vouched, metadata } = next.initiate(body);
      expect(vouched).toEqual(Buffer.concat([next.clientShortTerm, server.publicKey]));
      expect(next.clientKey).toEqual(client.publicKey);
      expect(metadata).toEqual(Buffer.concat([property('Socket-Type', 'DEALER'), property('Identity', '')]));
      nonces.add(body.toString('hex', 113, 145));
      listener.close();
    }
    expect(nonces.size).toBe(2);
  }); // prettier-ignore

  const faults: readonly (readonly [string, string, (one: RawCurveClient) => Buffer])[] = [
    ['a vouch for another key', 'KEY_EXCHANGE', (one) => one.initiate({ vouchFor: Buffer.alloc(32, 1) })],
    ['a vouch for another server', 'KEY_EXCHANGE', (one) => one.initiate({ vouchServer: Buffer.alloc(32, 1) })],
    ['a cookie that is not ours', 'CRYPTOGRAPHIC', (one) => one.initiate().fill(1, 50, 60)],
    ['a changed box', 'CRYPTOGRAPHIC', (one) => changedAt(200, one.initiate())],
  ];

  it.each(faults)('26-INITIATE-10: with %s it is refused', async (_, code, make) => {
    const { next, events } = await guarded();
    await next.greet();
    next.peer.write(next.hello());
    next.welcome(bodyOf(await next.peer.readFrame()));
    next.peer.write(make(next));
    await refused(next, events, code);
  });

  it.each([
    ['an empty name', bytes('00 00000000')],
    ['a cut value', property('Socket-Type', 'DEALER').subarray(0, -1)],
    ['a value of 4 GiB', bytes('01 "a" FFFFFFFF')],
  ])('26-INITIATE-6 26-INITIATE-8: with %s too', async (_, metadata) => {
    const { next, events } = await guarded();
    await next.greet();
    next.peer.write(next.hello());
    next.welcome(bodyOf(await next.peer.readFrame()));
    next.peer.write(next.initiate({ metadata }));
    await next.peer.readToEnd();
    await events.until('disconnect');
    expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_INVALID_METADATA' }]);
  });

  it('26-INITIATE-7: the case of names does not matter', async () => {
    const { next, router } = await guarded();
    await next.greet();
    next.peer.write(next.hello());
    next.welcome(bodyOf(await next.peer.readFrame()));
    next.peer.write(next.initiate({ metadata: Buffer.concat([property('SOCKET-type', 'DEALER'), property('identity', 'raw')]) }));
    await next.peer.readFrame();
    next.peer.write(next.message('Hello'));
    expect((await router.receive()).map(String)).toEqual(['raw', 'Hello']);
    next.peer.destroy();
  }); // prettier-ignore
});

describe('READY', () => {
  it('26-READY-1 26-READY-2 26-READY-3 26-READY-6 26-INITIATE-12: answers INITIATE, with nonce 1', async () => {
    const { next } = await guarded();
    await next.greet();
    next.peer.write(next.hello());
    next.welcome(bodyOf(await next.peer.readFrame()));
    next.peer.write(next.initiate());
    const ready = await next.peer.readFrame();
    expect([ready[0], ready.toString('latin1', 2, 8)]).toEqual([4, '\x05READY']);
    expect(bodyOf(ready).length).toBeGreaterThanOrEqual(30);
    expect(bodyOf(ready).subarray(6, 14)).toEqual(short(1));
    expect(next.ready(bodyOf(ready))).toEqual(
      Buffer.concat([property('Socket-Type', 'ROUTER'), property('Identity', '')]),
    );
    next.peer.destroy();
  });

  it.each([
    ['changed', (next: RawCurveServer) => changedAt(40, next.ready()), 'CRYPTOGRAPHIC'],
    ['cut', () => command('READY', Buffer.alloc(23)), 'MALFORMED_COMMAND_READY'],
    ['with nothing in its box', (next: RawCurveServer) => next.ready(Buffer.alloc(0)), 'INVALID_METADATA'],
    ['without metadata', (next: RawCurveServer) => next.ready(bytes('01')), 'INVALID_METADATA'],
  ] as const)('26-READY-4: one that is %s is refused', async (_, make, code) => {
    const { next, events, listener } = await guest();
    await next.greet();
    next.hello(bodyOf(await next.peer.readFrame()));
    next.peer.write(next.welcome());
    next.initiate(bodyOf(await next.peer.readFrame()));
    next.peer.write(make(next));
    await next.peer.readToEnd();
    await events.until('disconnect');
    expect(events.reasons).toMatchObject([{ code: `ERR_ZMTP_${code}` }]);
    listener.close();
  });

  it('26-READY-5 26-READY-8: then messages come, and their nonces must go up', async () => {
    const { next, dealer, events, listener } = await guest();
    await next.shakeHands();
    next.peer.write(next.message('1'), next.message('2'), next.message('again', { nonce: next.nonce }));
    expect([String(await dealer.receive()), String(await dealer.receive())]).toEqual(['1', '2']);
    await events.until('disconnect');
    expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_INVALID_SEQUENCE' }]);
    listener.close();
  });
});

describe('MESSAGE', () => {
  it('26-MESSAGE-1 26-MESSAGE-2 26-HELLO-12 26-HELLO-13 26-READY-7: ours, in message frames as those of libzmq, each with the next nonce', async () => {
    const { next, dealer, listener } = await guest();
    await next.shakeHands();
    await dealer.send(['', 'b'.repeat(300)]);
    const [first, second] = [await next.peer.readFrame(), await next.peer.readFrame()];
    expect([first[0], second[0]]).toEqual([0, 2]);
    expect(first).toHaveLength(2 + 33);
    expect(next.open(bodyOf(first))).toEqual({ nonce: 3n, flags: 1, payload: Buffer.alloc(0) });
    expect(next.open(bodyOf(second))).toEqual({ nonce: 4n, flags: 0, payload: Buffer.alloc(300, 'b') });
    listener.close();
  }); // prettier-ignore

  it('of our server has a direction of its own', async () => {
    const { router, one } = await shaken();
    one.peer.write(one.message('Hello'));
    const [id] = await router.receive();
    await router.send([id!, 'World']);
    expect(one.open(bodyOf(await one.peer.readFrame()))).toEqual({ nonce: 2n, flags: 0, payload: Buffer.from('World') });
    one.peer.destroy();
  }); // prettier-ignore

  it('in a command frame, as the RFC has it, is taken as well', async () => {
    const { router, one } = await shaken();
    one.peer.write(one.message('a', { flags: 1 }), one.message('b', { outer: 4 }));
    expect((await router.receive()).slice(1).map(String)).toEqual(['a', 'b']);
    one.peer.destroy();
  });

  it.each([
    ['replayed', (one: RawCurveClient) => one.message('x', { nonce: 3n }), 'INVALID_SEQUENCE'],
    ['behind another that was left out', (one: RawCurveClient) => one.message('x', { nonce: 5n }), 'INVALID_SEQUENCE'],
    ['changed', (one: RawCurveClient) => changedAt(20, one.message('x')), 'CRYPTOGRAPHIC'],
    ['cut', (one: RawCurveClient) => frame(0, bodyOf(one.message('x')).subarray(0, 32)), 'MALFORMED_COMMAND_MESSAGE'],
    ['in clear', () => frame(0, Buffer.from('Hello')), 'UNEXPECTED_COMMAND'],
  ] as const)(
    '26-MESSAGE-4 26-MESSAGE-5: one that is %s ends the connection, without an ERROR',
    async (_, make, code) => {
      const { router, events, one } = await shaken();
      events.mark();
      one.peer.write(one.message('good'), make(one), one.message('never'));
      expect(String((await router.receive())[1])).toBe('good');
      expect(await one.peer.readToEnd()).toHaveLength(0);
      await events.until('disconnect');
      expect(events.reasons).toMatchObject([{ code: `ERR_ZMTP_${code}` }]);
      // A fence: what came behind it is not there.
      const dealer = open(
        new Dealer({ linger: 0, curveSecretKey: client.secretKey, curveServerKey: server.publicKey }),
      );
      dealer.connect(router.lastEndpoint!);
      await dealer.send('fence');
      expect(String((await router.receive())[1])).toBe('fence');
    },
  );
});

describe('ERROR', () => {
  it('26-FLOW-1 26-ERROR-1 26-ERROR-2: who is not let in is told so', async () => {
    const handler = await handleZap(({ credentials }) =>
      credentials[0]!.equals(client.publicKey) ? 'joe' : undefined,
    );
    const { events, raw } = await guarded();
    const one = await raw(keyPair());
    await one.greet();
    one.peer.write(one.hello());
    one.welcome(bodyOf(await one.peer.readFrame()));
    one.peer.write(one.initiate());
    expect(await one.peer.readToEnd()).toEqual(command('ERROR', bytes('03 "400"')));
    await events.until('handshake:error:auth');
    const known = await raw();
    await known.shakeHands();
    known.peer.destroy();
    handler.close();
  });

  it('26-FLOW-2: who was told so does not try again', async () => {
    const { next, events, listener } = await guest();
    await next.greet();
    await next.peer.readFrame();
    next.peer.write(command('ERROR', bytes('03 "400"')));
    await next.peer.ended;
    await events.until('disconnect');
    expect(events.types).toContain('handshake:error:auth');
    expect(events.types).not.toContain('connect:retry');
    expect(listener.waiting).toBe(0);
    listener.close();
  });
});

it('nothing of ZMTP 2.0 is a way around it', async () => {
  const { router, events } = await guarded({ legacy: true });
  const peer = await RawPeer.connect(router.lastEndpoint!);
  peer.write(bytes('FF 0000000000000001 7F 01 05 00 00'));
  expect((await peer.readToEnd()).length).toBeLessThanOrEqual(GREETING_SIZE);
  await events.until('disconnect');
  expect(events.types).not.toContain('handshake');
});
