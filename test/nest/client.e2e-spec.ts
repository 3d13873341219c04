import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { Dealer, Router, Subscriber } from '@nest-zmq/core';
import {
  ZmqClient,
  ZmqClosedError,
  type ZmqCodec,
  ZmqContext,
  ZmqNoPeerError,
  ZmqRecordBuilder,
  ZmqServer,
  ZmqStatus,
  ZmqTimeoutError,
} from '@nest-zmq/transport';
import { finalize, firstValueFrom, lastValueFrom, NEVER, type Observable, of, Subject, toArray } from 'rxjs';
import { Apps, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { frames, shown } from './support/raw.js';
import { turns, until } from './turns.js';

const seen = { running: 0, aborted: 0 };
let source = new Subject<number>();

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('stream')
  stream(): Observable<number> {
    return of(1, 2, 3);
  }

  @MessagePattern('source')
  source(@Ctx() ctx: ZmqContext): Observable<number> {
    seen.running++;
    ctx.signal.addEventListener('abort', () => seen.aborted++);
    return source;
  }

  @MessagePattern('never')
  never(@Ctx() ctx: ZmqContext): Observable<never> {
    seen.running++;
    ctx.signal.addEventListener('abort', () => seen.aborted++);
    return NEVER;
  }
}

/** What an Observable came to. */
function watch(call: Observable<unknown>): { values: unknown[]; error: unknown; done: boolean } {
  const outcome = { values: [] as unknown[], error: undefined as unknown, done: false };
  call.subscribe({
    next: (value) => outcome.values.push(value),
    error: (error: unknown) => Object.assign(outcome, { error, done: true }),
    complete: () => (outcome.done = true),
  });
  return outcome;
}

let apps: Apps;
let clock: ManualClock;

beforeEach(() => {
  Object.assign(seen, { running: 0, aborted: 0 });
  source = new Subject();
  apps = new Apps();
  clock = new ManualClock();
});
afterEach(() => apps.close());

const nowhere = 'tcp://127.0.0.1:1';

describe('connect()', () => {
  it.each(transports)('is done with the handshake, over %s, and is one for all who ask', async (transport) => {
    apps = new Apps(transport);
    const running = await apps.serve([EchoController]);
    const client = apps.client([running]);
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    const peers: unknown[] = [];
    client.on('connect', (peer) => peers.push(peer.socketType));
    const first = client.connect();
    expect(client.connect()).toBe(first);
    await first;
    expect(client.servers()).toHaveLength(1);
    expect(statuses).toEqual([ZmqStatus.CONNECTED]);
    expect(peers).toEqual(['ROUTER']);
    await client.close();
    await client.close();
    expect(statuses).toEqual([ZmqStatus.CONNECTED, ZmqStatus.DISCONNECTED]);
    expect(client.servers()).toEqual([]);
    await client.connect();
    expect(await firstValueFrom(client.send('echo', 'again'))).toBe('again');
  });

  it('fails with the code that Nest knows when nobody is there, leaves nothing open, and is tried anew', async () => {
    const client = apps.bareClient({ connect: nowhere, connectTimeout: 3_000, clock });
    const failed = client.connect().catch((error: unknown) => error);
    await until(() => clock.pending > 0);
    const refused = new Promise((resolve) =>
      client.unwrap<{ calls: Dealer }>().calls.events.on('connect:retry', resolve),
    );
    await refused;
    clock.advance(3_100);
    const error = await failed;
    expect(error).toBeInstanceOf(ZmqNoPeerError);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', cause: expect.anything() });
    await until(() => client.stats() === undefined);
    expect(clock.pending).toBe(0);
    expect(() => client.unwrap()).toThrow('connect');
    const again = client.connect().catch((cause: unknown) => cause);
    await until(() => clock.pending > 0);
    await client.close();
    expect(await again).toBeInstanceOf(ZmqClosedError);
  });

  it('is waited for anew after the loss of the last server; status tells of that, and of its return', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running], { reconnect: { initialDelay: 5, maxDelay: 20 } });
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    const first = client.connect();
    await first;
    await running.app.close();
    await until(() => statuses.length === 2);
    const again = client.connect();
    expect(again).not.toBe(first);
    await apps.serve([EchoController], { bind: running.calls, events: { bind: running.events } });
    await again;
    expect(statuses).toEqual([ZmqStatus.CONNECTED, ZmqStatus.DISCONNECTED, ZmqStatus.CONNECTED]);
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
  });

  it('waits for as many servers as it is told', async () => {
    const servers = [await apps.serve([EchoController]), await apps.serve([EchoController])];
    const client = apps.client(servers, { minPeers: 2 });
    await client.connect();
    expect(client.servers()).toHaveLength(2);
  });

  it('of a client that binds is done when it is bound, and servers dial it', async () => {
    const client = apps.bareClient({ bind: apps.address(), events: { bind: apps.address() } });
    await client.connect();
    const { calls, events } = client.unwrap<{ calls: Dealer; events: Dealer }>();
    const call = firstValueFrom(client.send('echo', 'early'));
    await apps.serve([EchoController], {
      bind: undefined,
      connect: calls.lastEndpoint ?? '',
      events: { connect: events.lastEndpoint ?? '' },
      peerName: 'dialled',
    });
    expect(await call).toBe('early');
    expect(client.servers()).toMatchObject([{ name: 'dialled', handled: 1 }]);
  });

  it('fails with the reason of a bind that fails, and so do the calls', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.bareClient({ bind: running.calls });
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    const call = watch(client.send('echo', 1));
    await expect(client.connect()).rejects.toMatchObject({ code: 'EADDRINUSE', address: expect.any(String) });
    await until(() => call.done);
    expect(call.error).toMatchObject({ code: 'EADDRINUSE' });
    expect(errors).toHaveLength(1);
  });

  it.each([
    ['foo://bar', /^Option 'connect': .*foo:\/\/.*tcp:\/\/, ipc:\/\/, inproc:\/\//],
    ['tcp://127.0.0.1:99999', /^Option 'connect': .*99999/],
    ['tcp://127.0.0.1', /^Option 'connect': .*127\.0\.0\.1/],
  ])('%s is refused when the client is made, not at its first call', (connect, message) => {
    expect(() => apps.bareClient({ connect })).toThrow(message);
    expect(() => apps.bareClient({ events: { connect } })).toThrow(/^Option 'events\.connect'/);
  });
});

