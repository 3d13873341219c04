import { type Context, createContext, curveKeyPair, Dealer, Router, type SocketOptions, stats } from '@nest-zmq/core';
import { createHash } from 'node:crypto';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { Bystander } from '../support/bystander.js';
import { ChaosProxy, type Speaker } from '../support/chaos-proxy.js';
import { Dice } from '../support/dice.js';
import { type Holdings, holdings, untilGivenBack } from '../support/holdings.js';
import { bytes, command, greeting, GREETING_SIZE, message, ready } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';
import { countedSince } from '../support/trial.js';

/*
 * Bad input and faults: security. The titles quote the list of faults, a line each. After every
 * test the process holds what it held before, and a healthy pair beside has noticed nothing.
 */

let clock: ManualClock;
let context: Context;
let bystander: Bystander;
let before: Holdings;
const closers: (() => void | Promise<void>)[] = [];

beforeEach(async () => {
  before = holdings();
  clock = new ManualClock();
  context = createContext({ clock });
  bystander = await Bystander.start();
});
afterEach(async () => {
  await bystander.stop();
  for (const close of closers.splice(0).toReversed()) await close();
  await context.terminate();
  await untilGivenBack(before);
  expect(clock.pending).toBe(0);
});

const server = curveKeyPair();
const client = curveKeyPair();
const curveServer = { curveServer: true, curveSecretKey: server.secretKey } as const;
const curveClient = {
  curveServerKey: server.publicKey,
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
} as const;

/** A ROUTER with one good peer of its own. */
class Guarded {
  readonly router: Router;
  readonly good: Dealer;
  readonly events: EventLog;
  counted = stats().counters;

  constructor(serverOptions: SocketOptions<'ROUTER'>, clientOptions: SocketOptions<'DEALER'>) {
    this.router = new Router({ context, linger: 0, ...serverOptions });
    this.good = new Dealer({ context, linger: 0, routingId: 'good peer', ...clientOptions });
    this.events = new EventLog(this.router);
    closers.push(() => this.router.close());
    closers.push(() => this.good.close());
  }

  async open(): Promise<this> {
    await this.router.bind('tcp://127.0.0.1:*');
    this.good.connect(this.router.lastEndpoint!);
    await this.exchange();
    this.events.mark();
    this.counted = stats().counters;
    return this;
  }

  /** Throws if the ROUTER gets anything else first. */
  async exchange(): Promise<void> {
    await this.good.send('question');
    const received = (await this.router.receive()).map(String);
    expect(received).toEqual(['good peer', 'question']);
    await this.router.send(['good peer', 'answer']);
    expect((await this.good.receive()).map(String)).toEqual(['answer']);
  }

  async raw(): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.router.lastEndpoint!);
    closers.push(() => peer.destroy());
    return peer;
  }

  /** That one peer was refused: one event has a reason, one counter grew, the good peer is served, and nothing came of the other. */
  async expectRefusal(counter: string): Promise<void> {
    await bystander.during(this.events.until('disconnect'));
    await this.exchange();
    expect(this.events.reasons).toHaveLength(1);
    expect(countedSince(this.counted)).toEqual({ [counter]: 1 });
  }
}

