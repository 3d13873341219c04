import { Dealer, Pair, type SocketOptions } from '@nest-zmq/core';
import { networkInterfaces } from 'node:os';
import { itWhen } from '../../libs/zmq-core/src/testing/it-when.js';
import { RawPeer } from '../support/raw-peer.js';
import { closedAfterEach, text } from '../support/sockets.js';
import { EventLog } from '../support/stage.js';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const itWithIpv6 = itWhen(hasIpv6, 'this machine has no ::1');

describe('tcpAcceptFilter', () => {
  const open = closedAfterEach();

  /** Whether a peer that comes from `host` is let in by these filters. */
  async function isAdmitted(
    filters: readonly string[],
    host: string,
    options: SocketOptions<'DEALER'> = {},
  ): Promise<boolean> {
    const dealer = open(new Dealer({ linger: 0, ...options }));
    for (const filter of filters) dealer.tcpAcceptFilter = filter;
    const events = new EventLog(dealer);
    await dealer.bind('tcp://*:*');
    const port = dealer.lastEndpoint!.split(':').at(-1)!;
    const peer = await RawPeer.connect(`tcp://${host}:${port}`);
    const types = await Promise.race([
      events.until('accept').then(() => events.types),
      events.until('accept:error').then(() => events.types),
    ]);
    if (types.includes('accept')) {
      peer.destroy();
      return true;
    }
    await peer.ended;
    expect(events.types).toEqual(['bind', 'accept:error']);
    expect(events.all[1]).toMatchObject({
      address: dealer.lastEndpoint,
      error: { code: 'EACCES', message: expect.stringContaining('tcpAcceptFilter') as string },
    });
    expect(events.reasons).toHaveLength(1);
    return false;
  }

  it.each([
    [[], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.9.9.9/8'], '127.0.0.1', true],
    [['10.0.0.0/8'], '127.0.0.1', false],
    [['10.0.0.0/8', '127.0.0.0/8'], '127.0.0.1', true],
    [['0.0.0.0/0'], '127.0.0.1', true],
    [['::/0'], '127.0.0.1', false],
  ])('of %j lets %s in: %s', async (filters, host, admitted) => {
    expect(await isAdmitted(filters, host)).toBe(admitted);
  });

  itWithIpv6.each([
    [['127.0.0.0/8'], '127.0.0.1', true],
    // libzmq lets it in: it takes the 8 bits for bits of an IPv6 address.
    [['10.0.0.0/8'], '127.0.0.1', false],
    [['::ffff:127.0.0.0/104'], '127.0.0.1', true],
    [['::1'], '[::1]', true],
    [['::2/128'], '[::1]', false],
    [['127.0.0.0/8'], '[::1]', false],
  ])('of %j lets %s in where both families may: %s', async (filters, host, admitted) => {
    expect(await isAdmitted(filters, host, { ipv6: true })).toBe(admitted);
  });

  it('leaves the others alone: who may goes on, who may not hears nothing', async () => {
    const dealer = open(new Dealer({ linger: 0, tcpAcceptFilter: '127.0.0.2' }));
    await dealer.bind('tcp://127.0.0.1:*');
    const allowed = open(new Dealer({ linger: 0 }));
    allowed.connect(dealer.lastEndpoint!.replace('tcp://', 'tcp://127.0.0.2;'));
    await allowed.send('1');
    const stranger = await RawPeer.connect(dealer.lastEndpoint!);
    expect(await stranger.readToEnd()).toHaveLength(0);
    await allowed.send('2');
    expect([text(await dealer.receive()), text(await dealer.receive())]).toEqual([['1'], ['2']]);
  });

  it('adds at each write, and null takes all away; for later binds', async () => {
    const dealer = open(new Dealer({ linger: 0 }));
    expect(dealer.tcpAcceptFilter).toBeNull();
    dealer.tcpAcceptFilter = '10.0.0.0/8';
    dealer.tcpAcceptFilter = 'fd00::/8';
    expect(dealer.tcpAcceptFilter).toBe('10.0.0.0/8,fd00::/8');
    await dealer.bind('tcp://127.0.0.1:*');
    dealer.tcpAcceptFilter = null;
    expect(dealer.tcpAcceptFilter).toBeNull();
    const before = await RawPeer.connect(dealer.lastEndpoint!);
    await before.ended;
    await dealer.bind('tcp://127.0.0.1:*');
    const after = await RawPeer.connect(dealer.lastEndpoint!);
    await after.handshake('DEALER');
    after.destroy();
  });

  it('does not count for ipc and inproc', async () => {
    const [bound, connected] = [
      open(new Pair({ tcpAcceptFilter: '10.0.0.0/8' })),
      open(new Dealer({ tcpAcceptFilter: '10.0.0.0/8', linger: 0 })),
    ];
    await connected.bind('ipc://*');
    const dealer = open(new Dealer({ linger: 0 }));
    dealer.connect(connected.lastEndpoint!);
    await dealer.send('over ipc');
    expect(text(await connected.receive())).toEqual(['over ipc']);
    await bound.bind('inproc://filtered');
    const pair = open(new Pair());
    pair.connect('inproc://filtered');
    await pair.send('over inproc');
    expect(text(await bound.receive())).toEqual(['over inproc']);
  });

  // Of these libzmq takes those with another reading of their own: 127/8 is 0.0.0.127/8 there.
  it.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8x',
    '127/8',
    '::1/129',
    'fe80::1%lo/64',
  ])('of %j is EINVAL, and nothing is added', (filter) => {
    const dealer = open(new Dealer({ tcpAcceptFilter: '10.0.0.0/8' }));
    expect(() => (dealer.tcpAcceptFilter = filter)).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        message: expect.stringContaining('tcpAcceptFilter is') as string,
      }) as Error,
    );
    expect(dealer.tcpAcceptFilter).toBe('10.0.0.0/8');
  });

  it('interface is refused: it would bind to a device, and Node.js cannot', () => {
    const dealer = open(new Dealer());
    expect(() => (dealer.interface = 'lo')).toThrow(expect.objectContaining({ code: 'ENOTSUP' }) as Error);
    dealer.interface = null;
    expect(dealer.interface).toBeNull();
  });
});
