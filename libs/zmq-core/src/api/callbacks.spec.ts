import { once } from 'node:events';
import { connect as connectTo, createServer, type Socket as NetSocket } from 'node:net';
import { ManualClock } from '../testing/manual-clock.js';
import { turn } from '../testing/turn.js';
import { createContext } from './context.js';
import { Dealer, Pair, Pull, Push, Router } from './sockets.js';

/*
 * What users do from within what we call: sinks, listeners of events. And the other
 * moments at which a socket is told something while it does something else.
 */

const ended = (socket: Push | Pull | Dealer) =>
  new Promise<void>((resolve) => socket.events.on('end', () => resolve()));
const joined = (socket: Push | Pull | Dealer) =>
  new Promise<void>((resolve) => socket.onPeer({ joined: () => resolve() }));

describe('a listener that closes its socket', () => {
  it('at `accept`: no peer joins any more', async () => {
    const pull = new Pull({ context: createContext({}) });
    await pull.bind('tcp://127.0.0.1:*');
    const endpoint = pull.lastEndpoint!;
    let peers = 0;
    pull.onPeer({ joined: () => peers++ });
    const end = ended(pull);
    pull.events.on('accept', () => pull.close());
    const push = new Push({ linger: 0, reconnectInterval: -1 });
    push.connect(endpoint);
    const gone = new Promise((resolve) => push.events.on('disconnect', resolve));
    await Promise.all([end, gone]);
    expect([peers, pull.peers]).toEqual([0, []]);
    push.close();
  });

  it.each(['connect:delay', 'connect', 'handshake', 'connect:retry'] as const)(
    'at `%s` of a dial: it ends, and no timer is left',
    async (type) => {
      const clock = new ManualClock();
      const server = type === 'connect:retry' ? undefined : new Push();
      await server?.bind('tcp://127.0.0.1:*');
      const pull = new Pull({ context: createContext({ clock }), connectTimeout: 1000 });
      const end = ended(pull);
      let count = 0;
      pull.onPeer({ joined: () => count++, left: () => count-- });
      pull.events.on(type, () => pull.close());
      pull.connect(server?.lastEndpoint ?? 'tcp://127.0.0.1:1');
      await end;
      expect([clock.pending, count, pull.peers]).toEqual([0, 0, []]);
      server?.close();
    },
  );

  it('at `joined` over inproc: the peer sees it leave', async () => {
    const context = createContext({});
    const pull = new Pull({ context });
    await pull.bind('inproc://closes');
    const push = new Push({ context });
    push.onPeer({ joined: () => push.close() });
    push.connect('inproc://closes');
    while (pull.peers.length > 0) await turn();
    expect(push.closed).toBe(true);
    pull.close();
  });
});

describe('inproc', () => {
  it.each([
    ['PAIR', () => new Pair({ context: createContext({}) }), {}],
    ['ROUTER', () => new Router({ context: createContext({}) }), { routingId: 'same' }],
  ] as const)('a connect that %s refuses waits for nobody', (_type, make, options) => {
    const socket = make();
    for (const name of ['inproc://a', 'inproc://b'])
      expect(() => (socket instanceof Router ? socket.connect(name, options) : socket.connect(name))).not.toThrow();
    socket.close();
  });

  it('a peer that looks for us when we are gone does not find us', async () => {
    const context = createContext({});
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    await pull.bind('inproc://again');
    let times = 0;
    push.onPeer({
      left: () => {
        if (!push.closed && ++times < 100) push.connect('inproc://again');
      },
    });
    push.connect('inproc://again');
    await turn();
    pull.close();
    await turn();
    expect(times).toBe(1);
    const next = new Pull({ context });
    await next.bind('inproc://again');
    await push.send('hello');
    expect(String(await next.receive())).toBe('hello');
    push.close();
    next.close();
  });

  it('a connect after the binder was lost reaches the next one', async () => {
    const context = createContext({});
    const dealer = new Dealer({ context });
    for (const name of ['first', 'second']) {
      const binder = new Dealer({ context });
      await binder.bind('inproc://lost');
      dealer.connect('inproc://lost');
      await dealer.send(name);
      expect(String(await binder.receive())).toBe(name);
      binder.close();
      while (dealer.peers.length > 0) await turn();
    }
    dealer.disconnect('inproc://lost');
    expect(() => dealer.disconnect('inproc://lost')).toThrow(/nothing is/);
    dealer.close();
  });

  it('what was sent before the bind comes from a peer', async () => {
    const context = createContext({});
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    push.connect('inproc://late');
    await push.send('early');
    const types: unknown[] = [];
    pull.onMessage((message, peer) => types.push(String(message), peer.socketType, peer === pull.peer));
    await pull.bind('inproc://late');
    expect(types).toEqual(['early', 'PUSH', true]);
    push.close();
    pull.close();
  });

  it('a sink may pause while its socket is being bound', async () => {
    const context = createContext({});
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    push.connect('inproc://pause');
    for (const text of ['1', '2']) await push.send(text);
    const seen: string[] = [];
    pull.onMessage((message) => {
      seen.push(String(message));
      pull.onMessage(undefined);
    });
    await pull.bind('inproc://pause');
    expect([seen, String(pull.tryReceive())]).toEqual([['1'], '2']);
    push.close();
    pull.close();
  });
});

