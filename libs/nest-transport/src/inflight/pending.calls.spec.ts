import { NO_METADATA } from '../packet/metadata.codec.js';
import { PayloadCodecs } from '../packet/payload.codec.js';
import { ReplyStatus } from '../packet/reply.packet.js';
import { FakePeer } from '../testing/fake.peer.js';
import { ManualClock } from '../testing/manual.clock.js';
import { turns } from '../testing/turns.js';
import { DeadlineQueue } from './deadline.queue.js';
import { Outbox } from './outbox.js';
import { PendingCall, type ReplyCallback } from './pending.call.js';
import { PendingCalls } from './pending.calls.js';
import { ServerLink } from './server.link.js';
import { Waiter } from './waiter.js';

const options = {
  codecs: new PayloadCodecs(),
  deadlines: new DeadlineQueue(new ManualClock()),
  connectTimeout: 1_000,
  requestTimeout: 1_000,
  maxWaiting: 10_000,
  whenWritable: () => {},
  lastFailure: () => undefined,
  onThrown: (error: unknown) => {
    throw error;
  },
};

function join(calls: PendingCalls, name?: string, room = Infinity): { peer: FakePeer; link: ServerLink } {
  const peer = new FakePeer(room, { 'X-Nest-Zmq': '1', ...(name && { 'X-Name': name }) });
  const link = new ServerLink(peer, new Outbox(peer, peer));
  calls.add(link);
  return { peer, link };
}

function aCall(server?: string, callback: ReplyCallback = () => {}): PendingCall {
  const frame = Buffer.from('1');
  const content = {
    name: frame,
    payload: frame,
    contentType: undefined,
    headers: undefined,
    deadlineMs: undefined,
    server,
  };
  return new PendingCall(content, callback, () => {});
}

const ids = ({ sent }: FakePeer): (string | undefined)[] => sent.map(([id]) => id);

describe('request ids', () => {
  it('have four bytes, count up, and begin again after the last', () => {
    const calls = new PendingCalls(options, 0xffff_fffe);
    const { peer } = join(calls);
    for (let i = 0; i < 3; i++) calls.start(aCall());
    expect(ids(peer)).toEqual(['<ffffffff>', '<00000000>', '<00000001>']);
  });

  it('skip those of calls that this server still has when the counter comes round', () => {
    const calls = new PendingCalls(options, 0xffff_fffe);
    const { peer, link } = join(calls);
    link.calls.set(0, aCall());
    link.calls.set(1, aCall());
    for (let i = 0; i < 2; i++) calls.start(aCall());
    expect(ids(peer)).toEqual(['<ffffffff>', '<00000002>']);
  });
});

describe('a call for one server', () => {
  it('goes to it out of turn, waits there while it is full, and is cancelled there', async () => {
    const calls = new PendingCalls(options);
    const [first, second] = [join(calls), join(calls)];
    second.peer.room = 0;
    const call = aCall();
    calls.startAt(second.link, call, 0);
    expect([first.peer.sent, second.peer.sent]).toEqual([[], []]);
    expect(calls.stats()).toMatchObject({ inFlight: 1, waiting: 0, sent: 1 });
    // Others do not overtake it at the full server: they go to the one that has room.
    calls.start(aCall());
    calls.start(aCall());
    expect([first.peer.sent.length, second.peer.sent.length]).toEqual([2, 0]);
    calls.cancel(call);
    second.peer.make(5);
    await turns();
    expect(second.peer.sent.map((sent) => sent.slice(2))).toEqual([
      ['1', '1', '<01>'],
      ['', 'cancel'],
    ]);
    expect(calls.usableLinks()).toEqual([first.link, second.link]);
  });
});

