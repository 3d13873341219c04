import { type Context, createContext, Dealer, Publisher, Router, Subscriber } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { Bystander } from '../support/bystander.js';
import { ChaosProxy, type Weather } from '../support/chaos-proxy.js';
import { curveClient, curveServer } from '../support/curve.js';
import { loadCurve } from '../support/guarded.js';
import { bytesAtRest, type Holdings, holdings, untilGivenBack, usedBytes } from '../support/holdings.js';
import { pattern } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';
import { times } from '../support/times.js';
import { UNRELATED_BYTES } from '../support/trial.js';

/*
 * Two good sockets and a bad network between them. Whatever it does: each message that comes is
 * one that was sent, whole and in order, unless a bit of it was flipped; what ends says why; when
 * the weather is fair again, so is the connection; and nothing is left behind.
 */

const MESSAGES = 300;
/** A flipped bit of a length is not waited for without end. */
const limits = { linger: 0, maxMessageSize: 64 * 1024, handshakeInterval: 1_000 } as const;
const dialing = { ...limits, reconnectInterval: 1, reconnectAfterRefusal: true } as const;

let context: Context;
let bystander: Bystander;
let before: Holdings;
let usedBefore: number;
let proxy: ChaosProxy;

beforeAll(loadCurve);
beforeEach(async () => {
  usedBefore = usedBytes();
  before = holdings();
  context = createContext({});
  bystander = await Bystander.start();
});
afterEach(async () => {
  await bystander.stop();
  await context.terminate();
  await proxy.close();
  await untilGivenBack(before);
  expect((await bytesAtRest()) - usedBefore).toBeLessThan(UNRELATED_BYTES);
});

/** The frames of a message that can be told from all others. */
function numbered(index: number): Buffer[] {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(index);
  return [head, pattern((index * index * 31) % 20_000, index), pattern(index % 3, index)];
}

/** Which message it is, if it is whole and unchanged. */
function indexOf(frames: readonly Buffer[]): number | undefined {
  if (frames.length !== 3 || frames[0]!.length !== 4) return undefined;
  const index = frames[0]!.readUInt32BE();
  return Buffer.concat(frames).equals(Buffer.concat(numbered(index))) ? index : undefined;
}

async function until(done: () => boolean, meanwhile: () => void = () => {}): Promise<void> {
  while (!done()) {
    meanwhile();
    await nextTurn();
  }
}

/** Options of the ROUTER, and of the DEALER. */
const mechanisms = { NULL: [{}, {}], CURVE: [curveServer, curveClient] } as const;

/**
 * A DEALER that sends to a ROUTER through the weather, until that has done what `awaited` counts.
 * Gives how many were sent, what came, and the reasons of what ended.
 */
async function sendThrough(seed: number, weather: Weather, awaited: 'flips' | 'cuts' | 'resets' | 'stalls', mechanism: keyof typeof mechanisms = 'NULL'): Promise<{ sent: number; came: (number | undefined)[]; reasons: number; told: number }> {
  const [guard, key] = mechanisms[mechanism];
  const router = new Router({ context, ...limits, handover: true, sendHighWaterMark: 0, ...guard });
  const dealer = new Dealer({ context, ...dialing, sendHighWaterMark: 0, routingId: 'me', ...key });
  const events = new EventLog(dealer);
  await router.bind('tcp://127.0.0.1:*');
  proxy = await ChaosProxy.start(router.lastEndpoint!, { seed, weather });
  const came: (number | undefined)[] = [];
  let sent = MESSAGES;
  let fenced = false;
  router.onMessage(([, ...frames]) => {
    if (frames.length === 1 && String(frames[0]) === 'fence') fenced = true;
    else came.push(indexOf(frames));
  });
  dealer.connect(proxy.endpoint);
  await bystander.during(
    (async () => {
      for (let i = 0; i < MESSAGES; i++) {
        dealer.trySend(numbered(i));
        if (i % 10 === 0) await nextTurn();
      }
      // How many pieces there are depends on how the network cuts what is said.
      await until(
        () => proxy.done[awaited] > 0,
        () => void (dealer.trySend(numbered(sent)) && sent++),
      );
      proxy.setWeather({});
      // One may go down with a connection that is lost already.
      await until(
        () => fenced,
        () => void dealer.trySend('fence'),
      );
    })(),
  );
  const ends = events.all.filter(({ type }) => type === 'disconnect').length;
  const reasons = events.all.filter(({ type, reason }) => reason !== undefined && type !== 'close').length;
  dealer.close();
  router.close();
  return { sent, came, reasons, told: ends };
} // prettier-ignore

