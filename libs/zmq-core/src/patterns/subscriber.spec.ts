import { jest } from '@jest/globals';
import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const topic = (text: string) => Buffer.from(text, 'latin1');

describe('SUB (29/PUBSUB)', () => {
  it('tells every publisher each subscription, and the cancellation when it is the last', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.join();
    for (let i = 0; i < 2; i++) sub.pattern.subscribe(topic('A'));
    for (let i = 0; i < 3; i++) sub.pattern.unsubscribe(topic('A'));
    sub.pattern.unsubscribe(topic('never'));
    expect(a.readAll().flat()).toEqual(['\x01A', '\x01A', '\x00A']);
  });

  it('tells a new publisher all topics, each once', () => {
    const sub = new PatternHarness('SUB');
    for (const text of ['A', 'B', 'A', '']) sub.pattern.subscribe(topic(text));
    sub.pattern.unsubscribe(topic('B'));
    expect(sub.join().readAll().flat()).toEqual(['\x01A', '\x01']);
  });

  it('after a lost connection tells the next one once, whatever was still waiting', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.attach({ dialed: true });
    for (const text of ['A', 'A', 'B']) sub.pattern.subscribe(topic(text));
    sub.pattern.unsubscribe(topic('B'));
    a.hiccup();
    a.announce();
    expect(a.readAll().flat()).toEqual(['\x01A']);
  });

  it('subscriptions know no high-water mark', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.join(undefined, marks(1));
    for (let i = 0; i < 100; i++) sub.pattern.subscribe(topic(`${i}`));
    expect(a.readAll()).toHaveLength(100);
    for (let i = 0; i < 50; i++) sub.pattern.unsubscribe(topic(`${i}`));
    expect(sub.join(undefined, marks(1)).readAll()).toHaveLength(50);
  });

  it('gives what matches its topics, by turns', () => {
    const sub = new PatternHarness('SUB');
    const [a, b] = [sub.join(), sub.join()];
    sub.pattern.subscribe(topic('A'));
    for (const text of ['A1', 'B1', 'A2']) a.send(text, 'A');
    b.send('AB', 'x');
    expect(sub.receiveAll().map(([text]) => text)).toEqual(['A1', 'AB', 'A2']);
    expect(sub.pattern.source).toBe(a.own);
    expect(sub.pattern.dropped).toBe(0);
  });

  it('filters from the moment of the cancellation', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.join();
    sub.pattern.subscribe(topic('A'));
    a.send('A');
    sub.pattern.unsubscribe(topic('A'));
    expect(sub.pattern.canReceive()).toBe(false);
    expect(sub.receive()).toBeUndefined();
  });

  it('inverted, gives what does not match', () => {
    const sub = new PatternHarness('SUB', { invertMatching: true });
    const a = sub.join();
    sub.pattern.subscribe(topic('A'));
    for (const text of ['A', 'B']) a.send(text);
    expect(sub.receiveAll()).toEqual([['B']]);
  });

  it('looks ahead without losing a message', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.join();
    sub.pattern.subscribe(topic('A'));
    a.send('B');
    expect(sub.pattern.canReceive()).toBe(false);
    a.send('A1');
    a.send('A2');
    expect([sub.pattern.canReceive(), sub.pattern.canReceive()]).toEqual([true, true]);
    expect(sub.pattern.source).toBeUndefined();
    expect(sub.receiveAll().flat()).toEqual(['A1', 'A2']);
  });

  it('never sends', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.join();
    expect(() => sub.send('x')).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect(() => sub.pattern.trySendTo(a.own, frames('x'))).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect(sub.pattern.canSend()).toBe(false);
  });

  it('forgets a publisher that left', () => {
    const sub = new PatternHarness('SUB');
    const a = sub.join();
    sub.leave(a);
    sub.pattern.detach(a.own);
    sub.pattern.hiccup(a.own);
    const write = jest.spyOn(a.own, 'writeAlways');
    sub.pattern.subscribe(topic('A'));
    expect(write).not.toHaveBeenCalled();
  });
});
