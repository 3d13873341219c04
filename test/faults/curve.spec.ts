import { type Context, curveKeyPair, Dealer, decodeZ85, Router } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import type { Bystander } from '../support/bystander.js';
import { client, curveClient, curveServer, server } from '../support/curve.js';
import { Guarded, loadCurve, Surroundings } from '../support/guarded.js';
import type { KeyPair } from '../support/key-pair.js';
import { greeting, GREETING_SIZE } from '../support/raw-bytes.js';
import { bodyOf, loadSodium, RawCurveClient, RawCurveServer } from '../support/raw-curve.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';
import { countedSince } from '../support/trial.js';

/*
 * Bad input and faults: security, by peers that do CURVE by hand and have keys. The titles quote the
 * list of faults. After every test the process holds what it held before, and a healthy pair beside
 * has noticed nothing.
 */

beforeAll(() => Promise.all([loadSodium(), loadCurve()]));

let clock: ManualClock;
let around: Surroundings;
let context: Context;
let bystander: Bystander;

beforeEach(async () => {
  clock = new ManualClock();
  around = await Surroundings.begin(clock);
  ({ context, bystander } = around);
});
afterEach(() => around.end());

const [serverPair, clientPair] = [server, client].map(({ publicKey, secretKey }) => ({
  publicKey: decodeZ85(publicKey),
  secretKey: decodeZ85(secretKey),
})) as [KeyPair, KeyPair];

const guard = (): Promise<Guarded> => new Guarded(around, curveServer, curveClient).open();

/** A client at the guarded ROUTER. */
async function intruder({ router }: Guarded): Promise<RawCurveClient> {
  const peer = await RawPeer.connect(router.lastEndpoint!);
  around.closers.push(() => peer.destroy());
  return new RawCurveClient(peer, serverPair.publicKey, clientPair);
}

/** Our client, and one who plays its server. */
async function visited(): Promise<{ dealer: Dealer; events: EventLog; host: RawCurveServer }> {
  const listener = await RawListener.listen();
  const dealer = new Dealer({ context, linger: 0, ...curveClient, reconnectInterval: -1 });
  const events = new EventLog(dealer);
  dealer.connect(listener.endpoint);
  const peer = await listener.accept();
  around.closers.push(() => {
    dealer.close();
    peer.destroy();
    listener.close();
  });
  return { dealer, events, host: new RawCurveServer(peer, serverPair) };
}

