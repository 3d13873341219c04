import { createContext, Pair, Pull, Push } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { bindAll, connectAll, transports } from '../support/clauses.js';
import { message } from '../support/raw-bytes.js';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
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

/* 30/PIPELINE, clause by clause: https://rfc.zeromq.org/spec/30/ */

const open = closedAfterEach();
const messages = [[''], ['', ''], ['\0', 'x', ''], ['\x01topic'], ['x'.repeat(300), 'y']];

describe.each(transports)('37-PATTERN-3: PUSH over %s', (_name, address) => {
  it('30-PUSH-1 30-PUSH-8: sends to any number of PULLs, one after the other', async () => {
    const pulls = [0, 1, 2].map(() => open(new Pull()));
    const endpoints = await bindAll(address, ...pulls);
    const push = open(new Push());
    for (const endpoint of endpoints) push.connect(endpoint);
    await untilPeers(push, 3);
    for (let i = 0; i < 12; i++) await push.send(i);
    const received = await Promise.all(pulls.map((pull) => receive(pull, 4)));
    const starts = received.map(([first]) => Number(first![0]));
    expect(starts.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    for (const [i, start] of starts.entries()) {
      expect(received[i]!.flat().map(Number)).toEqual([start, start + 3, start + 6, start + 9]);
    }
    expect('receive' in push).toBe(false);
  });

  it('30-PUSH-2 30-PULL-2 30-PULL-8: no message is filtered or changed', async () => {
    const pull = open(new Pull());
    const push = open(new Push());
    const [endpoint] = await bindAll(address, pull);
    push.connect(endpoint!);
    for (const parts of messages) await push.send(parts);
    expect(await receive(pull, messages.length)).toEqual(messages);
  });
});

describe('PUSH', () => {
  it('30-PUSH-1: what a peer sends to it is discarded', async () => {
    const push = open(new Push());
    await push.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(push.lastEndpoint!);
    await peer.handshake('PULL');
    peer.write(message('a PULL never sends'), message('not', 'even', 'this'));
    await peer.fence();
    expect(push.dropped).toBe(2);
    await push.send('x');
    expect(await peer.readFrame()).toEqual(message('x'));
    peer.destroy();
  });

  it('30-PUSH-3 30-PUSH-6 30-PUSH-7: each peer has a queue of limited size, and is passed over while it is full', async () => {
    const push = open(new Push({ sendHighWaterMark: 2 }));
    await push.bind('inproc://push-queues');
    const [small, large] = [1, 6].map((receiveHighWaterMark) => open(new Pull({ receiveHighWaterMark })));
    connectAll('inproc://push-queues', small!, large!);
    expect(fill(push, 20)).toBe(3 + 8);
    expect(await receive(small!, 3)).toEqual([['0'], ['2'], ['4']]);
    expect((await receive(large!, 8)).flat().map(Number)).toEqual([1, 3, 5, 6, 7, 8, 9, 10]);
  });

  it('30-PUSH-4: has a queue from the connect on, and keeps it while the connection is lost', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const endpoint = await deadEndpoint(open(new Pair({ context })));
    const push = open(new Push({ context, linger: 0 }));
    const events = new EventLog(push);
    push.connect(endpoint);
    for (const body of ['before it was established', 'while it was lost']) {
      await push.send(body);
      await events.until('connect:retry');
      const pull = open(new Pull({ context, linger: 0 }));
      await pull.bind(endpoint);
      clock.advance(1000);
      expect(await receive(pull, 1)).toEqual([[body]]);
      events.mark();
      pull.close();
      await events.until('disconnect');
    }
  });

  it('30-PUSH-5: what waits for a peer that connected to it is discarded when that one goes', async () => {
    const push = open(new Push());
    await push.bind('inproc://push-gone');
    const pull = open(new Pull());
    pull.connect('inproc://push-gone');
    await push.send('for the old connection');
    pull.disconnect('inproc://push-gone');
    expect(push.writable).toBe(false);
    pull.connect('inproc://push-gone');
    await push.send('for the new one');
    expect(text(await pull.receive())).toEqual(['for the new one']);
  });

  it('30-PUSH-9 30-PUSH-10 30-PUSH-11: without an available peer it waits or gives an error, takes nothing, and loses nothing', async () => {
    const push = open(new Push({ sendHighWaterMark: 1 }));
    await push.bind('inproc://push-waits');
    expect(push.trySend('not taken')).toBe(false);
    let waits = true;
    const sent = push.send('0').finally(() => (waits = false));
    await nextTurn();
    expect(waits).toBe(true);
    const pull = open(new Pull({ receiveHighWaterMark: 1 }));
    pull.connect('inproc://push-waits');
    await sent;
    expect(fill(push, 10, (i) => i + 1)).toBe(1);
    push.sendTimeout = 0;
    expect((await rejection(push.send('too much'))).code).toBe('EAGAIN');
    push.sendTimeout = -1;
    const last = push.send('2');
    expect(await receive(pull, 3)).toEqual(numbers(3));
    await last;
    expect([pull.tryReceive(), push.dropped]).toEqual([undefined, 0]);
  });
});

