import { createContext } from '../api/context.js';
import { Dealer, Pull, Reply, Router } from '../api/sockets.js';
import type { AuthenticationRequest, Verdict } from '../mechanism/authenticator.js';
import { turn } from '../testing/turn.js';
import { TcpTransport } from '../transports/tcp/tcp-transport.js';
import { defaultTransports } from '../transports/default-transports.js';
import { ZapClient } from './zap-client.js';

const ENDPOINT = 'inproc://zeromq.zap.01';

const request: AuthenticationRequest = {
  domain: 'test',
  address: '127.0.0.1',
  routingId: Buffer.alloc(0),
  mechanism: 'NULL',
  credentials: [],
};

const texts = (message: readonly Buffer[]): string[] => message.map(String);

describe('the ZAP client', () => {
  const transports = defaultTransports();
  const context = createContext({ transports });
  const client = new ZapClient(transports);

  afterAll(() => context.terminate());

  function ask(domain = 'test'): Promise<Verdict> {
    return new Promise((give) => {
      client.ask({ ...request, domain }, give);
    });
  }

  /** A handler that is closed when the test is done. */
  async function withHandler<Handler extends Reply | Router>(
    handler: Handler,
    run: (handler: Handler) => Promise<void>,
  ) {
    await handler.bind(ENDPOINT);
    try {
      await run(handler);
    } finally {
      handler.close();
    }
  }

  const reply = (status: string, userId = ''): string[] => ['1.0', '1', status, 'text', userId, ''];

  it('27-ARCH-1 27-SOCKET-1 27-SOCKET-2: asks a REP, which sees no delimiter', async () => {
    await withHandler(new Reply({ context }), async (handler) => {
      const verdict = ask();
      expect(texts(await handler.receive())).toEqual(['1.0', '1', 'test', '127.0.0.1', '', 'NULL']);
      await handler.send(reply('200', 'joe'));
      expect(await verdict).toEqual({ status: 200, userId: 'joe', properties: new Map() });
    });
  });

  it('27-ARCH-2 27-SOCKET-3: asks a ROUTER, which sees the way back', async () => {
    await withHandler(new Router({ context }), async (handler) => {
      const verdict = ask();
      const [id, ...rest] = await handler.receive();
      expect(id).toHaveLength(5);
      expect(texts(rest)).toEqual(['', '1.0', '1', 'test', '127.0.0.1', '', 'NULL']);
      await handler.send([id!, '', ...reply('400')]);
      expect(await verdict).toEqual({ status: 400, text: 'text' });
    });
  });

  it('keeps requests of the same time apart, in whatever order they are answered', async () => {
    await withHandler(new Router({ context }), async (handler) => {
      const domains = Array.from({ length: 100 }, (_, i) => `domain ${i}`);
      const verdicts = domains.map((domain) => ask(domain));
      const asked: Buffer[][] = [];
      while (asked.length < domains.length) asked.push(await handler.receive());
      for (const [id, , , , domain] of asked.reverse()) await handler.send([id!, '', ...reply('200', String(domain))]);
      expect(await Promise.all(verdicts)).toEqual(domains.map((domain) => expect.objectContaining({ userId: domain })));
      expect(handler.peers).toEqual([]);
    });
  });

  it('a handler of one request at a time is asked by all in turn', async () => {
    await withHandler(new Reply({ context }), async (handler) => {
      const verdicts = ['a', 'b', 'c'].map((domain) => ask(domain));
      for (const _ of verdicts) {
        const [, , domain] = await handler.receive();
        await handler.send(reply('200', String(domain)));
      }
      expect(await Promise.all(verdicts)).toMatchObject([{ userId: 'a' }, { userId: 'b' }, { userId: 'c' }]);
    });
  });

  it('tells whether there is a handler', async () => {
    expect(client.present).toBe(false);
    const handler = new Reply({ context });
    await handler.bind(ENDPOINT);
    expect(client.present).toBe(true);
    await handler.unbind(ENDPOINT);
    expect(client.present).toBe(false);
    handler.close();
  });

  it('is refused at once when there is no handler, also when one comes later', async () => {
    const verdict = await ask();
    expect(verdict).toMatchObject({ status: 'failed', error: { code: 'ERR_ZAP_UNSPECIFIED' } });
    await withHandler(new Router({ context }), async (handler) => {
      // Nothing of it waits for the handler: the first request it sees is the next one.
      const next = ask('next');
      const [id, , , , domain] = await handler.receive();
      expect(String(domain)).toBe('next');
      await handler.send([id!, '', ...reply('200')]);
      await next;
    });
  });

  it('a socket of another type is no handler, and gets nothing', async () => {
    for (const socket of [new Pull({ context }), new Dealer({ context })]) {
      await socket.bind(ENDPOINT);
      expect(client.present).toBe(true);
      expect(await ask()).toMatchObject({
        status: 'failed',
        error: { code: 'ERR_ZAP_UNSPECIFIED', message: expect.stringContaining('it must be a REP or ROUTER') },
      });
      expect(socket.peers).toEqual([]);
      socket.close();
    }
  });

  it('a handler that is closed before it replies admits nobody', async () => {
    const handler = new Reply({ context });
    await handler.bind(ENDPOINT);
    const [read, unread] = [ask(), ask()];
    await handler.receive();
    handler.close();
    for (const verdict of [read, unread]) {
      expect(await verdict).toMatchObject({ status: 'failed', error: { code: 'ERR_ZAP_UNSPECIFIED' } });
    }
  });

  it('a handler that is closed right after its reply has replied', async () => {
    const handler = new Router({ context });
    await handler.bind(ENDPOINT);
    const verdict = ask();
    const [id] = await handler.receive();
    await handler.send([id!, '', ...reply('200', 'joe')]);
    handler.close();
    expect(await verdict).toMatchObject({ status: 200, userId: 'joe' });
  });

  it.each([
    ['first', '200', '400', { status: 200 }],
    ['first, a refusal', '400', '200', { status: 400 }],
  ])('of two replies the %s counts, and the handler works on', async (_, first, second, expected) => {
    await withHandler(new Router({ context }), async (handler) => {
      const verdicts: Verdict[] = [];
      client.ask(request, (verdict) => verdicts.push(verdict));
      const [id] = await handler.receive();
      await handler.send([id!, '', ...reply(first)]);
      await handler.send([id!, '', ...reply(second)]);
      const next = ask('next');
      const [nextId] = await handler.receive();
      await handler.send([nextId!, '', ...reply('300')]);
      expect(await next).toMatchObject({ status: 300 });
      expect(verdicts).toMatchObject([expected]);
    });
  });

  it('a reply that is malformed admits nobody', async () => {
    await withHandler(new Reply({ context }), async (handler) => {
      const verdict = ask();
      await handler.receive();
      await handler.send(['1.0', '1', '200', 'OK', 'joe']);
      expect(await verdict).toMatchObject({ status: 'failed', error: { code: 'ERR_ZAP_MALFORMED_REPLY' } });
    });
  });

  it('who gave up is not told, and the handler does not see what it has not read', async () => {
    await withHandler(new Router({ context }), async (handler) => {
      const told: Verdict[] = [];
      const cancelUnread = client.ask({ ...request, domain: 'unread' }, (verdict) => told.push(verdict));
      cancelUnread();
      cancelUnread();
      const cancelRead = client.ask({ ...request, domain: 'read' }, (verdict) => told.push(verdict));
      const [id, , , , domain] = await handler.receive();
      expect(String(domain)).toBe('read');
      cancelRead();
      // It goes nowhere.
      await handler.send([id!, '', ...reply('200')]);
      const fence = ask('fence');
      const [fenceId] = await handler.receive();
      await handler.send([fenceId!, '', ...reply('200')]);
      await fence;
      expect(told).toEqual([]);
    });
  });

  it('gives its verdict later, not from within', async () => {
    await withHandler(new Router({ context }), async (handler) => {
      let asking = true;
      const within: boolean[] = [];
      handler.onMessage(([id]) => void handler.trySend([id!, '', ...reply('200')]));
      const verdict = new Promise<Verdict>((give) => {
        client.ask(request, (given) => {
          within.push(asking);
          give(given);
        });
      });
      asking = false;
      await verdict;
      expect(within).toEqual([false]);
    });
  });

  it('leaves no pipe behind', async () => {
    await withHandler(new Router({ context }), async (handler) => {
      handler.onMessage(([id]) => void handler.trySend([id!, '', ...reply('200')]));
      for (let i = 0; i < 200; i++) await ask();
      await turn();
      expect(handler.peers).toEqual([]);
    });
  });

  it('counts against no limit of the context', async () => {
    await withHandler(new Router({ context }), async (handler) => {
      const before = context.sockets;
      const cancels = Array.from({ length: 50 }, () => client.ask(request, () => {}));
      expect(context.sockets).toBe(before);
      await handler.receive();
      for (const cancel of cancels) cancel();
    });
  });

  it('without inproc there is nobody to ask', async () => {
    const alone = new ZapClient([new TcpTransport()]);
    expect(alone.present).toBe(false);
    const verdict = await new Promise<Verdict>((give) => void alone.ask(request, give));
    expect(verdict).toMatchObject({ status: 'failed' });
  });
});