describe('disconnectPeer', () => {
  it('does not take a send that waits', async () => {
    const push = new Push({ sendHighWaterMark: 1, immediate: true, linger: 0 });
    await push.bind('tcp://127.0.0.1:*');
    const slow = new Pull({ receiveHighWaterMark: 1, reconnectInterval: -1 });
    const met = joined(push);
    slow.connect(push.lastEndpoint!);
    await met;
    const block = Buffer.alloc(8 * 1024 * 1024);
    while (push.trySend(block)) await turn();
    const waits = push.send('for the next');
    push.disconnectPeer(push.peer!);
    const next = new Pull();
    next.connect(push.lastEndpoint!);
    expect(String(await next.receive())).toBe('for the next');
    await waits;
    for (const socket of [push, slow, next]) socket.close();
  });

  it('ends the connection of a peer that does not read', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const push = new Push({ linger: 0 });
    await push.bind('tcp://127.0.0.1:*');
    const pull = new Pull();
    const relayed: NetSocket[] = [];
    server.on('connection', (near) => {
      const far = connectTo(Number(push.lastEndpoint!.split(':').pop()), '127.0.0.1');
      relayed.push(near, far);
      near.pipe(far);
      far.pipe(near);
    });
    const met = joined(push);
    pull.connect(`tcp://127.0.0.1:${(server.address() as { port: number }).port}`);
    await met;
    const far = relayed[1]!;
    far.unpipe();
    far.pause();
    const block = Buffer.alloc(32 * 1024 * 1024);
    push.trySend(block);
    await turn();
    push.disconnectPeer(push.peer!);
    far.on('error', () => {});
    far.resume();
    await once(far, 'close');
    // With all of it read it would have ended in order.
    expect(far.bytesRead).toBeLessThan(block.length);
    push.close();
    for (const socket of relayed) socket.destroy();
    server.close();
    pull.close();
  });
});

describe('events', () => {
  it('by listeners end a `receive` that waits', async () => {
    const pull = new Pull({ context: createContext({}) });
    const waiting = pull.events.receive();
    pull.events.on('end', () => {});
    await expect(waiting).rejects.toThrow(/emitter mode/);
    pull.close();
  });
});

describe('linger', () => {
  it('of a disconnect limits its dials', async () => {
    const clock = new ManualClock();
    const push = new Push({ context: createContext({ clock }), linger: 100 });
    push.connect('tcp://127.0.0.1:1');
    await push.send('to nobody');
    push.disconnect('tcp://127.0.0.1:1');
    clock.advance(100);
    expect(clock.pending).toBe(0);
    const end = ended(push);
    push.close();
    await end;
  });

  it('is not cut short by heartbeats, whose answers are not read any more', async () => {
    const clock = new ManualClock();
    const pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind('tcp://127.0.0.1:*');
    const push = new Push({ context: createContext({ clock }), heartbeatInterval: 10, heartbeatTimeout: 10 });
    push.connect(pull.lastEndpoint!);
    await push.send('first');
    while (!pull.readable) await turn();
    await push.send(Buffer.alloc(32 * 1024 * 1024));
    await turn();
    const end = ended(push);
    push.close();
    clock.advance(1000);
    expect(String(await pull.receive())).toBe('first');
    expect((await pull.receive())[0]).toHaveLength(32 * 1024 * 1024);
    await end;
    pull.close();
  });
});
