import { Publisher, Subscriber, XPublisher, XSubscriber } from '@nest-zmq/core';
import { closedAfterEach, receive, text } from '../support/sockets.js';

/* What is expected is what libzmq 4.3.5 does (npm zeromq; options that it lacks set by number). */

describe.each([
  ['inproc', 'inproc://pubsub-options'],
  ['tcp', 'tcp://127.0.0.1:*'],
])('over %s', (_name, address) => {
  const open = closedAfterEach();

  async function bound(xpub: XPublisher): Promise<XPublisher> {
    await xpub.bind(address);
    return open(xpub);
  }

  function connected<S extends Subscriber | XSubscriber>(socket: S, publisher: Publisher | XPublisher): S {
    socket.connect(publisher.lastEndpoint!);
    return open(socket);
  }

  /** Everything that a subscriber of `fence` has got up to the fence. */
  async function upToFence(publisher: Publisher | XPublisher, subscriber: Subscriber): Promise<string[][]> {
    await publisher.send('fence');
    const all: string[][] = [];
    for (;;) {
      const message = text(await subscriber.receive())!;
      if (message[0] === 'fence') return all;
      all.push(message);
    }
  }

  describe('an XPUB with `manual`', () => {
    it('subscribes its peers to what its application says, and tells it of all they ask for', async () => {
      const xpub = await bound(new XPublisher({ manual: true }));
      const [a, b] = [connected(new Subscriber(), xpub), connected(new Subscriber(), xpub)];
      a.subscribe('A', 'XA', 'fence');
      expect(await receive(xpub, 3)).toEqual([['\x01A'], ['\x01XA'], ['\x01fence']]);
      xpub.subscribe('XA', 'fence');
      b.subscribe('A', 'fence');
      expect(await receive(xpub, 2)).toEqual([['\x01A'], ['\x01fence']]);
      xpub.subscribe('A', 'fence');
      expect(xpub.topicsCount).toBe(3);
      for (const topic of ['A1', 'XA1']) await xpub.send(topic);
      expect(await upToFence(xpub, a)).toEqual([['XA1']]);
      expect(await receive(b, 2)).toEqual([['A1'], ['fence']]);
      a.unsubscribe('XA');
      expect(await receive(xpub, 1)).toEqual([['\x00XA']]);
      // It holds what the application has given it, until that is taken back.
      expect(xpub.topicsCount).toBe(3);
      xpub.unsubscribe('XA');
      expect(xpub.topicsCount).toBe(2);
      expect(await upToFence(xpub, a)).toEqual([]);
      a.close();
      expect((await receive(xpub, 2)).flat().toSorted()).toEqual(['\x00A', '\x00fence']);
      // Of a peer that is gone nothing is confirmed.
      xpub.subscribe('nobody');
      expect(xpub.topicsCount).toBe(2);
    });

    it('refuses to subscribe its peers when it is not set', async () => {
      const xpub = await bound(new XPublisher());
      for (const method of ['subscribe', 'unsubscribe'] as const) {
        expect(() => xpub[method]('A')).toThrow(expect.objectContaining({ code: 'EINVAL' }) as Error);
      }
    });
  });

  it('an XPUB with `lastValue` can send the last value to each new subscriber alone', async () => {
    const xpub = await bound(new XPublisher({ lastValue: true }));
    const early = connected(new Subscriber(), xpub);
    early.subscribe('A', 'fence');
    expect(await receive(xpub, 2)).toEqual([['\x01A'], ['\x01fence']]);
    xpub.subscribe('A', 'fence');
    await xpub.send('A 1');
    const late = connected(new Subscriber(), xpub);
    late.subscribe('A', 'fence');
    expect(await receive(xpub, 2)).toEqual([['\x01A'], ['\x01fence']]);
    xpub.subscribe('A', 'fence');
    await xpub.send('A 1');
    await xpub.send('A 2');
    expect(await upToFence(xpub, early)).toEqual([['A 1'], ['A 2']]);
    expect(await receive(late, 3)).toEqual([['A 1'], ['A 2'], ['fence']]);
  });

  it('an XPUB with `welcomeMessage` sends it to each new subscriber first, once', async () => {
    const xpub = await bound(new XPublisher({ welcomeMessage: 'W' }));
    for (let i = 0; i < 2; i++) {
      const sub = connected(new Subscriber(), xpub);
      sub.subscribe('');
      await xpub.send('lost, or not yet subscribed');
      expect(text(await sub.receive())).toEqual(['W']);
      sub.close();
    }
  });

  it.each([false, true])('with `onlyFirstSubscribe` %s', async (onlyFirstSubscribe) => {
    const xpub = await bound(new XPublisher({ onlyFirstSubscribe }));
    const xsub = connected(new XSubscriber({ onlyFirstSubscribe }), xpub);
    await xsub.send(['\x01A', '\x01B']);
    await xsub.send(['user', '\x01C', 'x']);
    await xsub.send(['\x01D', 'tail']);
    expect(await receive(xpub, 5)).toEqual([
      ['\x01A'],
      // As data, or as a subscription.
      ['\x01B'],
      ['user', '\x01C', 'x'],
      ['\x01D'],
      ['tail'],
    ]);
    expect([xpub.topicsCount, xsub.topicsCount]).toEqual(onlyFirstSubscribe ? [2, 2] : [4, 4]);
    await xsub.send('\x01fence');
    await xpub.receive();
    for (const topic of ['A', 'B', 'C', 'D', 'fence']) await xpub.send(topic);
    const expected = onlyFirstSubscribe ? ['A', 'D', 'fence'] : ['A', 'B', 'C', 'D', 'fence'];
    expect((await receive(xsub, expected.length)).flat()).toEqual(expected);
  });

  it('an XSUB with `verboseUnsubscribe` passes on every cancellation, and a verbose XPUB tells of it', async () => {
    const xpub = await bound(new XPublisher({ verbosity: 'allSubsUnsubs' }));
    const xsub = connected(new XSubscriber(), xpub);
    const all = async (): Promise<string[]> => {
      for (const message of ['\x00A', '\x01A', '\x01A', '\x00A', '\x00A', '\x01fence', '\x00fence']) {
        await xsub.send(message);
      }
      const told: string[] = [];
      while (told.at(-1) !== '\x00fence') told.push(String((await xpub.receive())[0]));
      return told.slice(0, -2);
    };
    expect(await all()).toEqual(['\x01A', '\x01A', '\x00A']);
    xsub.verboseUnsubscribe = true;
    expect(await all()).toEqual(['\x00A', '\x01A', '\x01A', '\x00A', '\x00A']);
  });

  it('`topicsCount` is the number of different topics', async () => {
    const pub = open(new Publisher());
    await pub.bind(address);
    const [a, b] = [connected(new Subscriber(), pub), connected(new Subscriber(), pub)];
    const subscribed = (count: number) =>
      new Promise<void>((resolve) => {
        let left = count;
        pub.onSubscription(() => {
          if (--left === 0) resolve();
        });
      });
    let all = subscribed(6);
    a.subscribe('A', 'A', 'B', '');
    b.subscribe('A', 'C');
    expect([a.topicsCount, b.topicsCount]).toEqual([3, 2]);
    await all;
    expect(pub.topicsCount).toBe(4);
    all = subscribed(3);
    a.unsubscribe('A');
    expect(a.topicsCount).toBe(3);
    a.unsubscribe('A', 'B');
    b.unsubscribe('C');
    expect([a.topicsCount, b.topicsCount]).toEqual([1, 1]);
    await all;
    expect(pub.topicsCount).toBe(2);
    const left = new Promise<void>((resolve) => pub.onPeer({ left: () => resolve() }));
    b.close();
    await left;
    expect(pub.topicsCount).toBe(1);
  });

  it.each([
    [true, true, ['B', '']],
    [true, false, []],
    [false, true, []],
  ])('`invertMatching` of PUB %s and SUB %s', async (atPub, atSub, expected) => {
    const pub = open(new Publisher({ invertMatching: atPub }));
    const subscribed = new Promise<void>((resolve) => pub.onSubscription(() => resolve()));
    await pub.bind(address);
    const sub = open(new Subscriber({ invertMatching: atSub }));
    sub.subscribe('A');
    sub.connect(pub.lastEndpoint!);
    await subscribed;
    for (const message of ['A', 'B', '', 'AB']) await pub.send(message);
    pub.trySend(atSub ? 'fence' : 'A fence', { peer: pub.peer! });
    expect((await receive(sub, expected.length + 1)).flat()).toEqual([...expected, atSub ? 'fence' : 'A fence']);
  });

  it('`invertMatching` has no effect on what an XSUB receives', async () => {
    const xpub = await bound(new XPublisher({ invertMatching: true }));
    const xsub = connected(new XSubscriber({ invertMatching: true }), xpub);
    await xsub.send('\x01A');
    await xpub.receive();
    for (const message of ['A', 'B']) await xpub.send(message);
    expect(text(await xsub.receive())).toEqual(['B']);
    xpub.trySend('A', { peer: xpub.peer! });
    expect(text(await xsub.receive())).toEqual(['A']);
  });

  it('a PUB with `noDrop` makes its sender wait for the slowest', async () => {
    const pub = open(new Publisher({ noDrop: true, sendHighWaterMark: 2, sendTimeout: 0 }));
    let subscriptions = 0;
    const subscribed = new Promise<void>((resolve) =>
      pub.onSubscription(() => {
        if (++subscriptions === 2) resolve();
      }),
    );
    await pub.bind(address);
    const subs = [0, 1].map(() => open(new Subscriber({ receiveHighWaterMark: 1 })));
    for (const sub of subs) {
      sub.subscribe('');
      sub.connect(pub.lastEndpoint!);
    }
    await subscribed;
    let sent = 0;
    while (pub.trySend(sent)) sent++;
    await expect(pub.send('too much')).rejects.toMatchObject({ code: 'EAGAIN', errno: 11 });
    expect(pub.dropped).toBe(0);
    const all = Promise.all(subs.map((sub) => receive(sub, sent + 1)));
    for (;;) {
      await pub.untilWritable();
      if (pub.trySend('the last')) break;
    }
    for (const received of await all) {
      expect(received).toEqual([...Array.from({ length: sent }, (_, i) => [String(i)]), ['the last']]);
    }
  });
});