describe('a call settles', () => {
  it('when no server comes, after connectTimeout', async () => {
    const client = apps.bareClient({ connect: nowhere, connectTimeout: 2_000, clock });
    const call = watch(client.send('echo', 1));
    await turns(3);
    clock.advance(1_999);
    expect(call.done).toBe(false);
    clock.advance(51);
    expect(call.error).toBeInstanceOf(ZmqNoPeerError);
  });

  it('when its deadline is shorter than that', async () => {
    const client = apps.bareClient({ connect: nowhere, connectTimeout: 2_000, deadline: 5_000, clock });
    const short = watch(client.send('echo', new ZmqRecordBuilder(1).setDeadline(100).build()));
    const own = watch(client.send('echo', 1));
    clock.advance(150);
    expect([short.done, own.done]).toEqual([true, false]);
    clock.advance(2_000);
    expect(own.done).toBe(true);
  });

  it('when the server is silent: requestTimeout to the first value and between values, and the server is told', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running], { requestTimeout: 1_000, clock });
    await client.connect();
    const silent = watch(client.send('never', {}));
    const stream = watch(client.send('source', {}));
    await until(() => seen.running === 2);
    for (let i = 1; i <= 3; i++) {
      clock.advance(600);
      source.next(i);
      await until(() => stream.values.length === i);
    }
    expect(silent.error).toBeInstanceOf(ZmqTimeoutError);
    expect(silent.error).toMatchObject({ code: 'ETIMEDOUT', timeoutMs: 1_000 });
    expect(stream.done).toBe(false);
    clock.advance(1_051);
    expect(stream.error).toBeInstanceOf(ZmqTimeoutError);
    await until(() => seen.aborted === 2);
    expect(client.stats()?.calls).toMatchObject({ timedOut: 2, inFlight: 0 });
  });

  it('when its deadline passes, however many values came', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running], { requestTimeout: 1_000, clock });
    await client.connect();
    const call = watch(client.send('source', new ZmqRecordBuilder({}).setDeadline(2_000).build()));
    await until(() => seen.running === 1);
    for (let i = 1; i <= 3; i++) {
      clock.advance(600);
      source.next(i);
      await until(() => call.values.length === i);
    }
    clock.advance(251);
    expect(call.error).toBeInstanceOf(ZmqTimeoutError);
    await until(() => seen.aborted === 1);
  });

  it('never by time when there is none', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running], { requestTimeout: 0, clock });
    await client.connect();
    const call = watch(client.send('source', {}));
    await until(() => seen.running === 1);
    clock.advance(10 * 24 * 3_600_000);
    source.next(1);
    source.complete();
    await until(() => call.done);
    expect(call.values).toEqual([1]);
  });

  it('when the client is closed, and the server is told', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running], { clock });
    await client.connect();
    const calls = [watch(client.send('never', {})), watch(client.send('never', {}))];
    const waiting = watch(apps.bareClient({ connect: nowhere }).send('echo', 1));
    await until(() => seen.running === 2);
    await client.close();
    for (const call of calls) {
      expect(call.error).toBeInstanceOf(ZmqClosedError);
      expect(call.error).toMatchObject({ message: 'Connection closed' });
    }
    await until(() => seen.aborted === 2);
    expect(waiting.done).toBe(false);
    expect(clock.pending).toBe(0);
    apps.leaves('calls that wait');
  });

  it('once, whatever its callback does: close from within', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running]);
    const outcomes: string[] = [];
    await new Promise<void>((resolve) =>
      client.send('stream', {}).subscribe({
        next: (value) => {
          outcomes.push(String(value));
          if (value === 1) void client.close().then(resolve);
        },
        error: (error: Error) => outcomes.push(error.name),
        complete: () => outcomes.push('complete'),
      }),
    );
    expect(outcomes).toEqual(['1', 'ZmqClosedError']);
  });
});

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

