import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const topic = (text: string) => Buffer.from(text);

describe('XPUB (29/PUBSUB)', () => {
  it('passes up the first subscription of a topic and the cancellation by its last holder', () => {
    const xpub = new PatternHarness('XPUB');
    const [a, b] = [xpub.join(), xpub.join()];
    for (const message of ['\x01A', '\x01A']) a.send(message);
    b.send('\x01A');
    expect(xpub.pattern.canReceive()).toBe(true);
    expect(xpub.receiveAll()).toEqual([['\x01A']]);
    expect(xpub.pattern.source).toBe(a.own);
    a.send('\x00A');
    a.send('\x00A');
    a.send('\x00never');
    expect(xpub.receive()).toBeUndefined();
    b.send('\x00A');
    expect(xpub.receiveAll()).toEqual([['\x00A']]);
  });

  it('allSubs passes up every subscription, allSubsUnsubs everything', () => {
    const xpub = new PatternHarness('XPUB', { verbosity: 'allSubs' });
    const [a, b] = [xpub.join(), xpub.join()];
    const all = () => {
      for (const message of ['\x01A', '\x01A', '\x00A']) for (const peer of [a, b]) peer.send(message);
      return xpub.receiveAll().flat();
    };
    expect(all()).toEqual(['\x01A', '\x01A', '\x01A', '\x01A', '\x00A']);
    xpub.options.verbosity = 'allSubsUnsubs';
    expect(all()).toEqual(['\x01A', '\x01A', '\x01A', '\x01A', '\x00A', '\x00A']);
  });

  it('when a pipe goes, passes up the topics that nobody holds now', () => {
    const xpub = new PatternHarness('XPUB');
    const [a, b] = [xpub.join(), xpub.join()];
    for (const message of ['\x01A', '\x01B', '\x01C']) a.send(message);
    b.send('\x01B');
    xpub.receiveAll();
    a.close();
    expect(xpub.receiveAll().flat().sort()).toEqual(['\x00A', '\x00C']);
    expect(xpub.pattern.source).toBeUndefined();
    xpub.pattern.detach(a.own);
    expect(xpub.receive()).toBeUndefined();
    xpub.options.verbosity = 'allSubsUnsubs';
    const c = xpub.join();
    c.send('\x01B');
    xpub.receiveAll();
    c.close();
    expect(xpub.receiveAll()).toEqual([['\x00B']]);
  });

  it('passes up user messages, whole', () => {
    const xpub = new PatternHarness('XPUB');
    const a = xpub.join();
    a.send('user', 'message');
    a.send('');
    expect(xpub.receiveAll()).toEqual([['user', 'message'], ['']]);
  });

  // What the application receives is what libzmq 4.3.5 gives.
  it.each([
    { sent: ['\x01A', '\x01B'], received: [['\x01A'], ['\x01B']], holds: ['A', 'B'], first: ['A'] },
    { sent: ['\x01A', 'tail'], received: [['\x01A'], ['tail']], holds: ['A'], first: ['A'] },
    { sent: ['\x01A', 'tail', '\x01B'], received: [['\x01A'], ['tail', '\x01B']], holds: ['A', 'B'], first: ['A'] },
    { sent: ['user', '\x01A'], received: [['user', '\x01A']], holds: ['A'], first: [] },
    { sent: ['', '\x01A', '\x00A'], received: [['', '\x01A', '\x00A']], holds: [], first: [] },
  ])('of $sent the leading frames are subscriptions, the rest a message that may have more', (row) => {
    for (const onlyFirstSubscribe of [false, true]) {
      const xpub = new PatternHarness('XPUB', { onlyFirstSubscribe });
      const a = xpub.join();
      a.send(...row.sent);
      const rest = row.sent.slice(1);
      const alone = row.first.length === 0 ? [row.sent] : [['\x01A'], rest];
      expect(xpub.receiveAll()).toEqual(onlyFirstSubscribe ? alone : row.received);
      const held = onlyFirstSubscribe ? row.first : row.holds;
      expect(xpub.pattern.topicsCount).toBe(held.length);
      for (const text of ['A', 'B']) xpub.send(text);
      expect(a.readAll().flat()).toEqual(held);
    }
  });

  it('a peer is refused for topics in user messages as for others', () => {
    const xpub = new PatternHarness('XPUB', { maxSubscriptions: 2 });
    const [a, b] = [xpub.join(), xpub.join()];
    a.send('user', '\x01A', '\x01B', '\x01C');
    b.send('\x01A', '\x01B', '\x01C', 'user');
    expect([a.closed, b.closed]).toEqual([
      expect.stringMatching(/more than 2 topics/),
      expect.stringMatching(/more than 2 topics/),
    ]);
    expect(xpub.pattern.topicsCount).toBe(0);
  });

  it.each([
    ['notifications', { maxPendingNotifications: 4 }, /more than 4 of its subscriptions and cancellations are unread/],
    ['bytes of them', { maxPendingNotificationBytes: 8 }, /take more than 8 bytes/],
  ])('who has too many %s unread is refused, and nobody else', (_, options, reason) => {
    for (const mode of [{}, { verbosity: 'allSubs' }, { verbosity: 'allSubsUnsubs' }, { manual: true }] as const) {
      const xpub = new PatternHarness('XPUB', { ...options, ...mode });
      const [a, b] = [xpub.join(), xpub.join()];
      for (const text of ['\x01A', '\x00A', '\x01A', '\x00A']) a.send(text);
      for (const text of ['\x01B', '\x00B', '\x01B']) b.send(text);
      // What was received makes room.
      xpub.receive();
      a.send('\x01A');
      expect([a.closed, b.closed]).toEqual([undefined, undefined]);
      a.send('\x00A');
      expect([a.closed, b.closed]).toEqual([expect.stringMatching(reason), undefined]);
      b.send('\x00B');
      expect(b.closed).toBeUndefined();
      expect(xpub.receiveAll()).toHaveLength(9);
      expect(xpub.pattern.topicsCount).toBe(0);
    }
  });

  it('a dialled pipe has an account for each connection', () => {
    const xpub = new PatternHarness('XPUB', { maxPendingNotifications: 3 });
    const a = xpub.attach({ dialed: true });
    a.announce();
    for (let i = 0; i < 5; i++) {
      for (const text of ['\x01A', '\x00A', '\x01A']) a.send(text);
      a.hiccup();
      a.announce();
    }
    expect(a.closed).toBeUndefined();
    expect(xpub.receiveAll()).toHaveLength(20);
    for (const text of ['\x01A', '\x00A', '\x01A', '\x00A']) a.send(text);
    expect(a.closed).toMatch(/more than 3/);
  });

  it('publishes as PUB does', () => {
    const xpub = new PatternHarness('XPUB', { noDrop: true });
    const a = xpub.join();
    a.send('\x01A');
    expect([xpub.pattern.canSend(), xpub.send('A', 'x'), xpub.send('B')]).toEqual([true, true, true]);
    xpub.pattern.trySendTo(a.own, frames('regardless'));
    expect(a.readAll()).toEqual([['A', 'x'], ['regardless']]);
  });

  it('welcomes each subscriber first of all, and again after a reconnect', () => {
    const xpub = new PatternHarness('XPUB', { welcomeMessage: topic('W') });
    expect(xpub.join().readAll()).toEqual([['W']]);
    const a = xpub.attach({ dialed: true });
    a.announce();
    a.send('\x01A');
    a.hiccup();
    a.announce();
    expect(a.readAll()).toEqual([['W'], ['W']]);
    expect(xpub.receiveAll().flat()).toEqual(['\x01A', '\x00A']);
  });

  it('tells of every subscription', () => {
    const xpub = new PatternHarness('XPUB', { manual: true });
    const told: string[] = [];
    xpub.pattern.onSubscription = (_end, text, subscribed) => told.push(`${subscribed} ${text.toString()}`);
    const a = xpub.join();
    for (const message of ['\x01A', '\x01A', '\x00A', 'user']) a.send(message);
    expect(told).toEqual(['true A', 'true A', 'false A']);
  });

  describe('manual', () => {
    it('the application subscribes the peer whose subscription it received last', () => {
      const xpub = new PatternHarness('XPUB', { manual: true });
      const [a, b] = [xpub.join(), xpub.join()];
      a.send('\x01A');
      b.send('\x01B');
      xpub.send('A');
      expect(a.readAll()).toEqual([]);
      expect(xpub.receive()).toEqual(['\x01A']);
      xpub.pattern.subscribe(topic('XA'));
      expect(xpub.receive()).toEqual(['\x01B']);
      xpub.pattern.subscribe(topic('XB'));
      for (const text of ['A', 'XA', 'XB']) xpub.send(text);
      expect([a.readAll().flat(), b.readAll().flat()]).toEqual([['XA'], ['XB']]);
      a.send('\x00A');
      a.send('user message in between');
      expect(xpub.receiveAll().flat()).toEqual(['\x00A', 'user message in between']);
      xpub.pattern.unsubscribe(topic('XA'));
      xpub.send('XA');
      expect(a.readAll()).toEqual([]);
    });

    it('passes up everything, and on leaving each topic that was asked for', () => {
      const xpub = new PatternHarness('XPUB', { manual: true });
      const [a, b] = [xpub.join(), xpub.join()];
      for (const message of ['\x01A', '\x01A', '\x00A', '\x00A', '\x01B', '\x01C']) a.send(message);
      b.send('\x01B');
      expect(xpub.receiveAll()).toHaveLength(7);
      xpub.pattern.subscribe(topic('confirmed'));
      b.close();
      expect(xpub.receiveAll()).toEqual([['\x00B']]);
      a.close();
      expect(xpub.receiveAll().flat()).toEqual(['\x00B', '\x00C']);
    });

    it('subscribes nobody when the peer is gone', () => {
      const xpub = new PatternHarness('XPUB', { manual: true });
      const a = xpub.join();
      a.send('\x01A');
      a.send('\x01B');
      xpub.receive();
      a.close();
      xpub.pattern.subscribe(topic('A'));
      xpub.receiveAll();
      xpub.pattern.subscribe(topic('A'));
      xpub.pattern.unsubscribe(topic('A'));
      expect(xpub.send('A')).toBe(true);
    });

    it('a subscription in a user message is told behind it, so that it can be confirmed', () => {
      const xpub = new PatternHarness('XPUB', { manual: true });
      const [a, b] = [xpub.join(), xpub.join()];
      b.send('\x01B');
      xpub.receive();
      a.send('user', '\x01A');
      expect(xpub.receive()).toEqual(['user', '\x01A']);
      expect(xpub.receive()).toEqual(['\x01A']);
      xpub.pattern.subscribe(topic('A'));
      xpub.send('A');
      expect([a.readAll().flat(), b.readAll()]).toEqual([['A'], []]);
    });

    it('is a mistake elsewhere', () => {
      const xpub = new PatternHarness('XPUB');
      expect(() => xpub.pattern.subscribe(topic('A'))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
      expect(() => xpub.pattern.unsubscribe(topic('A'))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    });

    it('limits what a peer asks for, not what the application gives it', () => {
      const xpub = new PatternHarness('XPUB', { manual: true, maxSubscriptions: 2 });
      const a = xpub.join();
      a.send('\x01A');
      xpub.receive();
      for (const text of ['1', '2', '3']) xpub.pattern.subscribe(topic(text));
      a.send('\x01B');
      expect(a.closed).toBeUndefined();
      a.send('\x01C');
      expect(a.closed).toMatch(/more than 2 topics/);
    });
  });

  describe('lastValue', () => {
    it('what is published after a subscription was confirmed is for that peer alone, what follows for all', () => {
      const xpub = new PatternHarness('XPUB', { lastValue: true });
      const [a, b] = [xpub.join(), xpub.join()];
      for (const peer of [a, b]) {
        peer.send('\x01A');
        expect(xpub.receive()).toEqual(['\x01A']);
        xpub.pattern.subscribe(topic('A'));
        xpub.send('A', `for ${peer === a ? 'a' : 'b'}`);
      }
      xpub.send('A', 'for all');
      expect(a.readAll()).toEqual([
        ['A', 'for a'],
        ['A', 'for all'],
      ]);
      expect(b.readAll()).toEqual([
        ['A', 'for b'],
        ['A', 'for all'],
      ]);
      expect(xpub.pattern.topicsCount).toBe(1);
    });

    it('reaches nobody when it is not what the peer subscribed to', () => {
      const xpub = new PatternHarness('XPUB', { lastValue: true });
      const [a, b] = [xpub.join(), xpub.join()];
      for (const [peer, text] of [
        [a, 'A'],
        [b, 'B'],
      ] as const) {
        peer.send(`\x01${text}`);
        xpub.receive();
        xpub.pattern.subscribe(topic(text));
      }
      xpub.send('A');
      expect([a.readAll(), b.readAll()]).toEqual([[], []]);
      xpub.send('A');
      expect([a.readAll(), b.readAll()]).toEqual([[['A']], []]);
    });

    it('inverted, reaches that peer unless it matches', () => {
      const xpub = new PatternHarness('XPUB', { lastValue: true, invertMatching: true });
      const [a, b] = [xpub.join(), xpub.join()];
      for (const text of ['A', 'x']) {
        a.send('\x01A');
        xpub.receive();
        xpub.pattern.subscribe(topic('A'));
        xpub.send(text);
      }
      expect([a.readAll(), b.readAll()]).toEqual([[['x']], []]);
    });

    it('is for all when nothing was confirmed, when the peer is gone, and after an unsubscription', () => {
      const xpub = new PatternHarness('XPUB', { lastValue: true });
      const [a, b] = [xpub.join(), xpub.join()];
      const confirm = (peer: typeof a) => {
        peer.send('\x01A');
        xpub.receive();
        xpub.pattern.subscribe(topic('A'));
      };
      confirm(a);
      xpub.send('A');
      b.send('\x01A');
      xpub.receive();
      xpub.send('A');
      confirm(b);
      b.close();
      xpub.receiveAll();
      xpub.send('A');
      const c = xpub.join();
      confirm(c);
      xpub.send('A');
      c.send('\x00A');
      xpub.receive();
      xpub.pattern.unsubscribe(topic('A'));
      xpub.send('A');
      expect([a.readAll(), c.readAll()]).toEqual([[['A'], ['A'], ['A'], ['A']], [['A']]]);
    });

    it('waits with noDrop for that peer only', () => {
      const xpub = new PatternHarness('XPUB', { lastValue: true, noDrop: true });
      const [a, b] = [xpub.join(undefined, marks(1)), xpub.join(undefined, marks(1))];
      for (const peer of [a, b]) {
        peer.send('\x01A');
        xpub.receive();
        xpub.pattern.subscribe(topic('A'));
        expect(xpub.send('A', '1')).toBe(true);
      }
      b.send('\x01A');
      xpub.receive();
      xpub.pattern.subscribe(topic('A'));
      expect(xpub.send('A', '2')).toBe(false);
      b.readAll();
      expect(xpub.send('A', '2')).toBe(true);
      expect([a.readAll(), b.readAll()]).toEqual([[['A', '1']], [['A', '2']]]);
    });
  });

  it('does not read without end what the application does not read', () => {
    const xpub = new PatternHarness('XPUB');
    const [a, b] = [xpub.join(), xpub.join()];
    for (let i = 0; i < 3000; i++) a.send(`${i}`);
    a.send('\x01A');
    b.send('\x01B');
    expect(a.own.queued).toBe(2001);
    xpub.send('B');
    expect(b.readAll()).toEqual([['B']]);
    const all = xpub.receiveAll().flat();
    expect(all.filter((text) => !text.startsWith('\x01'))).toEqual(Array.from({ length: 3000 }, (_, i) => `${i}`));
    expect(all).toHaveLength(3002);
  });

  it('still gives the user messages of a peer that left', () => {
    const xpub = new PatternHarness('XPUB');
    const a = xpub.join();
    for (let i = 0; i < 1500; i++) a.send(`${i}`);
    a.close();
    expect(xpub.receiveAll()).toHaveLength(1500);
    const b = xpub.join();
    for (let i = 0; i < 1500; i++) b.send(`${i}`);
    xpub.leave(b);
    expect(xpub.receiveAll()).toHaveLength(1000);
  });
});
