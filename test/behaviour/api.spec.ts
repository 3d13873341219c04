import {
  Context,
  createContext,
  Dealer,
  type Event,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
  capability,
  version,
} from '@nest-zmq/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../libs/zmq-core/src/testing/manual-clock.js';
import { closedAfterEach, numbers, receive, rejection, text } from '../support/sockets.js';

const classes = { Pair, Publisher, Subscriber, Request, Reply, Dealer, Router, Pull, Push, XPublisher, XSubscriber };

/** With the number of the system, which differs between Linux and others. */
function coded(code: string, address?: string): Error {
  const errno = code === 'EFSM' ? 156384763 : (constants.errno as Record<string, number>)[code];
  return expect.objectContaining({ code, errno, ...(address !== undefined && { address }) }) as Error;
}

describe('sockets as objects', () => {
  const open = closedAfterEach();

  it.each(Object.entries(classes))('a %s is sealed: a misspelt option throws', (_name, Class) => {
    const socket = open(new Class()) as unknown as Record<string, unknown>;
    expect(Object.isSealed(socket)).toBe(true);
    expect(() => {
      socket['doesNotExist'] = 1;
    }).toThrow(TypeError);
    expect(() => new (Class as new (options: object) => Socket)({ doesNotExist: 1 })).toThrow(TypeError);
  });

  it('a context is sealed too', () => {
    expect(() => new Context({ doesNotExist: 1 } as object)).toThrow(TypeError);
  });

  it('read-only properties throw when they are set', () => {
    const dealer = open(new Dealer()) as unknown as Record<string, unknown>;
    for (const name of ['type', 'lastEndpoint', 'closed', 'readable', 'writable', 'events', 'context', 'peers']) {
      expect(() => {
        dealer[name] = 1;
      }).toThrow(TypeError);
    }
  });

  it('the types have the numbers of libzmq', () => {
    const types = Object.values(classes).map((Class) => open(new Class()).type);
    expect(types).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('`version` and `capability` are those of the libzmq whose behaviour this is', () => {
    expect(version).toMatch(/^4\.3\.\d+$/);
    expect(Object.values(capability).every((value) => typeof value === 'boolean')).toBe(true);
    expect(capability).toMatchObject({ curve: true, draft: true, pgm: false });
  });

  it('the options of the constructor are left as they were', () => {
    const context = new Context();
    const options = { context, linger: 0 };
    expect(open(new Dealer(options)).context).toBe(context);
    expect(options).toEqual({ context, linger: 0 });
  });

  it('bad arguments of constructors', () => {
    expect(() => new Dealer(null as never)).toThrow(new TypeError('Options must be an object'));
    expect(() => new Dealer('x' as never)).toThrow(new TypeError('Options must be an object'));
    expect(() => new Context(null as never)).toThrow(new TypeError('Options must be an object'));
    expect(() => new Dealer({ context: {} as never })).toThrow('Invalid argument');
  });

  it('more sockets than `maxSockets` are EMFILE, until one is closed', () => {
    const context = new Context({ maxSockets: 2 });
    const first = open(new Dealer({ context }));
    open(new Dealer({ context }));
    expect(() => new Dealer({ context })).toThrow(coded('EMFILE'));
    first.close();
    open(new Dealer({ context }));
  });

  it('what cannot be is missing: a SUB has no `send`, a PUB no `receive`', () => {
    expect(open(new Subscriber())).not.toHaveProperty('send');
    expect(open(new Pull())).not.toHaveProperty('trySend');
    expect(open(new Publisher())).not.toHaveProperty('receive');
    expect(open(new Push())).not.toHaveProperty('onMessage');
  });

  it('before any peer only those that drop are writable', () => {
    const writable = Object.entries(classes).flatMap(([name, Class]) => (open(new Class()).writable ? [name] : []));
    expect(writable).toEqual(['Publisher', 'Router', 'XPublisher', 'XSubscriber']);
    for (const Class of Object.values(classes)) expect(open(new Class()).readable).toBe(false);
  });
});

describe('messages', () => {
  const open = closedAfterEach();
  let push: Push;
  let pull: Pull;

  beforeEach(async () => {
    push = open(new Push());
    pull = open(new Pull());
    await pull.bind('inproc://messages');
    push.connect('inproc://messages');
  });

  it.each<[string, unknown, string[]]>([
    ['text, as UTF-8', 'grün', ['gr\xc3\xbcn']],
    ['null, as an empty part', null, ['']],
    ['a number', 5.5, ['5.5']],
    ['a Buffer', Buffer.from('ab'), ['ab']],
    ['a view, its own range only', new Uint8Array([97, 98, 99]).subarray(1, 2), ['b']],
    ['a view of wider elements', new Uint16Array([0x6261]), ['ab']],
    ['a DataView', new DataView(new Uint8Array([97, 98, 99]).buffer, 1), ['bc']],
    ['an ArrayBuffer', new Uint8Array([97]).buffer, ['a']],
    ['a SharedArrayBuffer', new SharedArrayBuffer(2), ['\0\0']],
    ['several parts', ['a', null, 1, Buffer.from('b')], ['a', '', '1', 'b']],
    ['a part that is anything else, as text', [true, undefined, ['x', 'y'], 1n], ['true', 'undefined', 'x,y', '1']],
  ])('%s', async (_what, message, expected) => {
    await push.send(message as string);
    expect(text(await pull.receive())).toEqual(expected);
  });

  it('no parts at all resolve, and nothing is sent', async () => {
    await push.send([]);
    await push.send('fence');
    expect(text(await pull.receive())).toEqual(['fence']);
  });

  it('undefined and symbols throw a TypeError at the call', () => {
    expect(() => push.send(undefined as never)).toThrow(new TypeError('Message must be present'));
    expect(() => push.send(Symbol('x') as never)).toThrow(TypeError);
  });

  it('parts of at most 128 bytes are copied, larger ones go by reference', async () => {
    const [small, large] = [Buffer.alloc(128, 'a'), Buffer.alloc(129, 'a')];
    await push.send([small, large]);
    small.fill('b');
    large.fill('b');
    const [first, second] = await pull.receive();
    expect([first![0], second![0]]).toEqual([97, 98]);
    expect(second!.buffer).toBe(large.buffer);
  });
});

describe('one at a time', () => {
  const open = closedAfterEach();

  it('a second send or receive is EBUSY at the call, one of each may wait', async () => {
    const dealer = open(new Dealer());
    const sending = dealer.send('waits');
    const receiving = dealer.receive();
    expect(() => dealer.send('too soon')).toThrow(coded('EBUSY'));
    expect(() => dealer.send('too soon')).toThrow(/writing; only one send operation may be in progress at any time$/);
    expect(() => dealer.receive()).toThrow(/reading; only one receive operation may be in progress at any time$/);
    expect(dealer.trySend('too soon')).toBe(false);
    dealer.close();
    await expect(sending).rejects.toEqual(coded('EAGAIN'));
    await expect(receiving).rejects.toEqual(coded('EAGAIN'));
  });

  it('what zeromq.js has is EBUSY while a bind or unbind is under way', async () => {
    const dealer = open(new Dealer());
    const binding = dealer.bind('tcp://127.0.0.1:*');
    const blocked = /blocked by a bind or unbind operation$/;
    expect(() => dealer.send('x')).toThrow(blocked);
    expect(() => dealer.receive()).toThrow(blocked);
    expect(() => dealer.bind('inproc://x')).toThrow(blocked);
    expect(() => dealer.connect('inproc://x')).toThrow(blocked);
    await binding;
    const unbinding = dealer.unbind(dealer.lastEndpoint!);
    // What zeromq.js does not have goes on: a sink may answer while its socket binds once more.
    expect(dealer.trySend('x')).toBe(false);
    expect(dealer.tryReceive()).toBeUndefined();
    await unbinding;
    dealer.connect('inproc://x');
  });

  it('a close during a bind waits for it', async () => {
    const dealer = open(new Dealer());
    const binding = dealer.bind('tcp://127.0.0.1:*');
    dealer.close();
    expect(dealer.closed).toBe(false);
    await binding;
    expect(dealer.closed).toBe(true);
  });
});

describe('timeouts', () => {
  const open = closedAfterEach();
  let clock: ManualClock;
  let context: Context;

  beforeEach(() => {
    clock = new ManualClock();
    context = createContext({ clock });
  });

  it('of 0 try once: EAGAIN', async () => {
    const dealer = open(new Dealer({ sendTimeout: 0, receiveTimeout: 0 }));
    await expect(dealer.send('x')).rejects.toEqual(coded('EAGAIN'));
    await expect(dealer.receive()).rejects.toEqual(coded('EAGAIN'));
    await expect(dealer.receive()).rejects.toThrow('Operation was not possible or timed out');
  });

  it('of 100 ms try until then: EAGAIN', async () => {
    const dealer = open(new Dealer({ context, sendTimeout: 100, receiveTimeout: 200 }));
    const outcomes: string[] = [];
    const sending = rejection(dealer.send('x')).then(({ code }) => outcomes.push(`send ${code}`));
    const receiving = rejection(dealer.receive()).then(({ code }) => outcomes.push(`receive ${code}`));
    clock.advance(99);
    await Promise.resolve();
    expect(outcomes).toEqual([]);
    clock.advance(1);
    await sending;
    expect(outcomes).toEqual(['send EAGAIN']);
    clock.advance(100);
    await receiving;
    expect(outcomes).toEqual(['send EAGAIN', 'receive EAGAIN']);
    // The socket can be used again.
    expect(clock.pending).toBe(0);
    const pending = dealer.receive();
    clock.advance(200);
    await expect(pending).rejects.toEqual(coded('EAGAIN'));
  });

  it('out of turn: pending for ever, EFSM when the time is up or the socket closes', async () => {
    const req = open(new Request({ context, receiveTimeout: 100 }));
    const receiving = req.receive();
    clock.advance(100);
    await expect(receiving).rejects.toEqual(coded('EFSM'));
    await expect(receiving).rejects.toThrow(/^Operation cannot be accomplished in current state/);
    const rep = open(new Reply({ context }));
    const sending = rep.send('nobody asked');
    rep.close();
    await expect(sending).rejects.toEqual(coded('EFSM'));
  });

  it('a send that waits goes out when a peer comes', async () => {
    const push = open(new Push({ context }));
    const pull = open(new Pull({ context }));
    const sending = push.send('first');
    await pull.bind('inproc://comes');
    push.connect('inproc://comes');
    await sending;
    expect(text(await pull.receive())).toEqual(['first']);
  });

  it('a signal gives up waiting, and lets go of the signal afterwards', async () => {
    const dealer = open(new Dealer());
    const abort = new AbortController();
    const { signal } = abort;
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      listeners--;
      remove(...args);
    };

    const [sending, receiving, writable] = [
      dealer.send('x', { signal }),
      dealer.receive({ signal }),
      dealer.untilWritable({ signal }),
    ];
    const other = open(new Dealer());
    await other.bind('inproc://signal');
    dealer.connect('inproc://signal');
    await other.send('y');
    await Promise.all([sending, receiving, writable]);
    expect(listeners).toBe(0);

    const reason = new Error('enough');
    const pending = dealer.receive({ signal });
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(dealer.receive({ signal })).rejects.toBe(reason);
    await other.send('z');
    expect(text(await dealer.receive())).toEqual(['z']);
  });

  it('thousands of operations that are done at once let others run', async () => {
    const push = open(new Push({ sendHighWaterMark: 0 }));
    const pull = open(new Pull({ receiveHighWaterMark: 0 }));
    await pull.bind('inproc://fair');
    push.connect('inproc://fair');
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    for (let i = 0; i < 5000; i++) await push.send(i);
    expect(turns).toBeGreaterThanOrEqual(5);
    turns = 0;
    expect(await receive(pull, 5000)).toEqual(numbers(5000));
    expect(turns).toBeGreaterThanOrEqual(5);
    counting = false;
  });
});

describe('after close', () => {
  it('everything says so', async () => {
    const dealer = new Dealer();
    await dealer.bind('inproc://closed');
    const { events } = dealer;
    dealer.close();
    dealer.close();
    expect([dealer.closed, dealer.readable, dealer.writable, dealer.context]).toEqual([true, false, false, undefined]);
    expect(() => dealer.send('x')).toThrow(coded('EBADF'));
    expect(() => dealer.send('x')).toThrow('Socket is closed');
    expect(() => dealer.receive()).toThrow(coded('EBADF'));
    expect(() => dealer.trySend('x')).toThrow(coded('EBADF'));
    expect(() => dealer.tryReceive()).toThrow(coded('EBADF'));
    expect(() => dealer.bind('inproc://x')).toThrow(coded('EBADF'));
    expect(() => dealer.unbind('inproc://x')).toThrow(coded('EBADF'));
    expect(() => dealer.connect('inproc://x')).toThrow(coded('EBADF'));
    expect(() => dealer.disconnect('inproc://x')).toThrow(coded('EBADF'));
    expect(() => dealer.events).toThrow(coded('ENOTSOCK'));
    expect(() => dealer.linger).toThrow(coded('ENOTSOCK'));
    expect(() => {
      dealer.linger = 0;
    }).toThrow(coded('ENOTSOCK'));
    expect((await events.receive()).type).toBe('end');
    // What a log line may want to name is still known; zeromq.js throws ENOTSOCK.
    expect([dealer.type, dealer.lastEndpoint]).toEqual([5, 'inproc://closed']);
  });

  it('the address is free at once', async () => {
    const first = new Pull();
    await first.bind('inproc://free');
    first.close();
    const second = new Pull();
    await second.bind('inproc://free');
    second.close();
  });

  it('is what disposal does', async () => {
    const dealer = new Dealer();
    await dealer[Symbol.asyncDispose]();
    expect(dealer.closed).toBe(true);
  });

  it('iterators end', async () => {
    const pull = new Pull();
    const push = new Push();
    await pull.bind('inproc://iterated');
    push.connect('inproc://iterated');
    for (let i = 0; i < 3; i++) await push.send(i);
    const seen: string[] = [];
    for await (const [message] of pull) {
      seen.push(String(message));
      if (seen.length === 3) break;
    }
    // Leaving the loop does not close the socket.
    expect(pull.closed).toBe(false);
    await push.send(3);
    for await (const [message] of pull) {
      seen.push(String(message));
      pull.close();
    }
    const iterator = pull[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(seen).toEqual(['0', '1', '2', '3']);
    push.close();
  });

  it('an iterator that waits ends', async () => {
    const pull = new Pull();
    const next = pull[Symbol.asyncIterator]().next();
    pull.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('an iterator gives its timeouts as errors', async () => {
    const pull = new Pull({ receiveTimeout: 0 });
    await expect(pull[Symbol.asyncIterator]().next()).rejects.toEqual(coded('EAGAIN'));
    pull.close();
  });
});

describe('addresses', () => {
  const open = closedAfterEach();

  it.each([
    ['foo-bar', 'EINVAL'],
    ['', 'EINVAL'],
    ['tcp://', 'EINVAL'],
    ['tcp://127.0.0.1', 'EINVAL'],
    ['tcp://127.0.0.1:', 'EINVAL'],
    ['inproc://', 'EINVAL'],
    ['ipc://', 'EINVAL'],
    ['foo://bar', 'EPROTONOSUPPORT'],
    ['tcp://no.such.host.invalid:5555', 'ENODEV'],
    ['tcp://[::1]:*', 'ENODEV'],
    ['tcp://192.0.2.1:*', 'EADDRNOTAVAIL'],
    [`ipc://${join(tmpdir(), 'no', 'such', 'directory', 'x')}`, 'ENOENT'],
    [`ipc:///tmp/${'x'.repeat(200)}`, 'ENAMETOOLONG'],
  ])('bind to %j is %s', async (address, code) => {
    const dealer = open(new Dealer());
    await expect(dealer.bind(address)).rejects.toEqual(coded(code, address));
    expect(dealer.lastEndpoint).toBeNull();
  });

  it.each(['tcp://127.0.0.1:*', 'inproc://used', 'ipc'])('bind to a used %s is EADDRINUSE', async (address) => {
    const directory = mkdtempSync(join(tmpdir(), 'zmq-api-'));
    const first = open(new Dealer());
    await first.bind(address === 'ipc' ? `ipc://${join(directory, 's')}` : address);
    const endpoint = first.lastEndpoint!;
    await expect(open(new Dealer()).bind(endpoint)).rejects.toEqual(coded('EADDRINUSE', endpoint));
    await first.unbind(endpoint);
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['foo-bar', 'EINVAL'],
    ['tcp://127.0.0.1', 'EINVAL'],
    ['tcp://*:5555', 'EINVAL'],
    ['tcp://127.0.0.1:*', 'EINVAL'],
    ['inproc://', 'EINVAL'],
    ['foo://bar', 'EPROTONOSUPPORT'],
  ])('connect to %j is %s', (address, code) => {
    expect(() => open(new Dealer()).connect(address)).toThrow(coded(code, address));
  });

  it.each([
    'tcp://no.such.host.invalid:5555',
    'tcp://127.0.0.1:0',
    'tcp://127.0.0.1:0;127.0.0.1:5555',
    'inproc://nobody',
  ])('connect to %s is accepted', (address) => {
    const dealer = open(new Dealer({ linger: 0 }));
    dealer.connect(address);
    expect(dealer.lastEndpoint).toBe(address);
  });

  it.each([
    ['inproc://unknown', 'ENOENT'],
    ['tcp://127.0.0.1:1', 'ENOENT'],
    ['foo-bar', 'EINVAL'],
    ['foo://bar', 'EPROTONOSUPPORT'],
  ])('disconnect from and unbind of %s are %s', async (address, code) => {
    const dealer = open(new Dealer());
    expect(() => dealer.disconnect(address)).toThrow(coded(code, address));
    await expect(dealer.unbind(address)).rejects.toEqual(coded(code, address));
  });

  it.each([5, null, undefined, {}])('that are no text (%p) are a TypeError', (address) => {
    const dealer = open(new Dealer()) as unknown as Record<string, (address: unknown) => unknown>;
    for (const method of ['bind', 'unbind', 'connect', 'disconnect']) {
      expect(() => dealer[method]!(address)).toThrow(new TypeError('Address must be a string'));
    }
  });

  it('only a ROUTER names its connects', () => {
    const dealer = open(new Dealer()) as unknown as Router;
    expect(() => dealer.connect('inproc://x', { routingId: 'x' })).toThrow(
      new TypeError('Expected 1 argument but received 2'),
    );
    const router = open(new Router());
    for (const routingId of ['', 'x'.repeat(256)]) {
      expect(() => router.connect('inproc://x', { routingId })).toThrow(coded('EINVAL'));
    }
  });
});

describe('events', () => {
  it('come by promise, in order, and end with the socket', async () => {
    const dealer = new Dealer();
    const { events } = dealer;
    expect(dealer.events).toBe(events);
    const first = events.receive();
    expect(() => events.receive()).toThrow(coded('EBUSY'));
    await dealer.bind('tcp://127.0.0.1:*');
    const endpoint = dealer.lastEndpoint!;
    const fd = expect.any(Number) as number;
    expect(await first).toEqual({ type: 'bind', address: endpoint, local: endpoint, fd });
    dealer.close();
    expect(await events.receive()).toEqual({ type: 'close', address: endpoint, local: endpoint, fd });
    expect(await events.receive()).toEqual({ type: 'end' });
    expect(events.closed).toBe(true);
    expect(() => events.receive()).toThrow(coded('EBADF'));
  });

  it('come by iteration, which ends', async () => {
    const dealer = new Dealer();
    const seen: Event['type'][] = [];
    const { events } = dealer;
    const reading = (async () => {
      for await (const { type } of events) seen.push(type);
    })();
    await dealer.bind('tcp://127.0.0.1:*');
    dealer.close();
    await reading;
    expect(seen).toEqual(['bind', 'close', 'end']);
  });

  it('come by listeners; after that `receive` throws', async () => {
    const dealer = new Dealer();
    const { events } = dealer;
    const seen: string[] = [];
    const off = (): void => void seen.push('never');
    events.on('bind', ({ address }) => seen.push(address));
    events.on('bind', off);
    events.off('bind', off);
    const ended = new Promise<void>((resolve) => events.on('end', () => resolve()));
    expect(() => events.receive()).toThrow(/^Observer is in event emitter mode\./);
    await dealer.bind('tcp://127.0.0.1:*');
    expect(seen).toEqual([dealer.lastEndpoint]);
    dealer.close();
    await ended;
  });

  it('can be closed alone: a pending receive gets the end', async () => {
    const dealer = new Dealer();
    const { events } = dealer;
    const pending = events.receive();
    events.close();
    events.close();
    expect((await pending).type).toBe('end');
    expect(dealer.closed).toBe(false);
    dealer.close();
  });

  it('of inproc are none but the end', async () => {
    const [a, b] = [new Dealer(), new Dealer()];
    const { events } = a;
    await a.bind('inproc://silent');
    b.connect('inproc://silent');
    await b.send('x');
    await a.receive();
    a.close();
    b.close();
    expect((await events.receive()).type).toBe('end');
  });

  it('of a bind that fails tell the error', async () => {
    const [a, b] = [new Dealer(), new Dealer()];
    await a.bind('tcp://127.0.0.1:*');
    const { events } = b;
    await rejection(b.bind(a.lastEndpoint!));
    expect(await events.receive()).toMatchObject({ type: 'close', address: '' });
    expect(await events.receive()).toMatchObject({
      type: 'bind:error',
      address: a.lastEndpoint,
      error: { code: 'EADDRINUSE' },
    });
    a.close();
    b.close();
  });
});