describe('close()', () => {
  it('that comes while another is under way waits for the same end', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running]);
    await client.connect();
    const { calls, events } = client.unwrap<{ calls: Dealer; events: Dealer }>();
    const order: string[] = [];
    for (const socket of [calls, events]) socket.events.on('end', () => order.push('ended'));
    await Promise.all([
      client.close().then(() => order.push('first')),
      client.close().then(() => order.push('second')),
    ]);
    expect(order).toEqual(['ended', 'ended', 'first', 'second']);
  });

  it('waits for all that was opened in between, and takes no listener that came after it', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running]);
    const heard: string[] = [];
    client.on('connect', () => heard.push('first'));
    await client.connect();
    const first = client.close();
    client.on('connect', () => heard.push('second'));
    await client.connect();
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
    expect(heard).toEqual(['first', 'second']);
    const { calls } = client.unwrap<{ calls: Dealer }>();
    const order: string[] = [];
    calls.events.on('end', () => order.push('ended'));
    await Promise.all([first, client.close().then(() => order.push('closed'))]);
    expect(order).toEqual(['ended', 'closed']);
  });

  it('of a client that is binding leaves the addresses to the next connect()', async () => {
    const client = apps.bareClient({ bind: await apps.fixedAddress(), events: { bind: await apps.fixedAddress() } });
    const connects: Promise<unknown>[] = [];
    const closes: Promise<void>[] = [];
    for (let i = 0; i < 4; i++) {
      connects.push(client.connect().then(() => 'bound', codeOf));
      closes.push(client.close());
    }
    const call = watch(client.send('echo', 1));
    await client.connect();
    expect(await Promise.all(connects)).toEqual(['CLOSED', 'CLOSED', 'CLOSED', 'CLOSED']);
    await Promise.all(closes);
    expect(apps.context.sockets).toBe(2);
    expect(call.done).toBe(false);
    await client.close();
    expect(call.error).toMatchObject({ code: 'CLOSED' });
  });
});

