import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Context, Dealer, Publisher, Router } from '@nest-zmq/core';
import { type ZmqClient, ZmqPeerLostError } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, NEVER, Observable, toArray } from 'rxjs';
import { ChaosProxy } from '../support/chaos-proxy.js';
import { Apps, type RunningServer } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { ServerProcess } from './support/server-process.js';
import { ask, frames, shown } from './support/raw.js';
import { turns, until } from './turns.js';

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('never')
  never(): Observable<never> {
    return NEVER;
  }

  @EventPattern('tick')
  tick(@Payload() _data: unknown): void {}
}

/** The same numbers in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PARTS = [
  '',
  'echo',
  'tick',
  '1',
  '"x"',
  '{"a":1}',
  '{',
  '[]',
  'null',
  '{"__proto__":{"polluted":1}}',
  '\0ready',
  'cancel',
  'ping',
  'drain',
  'drained',
  'dance',
  '{":replies":"many"}',
  '{":type":"application/octet-stream"}',
  '{":deadline-ms":"0"}',
  '{":deadline-ms":"5"}',
  '{":attempt":"x"}',
  '{"cmd":{"__proto__":1}}',
  '['.repeat(3_000),
  '<00>',
  '<01>',
  '<02>',
  '<03>',
  '<04>',
  '<ff>',
  '<00000001>',
  '<00000002>',
  '<ffffffff>',
  '<0001020304>',
  '<c328>',
];

let apps: Apps;
beforeEach(() => {
  apps = new Apps();
});
afterEach(async () => {
  await apps.close();
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

describe('whatever a peer sends', () => {
  const message = (random: (below: number) => number): Buffer[] =>
    frames(...Array.from({ length: random(8) + 1 }, () => PARTS[random(PARTS.length)] as string));
  let running: RunningServer;
  let healthy: ZmqClient;

  beforeEach(async () => {
    running = await apps.serve([EchoController]);
    healthy = apps.client([running]);
    await healthy.connect();
  });

  it.each([1, 2, 3])('to a server, it lives, and a healthy pair does not notice (%i)', async (seed) => {
    const random = randomNumbers(seed);
    const dealer = new Dealer({ context: apps.context });
    dealer.connect(running.calls[0] ?? '');
    dealer.onMessage(() => {});
    const publisher = new Publisher({ context: apps.context });
    publisher.connect(running.events[0] ?? '');
    apps.defer(() => dealer.close());
    apps.defer(() => publisher.close());
    await until(() => publisher.peers.length === 1);
    for (let i = 0; i < 2_000; i++) {
      await dealer.send(message(random));
      await publisher.send(message(random));
      if (i % 100 === 0) expect(await firstValueFrom(healthy.send('echo', i))).toBe(i);
    }
    expect(await firstValueFrom(healthy.send('echo', 'still'))).toBe('still');
    const stats = running.server.stats();
    expect(stats?.calls.malformed).toBeGreaterThan(100);
    expect(stats?.calls).toMatchObject({ running: 0, waiting: 0 });
  });

  it.each([4, 5, 6])('to a client, every call settles, and other servers answer (%i)', async (seed) => {
    const random = randomNumbers(seed);
    const router = new Router({ context: apps.context, metadata: { 'X-Nest-Zmq': '1' } });
    await router.bind('tcp://127.0.0.1:*');
    apps.defer(() => router.close());
    const client = apps.client([running], { connect: [...running.calls, router.lastEndpoint ?? ''], minPeers: 2 });
    await client.connect();
    router.onMessage(([peer, ...request]) => {
      for (let i = 0; i < 3; i++) void router.trySend([peer!, ...message(random)]);
      // Sometimes as the answer to a call.
      void router.trySend([peer!, ...request.slice(0, 2), ...message(random)]);
    });
    let settled = 0;
    const outcomes = Array.from({ length: 300 }, (_, i) =>
      firstValueFrom(client.send('echo', i), { defaultValue: i })
        .then(
          () => 'value',
          () => 'error',
        )
        .finally(() => settled++),
    );
    // Those of the healthy server at least, which has every other one.
    await until(() => settled >= 150 && (running.server.stats()?.calls.completed ?? 0) >= 150);
    await client.close();
    expect(await Promise.all(outcomes)).toHaveLength(300);
  });
});

describe('what has no form, or a strange one', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const results: Record<string, unknown> = {
    NaN: NaN,
    Infinity: Infinity,
    date: new Date(0),
    map: new Map([[1, 2]]),
    symbol: Symbol('x'),
    function: () => 1,
    bigint: { a: 1n },
    cyclic,
    getter: {
      get a(): number {
        throw new Error('a getter that throws');
      },
    },
    proto: JSON.parse('{"__proto__":{"polluted":1},"a":1}') as unknown,
  };

  @Controller()
  class StrangeController {
    @MessagePattern('give')
    give(@Payload() kind: string): unknown {
      return results[kind];
    }

    @MessagePattern('throw')
    throw(@Payload() kind: string): never {
      throw new RpcException(results[kind] as object);
    }

    @MessagePattern('after the end')
    afterTheEnd(): Observable<number> {
      return new Observable((observer) => {
        observer.next(1);
        observer.complete();
        observer.next(2);
        observer.error(new Error('too late'));
      });
    }
  }

  let client: ZmqClient;
  beforeEach(async () => {
    client = apps.client([await apps.serve([StrangeController])]);
  });

  const all = (pattern: string, data: unknown): Promise<unknown> =>
    lastValueFrom(client.send<unknown>(pattern, data).pipe(toArray()));

  it.each([
    ['NaN', [null]],
    ['Infinity', [null]],
    ['date', ['1970-01-01T00:00:00.000Z']],
    ['map', [{}]],
    ['symbol', []],
    ['function', []],
    ['proto', [{ a: 1 }]],
  ])('a result as JSON has it: %s', async (kind, values) => {
    expect(await all('give', kind)).toEqual(values);
  });

  it.each(['bigint', 'cyclic', 'getter'])('a result that has none fails its call only: %s', async (kind) => {
    await expect(all('give', kind)).rejects.toMatchObject({ name: 'ZmqCodecError', code: 'CODEC' });
    expect(await all('give', 'NaN')).toEqual([null]);
  });

  it.each(['bigint', 'cyclic', 'getter', 'map'])(
    'an error that has none is an error all the same: %s',
    async (kind) => {
      await expect(all('throw', kind)).rejects.toEqual(expect.any(Object));
      expect(await all('give', 'NaN')).toEqual([null]);
    },
  );

  it.each(['bigint', 'cyclic', 'getter'])('data that has none is not sent: %s', async (kind) => {
    await expect(all('give', results[kind])).rejects.toMatchObject({ name: 'ZmqCodecError' });
  });

  it('what comes after the end of a stream is nothing', async () => {
    expect(await all('after the end', {})).toEqual([1]);
  });
});

describe('request ids', () => {
  it.each([
    ['none', []],
    ['one byte', ['<00>']],
    ['sixty kibibytes', ['x'.repeat(60 * 1024)]],
    ['a hundred frames', Array.from({ length: 100 }, (_, i) => `hop ${i}`)],
  ])('of any form come back as they are: %s', async (_what, ids) => {
    const running = await apps.serve([EchoController]);
    const dealer = new Dealer({ context: apps.context });
    dealer.connect(running.calls[0] ?? '');
    apps.defer(() => dealer.close());
    await dealer.send(frames(...ids, '', 'echo', '"x"'));
    expect(shown(await dealer.receive())).toEqual([...ids, '', '<01>', '"x"']);
  });

  it('of more than 64 KiB are counted and dropped', async () => {
    const running = await apps.serve([EchoController]);
    const dealer = new Dealer({ context: apps.context });
    dealer.connect(running.calls[0] ?? '');
    apps.defer(() => dealer.close());
    await dealer.send(frames('x'.repeat(65 * 1024), '', 'echo', '"x"'));
    expect(await ask(dealer, '<00000001>', '', 'echo', '"fence"')).toEqual(['<00000001>', '', '<01>', '"fence"']);
    expect(running.server.stats()?.calls).toMatchObject({ malformed: 1, received: 1 });
  });

  it('of one client mean nothing to another', async () => {
    const running = await apps.serve([EchoController]);
    const [one, other] = [1, 2].map(() => {
      const dealer = new Dealer({ context: apps.context });
      dealer.connect(running.calls[0] ?? '');
      apps.defer(() => dealer.close());
      return dealer;
    }) as [Dealer, Dealer];
    await one.send(frames('<00000001>', '', 'never', ''));
    await until(() => running.server.stats()?.calls.running === 1);
    // Neither a cancel nor a call with its id touches it.
    await other.send(frames('<00000001>', '', '', 'cancel'));
    await other.send(frames('<00000001>', '', 'echo', '1'));
    expect(shown(await other.receive())).toEqual(['<00000001>', '', '<01>', '1']);
    expect(running.server.stats()?.calls).toMatchObject({ running: 1, strayCancels: 1, duplicates: 0 });
    await one.send(frames('<00000001>', '', '', 'cancel'));
    await until(() => running.server.stats()?.calls.running === 0);
  });
});

describe('close', () => {
  it.each([0, 1, 2, 3, 5, 8])(
    'in whatever state, %i turns after the start, settles everything and leaves nothing open',
    async (count) => {
      const running = await apps.serve([EchoController]);
      const client = apps.client([running]);
      const connecting = client.connect().catch((error: unknown) => error);
      const call = firstValueFrom(client.send('echo', 1)).catch((error: unknown) => error);
      const event = firstValueFrom(client.emit('tick', 1), { defaultValue: 'done' }).catch((error: unknown) => error);
      await turns(count);
      await Promise.all([client.close(), client.close(), running.app.close(), running.server.close()]);
      for (const outcome of await Promise.all([connecting, call, event])) {
        expect([undefined, 1, 'done', 'ZmqClosedError']).toContain(outcome instanceof Error ? outcome.name : outcome);
      }
      expect(client.stats()).toBeUndefined();
    },
  );
});

/** Heartbeats by a clock: a machine that has much else to do is silent for a while, too. */
function manualTime(): { context: Context; clock: ManualClock } {
  const clock = new ManualClock();
  const context = new Context({}, { clock });
  apps.defer(() => context.terminate());
  return { context, clock };
}

