import { type Context, createContext, Dish, Radio, type SocketOptions } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bytes, command, message, pattern, ready } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, rejection, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/*
 * 48/RADIO-DISH, clause by clause, and what 37/ZMTP "The Radio-Dish Pattern" says of
 * its wire. The other side speaks bytes.
 */

const joins = (group: Buffer | string) => command('JOIN', Buffer.from(group));
const leaves = (group: Buffer | string) => command('LEAVE', Buffer.from(group));

let clock: ManualClock;
let context: Context;
const open = closedAfterEach();
const raws: RawPeer[] = [];
const listeners: RawListener[] = [];
beforeEach(() => {
  clock = new ManualClock();
  context = createContext({ clock });
});
afterEach(() => {
  for (const raw of raws.splice(0)) raw.destroy();
  for (const listener of listeners.splice(0)) listener.close();
});

async function connect(endpoint: string): Promise<RawPeer> {
  const raw = await RawPeer.connect(endpoint);
  raws.push(raw);
  return raw;
}

async function listen(): Promise<RawListener> {
  const listener = await RawListener.listen();
  listeners.push(listener);
  return listener;
}

describe('37-PATTERN-6: the RADIO', () => {
  async function boundRadio(options: SocketOptions<'RADIO'> = {}): Promise<Radio> {
    const radio = open(new Radio({ context, linger: 0, ...options }));
    await radio.bind('tcp://127.0.0.1:*');
    return radio;
  }

  /** A DISH that has joined, and whose JOINs have counted. */
  async function dish(radio: Radio, ...groups: readonly string[]): Promise<RawPeer> {
    const raw = await connect(radio.lastEndpoint!);
    await raw.handshake('DISH');
    raw.write(...groups.map(joins));
    await raw.fence();
    return raw;
  }

  /** What is sent next does not arrive before this. */
  async function expectNext(radio: Radio, raw: RawPeer, group: string): Promise<void> {
    await radio.send('fence', { group });
    expect(await raw.readFrame()).toEqual(message(group, 'fence').subarray(0, 2 + group.length));
    expect(await raw.readFrame()).toEqual(message('fence'));
  }

  it('announces its Socket-Type and no Identity; refuses all but DISHes', async () => {
    const radio = await boundRadio();
    for (const type of ['SUB', 'RADIO', 'GATHER']) {
      const raw = await connect(radio.lastEndpoint!);
      expect(await raw.handshake(type)).toEqual(ready('RADIO'));
      expect(await raw.readFrame()).toEqual(command('ERROR', bytes('13 "Invalid socket type"')));
      await raw.ended;
    }
  });

  it('48-RADIO-1 48-RADIO-11: any number of DISHes, of which those get a message that have joined its group', async () => {
    const radio = await boundRadio();
    const [a, b, c] = [await dish(radio, 'x', 'end'), await dish(radio, 'y', 'x', 'end'), await dish(radio, 'end')];
    await radio.send('to x', { group: 'x' });
    await radio.send('to y', { group: 'y' });
    await radio.send('to nobody', { group: 'z' });
    await radio.send('to all', { group: 'end' });
    const toX = message('x', 'to x');
    const toY = message('y', 'to y');
    const toAll = message('end', 'to all');
    for (const [raw, expected] of [
      [a, [toX, toAll]],
      [b, [toX, toY, toAll]],
      [c, [toAll]],
    ] as const) {
      const whole = Buffer.concat(expected);
      expect(await raw.read(whole.length)).toEqual(whole);
    }
  });

  it('48-RADIO-8 48-RADIO-9: the group and the part are two frames, and the part as it was given', async () => {
    const radio = await boundRadio();
    const raw = await dish(radio, 'news', '');
    await radio.send('hello', { group: 'news' });
    expect(await raw.read(13)).toEqual(bytes('01 04 "news" 00 05 "hello"'));
    await radio.send('', { group: '' });
    expect(await raw.read(4)).toEqual(bytes('01 00 00 00'));
    for (const body of [bytes('00'), bytes('01 "A"'), pattern(256), pattern(300_000)]) {
      await radio.send(body, { group: Buffer.from('news') });
      expect(await raw.readFrame()).toEqual(bytes('01 04 "news"'));
      expect((await raw.readFrame()).equals(message(body))).toBe(true);
    }
  });

  it('48-RADIO-12: the group is compared exactly, as bytes', async () => {
    const radio = await boundRadio();
    const raw = await dish(radio, 'news', '\xff', 'end');
    for (const group of ['new', 'newss', 'News', '', 'n', Buffer.from('\xff', 'latin1')]) {
      await radio.send('no', { group });
    }
    await radio.send('yes', { group: '\xff' });
    expect(await raw.readFrame()).toEqual(bytes('01 02 C3BF'));
    expect(await raw.readFrame()).toEqual(message('yes'));
    await expectNext(radio, raw, 'end');
  });

  it.each([0, 1])('48-RADIO-15: SHALL receive JOIN and LEAVE, from a peer of version 3.%i', async (minor) => {
    const radio = await boundRadio();
    const raw = await connect(radio.lastEndpoint!);
    await raw.handshake('DISH', undefined, minor);
    raw.write(joins('a'), joins('a'), joins('b'), leaves('never'));
    await raw.fence();
    await expectNext(radio, raw, 'a');
    await expectNext(radio, raw, 'b');
    // Who has joined twice has joined once.
    raw.write(leaves('a'));
    await raw.fence();
    await radio.send('no', { group: 'a' });
    await expectNext(radio, raw, 'b');
  });

  it('48-GROUP-1: a group has 0 to 255 bytes', async () => {
    const radio = await boundRadio();
    const long = 'g'.repeat(255);
    const raw = await dish(radio, long);
    await expectNext(radio, raw, long);
    expect(await rejection(radio.send('x', { group: `${long}g` }))).toMatchObject({ code: 'EINVAL' });
    // libzmq's group is a C string.
    await radio.send('cut', { group: `${long}\0 and more` });
    expect(await raw.readFrame()).toHaveLength(257);
    expect(await raw.readFrame()).toEqual(message('cut'));
  });

  it.each([
    ['256 bytes', Buffer.alloc(256, 'g')],
    ['a zero byte', bytes('"a" 00 "b"')],
  ])('48-GROUP-1 48-GROUP-2: a JOIN with %s closes its peer, and says why; others are served', async (_, group) => {
    const radio = await boundRadio();
    const events = new EventLog(radio);
    const good = await dish(radio, 'g');
    for (const bad of [joins(group), leaves(group)]) {
      events.mark();
      const raw = await connect(radio.lastEndpoint!);
      await raw.handshake('DISH');
      raw.write(bad);
      await raw.ended;
      await events.until('disconnect');
      expect(events.reasons.map(({ message: why }) => why)).toEqual([expect.stringMatching(/group of \d+ bytes/)]);
    }
    await expectNext(radio, good, 'g');
  });

  it('48-RADIO-6: SHALL silently discard messages of dishes, whatever their bytes, and count them', async () => {
    const radio = await boundRadio();
    const raw = await dish(radio, 'g');
    raw.write(message('data'), message('\x01joined?'), message('\x00g'), message('several', '\x00g', 'parts'), message(''));
    await raw.fence();
    await radio.send('no', { group: 'joined?' });
    await expectNext(radio, raw, 'g');
    expect(radio.dropped).toBe(5);
  }); // prettier-ignore

  it('48-RADIO-16: commands, known or not, reach nobody', async () => {
    const radio = await boundRadio();
    const raw = await dish(radio, 'g');
    raw.write(command('SUBSCRIBE', bytes('"x"')), command('join', bytes('"x"')), command('CANCEL', bytes('"g"')));
    await raw.fence();
    await radio.send('no', { group: 'x' });
    await expectNext(radio, raw, 'g');
    expect(radio.dropped).toBe(0);
  });

  it('48-RADIO-2 48-RADIO-5 48-RADIO-13 48-RADIO-14: SHALL NOT block on sending, and drops what finds the queue of a dish full, for that dish alone', async () => {
    const radio = await boundRadio({ sendHighWaterMark: 2 });
    const [lazy, quick] = [await dish(radio, 'g'), await dish(radio, 'g')];
    lazy.pause();
    // Enough to fill the kernel's buffers and the queue behind them.
    const body = pattern(256 * 1024);
    for (let i = 0; i < 64; i++) {
      expect(radio.trySend(body, { group: 'g' })).toBe(true);
      expect(await quick.readFrame()).toEqual(message('g', '').subarray(0, 3));
      expect((await quick.readFrame()).length).toBe(9 + body.length);
    }
    expect(radio.dropped).toBeGreaterThan(0);
    expect(radio.dropped).toBeLessThan(64);
    await expectNext(radio, quick, 'g');
  });

  it('`noDrop`: it waits, and nothing is lost', async () => {
    const radio = await boundRadio({ sendHighWaterMark: 1, noDrop: true });
    const raw = await dish(radio, 'g');
    raw.pause();
    let taken = 0;
    while (radio.trySend(pattern(1024 * 1024), { group: 'g' })) taken++;
    const waiting = radio.send('waits', { group: 'g' });
    raw.resume();
    await waiting;
    for (let i = 0; i < taken; i++) {
      await raw.readFrame();
      expect((await raw.readFrame()).length).toBe(9 + 1024 * 1024);
    }
    expect(await raw.readFrame()).toEqual(bytes('01 01 "g"'));
    expect(await raw.readFrame()).toEqual(message('waits'));
    expect(radio.dropped).toBe(0);
  });

  it('48-RADIO-4: the queue and the memberships of a dish that left are gone', async () => {
    const radio = await boundRadio();
    const events = new EventLog(radio);
    const first = await dish(radio, 'g');
    first.end();
    await events.until('disconnect');
    const second = await dish(radio, 'other');
    await radio.send('no', { group: 'g' });
    await expectNext(radio, second, 'other');
  });

  it('48-RADIO-3: the queue of a dish that it has dialled stays; the next connection joins for itself', async () => {
    const listener = await listen();
    const radio = open(new Radio({ context, linger: 0 }));
    const events = new EventLog(radio);
    radio.connect(listener.endpoint);
    const first = await listener.accept();
    raws.push(first);
    await first.handshake('DISH');
    first.write(joins('g'));
    await first.fence();
    first.end();
    await events.until('disconnect');
    await radio.send('while it is away', { group: 'g' });
    clock.advance(1000);
    const second = await listener.accept();
    raws.push(second);
    await second.handshake('DISH');
    expect(await second.readFrame()).toEqual(bytes('01 01 "g"'));
    expect(await second.readFrame()).toEqual(message('while it is away'));
    second.write(joins('h'));
    await second.fence();
    await radio.send('no', { group: 'g' });
    await expectNext(radio, second, 'h');
  });

  it('MUST NOT allow multipart messages', async () => {
    const radio = await boundRadio();
    const raw = await dish(radio, 'g');
    expect(await rejection(radio.send(['a', 'b'] as never, { group: 'g' }))).toMatchObject({ code: 'EINVAL' });
    expect(() => radio.trySend(['a', 'b'] as never, { group: 'g' })).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
    await expectNext(radio, raw, 'g');
  });

  it.each([
    ['groups', { maxSubscriptions: 100 }, Array.from({ length: 101 }, (_, i) => joins(`group ${i}`))],
    ['bytes of groups', { maxSubscriptionBytes: 1000 }, Array.from({ length: 11 }, (_, i) => joins(`${i}`.padEnd(100, 'g')))],
  ])('a dish with too many %s is closed, and told', async (_, options, all) => {
    const radio = await boundRadio(options);
    const events = new EventLog(radio);
    const modest = await connect(radio.lastEndpoint!);
    await modest.handshake('DISH');
    modest.write(...all.slice(0, -1));
    await modest.fence();
    events.mark();
    const greedy = await connect(radio.lastEndpoint!);
    await greedy.handshake('DISH');
    greedy.write(...all);
    await greedy.ended;
    await events.until('disconnect');
    expect(events.reasons).toHaveLength(1);
    await modest.fence();
  }); // prettier-ignore
});

