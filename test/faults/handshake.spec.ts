import { Dealer, Publisher, Subscriber } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { Dice } from '../support/dice.js';
import { bytes, command, greeting, GREETING_SIZE, message, pattern, property, ready } from '../support/raw-bytes.js';
import { RawListener } from '../support/raw-peer.js';
import { EventLog } from '../support/stage.js';
import { runWithFewDescriptors } from '../support/few-descriptors.js';
import { Trial } from '../support/trial.js';

/*
 * Bad input and faults: the handshake. The titles quote the list of faults, a line each. After
 * every test the process holds what it held before, and a healthy pair beside has noticed nothing.
 */

let clock: ManualClock;
let trial: Trial;

beforeEach(async () => {
  clock = new ManualClock();
  trial = await Trial.begin(clock, { backlog: 1024 });
});
afterEach(() => trial.end());

/** That the offender is gone, by exactly one event with a reason, and one count. */
async function expectEnd(reason: RegExp, counter: string): Promise<void> {
  const { reasons } = await trial.bystander.during(trial.stage.aftermath());
  expect(reasons).toEqual([expect.stringMatching(reason)]);
  expect(trial.counted).toEqual({ [counter]: 1 });
}

describe('An HTTP request, a TLS ClientHello, 64 zero bytes, random bytes on a ZMTP port → closed', () => {
  const wires: [string, Buffer][] = [
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n')],
    ['a TLS ClientHello', bytes('16 0301 00C8 01 0000C4 0303')],
    ['64 zero bytes', Buffer.alloc(64)],
    ['random bytes', new Dice(1).bytes(4096)],
    ['a signature, and then random bytes', Buffer.concat([bytes('FF 0000000000000000 7F 00'), new Dice(2).bytes(4096)])],
  ]; // prettier-ignore

  it.each(wires)('at the first wrong byte: %s', async (_, wire) => {
    const peer = await trial.raw();
    peer.write(wire);
    await peer.ended;
    await expectEnd(/not a ZMTP 3 peer/, 'greeting');
  });

  it('or at the handshake limit at the latest: random bytes that begin as a greeting does', async () => {
    const peer = await trial.raw();
    peer.write(Buffer.concat([greeting(), bytes('06 000000000000FFFF')]), new Dice(3).bytes(1000));
    await peer.read(GREETING_SIZE);
    await trial.stage.events.until('accept');
    clock.advance(29_999);
    await trial.stage.exchange();
    expect(trial.stage.events.types).toEqual(['accept']);
    clock.advance(1);
    await peer.ended;
    await expectEnd(/no handshake within 30000 ms/, 'handshakeInterval');
  });
});

it('One byte per second from 1,000 connections → each closed at the absolute limit; a good client still connects in under a second', async () => {
  const peers = await Promise.all(Array.from({ length: 1000 }, () => trial.raw()));
  await trial.stage.events.until('accept', 1000);
  const wire = greeting();
  for (let second = 0; second < 29; second++) {
    for (const peer of peers) peer.write(wire.subarray(second, second + 1));
    clock.advance(1000);
    await trial.bystander.exchange();
  }
  const before = performance.now();
  const dealer = new Dealer({ context: trial.stage.context, linger: 0, routingId: 'good' });
  dealer.connect(trial.stage.endpoint);
  await dealer.send('here');
  expect((await trial.stage.router.receive()).map(String)).toEqual(['good', 'here']);
  expect(performance.now() - before).toBeLessThan(1000);
  trial.stage.events.mark();
  clock.advance(1000);
  await trial.bystander.during(Promise.all(peers.map(({ ended }) => ended)));
  await trial.stage.events.until('disconnect', 1000);
  expect(trial.stage.events.reasons).toHaveLength(1000);
  expect(trial.counted).toEqual({ handshakeInterval: 1000 });
  await trial.stage.exchange();
  dealer.close();
});