describe('HELLO of 199 or 201 bytes, wrong version, low-order or all-zero keys, garbage server key → refused', () => {
  const hello = (change: (body: Buffer) => Buffer | void): Buffer => {
    const body = Buffer.concat([bytes('01 00'), Buffer.alloc(72), new Dice(1).bytes(32), bytes('0000000000000001'), new Dice(2).bytes(80)]);
    return command('HELLO', change(body) ?? body);
  }; // prettier-ignore
  const KEY_AT = 74;
  const key =
    (hex: string) =>
    (body: Buffer): void =>
      body.set(Buffer.from(hex, 'hex'), KEY_AT);

  it.each([
    ['199 bytes', hello((body) => body.subarray(1))],
    ['201 bytes', hello((body) => Buffer.concat([body, bytes('00')]))],
    ['version 2.0', hello((body) => void (body[0] = 2))],
    ['version 1.1', hello((body) => void (body[1] = 1))],
    ['a key of zeros', hello(key('00'.repeat(32)))],
    ['a key of order 1', hello(key(`01${'00'.repeat(31)}`))],
    ['a key of order 8', hello(key('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'))],
    ['another key of order 8', hello(key('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'))],
    ['p - 1', hello(key(`ec${'ff'.repeat(30)}7f`))],
    ['p', hello(key(`ed${'ff'.repeat(30)}7f`))],
    ['p + 1', hello(key(`ee${'ff'.repeat(30)}7f`))],
    ['a key that is some key, and a box that is none', hello(() => {})],
    ['nothing', command('HELLO')],
    ['INITIATE in its place', command('INITIATE', new Dice(3).bytes(248))],
    ['MESSAGE in its place', command('MESSAGE', new Dice(4).bytes(60))],
    ['READY of NULL', ready('DEALER', 'raw')],
  ])('%s', async (_, wire) => {
    const guarded = await new Guarded(curveServer, curveClient).open();
    const peer = await guarded.raw();
    peer.write(greeting(3, 1, 'CURVE'), wire, message('x'));
    await peer.ended;
    await bystander.during(guarded.events.until('disconnect'));
    await guarded.exchange();
    expect(guarded.events.reasons).toHaveLength(1);
    const counts = Object.values(countedSince(guarded.counted));
    expect(counts).toEqual([1]);
  });

  it('garbage server key: the client is not let in, and does not hammer', async () => {
    const guarded = await new Guarded(curveServer, curveClient).open();
    const lost = new Dealer({ context, linger: 0, ...curveClient, curveServerKey: curveKeyPair().publicKey });
    closers.push(() => lost.close());
    lost.connect(guarded.router.lastEndpoint!);
    await lost.send('secret');
    await bystander.during(guarded.events.until('disconnect'));
    await guarded.exchange();
    expect(guarded.events.reasons).toHaveLength(1);
    // Its own side is in this process too.
    expect(countedSince(guarded.counted)).toEqual({ cryptography: 1, refusedByPeer: 1 });
    clock.advance(3_600_000);
    await bystander.exchange();
    await guarded.exchange();
    expect(guarded.events.types.filter((type) => type === 'accept')).toHaveLength(1);
  });
});

describe('Every bit of WELCOME, INITIATE, READY and MESSAGE flipped in turn → never delivered, always closed', () => {
  /** A bit of each byte, another one in each run of the list. */
  const bitOf = (byte: number): number => byte * 8 + (createHash('sha1').update(String(byte)).digest()[0]! & 7);
  // The client says HELLO from 64 on (202 bytes), INITIATE, and MESSAGEs; the server WELCOME (170), READY, and MESSAGEs.
  const places = (to: number): number[] =>
    Array.from({ length: Math.ceil((to - GREETING_SIZE) / 4) }, (_, i) => GREETING_SIZE + 4 * i);

  it.each<[Speaker, number[]]>([
    ['connecter', places(64 + 202 + 330)],
    ['binder', places(64 + 170 + 150)],
  ])('of what the %s says', async (speaker, at) => {
    const guarded = await new Guarded({ ...curveServer, handshakeInterval: 1000 }, curveClient).open();
    let harmless = 0;
    for (const byte of at) {
      const proxy = await ChaosProxy.start(guarded.router.lastEndpoint!, { seed: 1 });
      proxy.setWeather({ flipAt: bitOf(byte) }, speaker);
      const dealer = new Dealer({ context, linger: 0, ...curveClient, routingId: 'victim', reconnectInterval: -1, handshakeInterval: 1000 });
      const events = new EventLog(dealer);
      const came: string[] = [];
      dealer.onMessage((frames) => void came.push(frames.map(String).join()));
      dealer.connect(proxy.endpoint);
      for (let i = 0; i < 12; i++) dealer.trySend(['secret', String(i)]);
      let ended = false;
      const done = Promise.race([events.until('disconnect'), guarded.events.until('disconnect')]).then(() => (ended = true));
      const seen: string[] = [];
      // A length that was flipped is waited for: until more comes, or the handshake is over.
      for (let turns = 0; !ended && seen.length < 20 && turns < 3000; turns++) {
        if (turns === 300) clock.advance(1000);
        const received = guarded.router.tryReceive();
        if (received !== undefined) {
          seen.push(received.map(String).join());
          guarded.router.trySend(['victim', 'answer', String(seen.length)]);
        }
        if (turns % 10 === 0) dealer.trySend(['secret', 'more', String(turns)]);
        await nextTurn();
      }
      expect([byte, proxy.done.flips]).toEqual([byte, 1]);
      // A reserved bit of an outer header means nothing, and changes nothing.
      if (ended) await done;
      else {
        expect([byte, seen.length]).toEqual([byte, 20]);
        harmless++;
      }
      // What came before the flipped bit may have been delivered, and only as it was sent.
      for (const each of seen) expect(each).toMatch(/^victim,secret,(more,)?\d+$/);
      for (const each of came) expect(each).toMatch(/^answer,\d+$/);
      dealer.close();
      await proxy.close();
      for (let next = guarded.router.tryReceive(); next !== undefined; next = guarded.router.tryReceive())
        expect(next.map(String).join()).toMatch(/^victim,secret,(more,)?\d+$/);
      await untilNobody(guarded.router, 'victim');
      // Our side of it has ended too, at the latest now.
      await guarded.events.until('disconnect');
      guarded.events.mark();
    }
    expect(harmless).toBeLessThanOrEqual(3);
    await guarded.exchange();
  }, 60_000); // prettier-ignore
});

