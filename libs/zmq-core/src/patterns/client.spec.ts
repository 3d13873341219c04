import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

describe('CLIENT (41/CLISRV)', () => {
  it('sends round robin to available peers, and waits when there is none', () => {
    const client = new PatternHarness('CLIENT');
    expect([client.pattern.canSend(), client.send('x')]).toEqual([false, false]);
    const [a, b] = [client.join(undefined, marks(2)), client.join(undefined, marks(1))];
    const sent = ['1', '2', '3', '4'].map((text) => client.send(text));
    expect(sent).toEqual([true, true, true, false]);
    expect(client.pattern.canSend()).toBe(false);
    expect([a.readAll(), b.readAll()]).toEqual([[['1'], ['3']], [['2']]]);
    expect([client.pattern.canSend(), client.send('4')]).toEqual([true, true]);
    expect(client.pattern.dropped).toBe(0);
  });

  it('receives fairly', () => {
    const client = new PatternHarness('CLIENT');
    const [a, b] = [client.join(), client.join()];
    for (const text of ['a1', 'a2', 'a3']) a.send(text);
    for (const text of ['b1', 'b2']) b.send(text);
    expect(client.receiveAll()).toEqual([['a1'], ['b1'], ['a2'], ['b2'], ['a3']]);
    expect(client.pattern.source).toBe(a.own);
  });

  it('sends to one peer alone; false = full', () => {
    const client = new PatternHarness('CLIENT');
    const [a, b] = [client.join(), client.join(undefined, marks(1))];
    expect(client.pattern.trySendTo(b.own, frames('x'))).toBe(true);
    expect(client.pattern.trySendTo(b.own, frames('y'))).toBe(false);
    expect([a.readAll(), b.readAll()]).toEqual([[], [['x']]]);
    b.close();
    expect(() => client.pattern.trySendTo(b.own, frames('z'))).toThrow(
      expect.objectContaining({ code: 'EHOSTUNREACH' }),
    );
  });

  it('keeps the queue of a server that it has dialled', () => {
    const client = new PatternHarness('CLIENT');
    const a = client.attach({ dialed: true });
    expect(client.send('before')).toBe(true);
    a.announce();
    a.hiccup();
    expect(client.send('between')).toBe(true);
    a.announce();
    expect(a.readAll()).toEqual([['before'], ['between']]);
  });
});
