import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const EFSM = expect.objectContaining({ code: 'EFSM' });

describe('REP (28/REQREP)', () => {
  it('takes the envelope off and puts it back, byte for byte', () => {
    const rep = new PatternHarness('REP');
    const a = rep.join();
    expect(rep.receive()).toBeUndefined();
    for (const envelope of [[''], ['X', 'Y', ''], ['X', '']]) {
      a.send(...envelope, 'ask', '', 'more');
      expect(rep.receive()).toEqual(['ask', '', 'more']);
      expect(rep.pattern.source).toBe(a.own);
      expect(rep.send('answer', '1')).toBe(true);
      expect(a.readAll()).toEqual([[...envelope, 'answer', '1']]);
    }
  });

  it('keeps lock step: EFSM for a send first, a second receive, a second send', () => {
    const rep = new PatternHarness('REP');
    const a = rep.join();
    a.send('', '1');
    a.send('', '2');
    expect(() => rep.send('x')).toThrow(EFSM);
    expect([rep.pattern.canSend(), rep.pattern.canReceive()]).toEqual([false, true]);
    expect(rep.receive()).toEqual(['1']);
    expect([rep.pattern.canSend(), rep.pattern.canReceive()]).toEqual([true, false]);
    expect(() => rep.receive()).toThrow(EFSM);
    rep.send('x');
    expect(() => rep.send('x')).toThrow(EFSM);
    expect(rep.receive()).toEqual(['2']);
  });

  it('serves by turns and replies only to the asker', () => {
    const rep = new PatternHarness('REP');
    const [a, b] = [rep.join(), rep.join()];
    a.send('', 'a1');
    a.send('', 'a2');
    b.send('', 'b1');
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      const [name] = rep.receive()!;
      order.push(name!);
      rep.send(`re ${name}`);
    }
    expect(order).toEqual(['a1', 'b1', 'a2']);
    expect([a.readAll(), b.readAll()]).toEqual([
      [
        ['', 're a1'],
        ['', 're a2'],
      ],
      [['', 're b1']],
    ]);
  });

  it('drops requests without a delimiter or without a body, and counts them', () => {
    const rep = new PatternHarness('REP');
    const a = rep.join();
    a.send('x');
    a.send('x', 'y');
    a.send('x', '');
    a.send('');
    a.send('', 'good');
    expect(rep.pattern.canReceive()).toBe(true);
    expect(rep.pattern.dropped).toBe(4);
    expect(rep.receive()).toEqual(['good']);
  });

  it('drops the reply of a peer that is gone, and receives again', () => {
    const rep = new PatternHarness('REP');
    const [a, b] = [rep.join(), rep.join()];
    a.send('', '1');
    rep.receive();
    a.close();
    expect(rep.pattern.canSend()).toBe(true);
    expect(rep.send('x')).toBe(true);
    expect(rep.pattern.dropped).toBe(1);
    b.send('', '2');
    expect(rep.receive()).toEqual(['2']);
  });

  it('drops the reply when the asker has closed but not all of it was read', () => {
    const rep = new PatternHarness('REP');
    const a = rep.join();
    a.send('', '1');
    a.send('', '2');
    a.close();
    rep.receive();
    expect(rep.send('x')).toBe(true);
    expect(rep.receive()).toEqual(['2']);
    expect(rep.send('x')).toBe(true);
    expect(rep.pattern.dropped).toBe(2);
  });

  it('drops the reply that does not fit: a client that does not read must not stop the service', () => {
    const rep = new PatternHarness('REP');
    const a = rep.join(undefined, marks(1));
    for (const n of ['1', '2']) {
      a.send('', n);
      rep.receive();
      expect(rep.send(n)).toBe(true);
    }
    expect(rep.pattern.dropped).toBe(1);
    expect(a.readAll()).toEqual([['', '1']]);
  });

  it('does not send to a new connection what the lost one asked', () => {
    const rep = new PatternHarness('REP');
    const a = rep.attach({ dialed: true });
    a.announce();
    a.send('', '1');
    a.send('', '2');
    rep.receive();
    a.hiccup();
    a.announce();
    a.send('', '3');
    rep.send('re 1');
    expect(rep.receive()).toEqual(['2']); // was queued before the loss
    rep.send('re 2');
    expect(a.readAll()).toEqual([]);
    expect(rep.receive()).toEqual(['3']);
    rep.send('re 3');
    expect(a.readAll()).toEqual([['', 're 3']]);
    expect(rep.pattern.dropped).toBe(2);
  });

  it('sendTo: only to the asker', () => {
    const rep = new PatternHarness('REP');
    const [a, b] = [rep.join(), rep.join()];
    expect(() => rep.pattern.trySendTo(a.own, frames('x'))).toThrow(EFSM);
    a.send('', '1');
    rep.receive();
    expect(() => rep.pattern.trySendTo(b.own, frames('x'))).toThrow(EFSM);
    expect(rep.pattern.trySendTo(a.own, frames('x'))).toBe(true);
    expect(a.readAll()).toEqual([['', 'x']]);
  });

  it('never changes an array that other pipes share', () => {
    const rep = new PatternHarness('REP');
    const a = rep.join();
    const request = frames('X', '', 'body');
    request.encoded = null;
    a.end.send(request);
    const body = rep.pattern.tryReceive()!;
    rep.send('answer');
    expect(request).toHaveLength(3);
    expect([body.encoded, a.end.read()!.encoded]).toEqual([undefined, undefined]);
  });
});
