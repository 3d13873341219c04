import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Context, Dealer } from '@nest-zmq/core';
import { ZmqClient, ZmqForwarder, ZmqServer } from '@nest-zmq/transport';
import { firstValueFrom, lastValueFrom, type Observable, of, reduce, Subject } from 'rxjs';
import { greeting } from '../support/raw-bytes.js';
import { RawListener, RawPeer } from '../support/raw-peer.js';
import { appsForEach, transports } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { frames, shown } from './support/raw.js';
import { turns, until } from './turns.js';

const GIBIBYTE = 1024 ** 3;

let source = new Subject<unknown>();

@Controller()
class LimitsController {
  @MessagePattern('source')
  source(): Observable<unknown> {
    return source;
  }

  @MessagePattern('gigantic')
  gigantic(): Buffer {
    return Buffer.alloc(GIBIBYTE);
  }

  @MessagePattern('gigantic text')
  text(): object {
    // Every string of it is small; all of them are longer than a string can be.
    return {
      toJSON: () => {
        throw new RangeError('Invalid string length');
      },
    };
  }

  @MessagePattern('gigantic value')
  value(): Observable<unknown> {
    return of('a value', Buffer.alloc(GIBIBYTE), 'another');
  }

  @MessagePattern('gigantic chunk')
  async *chunk(): AsyncGenerator<unknown> {
    yield 'a value';
    yield Buffer.alloc(GIBIBYTE);
    yield 'another';
  }

  @MessagePattern('echo')
  echo(data: unknown): unknown {
    return data;
  }
}

beforeEach(() => (source = new Subject()));

describe.each(transports)('a stream over %s', (transport) => {
  const apps = appsForEach(transport);

  it('of a burst and more is given in full to a caller that reads', async () => {
    const served = await apps().serve([LimitsController], { events: undefined });
    const client = apps().bareClient({ connect: served.calls });
    const sum = lastValueFrom(client.send('source', {}).pipe(reduce((count) => count + 1, 0)));
    await until(() => source.observed);
    // Long enough for the buffers of the system to hold few of them.
    const value = 'x'.repeat(2_000);
    let given = 0;
    for (; given < 20_000; given++) source.next(value);
    for (let turn = 0; turn < 20; turn++, given++) {
      source.next(value);
      await turns();
    }
    source.complete();
    expect(await sum).toBe(given);
    expect(served.server.stats()?.calls).toMatchObject({ completed: 1, failed: 0 });
  });

  it('ends with OVERFLOW for a caller that does not read, and others are served', async () => {
    const served = await apps().serve([LimitsController], { events: undefined, sendHighWaterMark: 10 });
    const client = apps().bareClient({ connect: served.calls });
    const lazy = new Dealer({ ...apps().socketOptions(), receiveHighWaterMark: 10 });
    apps().defer(() => lazy.close());
    lazy.connect(served.calls[0] ?? '');
    await lazy.send(frames('<00000001>', '', 'source', '1', '<01>'));
    await until(() => source.observed);
    // What the system's buffers hold is beyond the count, as are those of the turn in which it is noticed.
    const long = 1e15;
    let given = 0;
    for (; given < 1_000_000 && source.observed; given++) {
      source.next(long + given);
      if (given % 100 === 0) await turns();
    }
    expect(source.observed).toBe(false);
    expect(served.server.stats()?.calls).toMatchObject({ failed: 1, running: 0 });
    expect(await firstValueFrom(client.send('echo', 'there'))).toBe('there');
    // All values that were taken, in order, and then the error.
    for (let next = 0; ; next++) {
      const [, , status, payload] = shown(await lazy.receive());
      if (status === '<00>') {
        expect(payload).toBe(String(long + next));
        continue;
      }
      expect([status, payload]).toEqual(['<03>', expect.stringContaining('"code":"OVERFLOW"')]);
      break;
    }
  });
});

describe('a result that is far too large', () => {
  const apps = appsForEach();

  it.each([
    ['gigantic', 'ZmqTooLargeError', 'The payload has 1073741824 bytes; maxMessageSize is 1000', []],
    ['gigantic text', 'ZmqCodecError', 'The value has no JSON form: Invalid string length', []],
    ['gigantic value', 'ZmqTooLargeError', expect.stringContaining('maxMessageSize is 1000'), ['a value']],
    ['gigantic chunk', 'ZmqTooLargeError', expect.stringContaining('maxMessageSize is 1000'), ['a value']],
  ])(
    'is an error for the caller of %s, and the server and its connection live on',
    async (name, error, message, before) => {
      const served = await apps().serve([LimitsController], { events: undefined, maxMessageSize: 1_000 });
      const client = apps().bareClient({ connect: served.calls, maxMessageSize: 1_000 });
      const connections: unknown[] = [];
      client.on('connect', (peer) => connections.push(peer));
      const values: unknown[] = [];
      const failed = await new Promise((resolve) =>
        client.send(name, {}).subscribe({ next: (value) => values.push(value), error: resolve }),
      );
      expect(failed).toMatchObject({ name: error, message });
      expect(values).toEqual(before);
      expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
      expect(connections).toHaveLength(1);
      await until(() => served.server.stats()?.calls.running === 0);
    },
  );

  it('is one without a limit too, where no message can be as large', async () => {
    const context = new Context({ maxMessageSize: 1024 * 1024 });
    apps().defer(() => context.terminate());
    const options = { context, maxMessageSize: -1 };
    const served = await apps().serve([LimitsController], { events: undefined, ...options });
    const client = apps().bareClient({ connect: served.calls, ...options });
    await expect(firstValueFrom(client.send('gigantic', {}))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await firstValueFrom(client.send('echo', 1))).toBe(1);
  });
});

