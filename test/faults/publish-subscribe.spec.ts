import {
  type Context,
  createContext,
  Publisher,
  type SocketOptions,
  stats,
  Subscriber,
  XPublisher,
} from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { Bystander } from '../support/bystander.js';
import { bytesAtRest, type Holdings, holdings, untilGivenBack, usedBytes } from '../support/holdings.js';
import { bytes, command, message, pattern } from '../support/raw-bytes.js';
import { nextTurn, RawPeer } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';
import { countedSince } from '../support/trial.js';

/*
 * Bad input and faults: publish and subscribe. The titles quote the list of faults, a line each.
 * After every test the process holds what it held before, and a healthy pair beside has
 * noticed nothing.
 */

const MIB = 1024 * 1024;
const subscribe = (topic: Buffer | string) => command('SUBSCRIBE', Buffer.from(topic));
const cancel = (topic: Buffer | string) => command('CANCEL', Buffer.from(topic));

let clock: ManualClock;
let context: Context;
let bystander: Bystander;
let before: Holdings;
let usedBefore: number;
let counted: ReturnType<typeof stats>['counters'];
const peers: RawPeer[] = [];

beforeEach(async () => {
  usedBefore = usedBytes();
  before = holdings();
  clock = new ManualClock();
  context = createContext({ clock });
  bystander = await Bystander.start();
  counted = stats().counters;
});
afterEach(async () => {
  await bystander.stop();
  for (const peer of peers.splice(0)) peer.destroy();
  await context.terminate();
  await untilGivenBack(before);
  expect(clock.pending).toBe(0);
  expect((await bytesAtRest()) - usedBefore).toBeLessThan(8 * MIB);
});

async function raw(publisher: Publisher | XPublisher, socketType = 'SUB'): Promise<RawPeer> {
  const peer = await RawPeer.connect(publisher.lastEndpoint!);
  peers.push(peer);
  await peer.handshake(socketType);
  return peer;
}

/** A PUB with a good subscriber of everything. */
async function open(options: SocketOptions<'PUB'> = {}) {
  const publisher = new Publisher({ context, linger: 0, ...options });
  const good = new Subscriber({ context });
  await publisher.bind('tcp://127.0.0.1:*');
  const subscribed = new Promise<void>((resolve) => publisher.onSubscription(() => resolve()));
  good.subscribe();
  good.connect(publisher.lastEndpoint!);
  await subscribed;
  publisher.onSubscription(undefined);
  const events = new EventLog(publisher);
  let published = 0;
  const exchange = async (topic = 'good'): Promise<void> => {
    const text = `${topic} ${++published}`;
    await publisher.send(text);
    expect((await good.receive()).map(String)).toEqual([text]);
  };
  return { publisher, good, events, exchange };
}

describe('A million distinct topics from one peer → limited', () => {
  it('by number, as it is by default', async () => {
    const { publisher, events, exchange } = await open();
    const peer = await raw(publisher);
    events.mark();
    // Each `SUBSCRIBE` and seven digits; written by hand, for there are many.
    const pack = (from: number): Buffer => {
      let wire = '';
      for (let i = from; i < from + 50_000; i++) wire += `\x04\x11\x09SUBSCRIBE${1_000_000 + i}`;
      return Buffer.from(wire, 'latin1');
    };
    for (let from = 0; from < 1_000_000 && !peer.over; from += 50_000) {
      peer.write(pack(from));
      await nextTurn();
    }
    await peer.ended;
    await events.until('disconnect');
    expect(events.reasons.map(String)).toEqual([expect.stringMatching(/more than 250000 topics/)]);
    expect(countedSince(counted)).toEqual({ maxSubscriptions: 1 });
    // What it had is forgotten while the socket lives on.
    expect(publisher.topicsCount).toBe(1);
    await exchange();
  }, 60_000);

  it('by their length', async () => {
    const { publisher, events, exchange } = await open({ maxSubscriptionBytes: MIB });
    const peer = await raw(publisher);
    events.mark();
    for (let i = 0; i < 20; i++) peer.write(subscribe(Buffer.concat([bytes('00').fill(i), pattern(100_000)])));
    await bystander.during(peer.ended);
    await events.until('disconnect');
    expect(events.reasons.map(String)).toEqual([expect.stringMatching(/more than 1048576 bytes/)]);
    expect(countedSince(counted)).toEqual({ maxSubscriptionBytes: 1 });
    await exchange();
  });
});

