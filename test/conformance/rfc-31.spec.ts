import { createContext, Dealer, Pair } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bindAll, transports } from '../support/clauses.js';
import { nextTurn } from '../support/raw-peer.js';
import {
  closedAfterEach,
  deadEndpoint,
  fill,
  numbers,
  receive,
  rejection,
  text,
  untilPeers,
} from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/* 31/EXPAIR, clause by clause: https://rfc.zeromq.org/spec/31/ */

const open = closedAfterEach();

describe.each(transports)('37-PATTERN-4: PAIR over %s', (_name, address) => {
  async function joined(): Promise<[Pair, Pair]> {
    const [binder, dialer] = [open(new Pair()), open(new Pair())];
    const [endpoint] = await bindAll(address, binder);
    dialer.connect(endpoint!);
    await Promise.all([untilPeers(binder, 1), untilPeers(dialer, 1)]);
    return [binder, dialer];
  }

  it('31-PAIR-1: has one peer, with which it sends and receives; a second one is refused', async () => {
    const [binder, dialer] = await joined();
    const second = open(new Pair({ reconnectInterval: -1, linger: 0 }));
    const events = new EventLog(binder);
    const left = new Promise<void>((resolve) => second.onPeer({ left: () => resolve() }));
    const refused = address.startsWith('inproc:') ? left : events.until('disconnect');
    second.connect(binder.lastEndpoint!);
    // It may have queued something before it was refused.
    second.trySend('of the second');
    await refused;
    await binder.send('question');
    expect(text(await dialer.receive())).toEqual(['question']);
    await dialer.send('answer');
    expect(text(await binder.receive())).toEqual(['answer']);
    // When the first is gone there may be another.
    const firstLeft = new Promise<void>((resolve) => binder.onPeer({ left: () => resolve() }));
    dialer.close();
    await firstLeft;
    const third = open(new Pair());
    third.connect(binder.lastEndpoint!);
    await third.send('of the third');
    expect(text(await binder.receive())).toEqual(['of the third']);
  });

  it('31-PAIR-2 31-PAIR-11 31-PAIR-12: no message is filtered or changed, in either direction', async () => {
    const [a, b] = await joined();
    const messages = [[''], ['', ''], ['\0', 'x', ''], ['x'.repeat(300), 'y']];
    for (const parts of messages) await a.send(parts);
    for (const parts of messages) await b.send(parts);
    expect(await receive(a, messages.length)).toEqual(messages);
    expect(await receive(b, messages.length)).toEqual(messages);
    expect([a.tryReceive(), b.tryReceive()]).toEqual([undefined, undefined]);
  });
});

describe('PAIR', () => {
  it('31-PAIR-3 31-PAIR-6: a queue of limited size in each direction, and neither waits for the other', async () => {
    const [a, b] = [
      open(new Pair({ sendHighWaterMark: 2, receiveHighWaterMark: 3 })),
      open(new Pair({ sendHighWaterMark: 5, receiveHighWaterMark: 7 })),
    ];
    await a.bind('inproc://pair-queues');
    b.connect('inproc://pair-queues');
    expect([fill(a, 100), fill(b, 100)]).toEqual([9, 8]);
    expect(await receive(b, 9)).toEqual(numbers(9));
    expect(await receive(a, 8)).toEqual(numbers(8));
  });

  it('31-PAIR-4: has its queues from the connect on, and keeps them while the connection is lost', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const endpoint = await deadEndpoint(open(new Dealer({ context })));
    const pair = open(new Pair({ context, linger: 0 }));
    const events = new EventLog(pair);
    pair.connect(endpoint);
    for (const body of ['before it was established', 'while it was lost']) {
      await pair.send(body);
      await events.until('connect:retry');
      const peer = open(new Pair({ context }));
      await peer.bind(endpoint);
      clock.advance(1000);
      expect(await receive(peer, 1)).toEqual([[body]]);
      await peer.send(`after "${body}"`);
      events.mark();
      peer.close();
      await events.until('disconnect');
      expect(await receive(pair, 1)).toEqual([[`after "${body}"`]]);
    }
  });

  it('31-PAIR-5: what waits for a peer that connected to it is discarded when that one goes', async () => {
    const pair = open(new Pair());
    await pair.bind('inproc://pair-gone');
    const peer = open(new Pair());
    peer.connect('inproc://pair-gone');
    await pair.send('for the old connection');
    peer.disconnect('inproc://pair-gone');
    expect(pair.writable).toBe(false);
    peer.connect('inproc://pair-gone');
    await pair.send('for the new one');
    expect(text(await peer.receive())).toEqual(['for the new one']);
  });

  it('31-PAIR-7 31-PAIR-8 31-PAIR-9 31-PAIR-10: without an available peer it waits or gives an error, takes nothing, and loses nothing', async () => {
    const pair = open(new Pair({ sendHighWaterMark: 1 }));
    await pair.bind('inproc://pair-waits');
    expect(pair.trySend('not taken')).toBe(false);
    let waits = true;
    const sent = pair.send('0').finally(() => (waits = false));
    await nextTurn();
    expect(waits).toBe(true);
    const peer = open(new Pair({ receiveHighWaterMark: 1 }));
    peer.connect('inproc://pair-waits');
    await sent;
    expect(fill(pair, 10, (i) => i + 1)).toBe(1);
    pair.sendTimeout = 0;
    expect((await rejection(pair.send('too much'))).code).toBe('EAGAIN');
    pair.sendTimeout = -1;
    const last = pair.send('2');
    expect(await receive(peer, 3)).toEqual(numbers(3));
    await last;
    expect([peer.tryReceive(), pair.dropped]).toEqual([undefined, 0]);
  });
});