describe.each(Array.from({ length: 3 * times }, (_, i) => i + 1))('seed %i', (seed) => {
  it('split and stalled: everything comes, in order', async () => {
    const { sent, came, reasons } = await sendThrough(seed, { split: true, stall: 0.2 }, 'stalls');
    expect(came).toEqual(Array.from({ length: sent }, (_, i) => i));
    expect(reasons).toBe(0);
    // It was so.
    expect(proxy.done.pieces).toBeGreaterThan(10);
  });

  it.each(['cut', 'reset'] as const)('%s now and then: what comes is whole and in order, and each end says why', async (how) => {
    const { came, reasons, told } = await sendThrough(seed, { split: true, [how]: 0.01 }, `${how}s`);
    expect(came).not.toContain(undefined);
    expect(came).toEqual([...new Set(came as number[])].sort((a, b) => a - b));
    expect(reasons).toBe(told);
  }); // prettier-ignore

  it('bits flipped anywhere, the handshake too: the process lives, each end says why, and it goes on afterwards', async () => {
    const { came, reasons, told } = await sendThrough(seed, { split: true, flip: 0.02 }, 'flips');
    expect(came.filter((index) => index !== undefined).length).toBeGreaterThan(0);
    expect(reasons).toBe(told);
  });

  it('bits flipped under CURVE: what comes is what was sent, and nothing else', async () => {
    const { came, reasons, told } = await sendThrough(seed, { split: true, flip: 0.02 }, 'flips', 'CURVE');
    expect(came).not.toContain(undefined);
    expect(came).toEqual([...new Set(came as number[])].sort((a, b) => a - b));
    expect(reasons).toBe(told);
  });

  it('a publisher and a subscriber in all of it', async () => {
    const publisher = new Publisher({ context, ...limits });
    const subscriber = new Subscriber({ context, ...dialing });
    await publisher.bind('tcp://127.0.0.1:*');
    proxy = await ChaosProxy.start(publisher.lastEndpoint!, {
      seed,
      weather: { split: true, stall: 0.01, flip: 0.005, cut: 0.005, reset: 0.005 },
    });
    let fenced = false;
    subscriber.onMessage(([topic]) => void (fenced ||= String(topic) === 'fence'));
    for (let i = 0; i < 100; i++) subscriber.subscribe(`topic ${i}`);
    subscriber.connect(proxy.endpoint);
    await bystander.during(
      (async () => {
        for (let i = 0; i < MESSAGES; i++) {
          await publisher.send([`topic ${i % 100}`, pattern(i * 10, i)]);
          if (i % 10 === 0) await nextTurn();
        }
        proxy.setWeather({});
        await until(
          () => fenced,
          () => {
            // Again and again: the first may be taken for the end of what has a flipped bit in its length.
            subscriber.unsubscribe('fence');
            subscriber.subscribe('fence');
            publisher.trySend('fence');
          },
        );
      })(),
    );
    subscriber.close();
    publisher.close();
  });
});

it('a side that is held, and let go: its messages wait, and none is lost', async () => {
  const router = new Router({ context, linger: 0 });
  const dealer = new Dealer({ context, ...dialing, routingId: 'me', sendHighWaterMark: 100 });
  await router.bind('tcp://127.0.0.1:*');
  proxy = await ChaosProxy.start(router.lastEndpoint!, { seed: 1 });
  dealer.connect(proxy.endpoint);
  await dealer.send('first');
  expect((await router.receive()).map(String)).toEqual(['me', 'first']);
  proxy.stall('connecter');
  const large = pattern(1024 * 1024);
  let sent = 0;
  // The kernels take some, and then the mark holds.
  while (dealer.trySend([String(sent), large])) {
    sent++;
    await nextTurn();
  }
  expect(sent).toBeGreaterThan(99);
  expect(router.tryReceive()).toBeUndefined();
  await bystander.exchange();
  proxy.resume('connecter');
  for (let i = 0; i < sent; i++) expect(String((await router.receive())[1])).toBe(String(i));
  dealer.close();
  router.close();
});