it('a 1 MiB topic, then cancel → no recursion', async () => {
  const { publisher, events, exchange } = await open();
  const peer = await raw(publisher);
  events.mark();
  const topic = pattern(MIB);
  for (let i = 0; i < 5; i++) {
    peer.write(subscribe(topic));
    await peer.fence();
    expect(publisher.topicsCount).toBe(2);
    peer.write(cancel(topic));
    await bystander.during(peer.fence());
    expect(publisher.topicsCount).toBe(1);
  }
  await exchange();
  expect(events.types).toEqual([]);
});

it('Cancel of what was never subscribed → nothing', async () => {
  const { publisher, events, exchange } = await open();
  const peer = await raw(publisher);
  events.mark();
  for (let i = 0; i < 1000; i++) peer.write(cancel(`never ${i}`), message(bytes('00 "never"')), cancel(''));
  peer.write(subscribe('A'), cancel('B'), subscribe('A'));
  await bystander.during(peer.fence());
  expect(publisher.topicsCount).toBe(2);
  await exchange('A');
  expect(String(await peer.readFrame())).toMatch(/A 1$/);
  expect([events.types, countedSince(counted)]).toEqual([[], {}]);
});

it('A subscriber that sends data to PUB → discarded', async () => {
  const { publisher, events, exchange } = await open();
  const peer = await raw(publisher, 'XSUB');
  events.mark();
  const data = Buffer.concat(Array.from({ length: 10_000 }, (_, i) => message('data', String(i))));
  peer.write(data, message(''), message(bytes('02')), subscribe('A'));
  await bystander.during(peer.fence());
  await exchange('A');
  expect(String(await peer.readFrame())).toMatch(/A 1$/);
  expect(publisher.dropped).toBe(10_002);
  expect(stats().dropped.PUB).toBeGreaterThanOrEqual(10_002);
  expect(events.types).toEqual([]);
});

describe('A subscriber that stops reading → its queue stops at the high-water mark, others lose nothing, drops are counted', () => {
  it.each([
    ['messages', { sendHighWaterMark: 20 }],
    ['bytes', { sendHighWaterMark: 0, sendHighWaterMarkBytes: 2 * MIB }],
  ])('the mark of %s', async (_, options) => {
    const { publisher, good, events } = await open(options);
    const lazy = await raw(publisher);
    lazy.write(subscribe(''));
    await lazy.fence();
    events.mark();
    lazy.pause();
    const droppedBefore = stats().dropped.PUB ?? 0;
    const body = pattern(100_000);
    const used = usedBytes();
    for (let i = 0; i < 500; i++) {
      await publisher.send([String(i), body]);
      expect(String((await good.receive())[0])).toBe(String(i));
    }
    await bystander.exchange();
    // Of 50 MB it was to get, there is what the mark allows, and one batch; the kernel's part is not here.
    expect(usedBytes() - used).toBeLessThan(6 * MIB);
    expect(publisher.dropped).toBeGreaterThan(300);
    expect((stats().dropped.PUB ?? 0) - droppedBefore).toBe(publisher.dropped);
    expect(events.types).toEqual([]);
  });

  it('with `writeStallTimeout` it is closed, and told', async () => {
    const { publisher, good, events, exchange } = await open({ writeStallTimeout: 1000, sendHighWaterMark: 20 });
    const lazy = await raw(publisher);
    lazy.write(subscribe(''));
    await lazy.fence();
    events.mark();
    await exchange();
    clock.advance(10_000);
    // It has read all that there was, and nothing is pending: no stall.
    await exchange();
    expect(events.types).toEqual([]);
    lazy.pause();
    const body = pattern(MIB);
    for (let i = 0; i < 30; i++) {
      await publisher.send(['large', body]);
      await good.receive();
    }
    for (let i = 0; i < 3; i++) {
      clock.advance(1000);
      await nextTurn();
    }
    await bystander.during(events.until('disconnect'));
    expect(events.reasons.map(String)).toEqual([expect.stringMatching(/writeStallTimeout/)]);
    expect(countedSince(counted)).toEqual({ writeStallTimeout: 1 });
    await exchange();
    // The good one reads, and stays for ever.
    clock.advance(10_000);
    await exchange();
  });
});

