import { Controller, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { Dealer, Router } from '@nest-zmq/core';
import { getZmqWorkersToken, OnTask, ZmqModule, ZmqWorker, type ZmqWorkers } from '@nest-zmq/transport';
import { lastValueFrom } from 'rxjs';
import { libraries, LibzmqPeer, type RemoteSocket } from '../interop/libzmq-peer.js';
import { Apps, type RunningServer } from './support/apps.js';
import { until } from './turns.js';

/*
 * Programs in other languages, with libzmq, do what the wire page promises them:
 * two frames, a name and JSON, and no library of ours.
 */

const [REQ, DEALER, PUB, SUB, PUSH] = [3, 5, 1, 2, 8];
const REQ_CORRELATE = 52;
const VALUE_AND_DONE = '\x01';
const FAILED = '\x03';

const heard: unknown[] = [];

@Controller()
class MathController {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @EventPattern('tick')
  tick(@Payload() data: unknown): void {
    heard.push(data);
  }
}

const worked: unknown[] = [];

@ZmqWorker('jobs')
class JobWorker {
  @OnTask('resize')
  resize(@Payload() job: unknown): void {
    worked.push(job);
  }
}

describe.each(libraries.filter(({ missing }) => missing === undefined))('$name', (library) => {
  let peer: LibzmqPeer;
  let apps: Apps;

  beforeAll(async () => {
    peer = await LibzmqPeer.start(library);
  });
  afterAll(() => peer.stop());
  beforeEach(() => {
    heard.length = 0;
    worked.length = 0;
    apps = new Apps();
  });
  afterEach(() => apps.close());

  async function connected(
    type: number,
    endpoint: string,
    options: Record<number, number> = {},
  ): Promise<RemoteSocket> {
    const socket = await peer.open(type, options);
    apps.defer(() => socket.close());
    await socket.connect(endpoint);
    return socket;
  }

  async function ask(socket: RemoteSocket, ...request: string[]): Promise<unknown> {
    await socket.send(request);
    return socket.receive();
  }

  async function calls(): Promise<string> {
    const server: RunningServer = await apps.serve([MathController]);
    return server.calls[0]!;
  }

  /** A broker as the guide has it: ROUTER in front, DEALER behind, frames as they are. */
  async function behindProxy(endpoint: string): Promise<string> {
    const front = new Router();
    const back = new Dealer();
    apps.defer(() => {
      front.close();
      back.close();
    });
    await front.bind('tcp://127.0.0.1:*');
    back.connect(endpoint);
    front.onMessage((message) => back.trySend(message));
    back.onMessage((message) => front.trySend(message));
    return front.lastEndpoint!;
  }

  describe.each([
    ['direct', (endpoint: string) => Promise.resolve(endpoint)],
    ['through a ROUTER/DEALER proxy', behindProxy],
  ])('calls, %s', (_name, route) => {
    it.each([
      ['a plain REQ', {}],
      ['a correlated REQ', { [REQ_CORRELATE]: 1 }],
    ])('%s calls a @MessagePattern', async (_kind, options) => {
      const req = await connected(REQ, await route(await calls()), options);
      expect(await ask(req, 'sum', '[1,2,3]')).toEqual([VALUE_AND_DONE, '6']);
      expect(await ask(req, 'sum', '[40,2]')).toEqual([VALUE_AND_DONE, '42']);
    });

    it('a DEALER writes the envelope itself', async () => {
      const dealer = await connected(DEALER, await route(await calls()));
      expect(await ask(dealer, 'any id', '', 'sum', '[5]')).toEqual(['any id', '', VALUE_AND_DONE, '5']);
    });

    it('an unknown name is answered with an error', async () => {
      const req = await connected(REQ, await route(await calls()));
      const [status, error] = (await ask(req, 'nobody', '1')) as [string, string];
      expect(status).toBe(FAILED);
      expect(JSON.parse(error)).toMatchObject({
        message: expect.stringContaining('no matching message handler') as string,
      });
    });
  });

  it('a plain SUB hears an emit', async () => {
    const client = apps.bareClient({ events: { bind: 'tcp://127.0.0.1:*' } });
    await client.connect();
    const { events } = client.unwrap();
    const sub = await peer.open(SUB);
    apps.defer(() => sub.close());
    const subscribed = new Promise<void>((resolve) => events!.onSubscription(() => resolve()));
    await sub.subscribe('tick');
    await sub.connect(events!.lastEndpoint!);
    await subscribed;
    await lastValueFrom(client.emit('tick', { at: 1 }), { defaultValue: undefined });
    expect((await sub.receive()).slice(0, 2)).toEqual(['tick', '{"at":1}']);
  });

  it('a plain PUB reaches an @EventPattern', async () => {
    const pub = await peer.open(PUB);
    apps.defer(() => pub.close());
    const endpoint = await pub.bind('tcp://127.0.0.1:*');
    await apps.serve([MathController], { events: { connect: endpoint } });
    // libzmq's PUB does not tell who has subscribed, so it repeats itself until the first is heard.
    for (let i = 0; heard.length === 0 && i < 10_000; i++) await pub.send(['tick', '"hello"']);
    expect(heard[0]).toBe('hello');
  });

  it('a plain PUSH feeds a pool', async () => {
    @Module({
      imports: [ZmqModule.registerWorkers({ pool: 'jobs', bind: 'tcp://127.0.0.1:*' })],
      providers: [JobWorker],
    })
    class WorkerModule {}
    const app: INestApplicationContext = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    apps.defer(() => app.close());
    const workers = app.get<ZmqWorkers>(getZmqWorkersToken('jobs'));
    const push = await connected(PUSH, workers.unwrap().lastEndpoint!);
    for (let i = 0; i < 20; i++) await push.send(['resize', JSON.stringify({ image: i })]);
    await until(() => worked.length === 20);
    expect(worked).toEqual(Array.from({ length: 20 }, (_, image) => ({ image })));
  });
});
