import { createContext, Dealer, Pair, Reply, Request, Router } from '@nest-zmq/core';
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

/* 28/REQREP, clause by clause: https://rfc.zeromq.org/spec/28/ */

const EFSM = expect.objectContaining({ code: 'EFSM' }) as Error;
const open = closedAfterEach();

/** Answers each of `count` requests with the socket's name and the request. */
async function serve(socket: Reply | Router, name: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const request = await socket.receive();
    await socket.send([...request.slice(0, -1), `${name}: ${String(request.at(-1))}`]);
  }
}

describe.each(transports)('37-PATTERN-1: REQ over %s', (_name, address) => {
  it('28-REQ-1 28-REQ-6: asks any number of REPs and ROUTERs, one after the other', async () => {
    const servers = [open(new Reply()), open(new Router()), open(new Reply())] as const;
    const endpoints = await bindAll(address, ...servers);
    const request = open(new Request());
    for (const endpoint of endpoints) request.connect(endpoint);
    await untilPeers(request, 3);
    const served = Promise.all(servers.map((server, i) => serve(server, `server ${i}`, 2)));
    const asked: string[] = [];
    for (let i = 0; i < 6; i++) {
      await request.send(i);
      asked.push(text(await request.receive())![0]!);
    }
    await served;
    // Whoever is first, the three take turns.
    const order = asked.slice(0, 3).map((answer) => answer.split(':')[0]!);
    expect(order.toSorted()).toEqual(['server 0', 'server 1', 'server 2']);
    expect(asked).toEqual([...order, ...order].map((name, i) => `${name}: ${i}`));
  });

  it('28-REQ-2: sends one message, then receives one', async () => {
    const request = open(new Request({ sendTimeout: 0, receiveTimeout: 0 }));
    const reply = open(new Reply());
    const [endpoint] = await bindAll(address, reply);
    request.connect(endpoint!);
    await expect(request.receive()).rejects.toEqual(EFSM);
    await request.send('1');
    await expect(request.send('2')).rejects.toEqual(EFSM);
    await serve(reply, 'server', 1);
    request.receiveTimeout = -1;
    expect(text(await request.receive())).toEqual(['server: 1']);
    request.receiveTimeout = 0;
    await expect(request.receive()).rejects.toEqual(EFSM);
  });

  it('28-REQ-9 28-REQ-10: accepts a message from nobody but whom it asked last, and discards others silently', async () => {
    const [a, b] = [open(new Router()), open(new Router())];
    const endpoints = await bindAll(address, a, b);
    const request = open(new Request());
    for (const endpoint of endpoints) request.connect(endpoint);
    await Promise.all([untilPeers(a, 1), untilPeers(b, 1)]);
    // The one that was connected first has the first turn.
    const [asked, other] = [a, b];
    await request.send('question');
    await asked.receive();
    await other.send([other.peer!.routingId!, '', 'nobody asked you']);
    await nextTurn();
    await asked.send([asked.peer!.routingId!, '', 'answer']);
    // Too late: the request has its reply.
    await asked.send([asked.peer!.routingId!, '', 'another answer']);
    expect(text(await request.receive())).toEqual(['answer']);
    await request.send('to the other');
    await other.receive();
    await other.send([other.peer!.routingId!, '', 'its answer']);
    expect(text(await request.receive())).toEqual(['its answer']);
  });
});

describe('REQ', () => {
  it('28-REQ-3 28-REQ-4 28-REQ-5: a message is an empty delimiter and one or more data frames', async () => {
    const listener = await RawListener.listen();
    const request = open(new Request());
    request.connect(listener.endpoint);
    const peer = await listener.accept();
    await peer.handshake('REP');
    for (const [frames, reply] of [
      [['one'], ['back']],
      [['two', ''], ['', 'back', '']],
      [[''], ['']],
    ]) {
      await request.send(frames!);
      for (const [i, part] of ['', ...frames!].entries()) {
        expect(await peer.readFrame()).toEqual(Buffer.from([i < frames!.length ? 1 : 0, part.length, ...Buffer.from(part)]));
      }
      // What has no delimiter, or nothing behind it, is no reply.
      peer.write(message('no delimiter'), message(''), message('x', '', 'y'), message('', ...reply!));
      expect(text(await request.receive())).toEqual(reply);
    }
    peer.destroy();
    listener.close();
  }); // prettier-ignore

  it('28-REQ-7 28-REQ-8: without a peer it waits or gives an error, and what it could not send is not lost', async () => {
    const request = open(new Request());
    await request.bind('inproc://request');
    expect(request.trySend('not taken')).toBe(false);
    const sent = request.send('kept');
    request.sendTimeout = 0;
    await expect(Promise.race([sent, nextTurn().then(() => 'waits')])).resolves.toBe('waits');
    const reply = open(new Reply());
    reply.connect('inproc://request');
    await sent;
    expect(text(await reply.receive())).toEqual(['kept']);
    const lonely = open(new Request({ sendTimeout: 0 }));
    expect((await rejection(lonely.send('x'))).code).toBe('EAGAIN');
  });
});

