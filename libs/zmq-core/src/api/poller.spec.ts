import { ManualClock } from '../testing/manual-clock.js';
import { turn } from '../testing/turn.js';
import { Context, createContext } from './context.js';
import type { Pollable, PollEvents } from './polled.js';
import { Poller, type PollResult } from './poller.js';
import { coreOf, type Socket } from './socket.js';
import { Dealer, Pair, Pull, Push, Reply, Request, Router } from './sockets.js';

const both: PollEvents = { readable: true, writable: true };
let context: Context;
let poller: Poller;

beforeEach(() => {
  context = new Context({ blocky: false });
  poller = new Poller({ context });
});
afterEach(() => context.terminate());

/** What is ready, in words: `in`, `out` or an error's code behind each name. */
function words(ready: readonly PollResult[], names: Readonly<Record<string, Pollable>>): string[] {
  return ready.map(({ item, readable, writable, error }) => {
    const name = Object.keys(names).find((key) => names[key] === item);
    return [name, readable && 'in', writable && 'out', error && (error as { code?: string }).code]
      .filter(Boolean)
      .join(' ');
  });
}

async function pairOf<A extends Socket, B extends Socket>(bound: A, connected: B): Promise<[A, B]> {
  await bound.bind('tcp://127.0.0.1:*');
  connected.connect(bound.lastEndpoint!);
  return [bound, connected];
}

describe('Poller of sockets', () => {
  it('says what is readable and writable, again and again until it is not', async () => {
    const [a, b] = await pairOf(new Pair({ context }), new Pair({ context, sendHighWaterMark: 1 }));
    poller.add(a, both);
    poller.add(b, both);
    expect(words(await poller.poll(), { a, b })).toEqual(['b out']);
    await b.send('x');
    poller.modify(a, { readable: true });
    poller.modify(b, { readable: true });
    for (let i = 0; i < 3; i++) expect(words(await poller.poll(), { a, b })).toEqual(['a in']);
    expect(a.tryReceive()!.map(String)).toEqual(['x']);
    expect(await poller.poll(0)).toEqual([]);
  });

  it('reports all that is ready at once, in the order in which it was added', async () => {
    const pulls = [0, 1, 2].map(() => new Pull({ context }));
    const push = new Push({ context });
    for (const [i, pull] of pulls.entries()) {
      await pull.bind(`inproc://${i}`);
      push.connect(`inproc://${i}`);
      poller.add(pull);
    }
    for (let i = 0; i < 3; i++) await push.send('x');
    expect(words(await poller.poll(), Object.fromEntries(pulls.entries()))).toEqual(['0 in', '1 in', '2 in']);
    pulls[1]!.tryReceive();
    expect(words(await poller.poll(), Object.fromEntries(pulls.entries()))).toEqual(['0 in', '2 in']);
  });

  it('waits for room', async () => {
    const [pull, push] = [new Pull({ context, receiveHighWaterMark: 1 }), new Push({ context, sendHighWaterMark: 1 })];
    await pull.bind('inproc://x');
    push.connect('inproc://x');
    poller.add(push, { writable: true });
    for (let i = 0; i < 2; i++) {
      expect(words(await poller.poll(), { push })).toEqual(['push out']);
      expect(push.trySend('x')).toBe(true);
    }
    expect(await poller.poll(0)).toEqual([]);
    const waiting = poller.poll();
    pull.tryReceive();
    expect(words(await waiting, { push })).toEqual(['push out']);
  });

  it('knows the turns of REQ and REP', async () => {
    const [rep, req] = await pairOf(new Reply({ context }), new Request({ context }));
    poller.add(rep, both);
    poller.add(req, both);
    expect(words(await poller.poll(), { rep, req })).toEqual(['req out']);
    await req.send('question');
    expect(words(await poller.poll(), { rep, req })).toEqual(['rep in']);
    rep.tryReceive();
    expect(words(await poller.poll(), { rep, req })).toEqual(['rep out']);
    await rep.send('answer');
    expect(words(await poller.poll(), { rep, req })).toEqual(['req in']);
    req.tryReceive();
    expect(words(await poller.poll(), { rep, req })).toEqual(['req out']);
  });

  it('wakes when a REP, by its reply, comes to the request that is queued behind', async () => {
    const rep = new Reply({ context });
    await rep.bind('inproc://rep');
    for (const i of [1, 2]) {
      const req = new Request({ context });
      req.connect('inproc://rep');
      await req.send(i);
    }
    rep.tryReceive();
    poller.add(rep);
    const waiting = poller.poll();
    await turn();
    await rep.send('answer');
    expect(words(await waiting, { rep })).toEqual(['rep in']);
  });

  it('calls a full peer of a mandatory ROUTER not writable, though another has room', async () => {
    const router = new Router({ context, mandatory: true, sendHighWaterMark: 1 });
    await router.bind('inproc://router');
    for (const routingId of ['full', 'free']) {
      const dealer = new Dealer({ context, routingId, receiveHighWaterMark: 1 });
      dealer.connect('inproc://router');
    }
    poller.add(router, { writable: true });
    expect(await poller.poll()).toHaveLength(1);
    while (router.trySend(['full', 'x']));
    expect(await poller.poll(0)).toEqual([]);
  });

  it('does not call readable what goes to a sink or to a receive', async () => {
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    await pull.bind('inproc://x');
    push.connect('inproc://x');
    poller.add(pull);
    const received = pull.receive();
    const waiting = poller.poll();
    await push.send('for the receive');
    await received;
    await push.send('for the poll');
    expect(words(await waiting, { pull })).toEqual(['pull in']);
  });

  it('reports a closed socket, always', async () => {
    const pull = new Pull({ context });
    poller.add(pull);
    const waiting = poller.poll();
    pull.close();
    for (const ready of [await waiting, await poller.poll()]) expect(words(ready, { pull })).toEqual(['pull EBADF']);
    poller.remove(pull);
    expect(await poller.poll(0)).toEqual([]);
  });

  it('reports the sockets of a context that was shut down', async () => {
    const pull = new Pull({ context });
    poller.add(pull);
    const waiting = poller.poll();
    context.shutdown();
    expect(words(await waiting, { pull })).toEqual(['pull ETERM']);
  });
});