describe('Silent connections beyond `maxConnections`; EMFILE → accept resumes', () => {
  it('one more than `maxConnections` is refused, and when one has gone there is room again', async () => {
    const small = await Trial.begin(new ManualClock(), { maxConnections: 11 });
    const { stage } = small;
    const silent = await Promise.all(Array.from({ length: 10 }, () => small.raw()));
    await stage.events.until('accept', 10);
    for (let i = 0; i < 20; i++) await (await small.raw()).ended;
    await stage.events.until('accept:error', 20);
    expect(stage.events.reasons.map(String)).toEqual(new Array(20).fill(expect.stringMatching(/maxConnections/)));
    expect(small.counted).toEqual({ maxConnections: 20 });
    silent[0]!.destroy();
    await stage.events.until('disconnect');
    const good = await small.connected('good');
    good.write(message('x'));
    expect((await stage.router.receive()).map(String)).toEqual(['good', 'x']);
    await stage.exchange();
    await small.end();
  });

  it('they keep their places for ten seconds; then the next that comes has that of the oldest', async () => {
    const still = new ManualClock();
    const small = await Trial.begin(still, { maxConnections: 4 });
    const { stage } = small;
    const oldest = await small.raw();
    await stage.events.until('accept');
    still.advance(1);
    const others = [await small.raw(), await small.raw()];
    await stage.events.until('accept', 3);
    still.advance(9_998);
    await (
      await small.raw()
    ).ended;
    await stage.events.until('accept:error');
    still.advance(1);
    // Nobody has come for it yet.
    await stage.exchange();
    expect(stage.events.types).toEqual(['accept', 'accept', 'accept', 'accept:error']);

    const good = await small.bystander.during(small.connected('good'));
    await oldest.ended;
    good.write(message('x'));
    expect((await stage.router.receive()).map(String)).toEqual(['good', 'x']);
    await stage.events.until('disconnect');
    // The others have a moment left.
    await (
      await small.raw()
    ).ended;
    await stage.events.until('accept:error', 2);
    still.advance(1);
    for (const [i, other] of others.entries()) {
      await small.connected(`good ${i}`);
      await other.ended;
    }
    await stage.events.until('disconnect', 3);
    expect(small.counted).toEqual({ maxConnections: 2, maxHandshakes: 3 });
    const ends = stage.events.reasons.map(String).filter((reason) => !reason.includes('already'));
    const why = /\d connections \(maxConnections\), and one more came; the oldest handshake was given up/;
    expect(ends).toEqual(new Array(3).fill(expect.stringMatching(why)));

    // Who has shaken hands stays, however long.
    still.advance(20_000);
    await (
      await small.raw()
    ).ended;
    await stage.events.until('accept:error', 3);
    await stage.exchange();
    await small.end();
  });

  it('of `maxHandshakes` that come in one moment all but the last are given up', async () => {
    const small = await Trial.begin(new ManualClock(), { maxHandshakes: 5, backlog: 1024 });
    const { stage } = small;
    const peers = await Promise.all(Array.from({ length: 100 }, () => small.raw()));
    await small.bystander.during(Promise.all(peers.slice(0, 95).map(({ ended }) => ended)));
    await stage.events.until('disconnect', 95);
    expect(stage.events.reasons).toHaveLength(95);
    expect(small.counted).toEqual({ maxHandshakes: 95 });
    await peers[99]!.handshake('DEALER', 'patient');
    await stage.exchange();
    await small.end();
  });

  it('a process without descriptors accepts again when it has some', async () => {
    // In a process of its own, which is all that may be short of them.
    expect(await trial.bystander.during(runWithFewDescriptors())).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^refused some, served the patient one, accepted anew\n$/) as string,
    });
  });
});