describe.each(transports)('REP over %s', (_name, address) => {
  it('28-REP-1 28-REP-12: answers any number of REQs and DEALERs, each reply goes to the peer that asked', async () => {
    const reply = open(new Reply());
    const [endpoint] = await bindAll(address, reply);
    const askers = [open(new Request()), open(new Dealer()), open(new Request()), open(new Dealer())];
    connectAll(endpoint!, ...askers);
    const served = serve(reply, 'server', 8);
    for (let round = 0; round < 2; round++) {
      for (const [i, asker] of askers.entries()) {
        await asker.send(asker instanceof Dealer ? ['', `${i}.${round}`] : `${i}.${round}`);
      }
      for (const [i, asker] of askers.entries()) {
        expect(text(await asker.receive())!.at(-1)).toBe(`server: ${i}.${round}`);
      }
    }
    await served;
  });

  it('28-REP-2 28-REP-4 28-REP-5 28-REP-6 28-REP-8 28-REP-9 28-REP-11: takes the envelope off, keeps it, and puts it back; nothing else is changed', async () => {
    const reply = open(new Reply());
    const dealer = open(new Dealer());
    const [endpoint] = await bindAll(address, reply);
    dealer.connect(endpoint!);
    for (const envelope of [[''], ['A', ''], ['A', '\0', 'C', '']]) {
      for (const body of [['x'], [''], ['x', '', '\0'], ['', '', '']]) {
        // Without a delimiter, or without data behind it, there is no request.
        await dealer.send(['no', 'delimiter']);
        await dealer.send(['no data', '']);
        await dealer.send([...envelope, ...body]);
        expect(text(await reply.receive())).toEqual(body);
        await reply.send(['', ...body]);
        expect(text(await dealer.receive())).toEqual([...envelope, '', ...body]);
      }
    }
  });

  it('28-REP-3 28-REP-10: receives one message, then sends one', async () => {
    const reply = open(new Reply({ sendTimeout: 0, receiveTimeout: 0 }));
    const dealer = open(new Dealer());
    const [endpoint] = await bindAll(address, reply);
    dealer.connect(endpoint!);
    await untilPeers(reply, 1);
    await dealer.send(['', '1']);
    await dealer.send(['', '2']);
    await expect(reply.send('nobody asked')).rejects.toEqual(EFSM);
    for (const number of ['1', '2']) {
      reply.receiveTimeout = -1;
      expect(text(await reply.receive())).toEqual([number]);
      reply.receiveTimeout = 0;
      await expect(reply.receive()).rejects.toEqual(EFSM);
      await reply.send(number);
      await expect(reply.send('again')).rejects.toEqual(EFSM);
      expect(text(await dealer.receive())).toEqual(['', number]);
    }
  });

  it('28-REP-13: a reply to a peer that is gone is discarded silently', async () => {
    const reply = open(new Reply());
    const [endpoint] = await bindAll(address, reply);
    const gone = open(new Request({ linger: 0 }));
    gone.connect(endpoint!);
    await gone.send('x');
    await reply.receive();
    const left = new Promise<void>((resolve) => reply.onPeer({ left: () => resolve() }));
    gone.close();
    await left;
    await reply.send('to nobody');
    expect(reply.dropped).toBe(1);
    const next = open(new Request());
    next.connect(endpoint!);
    await next.send('y');
    expect(text(await reply.receive())).toEqual(['y']);
  });
});

