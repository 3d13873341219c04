import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  MicroserviceHealthIndicator,
  TerminusModule,
} from '@nestjs/terminus';
import { Router } from '@nest-zmq/core';
import { InjectZmqClient, ZmqClient, type ZmqClientOptions, ZmqModule, ZmqPool } from '@nest-zmq/transport';
import { ZmqHealthIndicator } from '@nest-zmq/transport/terminus';
import { Apps } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { until } from './turns.js';

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(data: unknown): unknown {
    return data;
  }
}

interface Health {
  status: string;
  details: { orders: { status: string; peersUp: number; message?: string; peers: Record<string, unknown>[] } };
}

let apps: Apps;
beforeEach(() => (apps = new Apps()));
afterEach(() => apps.close());

/** An HTTP application with a health endpoint that checks a client. */
async function withHealth(
  options: Partial<ZmqClientOptions>,
  check: { minPeers?: number; timeout?: number } = {},
): Promise<{ health: () => Promise<Health & { http: number }>; client: ZmqClient }> {
  @Controller('health')
  class HealthController {
    constructor(
      private readonly checks: HealthCheckService,
      private readonly zmq: ZmqHealthIndicator,
      @InjectZmqClient('orders') private readonly orders: ZmqClient,
    ) {}

    @Get()
    @HealthCheck()
    check(): Promise<HealthCheckResult> {
      return this.checks.check([() => this.zmq.pingCheck('orders', this.orders, check)]);
    }
  }

  @Module({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      ZmqModule.registerClient({ name: 'orders', context: apps.context, ...options }),
    ],
    controllers: [HealthController],
    providers: [ZmqHealthIndicator],
  })
  class HealthModule {}
  const app = await NestFactory.create(HealthModule, { logger: false });
  apps.defer(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/health`;
  const health = async (): Promise<Health & { http: number }> => {
    const response = await fetch(url);
    return { http: response.status, ...((await response.json()) as Health) };
  };
  return { health, client: app.get<ZmqClient>('ZmqClient(orders)') };
}

describe('ZmqHealthIndicator', () => {
  it('is up when enough servers answer, and lists each', async () => {
    const servers = await Promise.all(['a', 'b'].map((peerName) => apps.serve([EchoController], { peerName })));
    const { health } = await withHealth({ connect: servers.flatMap(({ calls }) => calls) }, { minPeers: 2 });
    const { http, status, details } = await health();
    expect([http, status, details.orders.status, details.orders.peersUp]).toEqual([200, 'ok', 'up', 2]);
    expect(details.orders.peers).toHaveLength(2);
    for (const peer of details.orders.peers) {
      expect(peer).toEqual({
        name: expect.stringMatching(/^[ab]$/) as string,
        address: expect.stringContaining('127.0.0.1:') as string,
        up: true,
        draining: false,
        roundTripMs: expect.any(Number) as number,
      });
    }
  });

  it('is down when too few are there', async () => {
    const server = await apps.serve([EchoController], { peerName: 'a' });
    const { health, client } = await withHealth({ connect: server.calls }, { minPeers: 2, timeout: 500 });
    await client.connect();
    expect(await health()).toMatchObject({
      http: 503,
      status: 'error',
      details: { orders: { status: 'down', peersUp: 1, message: '1 of 2 servers answered within 500 ms' } },
    });
    expect(client.servers()).toHaveLength(1);
  });

  it('is down when nobody is there, and leaves the client usable', async () => {
    const { health, client } = await withHealth({ bind: apps.address() }, { timeout: 1_000 });
    expect(await health()).toMatchObject({ http: 503, details: { orders: { peersUp: 0, peers: [] } } });
    await apps.serve([EchoController], {
      bind: undefined,
      connect: client.unwrap().calls!.lastEndpoint!,
      events: undefined,
    });
    await until(() => client.servers().length === 1);
    expect(await health()).toMatchObject({ http: 200, details: { orders: { peersUp: 1 } } });
  });

  it('does not count a server that is closing, nor one that is silent', async () => {
    const clock = new ManualClock();
    const silent = new Router({ context: apps.context, metadata: { 'X-Nest-Zmq': '1', 'X-Name': 'silent' } });
    apps.defer(() => silent.close());
    await silent.bind('inproc://silent');
    const client = apps.bareClient({ connect: 'inproc://silent', clock });
    await client.connect();
    const pinging = client.ping({ timeout: 500 });
    await silent.receive();
    clock.advance(1_000); // timers may be a little late
    expect(await pinging).toEqual([
      {
        name: 'silent',
        address: expect.any(String) as string,
        up: false,
        draining: false,
        roundTripMs: undefined,
        error: 'No answer within 500 ms',
      },
    ]);
    const [peer] = silent.peers;
    silent.trySend(['', '', 'drain'], { peer: peer! });
    await until(() => client.servers()[0]?.draining === true);
    const asked = client.ping({ minPeers: 0 });
    for (;;) {
      const frames = await silent.receive();
      if (frames.at(-1)?.toString() !== 'ping') continue;
      await silent.send([frames[0]!, frames[1]!, '', Buffer.of(2), '']);
      break;
    }
    expect(await asked).toMatchObject([{ up: true, draining: true }]);
    expect(client.stats()?.calls).toMatchObject({ sent: 0, answered: 0, late: 0 });
  });

  it('takes a foreign server for up while it is connected', async () => {
    const foreign = new Router({ context: apps.context });
    apps.defer(() => foreign.close());
    await foreign.bind('inproc://foreign');
    const client = apps.bareClient({ connect: 'inproc://foreign' });
    expect(await client.ping()).toMatchObject([{ name: undefined, up: true, roundTripMs: undefined }]);
  });

  it('says why the client cannot be asked', async () => {
    const { health } = await withHealth({ events: { bind: apps.address() } });
    expect(await health()).toMatchObject({
      http: 503,
      details: { orders: { message: "Option 'connect': or 'bind' is needed to send() calls" } },
    });
  });

  it('checks pools', async () => {
    const indicator = new ZmqHealthIndicator(new (await import('@nestjs/terminus')).HealthIndicatorService());
    const pool = new ZmqPool('jobs', { bind: 'inproc://jobs', context: apps.context });
    apps.defer(() => pool.close());
    await pool.open();
    expect(indicator.poolCheck('jobs', pool)).toEqual({
      jobs: { status: 'down', message: '0 of 1 workers are connected', minWorkers: 1, workers: [] },
    });
    expect(indicator.poolCheck('jobs', pool, { minWorkers: 0 })).toMatchObject({ jobs: { status: 'up' } });
  });
});

describe('the stock MicroserviceHealthIndicator', () => {
  it('works with a custom class', async () => {
    const server = await apps.serve([EchoController]);
    @Module({ imports: [TerminusModule.forRoot({ logger: false })] })
    class StockModule {}
    const app = await NestFactory.createApplicationContext(StockModule, { logger: false });
    apps.defer(() => app.close());
    const indicator = await app.resolve(MicroserviceHealthIndicator);
    const check = (connect: string | string[]) =>
      // the types that the documentation gives it
      indicator.pingCheck<{ customClass: typeof ZmqClient; options: ZmqClientOptions }>('zmq', {
        transport: undefined,
        customClass: ZmqClient,
        options: { connect, connectTimeout: 200 },
      });
    expect(await check(server.calls)).toMatchObject({ zmq: { status: 'up' } });
    expect(await check('tcp://127.0.0.1:1')).toMatchObject({ zmq: { status: 'down' } });
  });
});
