import { turn } from '../testing/turn.js';
import { Context } from './context.js';
import { Proxy } from './proxy.js';
import { Dealer, Pair, Publisher, Pull, Push, Reply, Request, Router, Subscriber } from './sockets.js';

let context: Context;
let source: Push;
let sink: Pull;
let proxy: Proxy;
let ended: Promise<void>;

beforeEach(async () => {
  context = new Context({ blocky: false });
  const [front, back] = [new Pull({ context, receiveHighWaterMark: 2 }), new Push({ context })];
  [source, sink] = [new Push({ context, sendHighWaterMark: 2 }), new Pull({ context })];
  await front.bind('inproc://front');
  await back.bind('inproc://back');
  source.connect('inproc://front');
  sink.connect('inproc://back');
  proxy = new Proxy(front, back);
});
afterEach(async () => {
  await context.terminate();
  await Promise.allSettled([ended]);
});

async function passes(): Promise<void> {
  await source.send('x');
  expect(String(await sink.receive())).toBe('x');
}

/** Fills the way to the proxy: what it does not take is not sent. */
async function isPaused(): Promise<void> {
  for (let i = 0; i < 4; i++) await source.send('held');
  await turn();
  expect([source.trySend('no'), sink.tryReceive()]).toEqual([false, undefined]);
}

async function goesOn(): Promise<void> {
  for (let i = 0; i < 4; i++) expect(String(await sink.receive())).toBe('held');
  await passes();
}

/** Eight numbers in the byte order of this machine. */
function counters(frames: readonly Buffer[]): number[] {
  return frames.map((frame) => {
    expect(frame).toHaveLength(8);
    return Number(new BigUint64Array(new Uint8Array(frame).buffer)[0]);
  });
}

/** What `passes` once leaves: a frame and a byte, in at the front and out at the back. */
const once = [1, 1, 0, 0, 0, 0, 1, 1];

describe('a control socket', () => {
  it('REP: every command is answered, the statistics by eight frames, the others by nothing', async () => {
    const [control, user] = [new Reply({ context }), new Request({ context })];
    await control.bind('inproc://control');
    user.connect('inproc://control');
    ended = proxy.run({ control });
    const say = async (command: string): Promise<Buffer[]> => {
      await user.send(command);
      return user.receive();
    };
    const nothing = [Buffer.alloc(0)];
    await passes();
    expect(counters(await say('STATISTICS'))).toEqual(once);
    expect(await say('PAUSE')).toEqual(nothing);
    await isPaused();
    expect(counters(await say('STATISTICS'))).toEqual(once);
    expect(await say('RESUME')).toEqual(nothing);
    await goesOn();
    expect(await say('what is this?')).toEqual(nothing);
    expect(await say('PAUSE ')).toEqual(nothing);
    await passes();
    expect(await say('TERMINATE')).toEqual(nothing);
    await ended;
    expect([proxy.frontEnd.closed, proxy.backEnd.closed, control.closed]).toEqual([true, true, false]);
  });

  it('PAIR: only the statistics are answered', async () => {
    const [control, user] = [new Pair({ context }), new Pair({ context })];
    await control.bind('inproc://control');
    user.connect('inproc://control');
    ended = proxy.run({ control });
    await user.send('PAUSE');
    await turn();
    await isPaused();
    await user.send('RESUME');
    await goesOn();
    await user.send('STATISTICS');
    expect(counters(await user.receive())).toEqual([5, 17, 0, 0, 0, 0, 5, 17]);
    await user.send('TERMINATE');
    await ended;
  });

  it.each([
    ['PULL', () => [new Pull({ context }), new Push({ context })] as const],
    ['SUB', () => [new Subscriber({ context }), new Publisher({ context, noDrop: true })] as const],
  ])('%s steers, and nobody waits for its answers', async (_type, make) => {
    const [control, user] = make();
    await control.bind('inproc://control');
    user.connect('inproc://control');
    if (control instanceof Subscriber) control.subscribe('');
    ended = proxy.run({ control });
    await user.send('STATISTICS');
    await passes();
    await user.send('PAUSE');
    await turn();
    await isPaused();
    await user.send('RESUME');
    await goesOn();
    await user.send('TERMINATE');
    await ended;
  });

  it('ROUTER: the answer goes to who asked', async () => {
    const control = new Router({ context });
    await control.bind('inproc://control');
    ended = proxy.run({ control });
    await passes();
    for (const user of [new Dealer({ context }), new Request({ context })]) {
      user.connect('inproc://control');
      await user.send('STATISTICS');
      expect(counters(await user.receive())).toEqual(once);
    }
  });

  it('answers one after the other when there is no room, and passes on meanwhile', async () => {
    const control = new Pair({ context, sendHighWaterMark: 1 });
    const user = new Pair({ context, receiveHighWaterMark: 1 });
    await control.bind('inproc://control');
    user.connect('inproc://control');
    ended = proxy.run({ control });
    for (let i = 0; i < 10; i++) await user.send('STATISTICS');
    await passes();
    for (let i = 0; i < 10; i++) expect(await user.receive()).toHaveLength(8);
    await passes();
  });

  it('is the proxy’s own until the end, when it is free again', async () => {
    const control = new Pull({ context });
    await control.bind('inproc://control');
    ended = proxy.run({ control });
    expect(() => control.receive()).toThrow(expect.objectContaining({ code: 'EBUSY' }) as Error);
    proxy.terminate();
    await ended;
    const user = new Push({ context });
    user.connect('inproc://control');
    await user.send('x');
    expect(String(await control.receive())).toBe('x');
  });

  it('may have been told before the proxy ran', async () => {
    const [control, user] = [new Pull({ context }), new Push({ context })];
    await control.bind('inproc://control');
    user.connect('inproc://control');
    await user.send('TERMINATE');
    await source.send('never passed on');
    await turn();
    ended = proxy.run({ control });
    await ended;
    expect(proxy.statistics().frontEnd.received.frames).toBe(0);
  });
});