describe('Every bit of HELLO, WELCOME, INITIATE, READY and MESSAGE flipped in turn → never delivered, always closed', () => {
  const AT_ONCE = 64;

  /** Of the frame: a length that is another is waited for, and a reserved flag means nothing. */
  const headerBits = (frame: Buffer): number => (frame.length > 2 + 255 ? 9 : 2) * 8;

  /** The last bit of the key in a HELLO: no X25519 looks at it (RFC 7748). */
  const KEY_BIT = (2 + 6 + 2 + 72 + 31) * 8 + 7;

  function flip(frame: Buffer, bit: number): Buffer {
    frame.writeUInt8(frame.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return frame;
  }

  /** Says the frame with one bit changed. True when the other side has to end the connection for it. */
  function say(peer: RawPeer, frame: Buffer, bit: number): boolean {
    const isKeyBit = bit === KEY_BIT && frame.includes('HELLO');
    const isRefused = bit >= headerBits(frame) && !isKeyBit;
    peer.write(flip(frame, bit));
    if (!isRefused) peer.end();
    return isRefused;
  }

  /** Tries every bit, some at once. Gives how many there are, and how many of them are in the header. */
  async function everyBit(
    frame: Buffer,
    attempt: (bit: number) => Promise<void>,
    settled: (attempts: number) => Promise<void>,
  ): Promise<{ all: number; header: number }> {
    const all = frame.length * 8;
    for (let from = 0; from < all; from += AT_ONCE) {
      const bits = Array.from({ length: Math.min(AT_ONCE, all - from) }, (_, i) => from + i);
      await bystander.during(Promise.all(bits.map(attempt)));
      await settled(bits.length);
    }
    return { all, header: headerBits(frame) + (frame.includes('HELLO') ? 1 : 0) };
  }

  /** Of the counts: that each attempt has one, and that only a header was ever let pass. */
  function expectRefusals(counted: Readonly<Record<string, number>>, { all, header }: { all: number; header: number }) {
    const { lost = 0, handshakeLost = 0, ...refused } = counted;
    expect(
      Object.keys(refused).filter((name) => !/^(cryptography|handshakeCommand|protocol|maxMessageSize)$/.test(name)),
    ).toEqual([]);
    expect(lost + handshakeLost).toBeLessThanOrEqual(header);
    expect(Object.values(counted).reduce((sum, count) => sum + count, 0)).toBe(all);
  }

  describe('at our server', () => {
    const sayings: Record<string, (raw: RawCurveClient) => Promise<Buffer>> = {
      HELLO: async (raw) => {
        raw.peer.write(greeting(3, 1, 'CURVE'));
        await raw.peer.read(GREETING_SIZE);
        return raw.hello();
      },
      INITIATE: async (raw) => {
        raw.peer.write(await sayings['HELLO']!(raw));
        raw.welcome(bodyOf(await raw.peer.readFrame()));
        return raw.initiate();
      },
      MESSAGE: async (raw) => {
        raw.peer.write(await sayings['INITIATE']!(raw));
        raw.ready(bodyOf(await raw.peer.readFrame()));
        return raw.message('secret');
      },
    };

    it.each(Object.entries(sayings))(
      '%s',
      async (_, saying) => {
        const guarded = await guard();
        const whole = await saying(await intruder(guarded));
        guarded.forget();
        let [delivered, reasons] = [0, 0];
        const tried = await everyBit(
          whole,
          async (bit) => {
            const peer = await RawPeer.connect(guarded.router.lastEndpoint!);
            say(peer, await saying(new RawCurveClient(peer, serverPair.publicKey, clientPair)), bit);
            await peer.ended;
          },
          async (attempts) => {
            await guarded.events.until('disconnect', attempts);
            reasons += guarded.events.reasons.length;
            guarded.events.mark();
            for (let next = guarded.router.tryReceive(); next !== undefined; next = guarded.router.tryReceive()) {
              expect(next.slice(1).map(String)).toEqual(['secret']);
              delivered++;
            }
            await guarded.exchange();
          },
        );
        expect(reasons).toBe(tried.all);
        const counted = countedSince(guarded.counted);
        expectRefusals(counted, tried);
        expect(delivered).toBeLessThanOrEqual(counted.lost ?? 0);
      },
      60_000,
    );
  });

  it('the bit of HELLO that no key agreement looks at: what vouches for the key is refused', async () => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    await raw.greet();
    raw.peer.write(flip(raw.hello(), KEY_BIT));
    raw.welcome(bodyOf(await raw.peer.readFrame()));
    raw.peer.write(raw.initiate(), raw.message('secret'));
    await raw.peer.ended;
    await guarded.expectRefusal('cryptography');
  });

  describe('at our client', () => {
    const sayings: Record<string, (host: RawCurveServer) => Promise<Buffer>> = {
      WELCOME: async (host) => {
        await host.greet();
        host.hello(bodyOf(await host.peer.readFrame()));
        return host.welcome();
      },
      READY: async (host) => {
        host.peer.write(await sayings['WELCOME']!(host));
        host.initiate(bodyOf(await host.peer.readFrame()));
        return host.ready();
      },
      MESSAGE: async (host) => {
        host.peer.write(await sayings['READY']!(host));
        return host.message('secret');
      },
    };

    it.each(Object.entries(sayings))(
      '%s',
      async (_, saying) => {
        const guarded = await guard();
        const { host: first } = await visited();
        const whole = await saying(first);
        const listener = await RawListener.listen();
        around.closers.push(() => listener.close());
        let accepting: Promise<unknown> = Promise.resolve();
        guarded.forget();
        const tried = await everyBit(
          whole,
          async (bit) => {
            const dealer = new Dealer({ context, linger: 0, ...curveClient, reconnectInterval: -1 });
            const events = new EventLog(dealer);
            dealer.connect(listener.endpoint);
            // It may be another's: all are alike.
            const accepted = accepting.then(() => listener.accept());
            accepting = accepted;
            const peer = await accepted;
            const isBody = say(peer, await saying(new RawCurveServer(peer, serverPair)), bit);
            await Promise.all([peer.ended, events.until('disconnect')]);
            expect(events.reasons).toHaveLength(1);
            const delivered = dealer.tryReceive();
            if (delivered !== undefined) expect([isBody, String(delivered)]).toEqual([false, 'secret']);
            dealer.close();
          },
          () => guarded.exchange(),
        );
        expectRefusals(countedSince(guarded.counted), tried);
      },
      60_000,
    );
  });
});

