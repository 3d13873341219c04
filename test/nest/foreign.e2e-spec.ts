import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Dealer, Publisher, Reply, Request, Router, Subscriber } from '@nest-zmq/core';
import { ZmqContext } from '@nest-zmq/transport';
import { lastValueFrom, NEVER, type Observable, of, toArray } from 'rxjs';
import { Apps, type RunningServer } from './support/apps.js';
import { ask, frames, shown } from './support/raw.js';
import { until } from './turns.js';

const seen = { events: [] as unknown[], running: 0, aborted: 0 };

@Controller()
class ForeignController {
  @MessagePattern('sum')
  sum(@Payload() data: number[]): number {
    return data.reduce((total, number) => total + number, 0);
  }

  @MessagePattern({ cmd: 'echo', v: 1 })
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('stream')
  stream(): Observable<number> {
    return of(1, 2, 3);
  }

  @MessagePattern('nothing')
  nothing(): void {}

  @MessagePattern('fail')
  fail(): never {
    throw new RpcException({ code: 'NO', message: 'no' });
  }

  @MessagePattern('never')
  never(@Ctx() ctx: ZmqContext): Observable<never> {
    seen.running++;
    ctx.signal.addEventListener('abort', () => seen.aborted++);
    return NEVER;
  }

  @EventPattern('tick')
  tick(@Payload() data: unknown): void {
    seen.events.push(data);
  }
}

let apps: Apps;
let running: RunningServer;

beforeEach(async () => {
  Object.assign(seen, { events: [], running: 0, aborted: 0 });
  apps = new Apps();
  running = await apps.serve([ForeignController]);
});
afterEach(() => apps.close());

function connected<T extends { connect(address: string): void; close(): void }>(socket: T, ...addresses: string[]): T {
  for (const address of addresses) socket.connect(address);
  apps.defer(() => socket.close());
  return socket;
}

/** Pumps both ways, as a queue device does. */
async function proxy(backends: string[]): Promise<string> {
  const front = new Router({ context: apps.context });
  const back = connected(new Dealer({ context: apps.context }), ...backends);
  await front.bind('tcp://127.0.0.1:*');
  apps.defer(() => front.close());
  front.onMessage((message) => void back.send(message));
  back.onMessage((message) => void front.send(message));
  return front.lastEndpoint ?? '';
}

describe.each(['directly', 'behind a proxy', 'behind two proxies'])('a REQ of another library, %s', (where) => {
  let address: string;

  beforeEach(async () => {
    [address] = running.calls as [string];
    if (where !== 'directly') address = await proxy([address]);
    if (where === 'behind two proxies') address = await proxy([address]);
  });

  it.each([
    ['plain', {}],
    ['correlated', { correlate: true }],
  ])('%s: gets exactly one reply', async (_, options) => {
    const request = connected(new Request({ context: apps.context, ...options }), address);
    const asked = async (...parts: string[]): Promise<string[]> => {
      await request.send(frames(...parts));
      return shown(await request.receive());
    };
    expect(await asked('sum', '[1,2,3]')).toEqual(['<01>', '6']);
    expect(await asked('{"cmd":"echo","v":1}', '"x"')).toEqual(['<01>', '"x"']);
    expect(await asked('{ "v": 1, "cmd": "echo" }', '"x"')).toEqual(['<01>', '"x"']);
    expect(await asked('stream', '')).toEqual(['<01>', '3']);
    expect(await asked('nothing', '')).toEqual(['<02>', '']);
    expect(await asked('fail', '')).toEqual(['<03>', '{"code":"NO","message":"no"}']);
    expect((await asked('unknown', ''))[0]).toBe('<03>');
    expect(await asked('', 'ping')).toEqual(['<02>', '']);
    expect(await asked('sum', '[4]', '{"X-Header":"1"}')).toEqual(['<01>', '4']);
    const bytes = await asked('{"cmd":"echo","v":1}', '<00ff>', '{":type":"application/octet-stream"}');
    expect(bytes).toEqual(['<01>', '<00ff>', '{":type":"application/octet-stream"}']);
  });
});