describe('a call to one server in particular', () => {
  it('goes to no other, and is in nobody’s way', () => {
    const calls = new PendingCalls(options);
    const a = join(calls, 'a');
    calls.start(aCall('b'));
    calls.start(aCall());
    expect(calls.stats()).toMatchObject({ inFlight: 1, waiting: 1 });
    expect(a.peer.sent).toHaveLength(1);
    const b = join(calls, 'b');
    expect(b.peer.sent).toHaveLength(1);
    calls.start(aCall('b'));
    calls.start(aCall(b.peer.address));
    expect([a.peer.sent.length + b.peer.sent.length, calls.stats().waiting]).toEqual([4, 0]);
    expect(calls.idle).toBe(false);
  });

  it('is queued at that server while it is full, and waits while it is closing', () => {
    const calls = new PendingCalls(options);
    const { peer, link } = join(calls, 'a');
    peer.room = 0;
    calls.start(aCall('a'));
    expect(calls.stats()).toMatchObject({ inFlight: 1, waiting: 0 });
    calls.drain(link);
    calls.start(aCall('a'));
    join(calls, 'b');
    expect(calls.stats()).toMatchObject({ inFlight: 1, waiting: 1 });
    join(calls, 'a');
    expect(calls.stats()).toMatchObject({ inFlight: 2, waiting: 0 });
  });

  it('has no server watched', () => {
    const watched: unknown[] = [];
    const calls = new PendingCalls({ ...options, whenWritable: (link) => watched.push(link) });
    calls.start(aCall('a'));
    join(calls, 'b');
    expect([watched, calls.stats().waiting]).toEqual([[], 1]);
  });

  it('fails when the client closes, and is forgotten when it is cancelled', () => {
    const calls = new PendingCalls(options);
    const errors: unknown[] = [];
    const cancelled = aCall('a');
    calls.start(cancelled);
    calls.start(aCall('a', ({ err }) => errors.push(err)));
    calls.cancel(cancelled);
    expect(calls.stats()).toMatchObject({ waiting: 1, cancelled: 1 });
    calls.close();
    expect(errors).toEqual([expect.objectContaining({ name: 'ZmqClosedError' })]);
    expect(calls.idle).toBe(true);
  });
});

describe('calls that wait', () => {
  const failed = (errors: unknown[]): ReplyCallback => {
    return ({ err }) => errors.push(err);
  };

  it('are `maxWaiting` at most, of all kinds together; a further one fails at once, and is counted', () => {
    const calls = new PendingCalls({ ...options, maxWaiting: 3 });
    const errors: unknown[] = [];
    calls.start(aCall());
    calls.start(aCall('a'));
    const leave = calls.waiting.enterForAll();
    calls.start(aCall(undefined, failed(errors)));
    calls.start(aCall('b', failed(errors)));
    expect(() => calls.waiting.enterForAll()).toThrow(
      "As many calls wait for a server as 'maxWaiting' allows (3). Call less, add servers, or raise 'maxWaiting'.",
    );
    const full = expect.objectContaining({ name: 'ZmqClientFullError', code: 'CLIENT_FULL', maxWaiting: 3 });
    expect(errors).toEqual([full, full]);
    expect(calls.stats()).toMatchObject({ waiting: 3, refused: 3, sent: 0 });
    leave();
    leave();
    calls.start(aCall());
    const { peer } = join(calls, 'a');
    expect([peer.sent.length, calls.stats().waiting, errors.length]).toEqual([3, 0, 2]);
    peer.room = 0;
    for (let i = 0; i < 4; i++) calls.start(aCall(undefined, failed(errors)));
    expect([errors.length, calls.stats()]).toEqual([3, expect.objectContaining({ waiting: 3, refused: 4 })]);
  });

  it('are none with a limit of 0, and servers with room have their calls', () => {
    const calls = new PendingCalls({ ...options, maxWaiting: 0 });
    const errors: unknown[] = [];
    const { peer, link } = join(calls, 'a');
    peer.room = 2;
    calls.start(aCall('a', failed(errors)));
    calls.startAt(link, aCall(undefined, failed(errors)), 0);
    expect(errors).toEqual([]);
    calls.startAt(link, aCall(undefined, failed(errors)), 0);
    calls.start(aCall(undefined, failed(errors)));
    expect([errors.length, peer.sent.length, calls.stats().inFlight]).toEqual([2, 2, 2]);
  });

  it('for a certain server that is full are as many, until it takes them', async () => {
    const calls = new PendingCalls({ ...options, maxWaiting: 2 });
    const errors: unknown[] = [];
    const { peer, link } = join(calls, 'a');
    const other = join(calls, 'b');
    peer.room = 0;
    for (let i = 0; i < 4; i++) calls.start(aCall('a', failed(errors)));
    calls.startAt(link, aCall(undefined, failed(errors)), 0);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({
      name: 'ZmqClientFullError',
      message:
        "The server fake is full: as many messages wait for it as 'maxWaiting' allows (2). " +
        "Call another, or raise 'maxWaiting'.",
    });
    expect(calls.stats()).toMatchObject({ inFlight: 2, waiting: 0, refused: 3 });
    calls.start(aCall());
    expect(other.peer.sent).toHaveLength(1);
    peer.make(9);
    await turns();
    calls.start(aCall('a', failed(errors)));
    expect([errors.length, peer.sent.length]).toEqual([3, 3]);
  });

  it('of many bytes are fewer', () => {
    const calls = new PendingCalls(options);
    const errors: unknown[] = [];
    const { peer } = join(calls, 'a');
    peer.room = 0;
    const payload = Buffer.alloc(40 * 1024 * 1024);
    for (let i = 0; i < 3; i++) {
      const content = { ...aCall('a').content, payload };
      calls.start(new PendingCall(content, failed(errors), () => {}));
    }
    expect(errors).toMatchObject([{ message: expect.stringMatching(/messages of 838860\d\d bytes wait for it/) }]);
  });

  it('by name go to the server of that name that has room', () => {
    const calls = new PendingCalls(options);
    const [full, free] = [join(calls, 'a'), join(calls, 'a')];
    full.peer.room = 0;
    calls.start(aCall('a'));
    expect([full.link.calls.size, free.peer.sent.length]).toEqual([0, 1]);
  });
});

