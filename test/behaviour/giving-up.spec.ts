import { type ContextParts, createContext, Dealer, Pair, type Socket } from '@nest-zmq/core';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { RawListener } from '../support/raw-peer.js';
import { closedAfterEach, deadEndpoint, fill } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

type Transport = NonNullable<ContextParts['transports']>[number];

/** When a connected endpoint is not dialled again, and what becomes of it and of its messages. */
describe('giving up', () => {
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

  function dealerWith(options: object): { dealer: Dealer; events: EventLog } {
    const context = createContext({ clock });
    const dealer = open(
      new Dealer({ context, reconnectInterval: 100, linger: 0, sendTimeout: 0, sendHighWaterMark: 3, ...options }),
    );
    return { dealer, events: new EventLog(dealer) };
  }

  /** That the endpoint is gone, as if it had never been connected. */
  async function expectGone(dealer: Dealer, endpoint: string): Promise<void> {
    expect(clock.pending).toBe(0);
    await expect(dealer.send('nobody')).rejects.toMatchObject({ code: 'EAGAIN' });
    expect(() => dealer.disconnect(endpoint)).toThrow(
      expect.objectContaining({ code: 'ENOENT', address: endpoint }) as Error,
    );
  }

  /** Loses the first connection of a dealer, after the handshake or in it. */
  async function loseConnection(dealer: Dealer, events: EventLog, handshake: boolean): Promise<string> {
    const listener = await listen();
    dealer.connect(listener.endpoint);
    const peer = await listener.accept();
    if (handshake) {
      await peer.handshake('DEALER');
      await events.until('handshake');
    }
    peer.destroy();
    await events.until('disconnect');
    return listener.endpoint;
  }

  describe.each([0, -1])('reconnectInterval %i', (reconnectInterval) => {
    it('keeps an endpoint that was never there, with what is queued for it, and does not try again', async () => {
      const { dealer, events } = dealerWith({ reconnectInterval });
      const endpoint = await deadEndpoint(open(new Pair()));
      dealer.connect(endpoint);
      await events.until('close');
      expect(events.types).toEqual(['connect:delay', 'close']);
      expect(clock.pending).toBe(0);
      expect(fill(dealer, 10)).toBe(3);
      dealer.disconnect(endpoint);
      expect(dealer.trySend('nobody')).toBe(false);
    });

    it('ends one that was lost', async () => {
      const { dealer, events } = dealerWith({ reconnectInterval });
      const endpoint = await loseConnection(dealer, events, true);
      expect(events.types).toEqual(['connect:delay', 'connect', 'handshake', 'disconnect']);
      await expectGone(dealer, endpoint);
    });

    it('holds nobody up who closes, whatever the linger', async () => {
      for (const first of ['close', 'fail'] as const) {
        const { dealer, events } = dealerWith({ reconnectInterval, linger: -1 });
        dealer.connect(await deadEndpoint(open(new Pair())));
        await dealer.send('will never go');
        if (first === 'fail') await events.until('close');
        dealer.close();
        await events.until('end');
      }
    });
  });

  describe('reconnectStop', () => {
    it.each([
      [0, true],
      [1, false],
      [2, true],
      [4, true],
      [7, false],
    ])('%i: when the connection is refused, tries again: %s', async (reconnectStop, again) => {
      const { dealer, events } = dealerWith({ reconnectStop });
      const endpoint = await deadEndpoint(open(new Pair()));
      dealer.connect(endpoint);
      await events.until('close');
      expect(events.types).toEqual(['connect:delay', 'close', ...(again ? ['connect:retry'] : [])]);
      if (!again) await expectGone(dealer, endpoint);
    });

    it.each([
      [0, true],
      [1, true],
      [2, false],
      [7, false],
    ])('%i: when the connection is lost before the handshake, tries again: %s', async (reconnectStop, again) => {
      const { dealer, events } = dealerWith({ reconnectStop });
      await loseConnection(dealer, events, false);
      expect(events.types.slice(2)).toEqual([
        'handshake:error:other',
        'disconnect',
        ...(again ? ['connect:retry'] : []),
      ]);
      expect(clock.pending).toBe(again ? 1 : 0);
      expect(dealer.trySend('nobody')).toBe(again);
    });

    it.each([
      [0, true],
      [2, false],
    ])('%i: when the handshake takes too long, tries again: %s', async (reconnectStop, again) => {
      const { dealer, events } = dealerWith({ reconnectStop, handshakeInterval: 500 });
      const listener = await listen();
      dealer.connect(listener.endpoint);
      const silent = await listener.accept();
      await events.until('connect');
      clock.advance(500);
      await events.until('disconnect');
      expect(events.types.includes('connect:retry')).toBe(again);
      silent.destroy();
    });

    it('2: tries again after a connection that had its handshake', async () => {
      const { dealer, events } = dealerWith({ reconnectStop: 2 });
      await loseConnection(dealer, events, true);
      await events.until('connect:retry');
    });

    it('2: holds nobody up who closes, whatever the linger', async () => {
      const { dealer, events } = dealerWith({ reconnectStop: 2, linger: -1 });
      await loseConnection(dealer, events, false);
      dealer.close();
      await events.until('end');
    });

    it.each([
      [3, true],
      [4, false],
    ])('%i: after disconnect, goes on for what is queued: %s', async (reconnectStop, again) => {
      const { dealer, events } = dealerWith({ reconnectStop, linger: -1 });
      const endpoint = await loseConnection(dealer, events, true);
      await events.until('connect:retry');
      await dealer.send('left behind');
      dealer.disconnect(endpoint);
      expect(clock.pending).toBe(again ? 1 : 0);
      dealer.linger = 0;
      dealer.close();
      await events.until('end');
    });

    it('4: a connection that is there still takes what is queued', async () => {
      const { dealer, events } = dealerWith({ reconnectStop: 4, linger: -1 });
      const pair: Socket = open(new Dealer());
      await pair.bind('tcp://127.0.0.1:*');
      dealer.connect(pair.lastEndpoint!);
      await events.until('handshake');
      await dealer.send('before');
      dealer.disconnect(pair.lastEndpoint!);
      expect(String(await (pair as Dealer).receive())).toBe('before');
    });

    it('1: counts for ipc, too, when the file is there and nobody listens', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'giving-up-'));
      const path = join(directory, 's');
      const before = open(new Pair());
      await before.bind(`ipc://${path}.moved`);
      renameSync(`${path}.moved`, path);
      await before.unbind(`ipc://${path}.moved`);
      const { dealer, events } = dealerWith({ reconnectStop: 1 });
      dealer.connect(`ipc://${path}`);
      await events.until('close');
      expect(events.types).toEqual(['close']);
      await expectGone(dealer, `ipc://${path}`);
      // A file that is not there yet is no refusal.
      dealer.connect(`ipc://${path}.later`);
      await events.until('connect:retry');
      rmSync(directory, { recursive: true });
    });
  });

  it('connectTimeout gives up one try, not the endpoint', async () => {
    let cancelled = 0;
    const endless = { dial: () => ({ cancel: () => void cancelled++ }), checkDial: () => {} };
    const transport = { kind: 'bytes', scheme: 'tcp', dialsSlowly: true, ...endless } as unknown as Transport;
    const context = createContext({ clock, transports: [transport] });
    const { dealer, events } = dealerWith({ context, connectTimeout: 300 });
    dealer.connect('tcp://far-away:1');
    clock.advance(299);
    expect([events.types, cancelled]).toEqual([['connect:delay'], 0]);
    clock.advance(1);
    expect([events.types, cancelled]).toEqual([['connect:delay', 'close', 'connect:retry'], 1]);
    expect(events.reasons).toEqual([
      expect.objectContaining({
        code: 'ETIMEDOUT',
        message: expect.stringMatching(/300 ms \(connectTimeout\)/) as string,
      }),
    ]);
  });
});
