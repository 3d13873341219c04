import { frames, PatternHarness, type TestPeer } from '../testing/pattern-harness.js';

const EINVAL = expect.objectContaining({ code: 'EINVAL' });
const ENOTSUP = expect.objectContaining({ code: 'ENOTSUP' });

function dish(): { harness: PatternHarness<'DISH'>; join: (group: string) => void; leave: (group: string) => void } {
  const harness = new PatternHarness('DISH');
  return {
    harness,
    join: (group) => harness.pattern.join(Buffer.from(group, 'latin1')),
    leave: (group) => harness.pattern.leave(Buffer.from(group, 'latin1')),
  };
}

const told = (peer: TestPeer): string[] => peer.readAll().map(([membership]) => membership!);

describe('DISH (48/RADIO-DISH)', () => {
  it('tells every RADIO what it joins and leaves, those that are there and those that come', () => {
    const { harness, join, leave } = dish();
    const a = harness.join();
    for (const group of ['news', '', '\xff']) join(group);
    leave('');
    const b = harness.join();
    join('late');
    expect(told(a)).toEqual(['\x01news', '\x01', '\x01\xff', '\x00', '\x01late']);
    expect(told(b)).toEqual(['\x01news', '\x01\xff', '\x01late']);
  });

  it('tells a later connection all of it again, each group once', () => {
    const { harness, join, leave } = dish();
    const a = harness.attach({ dialed: true });
    a.announce();
    for (const group of ['a', 'b']) join(group);
    expect(told(a)).toEqual(['\x01a', '\x01b']);
    leave('a'); // not read before the connection is lost
    a.hiccup();
    a.announce();
    expect(told(a)).toEqual(['\x01b']);
  });

  it('joins once, and leaves only what it has joined', () => {
    const { harness, join, leave } = dish();
    const a = harness.join();
    join('g');
    expect(() => join('g')).toThrow(EINVAL);
    expect(() => leave('other')).toThrow(EINVAL);
    leave('g');
    expect(() => leave('g')).toThrow(EINVAL);
    join('g');
    expect(told(a)).toEqual(['\x01g', '\x00g', '\x01g']);
  });

  it('a group is at most 255 bytes, none of them zero', () => {
    const { join } = dish();
    join('g'.repeat(255));
    for (const group of ['g'.repeat(256), 'a\0b']) expect(() => join(group)).toThrow(EINVAL);
  });

  it('receives fairly, each message with its group', () => {
    const { harness, join } = dish();
    const [a, b] = [harness.join(), harness.join()];
    join('g');
    join('h');
    for (const text of ['a1', 'a2', 'a3']) a.send('g', text);
    b.send('h', 'b1');
    expect(harness.receiveAll()).toEqual([
      ['g', 'a1'],
      ['h', 'b1'],
      ['g', 'a2'],
      ['g', 'a3'],
    ]);
    expect(harness.pattern.source).toBe(a.own);
  });

  it('filters what it has not joined, or not any more; that is not dropped', () => {
    const { harness, join, leave } = dish();
    const a = harness.join();
    join('news');
    for (const group of ['new', 'newss', '', 'News', 'news']) a.send(group, `to ${group}`);
    expect(harness.pattern.canReceive()).toBe(true);
    expect(harness.receiveAll()).toEqual([['news', 'to news']]);
    leave('news');
    a.send('news', 'x');
    expect(harness.pattern.canReceive()).toBe(false);
    expect(harness.pattern.dropped).toBe(0);
  });

  it('discards, and counts, what is no group and one part', () => {
    const { harness, join } = dish();
    const a = harness.join();
    join('g');
    a.send('g');
    a.send('g', 'several', 'parts');
    a.send('g', '');
    expect(harness.receiveAll()).toEqual([['g', '']]);
    expect(harness.pattern.dropped).toBe(2);
  });

  it('never sends', () => {
    const { harness } = dish();
    const a = harness.join();
    expect(() => harness.send('g', 'x')).toThrow(ENOTSUP);
    expect(() => harness.pattern.trySendTo(a.own, frames('g', 'x'))).toThrow(ENOTSUP);
    expect(harness.pattern.canSend()).toBe(false);
  });
});