describe('what waits is limited by maxWaiting', () => {
  const full = { name: 'ZmqClientFullError', code: 'CLIENT_FULL', maxWaiting: 2 };

  it('calls: a further one fails at once, and the others are made when a server comes', async () => {
    const client = apps.bareClient({ bind: apps.address(), maxWaiting: 2 });
    await client.connect();
    const waiting = [watch(client.send('echo', 1)), watch(client.send('echo', 2))];
    const refused = watch(client.send('echo', 3));
    const toAll = watch(client.sendToAll('echo', 3));
    const named = watch(client.send('echo', new ZmqRecordBuilder(4).setServer('a').build()));
    for (const { error } of [refused, toAll, named]) expect(error).toMatchObject(full);
    expect(client.stats()?.calls).toMatchObject({ waiting: 2, refused: 3, sent: 0 });
    const { calls } = client.unwrap<{ calls: Dealer }>();
    await apps.serve([EchoController], {
      bind: undefined,
      connect: calls.lastEndpoint ?? '',
      events: undefined,
    });
    await until(() => waiting.every(({ done }) => done));
    expect(waiting.map(({ values }) => values)).toEqual([[1], [2]]);
    expect(await firstValueFrom(client.send('echo', 5))).toBe(5);
  });

  it('calls to all: one that is given up makes room', async () => {
    const client = apps.bareClient({ bind: apps.address(), maxWaiting: 1, clock });
    await client.connect();
    const first = client.sendToAll('echo', 1).subscribe();
    expect(watch(client.sendToAll('echo', 2)).error).toMatchObject({ ...full, maxWaiting: 1 });
    first.unsubscribe();
    expect(client.stats()?.calls.waiting).toBe(0);
    const third = watch(client.sendToAll('echo', 3));
    expect(client.stats()?.calls).toMatchObject({ waiting: 1, refused: 1 });
    await client.close();
    await until(() => third.done);
    expect(third.error).toBeInstanceOf(ZmqClosedError);
  });

  it('events: a further one fails at once, and the others are published when a subscriber comes', async () => {
    const endpoint = await apps.fixedAddress();
    const client = apps.bareClient({ events: { connect: endpoint }, maxWaiting: 2 });
    const emitted = [1, 2, 3].map((each) => watch(client.emit('said', each)));
    await until(() => emitted[2]!.done);
    expect(emitted[2]!.error).toMatchObject(full);
    expect((emitted[2]!.error as Error).message).toContain(
      "As many events wait for a subscriber as 'maxWaiting' allows (2).",
    );
    expect(client.stats()?.events).toMatchObject({ waiting: 2, refused: 1, published: 0 });
    const subscriber = new Subscriber({ context: apps.context });
    apps.defer(() => subscriber.close());
    subscriber.subscribe('said');
    await subscriber.bind(endpoint);
    await until(() => emitted.every(({ done }) => done));
    expect(emitted.slice(0, 2).map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(client.stats()?.events).toMatchObject({ waiting: 0, refused: 1, published: 2 });
  });
});

describe('a call to all servers', () => {
  it('waits for them no longer than its deadline, which runs on', async () => {
    const router = new Router({ context: apps.context });
    apps.defer(() => router.close());
    const client = apps.bareClient({ bind: apps.address(), connectTimeout: 3_000, deadline: 1_000, clock });
    await client.connect();
    const own = watch(client.sendToAll('echo', new ZmqRecordBuilder(1).setDeadline(100).build()));
    const all = watch(client.sendToAll('echo', 2));
    clock.advance(150);
    await until(() => own.done);
    expect(own.error).toMatchObject({ name: 'ZmqNoPeerError', message: expect.stringContaining('within 100 ms') });
    expect(all.done).toBe(false);
    clock.advance(450);
    router.connect(client.unwrap<{ calls: Dealer }>().calls.lastEndpoint ?? '');
    const [, ...message] = await router.receive();
    expect(shown(message).slice(1, 4)).toEqual(['', 'echo', '2']);
    expect(shown(message)[4]).toContain('":deadline-ms":"400"');
    clock.advance(450);
    expect(all.error).toBeInstanceOf(ZmqTimeoutError);
  });

  it('waits for them no longer than requestTimeout, which runs on', async () => {
    const client = apps.bareClient({ bind: apps.address(), connectTimeout: 3_000, requestTimeout: 1_000, clock });
    await client.connect();
    const first = watch(client.sendToAll('never', 1));
    clock.advance(1_050);
    await until(() => first.done);
    expect(first.error).toMatchObject({ name: 'ZmqNoPeerError', message: expect.stringContaining('within 1000 ms') });
    const second = watch(client.sendToAll('never', 2));
    clock.advance(600);
    const { calls } = client.unwrap<{ calls: Dealer }>();
    await apps.serve([EchoController], { bind: undefined, connect: calls.lastEndpoint ?? '', events: undefined });
    await until(() => seen.running === 1);
    clock.advance(450);
    expect(second.error).toMatchObject({ name: 'ZmqTimeoutError', timeoutMs: 1_000 });
  });

  it('is for no one in particular', async () => {
    const client = apps.bareClient({ bind: apps.address() });
    const call = watch(client.sendToAll('echo', new ZmqRecordBuilder(1).setServer('a').build()));
    expect(call.error).toMatchObject({ name: 'ZmqPatternError', message: expect.stringContaining('setServer()') });
  });
});

describe('the server of a call', () => {
  it('is the next in turn', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => apps.serve([EchoController])));
    const client = apps.client(servers, { minPeers: 3 });
    await client.connect();
    await Promise.all(Array.from({ length: 30 }, (_, i) => firstValueFrom(client.send('echo', i))));
    expect(client.servers().map(({ handled }) => handled)).toEqual([10, 10, 10]);
  });

  it('is not one that is full; when all are, the call waits', async () => {
    const routers = await Promise.all(
      [1, 2].map(async () => {
        const router = new Router({ context: apps.context, receiveHighWaterMark: 1 });
        await router.bind('inproc://full' + Math.random());
        apps.defer(() => router.close());
        return router;
      }),
    );
    const [full, free] = routers as [Router, Router];
    const client = apps.bareClient({
      connect: routers.map(({ lastEndpoint }) => lastEndpoint ?? ''),
      sendHighWaterMark: 1,
      requestTimeout: 1_000,
      minPeers: 2,
      clock,
    });
    await client.connect();
    // Both take two (their mark and ours), then wait.
    const calls = Array.from({ length: 7 }, (_, i) => watch(client.send('echo', i)));
    await turns(3);
    expect(client.stats()?.calls).toMatchObject({ inFlight: 4, waiting: 3 });
    const got: string[][] = [];
    free.onMessage((message) => {
      got.push(shown(message.slice(3)));
      void free.trySend([message[0]!, message[1]!, ...frames('', '<01>', message[4]!.toString())]);
    });
    await until(() => calls.filter(({ done }) => done).length === 5);
    expect(client.stats()?.calls).toMatchObject({ inFlight: 2, waiting: 0 });
    expect(got).toHaveLength(5);
    clock.advance(1_100);
    expect(calls.every(({ done }) => done)).toBe(true);
    full.close();
  });

  it('gets the deadline that is left', async () => {
    const router = new Router({ context: apps.context });
    await router.bind('tcp://127.0.0.1:*');
    apps.defer(() => router.close());
    const client = apps.bareClient({ connect: router.lastEndpoint ?? '', clock });
    const waiting = client
      .send('echo', new ZmqRecordBuilder(1).setDeadline(2_500).build())
      .subscribe({ error: () => {} });
    clock.advance(700);
    const [, ...message] = await router.receive();
    expect(shown(message)).toEqual([
      '<00000001>',
      '',
      'echo',
      '1',
      expect.stringMatching(/^\{":deadline-ms":"1800",":replies":"many"\}$/),
    ]);
    waiting.unsubscribe();
    const [, ...cancel] = await router.receive();
    expect(shown(cancel)).toEqual(['<00000001>', '', '', 'cancel']);
  });
});