async function untilNobody(router: Router, id: string): Promise<void> {
  while (router.peers.some(({ routingId }) => String(routingId) === id)) {
    router.tryReceive();
    await nextTurn();
  }
}

describe('Replayed HELLO, INITIATE, MESSAGE', () => {
  /** What a good client says in a whole session, to be said again. */
  async function recorded(guarded: Guarded): Promise<Buffer> {
    const listener = await RawListener.listen();
    closers.push(() => listener.close());
    const dealer = new Dealer({ context, linger: 0, ...curveClient, routingId: 'replayed' });
    closers.push(() => dealer.close());
    dealer.connect(listener.endpoint);
    await dealer.send('pay 100');
    const near = await listener.accept();
    const far = await guarded.raw();
    const said: Buffer[] = [];
    const pass = async (from: RawPeer, to: RawPeer, count: number, keep: boolean): Promise<void> => {
      const start = await from.read(GREETING_SIZE);
      if (keep) said.push(start);
      to.write(start);
      for (let i = 0; i < count; i++) {
        const frame = await from.readFrame();
        if (keep) said.push(frame);
        to.write(frame);
      }
    };
    await Promise.all([pass(near, far, 3, true), pass(far, near, 2, false)]);
    expect((await guarded.router.receive()).map(String)).toEqual(['replayed', 'pay 100']);
    const last = said.at(-1)!;
    // MESSAGE, with the nonce that was used.
    far.write(last);
    await far.ended;
    await guarded.events.until('disconnect');
    expect(guarded.events.reasons).toHaveLength(1);
    expect(countedSince(guarded.counted)).toEqual({ cryptography: 1 });
    near.destroy();
    await guarded.exchange();
    return Buffer.concat(said);
  }

  it('→ closed, and never delivered twice', async () => {
    const guarded = await new Guarded(curveServer, curveClient).open();
    const session = await recorded(guarded);
    for (const wire of [session, session.subarray(0, 64 + 202)]) {
      guarded.events.mark();
      guarded.counted = stats().counters;
      const peer = await guarded.raw();
      peer.write(wire);
      if (wire.length === session.length) {
        await peer.ended;
        await guarded.expectRefusal('cryptography');
        continue;
      }
      // A HELLO alone may be answered: what it says is no secret. It comes to nothing.
      await peer.read(GREETING_SIZE);
      await peer.readFrame();
      clock.advance(30_000);
      await peer.ended;
      await guarded.expectRefusal('handshakeInterval');
    }
  });
});