describe('Poller.poll', () => {
  it('gives nothing when the time is up', async () => {
    const clock = new ManualClock();
    const timed = new Poller({ context: createContext({ clock }) });
    const pull = new Pull({ context });
    timed.add(pull);
    const waiting = timed.poll(50);
    clock.advance(49);
    await turn();
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await waiting).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer behind when something was ready', async () => {
    const clock = new ManualClock();
    const timed = new Poller({ context: createContext({ clock }) });
    const pull = new Pull({ context });
    timed.add(pull);
    const waiting = timed.poll(50);
    pull.close();
    expect(await waiting).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('is given up by a signal, and the next one waits as the first', async () => {
    const pull = new Pull({ context });
    poller.add(pull);
    const controller = new AbortController();
    const waiting = poller.poll(-1, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(poller.poll(-1, { signal: controller.signal })).rejects.toThrow('enough');
    const next = poller.poll();
    pull.close();
    expect(await next).toHaveLength(1);
  });

  it('sees what is added and modified while it waits', async () => {
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    await pull.bind('inproc://x');
    push.connect('inproc://x');
    poller.add(push, {});
    const first = poller.poll();
    poller.modify(push, { writable: true });
    expect(words(await first, { push })).toEqual(['push out']);
    poller.modify(push, {});
    const second = poller.poll();
    await push.send('x');
    poller.add(pull);
    expect(words(await second, { pull })).toEqual(['pull in']);
  });

  it('gives nothing when nothing is left to wait for', async () => {
    const [a, b] = [new Pull({ context }), new Pull({ context })];
    poller.add(a);
    poller.add(b);
    const waiting = poller.poll();
    poller.remove(a);
    poller.remove(b);
    expect(await waiting).toEqual([]);
    expect(poller.size).toBe(0);
  });

  it('lets timers and I/O run between polls that need not wait', async () => {
    const push = new Push({ context });
    push.connect('inproc://nobody');
    poller.add(push, { writable: true });
    let turned = false;
    setImmediate(() => (turned = true));
    let polls = 0;
    for (; !turned && polls < 10_000; polls++) await poller.poll();
    expect(polls).toBeLessThan(1000);
    turned = false;
    setImmediate(() => (turned = true));
    poller.modify(push, {});
    for (polls = 0; !turned && polls < 10_000; polls++) await poller.poll(0);
    expect(polls).toBeLessThan(1000);
  });

  it('costs its sockets nothing while nobody polls', async () => {
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    const { watchers } = coreOf(pull);
    await pull.bind('inproc://x');
    push.connect('inproc://x');
    poller.add(pull);
    expect(watchers.tell).toBeUndefined();
    const waiting = poller.poll();
    expect(watchers.tell).toBeDefined();
    await push.send('x');
    await waiting;
    expect(watchers.tell).toBeUndefined();
  });

  it('is given by `for await` until the last item is gone', async () => {
    const [pull, push] = [new Pull({ context }), new Push({ context })];
    await pull.bind('inproc://x');
    push.connect('inproc://x');
    await push.send('1');
    await push.send('2');
    poller.add(pull);
    const got: string[] = [];
    for await (const ready of poller) {
      const [{ error, item }] = ready as [PollResult];
      if (error === undefined) got.push(String(pull.tryReceive()));
      else poller.remove(item);
      if (got.length === 2) pull.close();
    }
    expect(got).toEqual(['1', '2']);
  });
});

describe('mistakes', () => {
  const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

  it('of the item', () => {
    const pull = new Pull({ context });
    poller.add(pull);
    expect(() => poller.add(pull)).toThrow(code('EINVAL'));
    poller.remove(pull);
    expect(() => poller.remove(pull)).toThrow(code('EINVAL'));
    expect(() => poller.modify(pull, {})).toThrow(code('EINVAL'));
    expect(() => poller.add(0 as unknown as Pollable)).toThrow(code('ENOTSUP'));
    expect(() => poller.add(0 as unknown as Pollable)).toThrow('new net.Socket({ fd: 0 })');
    for (const item of [undefined, null, 'x', {}, new EventTarget()])
      expect(() => poller.add(item as unknown as Pollable)).toThrow(TypeError);
  });

  it('of the events', () => {
    const pull = new Pull({ context });
    expect(() => poller.add(pull, null as unknown as PollEvents)).toThrow(TypeError);
    expect(() => poller.add(pull, { readable: 1 } as unknown as PollEvents)).toThrow(TypeError);
    expect(poller.size).toBe(0);
  });

  it('of the time, and of a second poll', async () => {
    const pull = new Pull({ context });
    expect(() => poller.poll()).toThrow(code('EINVAL'));
    expect(() => poller.poll(NaN)).toThrow(code('EINVAL'));
    expect(() => poller.poll(-2)).toThrow(code('EINVAL'));
    expect(() => poller.poll('1' as unknown as number)).toThrow(TypeError);
    poller.add(pull);
    const waiting = poller.poll();
    expect(() => poller.poll(0)).toThrow(code('EBUSY'));
    poller.remove(pull);
    expect(await waiting).toEqual([]);
    expect(() => new Poller({ context: {} as Context })).toThrow(code('EINVAL'));
  });
});