describe('REP', () => {
  it('28-REP-7: takes requests of its peers in turn, however many one of them has waiting', async () => {
    const reply = open(new Reply());
    await reply.bind('inproc://fair');
    const dealers = [0, 1, 2].map(() => open(new Dealer()));
    connectAll('inproc://fair', ...dealers);
    for (const [i, dealer] of dealers.entries())
      for (let n = 0; n < [50, 3, 3][i]!; n++) await dealer.send(['', `${i}`]);
    const order: string[] = [];
    for (let i = 0; i < 9; i++) {
      order.push(text(await reply.receive())![0]!);
      await reply.send('');
    }
    expect(order).toEqual(['0', '1', '2', '0', '1', '2', '0', '1', '2']);
  });

  it('28-REP-14: does not wait for a peer that does not read its replies; that one loses them', async () => {
    const reply = open(new Reply({ sendHighWaterMark: 1 }));
    await reply.bind('inproc://no-wait');
    const dealer = open(new Dealer({ receiveHighWaterMark: 1 }));
    dealer.connect('inproc://no-wait');
    for (let i = 0; i < 10; i++) {
      await dealer.send(['', String(i)]);
      await reply.receive();
      expect(reply.trySend('reply')).toBe(true);
    }
    expect(reply.dropped).toBe(8);
    expect(await receive(dealer, 2)).toHaveLength(2);
  });
});

describe.each(transports)('DEALER over %s', (_name, address) => {
  it('28-DEALER-1 28-DEALER-8 28-DEALER-13: talks to any number of REPs and ROUTERs, one after the other', async () => {
    const servers = [open(new Reply()), open(new Router()), open(new Reply())] as const;
    const endpoints = await bindAll(address, ...servers);
    const dealer = open(new Dealer());
    for (const endpoint of endpoints) dealer.connect(endpoint);
    await untilPeers(dealer, 3);
    const served = Promise.all(servers.map((server, i) => serve(server, `server ${i}`, 4)));
    for (let i = 0; i < 12; i++) await dealer.send(['', i]);
    const answers = (await receive(dealer, 12)).map((parts) => parts.at(-1)!);
    await served;
    // Each server has every third.
    const ofServer = new Map<string, number[]>();
    for (const answer of answers) {
      const [server, number] = answer.split(': ') as [string, string];
      ofServer.set(server, [...(ofServer.get(server) ?? []), Number(number)]);
    }
    const starts = [...ofServer.values()].map(([first]) => first!);
    expect(starts.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    for (const [first, ...rest] of ofServer.values()) expect(rest).toEqual([first! + 3, first! + 6, first! + 9]);
  });

  it('28-DEALER-2: changes no message', async () => {
    const [a, b] = [open(new Dealer()), open(new Dealer())];
    const [endpoint] = await bindAll(address, a);
    b.connect(endpoint!);
    const messages = [[''], ['', ''], ['\0', 'x', ''], ['x'.repeat(300)]];
    for (const parts of messages) await a.send(parts);
    for (const parts of messages) await b.send(parts);
    expect(await receive(a, messages.length)).toEqual(messages);
    expect(await receive(b, messages.length)).toEqual(messages);
  });

  it('28-DEALER-3: messages wait in either direction, and neither waits for the other', async () => {
    const [a, b] = [open(new Dealer({ sendHighWaterMark: 0 })), open(new Dealer({ receiveHighWaterMark: 0 }))];
    const [endpoint] = await bindAll(address, a);
    b.connect(endpoint!);
    await untilPeers(a, 1);
    // B reads nothing for now; A still hears it.
    for (let i = 0; i < 500; i++) await a.send(i);
    for (let i = 0; i < 5; i++) await b.send(i);
    expect(await receive(a, 5)).toEqual(numbers(5));
    expect(await receive(b, 500)).toEqual(numbers(500));
  });
});

describe('DEALER', () => {
  it('28-DEALER-4: has queues from the connect on, and keeps them while the connection is lost', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const endpoint = await deadEndpoint(open(new Pair({ context })));
    const dealer = open(new Dealer({ context, linger: 0 }));
    const events = new EventLog(dealer);
    dealer.connect(endpoint);
    await dealer.send('before it was established');
    await events.until('connect:retry');
    const first = open(new Dealer({ context }));
    await first.bind(endpoint);
    clock.advance(1000);
    expect(await receive(first, 1)).toEqual([['before it was established']]);
    await first.send('not read yet');
    const gone = new Promise<void>((resolve) => dealer.onPeer({ left: () => resolve() }));
    events.mark();
    first.close();
    await events.until('connect:retry');
    await dealer.send('while it was lost');
    expect(await receive(dealer, 1)).toEqual([['not read yet']]);
    await gone;
    const second = open(new Dealer({ context, linger: 0 }));
    await second.bind(endpoint);
    clock.advance(1000);
    expect(await receive(second, 1)).toEqual([['while it was lost']]);
  });

  it('28-DEALER-5 28-DEALER-6 28-DEALER-7 28-DEALER-9 28-DEALER-10 28-DEALER-11: a queue of limited size for each peer that connects, which goes with it', async () => {
    const dealer = open(new Dealer({ sendHighWaterMark: 2, sendTimeout: 0 }));
    await dealer.bind('inproc://queues');
    expect(dealer.trySend('nobody there')).toBe(false);
    const full = open(new Dealer({ receiveHighWaterMark: 1 }));
    full.connect('inproc://queues');
    expect(fill(dealer, 10)).toBe(3);
    expect((await rejection(dealer.send('too much'))).code).toBe('EAGAIN');
    // Another peer is available, the full one is not: all goes to the new one.
    const reads = open(new Dealer({ receiveHighWaterMark: 1 }));
    reads.connect('inproc://queues');
    expect(fill(dealer, 10, (i) => i + 3)).toBe(3);
    expect(await receive(reads, 3)).toEqual(numbers(3, 3));
    // What waited for the one that goes is discarded, and a new connection does not find it.
    full.disconnect('inproc://queues');
    full.connect('inproc://queues');
    await dealer.send('to the third');
    await dealer.send('to the new one');
    expect([...(await receive(reads, 1)), ...(await receive(full, 1))].flat().toSorted()).toEqual([
      'to the new one',
      'to the third',
    ]);
    expect(dealer.dropped).toBe(0);
  });

  it('28-DEALER-12: receives from its peers in turn, however many messages one of them has waiting', async () => {
    const dealer = open(new Dealer());
    await dealer.bind('inproc://dealer-fair');
    const peers = [0, 1, 2].map(() => open(new Dealer()));
    connectAll('inproc://dealer-fair', ...peers);
    for (const [i, peer] of peers.entries()) for (let n = 0; n < [50, 3, 3][i]!; n++) await peer.send(`${i}`);
    expect((await receive(dealer, 9)).flat()).toEqual(['0', '1', '2', '0', '1', '2', '0', '1', '2']);
    expect(await receive(dealer, 47)).toEqual(Array.from({ length: 47 }, () => ['0']));
  });
});