describe('Nonces across 2^32 and 2^53 → still right; equal or lower → closed; at 2^64−1 → closed', () => {
  const LAST = 2n ** 64n - 1n;
  const edges = [2n ** 32n, 2n ** 53n, 2n ** 63n] as const;

  it.each(edges)('the handshake of a client that counts from near %d on, and its messages', async (edge) => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    // HELLO has the last before the edge, INITIATE the edge itself.
    raw.nonce = edge - 2n;
    await raw.shakeHands();
    expect(raw.nonce).toBe(edge);
    for (let i = 0; i < 3; i++) {
      raw.peer.write(raw.message(`${i}`));
      const [id, body] = await bystander.during(guarded.router.receive());
      expect(String(body)).toBe(`${i}`);
      await guarded.router.send([id!, `answer ${i}`]);
      expect(String(raw.open(bodyOf(await raw.peer.readFrame())).payload)).toBe(`answer ${i}`);
    }
    expect(guarded.events.reasons).toEqual([]);
  });

  it.each(edges)('messages across %d; then one again, a lower one, or one that is not the next', async (edge) => {
    const guarded = await guard();
    const next = edge + 2n;
    for (const wrong of [next - 1n, next - 2n, edge - 1n, next + 1n, next + 100n, next + 2n ** 32n]) {
      guarded.forget();
      const raw = await intruder(guarded);
      raw.nonce = edge - 4n;
      await raw.shakeHands();
      for (let nonce = edge - 1n; nonce < next; nonce++) {
        raw.peer.write(raw.message(`${nonce}`, { nonce }));
        expect(String((await guarded.router.receive())[1])).toBe(`${nonce}`);
      }
      raw.peer.write(raw.message('wrong', { nonce: wrong }), raw.message('next', { nonce: next }));
      await raw.peer.ended;
      await guarded.expectRefusal('cryptography');
    }
  });

  it.each(edges)('of a server at our client, across %d', async (edge) => {
    const { dealer, events, host } = await visited();
    host.nonce = edge - 2n;
    await host.shakeHands();
    for (let i = 0; i < 3; i++) {
      host.peer.write(host.message(`${i}`));
      expect(String(await bystander.during(dealer.receive()))).toBe(`${i}`);
    }
    host.peer.write(host.message('again', { nonce: host.nonce }));
    await host.peer.ended;
    await events.until('disconnect');
    expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_INVALID_SEQUENCE' }]);
    expect(dealer.tryReceive()).toBeUndefined();
  });

  it('at 2^64−1: a MESSAGE', async () => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    raw.nonce = LAST - 5n;
    await raw.shakeHands();
    for (const nonce of [LAST - 2n, LAST - 1n]) {
      raw.peer.write(raw.message('fine', { nonce }));
      expect(String((await guarded.router.receive())[1])).toBe('fine');
    }
    raw.peer.write(raw.message('the last', { nonce: LAST }));
    await raw.peer.ended;
    await guarded.expectRefusal('cryptography');
  });

  it.each([
    ['HELLO', LAST - 1n],
    ['INITIATE', LAST - 2n],
  ])('at 2^64−1: %s', async (_, before) => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    raw.nonce = before;
    // ERROR comes in place of WELCOME, or of READY.
    await expect(raw.shakeHands()).rejects.toThrow();
    await raw.peer.ended;
    await guarded.expectRefusal('cryptography');
  });

  it('at 2^64−1: READY, and a MESSAGE of the server', async () => {
    for (const before of [LAST - 1n, LAST - 2n]) {
      const { dealer, events, host } = await visited();
      host.nonce = before;
      await host.shakeHands();
      host.peer.write(host.message('the last', { nonce: LAST }));
      await bystander.during(host.peer.ended);
      await events.until('disconnect');
      expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_INVALID_SEQUENCE' }]);
      expect(dealer.tryReceive()).toBeUndefined();
    }
  });
});

