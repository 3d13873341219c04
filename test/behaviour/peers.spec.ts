import {
  Dealer,
  Pair,
  type Peer,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import { nextTurn, RawListener, RawPeer } from '../support/raw-peer.js';
import { message } from '../support/raw-bytes.js';
import { closedAfterEach, fill, numbers, receive, rejection, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

describe.each([
  ['inproc', 'inproc://peers'],
  ['tcp', 'tcp://127.0.0.1:*'],
  ['ipc', 'ipc://*'],
])('what we add to zeromq.js, over %s', (name, address) => {
  const open = closedAfterEach();

  async function pipeline(options: object = {}): Promise<{ push: Push; pull: Pull }> {
    const push = open(new Push({ linger: 0, ...options }));
    const pull = open(new Pull());
    await pull.bind(address);
    push.connect(pull.lastEndpoint!);
    await untilPeers(push, 1);
    return { push, pull };
  }

  describe('trySend', () => {
    it('queues now, or gives false where `send` would wait', async () => {
      const push = open(new Push({ linger: 0 }));
      expect(push.trySend('nobody')).toBe(false);
      const pull = open(new Pull());
      await pull.bind(address);
      push.connect(pull.lastEndpoint!);
      expect(push.trySend(['a', 'b'])).toBe(true);
      expect(text(await pull.receive())).toEqual(['a', 'b']);
    });

    it('gives false while a send waits: no message overtakes it', async () => {
      const { push, pull } = await pipeline({ sendHighWaterMark: 1 });
      pull.close();
      const full = open(new Push({ linger: 0 }));
      const first = full.send('first');
      const other = open(new Pull());
      expect(full.trySend('second')).toBe(false);
      await other.bind(address.replace('peers', 'peers-2'));
      full.connect(other.lastEndpoint!);
      await first;
      expect(full.trySend('second')).toBe(true);
      expect(await receive(other, 2)).toEqual([['first'], ['second']]);
      push.close();
    });

    it('goes to one peer only, on every type that sends', async () => {
      const router = open(new Router());
      const [a, b] = [open(new Dealer({ routingId: 'a' })), open(new Dealer({ routingId: 'b' }))];
      await router.bind(address);
      a.connect(router.lastEndpoint!);
      await untilPeers(router, 1);
      b.connect(router.lastEndpoint!);
      await untilPeers(router, 2);
      const peerB = router.peers.find(({ routingId }) => String(routingId) === 'b')!;
      // Without an id frame.
      for (let i = 0; i < 4; i++) expect(router.trySend(['to b', String(i)], { peer: peerB })).toBe(true);
      expect(await receive(b, 4)).toEqual([0, 1, 2, 3].map((i) => ['to b', String(i)]));
      expect(a.tryReceive()).toBeUndefined();

      const push = open(new Push());
      const [x, y] = [open(new Pull()), open(new Pull())];
      await push.bind(address.replace('peers', 'peers-2'));
      x.connect(push.lastEndpoint!);
      await untilPeers(push, 1);
      const peerX = push.peer!;
      y.connect(push.lastEndpoint!);
      await untilPeers(push, 2);
      for (let i = 0; i < 4; i++) push.trySend(i, { peer: peerX });
      expect(await receive(x, 4)).toEqual(numbers(4));
      expect(y.tryReceive()).toBeUndefined();

      const pub = open(new Publisher());
      const sub = open(new Subscriber());
      const subscribed = new Promise<Peer>((resolve) => pub.onSubscription(({ peer }) => resolve(peer)));
      await pub.bind(address.replace('peers', 'peers-3'));
      sub.subscribe('topic');
      sub.connect(pub.lastEndpoint!);
      pub.trySend(['topic', 'to it alone'], { peer: await subscribed });
      expect(text(await sub.receive())).toEqual(['topic', 'to it alone']);
    });

    it('throws EHOSTUNREACH for a peer that is gone, and a TypeError for what is no peer', async () => {
      const { push, pull } = await pipeline();
      const peer = push.peer!;
      const left = new Promise<void>((resolve) => push.onPeer({ left: () => resolve() }));
      pull.close();
      await left;
      expect(() => push.trySend('x', { peer })).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }) as Error);
      expect(() => push.trySend('x', { peer: {} as Peer })).toThrow(TypeError);
    });
  });

  describe('untilWritable', () => {
    it('resolves when there is room, for the socket and for the peer', async () => {
      const { push, pull } = await pipeline({ sendHighWaterMark: 10 });
      const peer = push.peer!;
      const sent = fill(push, 100_000, () => Buffer.alloc(64 * 1024));
      expect(sent).toBeLessThan(100_000);
      expect(peer.writable).toBe(false);
      const waiting = Promise.all([push.untilWritable(), push.untilWritable({ peer })]);
      await receive(pull, sent);
      await waiting;
      expect(peer.writable).toBe(true);
      expect(push.trySend('again', { peer })).toBe(true);
      await push.untilWritable();
    });

    it('resolves when the first peer comes', async () => {
      const push = open(new Push({ linger: 0 }));
      const pull = open(new Pull());
      const waiting = push.untilWritable();
      await pull.bind(address);
      push.connect(pull.lastEndpoint!);
      await waiting;
      expect(push.trySend('x')).toBe(true);
    });

    it('rejects when the peer is lost, and when it is gone already', async () => {
      const { push, pull } = await pipeline({ sendHighWaterMark: 1 });
      const peer = push.peer!;
      // More than the kernel takes; then one behind it.
      const large = Buffer.alloc(64 * 1024 * 1024);
      fill(push, 2000, () => large);
      await nextTurn();
      fill(push, 2000, () => large);
      const waiting = rejection(push.untilWritable({ peer }));
      pull.close();
      expect(await waiting).toMatchObject({ code: 'EHOSTUNREACH' });
      expect(await rejection(push.untilWritable({ peer }))).toMatchObject({ code: 'EHOSTUNREACH' });
    });

    it('rejects when the socket is closed, and when its signal says so', async () => {
      const push = open(new Push());
      const abort = new AbortController();
      const [closing, aborting] = [rejection(push.untilWritable()), rejection(push.untilWritable(abort))];
      abort.abort(new Error('enough'));
      expect((await aborting).message).toBe('enough');
      push.close();
      expect(await closing).toMatchObject({ code: 'EBADF' });
    });
  });

  describe('tryReceive', () => {
    it('takes what is there', async () => {
      const { push, pull } = await pipeline();
      expect(pull.tryReceive()).toBeUndefined();
      await push.send('a');
      await push.send('b');
      expect(text(await pull.receive())).toEqual(['a']);
      // The second came with the first, or comes.
      const second = text(pull.tryReceive()) ?? text(await pull.receive());
      expect(second).toEqual(['b']);
      expect(pull.tryReceive()).toBeUndefined();
    });

    it('takes nothing while a receive waits', async () => {
      const { push, pull } = await pipeline();
      const receiving = pull.receive();
      push.trySend('x');
      expect(pull.tryReceive()).toBeUndefined();
      expect(text(await receiving)).toEqual(['x']);
    });
  });

  describe('onMessage', () => {
    it('gives every message in order, with its peer', async () => {
      const { push, pull } = await pipeline();
      const seen: string[][] = [];
      const all = new Promise<void>((resolve) => {
        pull.onMessage((frames, peer) => {
          expect(pull.peers).toContain(peer);
          seen.push(text(frames)!);
          if (seen.length === 1000) resolve();
        });
      });
      for (let i = 0; i < 1000; i++) await push.send(i);
      await all;
      expect(seen).toEqual(numbers(1000));
    });

    it('gives what had come before it was set', async () => {
      const { push, pull } = await pipeline();
      for (let i = 0; i < 3; i++) await push.send(i);
      expect(text(await pull.receive())).toEqual(['0']);
      const seen: string[][] = [];
      await new Promise<void>((resolve) => {
        pull.onMessage((frames) => {
          if (seen.push(text(frames)!) === 2) resolve();
        });
      });
      expect(seen).toEqual(numbers(2, 1));
    });

    it('excludes `receive`, and the reverse: EBUSY', async () => {
      const { pull } = await pipeline();
      pull.onMessage(() => {});
      expect(() => pull.receive()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
      expect(() => pull.tryReceive()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
      pull.onMessage(undefined);
      const receiving = rejection(pull.receive());
      expect(() => pull.onMessage(() => {})).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
      pull.close();
      await receiving;
      pull.onMessage(undefined);
    });

    it('pauses at once, also from within the sink, and goes on later without loss', async () => {
      const { push, pull } = await pipeline();
      const seen: string[] = [];
      let paused = Promise.resolve();
      const resume = (): void => {
        paused = new Promise((resolve) => {
          pull.onMessage(([body]) => {
            seen.push(String(body));
            if (seen.length % 10 === 0) {
              pull.onMessage(undefined);
              resolve();
            }
          });
        });
      };
      for (let i = 0; i < 95; i++) await push.send(i);
      for (let part = 1; part <= 9; part++) {
        resume();
        await paused;
        expect(seen).toHaveLength(part * 10);
      }
      expect(text(await pull.receive())).toEqual(['90']);
      expect(seen).toEqual(numbers(90).flat());
    });

    it('a sink that is not there holds the sender back', async () => {
      const { push, pull } = await pipeline({ sendHighWaterMark: 10 });
      pull.onMessage(() => pull.onMessage(undefined));
      await push.send(Buffer.alloc(64 * 1024));
      const sent = fill(push, 100_000, () => Buffer.alloc(64 * 1024));
      expect(sent).toBeLessThan(100_000);
      expect(push.trySend('x')).toBe(false);
      const room = push.untilWritable();
      pull.onMessage(() => {});
      await room;
    });

    it('answers from within the sink go out', async () => {
      const rep = open(new Reply());
      const req = open(new Request());
      await rep.bind(address);
      req.connect(rep.lastEndpoint!);
      rep.onMessage(([body]) => void rep.trySend(`re: ${String(body)}`));
      for (let i = 0; i < 5; i++) {
        await req.send(i);
        expect(text(await req.receive())).toEqual([`re: ${i}`]);
      }
    });
  });

  describe('peers', () => {
    it('are told when they join and when they leave, with what they said of themselves', async () => {
      const router = open(new Router());
      const log: string[] = [];
      let wake: (() => void) | undefined;
      const until = async (entry: string): Promise<void> => {
        while (!log.includes(entry)) await new Promise<void>((resolve) => (wake = resolve));
      };
      router.onPeer({
        joined: ({ routingId, socketType, properties }) => {
          log.push(`${String(routingId)} joined as ${socketType} of ${properties['X-Team']}`);
          wake?.();
        },
        left: ({ routingId }, { code }) => {
          log.push(`${String(routingId)} left`);
          expect(code).toMatch(name === 'inproc' ? /^closed$/ : /^ECONNRESET$/);
          wake?.();
        },
      });
      await router.bind(address);
      const dealer = open(new Dealer({ routingId: 'me', metadata: { 'X-Team': 'red' } }));
      dealer.connect(router.lastEndpoint!);
      await until('me joined as DEALER of red');
      const [peer] = router.peers;
      expect(peer).toBe(router.peer);
      expect(peer!.writable).toBe(true);
      await dealer.send('last words');
      expect(text(await router.receive())).toEqual(['me', 'last words']);
      dealer.close();
      await until('me left');
      expect(log).toEqual(['me joined as DEALER of red', 'me left']);
      expect(router.peers).toEqual([]);
      expect(peer!.writable).toBe(false);
    });

    it('leave after their last message was received', async () => {
      const pull = open(new Pull());
      const order: string[] = [];
      await pull.bind(address);
      const push = new Push();
      push.connect(pull.lastEndpoint!);
      for (let i = 0; i < 3; i++) await push.send(i);
      push.close();
      expect(text(await pull.receive())).toEqual(['0']);
      const left = new Promise<void>((resolve) => {
        pull.onPeer({
          left: () => {
            order.push('left');
            resolve();
          },
        });
      });
      pull.onMessage(([body]) => void order.push(String(body)));
      await left;
      expect(order).toEqual(['1', '2', 'left']);
    });

    it('are dropped by `disconnectPeer`, once', async () => {
      const router = open(new Router());
      const dealer = open(new Dealer({ linger: 0, reconnectInterval: -1 }));
      await router.bind(address);
      dealer.connect(router.lastEndpoint!);
      await untilPeers(router, 1);
      await untilPeers(dealer, 1);
      const gone = new Promise<void>((resolve) => dealer.onPeer({ left: () => resolve() }));
      const peer = router.peer!;
      router.disconnectPeer(peer);
      router.disconnectPeer(peer);
      expect(router.peers).toEqual([]);
      expect(peer.writable).toBe(false);
      await gone;
      expect(dealer.peers).toEqual([]);
    });

    it('that we dialled are not dialled again after `disconnectPeer`', async () => {
      const { push, pull } = await pipeline();
      await untilPeers(pull, 1);
      const gone = new Promise<void>((resolve) => pull.onPeer({ left: () => resolve() }));
      push.disconnectPeer(push.peer!);
      await gone;
      expect(push.writable).toBe(false);
      // The endpoint is still known, and can be taken back.
      push.disconnect(pull.lastEndpoint!);
    });
  });

  it('a PAIR refuses a second peer', async () => {
    const [pair, first, second] = [open(new Pair()), open(new Pair()), open(new Pair({ linger: 0 }))];
    await pair.bind(address);
    first.connect(pair.lastEndpoint!);
    await first.send('first');
    expect(text(await pair.receive())).toEqual(['first']);
    second.connect(pair.lastEndpoint!);
    second.trySend('never');
    await first.send('fence');
    expect(text(await pair.receive())).toEqual(['fence']);
    expect(pair.peers).toHaveLength(1);
  });

  it('an XSUB tells one publisher alone with `peer`', async () => {
    const xsub = open(new XSubscriber());
    const [a, b] = [open(new XPublisher()), open(new XPublisher())];
    await a.bind(address);
    await b.bind(address.replace('peers', 'peers-2'));
    xsub.connect(a.lastEndpoint!);
    await untilPeers(xsub, 1);
    const [peerA] = xsub.peers;
    xsub.connect(b.lastEndpoint!);
    await untilPeers(xsub, 2);
    expect(xsub.trySend('\x01topic', { peer: peerA! })).toBe(true);
    expect(text(await a.receive())).toEqual(['\x01topic']);
    await xsub.send('\x01all');
    expect(text(await b.receive())).toEqual(['\x01all']);
  });
});

describe('back-pressure', () => {
  const open = closedAfterEach();

  it('a PULL that nobody reads stops reading from its stream, and goes on without loss', async () => {
    const pull = open(new Pull({ receiveHighWaterMark: 10 }));
    await pull.bind('tcp://127.0.0.1:*');
    const raw = await RawPeer.connect(pull.lastEndpoint!);
    await raw.handshake('PUSH');
    const body = Buffer.alloc(1000, 'x');
    const count = 20_000;
    raw.write(...Array.from({ length: count }, (_, i) => message(String(i), body)));
    expect(text(await pull.receive())![0]).toBe('0');
    for (let i = 1; i < count; i++) {
      const [number] = await pull.receive();
      if (String(number) !== String(i)) throw new Error(`${String(number)} came in place of ${i}`);
    }
    raw.destroy();
  });

  it('a write that fails loses one batch at most, not what is queued behind it', async () => {
    const listener = await RawListener.listen();
    const push = open(new Push({ linger: 0, reconnectInterval: 1, sendHighWaterMark: 0 }));
    const events = new EventLog(push);
    push.connect(listener.endpoint);
    const first = await listener.accept();
    await first.handshake('PULL');
    await events.until('handshake');
    first.pause();
    // More than the kernel takes, then many more than a batch holds.
    await push.send(Buffer.alloc(64 * 1024 * 1024));
    for (let i = 0; i < 1000; i++) await push.send([String(i), Buffer.alloc(4096)]);
    first.reset();
    await events.until('disconnect');
    const second = await listener.accept();
    await second.handshake('PULL');
    // 64 messages of 4 KiB are a batch.
    const body = await second.readFrame();
    expect(Number(body.subarray(2).toString())).toBeLessThanOrEqual(64);
    second.destroy();
    listener.close();
  });
});