describe('an XPUB whose application does not read: notifications are bounded', () => {
  async function unread() {
    const publisher = new XPublisher({ context, linger: 0 });
    await publisher.bind('tcp://127.0.0.1:*');
    const good = await raw(publisher);
    good.write(subscribe('good'));
    await good.fence();
    const events = new EventLog(publisher);
    const peer = await raw(publisher);
    events.mark();
    const receiveAll = (): string[] => {
      const all: string[] = [];
      for (let message = publisher.tryReceive(); message !== undefined; message = publisher.tryReceive()) {
        all.push(message[0]!.toString('latin1'));
      }
      return all;
    };
    return { publisher, good, peer, events, receiveAll };
  }

  it('who subscribes and cancels without end is closed, and what others tell is received', async () => {
    const { publisher, good, peer, events, receiveAll } = await unread();
    const inTurns = Buffer.concat(new Array<Buffer>(10_000).fill(bytes('000101 000100')));
    while (!peer.over && !events.types.includes('disconnect')) {
      peer.write(inTurns);
      await nextTurn();
    }
    await bystander.during(Promise.all([peer.ended, events.until('disconnect')]));
    expect(events.reasons.map(String)).toEqual([expect.stringMatching(/more than 500000 of its subscriptions/)]);
    expect(countedSince(counted)).toEqual({ maxPendingNotifications: 1 });
    good.write(subscribe('later'));
    await good.fence();
    await publisher.send('later, too');
    expect(String(await good.readFrame())).toMatch(/later, too$/);
    const told = receiveAll();
    // The last but one because it was closed while it held "".
    expect([told.length, told[0], ...told.slice(-2)]).toEqual([500_004, '\x01good', '\x00', '\x01later']);
    expect(publisher.dropped).toBe(0);
  }, 60_000);

  it('who takes all topics that it may have, and cancels each, is not', async () => {
    const { publisher, good, peer, events, receiveAll } = await unread();
    const pack = (form: '00' | '01', from: number): Buffer => {
      let wire = '';
      for (let i = from; i < from + 50_000; i++) wire += `\0\x08${form === '01' ? '\x01' : '\0'}${1_000_000 + i}`;
      return Buffer.from(wire, 'latin1');
    };
    for (const form of ['01', '00'] as const) {
      for (let from = 0; from < 250_000; from += 50_000) {
        peer.write(pack(form, from));
        await nextTurn();
      }
    }
    await bystander.during(peer.fence());
    good.write(subscribe('later'));
    await good.fence();
    expect([events.types, countedSince(counted)]).toEqual([[], {}]);
    const told = receiveAll();
    expect([told.length, told[1], told.at(-2), told.at(-1)]).toEqual([
      500_002,
      '\x011000000',
      '\x001249999',
      '\x01later',
    ]);
    expect(publisher.topicsCount).toBe(2);
  }, 60_000);
});

it('an XPUB whose application does not read: messages are bounded', async () => {
  const publisher = new XPublisher({ context, linger: 0 });
  await publisher.bind('tcp://127.0.0.1:*');
  const peer = await raw(publisher, 'XSUB');
  const data = Buffer.concat(new Array<Buffer>(1000).fill(message(Buffer.from('data'), pattern(5000))));
  // 20 MB of messages: those beyond the limits wait in the kernel, and in the peer.
  for (let i = 0; i < 4; i++) peer.write(data);
  for (let i = 0; i < 50; i++) await bystander.exchange();
  expect(peer.unsent).toBeGreaterThan(0);
  for (let i = 0; i < 4000; i++) await publisher.receive();
});