describe('MESSAGEs left out on the way → closed; no message is delivered whose parts were not sent as one', () => {
  const [MORE, COMMAND] = [1, 2];
  /** Of a message of three parts, a PING, and a message of two. */
  const frames = [['a1', MORE], ['a2', MORE], ['a3', 0], ['\x04PING\0\0', COMMAND], ['b1', MORE], ['b2', 0]] as const; // prettier-ignore
  const ways: [string, readonly number[]][] = [
    ['the beginning of a message', [0]],
    ['its middle', [1]],
    ['the end of one, and the beginning of the next', [2, 3, 4]],
    ['a whole one, the first', [0, 1, 2]],
  ];
  const all = (peer: RawCurveClient | RawCurveServer): Buffer[] =>
    frames.map(([payload, flags]) => peer.message(payload, { flags }));
  const without = (wire: readonly Buffer[], missing: readonly number[]): Buffer[] =>
    wire.filter((_, i) => !missing.includes(i));

  it.each(ways)('at our server: %s', async (_, missing) => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    await raw.shakeHands();
    raw.peer.write(...without(all(raw), missing));
    await raw.peer.ended;
    await guarded.expectRefusal('cryptography');
  });

  it.each(ways)('at our client: %s', async (_, missing) => {
    const { dealer, events, host } = await visited();
    await host.shakeHands();
    host.peer.write(...without(all(host), missing));
    await bystander.during(host.peer.ended);
    await events.until('disconnect');
    expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_INVALID_SEQUENCE' }]);
    expect(dealer.tryReceive()).toBeUndefined();
  });

  it('a PING: what came before it is delivered, and nothing that comes behind', async () => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    await raw.shakeHands();
    raw.peer.write(...without(all(raw), [3]));
    expect((await guarded.router.receive()).slice(1).map(String)).toEqual(['a1', 'a2', 'a3']);
    await raw.peer.ended;
    await guarded.expectRefusal('cryptography');
  });

  it('none: both are', async () => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    await raw.shakeHands();
    raw.peer.write(...all(raw));
    expect((await guarded.router.receive()).slice(1).map(String)).toEqual(['a1', 'a2', 'a3']);
    expect((await guarded.router.receive()).slice(1).map(String)).toEqual(['b1', 'b2']);
    expect(raw.open(bodyOf(await raw.peer.readFrame())).payload.toString('latin1')).toBe('\x04PONG');
  });
});

