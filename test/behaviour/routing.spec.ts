import { Dealer, Reply, Request, Router } from '@nest-zmq/core';
import { closedAfterEach, fill, receive, text, untilPeers } from '../support/sockets.js';
import { nextTurn } from '../support/raw-peer.js';

const EFSM = expect.objectContaining({ code: 'EFSM', errno: 156384763 }) as Error;

describe.each([
  ['inproc', 'inproc://routing'],
  ['tcp', 'tcp://127.0.0.1:*'],
])('routing over %s', (_name, address) => {
  const open = closedAfterEach();

  describe('ROUTER', () => {
    it('with `mandatory` refuses an unknown id with EHOSTUNREACH', async () => {
      const router = open(new Router({ mandatory: true }));
      const dealer = open(new Dealer());
      await router.bind(address);
      dealer.connect(router.lastEndpoint!);
      await untilPeers(router, 1);
      await expect(router.send(['nobody', 'x'])).rejects.toMatchObject({ code: 'EHOSTUNREACH', errno: 113 });
      expect(() => router.trySend(['nobody', 'x'])).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }) as Error);
    });

    it('with `mandatory` and no peer at all waits, or gives EHOSTUNREACH with `sendTimeout` 0', async () => {
      const router = open(new Router({ mandatory: true, sendTimeout: 0 }));
      await router.bind(address);
      await expect(router.send(['nobody', 'x'])).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    });

    it('with `mandatory` gives EAGAIN for a peer that is full, until it has room', async () => {
      const router = open(new Router({ mandatory: true, sendHighWaterMark: 2, sendTimeout: 0 }));
      const dealer = open(new Dealer({ routingId: 'full', receiveHighWaterMark: 2 }));
      await router.bind(address);
      dealer.connect(router.lastEndpoint!);
      await untilPeers(router, 1);
      const sent = fill(router, 100, (i) => ['full', i]);
      expect(sent).toBeGreaterThanOrEqual(2);
      expect(sent).toBeLessThanOrEqual(4);
      await expect(router.send(['full', 'x'])).rejects.toMatchObject({ code: 'EAGAIN' });
      const writable = router.untilWritable();
      expect(await receive(dealer, sent)).toEqual(Array.from({ length: sent }, (_, i) => [String(i)]));
      await writable;
      expect(router.trySend(['full', 'again'])).toBe(true);
      expect(await receive(dealer, 1)).toEqual([['again']]);
    });

    it('without `mandatory` drops silently what it cannot route', async () => {
      const router = open(new Router());
      const dealer = open(new Dealer({ routingId: 'known' }));
      await router.bind(address);
      dealer.connect(router.lastEndpoint!);
      await untilPeers(router, 1);
      await router.send(['nobody', 'lost']);
      expect(router.dropped).toBe(1);
      await router.send(['known', 'fence']);
      expect(text(await dealer.receive())).toEqual(['fence']);
    });

    it('makes ids of five bytes, the first 0, unique, and never again', async () => {
      const router = open(new Router());
      await router.bind(address);
      const seen = new Set<string>();
      for (let i = 0; i < 20; i++) {
        const dealer = open(new Dealer({ linger: 0 }));
        dealer.connect(router.lastEndpoint!);
        await dealer.send(`from ${i}`);
        const [id, body] = (await router.receive()) as [Buffer, Buffer];
        expect([id.length, id[0], String(body)]).toEqual([5, 0, `from ${i}`]);
        seen.add(id.toString('hex'));
        if (i % 2 === 0) dealer.close();
      }
      expect(seen.size).toBe(20);
    });

    it('reaches a peer by the name of its connect before anything was received', async () => {
      const router = open(new Router({ mandatory: true }));
      const first = open(new Dealer({ routingId: 'its own name' }));
      const second = open(new Dealer({ routingId: 'second' }));
      await first.bind(address);
      await second.bind(address.replace('routing', 'routing-2'));
      router.connect(first.lastEndpoint!, { routingId: 'A' });
      await router.send(['A', 'hello']);
      expect(text(await first.receive())).toEqual(['hello']);
      await first.send('answer');
      expect(text(await router.receive())).toEqual(['A', 'answer']);
      // The name was for that connect only.
      router.connect(second.lastEndpoint!);
      await second.send('hello');
      expect(text(await router.receive())).toEqual(['second', 'hello']);
    });
  });

  describe('REQ', () => {
    it('gives EFSM for a receive before a send, and for a second send', async () => {
      const req = open(new Request({ sendTimeout: 0, receiveTimeout: 0 }));
      const rep = open(new Reply());
      await rep.bind(address);
      req.connect(rep.lastEndpoint!);
      await expect(req.receive()).rejects.toEqual(EFSM);
      await req.send('question');
      await expect(req.send('another')).rejects.toEqual(EFSM);
      expect(() => req.trySend('another')).toThrow(EFSM);
      await rep.receive();
      await rep.send('answer');
      req.receiveTimeout = -1;
      expect(text(await req.receive())).toEqual(['answer']);
      await req.send('another');
    });

    it('with `relaxed` and `correlate` sends again, and drops the answer to the first', async () => {
      const req = open(new Request({ relaxed: true, correlate: true }));
      const router = open(new Router());
      await router.bind(address);
      req.connect(router.lastEndpoint!);
      await req.send('first');
      const [id, firstId, empty] = (await router.receive()) as [Buffer, Buffer, Buffer];
      await req.send('second');
      const second = await router.receive();
      expect(text(second)!.slice(2)).toEqual(['', 'second']);
      await router.send([id, firstId, empty, 'answer to the first']);
      await router.send([second[0]!, second[1]!, '', 'answer to the second']);
      expect(text(await req.receive())).toEqual(['answer to the second']);
    });

    it('with two REPs takes only the answer of the one it asked', async () => {
      const req = open(new Request());
      const a = open(new Router());
      const b = open(new Router());
      await a.bind(address);
      await b.bind(address.replace('routing', 'routing-2'));
      req.connect(a.lastEndpoint!);
      req.connect(b.lastEndpoint!);
      await untilPeers(b, 1);
      await req.send('first');
      const asked = await a.receive();
      await b.send([b.peers[0]!.routingId!, '', 'nobody asked you']);
      // On its way before the answer is.
      await nextTurn();
      await a.send([asked[0]!, '', 'answer']);
      expect(text(await req.receive())).toEqual(['answer']);
      // The next one goes to B; what B said before is not its answer.
      await req.send('second');
      const [id] = await b.receive();
      await b.send([id!, '', 'answer of b']);
      expect(text(await req.receive())).toEqual(['answer of b']);
      expect(req.dropped).toBe(1);
    });
  });

  describe('REP', () => {
    it('gives EFSM for a send before a receive, and for a second send', async () => {
      const rep = open(new Reply({ sendTimeout: 0 }));
      const req = open(new Request());
      await rep.bind(address);
      req.connect(rep.lastEndpoint!);
      await expect(rep.send('nobody asked')).rejects.toEqual(EFSM);
      await req.send('question');
      await rep.receive();
      await rep.send('answer');
      await expect(rep.send('again')).rejects.toEqual(EFSM);
      expect(text(await req.receive())).toEqual(['answer']);
    });

    it('drops silently the answer to a peer that is gone, and receives again', async () => {
      const rep = open(new Reply());
      const leaver = open(new Request({ linger: 0 }));
      await rep.bind(address);
      leaver.connect(rep.lastEndpoint!);
      await leaver.send('question');
      expect(text(await rep.receive())).toEqual(['question']);
      const left = new Promise<void>((resolve) => rep.onPeer({ left: () => resolve() }));
      leaver.close();
      await left;
      await rep.send('to nobody');
      expect(rep.dropped).toBe(1);

      const req = open(new Request());
      req.connect(rep.lastEndpoint!);
      await req.send('next');
      expect(text(await rep.receive())).toEqual(['next']);
      await rep.send('answer');
      expect(text(await req.receive())).toEqual(['answer']);
    });

    it('puts back an envelope of several frames in front of its answer', async () => {
      const rep = open(new Reply());
      const dealer = open(new Dealer());
      await rep.bind(address);
      dealer.connect(rep.lastEndpoint!);
      await dealer.send(['X', 'Y', '', 'body', 'of two parts']);
      expect(text(await rep.receive())).toEqual(['body', 'of two parts']);
      await rep.send(['answer', '', 'of three']);
      expect(text(await dealer.receive())).toEqual(['X', 'Y', '', 'answer', '', 'of three']);
    });
  });
});