/** Calls with a clock of their own, and what they failed with. */
function timed(times: { connectTimeout?: number; requestTimeout?: number } = {}) {
  const clock = new ManualClock();
  const writable: (() => void)[] = [];
  const calls = new PendingCalls({
    ...options,
    deadlines: new DeadlineQueue(clock),
    connectTimeout: 3_000,
    requestTimeout: 10_000,
    ...times,
    whenWritable: (_, then) => writable.push(then),
  });
  const errors: unknown[] = [];
  const start = (): void =>
    calls.start(new PendingCall(aCall().content, ({ err }) => errors.push(err), calls.onTimeout));
  return { clock, calls, errors, start, room: () => writable.splice(0).forEach((then) => then()) };
}

describe('the time for the first value', () => {
  it('runs from the start of the call, also while all servers are full', () => {
    const { clock, calls, errors, start, room } = timed();
    const { peer } = join(calls, 'a', 0);
    start();
    clock.advance(6_000);
    peer.make(1);
    room();
    expect(peer.sent).toHaveLength(1);
    clock.advance(3_980);
    expect(errors).toEqual([]);
    clock.advance(40);
    expect(errors).toMatchObject([
      { name: 'ZmqTimeoutError', message: 'No answer from fake within 10000 ms', timeoutMs: 10_000 },
    ]);
  });

  it('bounds the waiting for a server', () => {
    const { clock, errors, start } = timed({ requestTimeout: 1_000 });
    start();
    clock.advance(980);
    expect(errors).toEqual([]);
    clock.advance(40);
    expect(errors).toMatchObject([{ name: 'ZmqNoPeerError', message: 'No server is connected; waited 1000 ms' }]);
  });

  it('is without end with 0, once a server is there', () => {
    const { clock, calls, errors, start } = timed({ requestTimeout: 0 });
    start();
    join(calls, 'a', 0);
    clock.advance(1_000_000);
    expect([errors, clock.pending]).toEqual([[], 0]);
  });
});

describe('a call that waits', () => {
  it.each(['is lost', 'closes'])('waits `connectTimeout` for another server when the last one %s', (how) => {
    const { clock, calls, errors, start } = timed();
    const { link } = join(calls, 'a', 0);
    const other = join(calls, 'b', 0);
    start();
    clock.advance(5_000);
    calls.remove(other.link, { code: 'ECONNRESET', message: 'reset' });
    if (how === 'closes') calls.drain(link);
    clock.advance(100);
    // A second loss does not give it more time.
    calls.remove(link, { code: 'ECONNRESET', message: 'reset' });
    clock.advance(how === 'closes' ? 2_880 : 2_980);
    expect(errors).toEqual([]);
    clock.advance(40);
    const waited = how === 'closes' ? 8_000 : 8_100;
    expect(errors).toMatchObject([{ name: 'ZmqNoPeerError', message: `No server is connected; waited ${waited} ms` }]);
  });

  it('has the time for its first value when a server comes that is full', () => {
    const { clock, calls, errors, start } = timed();
    start();
    clock.advance(2_000);
    join(calls, 'a', 0);
    clock.advance(7_980);
    expect(errors).toEqual([]);
    clock.advance(40);
    expect(errors).toMatchObject([
      { name: 'ZmqTimeoutError', message: 'No server took the call within 10000 ms: all are full' },
    ]);
  });
});