describe('a deadline', () => {
  it('travels on: a handler knows what is left, for the calls that it makes in its turn', async () => {
    const left: (number | undefined)[] = [];
    const next: { client?: ZmqClient } = {};
    @Controller()
    class HopController {
      @MessagePattern('hop')
      async hop(@Payload() hops: number, @Ctx() ctx: ZmqContext): Promise<unknown> {
        left.push(ctx.getRemainingTime());
        clock.advance(400);
        if (hops === 0 || next.client === undefined) return 'there';
        const deadline = ctx.getRemainingTime();
        const record = new ZmqRecordBuilder(hops - 1);
        return firstValueFrom(
          next.client.send('hop', (deadline === undefined ? record : record.setDeadline(deadline)).build()),
        );
      }
    }
    const running = await apps.serve([HopController], { clock });
    const client = apps.client([running], { clock });
    next.client = client;
    await client.connect();
    expect(await firstValueFrom(client.send('hop', new ZmqRecordBuilder(1).setDeadline(2_000).build()))).toBe('there');
    expect(left).toEqual([2_000, 1_600]);
    expect(await firstValueFrom(client.send('hop', 0))).toBe('there');
    expect(left[2]).toBeUndefined();
    const late = watch(client.send('hop', new ZmqRecordBuilder(9).setDeadline(1_000).build()));
    await until(() => late.done);
    expect(late.error).toMatchObject({ code: 'ETIMEDOUT' });
  });
});