/** Resolves when the time begins after which the client tries again: 2,000 ms at most. */
function untilRedials(client: ZmqClient): Promise<unknown> {
  const { events } = client.unwrap<{ calls: Dealer }>().calls;
  return new Promise((resolve) => events.on('connect:retry', resolve));
}

describe('a process that stands still', () => {
  it('is found by its silence: its calls fail, others answer', async () => {
    const stopped = await ServerProcess.start({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
    apps.defer(() => stopped.stop());
    const { context, clock } = manualTime();
    const heartbeat = { interval: 50, timeout: 50 };
    const client = apps.bareClient({ context, connect: [...stopped.info!.calls], heartbeat });
    await client.connect();
    const redials = untilRedials(client);
    stopped.kill('SIGSTOP');
    const call = firstValueFrom(client.send('pid', {})).catch((cause: unknown) => cause);
    clock.advance(100);
    expect(await call).toBeInstanceOf(ZmqPeerLostError);
    expect(client.servers()).toEqual([]);
    stopped.kill('SIGCONT');
    await redials;
    clock.advance(2_000);
    expect(await firstValueFrom(client.send('pid', {}))).toBe(stopped.pid);
  });
});

describe('a network that is gone, without a word to either side', () => {
  it('is found by the heartbeats of each: calls settle, what runs is told to stop, and later they go on', async () => {
    const { context, clock } = manualTime();
    const heartbeat = { interval: 200, timeout: 200 };
    const running = await apps.serve([EchoController], { context, heartbeat });
    const proxy = await ChaosProxy.start(running.calls[0] ?? '', { seed: 1 });
    apps.defer(() => proxy.close());
    const client = apps.bareClient({ context, connect: proxy.endpoint, heartbeat });
    const call = firstValueFrom(client.send('never', {})).catch((error: unknown) => error);
    await until(() => running.server.stats()?.calls.running === 1);
    const redials = untilRedials(client);
    proxy.unplug();
    clock.advance(400);
    const error = await call;
    expect(error).toBeInstanceOf(ZmqPeerLostError);
    expect(error).toMatchObject({ reason: 'ETIMEDOUT' });
    expect(client.servers()).toEqual([]);
    await until(() => running.server.stats()?.clients === 0);
    expect(running.server.stats()?.calls).toMatchObject({ running: 0, cancelled: 1 });
    proxy.plugIn();
    await redials;
    clock.advance(2_000);
    expect(await firstValueFrom(client.send('echo', 'again'))).toBe('again');
  });
});
