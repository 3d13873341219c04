import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Dealer, Publisher, Router } from '@nest-zmq/core';
import { type ZmqClient, ZmqPeerLostError } from '@nest-zmq/transport';
import { firstValueFrom } from 'rxjs';
import { Apps, type RunningServer } from './support/apps.js';
import { ServerProcess } from './support/server-process.js';
import { frames } from './support/raw.js';
import { turns, until } from './turns.js';

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
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

const failures: unknown[] = [];
const failed = (error: unknown): void => void failures.push(error);
let apps: Apps;

beforeAll(() => {
  process.on('unhandledRejection', failed);
});
afterAll(() => {
  process.off('unhandledRejection', failed);
});
beforeEach(() => {
  apps = new Apps();
});
afterEach(async () => {
  await apps.close();
  await turns(3);
  expect(failures).toEqual([]);
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
    const outcomes = Array.from({ length: 300 }, (_, i) =>
      firstValueFrom(client.send('echo', i), { defaultValue: i }).then(
        () => 'value',
        () => 'error',
      ),
    );
    await turns(20);
    const answered = outcomes.length - (client.stats()?.calls.inFlight ?? 0);
    expect(answered).toBeGreaterThanOrEqual(150);
    await client.close();
    expect(await Promise.all(outcomes)).toHaveLength(300);
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

describe('a process that stands still', () => {
  it('is found by its silence: its calls fail, others answer', async () => {
    const stopped = await ServerProcess.start({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
    apps.defer(() => stopped.stop());
    const client = apps.bareClient({ connect: [...stopped.info!.calls], heartbeat: { interval: 50, timeout: 50 } });
    await client.connect();
    stopped.kill('SIGSTOP');
    const error = await firstValueFrom(client.send('pid', {})).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ZmqPeerLostError);
    expect(client.servers()).toEqual([]);
    stopped.kill('SIGCONT');
    expect(await firstValueFrom(client.send('pid', {}))).toBe(stopped.pid);
  });
});