describe('ZAP handler missing, silent, dying, answering twice, with wrong version, id, status, frame count → only a well-formed 200 admits; it fails closed', () => {
  type Answers = (request: readonly Buffer[]) => (Buffer | string)[][];
  const ok = (id: Buffer | string = ''): (Buffer | string)[] => ['1.0', id, '200', 'OK', 'somebody', ''];

  async function asked(): Promise<{ guarded: Guarded; handler: Router; answer: (next: Answers) => void; requests: () => number }> {
    const handler = new Router({ context, linger: 0 });
    closers.push(() => handler.close());
    let answers: Answers = ([, id]) => [ok(id)];
    let requests = 0;
    await handler.bind('inproc://zeromq.zap.01');
    handler.onMessage((frames) => {
      requests++;
      const delimiter = frames.findIndex(({ length }) => length === 0);
      for (const reply of answers(frames.slice(delimiter + 1)))
        handler.trySend([...frames.slice(0, delimiter + 1), ...reply]);
    });
    const guarded = await new Guarded({ zapDomain: 'test' }, {}).open();
    return { guarded, handler, answer: (next) => (answers = next), requests: () => requests };
  } // prettier-ignore

  async function knock(guarded: Guarded): Promise<RawPeer> {
    const peer = await guarded.raw();
    peer.write(greeting(), ready('DEALER', 'stranger'), message('let me in'));
    return peer;
  }

  it('a well-formed 200 admits', async () => {
    const { guarded, requests } = await asked();
    await knock(guarded);
    expect((await guarded.router.receive()).map(String)).toEqual(['stranger', 'let me in']);
    expect(guarded.router.peers.map(({ properties }) => properties['User-Id'])).toEqual(['somebody', 'somebody']);
    expect(requests()).toBe(2);
    await guarded.exchange();
  });

  it.each<[string, Answers]>([
    ['wrong version', ([, id]) => [['1.1', id!, '200', 'OK', '', '']]],
    ['no version', ([, id]) => [['', id!, '200', 'OK', '', '']]],
    ['wrong id', () => [ok('another')]],
    ['status 201', ([, id]) => [['1.0', id!, '201', 'OK', '', '']]],
    ['status 2000', ([, id]) => [['1.0', id!, '2000', 'OK', '', '']]],
    ['status " 200"', ([, id]) => [['1.0', id!, ' 200', 'OK', '', '']]],
    ['an empty status', ([, id]) => [['1.0', id!, '', 'OK', '', '']]],
    ['status 300', ([, id]) => [['1.0', id!, '300', 'later', '', '']]],
    ['status 400', ([, id]) => [['1.0', id!, '400', 'no', '', '']]],
    ['status 500', ([, id]) => [['1.0', id!, '500', 'broken', '', '']]],
    ['a frame too few', ([, id]) => [['1.0', id!, '200', 'OK', '']]],
    ['a frame too many', ([, id]) => [[...ok(id), '']]],
    ['nothing but the envelope', () => [[]]],
    ['one empty frame', () => [['']]],
    ['metadata that are cut', ([, id]) => [['1.0', id!, '200', 'OK', '', bytes('05 "a"')]]],
  ])('%s: refused', async (_, answers) => {
    const { guarded, answer } = await asked();
    answer(answers);
    const peer = await knock(guarded);
    await peer.ended;
    await bystander.during(guarded.events.until('disconnect'));
    answer(([, id]) => [ok(id)]);
    await guarded.exchange();
    expect(guarded.events.reasons).toHaveLength(1);
    expect(Object.values(countedSince(guarded.counted))).toEqual([1]);
  });

  it('answering twice: the second is for nobody', async () => {
    const { guarded, answer } = await asked();
    answer(([, id]) => [['1.0', id!, '400', 'no', '', ''], ok(id)]);
    const first = await knock(guarded);
    await first.ended;
    await guarded.expectRefusal('authentication');
    // Nor does an old answer admit the next one who asks.
    guarded.events.mark();
    answer(() => []);
    const second = await knock(guarded);
    for (let i = 0; i < 20; i++) await bystander.exchange();
    expect(guarded.router.peers).toHaveLength(1);
    second.destroy();
    await guarded.events.until('disconnect');
  });

  it('silent: closed at the handshake limit', async () => {
    const { guarded, answer } = await asked();
    answer(() => []);
    const peer = await knock(guarded);
    for (let i = 0; i < 20; i++) await bystander.exchange();
    expect(guarded.router.peers).toHaveLength(1);
    clock.advance(30_000);
    await peer.ended;
    await guarded.expectRefusal('handshakeInterval');
  });

  it('dying: nobody is admitted', async () => {
    const { guarded, handler, answer } = await asked();
    answer(() => {
      handler.close();
      return [];
    });
    const peer = await knock(guarded);
    for (let i = 0; i < 20; i++) await bystander.exchange();
    clock.advance(30_000);
    await peer.ended;
    await bystander.during(guarded.events.until('disconnect'));
    await guarded.exchange();
    expect(guarded.events.reasons).toHaveLength(1);
    expect(guarded.router.peers).toHaveLength(1);
  });

  it('missing, where it is enforced: nobody is admitted', async () => {
    const router = new Router({ context, linger: 0, zapDomain: 'test', zapEnforceDomain: true });
    closers.push(() => router.close());
    const events = new EventLog(router);
    await router.bind('tcp://127.0.0.1:*');
    const counted = stats().counters;
    const peer = await RawPeer.connect(router.lastEndpoint!);
    closers.push(() => peer.destroy());
    peer.write(greeting(), ready('DEALER', 'stranger'), message('let me in'));
    await bystander.during(peer.ended);
    await events.until('disconnect');
    expect(events.reasons).toHaveLength(1);
    expect(Object.values(countedSince(counted))).toEqual([1]);
    expect(router.tryReceive()).toBeUndefined();
  });

  it.each([
    ['2.0', bytes('FF 0000000000000001 7F 01 05 00 03 "old" 00 01 "x"')],
    ['1.0', bytes('04 00 "old" 02 00 "x"')],
  ])('an older peer (%s) is no way around it, with `legacy` either', async (_, wire) => {
    const { guarded } = await asked();
    const router = new Router({ context, linger: 0, zapDomain: 'test', legacy: true });
    closers.push(() => router.close());
    await router.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(router.lastEndpoint!);
    peer.write(wire);
    await peer.ended;
    expect(router.tryReceive()).toBeUndefined();
    await guarded.exchange();
  });
});