describe('the DISH', () => {
  async function connectedDish(
    groups: readonly string[],
    minor = 1,
  ): Promise<{ dish: Dish; radio: RawPeer; listener: RawListener }> {
    const listener = await listen();
    const dish = open(new Dish({ context }));
    dish.join(...groups);
    dish.connect(listener.endpoint);
    const radio = await listener.accept();
    raws.push(radio);
    expect(await radio.handshake('RADIO', undefined, minor)).toEqual(ready('DISH'));
    return { dish, radio, listener };
  }

  const next = async (dish: Dish): Promise<[string, string]> => {
    const [part, { group }] = await dish.receive();
    return [String(group), String(part)];
  };

  it.each([0, 1])('48-DISH-14: sends JOIN and LEAVE, to a peer of version 3.%i', async (minor) => {
    const { dish, radio } = await connectedDish(['before'], minor);
    expect(await radio.readFrame()).toEqual(bytes('04 0B 04 "JOIN" "before"'));
    dish.join('', 'two');
    expect(await radio.readFrame()).toEqual(bytes('04 05 04 "JOIN"'));
    expect(await radio.readFrame()).toEqual(bytes('04 08 04 "JOIN" "two"'));
    dish.leave('before', '');
    expect(await radio.readFrame()).toEqual(bytes('04 0C 05 "LEAVE" "before"'));
    expect(await radio.readFrame()).toEqual(bytes('04 06 05 "LEAVE"'));
  });

  it('48-GROUP-1 48-GROUP-2: a group has 0 to 255 bytes, and ends at a zero byte', async () => {
    const { dish, radio } = await connectedDish([]);
    const long = 'g'.repeat(255);
    dish.join(long, 'cut\0here');
    expect(await radio.readFrame()).toEqual(joins(long));
    expect(await radio.readFrame()).toEqual(joins('cut'));
    expect(() => dish.join(`${long}g`)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => dish.join('cut')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('refuses all but RADIOs', async () => {
    const dish = open(new Dish({ context }));
    await dish.bind('tcp://127.0.0.1:*');
    for (const type of ['PUB', 'DISH', 'SCATTER']) {
      const raw = await connect(dish.lastEndpoint!);
      await raw.handshake(type);
      expect(await raw.readFrame()).toEqual(command('ERROR', bytes('13 "Invalid socket type"')));
      await raw.ended;
    }
  });

  it('48-DISH-7 48-DISH-10 48-DISH-12 48-DISH-13: a message is delivered with its group, and as it came', async () => {
    const { dish, radio } = await connectedDish(['g', '']);
    for (const body of [bytes(''), bytes('00'), pattern(255), pattern(256), pattern(300_000)]) {
      radio.write(message('g', body));
      const [part, { group }] = await dish.receive();
      expect([part.equals(body), String(group)]).toEqual([true, 'g']);
    }
    radio.write(message('', 'x'));
    expect(await next(dish)).toEqual(['', 'x']);
  });

  it('48-DISH-11: filters by an exact match what the RADIO sends beyond its groups', async () => {
    const { dish, radio } = await connectedDish(['news']);
    radio.write(message('new', '1'), message('newss', '2'), message('', '3'), message('news', '4'));
    expect(await next(dish)).toEqual(['news', '4']);
    dish.leave('news');
    dish.join('end');
    radio.write(message('news', '5'), message('end', '6'));
    expect(await next(dish)).toEqual(['end', '6']);
    expect(dish.dropped).toBe(0);
  });

  it('MUST discard what is no group and one part, and counts it', async () => {
    const { dish, radio } = await connectedDish(['g']);
    radio.write(message('g'), message('g', 'several', 'parts'), message('\x01g'), message('g', 'x'));
    expect(await next(dish)).toEqual(['g', 'x']);
    expect(dish.dropped).toBe(3);
  });

  it('a group longer than any is nobody’s', async () => {
    const { dish, radio } = await connectedDish(['g']);
    radio.write(message(Buffer.alloc(256, 'g'), 'x'), message('g', 'y'));
    expect(await next(dish)).toEqual(['g', 'y']);
  });

  it('48-DISH-1 48-DISH-2 48-DISH-9: any number of RADIOs, received from fairly', async () => {
    const dish = open(new Dish({ context }));
    dish.join('g');
    await dish.bind('tcp://127.0.0.1:*');
    const [loud, quiet] = [await connect(dish.lastEndpoint!), await connect(dish.lastEndpoint!)];
    for (const raw of [loud, quiet]) {
      await raw.handshake('RADIO');
      expect(await raw.readFrame()).toEqual(joins('g'));
    }
    loud.write(...['l1', 'l2', 'l3'].map((part) => message('g', part)));
    await loud.fence();
    quiet.write(message('g', 'q1'));
    await quiet.fence();
    const got = [];
    for (let i = 0; i < 4; i++) got.push((await next(dish))[1]);
    expect(got).toEqual(['l1', 'q1', 'l2', 'l3']);
  });

  it('48-DISH-5 48-DISH-8: when its queue is full it stops reading, and the radio discards', async () => {
    const dish = open(new Dish({ context, receiveHighWaterMark: 2 }));
    const radio = open(new Radio({ context, linger: 0, sendHighWaterMark: 2 }));
    dish.join('g');
    await dish.bind('tcp://127.0.0.1:*');
    radio.connect(dish.lastEndpoint!);
    // The radio does not tell when it knows of a member.
    while (dish.tryReceive() === undefined) {
      radio.trySend('member?', { group: 'g' });
      await nextTurn();
    }
    const peer = radio.peer!;
    const sendSurely = async (part: string): Promise<void> => {
      while (!radio.trySend(part, { group: 'g', peer })) await radio.untilWritable({ peer });
    };
    await sendSurely('begin');
    while (String((await dish.receive())[0]) !== 'begin');
    let sent = 0;
    // Nobody reads, so sooner or later the queues and the kernel's buffers are full.
    for (; radio.dropped === 0; sent++) {
      expect(radio.trySend(pattern(256 * 1024), { group: 'g' })).toBe(true);
      if (sent % 8 === 0) await nextTurn();
    }
    let received = 0;
    const all = (async () => {
      for (; String((await dish.receive())[0]) !== 'end'; received++);
    })();
    await sendSurely('end');
    await all;
    expect(received).toBe(sent - radio.dropped);
    expect(dish.dropped).toBe(0);
  });

  it('48-DISH-3: the queue of a radio that it has dialled stays; the next connection is told the groups again, each once', async () => {
    const { dish, radio, listener } = await connectedDish(['a', 'gone', 'b']);
    const events = new EventLog(dish);
    for (const group of ['a', 'gone', 'b']) expect(await radio.readFrame()).toEqual(joins(group));
    dish.leave('gone');
    radio.write(message('b', 'before'));
    await radio.fence();
    radio.end();
    await events.until('connect:retry');
    clock.advance(1000);
    const again = await listener.accept();
    raws.push(again);
    await again.handshake('RADIO');
    for (const group of ['a', 'b']) expect(await again.readFrame()).toEqual(joins(group));
    again.write(message('b', 'x'));
    expect([await next(dish), await next(dish)]).toEqual([
      ['b', 'before'],
      ['b', 'x'],
    ]);
    dish.join('c');
    expect(await again.readFrame()).toEqual(joins('c'));
  });

  it('48-DISH-4: a radio that comes is told the groups at once; what it sent before it left is delivered', async () => {
    const dish = open(new Dish({ context }));
    dish.join('a', 'b');
    await dish.bind('tcp://127.0.0.1:*');
    const raw = await connect(dish.lastEndpoint!);
    await raw.handshake('RADIO');
    for (const group of ['a', 'b']) expect(await raw.readFrame()).toEqual(joins(group));
    await untilPeers(dish, 1);
    const events = new EventLog(dish);
    raw.write(message('a', 'last words'));
    raw.end();
    await events.until('disconnect');
    expect(await next(dish)).toEqual(['a', 'last words']);
    expect(dish.tryReceive()).toBeUndefined();
  });
});