describe.each(transports)('ROUTER over %s', (_name, address) => {
  it('28-ROUTER-1 28-ROUTER-6 28-ROUTER-9 28-ROUTER-10: talks to REQs, DEALERs and ROUTERs; their identity is the first frame', async () => {
    const router = open(new Router());
    const [endpoint] = await bindAll(address, router);
    const request = open(new Request({ routingId: 'request' }));
    const dealer = open(new Dealer({ routingId: 'dealer' }));
    const other = open(new Router({ routingId: 'router' }));
    connectAll(endpoint!, request, dealer);
    other.connect(endpoint!, { routingId: 'server' });
    await request.send('q');
    await dealer.send(['d', '']);
    await other.send(['server', 'r']);
    expect((await receive(router, 3)).toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1))).toEqual([
      ['dealer', 'd', ''],
      ['request', '', 'q'],
      ['router', 'r'],
    ]);
  });

  it('28-ROUTER-5: each peer without an identity gets one, unlike any other', async () => {
    const router = open(new Router());
    const [endpoint] = await bindAll(address, router);
    const dealers = Array.from({ length: 20 }, () => open(new Dealer()));
    connectAll(endpoint!, ...dealers);
    for (const [i, dealer] of dealers.entries()) await dealer.send(i);
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const [id, body] = (await router.receive()) as [Buffer, Buffer];
      seen.add(id.toString('hex'));
      await router.send([id, body]);
    }
    expect(seen.size).toBe(20);
    for (const [i, dealer] of dealers.entries()) expect(text(await dealer.receive())).toEqual([String(i)]);
  });

  it('28-ROUTER-11 28-ROUTER-12: the first frame says to whom, and does not go out', async () => {
    const router = open(new Router());
    const [endpoint] = await bindAll(address, router);
    const dealers = ['a', 'b'].map((routingId) => open(new Dealer({ routingId })));
    connectAll(endpoint!, ...dealers);
    await untilPeers(router, 2);
    for (const id of ['a', 'b', 'a']) await router.send([id, `for ${id}`, '']);
    expect(await receive(dealers[0]!, 2)).toEqual([['for a', ''], ['for a', '']]);
    expect(await receive(dealers[1]!, 1)).toEqual([['for b', '']]);
  }); // prettier-ignore
});