describe('calls through proxies', () => {
  it('our client works, over several servers, with streams and cancels', async () => {
    const second = await apps.serve([ForeignController]);
    const address = await proxy([...running.calls, ...second.calls]);
    const client = apps.bareClient({ connect: address });
    await client.connect();
    const sums = await Promise.all(Array.from({ length: 200 }, (_, i) => lastValueFrom(client.send('sum', [i, 1]))));
    expect(sums).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual([1, 2, 3]);
    expect(running.server.stats()?.calls.received).toBeGreaterThan(0);
    expect(second.server.stats()?.calls.received).toBeGreaterThan(0);
  });

  it('calls of different clients with the same ids are kept apart', async () => {
    const address = await proxy(running.calls);
    const clients = Array.from({ length: 5 }, () => apps.bareClient({ connect: address }));
    const results = await Promise.all(
      clients.flatMap((client, c) =>
        Array.from({ length: 50 }, (_, i) => lastValueFrom(client.send({ cmd: 'echo', v: 1 }, [c, i]))),
      ),
    );
    expect(results).toEqual(clients.flatMap((_, c) => Array.from({ length: 50 }, (_unused, i) => [c, i])));
    expect(running.server.stats()?.calls.duplicates).toBe(0);
  });
});

describe('a DEALER of another library', () => {
  let dealer: Dealer;
  beforeEach(() => {
    dealer = connected(new Dealer({ context: apps.context }), ...running.calls);
  });

  it('gets many replies when it asks for them, in either way', async () => {
    expect(await ask(dealer, '<00000001>', '', 'stream', '', '<01>')).toEqual(['<00000001>', '', '<00>', '1']);
    expect(shown(await dealer.receive())).toEqual(['<00000001>', '', '<00>', '2']);
    expect(shown(await dealer.receive())).toEqual(['<00000001>', '', '<01>', '3']);
    expect(await ask(dealer, 'any id', 'x', '', 'stream', '', '{":replies":"many"}')).toEqual([
      'any id',
      'x',
      '',
      '<00>',
      '1',
    ]);
  });

  it('is answered 03 for what is malformed, and the next call is fine', async () => {
    const code = async (...parts: string[]): Promise<unknown> => {
      const [id, empty, status, error] = await ask(dealer, ...parts);
      return [id, empty, status, (JSON.parse(error ?? '') as { code: string }).code];
    };
    const malformed = ['<00000001>', '', '<03>', 'MALFORMED'];
    expect(await code('<00000001>', '', 'sum')).toEqual(malformed);
    expect(await code('<00000001>', '', 'sum', '[1]', '{}', 'more')).toEqual(malformed);
    expect(await code('<00000001>', '', 'sum', '[1]', '[]')).toEqual(malformed);
    expect(await code('<00000001>', '', 'sum', '{"bad')).toEqual(malformed);
    expect(await code('<00000001>', '', 'sum', '['.repeat(200_000))).toEqual(malformed);
    expect(await code('<00000001>', '', 'sum', 'x', '{":type":"application/unknown"}')).toEqual([
      '<00000001>',
      '',
      '<03>',
      'CODEC',
    ]);
    expect(await code('<00000001>', '', 'tick', '1')).toEqual(['<00000001>', '', '<03>', 'NO_HANDLER']);
    expect(await ask(dealer, '<00000001>', '', 'sum', '[1]')).toEqual(['<00000001>', '', '<01>', '1']);
  });

  it('is not answered where it cannot be: counted and dropped', async () => {
    await dealer.send(frames('no', 'delimiter'));
    await dealer.send(frames('<00000001>', '', '', 'cancel'));
    await dealer.send(frames('<00000001>', '', '', 'unknown verb'));
    await dealer.send(frames('<00000001>', '', '', 'cancel', '<01>', 'more'));
    expect(await ask(dealer, '<00000002>', '', '', 'ping')).toEqual(['<00000002>', '', '<02>', '']);
    expect(running.server.stats()?.calls).toMatchObject({
      malformed: 2,
      strayCancels: 1,
      unknownVerbs: 1,
      received: 0,
    });
  });

  it('gets its one reply for every control message without a request id', async () => {
    for (const verb of ['ping', 'cancel', 'drained', 'unknown']) {
      expect(await ask(dealer, '', '', verb)).toEqual(['', '<02>', '']);
    }
  });

  it('may not use an id twice at a time', async () => {
    await dealer.send(frames('<00000001>', '', 'never', ''));
    await until(() => seen.running === 1);
    const [, , status, error] = await ask(dealer, '<00000001>', '', 'sum', '[1]');
    expect([status, JSON.parse(error ?? '')]).toEqual(['<03>', expect.objectContaining({ code: 'DUPLICATE_ID' })]);
    expect(await ask(dealer, 'x', '<00000001>', '', 'sum', '[1]')).toEqual(['x', '<00000001>', '', '<01>', '1']);
    expect(seen.aborted).toBe(0);
    await dealer.send(frames('<00000001>', '', '', 'cancel'));
    await until(() => seen.aborted === 1);
    expect(await ask(dealer, '<00000001>', '', 'sum', '[1]')).toEqual(['<00000001>', '', '<01>', '1']);
  });

  it('has its calls cancelled when it goes', async () => {
    await dealer.send(frames('<00000001>', '', 'never', ''));
    await dealer.send(frames('<00000002>', '', 'never', ''));
    await until(() => seen.running === 2);
    dealer.close();
    await until(() => seen.aborted === 2);
    expect(running.server.stats()).toMatchObject({ clients: 0, calls: { cancelled: 2, running: 0 } });
  });

  it('is not sent control messages, and nobody waits for it', async () => {
    expect(await ask(dealer, '<00000001>', '', 'sum', '[1]')).toEqual(['<00000001>', '', '<01>', '1']);
    const next = dealer.receive().then(shown, () => 'nothing');
    await running.app.close();
    dealer.close();
    expect(await next).toBe('nothing');
  });

  it('names prototypes in vain', async () => {
    const payload = '{"__proto__":{"polluted":1},"a":1}';
    expect(await ask(dealer, '<00000001>', '', '{"cmd":"echo","v":1}', payload)).toEqual([
      '<00000001>',
      '',
      '<01>',
      '{"a":1}',
    ]);
    for (const name of ['__proto__', 'constructor', 'toString', '{"__proto__":1}', '{"cmd":{"cmd":{"cmd":"echo"}}}']) {
      expect((await ask(dealer, '<00000001>', '', name, '1'))[2]).toBe('<03>');
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a server of another library', () => {
  it('a REP answers our client, whichever it is', async () => {
    const reply = new Reply({ context: apps.context });
    await reply.bind('tcp://127.0.0.1:*');
    apps.defer(() => reply.close());
    const client = apps.bareClient({ connect: reply.lastEndpoint ?? '' });
    const answer = lastValueFrom(client.send('double', 21));
    const [name, payload, metadata] = await reply.receive();
    expect(shown([name!, payload!, metadata!])).toEqual(['double', '21', '<01>']);
    await reply.send(frames('<01>', '42'));
    expect(await answer).toBe(42);
  });

  it('what it sends wrongly fails one call at most, and is counted', async () => {
    const router = new Router({ context: apps.context });
    await router.bind('tcp://127.0.0.1:*');
    apps.defer(() => router.close());
    const client = apps.bareClient({ connect: router.lastEndpoint ?? '' });
    const answers: unknown[] = [];
    for (let i = 0; i < 4; i++)
      client.send('x', i).subscribe({ next: (v) => answers.push(v), error: (e) => answers.push(e) });
    const calls: Buffer[][] = [];
    for (let i = 0; i < 4; i++) calls.push(await router.receive());
    const send = (call: Buffer[] | undefined, ...parts: string[]) =>
      router.send([...(call ?? []).slice(0, 3), ...frames(...parts)]);
    await send(calls[0], '<07>', '1');
    await send(calls[1], '<01>', '{"bad');
    await send(calls[2], '<01>', '1', 'no metadata');
    // Ids of nobody, no delimiter, unknown verbs.
    const [id] = calls[0] as [Buffer];
    for (const parts of [['<00ffffff>', '', '<01>', '1'], ['x'], ['', '', 'dance'], ['<00000001>', 'y']])
      await router.send([id, ...frames(...parts)]);
    await send(calls[3], '<01>', '"fine"');
    await until(() => answers.length === 4);
    const [a, b, c, fine] = answers;
    for (const error of [a, b, c]) expect(error).toMatchObject({ name: 'ZmqMalformedError', code: 'MALFORMED' });
    expect(fine).toBe('fine');
    expect(client.stats()?.calls).toMatchObject({ inFlight: 0, late: 1, malformed: 4, unknownVerbs: 1 });
  });

  it('cannot answer for another server', async () => {
    const routers = [new Router({ context: apps.context }), new Router({ context: apps.context })] as const;
    for (const router of routers) {
      await router.bind('tcp://127.0.0.1:*');
      apps.defer(() => router.close());
    }
    const client = apps.bareClient({ connect: routers.map(({ lastEndpoint }) => lastEndpoint ?? ''), minPeers: 2 });
    await client.connect();
    const answers = [lastValueFrom(client.send('x', 0)), lastValueFrom(client.send('x', 1))] as const;
    const [[peerA, idA], [peerB, idB]] = (await Promise.all(routers.map((router) => router.receive()))) as [
      Buffer[],
      Buffer[],
    ];
    const reply = (peer: Buffer | undefined, id: Buffer | undefined, value: string) => [
      peer!,
      id!,
      ...frames('', '<01>', value),
    ];
    await routers[0].send(reply(peerA, idB, '"forged"'));
    await routers[1].send(reply(peerB, idA, '"forged"'));
    await routers[0].send(reply(peerA, idA, '"honest"'));
    await routers[1].send(reply(peerB, idB, '"honest"'));
    expect(await Promise.all(answers)).toEqual(['honest', 'honest']);
    expect(client.stats()?.calls.late).toBe(2);
  });
});

describe('events and other libraries', () => {
  it('a PUB reaches our handlers; what is malformed is counted and dropped', async () => {
    const publisher = connected(new Publisher({ context: apps.context }), ...running.events);
    const subscribed = new Promise<void>((resolve) => {
      publisher.onSubscription(({ topic }) => topic.toString() === '\0ready' && resolve());
    });
    await subscribed;
    await publisher.send(frames('tick', '1'));
    await publisher.send(frames('tick', '{"bad'));
    await publisher.send(frames('tick'));
    await publisher.send(frames('tick', '1', '{}', 'more'));
    await publisher.send(frames('ticket', '1'));
    await publisher.send(frames('tick', '2', '{"a":"b"}'));
    await until(() => seen.events.length === 2);
    expect(seen.events).toEqual([1, 2]);
    expect(running.server.stats()?.events).toMatchObject({ received: 2, malformed: 3, unmatched: 1 });
  });

  it('a SUB hears what we emit, and nobody waits for it', async () => {
    const client = apps.bareClient({ events: { bind: 'tcp://127.0.0.1:*' }, subscribeTimeout: 1_000_000 });
    await client.connect();
    const publisher = client.unwrap<{ events: Publisher }>().events;
    const subscriber = connected(new Subscriber({ context: apps.context }), publisher.lastEndpoint ?? '');
    await until(() => publisher.peers.length === 1);
    // Not even for its first subscription.
    await lastValueFrom(client.emit('tick', 'to nobody'), { defaultValue: undefined });
    subscriber.subscribe('tick');
    await until(() => publisher.topicsCount === 1);
    await lastValueFrom(client.emit('tick', { i: 0 }), { defaultValue: undefined });
    expect(shown(await subscriber.receive())).toEqual(['tick', '{"i":0}']);
  });
});
