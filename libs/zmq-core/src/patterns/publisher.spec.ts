import { jest } from '@jest/globals';
import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('PUB (29/PUBSUB)', () => {
  it('sends to those whose topics are prefixes of the first frame, to each once', () => {
    const pub = new PatternHarness('PUB');
    const [a, b, c] = [pub.join(), pub.join(), pub.join()];
    for (const topic of ['\x01A', '\x01AB', '\x01']) a.send(topic);
    b.send('\x01AB');
    for (const topic of ['ABC', 'A', 'C']) expect(pub.send(topic, 'AB')).toBe(true);
    expect(a.readAll()).toEqual([
      ['ABC', 'AB'],
      ['A', 'AB'],
      ['C', 'AB'],
    ]);
    expect(b.readAll()).toEqual([['ABC', 'AB']]);
    expect(c.readAll()).toEqual([]);
    expect(pub.pattern.dropped).toBe(0);
  });

  it('one CANCEL undoes any number of SUBSCRIBEs', () => {
    const pub = new PatternHarness('PUB');
    const a = pub.join();
    for (const subscription of ['\x01A', '\x01A', '\x00A', '\x00never']) a.send(subscription);
    pub.send('A');
    expect(a.readAll()).toEqual([]);
  });

  it.each([
    [false, ['A', 'B', 'C']],
    [true, ['A']],
  ])('each frame of a message can be a subscription, unless onlyFirstSubscribe is %s', (onlyFirstSubscribe, held) => {
    const pub = new PatternHarness('PUB', { onlyFirstSubscribe });
    const a = pub.join();
    a.send('\x01A', '\x01B');
    a.send('user message', '\x01C');
    expect(pub.pattern.topicsCount).toBe(held.length);
    for (const topic of ['A', 'B', 'C']) pub.send(topic);
    expect(a.readAll().flat()).toEqual(held);
    pub.options.onlyFirstSubscribe = false;
    a.send('\x00A', '\x00B', '\x00C');
    expect(pub.pattern.topicsCount).toBe(0);
  });

  it('what is no subscription is discarded and counted', () => {
    const pub = new PatternHarness('PUB');
    const a = pub.join();
    for (const frames of [['user message', 'x'], [''], ['\x02']]) a.send(...frames);
    expect([pub.pattern.dropped, pub.pattern.topicsCount]).toEqual([3, 0]);
  });

  it('never receives and always sends, to nobody if need be', () => {
    const pub = new PatternHarness('PUB');
    expect(() => pub.receive()).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect([pub.pattern.canSend(), pub.pattern.canReceive(), pub.send('x')]).toEqual([true, false, true]);
    expect(pub.pattern.dropped).toBe(0);
    expect(() => pub.send()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('drops for a full subscriber, or waits with noDrop', () => {
    const pub = new PatternHarness('PUB');
    const [a, b] = [pub.join(undefined, marks(1)), pub.join()];
    for (const peer of [a, b]) peer.send('\x01');
    expect([pub.send('1'), pub.send('2')]).toEqual([true, true]);
    expect([a.readAll(), b.readAll()]).toEqual([[['1']], [['1'], ['2']]]);
    expect(pub.pattern.dropped).toBe(1);
    pub.options.noDrop = true;
    expect([pub.send('3'), pub.send('4')]).toEqual([true, false]);
    expect(b.readAll()).toEqual([['3']]);
  });

  it('inverted, sends to those whose topics do not match', () => {
    const pub = new PatternHarness('PUB', { invertMatching: true });
    const [a, b] = [pub.join(), pub.join()];
    a.send('\x01A');
    pub.send('A');
    pub.send('B');
    expect([a.readAll().flat(), b.readAll().flat()]).toEqual([['B'], ['A', 'B']]);
  });

  it('tells of each subscription after it took effect', () => {
    const pub = new PatternHarness('PUB');
    const told: unknown[] = [];
    pub.pattern.onSubscription = (end, topic, subscribed) => {
      told.push([end, topic.toString(), subscribed]);
      pub.send('A', 'the last value');
    };
    const a = pub.join();
    for (const subscription of ['\x01A', '\x01A', '\x00A']) a.send(subscription);
    expect(told).toEqual([
      [a.own, 'A', true],
      [a.own, 'A', true],
      [a.own, 'A', false],
    ]);
    expect(a.readAll()).toHaveLength(2);
  });

  it('sends to one peer regardless of its topics', () => {
    const pub = new PatternHarness('PUB');
    const [a, b] = [pub.join(), pub.join(undefined, marks(1))];
    expect(pub.pattern.trySendTo(b.own, frames('x'))).toBe(true);
    expect(pub.pattern.trySendTo(b.own, frames('x'))).toBe(false);
    expect([a.readAll(), b.readAll()]).toEqual([[], [['x']]]);
  });

  it('forgets the topics of a peer that left', () => {
    const pub = new PatternHarness('PUB');
    const [a, b] = [pub.join(), pub.join()];
    for (const peer of [a, b]) peer.send('\x01A');
    a.close();
    const write = jest.spyOn(a.own, 'write');
    pub.send('A');
    expect(write).not.toHaveBeenCalled();
    expect(b.readAll()).toEqual([['A']]);
  });

  it('after a reconnect only what the new peer subscribed to counts', () => {
    const pub = new PatternHarness('PUB');
    const a = pub.attach({ dialed: true });
    a.announce();
    a.send('\x01A');
    a.hiccup();
    pub.send('A', 'queued while nobody is there');
    a.announce();
    pub.send('A', 'not wanted');
    a.send('\x01B');
    pub.send('B');
    expect(a.readAll()).toEqual([['A', 'queued while nobody is there'], ['B']]);
  });

  it('reads no further when the pipe is closed from within the read', () => {
    const pub = new PatternHarness('PUB');
    const a = pub.join(undefined, marks(1));
    a.onWritable = () => pub.leave(a);
    a.send('\x01A');
    expect(pub.send('A')).toBe(true);
    expect(a.readAll()).toEqual([]);
  });

  it('reads what was written before it was attached, once it is told who that is', () => {
    const pub = new PatternHarness('PUB');
    const attach = jest.spyOn(pub.pattern, 'attach').mockImplementation(() => {});
    const a = pub.join();
    a.send('\x01A');
    attach.mockRestore();
    pub.pattern.attach(a.own, { dialed: false });
    pub.send('A');
    pub.pattern.readable(a.own);
    pub.send('A');
    expect(a.readAll()).toEqual([['A']]);
  });

  it.each([
    [{ maxSubscriptions: 2 }, ['\x01A', '\x01A', '\x01B'], '\x01C', /more than 2 topics/],
    [{ maxSubscriptionBytes: 4 }, ['\x01AB', '\x01CD', '\x00AB', '\x01EF'], '\x01G', /more than 4 bytes/],
  ])('refuses a peer beyond %j', (limits, fine, excess, reason) => {
    const pub = new PatternHarness('PUB', limits);
    const told = jest.fn();
    pub.pattern.onSubscription = told;
    const [a, b] = [pub.join(), pub.join()];
    for (const subscription of fine) a.send(subscription);
    expect(pub.refused).toEqual([]);
    told.mockClear();
    a.send(excess);
    a.send('\x01more');
    expect(a.closed).toMatch(reason);
    expect(pub.refused).toHaveLength(1);
    expect(told).not.toHaveBeenCalled();
    b.send('\x01');
    pub.send('A');
    expect(b.readAll()).toEqual([['A']]);
  });

  it('takes topics of 1 MB and of any byte', () => {
    const pub = new PatternHarness('PUB');
    const a = pub.join();
    const long = 'x'.repeat(2 ** 20);
    for (const topic of [long, '\0\xff']) a.send(`\x01${topic}`);
    pub.send(`${long}!`);
    pub.send('\0\xff\0');
    pub.send(long.slice(1));
    expect(a.readAll().map(([topic]) => topic!.length)).toEqual([2 ** 20 + 1, 3]);
    a.send(`\x00${long}`);
    pub.send(long);
    expect(a.readAll()).toEqual([]);
  });
});
