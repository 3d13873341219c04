import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('XSUB (29/PUBSUB)', () => {
  it('subscribes by messages, to all publishers and to those to come', () => {
    const xsub = new PatternHarness('XSUB');
    const a = xsub.join();
    for (const text of ['\x01A', '\x01A', '\x00A', '\x01B', '\x00never']) expect(xsub.send(text)).toBe(true);
    expect(a.readAll().flat()).toEqual(['\x01A', '\x01A', '\x01B']);
    expect(xsub.join().readAll().flat()).toEqual(['\x01A', '\x01B']);
    xsub.send('\x00A');
    expect(a.readAll().flat()).toEqual(['\x00A']);
    a.hiccup();
    expect(a.readAll().flat()).toEqual(['\x01B']);
  });

  it('sends any other message up to all publishers; a full one loses it', () => {
    const xsub = new PatternHarness('XSUB');
    const [a, b] = [xsub.join(), xsub.join(undefined, marks(1))];
    expect([xsub.pattern.canSend(), xsub.send('user', 'x'), xsub.send('')]).toEqual([true, true, true]);
    expect([a.readAll(), b.readAll()]).toEqual([[['user', 'x'], ['']], [['user', 'x']]]);
    expect(xsub.pattern.dropped).toBe(1);
    expect(() => xsub.send()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('of a message with more frames the leading subscriptions leave one by one; those behind count, too', () => {
    const xsub = new PatternHarness('XSUB');
    const a = xsub.join();
    xsub.send('\x01A', '\x01B', '\x00A', 'user', '\x01C', '\x00B');
    expect(a.readAll()).toEqual([['\x01A'], ['\x01B'], ['\x00A'], ['user', '\x01C', '\x00B']]);
    expect(xsub.pattern.topicsCount).toBe(1);
    expect(xsub.join().readAll()).toEqual([['\x01C']]);
  });

  it('with onlyFirstSubscribe only the first frame is looked at', () => {
    const xsub = new PatternHarness('XSUB', { onlyFirstSubscribe: true });
    const a = xsub.join();
    xsub.send('\x01A', '\x01B');
    xsub.send('user', '\x01C');
    xsub.send('\x01D');
    expect(a.readAll()).toEqual([['\x01A', '\x01B'], ['user', '\x01C'], ['\x01D']]);
    expect(xsub.pattern.topicsCount).toBe(2);
    expect(xsub.join().readAll()).toEqual([['\x01A'], ['\x01D']]);
  });

  it('with verboseUnsubscribe every cancellation goes up', () => {
    const xsub = new PatternHarness('XSUB', { verboseUnsubscribe: true });
    const a = xsub.join();
    for (const text of ['\x00A', '\x01A', '\x01A', '\x00A', '\x00A']) xsub.send(text);
    expect(a.readAll().flat()).toEqual(['\x00A', '\x01A', '\x01A', '\x00A', '\x00A']);
    xsub.options.verboseUnsubscribe = false;
    xsub.send('\x00A');
    expect([a.readAll(), xsub.pattern.topicsCount]).toEqual([[], 0]);
  });

  it('does not filter what comes', () => {
    const xsub = new PatternHarness('XSUB');
    const a = xsub.join();
    a.send('nobody subscribed', 'x');
    expect(xsub.pattern.canReceive()).toBe(true);
    expect(xsub.receive()).toEqual(['nobody subscribed', 'x']);
    expect(xsub.pattern.source).toBe(a.own);
  });

  it('what goes to one publisher is for it alone', () => {
    const xsub = new PatternHarness('XSUB');
    const [a, b] = [xsub.join(), xsub.join(undefined, marks(1))];
    for (let i = 0; i < 2; i++) expect(xsub.pattern.trySendTo(b.own, frames('\x01A'))).toBe(true);
    expect(xsub.pattern.trySendTo(b.own, frames('user'))).toBe(false);
    expect([a.readAll(), b.readAll().flat()]).toEqual([[], ['\x01A', '\x01A']]);
    expect(xsub.join().readAll()).toEqual([]);
    expect(xsub.pattern.trySendTo(b.own, frames('user'))).toBe(true);
    b.close();
    expect(() => xsub.pattern.trySendTo(b.own, frames('\x01A'))).toThrow(
      expect.objectContaining({ code: 'EHOSTUNREACH' }),
    );
  });

  it('forgets a publisher that left', () => {
    const xsub = new PatternHarness('XSUB');
    const a = xsub.join();
    a.send('x');
    xsub.leave(a);
    expect([xsub.receive(), xsub.send('\x01A')]).toEqual([undefined, true]);
  });
});