describe('Version 4.7 announced → we speak 3.1. Version 3.0 → works, with its subscription form. 1.0/2.0 → by option', () => {
  it('Version 4.7', async () => {
    const peer = await trial.raw();
    peer.write(greeting(4, 7), ready('DEALER', 'later'), message('hello'));
    expect((await peer.read(GREETING_SIZE)).subarray(10, 12)).toEqual(bytes('03 01'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['later', 'hello']);
    expect(trial.counted).toEqual({});
  });

  it('Version 3.0', async () => {
    const listener = await RawListener.listen();
    const subscriber = new Subscriber({ context: trial.stage.context });
    subscriber.subscribe('A');
    subscriber.connect(listener.endpoint);
    const peer = await listener.accept();
    await peer.handshake('PUB', undefined, 0);
    expect(await peer.readFrame()).toEqual(message(bytes('01 "A"')));
    subscriber.close();
    peer.destroy();
    listener.close();
  });

  it.each([
    ['2.0', bytes('FF 0000000000000001 7F 01 05 00 03 "old"'), 'old'],
    ['1.0', bytes('04 00 "old"'), 'old'],
  ])('%s', async (_, wire, id) => {
    const peer = await trial.raw();
    peer.write(wire);
    await peer.ended;
    await expectEnd(/which is refused|not a ZMTP 3 peer/, 'greeting');
    const legacy = await Trial.begin(new ManualClock(), { legacy: true });
    const old = await legacy.raw();
    old.write(wire);
    await legacy.stage.events.until('handshake');
    expect(legacy.stage.router.peers.map(({ routingId }) => String(routingId))).toContain(id);
    await legacy.end();
  });
});

describe('Mechanism mismatch each way, unknown names → closed; the connecting side does not hammer', () => {
  it.each(['PLAIN', 'CURVE', 'GSSAPI', 'XYZZY', 'null', 'NULL\0X', ''])('a peer with the mechanism "%s"', async (name) => {
    const peer = await trial.raw();
    peer.write(greeting(3, 1, name), ready('DEALER', ''), message('x'));
    await peer.ended;
    await expectEnd(/mechanism/, 'mechanism');
  }); // prettier-ignore

  it('the connecting side, for an hour', async () => {
    const listener = await RawListener.listen();
    const dealer = new Dealer({ context: trial.stage.context, linger: 0 });
    const events = new EventLog(dealer);
    dealer.connect(listener.endpoint);
    const peer = await listener.accept();
    peer.write(greeting(3, 1, 'PLAIN'));
    await peer.ended;
    await events.until('disconnect');
    expect(events.reasons).toHaveLength(1);
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000);
      await trial.bystander.exchange();
    }
    expect(listener.waiting).toBe(0);
    dealer.close();
    listener.close();
  });
});

describe('READY', () => {
  const TYPE = property('Socket-Type', 'DEALER');
  const readyOf = (...parts: Buffer[]) => command('READY', Buffer.concat(parts));

  it.each([
    ['cut', readyOf(TYPE, property('X-a', 'bcd').subarray(0, -1))],
    ['one byte left over', readyOf(TYPE, bytes('05'))],
    ['name length 0', readyOf(TYPE, property('', 'x'))],
    ['value length 0xFFFFFFFF', readyOf(TYPE, bytes('01 "a" FFFFFFFF 00'))],
    ['duplicates', readyOf(TYPE, TYPE)],
    ['duplicates in another case', readyOf(TYPE, property('SOCKET-TYPE', 'DEALER'))],
    ['no Socket-Type', readyOf(property('Identity', 'x'))],
    ['Routing id of 256 bytes', ready('DEALER', pattern(256))],
    ['Routing id with a leading zero byte', ready('DEALER', bytes('00 01020304'))],
  ])('%s → closed', async (_, wire) => {
    const peer = await trial.raw();
    peer.write(greeting(), wire, message('x'));
    await peer.ended;
    await expectEnd(/./, 'properties');
  });

  it('10 MB of properties → closed, no allocation by declared length', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const peer = await trial.raw();
    peer.write(greeting(), bytes('06 0000000000989680 05 "READY"'), Buffer.alloc(60_000));
    await peer.ended;
    await expectEnd(/over the limit of 65536/, 'handshakeCommand');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  });

  it('as many properties as it can hold → accepted, and they cost no more than they should', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => property(`X-${i.toString(36)}`, 'y'));
    const peer = await trial.raw();
    peer.write(greeting(), readyOf(TYPE, property('Identity', 'much'), ...many), message('x'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['much', 'x']);
    expect(trial.grownBy).toBeLessThan(16 * 1024 * 1024);
  });

  it('Mixed-case names → accepted', async () => {
    const peer = await trial.raw();
    peer.write(greeting(), readyOf(property('sOcKeT-tYpE', 'DEALER'), property('IDENTITY', 'mixed')), message('x'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['mixed', 'x']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'User-Id', 'Peer-Address', 'Routing-Id'])(
    'a property of the name %s changes nothing of ours',
    async (name) => {
      const peer = await trial.raw();
      peer.write(greeting(), readyOf(TYPE, property('Identity', 'sly'), property(name, 'forged')), message('x'));
      expect((await trial.stage.router.receive()).map(String)).toEqual(['sly', 'x']);
      const sly = trial.stage.router.peers.find(({ routingId }) => String(routingId) === 'sly')!;
      if (/-/.test(name)) expect(sly.properties[name]).not.toBe('forged');
      expect(({} as { forged?: unknown }).forged).toBeUndefined();
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
      expect(Object.getPrototypeOf(sly.properties)).toBeNull();
    },
  );
});

