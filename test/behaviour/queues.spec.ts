import { jest } from '@jest/globals';
import { createContext, Dealer, Pair, Publisher, Pull, Push, Subscriber, XPublisher } from '@nest-zmq/core';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { message } from '../support/raw-bytes.js';
import { nextTurn, RawListener } from '../support/raw-peer.js';
import { closedAfterEach, deadEndpoint, fill, numbers, receive, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

describe('queues, high-water marks, life cycle', () => {
  const open = closedAfterEach();

  describe('inproc adds up the marks', () => {
    it.each([
      [2, 2, 4],
      [1, 5, 6],
      [1000, 1000, 2000],
    ])('of %i and %i', async (sendHighWaterMark, receiveHighWaterMark, room) => {
      const pull = open(new Pull({ receiveHighWaterMark }));
      const push = open(new Push({ sendHighWaterMark, sendTimeout: 0, linger: 0 }));
      await pull.bind('inproc://marks');
      push.connect('inproc://marks');
      expect(fill(push, room + 10)).toBe(room);
      await expect(push.send('one more')).rejects.toMatchObject({ code: 'EAGAIN' });
      expect(await receive(pull, room)).toEqual(numbers(room));
    });

    it('of 1000 and 1000 by default', async () => {
      const pull = open(new Pull());
      const push = open(new Push());
      await pull.bind('inproc://default-marks');
      push.connect('inproc://default-marks');
      expect(fill(push, 3000)).toBe(2000);
    });

    it.each([
      [0, 2],
      [2, 0],
    ])('where 0 is none: %i and %i', async (sendHighWaterMark, receiveHighWaterMark) => {
      const pull = open(new Pull({ receiveHighWaterMark }));
      const push = open(new Push({ sendHighWaterMark }));
      await pull.bind('inproc://no-mark');
      push.connect('inproc://no-mark');
      expect(fill(push, 5000)).toBe(5000);
    });

    it('and takes a raised one at once: from 1 to 5, with 1 at the peer, are 6', async () => {
      const pull = open(new Pull({ receiveHighWaterMark: 1 }));
      const push = open(new Push({ sendHighWaterMark: 1 }));
      await pull.bind('inproc://raised');
      push.connect('inproc://raised');
      push.sendHighWaterMark = 5;
      expect(fill(push, 10)).toBe(6);
    });

    it('and counts whole messages, whatever their parts', async () => {
      const pull = open(new Pull({ receiveHighWaterMark: 2 }));
      const push = open(new Push({ sendHighWaterMark: 2 }));
      await pull.bind('inproc://whole');
      push.connect('inproc://whole');
      expect(fill(push, 10, (i) => Array.from({ length: 10 }, (_, part) => `${i}.${part}`))).toBe(4);
    });
  });

  it('a mark that is lowered below what is queued loses nothing, and holds from then on', async () => {
    const pull = open(new Pull({ receiveHighWaterMark: 1 }));
    const push = open(new Push({ sendHighWaterMark: 100 }));
    await pull.bind('inproc://lowered');
    push.connect('inproc://lowered');
    const sent = fill(push, 200);
    expect(sent).toBe(101);
    push.sendHighWaterMark = 70;
    expect(push.trySend('too much')).toBe(false);
    expect(await receive(pull, sent)).toEqual(numbers(sent));
    expect(fill(push, 200)).toBe(71);
  });

  it('a receive mark that is lowered while messages wait loses none of those on the wire', async () => {
    const pull = open(new Pull());
    const push = open(new Push({ linger: 0 }));
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(pull.lastEndpoint!);
    await push.send('first');
    const [first] = await receive(pull, 1);
    expect(first).toEqual(['first']);
    for (let i = 0; i < 5; i++) await push.send(i);
    // All five are there when the last is; the third is taken while the mark falls below what is left.
    expect(await receive(pull, 1)).toEqual([['0']]);
    pull.receiveHighWaterMark = 2;
    for (let i = 5; i < 50; i++) await push.send(i);
    expect(await receive(pull, 49)).toEqual(numbers(49, 1));
  });

  it('a connect without `immediate` queues for a dead endpoint: of 10 messages 5 reach the live one', async () => {
    const context = createContext({ clock: new ManualClock() });
    const pull = open(new Pull({ context }));
    const push = open(new Push({ context, linger: 0 }));
    const dead = await deadEndpoint(open(new Pair({ context })));
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(dead);
    push.connect(pull.lastEndpoint!);
    await untilPeers(push, 1);
    for (let i = 0; i < 10; i++) await push.send(i);
    expect(await receive(pull, 5)).toHaveLength(5);
    push.trySend('fence', { peer: push.peer! });
    expect(await receive(pull, 1)).toEqual([['fence']]);
  });

  it('a connect with `immediate` queues for nobody: all 10 messages reach the live one', async () => {
    const context = createContext({ clock: new ManualClock() });
    const pull = open(new Pull({ context }));
    const push = open(new Push({ context, immediate: true }));
    const dead = await deadEndpoint(open(new Pair({ context })));
    await pull.bind('tcp://127.0.0.1:*');
    push.connect(dead);
    push.connect(pull.lastEndpoint!);
    for (let i = 0; i < 10; i++) await push.send(i);
    expect(await receive(pull, 10)).toEqual(numbers(10));
  });

  it('a connect with a mark of 3 and no peer takes exactly 3 messages, the 4th is EAGAIN', async () => {
    const push = open(new Push({ sendHighWaterMark: 3, sendTimeout: 0, linger: 0 }));
    push.connect(await deadEndpoint(open(new Pair())));
    expect(fill(push, 10)).toBe(3);
    await expect(push.send('4th')).rejects.toMatchObject({ code: 'EAGAIN' });
  });

  it.each([100, 1000])('tcp XPUB with a mark of %i takes so many at once, and all arrive', async (mark) => {
    const xpub = open(new XPublisher({ sendHighWaterMark: mark }));
    const sub = open(new Subscriber());
    await xpub.bind('tcp://127.0.0.1:*');
    sub.subscribe('');
    sub.connect(xpub.lastEndpoint!);
    await xpub.receive();
    for (let i = 0; i < mark; i++) expect(xpub.trySend(i)).toBe(true);
    expect(xpub.dropped).toBe(0);
    expect(await receive(sub, mark)).toEqual(numbers(mark));
  });

  it('XPUB with `noDrop` refuses what does not fit, and all 6000 messages arrive in order', async () => {
    const xpub = open(new XPublisher({ sendHighWaterMark: 200, noDrop: true, sendTimeout: 0 }));
    const sub = open(new Subscriber());
    await xpub.bind('tcp://127.0.0.1:*');
    sub.subscribe('');
    sub.connect(xpub.lastEndpoint!);
    await xpub.receive();
    const sent = fill(xpub, 6000);
    expect(sent).toBe(200);
    await expect(xpub.send('too much')).rejects.toMatchObject({ code: 'EAGAIN' });
    const received = receive(sub, 6000);
    for (let i = sent; i < 6000; i++) while (!xpub.trySend(i)) await xpub.untilWritable();
    expect(await received).toEqual(numbers(6000));
  });

  describe('a pipe that is full within one turn', () => {
    async function connected(options: { sendHighWaterMark?: number } = {}) {
      const push = open(new Push(options));
      const pull = open(new Pull());
      await pull.bind('tcp://127.0.0.1:*');
      push.connect(pull.lastEndpoint!);
      await untilPeers(push, 1);
      return { push, pull };
    }

    it('is emptied at once when its mark is a large one: all is taken, and arrives in order', async () => {
      const { push, pull } = await connected();
      expect(fill(push, 30_000)).toBe(30_000);
      expect(await receive(pull, 30_000)).toEqual(numbers(30_000));
    });

    it('takes what its mark says when that is small', async () => {
      const { push, pull } = await connected({ sendHighWaterMark: 255 });
      expect(fill(push, 3000)).toBe(255);
      expect(await receive(pull, 255)).toEqual(numbers(255));
    });

    it('shares the batch with those of other peers and sockets', async () => {
      const pulls = await Promise.all(
        [0, 1, 2].map(async () => {
          const pull = open(new Pull({ receiveHighWaterMark: 0 }));
          await pull.bind('tcp://127.0.0.1:*');
          return pull;
        }),
      );
      const both = open(new Push());
      const single = open(new Push());
      for (const pull of pulls.slice(0, 2)) both.connect(pull.lastEndpoint!);
      single.connect(pulls[2]!.lastEndpoint!);
      await Promise.all([untilPeers(both, 2), untilPeers(single, 1)]);
      for (let i = 0; i < 10_000; i++) {
        expect(both.trySend(i)).toBe(true);
        expect(single.trySend(i)).toBe(true);
      }
      const [even, odd, all] = await Promise.all([
        receive(pulls[0]!, 5000),
        receive(pulls[1]!, 5000),
        receive(pulls[2]!, 10_000),
      ]);
      expect(
        [...even, ...odd]
          .flat()
          .map(Number)
          .toSorted((a, b) => a - b),
      ).toEqual(numbers(10_000).flat().map(Number));
      expect(all).toEqual(numbers(10_000));
    });

    it('loses nothing when the socket is closed in the same turn', async () => {
      const { push, pull } = await connected();
      expect(fill(push, 2500)).toBe(2500);
      push.close();
      expect(await receive(pull, 2500)).toEqual(numbers(2500));
    });
  });

  describe('marks in bytes, beside those in messages', () => {
    const piece = (i: number): Buffer => Buffer.alloc(300, i);

    it('take what begins below them: of 300 bytes each, 4 into 1000', async () => {
      const push = open(new Push({ sendHighWaterMarkBytes: 1000, sendTimeout: 0, reconnectInterval: 1 }));
      const pull = open(new Pull());
      const endpoint = await deadEndpoint(pull);
      push.connect(endpoint);
      expect(fill(push, 10, piece)).toBe(4);
      await expect(push.send('one byte more')).rejects.toMatchObject({ code: 'EAGAIN' });
      await pull.bind(endpoint);
      for (let i = 0; i < 4; i++) expect(await pull.receive()).toEqual([piece(i)]);
      await push.untilWritable();
    });

    it('count every part, and whichever mark is reached first holds', async () => {
      const bytes = open(new Push({ sendHighWaterMarkBytes: 1000, sendHighWaterMark: 100, linger: 0 }));
      const messages = open(new Push({ sendHighWaterMarkBytes: 1000, sendHighWaterMark: 2, linger: 0 }));
      const endpoint = await deadEndpoint(open(new Pair()));
      for (const push of [bytes, messages]) push.connect(endpoint);
      expect(fill(bytes, 10, (i) => [piece(i), piece(i)])).toBe(2);
      expect(fill(messages, 10, piece)).toBe(2);
    });

    it('are added up over inproc, and open again when half was read', async () => {
      const pull = open(new Pull({ receiveHighWaterMarkBytes: 1000 }));
      const push = open(new Push({ sendHighWaterMarkBytes: 2000 }));
      await pull.bind('inproc://bytes');
      push.connect('inproc://bytes');
      expect(fill(push, 100, piece)).toBe(10);
      for (let i = 0; i < 4; i++) expect(await pull.receive()).toEqual([piece(i)]);
      expect(push.trySend('too early')).toBe(false);
      await pull.receive();
      // A part is given back when the next one is taken: its receiver may still have it in hand.
      await pull.receive();
      await push.untilWritable();
      expect(push.trySend('in time')).toBe(true);
    });

    it('of who receives stop the peer, who then meets its own, and nothing is lost', async () => {
      const pull = open(new Pull({ receiveHighWaterMark: 0, receiveHighWaterMarkBytes: 200_000 }));
      const push = open(new Push({ sendHighWaterMark: 20 }));
      await pull.bind('tcp://127.0.0.1:*');
      push.connect(pull.lastEndpoint!);
      await untilPeers(push, 1);
      const large = Buffer.alloc(1_000_000);
      let sent = 0;
      for (let quiet = 0; quiet < 10; quiet++) {
        const more = fill(push, 1000, (i) => [sent + i, large]);
        sent += more;
        if (more > 0) quiet = 0;
        await nextTurn();
      }
      // Twenty in the queue; beyond them at most what the kernel and one batch hold.
      expect(sent).toBeGreaterThanOrEqual(20);
      expect(sent).toBeLessThan(100);
      for (let i = 0; i < sent; i++) expect(String((await pull.receive())[0])).toBe(String(i));
    });

    it('are none by default', () => {
      const dealer = open(new Dealer());
      expect([dealer.sendHighWaterMarkBytes, dealer.receiveHighWaterMarkBytes]).toEqual([0, 0]);
    });
  });

  it('a PULL that disconnects and connects again leaves the old messages behind, at both ends', async () => {
    const push = open(new Push({ sendHighWaterMark: 1 }));
    const pull = open(new Pull({ receiveHighWaterMark: 1 }));
    await push.bind('inproc://again');
    pull.connect('inproc://again');
    expect(fill(push, 10, (i) => `old ${i}`)).toBe(2);
    pull.disconnect('inproc://again');
    pull.connect('inproc://again');
    expect(fill(push, 10, (i) => `new ${i}`)).toBe(2);
    expect(await receive(pull, 2)).toEqual([['new 0'], ['new 1']]);
    expect(pull.tryReceive()).toBeUndefined();
  });

  describe('without a peer', () => {
    it.each([
      ['PUB', (): Publisher => new Publisher()],
      ['XPUB', (): XPublisher => new XPublisher()],
    ])('%s drops', async (_type, create) => {
      const publisher = open(create());
      await publisher.bind('inproc://nobody');
      await publisher.send('nobody hears it');
    });

    it.each([
      ['PUSH', (): Push => new Push({ sendTimeout: 0 })],
      ['DEALER', (): Dealer => new Dealer({ sendTimeout: 0 })],
    ])('%s waits, or gives EAGAIN', async (_type, create) => {
      const socket = open(create());
      await socket.bind('tcp://127.0.0.1:*');
      expect(socket.writable).toBe(false);
      expect(socket.trySend('nobody')).toBe(false);
      await expect(socket.send('nobody')).rejects.toMatchObject({ code: 'EAGAIN', errno: 11 });
    });
  });

  it('PUB drops for a subscriber that is full, and counts it', async () => {
    const pub = open(new Publisher({ sendHighWaterMark: 5 }));
    const sub = open(new Subscriber({ receiveHighWaterMark: 5 }));
    await pub.bind('inproc://full');
    sub.subscribe('');
    sub.connect('inproc://full');
    expect(fill(pub, 25)).toBe(25);
    expect(pub.dropped).toBe(15);
    expect(await receive(sub, 10)).toEqual(numbers(10));
    expect(pub.trySend('room again')).toBe(true);
    expect(await receive(sub, 1)).toEqual([['room again']]);
  });

  describe('linger', () => {
    it.each(['tcp://127.0.0.1:*', 'ipc://*', 'inproc://linger'])(
      'for ever by default: all 100 arrive over %s',
      async (at) => {
        const pull = open(new Pull());
        const push = new Push();
        await pull.bind(at);
        push.connect(pull.lastEndpoint!);
        for (let i = 0; i < 100; i++) await push.send(i);
        push.close();
        expect(await receive(pull, 100)).toEqual(numbers(100));
      },
    );

    it('for ever by default: what waits for a peer that is not there yet arrives too', async () => {
      const push = new Push({ reconnectInterval: 1 });
      const pull = open(new Pull());
      const endpoint = await deadEndpoint(pull);
      push.connect(endpoint);
      for (let i = 0; i < 100; i++) await push.send(i);
      push.close();
      await pull.bind(endpoint);
      expect(await receive(pull, 100)).toEqual(numbers(100));
    });

    it('for ever by default: also by a socket that had stopped reading, over a lost connection', async () => {
      const clock = new ManualClock();
      const dealer = new Dealer({ receiveHighWaterMark: 1, context: createContext({ clock }) });
      const events = new EventLog(dealer);
      const listener = await RawListener.listen();
      dealer.connect(listener.endpoint);
      const first = await listener.accept();
      await first.handshake('DEALER');
      await events.until('handshake');
      first.write(...numbers(10).map((parts) => message(...parts)));
      expect(text(await dealer.receive())).toEqual(['0']);
      first.pause();
      // More than the kernel takes.
      await dealer.send(Buffer.alloc(64 * 1024 * 1024));
      await dealer.send('behind it');
      await nextTurn();
      dealer.close();
      first.reset();
      await events.until('connect:retry');
      clock.advance(1000);
      const second = await listener.accept();
      await second.handshake('DEALER');
      expect(await second.readFrame()).toEqual(message('behind it'));
      second.destroy();
      listener.close();
    });

    it('goes by `immediate` as it was at the connect', async () => {
      const context = createContext({ clock: new ManualClock() });
      const queues = new Push();
      const endpoint = await deadEndpoint(open(new Pair()));
      queues.connect(endpoint);
      await queues.send('queued');
      const queuesNot = new Push({ context, immediate: true });
      const events = new EventLog(queuesNot);
      queuesNot.connect(endpoint);
      await events.until('connect:retry');
      const warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
      queues.immediate = true;
      queuesNot.immediate = false;
      warn.mockRestore();

      queuesNot.close();
      await events.until('end');
      queues.close();
      const pull = open(new Pull());
      await pull.bind(endpoint);
      expect(await receive(pull, 1)).toEqual([['queued']]);
    });

    it('of 0 drops what is queued: the end comes at once', async () => {
      const push = new Push({ linger: 0, context: createContext({ clock: new ManualClock() }) });
      const events = new EventLog(push);
      push.connect(await deadEndpoint(open(new Pair())));
      await push.send('never sent');
      push.close();
      await events.until('end');
    });

    it('of 0 gives up a peer that does not read', async () => {
      const push = new Push({ linger: 0 });
      const events = new EventLog(push);
      const listener = await RawListener.listen();
      push.connect(listener.endpoint);
      const slow = await listener.accept();
      await slow.handshake('PULL');
      slow.pause();
      // More than the kernel takes.
      await push.send(Buffer.alloc(64 * 1024 * 1024));
      await nextTurn();
      push.close();
      await events.until('end');
      slow.destroy();
      listener.close();
    });

    it('counts for what an earlier disconnect has left to deliver, too', async () => {
      const clock = new ManualClock();
      const context = createContext({ clock });
      const dead = await deadEndpoint(open(new Pair({ context })));
      for (const linger of [0, 200]) {
        const push = new Push({ context });
        const events = new EventLog(push);
        push.connect(dead);
        await push.send('left behind');
        push.disconnect(dead);
        push.linger = linger;
        push.close();
        clock.advance(linger);
        await events.until('end');
      }
    });

    it('of 200 ms waits so long for a peer that does not read, and no longer', async () => {
      const clock = new ManualClock();
      const push = new Push({ linger: 200, context: createContext({ clock }) });
      const events = new EventLog(push);
      const listener = await RawListener.listen();
      push.connect(listener.endpoint);
      const slow = await listener.accept();
      await slow.handshake('PULL');
      slow.pause();
      // More than the kernel takes.
      await push.send(Buffer.alloc(64 * 1024 * 1024));
      await push.send('behind it');
      push.close();
      clock.advance(199);
      expect(push.closed).toBe(true);
      expect(events.types).not.toContain('end');
      clock.advance(1);
      await events.until('end');
      slow.destroy();
      listener.close();
    });
  });

  describe('endpoints', () => {
    it('`tcp://*:*` becomes `tcp://0.0.0.0:N`, and only that text unbinds it', async () => {
      const pull = open(new Pull());
      await pull.bind('tcp://*:*');
      const endpoint = pull.lastEndpoint!;
      expect(endpoint).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
      const other = endpoint.replace('0.0.0.0', '*');
      await expect(pull.unbind(other)).rejects.toMatchObject({ code: 'ENOENT', address: other });
      await pull.unbind(endpoint);
      await expect(pull.unbind(endpoint)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('inproc: 1000 connects before the bind all reach it', async () => {
      const context = createContext({}, { maxSockets: 2000 });
      const pull = open(new Pull({ context }));
      for (let i = 0; i < 1000; i++) {
        const push = open(new Push({ context }));
        push.connect('inproc://later');
        await push.send(i);
      }
      await pull.bind('inproc://later');
      // In the order of the connects: each gets its turn.
      expect(await receive(pull, 1000)).toEqual(numbers(1000));
    });

    it('inproc: what a connected PUB sends before its SUB is bound is lost, not queued', async () => {
      const pub = open(new Publisher());
      const sub = open(new Subscriber());
      pub.connect('inproc://late-sub');
      await pub.send('too early');
      sub.subscribe('');
      await sub.bind('inproc://late-sub');
      await pub.send('in time');
      expect(text(await sub.receive())).toEqual(['in time']);
    });

    describe('ipc', () => {
      let directory: string;

      beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), 'zmq-behaviour-'));
      });

      afterEach(() => rmSync(directory, { recursive: true }));

      it('takes the place of a socket file that nobody listens at', async () => {
        const path = join(directory, 'stale');
        const before = open(new Pull());
        await before.bind(`ipc://${path}.moved`);
        renameSync(`${path}.moved`, path);
        await before.unbind(`ipc://${path}.moved`);

        const pull = open(new Pull());
        const push = open(new Push());
        await pull.bind(`ipc://${path}`);
        push.connect(`ipc://${path}`);
        await push.send('here');
        expect(text(await pull.receive())).toEqual(['here']);
      });

      it('refuses a second bind to a live path (libzmq steals it)', async () => {
        const endpoint = `ipc://${join(directory, 'live')}`;
        const first = open(new Pull());
        const push = open(new Push());
        await first.bind(endpoint);
        await expect(open(new Pull()).bind(endpoint)).rejects.toMatchObject({ code: 'EADDRINUSE', address: endpoint });
        push.connect(endpoint);
        await push.send('still mine');
        expect(text(await first.receive())).toEqual(['still mine']);
      });
    });
  });
});
