import { jest } from '@jest/globals';
import { PatternHarness } from '../testing/pattern-harness.js';

describe('fair queue (PULL)', () => {
  it('takes one message from each pipe in turn', () => {
    const pull = new PatternHarness('PULL');
    const [a, b, c] = [pull.join(), pull.join(), pull.join()];
    for (const n of ['1', '2', '3']) a.send(`a${n}`);
    b.send('b1');
    for (const n of ['1', '2']) c.send(`c${n}`);
    expect(pull.receiveAll().flat()).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('tells whose message it was', () => {
    const pull = new PatternHarness('PULL');
    const [a, b] = [pull.join(), pull.join()];
    b.send('x');
    expect(pull.pattern.source).toBeUndefined();
    pull.receive();
    expect(pull.pattern.source).toBe(b.own);
    a.send('y');
    pull.receive();
    expect(pull.pattern.source).toBe(a.own);
  });

  it('is woken by a pipe that ran empty, and only by that', () => {
    const pull = new PatternHarness('PULL');
    const a = pull.join();
    const readable = jest.spyOn(pull.pattern, 'readable');
    expect(pull.receive()).toBeUndefined();
    for (let i = 0; i < 10; i++) a.send('m');
    expect(readable).toHaveBeenCalledTimes(1);
    expect(pull.receiveAll()).toHaveLength(10);
    a.send('again');
    expect(readable).toHaveBeenCalledTimes(2);
    expect(pull.receive()).toEqual(['again']);
  });

  it('touches no empty pipe per message: 1,000 idle peers cost one read each', () => {
    const pull = new PatternHarness('PULL');
    const idle = Array.from({ length: 1000 }, () => pull.join());
    const reads = idle.map((peer) => jest.spyOn(peer.own, 'read'));
    const busy = pull.join();
    for (let i = 0; i < 5000; i++) busy.send('m');
    expect(pull.receiveAll()).toHaveLength(5000);
    expect(reads.reduce((sum, read) => sum + read.mock.calls.length, 0)).toBe(1000);
  });

  it('canReceive takes nothing', () => {
    const pull = new PatternHarness('PULL');
    const [, b] = [pull.join(), pull.join()];
    expect(pull.pattern.canReceive()).toBe(false);
    b.send('x');
    expect(pull.pattern.canReceive()).toBe(true);
    expect(pull.pattern.canReceive()).toBe(true);
    expect(pull.receive()).toEqual(['x']);
    expect(pull.pattern.canReceive()).toBe(false);
  });

  it('reads what a peer wrote before it closed, then forgets the pipe, also from within a read', () => {
    const pull = new PatternHarness('PULL');
    const [a, b] = [pull.join(), pull.join()];
    a.send('last words');
    a.close();
    b.send('b1');
    b.send('b2');
    expect(pull.receiveAll().flat()).toEqual(['last words', 'b1', 'b2']);
    b.send('b3');
    expect(pull.receive()).toEqual(['b3']);
  });

  it('keeps the turn in order when a pipe is taken away', () => {
    const pull = new PatternHarness('PULL');
    const peers = ['a', 'b', 'c'].map((name) => {
      const peer = pull.join();
      peer.send(`${name}1`);
      peer.send(`${name}2`);
      return peer;
    });
    expect(pull.receive()).toEqual(['a1']);
    pull.leave(peers[1]!);
    expect(pull.receiveAll().flat().sort()).toEqual(['a2', 'c1', 'c2']);
  });

  it('does not lose a message that a writer adds from within the read that finds nothing', () => {
    const pull = new PatternHarness('PULL');
    // A byte mark keeps the cost of the last message until the read that finds the lane empty; that read wakes the writer.
    const mark = { messages: 0, bytes: 4 };
    const a = pull.join(undefined, { outward: mark, inward: mark });
    a.send('full');
    let written = 0;
    a.onWritable = () => {
      if (++written <= 3) a.send('more');
    };
    expect(pull.receiveAll().flat()).toEqual(['full', 'more', 'more', 'more']);
    a.send('late');
    expect(pull.receive()).toEqual(['late']);
  });
});