describe('ROUTER', () => {
  it('28-ROUTER-2 28-ROUTER-7 28-ROUTER-13 28-ROUTER-14: a full queue of one peer holds up nobody: its messages are dropped, or the sender is told', async () => {
    const router = open(new Router({ sendHighWaterMark: 2, sendTimeout: 0 }));
    await router.bind('inproc://router-queues');
    const [full, reads] = ['full', 'reads'].map((routingId) => open(new Dealer({ routingId, receiveHighWaterMark: 1 })));
    connectAll('inproc://router-queues', full!, reads!);
    for (let i = 0; i < 5; i++) expect(router.trySend(['full', i])).toBe(true);
    expect(router.trySend(['unknown', 'x'])).toBe(true);
    expect(router.dropped).toBe(3);
    expect(router.trySend(['reads', 'y'])).toBe(true);
    expect(text(await reads!.receive())).toEqual(['y']);
    router.mandatory = true;
    expect((await rejection(router.send(['full', 'x']))).code).toBe('EAGAIN');
    expect((await rejection(router.send(['unknown', 'x']))).code).toBe('EHOSTUNREACH');
    // What comes in does not wait for what goes out.
    await full!.send('in');
    expect(text(await router.receive())).toEqual(['full', 'in']);
    expect(await receive(full!, 3)).toEqual(numbers(3));
  }); // prettier-ignore

  it('28-ROUTER-3: has queues from the connect on, and keeps them while the connection is lost', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const endpoint = await deadEndpoint(open(new Pair({ context })));
    const router = open(new Router({ context, mandatory: true, linger: 0 }));
    const events = new EventLog(router);
    router.connect(endpoint, { routingId: 'A' });
    for (const body of ['before it was established', 'while it was lost']) {
      await router.send(['A', body]);
      await events.until('connect:retry');
      const dealer = open(new Dealer({ context, linger: 0 }));
      await dealer.bind(endpoint);
      clock.advance(1000);
      expect(await receive(dealer, 1)).toEqual([[body]]);
      events.mark();
      dealer.close();
      await events.until('disconnect');
    }
  });

  it('28-ROUTER-4: what waits for a peer that connected to it is discarded when that one goes', async () => {
    const router = open(new Router({ mandatory: true }));
    await router.bind('inproc://router-gone');
    const dealer = open(new Dealer({ routingId: 'A' }));
    dealer.connect('inproc://router-gone');
    await router.send(['A', 'for the old connection']);
    dealer.disconnect('inproc://router-gone');
    expect(() => router.trySend(['A', 'x'])).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }) as Error);
    dealer.connect('inproc://router-gone');
    await router.send(['A', 'for the new one']);
    expect(text(await dealer.receive())).toEqual(['for the new one']);
  });

  it('28-ROUTER-8: receives from its peers in turn, however many messages one of them has waiting', async () => {
    const router = open(new Router());
    await router.bind('inproc://router-fair');
    const dealers = [0, 1, 2].map((i) => open(new Dealer({ routingId: `${i}` })));
    connectAll('inproc://router-fair', ...dealers);
    for (const [i, dealer] of dealers.entries()) for (let n = 0; n < [50, 3, 3][i]!; n++) await dealer.send('x');
    expect((await receive(router, 9)).map(([id]) => id)).toEqual(['0', '1', '2', '0', '1', '2', '0', '1', '2']);
  });

  it('28-ROUTER-6: an identity in READY is the one by which the peer is known', async () => {
    const router = open(new Router());
    await router.bind('tcp://127.0.0.1:*');
    const peer = await RawPeer.connect(router.lastEndpoint!);
    await peer.handshake('DEALER', 'chosen by the peer');
    peer.write(message('x'));
    expect(text(await router.receive())).toEqual(['chosen by the peer', 'x']);
    peer.destroy();
  });
});
