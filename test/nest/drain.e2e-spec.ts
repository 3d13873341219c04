import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Dealer, Router } from '@nest-zmq/core';
import { type ZmqClient, ZmqContext, ZmqStatus } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, NEVER, type Observable } from 'rxjs';
import { Apps, type RunningServer, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { ask, frames, shown } from './support/raw.js';
import { ServerProcess } from './support/server-process.js';
import { turns, until } from './turns.js';

const seen = { running: 0, aborted: 0, done: 0 };
let finish: (value: unknown) => void = () => {};
let finished: Promise<unknown> = Promise.resolve();

@Controller()
class SlowController {
  @MessagePattern('echo')
  async echo(@Payload() data: unknown): Promise<unknown> {
    await turns();
    return data;
  }

  @MessagePattern('held')
  async held(@Payload() data: unknown): Promise<unknown> {
    seen.running++;
    await finished;
    seen.done++;
    return data;
  }

  @MessagePattern('never')
  never(@Ctx() ctx: ZmqContext): Observable<never> {
    seen.running++;
    ctx.signal.addEventListener('abort', () => seen.aborted++);
    return NEVER;
  }

  @EventPattern('held')
  async heldEvent(@Payload() _data: unknown): Promise<void> {
    seen.running++;
    await finished;
    seen.done++;
  }
}

let apps: Apps;

beforeEach(() => {
  Object.assign(seen, { running: 0, aborted: 0, done: 0 });
  finished = new Promise((resolve) => (finish = resolve));
  apps = new Apps();
});
afterEach(async () => {
  finish(undefined);
  await apps.close();
});

describe.each(transports)('a server that closes, over %s', (transport) => {
  let running: RunningServer;
  let client: ZmqClient;

  beforeEach(async () => {
    apps = new Apps(transport);
    running = await apps.serve([SlowController]);
    client = apps.client([running]);
    await client.connect();
  });

  it('answers what it has, gets nothing new, and is closed then', async () => {
    const statuses: string[] = [];
    running.server.status.subscribe((status) => statuses.push(status));
    const drained: unknown[] = [];
    client.on('drain', (peer) => drained.push(peer.socketType));
    const held = firstValueFrom(client.send('held', 'x'));
    await until(() => seen.running === 1);
    let closed = false;
    const closing = running.app.close().then(() => (closed = true));
    await until(() => client.servers()[0]?.draining === true);
    const next = firstValueFrom(client.send('echo', 'later')).catch((error: unknown) => error);
    await turns(5);
    expect([closed, drained]).toEqual([false, ['ROUTER']]);
    expect(client.stats()?.calls).toMatchObject({ inFlight: 1, waiting: 1 });
    finish(undefined);
    expect(await held).toBe('x');
    await closing;
    expect(statuses).toEqual([ZmqStatus.CONNECTED, ZmqStatus.DRAINING, ZmqStatus.DISCONNECTED]);
    await client.close();
    expect(await next).toMatchObject({ name: 'ZmqClosedError' });
  });

  it('is closed at once when nothing is in flight', async () => {
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
    await running.app.close();
    await running.server.close();
    expect(running.server.stats()).toBeUndefined();
  });

  it('waits for event handlers too', async () => {
    await lastValueFrom(client.emit('held', 1), { defaultValue: undefined });
    await until(() => seen.running === 1);
    const closing = running.app.close();
    finish(undefined);
    await closing;
    expect(seen.done).toBe(1);
  });
});

describe('a drain', () => {
  it('under load loses nothing: servers come and go, one after another, and no call fails', async () => {
    const clock = { stop: false };
    let servers = await Promise.all([1, 2, 3].map(() => apps.serve([SlowController])));
    const client = apps.client(servers, { minPeers: 3, reconnect: { initialDelay: 10, maxDelay: 50 } });
    await client.connect();
    let answered = 0;
    const callers = Array.from({ length: 50 }, async (_, caller) => {
      for (let i = 0; !clock.stop; i++) {
        expect(await firstValueFrom(client.send('echo', [caller, i]))).toEqual([caller, i]);
        answered++;
      }
    });
    const failed = Promise.all(callers);
    failed.catch(() => (clock.stop = true));
    for (let round = 0; round < 3; round++) {
      const next: RunningServer[] = [];
      for (const old of servers) {
        const before = answered;
        await old.app.close();
        next.push(await apps.serve([SlowController], { bind: old.calls, events: { bind: old.events } }));
        await until(() => client.servers().filter(({ draining }) => !draining).length === 3 || clock.stop);
        await until(() => answered > before + 100 || clock.stop);
      }
      servers = next;
    }
    clock.stop = true;
    await failed;
    expect(client.stats()?.calls).toMatchObject({ lost: 0, timedOut: 0, inFlight: 0, late: 0 });
    expect(answered).toBeGreaterThan(900);
  });

  it('ends after gracePeriod: what runs is told to stop, and its caller gets an error', async () => {
    const clock = new ManualClock();
    const running = await apps.serve([SlowController], { gracePeriod: 5_000, clock });
    const client = apps.client([running]);
    const [a, b] = [firstValueFrom(client.send('never', {})), firstValueFrom(client.send('never', {}))];
    const errors = Promise.allSettled([a, b]);
    await until(() => seen.running === 2);
    const closing = running.app.close();
    await until(() => client.servers()[0]?.draining === true);
    clock.advance(4_900);
    await turns(3);
    expect(seen.aborted).toBe(0);
    clock.advance(200);
    await closing;
    expect(seen.aborted).toBe(2);
    for (const outcome of await errors) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'ZmqClosedError', code: 'CLOSED' } });
    }
  });

  it('does not happen without gracefulShutdown', async () => {
    const running = await apps.serve([SlowController], { gracefulShutdown: false });
    const client = apps.client([running]);
    const call = firstValueFrom(client.send('never', {})).catch((error: unknown) => error);
    await until(() => seen.running === 1);
    await running.app.close();
    expect(await call).toMatchObject({ name: expect.stringMatching(/ZmqClosedError|ZmqPeerLostError/) });
    expect(seen.aborted).toBe(1);
  });

  it('asks clients that connect while it lasts, and runs calls of those who cannot know', async () => {
    const running = await apps.serve([SlowController]);
    const client = apps.client([running]);
    const held = firstValueFrom(client.send('held', 1));
    await until(() => seen.running === 1);
    const closing = running.app.close();
    const late = apps.client([running]);
    await until(() => late.servers()[0]?.draining === true || (void late.connect().catch(() => {}), false));
    const foreign = new Dealer({ context: apps.context });
    foreign.connect(running.calls[0] ?? '');
    apps.defer(() => foreign.close());
    expect(await ask(foreign, '<00000001>', '', 'echo', '"x"')).toEqual(['<00000001>', '', '<01>', '"x"']);
    finish(undefined);
    expect(await held).toBe(1);
    await closing;
  });

  it('is answered on the same connection, after the last call there', async () => {
    const router = new Router({ context: apps.context, metadata: { 'X-Nest-Zmq': '1' } });
    await router.bind('tcp://127.0.0.1:*');
    apps.defer(() => router.close());
    const client = apps.bareClient({ connect: router.lastEndpoint ?? '' });
    const call = firstValueFrom(client.send('x', 1));
    const cancelled = client.send('y', 1).subscribe();
    const [id] = (await router.receive()) as [Buffer];
    await router.receive();
    await router.send([id, ...frames('', '', 'drain')]);
    await router.send([id, ...frames('', '', 'drain')]);
    await until(() => client.servers()[0]?.draining === true);
    await router.send([id, ...frames('<00000001>', '', '<01>', '5')]);
    expect(await call).toBe(5);
    cancelled.unsubscribe();
    expect(shown((await router.receive()).slice(1))).toEqual(['<00000002>', '', '', 'cancel']);
    expect(shown((await router.receive()).slice(1))).toEqual(['', '', 'drained']);
    // A fence: there is no second one.
    await router.send([id, ...frames('', '<02>', '')]);
    await router.send([id, ...frames('', '', 'unknown')]);
    await until(() => client.stats()?.calls.unknownVerbs === 1);
    expect(router.tryReceive()).toBeUndefined();
    expect(client.stats()?.calls.malformed).toBe(0);
  });

  it('happens on SIGTERM: the process answers what it has, and is gone', async () => {
    const server = await ServerProcess.start({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
    apps.defer(() => server.stop());
    const client = apps.bareClient({ connect: [...server.info!.calls] });
    const held = firstValueFrom(client.send('held', 'answer'));
    await until(() => server.running('held') === 1);
    server.kill('SIGTERM');
    await until(() => client.servers()[0]?.draining === true);
    server.child.send('go');
    expect(await held).toBe('answer');
    await server.exited;
  });
});