describe('An impossible pair (PUB with REP, …) → ERROR to the peer, event here, no reconnect storm', () => {
  it.each(['PUB', 'REP', 'PUSH', 'PAIR', 'SUB', 'NOBODY', ''])('a %s at a ROUTER', async (type) => {
    const peer = await trial.raw();
    peer.write(greeting(), ready(type), message('x'));
    await peer.read(GREETING_SIZE);
    await peer.readFrame();
    expect(await peer.readFrame()).toEqual(bytes('04 1A 05 "ERROR" 13 "Invalid socket type"'));
    await peer.ended;
    await expectEnd(/a ROUTER talks to/, 'socketType');
  });

  it('a PUB that connected to a REP', async () => {
    const listener = await RawListener.listen();
    const publisher = new Publisher({ context: trial.stage.context, linger: 0 });
    const events = new EventLog(publisher);
    publisher.connect(listener.endpoint);
    const peer = await listener.accept();
    peer.write(greeting(), ready('REP'));
    await peer.ended;
    await events.until('disconnect');
    expect(events.reasons).toHaveLength(1);
    clock.advance(3_600_000);
    await trial.bystander.exchange();
    expect(listener.waiting).toBe(0);
    publisher.close();
    listener.close();
  });

  it('Routing id taken → refused visibly', async () => {
    const first = await trial.connected('same');
    first.write(message('one'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['same', 'one']);
    trial.stage.events.mark();
    const second = await trial.raw();
    second.write(greeting(), ready('DEALER', 'same'), message('two'));
    await second.ended;
    await expectEnd(/in use by another peer/, 'pattern');
    first.write(message('three'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['same', 'three']);
  });

  it('Routing id taken, with `handover` → handed over with the old connection closed', async () => {
    const other = await Trial.begin(new ManualClock(), { handover: true });
    const first = await other.connected('same');
    const second = await other.connected('same');
    await first.ended;
    expect((await other.stage.aftermath()).reasons).toEqual([expect.stringMatching(/took over/)]);
    expect(other.counted).toEqual({ pattern: 1 });
    await other.stage.router.send(['same', 'hello']);
    expect(await second.readFrame()).toEqual(message('hello'));
    await other.end();
  });
});

describe('Data, PING or a second READY before the handshake is done → closed, nothing delivered', () => {
  it.each([
    ['data', message('x')],
    ['data of several frames', message('x', 'y')],
    ['a PING', command('PING', bytes('0000'))],
    ['a subscription', command('SUBSCRIBE', bytes('"A"'))],
    ['an unknown command', command('HELLO')],
    ['a MESSAGE', command('MESSAGE', pattern(40))],
    ['an empty command', bytes('04 00')],
    ['a command whose name is longer than itself', bytes('04 02 05 "R"')],
  ])('%s', async (_, wire) => {
    const peer = await trial.raw();
    peer.write(greeting(), wire, ready('DEALER', 'raw'), message('x'));
    await peer.ended;
    await expectEnd(/./, 'handshakeCommand');
  });

  it('a second READY behind the first is an unknown command: the first counts', async () => {
    const peer = await trial.raw();
    peer.write(greeting(), ready('DEALER', 'first'), ready('DEALER', 'second'), message('x'));
    expect((await trial.stage.router.receive()).map(String)).toEqual(['first', 'x']);
    expect(trial.counted).toEqual({});
  });
});
