import type { PipeEnd } from '../pipe/pipe.js';
import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const EFSM = expect.objectContaining({ code: 'EFSM' });

describe('REQ (28/REQREP)', () => {
  it('sends behind a delimiter, round robin, and gives the body of the reply', () => {
    const req = new PatternHarness('REQ');
    const peers = [req.join(), req.join()];
    for (const peer of [...peers, peers[0]!]) {
      expect(req.send('ask', 'more')).toBe(true);
      expect(peer.readAll()).toEqual([['', 'ask', 'more']]);
      peer.send('', 'answer', '');
      expect(req.receive()).toEqual(['answer', '']);
      expect(req.pattern.source).toBe(peer.own);
    }
  });

  it('keeps lock step: EFSM for a receive first and for a second send', () => {
    const req = new PatternHarness('REQ');
    req.join();
    expect(() => req.receive()).toThrow(EFSM);
    expect(req.pattern.canReceive()).toBe(false);
    req.send('1');
    expect(() => req.send('2')).toThrow(EFSM);
    expect(req.pattern.canSend()).toBe(false);
    expect(req.receive()).toBeUndefined();
  });

  it('waits without a peer, or while all are full, and stays ready to send', () => {
    const req = new PatternHarness('REQ');
    expect([req.pattern.canSend(), req.send('x')]).toEqual([false, false]);
    const a = req.join(undefined, marks(1));
    a.own.send(frames('filler'));
    expect([req.pattern.canSend(), req.send('x'), req.pattern.trySendTo(a.own, frames('x'))]).toEqual([
      false,
      false,
      false,
    ]);
    a.readAll();
    expect(req.send('x')).toBe(true);
  });

  it('drops what is not the reply, and counts it', () => {
    const req = new PatternHarness('REQ');
    const [a, b] = [req.join(), req.join()];
    req.send('x');
    b.send('', 'from somebody else');
    a.send('no delimiter');
    a.send('no', 'delimiter');
    a.send('');
    expect(req.pattern.canReceive()).toBe(false);
    expect(req.pattern.dropped).toBe(4);
    a.send('', 'reply');
    expect(req.pattern.canReceive()).toBe(true);
    expect(req.pattern.canReceive()).toBe(true);
    expect(req.receive()).toEqual(['reply']);
    expect(() => req.receive()).toThrow(EFSM);
  });

  it('throws away what came before the request', () => {
    const req = new PatternHarness('REQ');
    const a = req.join();
    a.send('', 'stale');
    req.send('x');
    a.send('', 'reply');
    expect(req.receive()).toEqual(['reply']);
    expect(req.pattern.dropped).toBe(1);
  });

  it('keeps waiting when the asked peer is lost; nobody else can answer for it', () => {
    const req = new PatternHarness('REQ');
    const [a, b] = [req.join(), req.join()];
    req.send('x');
    a.close();
    b.send('', 'mine');
    expect(req.receive()).toBeUndefined();
    expect(() => req.send('y')).toThrow(EFSM);
    req.options.relaxed = true;
    expect(req.pattern.canSend()).toBe(true);
    expect(req.send('y')).toBe(true);
    expect(b.readAll()).toEqual([['', 'y']]);
  });

  it('a request that waited through a reconnect is still answered', () => {
    const req = new PatternHarness('REQ');
    const a = req.attach({ dialed: true });
    req.send('x');
    a.hiccup();
    a.announce();
    expect(a.readAll()).toEqual([['', 'x']]);
    a.send('', 'reply');
    expect(req.receive()).toEqual(['reply']);
  });

  it('takes a reply that comes within the send', () => {
    const req = new PatternHarness('REQ');
    const a = req.join();
    a.whenReadable = () => {
      if (a.read() !== undefined) a.send('', 'at once');
    };
    req.send('x');
    expect(req.receive()).toEqual(['at once']);
  });

  it('what comes while no request is open is dropped as it comes: nobody would read it', () => {
    const req = new PatternHarness('REQ');
    const a = req.join(undefined, marks(2));
    for (let i = 0; i < 5; i++) expect(a.send('', 'unasked')).toBe(true);
    expect(req.pattern.dropped).toBe(5);
    req.send('x');
    a.send('', 'reply');
    a.send('', 'and more');
    expect(req.receive()).toEqual(['reply']);
    expect(req.pattern.dropped).toBe(6);
    a.send('', 'still more');
    expect([a.own.queued, req.pattern.dropped]).toEqual([0, 7]);
  });

  it('waits when the pipe went away while old replies were thrown away', () => {
    const req = new PatternHarness('REQ', { relaxed: true });
    for (const send of [() => req.send('x'), (own: PipeEnd) => req.pattern.trySendTo(own, frames('x'))]) {
      const a = req.join(undefined, marks(1));
      req.send('abandoned');
      a.read();
      a.send('', 'stale');
      a.onWritable = () => a.close();
      expect(send(a.own)).toBe(false);
      expect(() => req.receive()).toThrow(EFSM);
    }
  });

  describe('correlate', () => {
    it('puts a new 4-byte id before the delimiter, and wants it back', () => {
      const req = new PatternHarness('REQ', { correlate: true });
      const a = req.join();
      req.send('x');
      const first = a.end.read()!;
      expect(first.map((frame) => frame.length)).toEqual([4, 0, 1]);
      a.send('', 'no id');
      a.send('abcd', '', 'other id');
      a.send(first[0]!, 'no delimiter');
      a.send(first[0]!, '');
      expect(req.receive()).toBeUndefined();
      expect(req.pattern.dropped).toBe(4);
      a.send(first[0]!, '', 'reply');
      expect(req.receive()).toEqual(['reply']);
      req.send('y');
      expect(a.end.read()![0]).not.toEqual(first[0]);
    });

    it('with relaxed drops the late reply of an abandoned request', () => {
      const req = new PatternHarness('REQ', { correlate: true, relaxed: true });
      const a = req.join();
      req.send('1');
      req.send('2');
      const [first, second] = [a.end.read()!, a.end.read()!];
      a.send(first[0]!, '', 'late');
      a.send(second[0]!, '', 'reply');
      expect(req.receive()).toEqual(['reply']);
      expect(req.pattern.dropped).toBe(1);
    });

    it('matches by what the open request was sent with, not by the option of now', () => {
      const req = new PatternHarness('REQ', { correlate: true });
      const a = req.join();
      req.send('x');
      req.options.correlate = false;
      a.send(a.end.read()![0]!, '', 'reply');
      expect(req.receive()).toEqual(['reply']);
    });
  });

  describe('relaxed', () => {
    it('ignores the earlier peer, and a reply that was there before the new request', () => {
      const req = new PatternHarness('REQ', { relaxed: true });
      const [a, b] = [req.join(), req.join()];
      req.send('1');
      a.send('', 'there already');
      expect(req.pattern.canReceive()).toBe(true);
      req.send('2');
      a.send('', 'late');
      expect(req.receive()).toBeUndefined();
      b.send('', 'reply');
      expect(req.receive()).toEqual(['reply']);
      expect(req.pattern.dropped).toBe(2);
    });

    it('keeps the open request when the next one has to wait', () => {
      const req = new PatternHarness('REQ', { relaxed: true });
      const a = req.join(undefined, marks(1));
      req.send('1');
      expect(req.send('2')).toBe(false);
      a.read();
      a.send('', 'reply');
      expect(req.receive()).toEqual(['reply']);
    });
  });

  it('asks one peer alone, with envelope and state', () => {
    const req = new PatternHarness('REQ');
    const [a, b] = [req.join(), req.join()];
    expect(req.pattern.trySendTo(b.own, frames('x'))).toBe(true);
    expect(b.readAll()).toEqual([['', 'x']]);
    expect(() => req.pattern.trySendTo(a.own, frames('y'))).toThrow(EFSM);
    b.send('', 'reply');
    expect(req.receive()).toEqual(['reply']);
    b.close();
    expect(() => req.pattern.trySendTo(b.own, frames('z'))).toThrow(expect.objectContaining({ code: 'EHOSTUNREACH' }));
  });

  it('probes each connection', () => {
    const req = new PatternHarness('REQ', { probeRouter: true });
    const a = req.attach({ dialed: true });
    a.announce();
    a.hiccup();
    a.announce();
    expect(a.readAll()).toEqual([[''], ['']]);
  });
});