const reversed: ZmqCodec = {
  contentType: 'text/x-reversed',
  encode: (value) => Buffer.from(JSON.stringify(value)).reverse(),
  decode: (payload) => JSON.parse(Buffer.from(payload).reverse().toString()) as unknown,
};

describe('codecs and serializers', () => {
  it('mixed fleets understand each other', async () => {
    const own = await apps.serve([EchoController], { codec: reversed });
    const both = apps.client([own], { codec: reversed });
    const json = apps.client([own]);
    expect(await firstValueFrom(both.send('echo', { a: [1] }))).toEqual({ a: [1] });
    expect(await firstValueFrom(json.send('echo', { a: [1] }))).toEqual({ a: [1] });
    const plain = await apps.serve([EchoController]);
    await expect(firstValueFrom(apps.client([plain], { codec: reversed }).send('echo', 1))).rejects.toMatchObject({
      name: 'ZmqCodecError',
    });
  });

  it("Nest's serializers wrap packets on both sides, in order", async () => {
    const log: unknown[] = [];
    const running = await apps.serve([EchoController], {
      deserializer: { deserialize: async (packet: { data: unknown }) => ({ ...packet, data: { in: packet.data } }) },
      serializer: { serialize: (packet: { response: unknown }) => ({ ...packet, response: [packet.response] }) },
    });
    const client = apps.client([running], {
      serializer: { serialize: (packet: { data: unknown }) => ({ ...packet, data: { out: packet.data } }) },
      deserializer: {
        deserialize: async (packet: { response: unknown }) => {
          log.push(packet);
          return packet;
        },
      },
    });
    expect(await firstValueFrom(client.send('echo', 1))).toEqual([{ in: { out: 1 } }]);
    expect(await lastValueFrom(client.send('stream', {}).pipe(toArray()))).toEqual([[1], [2], [3]]);
    expect(log).toEqual([
      { id: '1', response: [{ in: { out: 1 } }], isDisposed: true },
      { id: '2', response: [1] },
      { id: '2', response: [2] },
      { id: '2', response: [3], isDisposed: true },
    ]);
  });
});