describe.each(transports)('PULL over %s', (_name, address) => {
  it('30-PULL-1: receives from any number of PUSHes', async () => {
    const pull = open(new Pull());
    const [endpoint] = await bindAll(address, pull);
    const pushes = Array.from({ length: 10 }, () => open(new Push()));
    connectAll(endpoint!, ...pushes);
    for (const [i, push] of pushes.entries()) await push.send(i);
    expect((await receive(pull, 10)).flat().toSorted()).toEqual(numbers(10).flat());
    expect('send' in pull).toBe(false);
  });
});

describe('PULL', () => {
  it('30-PULL-3 30-PULL-7: takes messages of its peers in turn, however many one of them has waiting', async () => {
    const pull = open(new Pull());
    await pull.bind('inproc://pull-fair');
    const pushes = [0, 1, 2].map(() => open(new Push()));
    connectAll('inproc://pull-fair', ...pushes);
    for (const [i, push] of pushes.entries()) for (let n = 0; n < [50, 3, 3][i]!; n++) await push.send(`${i}`);
    expect((await receive(pull, 9)).flat()).toEqual(['0', '1', '2', '0', '1', '2', '0', '1', '2']);
  });

  it('30-PULL-4: has a queue from the connect on; what is in it outlives the connection', async () => {
    const clock = new ManualClock();
    const listener = await RawListener.listen();
    const pull = open(new Pull({ context: createContext({ clock }) }));
    const events = new EventLog(pull);
    pull.connect(listener.endpoint);
    for (const body of ['of the first connection', 'of the second']) {
      const peer = await listener.accept();
      await peer.handshake('PUSH');
      peer.write(message(body));
      peer.end();
      await events.until('connect:retry');
      events.mark();
      clock.advance(1000);
    }
    expect((await receive(pull, 2)).flat()).toEqual(['of the first connection', 'of the second']);
    listener.close();
  });

  // As in libzmq: 30/PIPELINE would discard what was received and not read yet.
  it('30-PULL-5: has a queue for each peer that connects; what came before it went is still delivered', async () => {
    const pull = open(new Pull());
    await pull.bind('tcp://127.0.0.1:*');
    const left = new Promise<void>((resolve) => pull.onPeer({ left: () => resolve() }));
    const peer = await RawPeer.connect(pull.lastEndpoint!);
    await peer.handshake('PUSH');
    peer.write(message('whole'), message('not', 'whole').subarray(0, -1));
    peer.end();
    expect(text(await pull.receive())).toEqual(['whole']);
    await left;
    expect(pull.tryReceive()).toBeUndefined();
  });

  it('30-PULL-6: its queues have limits, at which peers have to wait', async () => {
    const pull = open(new Pull({ receiveHighWaterMark: 3 }));
    await pull.bind('inproc://pull-limit');
    const pushes = [0, 1].map(() => open(new Push({ sendHighWaterMark: 1 })));
    connectAll('inproc://pull-limit', ...pushes);
    expect(pushes.map((push) => fill(push, 10))).toEqual([4, 4]);
    await receive(pull, 8);
    expect(pushes.map((push) => fill(push, 10))).toEqual([4, 4]);
  });
});