describe('close() while a peer stalls', () => {
  const apps = appsForEach();
  const before: readonly (readonly [string, (raw: RawPeer) => void])[] = [
    ['before its greeting', () => {}],
    ['within its greeting', (raw) => raw.write(greeting().subarray(0, 20))],
    ['before its READY', (raw) => raw.write(greeting())],
  ];

  it.each(before)('%s: a client is closed without waiting for it', async (_, begin) => {
    const clock = new ManualClock();
    const context = new Context({}, { clock });
    apps().defer(() => context.terminate());
    const [calls, events] = [await RawListener.listen(), await RawListener.listen()];
    for (const listener of [calls, events]) apps().defer(() => listener.close());
    const client: ZmqClient = apps().bareClient({
      context,
      clock,
      connect: calls.endpoint,
      events: { connect: events.endpoint },
    });
    const outcomes: string[] = [];
    const settled = (what: string) => ({ error: ({ name }: Error) => void outcomes.push(`${what}: ${name}`) });
    client.connect().catch(settled('connect').error);
    client.send('echo', 1).subscribe(settled('call'));
    client.emit('echo', 1).subscribe(settled('event'));
    const raws = [await calls.accept(), await events.accept()];
    for (const raw of raws) begin(raw);
    await turns(5);
    // The clock stands still: what would wait for a time would wait for ever.
    await client.close();
    expect(outcomes.toSorted()).toEqual(['call: ZmqClosedError', 'connect: ZmqClosedError', 'event: ZmqClosedError']);
    for (const raw of raws) await raw.ended;
  });

  it.each(before)('%s: a server is closed without waiting for it', async (_, begin) => {
    const clock = new ManualClock();
    const context = new Context({}, { clock });
    apps().defer(() => context.terminate());
    const served = await apps().serve([LimitsController], { context, clock });
    const raws = await Promise.all([...served.calls, ...served.events].map((endpoint) => RawPeer.connect(endpoint)));
    for (const raw of raws) begin(raw);
    await turns(5);
    await served.server.close();
    for (const raw of raws) await raw.ended;
  });
});

describe('a client that leaves the answers unread', () => {
  const apps = appsForEach('inproc');
  /** Comes back with the answer. */
  const large = 'x'.repeat(60 * 1024);

  it.each([
    ['pings', [large, '', '', 'ping'], 1_500, 1_120],
    ['what is no call', [large, '', 'echo'], 1_500, 1_120],
    ['control messages without an id', ['', '', 'dance'], 101_000, 100_010],
  ])('and sends %s has a bound: its cancels take effect, and others are served', async (_what, parts, count, most) => {
    const served = await apps().serve([LimitsController], { events: undefined, sendHighWaterMark: 1 });
    const client = apps().bareClient({ connect: served.calls });
    const lazy = new Dealer({ ...apps().socketOptions(), receiveHighWaterMark: 1 });
    apps().defer(() => lazy.close());
    lazy.connect(served.calls[0] ?? '');
    await lazy.send(frames('<00000001>', '', 'source', ''));
    await until(() => source.observed);
    const message = frames(...parts);
    for (let i = 0; i < count; i++) await lazy.send(message);
    await lazy.send(frames('<00000001>', '', '', 'cancel'));
    await until(() => !source.observed);
    const { unread = 0 } = served.server.stats()?.calls ?? {};
    expect(count - unread).toBeLessThan(most);
    expect(await firstValueFrom(client.send('echo', 'there'))).toBe('there');
  });
});

describe('where a context has room for one socket only', () => {
  const context = new Context({ maxSockets: 1 });

  it.each<[string, () => Promise<unknown>]>([
    [
      'a client for calls and events',
      () =>
        firstValueFrom(
          new ZmqClient({ context, connect: 'inproc://a', events: { connect: 'inproc://b' } }).send('x', 1),
        ),
    ],
    [
      'a server for calls and events',
      () =>
        new Promise(
          (_resolve, reject) =>
            void new ZmqServer({ context, bind: 'inproc://a', events: { bind: 'inproc://b' } }).listen(reject),
        ),
    ],
    [
      'a forwarder',
      () =>
        new ZmqForwarder({ context, publishers: { bind: 'inproc://a' }, subscribers: { bind: 'inproc://b' } }).open(),
    ],
  ])('%s leaves none open', async (_what, open) => {
    await expect(open()).rejects.toMatchObject({ code: 'EMFILE' });
    expect(context.sockets).toBe(0);
  });
});