describe('what the code of a client throws', () => {
  const shy = { log: () => {}, warn: () => {} };

  it('as its deserializer fails that call, for a value and for an error', async () => {
    const running = await apps.serve([EchoController]);
    const client = apps.client([running], {
      deserializer: {
        deserialize: (packet: { response?: unknown; err?: unknown }) => {
          if (packet.err !== undefined || packet.response === 2) throw new Error('cannot be read');
          return packet;
        },
      },
    });
    await expect(firstValueFrom(client.send('nobody', 1))).rejects.toThrow('cannot be read');
    await expect(firstValueFrom(client.send('echo', 2))).rejects.toThrow('cannot be read');
    const stream = watch(client.send('stream', {}));
    await until(() => stream.done);
    expect(stream).toMatchObject({ values: [1], error: { message: 'cannot be read' } });
    expect(await firstValueFrom(client.send('echo', 3))).toBe(3);
  });

  it('as its deserializer is not lost while an earlier value is read', async () => {
    const running = await apps.serve([EchoController]);
    const begun: unknown[] = [];
    let read = (): void => {};
    const busy = new Promise<void>((resolve) => (read = resolve));
    const client = apps.client([running], {
      deserializer: {
        deserialize: async (packet: { response?: unknown }) => {
          begun.push(packet.response);
          if (packet.response === 1) await busy;
          if (packet.response === 2) throw new Error('cannot be read');
          return packet;
        },
      },
    });
    const stream = watch(client.send('stream', {}));
    await until(() => client.stats()?.calls.answered === 1);
    await turns(3);
    // A rejection now would have nobody who handles it.
    expect(begun).toEqual([1]);
    expect(stream).toMatchObject({ values: [], done: false });
    read();
    await until(() => stream.done);
    expect(stream).toMatchObject({ values: [1], error: { message: 'cannot be read' } });
  });

  it('as serializeResponse() or serializeError() fails that call and no other', async () => {
    class OddClient extends ZmqClient {
      protected override serializeResponse(response: unknown): unknown {
        if (response === 2) throw new Error('odd response');
        return response;
      }

      protected override serializeError(error: { name?: string }): unknown {
        throw new Error(`odd ${String(error.name)}`);
      }
    }
    const running = await apps.serve([EchoController]);
    const options = apps.clientOptions({ connect: running.calls, requestTimeout: 1_000, clock });
    const client = apps.track(new OddClient(options));
    apps.defer(() => client.close());
    await client.connect();
    const stream = watch(client.send('source', {}));
    await until(() => seen.running === 1);
    source.next(1);
    source.next(2);
    await until(() => stream.done);
    expect(stream).toMatchObject({ values: [1], error: { message: 'odd response' } });
    await until(() => seen.aborted === 1);
    await expect(firstValueFrom(client.send('echo', 2))).rejects.toThrow('odd response');
    await expect(firstValueFrom(client.send('nobody', 2))).rejects.toThrow('odd ZmqNoHandlerError');
    const late = [watch(client.send('never', {})), watch(client.send('never', {}))];
    const all = watch(client.sendToAll('never', {}));
    await until(() => seen.running === 4);
    clock.advance(1_050);
    for (const call of [...late, all]) expect(call.error).toMatchObject({ message: 'odd ZmqTimeoutError' });
    const lost = [watch(client.send('never', {})), watch(client.send('never', {}))];
    await until(() => seen.running === 6);
    await client.close();
    for (const call of lost) expect(call.error).toMatchObject({ message: 'odd ZmqClosedError' });
  });

  it('once a call is over is logged', async () => {
    const running = await apps.serve([EchoController]);
    const logged: unknown[] = [];
    const client = apps.client([running], { logger: { ...shy, error: (error: unknown) => logged.push(error) } });
    const fail = (): never => {
      throw new Error('in the end');
    };
    expect(await lastValueFrom(client.send('echo', 1).pipe(finalize(fail)))).toBe(1);
    expect(await firstValueFrom(client.send('echo', 2))).toBe(2);
    expect(logged).toMatchObject([{ name: 'UnsubscriptionError', errors: [{ message: 'in the end' }] }]);
  });
});

describe('a serializer that gives a promise', () => {
  const serializer = { serialize: async (packet: object): Promise<object> => packet };
  const refused = {
    name: 'ZmqCodecError',
    message: "The option 'serializer' gave a promise; it must give its packet at once",
  };

  it('is refused with a reason: of a server', async () => {
    const client = apps.client([await apps.serve([EchoController], { serializer })]);
    await expect(firstValueFrom(client.send('echo', 1))).rejects.toMatchObject(refused);
    await expect(lastValueFrom(client.send('stream', {}))).rejects.toMatchObject(refused);
  });

  it('is refused with a reason: of a client', async () => {
    const client = apps.client([await apps.serve([EchoController])], { serializer });
    await expect(firstValueFrom(client.send('echo', 1))).rejects.toMatchObject(refused);
    await expect(lastValueFrom(client.emit('echo', 1))).rejects.toMatchObject(refused);
  });
});

describe('what cannot work', () => {
  it('is said when the client is made, with the key', () => {
    expect(() => new ZmqClient({ connect: 'tcp://a:1', requestTimeOut: 1 } as object)).toThrow("'requestTimeOut'");
    expect(() => new ZmqServer({} as object)).toThrow("'bind'");
  });

  it('emit without events, send without calls', async () => {
    const client = apps.bareClient({ connect: nowhere });
    await expect(lastValueFrom(client.emit('x', 1))).rejects.toMatchObject({ name: 'ZmqOptionsError', key: 'events' });
    const events = apps.bareClient({ events: { bind: apps.address() } });
    await expect(lastValueFrom(events.send('x', 1))).rejects.toMatchObject({ name: 'ZmqOptionsError', key: 'connect' });
  });
});