describe('Replayed INITIATE → closed', () => {
  it('of another connection, behind a HELLO of its own', async () => {
    const guarded = await guard();
    const first = await intruder(guarded);
    await first.greet();
    first.peer.write(first.hello());
    first.welcome(bodyOf(await first.peer.readFrame()));
    const initiate = first.initiate();
    first.peer.write(initiate);
    first.ready(bodyOf(await first.peer.readFrame()));
    guarded.forget();

    const second = await intruder(guarded);
    await second.greet();
    second.peer.write(second.hello());
    second.welcome(bodyOf(await second.peer.readFrame()));
    second.peer.write(initiate, first.message('secret'));
    await second.peer.ended;
    await guarded.expectRefusal('cryptography');
  });

  it('of the same connection, when its handshake is done', async () => {
    const guarded = await guard();
    const raw = await intruder(guarded);
    await raw.greet();
    raw.peer.write(raw.hello());
    raw.welcome(bodyOf(await raw.peer.readFrame()));
    const initiate = raw.initiate();
    raw.peer.write(initiate);
    raw.ready(bodyOf(await raw.peer.readFrame()));
    raw.peer.write(initiate, raw.message('secret'));
    await raw.peer.ended;
    await guarded.expectRefusal('protocol');
  });
});

describe('a server with another key', () => {
  it('restarted with a new pair: the client says why it is not let in, and is there again when the old pair is', async () => {
    const open = async (options: object, endpoint = 'tcp://127.0.0.1:*'): Promise<Router> => {
      const router = new Router({ context, linger: 0, curveServer: true, ...options });
      around.closers.push(() => router.close());
      await router.bind(endpoint);
      return router;
    };
    const first = await open({ curveSecretKey: server.secretKey });
    const endpoint = first.lastEndpoint!;
    const dealer = new Dealer({
      context,
      linger: 0,
      ...curveClient,
      routingId: 'me',
      reconnectInterval: 100,
      reconnectMaxInterval: 400,
      reconnectAfterRefusal: true,
    });
    around.closers.push(() => dealer.close());
    const events = new EventLog(dealer);
    dealer.connect(endpoint);
    await dealer.send('one');
    expect((await first.receive()).map(String)).toEqual(['me', 'one']);

    first.close();
    await events.until('disconnect');
    const impostor = await open({ curveSecretKey: curveKeyPair().secretKey }, endpoint);
    const refusals = new EventLog(impostor);
    await dealer.send('two');
    for (let i = 1; i <= 3; i++) {
      events.mark();
      refusals.mark();
      clock.advance(400);
      await bystander.during(Promise.all([events.until('disconnect'), refusals.until('disconnect')]));
      expect(events.types).not.toContain('handshake');
      expect(events.reasons.map(String)).toEqual([expect.stringMatching(/refused us/)]);
      expect(refusals.types).toEqual(['accept', 'handshake:error:protocol', 'disconnect']);
      expect(refusals.reasons).toMatchObject([{ code: 'ERR_ZMTP_CRYPTOGRAPHIC' }]);
    }
    expect(impostor.tryReceive()).toBeUndefined();

    impostor.close();
    const again = await open({ curveSecretKey: server.secretKey }, endpoint);
    clock.advance(400);
    expect((await bystander.during(again.receive())).map(String)).toEqual(['me', 'two']);
    await again.send(['me', 'welcome back']);
    expect(String(await dealer.receive())).toBe('welcome back');
  });

  it('that goes on as if it had the right one: the client ends it at WELCOME, and sends nothing', async () => {
    const { dealer, events, host } = await visited();
    await dealer.send('secret');
    await host.greet();
    const body = bodyOf(await host.peer.readFrame());
    host.clientShortTerm = Buffer.from(body.subarray(80, 112));
    const impostor = new RawCurveServer(host.peer, host.shortTerm);
    impostor.clientShortTerm = host.clientShortTerm;
    host.peer.write(impostor.welcome());
    expect(await bystander.during(host.peer.readToEnd())).toHaveLength(0);
    await events.until('disconnect');
    expect(events.types).toContain('handshake:error:protocol');
    expect(events.reasons).toMatchObject([{ code: 'ERR_ZMTP_CRYPTOGRAPHIC' }]);
  });
});
