import {
  createContext,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
} from '@nest-zmq/core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { frame } from '../support/raw-bytes.js';
import { RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, fill, rejection, text, untilPeers } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

/** More than the kernel takes. */
const LARGE = 64 * 1024 * 1024;

describe('unbind', () => {
  const open = closedAfterEach();

  /** A PUSH with a peer that does not read, and with one message for it that is under way. */
  async function stuck(linger: number, clock?: ManualClock): Promise<{ push: Push; slow: RawPeer; events: EventLog }> {
    const push = open(new Push({ linger, ...(clock && { context: createContext({ clock }) }) }));
    const events = new EventLog(push);
    await push.bind('tcp://127.0.0.1:*');
    const slow = await RawPeer.connect(push.lastEndpoint!);
    await slow.handshake('PULL');
    slow.pause();
    await push.send(Buffer.alloc(LARGE));
    await push.send('behind it');
    return { push, slow, events };
  }

  it('delivers what was sent, with an endless linger', async () => {
    const { push, slow, events } = await stuck(-1);
    await push.unbind(push.lastEndpoint!);
    expect(events.types).toEqual(['bind', 'accept', 'handshake', 'close']);
    slow.resume();
    const sent = await slow.readToEnd();
    expect(sent.length).toBe(9 + LARGE + 2 + 'behind it'.length);
    expect(sent.subarray(-9).toString()).toBe('behind it');
  });

  it('drops what was sent, with a linger of 0', async () => {
    const { push, slow } = await stuck(0);
    await push.unbind(push.lastEndpoint!);
    slow.resume();
    expect((await slow.readToEnd()).length).toBeLessThan(LARGE);
  });

  it('gives it the time of the linger, and no more', async () => {
    const clock = new ManualClock();
    const { push, slow, events } = await stuck(200, clock);
    await push.unbind(push.lastEndpoint!);
    push.linger = -1;
    push.close();
    clock.advance(199);
    expect(events.types).not.toContain('end');
    clock.advance(1);
    await events.until('end');
    slow.resume();
    expect((await slow.readToEnd()).length).toBeLessThan(LARGE);
  });

  it.each(['tcp://127.0.0.1:*', 'ipc://*', 'inproc://kept'])('leaves what was received there (%s)', async (address) => {
    const pull = open(new Pull());
    const push = open(new Push({ linger: 0, reconnectInterval: -1 }));
    await pull.bind(address);
    push.connect(pull.lastEndpoint!);
    // Before they are connected, so that one chunk has them all.
    for (let i = 0; i < 3; i++) expect(push.trySend(i)).toBe(true);
    expect(text(await pull.receive())).toEqual(['0']);
    const [peer] = pull.peers;
    let gone = false;
    pull.onPeer({ left: () => (gone = true) });
    await pull.unbind(pull.lastEndpoint!);
    expect([gone, peer!.writable]).toEqual([false, address.startsWith('inproc')]);
    expect([text(await pull.receive()), text(await pull.receive())]).toEqual([['1'], ['2']]);
    expect(pull.tryReceive()).toBeUndefined();
    expect(gone).toBe(!address.startsWith('inproc'));
  });

  it('takes no message any more, neither way, for the peers it sends away', async () => {
    const router = open(new Router({ mandatory: true, sendTimeout: 0 }));
    await router.bind('tcp://127.0.0.1:*');
    const raw = await RawPeer.connect(router.lastEndpoint!);
    await raw.handshake('DEALER', 'd');
    raw.write(frame(0, Buffer.from('unread')));
    await raw.fence();
    await router.unbind(router.lastEndpoint!);
    await expect(router.send(['d', 'x'])).rejects.toMatchObject({ code: expect.stringMatching(/EAGAIN|EHOSTUNREACH/) });
    await raw.ended;
    expect(text(await router.receive())).toEqual(['d', 'unread']);
    await expect(router.send(['d', 'x'])).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  it('over inproc frees the name, and the peers stay', async () => {
    const [first, second] = [open(new Pull()), open(new Pull())];
    const [push, later] = [open(new Push()), open(new Push())];
    await first.bind('inproc://stay');
    push.connect('inproc://stay');
    await first.unbind('inproc://stay');
    await push.send('to the first');
    expect(text(await first.receive())).toEqual(['to the first']);
    await second.bind('inproc://stay');
    later.connect('inproc://stay');
    await later.send('to the second');
    expect(text(await second.receive())).toEqual(['to the second']);
    first.close();
    expect(push.peers).toEqual([]);
  });

  it('finds an endpoint by the text it was bound with, but for wildcards and interfaces', async () => {
    const pair = open(new Pair());
    for (const host of ['localhost', '127.1', '127.0.0.1']) {
      await pair.bind(`tcp://${host}:*`);
      await pair.unbind(pair.lastEndpoint!.replace('127.0.0.1', host));
      expect(await rejection(pair.unbind(pair.lastEndpoint!))).toMatchObject({ code: 'ENOENT' });
    }
    await pair.bind('tcp://*:*');
    const wildcard = pair.lastEndpoint!.replace('0.0.0.0', '*');
    expect(await rejection(pair.unbind(wildcard))).toMatchObject({ code: 'ENOENT', address: wildcard });
  });

  it('makes room for another socket, over and over', async () => {
    const [first, second] = [open(new Pair()), open(new Pair())];
    await first.bind('tcp://127.0.0.1:*');
    const endpoint = first.lastEndpoint!;
    for (let i = 0; i < 3; i++) {
      await first.unbind(endpoint);
      await second.bind(endpoint);
      await second.unbind(endpoint);
      await first.bind(endpoint);
    }
  });
});

describe('disconnect', () => {
  const open = closedAfterEach();

  it.each(['tcp://127.0.0.1:*', 'inproc://many'])('takes back every connect to the endpoint (%s)', async (address) => {
    const pull = open(new Pull());
    const push = open(new Push({ sendTimeout: 0 }));
    await pull.bind(address);
    const endpoint = pull.lastEndpoint!;
    push.connect(endpoint);
    push.connect(endpoint);
    await untilPeers(pull, 2);
    push.disconnect(endpoint);
    expect(fill(push, 1)).toBe(0);
    expect(() => push.disconnect(endpoint)).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);
  });

  it('takes an endpoint exactly as it was connected', () => {
    const dealer = open(new Dealer());
    dealer.connect('tcp://localhost:9');
    for (const other of ['tcp://127.0.0.1:9', 'tcp://LOCALHOST:9'])
      expect(() => dealer.disconnect(other)).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);
    dealer.disconnect('tcp://localhost:9');
    const source = 'tcp://127.0.0.1:*;127.0.0.1:9';
    dealer.connect(source);
    expect(dealer.lastEndpoint).toBe(source);
    dealer.disconnect(source);
  });

  it('and unbind take what the other one is for, if there is nothing else by that name', async () => {
    const dealer = open(new Dealer({ linger: 0 }));
    await dealer.bind('tcp://127.0.0.1:*');
    dealer.disconnect(dealer.lastEndpoint!);
    expect(await rejection(dealer.unbind(dealer.lastEndpoint!))).toMatchObject({ code: 'ENOENT' });
    dealer.connect('tcp://127.0.0.1:9');
    await dealer.unbind('tcp://127.0.0.1:9');
    expect(() => dealer.disconnect('tcp://127.0.0.1:9')).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);

    // Connected to itself: each takes its own.
    await dealer.bind('inproc://self');
    dealer.connect('inproc://self');
    dealer.disconnect('inproc://self');
    expect(await rejection(open(new Dealer()).bind('inproc://self'))).toMatchObject({ code: 'EADDRINUSE' });
    await dealer.unbind('inproc://self');
  });
});

