import { createContext, Dealer, Pair, Publisher, Subscriber, XPublisher, XSubscriber } from '@nest-zmq/core';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { closedAfterEach, deadEndpoint, receive, text } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

describe.each([
  ['inproc', 'inproc://pubsub'],
  ['tcp', 'tcp://127.0.0.1:*'],
])('pub/sub over %s', (_name, address) => {
  const open = closedAfterEach();

  async function connected(xpub: XPublisher): Promise<Subscriber> {
    if (xpub.lastEndpoint === null) await xpub.bind(address);
    const sub = open(new Subscriber());
    sub.connect(xpub.lastEndpoint!);
    return sub;
  }

  /** What the XPUB receives up to a last subscription that shows that all is there. */
  async function upward(xpub: XPublisher, sub: Subscriber): Promise<string[]> {
    sub.subscribe('fence');
    const all: string[] = [];
    for (;;) {
      const [message] = text(await xpub.receive())!;
      if (message === '\x01fence') return all;
      all.push(message!);
    }
  }

  describe('an XPUB', () => {
    it('is told of a topic that one SUB subscribes twice once, and of its end once, at the last unsubscribe', async () => {
      const xpub = open(new XPublisher());
      const sub = await connected(xpub);
      sub.subscribe('A', 'A');
      sub.unsubscribe('A');
      expect(await upward(xpub, sub)).toEqual(['\x01A']);
      sub.unsubscribe('A');
      sub.unsubscribe('A');
      sub.unsubscribe('fence');
      expect(await upward(xpub, sub)).toEqual(['\x00A', '\x00fence']);
    });

    it('is told of each subscription with `verbosity` "allSubs"', async () => {
      const xpub = open(new XPublisher({ verbosity: 'allSubs' }));
      const sub = await connected(xpub);
      const other = await connected(xpub);
      sub.subscribe('A', 'A');
      expect(await upward(xpub, sub)).toEqual(['\x01A', '\x01A']);
      other.subscribe('A');
      expect(await receive(xpub, 1)).toEqual([['\x01A']]);
      sub.unsubscribe('A', 'A', 'fence');
      expect(await receive(xpub, 1)).toEqual([['\x00fence']]);
    });

    it('is told of each end too with `verbosity` "allSubsUnsubs"', async () => {
      const xpub = open(new XPublisher({ verbosity: 'allSubsUnsubs' }));
      const [sub, other] = [await connected(xpub), await connected(xpub)];
      sub.subscribe('A');
      expect(await receive(xpub, 1)).toEqual([['\x01A']]);
      other.subscribe('A');
      expect(await receive(xpub, 1)).toEqual([['\x01A']]);
      sub.unsubscribe('A');
      expect(await receive(xpub, 1)).toEqual([['\x00A']]);
      other.unsubscribe('A');
      expect(await receive(xpub, 1)).toEqual([['\x00A']]);
    });

    it('is told the end of each topic that a SUB still held when it closed', async () => {
      const xpub = open(new XPublisher());
      const sub = await connected(xpub);
      const other = await connected(xpub);
      sub.subscribe('A', 'B', 'C');
      expect(await receive(xpub, 3)).toEqual([['\x01A'], ['\x01B'], ['\x01C']]);
      expect(await upward(xpub, other)).toEqual([]);
      other.subscribe('C');
      sub.unsubscribe('A');
      expect(await receive(xpub, 1)).toEqual([['\x00A']]);
      other.subscribe('D');
      expect(await receive(xpub, 1)).toEqual([['\x01D']]);
      sub.close();
      expect(await receive(xpub, 1)).toEqual([['\x00B']]);
      // C has another holder.
      other.unsubscribe('C');
      expect(await receive(xpub, 1)).toEqual([['\x00C']]);
    });

    it('is told nothing of the end of a topic that nobody subscribed', async () => {
      const xpub = open(new XPublisher());
      const sub = await connected(xpub);
      sub.unsubscribe('never');
      expect(await upward(xpub, sub)).toEqual([]);
      const xsub = open(new XSubscriber());
      xsub.connect(xpub.lastEndpoint!);
      await xsub.send('\x00never');
      await xsub.send('\x01fence 2');
      expect(await receive(xpub, 1)).toEqual([['\x01fence 2']]);
    });
  });

  describe('topics', () => {
    it('match as prefixes of bytes; the empty one matches all', async () => {
      const xpub = open(new XPublisher());
      const sub = await connected(xpub);
      sub.subscribe(Buffer.from([0]), Buffer.from([1, 0, 255]), 'abc');
      expect(await upward(xpub, sub)).toEqual(['\x01\0', '\x01\x01\0\xff', '\x01abc']);
      const topics = ['\0', '\0x', '\x01\0\xff', '\x01\0\xfe', 'ab', 'abc', 'abcd', '', 'fence'];
      for (const topic of topics) await xpub.send([Buffer.from(topic, 'latin1'), 'body']);
      const wanted = ['\0', '\0x', '\x01\0\xff', 'abc', 'abcd', 'fence'];
      expect(await receive(sub, wanted.length)).toEqual(wanted.map((topic) => [topic, 'body']));
      sub.subscribe();
      expect(await receive(xpub, 1)).toEqual([['\x01']]);
      for (const topic of topics) await xpub.send([Buffer.from(topic, 'latin1'), 'body']);
      expect(await receive(sub, topics.length)).toEqual(topics.map((topic) => [topic, 'body']));
    });

    it.each([245, 246, 254, 255, 256, 15_000, 100_000, 1_048_576])('may be %i bytes long', async (size) => {
      const xpub = open(new XPublisher());
      const sub = await connected(xpub);
      const topic = Buffer.alloc(size, 'topic');
      sub.subscribe(topic);
      const [told] = await xpub.receive();
      expect(told!.equals(Buffer.concat([Buffer.from([1]), topic]))).toBe(true);
      await xpub.send([topic.subarray(1), 'not for it']);
      await xpub.send([topic, 'for it']);
      const [first, body] = (await sub.receive()) as [Buffer, Buffer];
      expect([first.equals(topic), String(body)]).toEqual([true, 'for it']);
      sub.unsubscribe(topic);
      const [end] = await xpub.receive();
      expect(end!.equals(Buffer.concat([Buffer.from([0]), topic]))).toBe(true);
      sub.subscribe('fence');
      await xpub.receive();
      await xpub.send([topic, 'no more']);
      await xpub.send('fence');
      expect(text(await sub.receive())).toEqual(['fence']);
    });
  });

  it('what a PUB sends right after its SUB was told of arrives', async () => {
    const pub = open(new Publisher());
    const subscribed = new Promise<string>((resolve) => {
      pub.onSubscription(({ topic, subscribed: added, peer }) =>
        resolve(`${String(topic)} ${added} ${peer.socketType}`),
      );
    });
    await pub.bind(address);
    const sub = open(new Subscriber());
    sub.subscribe('topic');
    sub.connect(pub.lastEndpoint!);
    expect(await subscribed).toBe('topic true SUB');
    await pub.send(['topic', 'first']);
    expect(text(await sub.receive())).toEqual(['topic', 'first']);
  });
});

describe('a monitor that nobody reads', () => {
  const open = closedAfterEach();

  it('holds nothing up and keeps the last 1000 events', async () => {
    const clock = new ManualClock();
    const context = createContext({ clock });
    const dealer = open(new Dealer({ context, reconnectInterval: 1, reconnectMaxInterval: 1, linger: 0 }));
    const { events } = dealer;
    const watched = open(new Dealer({ context, reconnectInterval: 1, reconnectMaxInterval: 1, linger: 0 }));
    const log = new EventLog(watched);
    const dead = await deadEndpoint(open(new Pair({ context })));
    // Both live through the same; one of them is read.
    dealer.connect(dead);
    watched.connect(dead);
    for (let i = 1; log.all.length < 1500; i++) {
      await log.until('connect:retry', i);
      clock.advance(1);
    }
    dealer.close();
    let unread = 0;
    for await (const event of events) {
      unread++;
      if (event.type === 'end') break;
    }
    expect(unread).toBe(1000);
    expect(events.dropped).toBeGreaterThan(400);
  });
});
