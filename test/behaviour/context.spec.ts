import { Context, Dealer, Pull, Push, Request, Router, Subscriber } from '@nest-zmq/core';
import { deadEndpoint, numbers, receive, rejection, text } from '../support/sockets.js';

const terminated = expect.objectContaining({
  code: 'ETERM',
  message: expect.stringContaining('terminated') as unknown,
});

describe('a context', () => {
  it('counts its open sockets', async () => {
    const context = new Context();
    expect(context.sockets).toBe(0);
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    expect(context.sockets).toBe(2);
    pull.close();
    expect(context.sockets).toBe(1);
    push.close();
    expect(context.sockets).toBe(0);
  });

  it('says of an endpoint what bind and connect would, without a socket', async () => {
    const context = new Context();
    const router = new Router({ context });
    for (const endpoint of ['nowhere', 'tcp://127.0.0.1', 'tcp://[::1]:1', 'ipc://', 'own://a']) {
      const bound = await rejection(router.bind(endpoint));
      expect(() => context.checkBind(endpoint)).toThrow(bound as Error);
    }
    for (const endpoint of ['nowhere', 'tcp://*:1', 'ipc://*', 'own://a']) {
      let connected: unknown;
      try {
        router.connect(endpoint);
      } catch (error) {
        connected = error;
      }
      expect(() => context.checkConnect(endpoint)).toThrow(connected as Error);
    }
    for (const endpoint of ['tcp://*:*', 'ipc://*', 'inproc://a']) context.checkBind(endpoint);
    context.ipv6 = true;
    context.checkBind('tcp://[::1]:1');
    router.close();
    expect(context.sockets).toBe(0);
  });

  it('does not count a socket whose options were wrong', () => {
    const context = new Context({ maxSockets: 1 });
    expect(() => new Pull({ context, linger: -2 })).toThrow('linger');
    expect(context.sockets).toBe(0);
    new Pull({ context }).close();
  });

  it('shares no inproc names with another', async () => {
    const contexts = [new Context(), new Context()];
    const pulls = contexts.map((context) => new Pull({ context }));
    const pushes = contexts.map((context) => new Push({ context }));
    for (const pull of pulls) await pull.bind('inproc://name');
    for (const [i, push] of pushes.entries()) {
      push.connect('inproc://name');
      await push.send(i);
    }
    for (const [i, pull] of pulls.entries()) expect(await receive(pull, 1)).toEqual([[String(i)]]);
    await Promise.all(contexts.map((context) => context.terminate()));
  });
});

describe('shutdown()', () => {
  it('settles at once with ETERM all that waits', async () => {
    const context = new Context();
    const [dealer, other] = [new Dealer({ context }), new Dealer({ context })];
    const router = new Router({ context });
    await router.bind('inproc://peer');
    const joined = new Promise<void>((resolve) => router.onPeer({ joined: () => resolve() }));
    const full = new Dealer({ context, sendHighWaterMark: 1, receiveHighWaterMark: 1, linger: 0 });
    router.receiveHighWaterMark = 1;
    full.connect('inproc://peer');
    await joined;
    while (full.trySend('x'));
    const waiting = [
      dealer.send('x'),
      dealer.receive(),
      dealer.events.receive(),
      other.untilWritable(),
      full.untilWritable({ peer: full.peer! }),
      other.receive({ signal: new AbortController().signal }),
    ];
    const timed = new Pull({ context, receiveTimeout: 60_000 });
    waiting.push(timed.receive());
    context.shutdown();
    for (const promise of waiting) expect(await rejection(promise)).toEqual(terminated);
    await context.terminate();
  });

  it('does not let a send that waits slip out', async () => {
    const context = new Context();
    const [push, pull] = [new Push({ context, sendHighWaterMark: 1 }), new Pull({ context, receiveHighWaterMark: 1 })];
    await pull.bind('inproc://full');
    push.connect('inproc://full');
    while (push.trySend('taken'));
    const waiting = rejection(push.send('not taken'));
    const [peer] = push.peers;
    const before = peer!.pending;
    context.shutdown();
    expect(await waiting).toEqual(terminated);
    expect(peer!.pending).toBe(before);
    await context.terminate();
  });

  it('leaves only closing, and the options', async () => {
    const context = new Context();
    const dealer = new Dealer({ context });
    const subscriber = new Subscriber({ context });
    await dealer.bind('inproc://x');
    context.shutdown();
    context.shutdown();
    for (const use of [
      () => dealer.send('x'),
      () => dealer.trySend('x'),
      () => dealer.untilWritable(),
      () => dealer.receive(),
      () => dealer.tryReceive(),
      () => dealer.onMessage(() => undefined),
      () => dealer.bind('inproc://y'),
      () => dealer.unbind('inproc://x'),
      () => dealer.connect('inproc://y'),
      () => dealer.disconnect('inproc://y'),
      () => dealer.events.receive(),
      () => subscriber.subscribe('x'),
      () => new Dealer({ context }),
    ])
      expect(use).toThrow(terminated);
    expect([dealer.readable, dealer.writable, dealer.closed]).toEqual([false, false, false]);
    dealer.onMessage(undefined);
    dealer.linger = 0;
    dealer.close();
    expect(() => dealer.send('x')).toThrow(expect.objectContaining({ code: 'EBADF' }));
    subscriber.close();
    expect(context.sockets).toBe(0);
  });

  it('calls sinks no more, and ends iterations', async () => {
    const context = new Context();
    const far = new Context();
    const pull = new Pull({ context });
    await pull.bind('tcp://127.0.0.1:*');
    const push = new Push({ context: far });
    push.connect(pull.lastEndpoint!);
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      pull.onMessage((message) => {
        seen.push(text(message));
        resolve();
      });
      push.trySend('before');
    });
    const iterated = new Dealer({ context });
    const loop = (async () => {
      for await (const message of iterated) seen.push(message);
      for await (const message of iterated) seen.push(message);
      seen.push('loop ended');
    })();
    const events = (async () => {
      for await (const event of iterated.events) seen.push(event);
      for await (const event of iterated.events) seen.push(event);
      seen.push('events ended');
    })();
    context.shutdown();
    await Promise.all([loop, events]);
    push.trySend('after');
    // The connection is still there, and takes what comes; nobody is told of it.
    await push.untilWritable();
    expect(seen).toEqual([['before'], 'loop ended', 'events ended']);
    await Promise.all([context.terminate(), far.terminate()]);
  });

  it('lets what was sent go out', async () => {
    const [context, far] = [new Context(), new Context()];
    const pull = new Pull({ context: far });
    await pull.bind('tcp://127.0.0.1:*');
    const push = new Push({ context });
    push.connect(pull.lastEndpoint!);
    for (let i = 0; i < 3; i++) push.trySend(i);
    context.shutdown();
    expect(await receive(pull, 3)).toEqual(numbers(3));
    push.close();
    await Promise.all([context.terminate(), far.terminate()]);
  });

  it('lets a bind that is under way be done', async () => {
    const context = new Context();
    const pull = new Pull({ context });
    const binding = pull.bind('tcp://127.0.0.1:*');
    context.shutdown();
    await binding;
    expect(pull.lastEndpoint).toMatch(/^tcp:/);
    await context.terminate();
  });

  it('does not touch other contexts', async () => {
    const [context, other] = [new Context(), new Context()];
    const receiving = new Pull({ context: other });
    const pending = rejection(receiving.receive());
    context.shutdown();
    receiving.close();
    expect(await pending).toMatchObject({ code: 'EAGAIN' });
  });
});