describe('a callback that throws', () => {
  /** Three calls, the second of which throws whatever it is told. */
  function three(clock = new ManualClock()) {
    const told: unknown[] = [];
    const thrown: unknown[] = [];
    const deadlines = new DeadlineQueue(clock);
    const calls = new PendingCalls({ ...options, deadlines, onThrown: (error) => thrown.push(error) });
    const start = (name: string): void => {
      const callback: ReplyCallback = ({ err, response }) => {
        told.push(`${name} ${err instanceof Error ? err.name : String(response)}`);
        if (name === 'b') throw new Error('of b');
      };
      calls.start(new PendingCall(aCall().content, callback, calls.onTimeout));
    };
    return { calls, clock, told, thrown, start, startAll: () => ['a', 'b', 'c'].forEach(start) };
  }
  const ofB = expect.objectContaining({ message: 'of b' });

  it('keeps no other call of a lost server, and of a closed client, from its error', () => {
    const { calls, told, thrown, startAll } = three();
    const { link } = join(calls);
    startAll();
    calls.remove(link, { code: 'ECONNRESET', message: 'reset' });
    expect(told.splice(0)).toEqual(['a ZmqPeerLostError', 'b ZmqPeerLostError', 'c ZmqPeerLostError']);
    startAll();
    calls.close();
    expect(told).toEqual(['a ZmqClosedError', 'b ZmqClosedError', 'c ZmqClosedError']);
    expect(thrown).toEqual([ofB, ofB]);
    expect(calls.idle).toBe(true);
  });

  it('keeps no other call from its timeout', () => {
    const { calls, clock, told, thrown, start, startAll } = three();
    join(calls);
    startAll();
    clock.advance(500);
    start('later');
    clock.advance(540);
    expect(told.splice(0)).toEqual(['a ZmqTimeoutError', 'b ZmqTimeoutError', 'c ZmqTimeoutError']);
    clock.advance(500);
    expect([told, thrown, clock.pending]).toEqual([['later ZmqTimeoutError'], [ofB], 0]);
  });

  it.each([
    [ReplyStatus.value, '2', 'b 2'],
    [ReplyStatus.last, '2', 'b 2'],
    [ReplyStatus.done, '', 'b undefined'],
    [ReplyStatus.failed, '{"message":"no"}', 'b undefined'],
  ])('is told once of a reply with status %i', (status, payload, what) => {
    const { calls, told, thrown, start } = three();
    const { link } = join(calls);
    start('b');
    const [id = 0] = link.calls.keys();
    calls.receive(link, { kind: 'reply', id, status, payload: Buffer.from(payload), metadata: NO_METADATA });
    expect([told, thrown]).toEqual([[what], [ofB]]);
  });
});

describe('a ping', () => {
  const aWaiter = () => new Waiter(options.deadlines, 1_000, () => {});
  const answer = (id: number) =>
    ({ kind: 'reply', id, status: 2, payload: Buffer.alloc(0), metadata: NO_METADATA }) as const;

  it('is answered, and counts as no call', async () => {
    const calls = new PendingCalls(options, 6);
    const { peer, link } = join(calls);
    const waiter = aWaiter();
    calls.ping(link, waiter);
    expect(peer.sent).toEqual([['<00000007>', '', '', 'ping']]);
    calls.receive(link, answer(7));
    await waiter.promise;
    expect(calls.stats()).toMatchObject({ sent: 0, answered: 0, inFlight: 0, late: 0 });
    calls.receive(link, answer(7));
    expect(calls.stats().late).toBe(1);
  });

  it('fails with its server, with the client, and at once when the server is full', async () => {
    const calls = new PendingCalls(options);
    const [a, b, c] = [join(calls), join(calls), join(calls)];
    const waiters = [a, b, c].map(() => aWaiter());
    const failed = Promise.allSettled(waiters.map(({ promise }) => promise));
    c.peer.room = 0;
    [a, b, c].forEach(({ link }, i) => calls.ping(link, waiters[i]!));
    calls.remove(a.link, { code: 'ECONNRESET', message: 'reset' });
    calls.close();
    expect((await failed).map((one) => (one.status === 'rejected' ? (one.reason as Error).name : 'up'))).toEqual([
      'ZmqPeerLostError',
      'ZmqClosedError',
      'ZmqTimeoutError',
    ]);
    expect(c.peer.sent).toEqual([]);
  });

  it('that is given up is not waited for', () => {
    const calls = new PendingCalls(options, 6);
    const { link } = join(calls);
    calls.ping(link, aWaiter())();
    calls.receive(link, answer(7));
    expect(calls.stats().late).toBe(1);
  });
});