describe('close', () => {
  const open = closedAfterEach();

  it('with a linger of 0 is at its end at once, although the peer never closes', async () => {
    const push = open(new Push({ linger: 0 }));
    const events = new EventLog(push);
    await push.bind('tcp://127.0.0.1:*');
    const stays = await RawPeer.connect(push.lastEndpoint!, { allowHalfOpen: true });
    await stays.handshake('PULL');
    await events.until('handshake');
    const before = performance.now();
    push.close();
    await events.until('end');
    // NetStream's grace for a peer that stays is 5 s.
    expect(performance.now() - before).toBeLessThan(4000);
    stays.destroy();
  });
});

describe('bindSync and unbindSync', () => {
  const open = closedAfterEach();
  const directory = mkdtempSync(join(tmpdir(), 'bind-sync-'));

  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([
    'tcp://127.0.0.1:*',
    'tcp://localhost:*',
    'tcp://*:*',
    'ipc://*',
    `ipc://${join(directory, 's')}`,
    'inproc://s',
  ])('%s is bound when the call returns', async (address) => {
    const reply = open(new Reply());
    const events = new EventLog(reply);
    reply.bindSync(address);
    const endpoint = reply.lastEndpoint!;
    if (address.startsWith('inproc')) expect(events.all).toEqual([]);
    else expect(events.all).toMatchObject([{ type: 'bind', address: endpoint, fd: expect.any(Number) as number }]);
    const request = open(new Request({ linger: 0 }));
    request.connect(endpoint.replace('0.0.0.0', '127.0.0.1'));
    await request.send('?');
    expect(text(await reply.receive())).toEqual(['?']);
    await reply.send('!');
    expect(text(await request.receive())).toEqual(['!']);

    reply.unbindSync(endpoint);
    open(new Reply()).bindSync(endpoint.startsWith('ipc://') && address === 'ipc://*' ? address : endpoint);
    expect(() => reply.unbindSync(endpoint)).toThrow(
      expect.objectContaining({ code: 'ENOENT', address: endpoint }) as Error,
    );
  });

  it('throw what bind and unbind reject with, and tell the same events', async () => {
    const taken = open(new Dealer());
    await taken.bind('tcp://127.0.0.1:*');
    for (const endpoint of [
      'foo',
      'foo://bar',
      'udp://127.0.0.1:1',
      'tcp://127.0.0.1',
      'tcp://nobody.knows.invalid:1',
      'tcp://192.0.2.77:*',
      taken.lastEndpoint!,
      `ipc://${join(directory, 'missing', 's')}`,
      `ipc://${directory}`,
      'inproc://',
    ]) {
      const [asynchronous, synchronous] = [open(new Dealer()), open(new Dealer())];
      const [expected, events] = [new EventLog(asynchronous), new EventLog(synchronous)];
      for (const [promised, atOnce] of [
        ['bind', 'bindSync'],
        ['unbind', 'unbindSync'],
      ] as const) {
        const error = await rejection(asynchronous[promised](endpoint));
        let thrown: unknown;
        try {
          synchronous[atOnce](endpoint);
        } catch (caught) {
          thrown = caught;
        }
        expect({ ...(thrown as object), text: String(thrown) }).toEqual({ ...(error as object), text: String(error) });
      }
      expect(events.all.map(({ type, ...rest }) => [type, 'address' in rest && rest.address])).toEqual(
        expected.all.map(({ type, ...rest }) => [type, 'address' in rest && rest.address]),
      );
    }
  });

  it('are refused on a closed socket, and while a bind is under way', async () => {
    const dealer = new Dealer();
    const binding = dealer.bind('tcp://127.0.0.1:*');
    for (const method of ['bindSync', 'unbindSync'] as const) {
      expect(() => dealer[method]('tcp://127.0.0.1:*')).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
      expect(() => dealer[method](5 as never)).toThrow(/EBUSY|busy|Address must be a string/i);
    }
    await binding;
    dealer.close();
    for (const method of ['bindSync', 'unbindSync'] as const)
      expect(() => dealer[method]('tcp://127.0.0.1:*')).toThrow(expect.objectContaining({ code: 'EBADF' }) as Error);
  });

  it('say ENOTSUP of a transport that cannot', () => {
    const transport = { kind: 'bytes', scheme: 'own', dialsSlowly: false } as never;
    const dealer = open(new Dealer({ context: createContext({ transports: [transport] }) }));
    expect(() => dealer.bindSync('own://x')).toThrow(
      expect.objectContaining({ code: 'ENOTSUP', address: 'own://x' }) as Error,
    );
  });

  it('leave nothing open when a listener of events closes the socket', async () => {
    const dealer = open(new Dealer());
    const events = new EventLog(dealer);
    dealer.events.on('bind', () => dealer.close());
    dealer.bindSync('tcp://127.0.0.1:*');
    await events.until('end');
    const [bound] = events.all;
    expect(events.types).toContain('close');
    const endpoint = (bound as { address: string }).address;
    open(new Dealer()).bindSync(endpoint);
  });
});