describe('terminate()', () => {
  it('closes all sockets, frees their addresses, and tells the same to all who ask', async () => {
    const context = new Context();
    const [pull, push, idle] = [new Pull({ context }), new Push({ context }), new Request({ context })];
    await pull.bind('tcp://127.0.0.1:*');
    const endpoint = pull.lastEndpoint!;
    push.connect(endpoint);
    const pending = rejection(pull.receive());
    const ending = context.terminate();
    expect(context.terminate()).toBe(ending);
    expect(context.sockets).toBe(0);
    expect(await pending).toEqual(terminated);
    await ending;
    expect([pull.closed, push.closed, idle.closed]).toEqual([true, true, true]);
    expect(() => new Pull({ context })).toThrow(terminated);
    const next = new Pull();
    await next.bind(endpoint);
    next.close();
  });

  it('resolves when what was sent is delivered', async () => {
    const [context, far] = [new Context(), new Context()];
    const pull = new Pull({ context: far });
    const endpoint = await deadEndpoint(pull);
    const push = new Push({ context });
    push.connect(endpoint);
    for (let i = 0; i < 10; i++) push.trySend(i);
    let done = false;
    const ending = context.terminate().then(() => (done = true));
    await pull.bind(endpoint);
    // It is sent and not yet acknowledged: whoever has its first message has all, or soon.
    expect(done).toBe(false);
    expect(await receive(pull, 10)).toEqual(numbers(10));
    await ending;
    await far.terminate();
  });

  it('waits for a linger that a close before it began, and no longer than that', async () => {
    const context = new Context();
    const push = new Push({ context, linger: 30 });
    push.connect('tcp://127.0.0.1:1');
    push.trySend('never delivered');
    let ended = false;
    push.events.on('end', () => (ended = true));
    push.close();
    await context.terminate();
    expect(ended).toBe(true);
  });

  it('does not wait for a socket without linger', async () => {
    const context = new Context({ blocky: false });
    const push = new Push({ context });
    push.connect('tcp://127.0.0.1:1');
    push.trySend('never delivered');
    await context.terminate();
  });

  it('waits for a bind that is under way', async () => {
    const context = new Context();
    const pull = new Pull({ context });
    const binding = pull.bind('tcp://127.0.0.1:*');
    await context.terminate();
    await binding;
    expect(pull.closed).toBe(true);
  });

  it('is what disposal does', async () => {
    const context = new Context();
    const pull = new Pull({ context });
    await context[Symbol.asyncDispose]();
    expect(pull.closed).toBe(true);
  });

  it('of an empty context is done at once', async () => {
    await new Context().terminate();
  });
});