it('what comes late by the clock comes, when the clock says so', async () => {
  const fired: { at: number; fire: () => void }[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    setTimer: (delayMs: number, fire: () => void) => {
      fired.push({ at: now + delayMs, fire });
      return { cancel: () => {} };
    },
  };
  const router = new Router({ context, linger: 0 });
  const dealer = new Dealer({ context, ...dialing, routingId: 'me' });
  await router.bind('tcp://127.0.0.1:*');
  proxy = await ChaosProxy.start(router.lastEndpoint!, { seed: 1, weather: { delayMs: 50 }, clock });
  dealer.connect(proxy.endpoint);
  await dealer.send('late');
  const received = router.receive();
  let came = false;
  void received.then(() => (came = true));
  await until(
    () => came,
    () => {
      now += 1;
      for (const { at, fire } of fired.splice(0)) {
        if (at <= now) fire();
        else fired.push({ at, fire });
      }
    },
  );
  expect(now).toBeGreaterThanOrEqual(100);
  expect((await received).map(String)).toEqual(['me', 'late']);
  dealer.close();
  router.close();
});

describe('what the network between does to the bytes of one side', () => {
  const said = pattern(50_000);
  let clock: ManualClock;
  let near: RawPeer;
  let far: RawPeer;

  async function between(weather: Weather): Promise<void> {
    clock = new ManualClock();
    const listener = await RawListener.listen();
    proxy = await ChaosProxy.start(listener.endpoint, { seed: 5, clock });
    proxy.setWeather(weather, 'connecter');
    near = await RawPeer.connect(proxy.endpoint);
    far = await listener.accept();
    listener.close();
    near.write(said);
  }
  afterEach(() => {
    near.destroy();
    far.destroy();
  });

  /** Bytes that are not those that were said, at their places. */
  const changed = (came: Buffer): number[] => [...came.keys()].filter((i) => came[i] !== said[i]);

  /** That all comes when so much time has passed, and not before. */
  async function expectHeldFor(ms: number): Promise<void> {
    let came = false;
    const all = far.read(said.length).then((bytes) => ((came = true), bytes));
    await until(() => clock.pending > 0);
    clock.advance(ms - 1);
    await bystander.exchange();
    expect(came).toBe(false);
    await until(
      () => came,
      () => clock.advance(1),
    );
    expect(changed(await all)).toEqual([]);
  }

  it('nothing, if there is no weather: neither of one side nor of the other', async () => {
    await between({});
    expect(changed(await far.read(said.length))).toEqual([]);
    far.write(said);
    expect(changed(await near.read(said.length))).toEqual([]);
    expect(proxy.done).toMatchObject({ connections: 1, flips: 0, cuts: 0, resets: 0, stalls: 0 });
  });

  it('delay: they come when the clock says so, and not before', async () => {
    await between({ delayMs: 50 });
    await expectHeldFor(50);
  });

  it('split: into many pieces, with all that was said', async () => {
    await between({ split: true });
    expect(changed(await far.read(said.length))).toEqual([]);
    expect(proxy.done.pieces).toBeGreaterThan(10);
  });

  it('flip: the bit that was asked for, and no other', async () => {
    await between({ flipAt: 20_003 * 8 + 5 });
    const came = await far.read(said.length);
    expect(changed(came)).toEqual([20_003]);
    expect(came[20_003]! ^ said[20_003]!).toBe(1 << 5);
    expect(proxy.done.flips).toBe(1);
  });

  it.each([
    ['cut', 'cuts', 'closed'],
    ['reset', 'resets', 'reset'],
  ] as const)('%s: in the middle, by FIN or by RST', async (how, counter, ending) => {
    await between({ split: true, [how]: 0.2 });
    expect(await bystander.during(far.ended)).toBe(ending);
    const came = await far.readToEnd();
    expect(came.length).toBeLessThan(said.length);
    expect(changed(came)).toEqual([]);
    expect(proxy.done[counter]).toBe(1);
  });

  it('stall: held in the middle, until it goes on', async () => {
    await between({ stall: 1, delayMs: 500 });
    await until(() => proxy.done.stalls > 0);
    // Twice the delay.
    await expectHeldFor(1_000);
  });

  it('stall, until it is told to go on', async () => {
    await between({});
    await far.read(said.length);
    proxy.stall('connecter');
    near.write(said);
    for (let i = 0; i < 20; i++) await bystander.exchange();
    let came = false;
    const all = far.read(said.length).then((bytes) => ((came = true), bytes));
    await bystander.exchange();
    expect(came).toBe(false);
    proxy.resume('connecter');
    expect(changed(await all)).toEqual([]);
  });
});
