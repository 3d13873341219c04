import { createContext, Dealer, Pair, type RandomSource, Subscriber } from '@nest-zmq/core';
import { randomBytes } from 'node:crypto';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { command } from '../support/raw-bytes.js';
import { RawListener } from '../support/raw-peer.js';
import { closedAfterEach, deadEndpoint } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

describe('heartbeats and reconnect', () => {
  const open = closedAfterEach();
  let clock: ManualClock;
  const listeners: RawListener[] = [];

  beforeEach(() => {
    clock = new ManualClock();
  });

  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.close();
  });

  async function listen(): Promise<RawListener> {
    const listener = await RawListener.listen();
    listeners.push(listener);
    return listener;
  }

  it('idle connections without heartbeats have no timer: the handshake’s is gone with it', async () => {
    const context = createContext({ clock });
    const [near, far] = [open(new Pair({ context })), open(new Pair({ context }))];
    await near.bind('tcp://127.0.0.1:*');
    far.connect(near.lastEndpoint!);
    await Promise.all([far.send('x'), near.receive()]);
    await near.send('y');
    await far.receive();
    expect(clock.pending).toBe(0);
  });

  describe('heartbeatTimeToLive', () => {
    it.each([
      [299, 200],
      [99, 0],
      [100, 100],
      [6_553_599, 6_553_500],
    ])('of %i is kept as %i', (set, kept) => {
      const dealer = open(new Dealer());
      dealer.heartbeatTimeToLive = set;
      expect(dealer.heartbeatTimeToLive).toBe(kept);
    });

    it('above 6553599 is EINVAL', () => {
      const dealer = open(new Dealer());
      expect(() => {
        dealer.heartbeatTimeToLive = 6_553_600;
      }).toThrow(expect.objectContaining({ code: 'EINVAL', errno: 22 }) as Error);
    });

    it.each([
      [2_500, 25],
      [65_500, 655],
      [65_600, 655],
      [6_553_500, 655],
    ])('of %i is announced as %i tenths of a second, never more than 655', async (heartbeatTimeToLive, announced) => {
      const listener = await listen();
      const dealer = open(
        new Dealer({ context: createContext({ clock }), heartbeatInterval: 1000, heartbeatTimeToLive, linger: 0 }),
      );
      const events = new EventLog(dealer);
      dealer.connect(listener.endpoint);
      const peer = await listener.accept();
      await peer.handshake('DEALER');
      await events.until('handshake');
      clock.advance(1000);
      const ttl = Buffer.alloc(2);
      ttl.writeUInt16BE(announced);
      expect(await peer.readFrame()).toEqual(command('PING', ttl));
      peer.destroy();
    });
  });

  describe('the intervals of reconnects', () => {
    /** The waits that were announced, while the clock goes from one to the next. */
    async function retries(events: EventLog, count: number): Promise<number[]> {
      const intervals: number[] = [];
      events.mark();
      for (let i = 1; i <= count; i++) {
        await events.until('connect:retry', i);
        const last = events.fresh.findLast((event) => event.type === 'connect:retry')!;
        intervals.push(last.interval);
        clock.advance(last.interval - 1);
        expect(events.types.filter((type) => type === 'connect:delay')).toHaveLength(i - 1 + firstDials(events));
        clock.advance(1);
      }
      return intervals;
    }

    /** Dials that were under way before the first wait since the mark. */
    function firstDials(events: EventLog): number {
      return events.types.slice(0, events.types.indexOf('connect:retry')).filter((type) => type === 'connect:delay')
        .length;
    }

    it.each([
      [0, 100],
      [0.5, 150],
      [0.999, 199],
    ])('without a maximum are the interval and a random part of it (%d → %i ms)', async (fraction, expected) => {
      const random: RandomSource = { bytes: randomBytes, fraction: () => fraction };
      const context = createContext({ clock, random });
      const dealer = open(new Dealer({ context, reconnectInterval: 100, linger: 0 }));
      const events = new EventLog(dealer);
      dealer.connect(await deadEndpoint(open(new Pair({ context }))));
      expect(await retries(events, 4)).toEqual([expected, expected, expected, expected]);
    });

    it('with a maximum double up to it, and begin anew after a success', async () => {
      const context = createContext({ clock });
      const binder = open(new Dealer({ context, linger: 0 }));
      const dealer = open(new Dealer({ context, reconnectInterval: 100, reconnectMaxInterval: 800, linger: 0 }));
      const events = new EventLog(dealer);
      const endpoint = await deadEndpoint(binder);
      dealer.connect(endpoint);
      expect(await retries(events, 5)).toEqual([100, 200, 400, 800, 800]);
      await events.until('connect:retry', 6);
      await binder.bind(endpoint);
      clock.advance(800);
      await events.until('handshake');
      events.mark();
      await binder.unbind(endpoint);
      expect(await retries(events, 3)).toEqual([100, 200, 400]);
    });

    it('are never longer than a maximum below the interval', async () => {
      const context = createContext({ clock });
      const dealer = open(new Dealer({ context, reconnectInterval: 100, reconnectMaxInterval: 20, linger: 0 }));
      const events = new EventLog(dealer);
      dealer.connect(await deadEndpoint(open(new Pair({ context }))));
      expect(await retries(events, 2)).toEqual([20, 20]);
    });
  });

  it('a connected SUB tells its subscriptions again after a reconnect, once per topic', async () => {
    const listener = await listen();
    const sub = open(new Subscriber({ context: createContext({ clock }), linger: 0 }));
    const events = new EventLog(sub);
    sub.subscribe('a', 'b', 'a');
    sub.connect(listener.endpoint);
    const before = await listener.accept();
    await before.handshake('PUB');
    // Those that were made before the first connection: each once.
    expect([await before.readFrame(), await before.readFrame()]).toEqual(['a', 'b'].map(subscribe));
    sub.subscribe('c', 'a');
    expect([await before.readFrame(), await before.readFrame()]).toEqual(['c', 'a'].map(subscribe));
    sub.unsubscribe('b', 'a');
    expect(await before.readFrame()).toEqual(command('CANCEL', Buffer.from('b')));

    before.reset();
    await events.until('connect:retry');
    clock.advance(1000);
    const after = await listener.accept();
    await after.handshake('PUB');
    expect([await after.readFrame(), await after.readFrame()]).toEqual(['a', 'c'].map(subscribe));
    sub.subscribe('fence');
    expect(await after.readFrame()).toEqual(subscribe('fence'));
    after.destroy();
  });
});

function subscribe(topic: string): Buffer {
  return command('SUBSCRIBE', Buffer.from(topic));
}
