import { createContext, Dealer, Pair, Reply, Request } from '@nest-zmq/core';
import { networkInterfaces } from 'node:os';
import { itWhen } from '../../libs/zmq-core/src/testing/it-when.js';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { frame, greeting, ready } from '../support/raw-bytes.js';
import { RawListener } from '../support/raw-peer.js';
import { closedAfterEach, deadEndpoint, text } from '../support/sockets.js';
import { type ProxyManner, SocksProxy } from '../support/socks-proxy.js';
import { EventLog } from '../support/stage.js';

const login = { username: 'me', password: 'open sesame' };
const credentials = { socksUsername: login.username, socksPassword: login.password };
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

describe('tcp through a SOCKS5 proxy', () => {
  const open = closedAfterEach();
  const proxies: SocksProxy[] = [];

  async function startProxy(manner: ProxyManner = {}, host?: string): Promise<SocksProxy> {
    const proxy = await SocksProxy.start(manner, host);
    proxies.push(proxy);
    return proxy;
  }

  afterEach(() => {
    for (const proxy of proxies.splice(0)) proxy.close();
  });

  /** A REP that is bound, its port, and a REQ that has still to be connected. */
  async function pair(options: object): Promise<{ reply: Reply; request: Request; events: EventLog; port: string }> {
    const reply = open(new Reply());
    await reply.bind('tcp://127.0.0.1:*');
    const request = open(new Request({ linger: 0, reconnectInterval: 1, ...options }));
    return { reply, request, events: new EventLog(request), port: reply.lastEndpoint!.split(':')[2]! };
  }

  async function exchange({ reply, request }: { reply: Reply; request: Request }): Promise<void> {
    await request.send('question');
    expect(text(await reply.receive())).toEqual(['question']);
    await reply.send('answer');
    expect(text(await request.receive())).toEqual(['answer']);
  }

  it('reaches its peer, with the events of a connection of its own', async () => {
    const proxy = await startProxy();
    const all = await pair({ socksProxy: proxy.address });
    const endpoint = `tcp://127.0.0.1:${all.port}`;
    all.request.connect(endpoint);
    await exchange(all);
    expect(proxy.requests).toEqual([{ kind: 'ipv4', host: '127.0.0.1', port: Number(all.port) }]);
    expect(all.events.types).toEqual(['connect:delay', 'connect', 'handshake']);
    for (const event of all.events.all) expect(event).toMatchObject({ address: endpoint });
    expect(all.request.peer!.address).toBe(`127.0.0.1:${all.port}`);
  });

  it('leaves names to the proxy', async () => {
    const proxy = await startProxy({ names: { 'server.inside.invalid': '127.0.0.1' } });
    const all = await pair({ socksProxy: proxy.address });
    all.request.connect(`tcp://server.inside.invalid:${all.port}`);
    await exchange(all);
    expect(proxy.requests).toEqual([{ kind: 'name', host: 'server.inside.invalid', port: Number(all.port) }]);
    expect(all.request.peer!.address).toBe(`server.inside.invalid:${all.port}`);
  });

  it('leaves IPv6 addresses to the proxy, without the option ipv6', async () => {
    const proxy = await startProxy({ status: 4 });
    const { request, events } = await pair({ socksProxy: proxy.address });
    request.connect('tcp://[fd00::1]:5555');
    await events.until('close');
    expect(proxy.requests[0]).toEqual({ kind: 'ipv6', host: 'fd00:0000:0000:0000:0000:0000:0000:0001', port: 5555 });
  });

  it('finds a proxy by its name', async () => {
    const proxy = await startProxy();
    const all = await pair({ socksProxy: proxy.address.replace('127.0.0.1', 'localhost') });
    all.request.connect(`tcp://127.0.0.1:${all.port}`);
    await exchange(all);
    expect(proxy.connections).toBe(1);
  });

  itWhen(hasIpv6, 'this machine has no ::1')('finds a proxy of IPv6, with the option', async () => {
    const proxy = await startProxy({}, '::1');
    const all = await pair({ socksProxy: proxy.address, ipv6: true });
    all.request.connect(`tcp://127.0.0.1:${all.port}`);
    await exchange(all);
    expect(proxy.connections).toBe(1);
    const without = open(new Pair({ socksProxy: proxy.address }));
    expect(() => without.connect('tcp://127.0.0.1:1')).toThrow(expect.objectContaining({ code: 'ENODEV' }) as Error);
  });

  it('calls the proxy from the source it was told', async () => {
    const all = await pair({ socksProxy: (await startProxy()).address });
    all.request.connect(`tcp://127.0.0.1:*;127.0.0.1:${all.port}`);
    await exchange(all);
  });

  it('says who it is', async () => {
    const proxy = await startProxy({ login });
    const all = await pair({ socksProxy: proxy.address, ...credentials });
    all.request.connect(`tcp://127.0.0.1:${all.port}`);
    await exchange(all);
    expect(proxy.logins).toEqual(['me:open sesame']);
  });

  it('without a name has no login, whatever the password', async () => {
    const proxy = await startProxy();
    for (const socksUsername of ['', null]) {
      const all = await pair({ socksProxy: proxy.address, socksUsername, socksPassword: 'x' });
      all.request.connect(`tcp://127.0.0.1:${all.port}`);
      await exchange(all);
    }
    expect(proxy.logins).toEqual([]);
  });

  it('reads a proxy that speaks byte by byte', async () => {
    const proxy = await startProxy({ byteByByte: true, login });
    const all = await pair({ socksProxy: proxy.address, ...credentials });
    all.request.connect(`tcp://127.0.0.1:${all.port}`);
    await exchange(all);
  });

  it('gets what the peer says in the same segment as the reply of the proxy', async () => {
    const listener = await RawListener.listen();
    const dealer = open(new Dealer({ linger: 0, socksProxy: listener.endpoint.slice('tcp://'.length) }));
    dealer.connect('tcp://127.0.0.1:5555');
    const proxy = await listener.accept();
    await proxy.read(3);
    proxy.write(Buffer.from([5, 0]));
    await proxy.read(10);
    const reply = Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 1]);
    proxy.write(reply, greeting(3, 1), ready('DEALER'), frame(0, Buffer.from('glued')));
    expect(text(await dealer.receive())).toEqual(['glued']);
    listener.close();
    proxy.destroy();
  });

  it('connects again through the proxy when the connection is lost', async () => {
    const proxy = await startProxy();
    const all = await pair({ socksProxy: proxy.address });
    all.request.connect(`tcp://127.0.0.1:${all.port}`);
    await exchange(all);
    all.reply.disconnectPeer(all.reply.peer!);
    await all.events.until('handshake', 2);
    await exchange(all);
    expect(proxy.connections).toBe(2);
  });

  describe('goes on trying, and tells why it did not come through:', () => {
    async function firstFailure(manner: ProxyManner, options: object = {}): Promise<Error | undefined> {
      const proxy = await startProxy(manner);
      const all = await pair({ socksProxy: proxy.address, ...options });
      all.request.connect(`tcp://127.0.0.1:${all.port}`);
      await all.events.until('connect:retry', 2);
      const failed = ['connect:delay', 'close', 'connect:retry'];
      expect(all.events.types.slice(0, 6)).toEqual([...failed, ...failed]);
      const [failure] = all.events.reasons;
      // As soon as the proxy sees reason.
      proxy.manner = { login };
      if ('socksUsername' in options)
        proxy.manner = { login: { ...login, password: String(all.request.socksPassword) } };
      else proxy.manner = {};
      await exchange(all);
      return failure;
    }

    it.each([
      ['a wrong password', { login }, { ...credentials, socksPassword: 'wrong' }, 'EACCES', /does not accept/],
      ['a login it wants', { login }, {}, 'EACCES', /wants a login; set socksUsername/],
      ['a login it does not know', {}, credentials, 'EACCES', /takes no login/],
      ['its rules', { status: 2 }, {}, 'EACCES', /rules/],
      ['a target that is not there', { status: 5 }, {}, 'ECONNREFUSED', /nobody listens/],
      ['a network without a way', { status: 3 }, {}, 'EHOSTUNREACH', /no route/],
    ] as const)('%s', async (_what, manner, options, code, message) => {
      expect(await firstFailure(manner, options)).toMatchObject({
        name: 'ZmqError',
        code,
        address: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/) as string,
        message: expect.stringMatching(message) as string,
      });
    });

    it('a proxy that hangs up after any number of bytes', async () => {
      const proxy = await startProxy();
      const all = await pair({ socksProxy: proxy.address, ...credentials });
      proxy.manner = { login, cutAfter: 0 };
      all.request.connect(`tcp://127.0.0.1:${all.port}`);
      // Method, verdict and reply have 2 + 2 + 10 bytes.
      for (let cutAfter = 1; cutAfter <= 14; cutAfter++) {
        await all.events.until('close', cutAfter);
        expect(all.events.reasons.at(-1)).toMatchObject({ code: 'EHOSTUNREACH', message: /hung up/ });
        proxy.manner = { login, cutAfter };
      }
      proxy.manner = { login };
      await exchange(all);
    });

    it('a proxy that is not there', async () => {
      const dead = (await deadEndpoint(open(new Pair()))).slice('tcp://'.length);
      const { request, events } = await pair({ socksProxy: dead, reconnectStop: 1 });
      request.connect('tcp://127.0.0.1:1');
      await events.until('connect:retry');
      // That says nothing of the endpoint, so `reconnectStop` does not count it.
      expect(events.reasons[0]).toMatchObject({ code: 'EHOSTUNREACH', cause: { code: 'ECONNREFUSED' } });
    });

    it('something that is no proxy', async () => {
      const listener = await RawListener.listen();
      const { request, events } = await pair({ socksProxy: listener.endpoint.slice('tcp://'.length) });
      request.connect('tcp://127.0.0.1:1');
      const peer = await listener.accept();
      expect(await peer.read(3)).toEqual(Buffer.from([5, 1, 0]));
      peer.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await events.until('close');
      expect(events.reasons[0]).toMatchObject({ code: 'EPROTO', message: /does not speak SOCKS5/ });
      await peer.ended;
      listener.close();
    });
  });

  it('a target where nobody listens is a refused connection for reconnectStop', async () => {
    const proxy = await startProxy();
    const { request, events } = await pair({ socksProxy: proxy.address, reconnectStop: 1 });
    const endpoint = await deadEndpoint(open(new Pair()));
    request.connect(endpoint);
    await events.until('close');
    expect(events.types).toEqual(['connect:delay', 'close']);
    expect(() => request.disconnect(endpoint)).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);
  });

  it.each([
    [{ connectTimeout: 200 }, 200, /connectTimeout/],
    [{ handshakeInterval: 500 }, 500, /handshakeInterval/],
  ])('a proxy that says nothing is given up (%j)', async (options, limit, message) => {
    const clock = new ManualClock();
    const proxy = await startProxy({ silent: true });
    const { request, events } = await pair({
      context: createContext({ clock }),
      socksProxy: proxy.address,
      ...options,
    });
    request.connect('tcp://127.0.0.1:1');
    await proxy.untilConnections(1);
    clock.advance(limit - 1);
    expect(events.types).toEqual(['connect:delay']);
    clock.advance(1);
    expect(events.types).toEqual(['connect:delay', 'close', 'connect:retry']);
    expect(events.reasons[0]).toMatchObject({ code: 'ETIMEDOUT', message });
  });

  it.each(['connecting', 'asking'])('a socket that closes while %s leaves nothing behind', async (when) => {
    const proxy = await startProxy({ silent: true });
    const { request, events } = await pair({ socksProxy: proxy.address, linger: -1 });
    request.connect('tcp://127.0.0.1:1');
    if (when === 'asking') await proxy.untilConnections(1);
    request.close();
    await events.until('end');
  });

  it('counts for later connects, and for tcp alone', async () => {
    const proxy = await startProxy();
    const dealer = open(new Dealer({ linger: 0 }));
    const [direct, ipc] = [open(new Dealer()), open(new Dealer())];
    await direct.bind('tcp://127.0.0.1:*');
    await ipc.bind('ipc://*');
    dealer.connect(direct.lastEndpoint!);
    dealer.socksProxy = proxy.address;
    dealer.connect(ipc.lastEndpoint!);
    await direct.send('direct');
    await ipc.send('ipc');
    const received = [text(await dealer.receive()), text(await dealer.receive())].flat();
    expect(new Set(received)).toEqual(new Set(['direct', 'ipc']));
    expect(proxy.connections).toBe(0);
    dealer.socksProxy = null;
    expect(dealer.socksProxy).toBeNull();
  });

  it.each(['localhost', 'localhost:0', '*:1080', 'socks5://localhost:1080'])(
    'of %s is EINVAL at connect',
    (socksProxy) => {
      const dealer = open(new Dealer({ socksProxy }));
      expect(() => dealer.connect('tcp://127.0.0.1:1')).toThrow(
        expect.objectContaining({
          code: 'EINVAL',
          address: 'tcp://127.0.0.1:1',
          message: expect.stringContaining(`socksProxy is "${socksProxy}"`) as string,
        }) as Error,
      );
      dealer.connect('ipc:///tmp/nobody');
    },
  );
});