describe('endpoints of other socket types', () => {
  const open = closedAfterEach();

  it('udp is for RADIO, DISH and DGRAM', async () => {
    const dealer: Socket = open(new Dealer());
    const refusal = expect.objectContaining({
      code: 'ENOCOMPATPROTO',
      errno: 156384764,
      address: 'udp://x:1',
    }) as Error;
    for (const method of ['connect', 'disconnect'] as const) expect(() => dealer[method]('udp://x:1')).toThrow(refusal);
    for (const method of ['bind', 'unbind'] as const)
      await expect(dealer[method]('udp://x:1')).rejects.toEqual(refusal);
  });
});

describe('events of endpoints', () => {
  const open = closedAfterEach();

  it('close:error in place of close tells what could not be removed', async () => {
    const pair = open(new Pair());
    const events = new EventLog(pair);
    await pair.bind('ipc://*');
    const directory = dirname(pair.lastEndpoint!.slice('ipc://'.length));
    writeFileSync(join(directory, 'other'), '');
    await pair.unbind(pair.lastEndpoint!);
    expect(events.types).toEqual(['bind', 'close:error']);
    expect(events.all[1]).toMatchObject({ address: pair.lastEndpoint, error: { code: 'ENOTEMPTY' } });
    expect(events.reasons).toHaveLength(1);
    rmSync(directory, { recursive: true });
  });

  it('of what was opened and closed have its descriptor', async () => {
    const [pub, sub] = [open(new Publisher()), open(new Subscriber())];
    const [bound, dialled] = [new EventLog(pub), new EventLog(sub)];
    await pub.bind('tcp://127.0.0.1:*');
    sub.connect(pub.lastEndpoint!);
    await Promise.all([bound.until('handshake'), dialled.until('handshake')]);
    pub.close();
    await dialled.until('disconnect');
    await bound.until('end');
    const fdOf = (log: EventLog, type: string): number | undefined =>
      log.all.flatMap((event) => (event.type === type && 'fd' in event ? [event.fd] : []))[0];
    const [listener, accepted, own] = [fdOf(bound, 'bind'), fdOf(bound, 'accept'), fdOf(dialled, 'connect')];
    expect(new Set([listener, accepted, own]).size).toBe(3);
    expect([fdOf(bound, 'close'), fdOf(dialled, 'disconnect')]).toEqual([listener, own]);
    sub.close();
  });
});
