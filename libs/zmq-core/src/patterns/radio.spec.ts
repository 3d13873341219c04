import { frames, marks, PatternHarness } from '../testing/pattern-harness.js';

const EINVAL = expect.objectContaining({ code: 'EINVAL' });

describe('RADIO (48/RADIO-DISH)', () => {
  it('sends to the members of the group, by its exact name, with its name', () => {
    const radio = new PatternHarness('RADIO');
    const [a, b] = [radio.join(), radio.join()];
    a.send('\x01news');
    b.send('\x01news');
    b.send('\x01');
    for (const group of ['news', 'new', 'newss', 'News', '']) expect(radio.send(group, `to ${group}`)).toBe(true);
    expect(a.readAll()).toEqual([['news', 'to news']]);
    expect(b.readAll()).toEqual([
      ['news', 'to news'],
      ['', 'to '],
    ]);
    a.send('\x00news');
    radio.send('news', 'x');
    expect([a.readAll(), b.readAll()]).toEqual([[], [['news', 'x']]]);
    expect(radio.pattern.dropped).toBe(0);
  });

  it('bytes are bytes', () => {
    const radio = new PatternHarness('RADIO');
    const a = radio.join();
    a.send('\x01\xff\xc3\x28');
    radio.send('\xff\xc3\x28', 'x');
    expect(a.readAll()).toEqual([['\xff\xc3\x28', 'x']]);
  });

  it('never receives, and discards what is no membership', () => {
    const radio = new PatternHarness('RADIO');
    const a = radio.join();
    a.send('data');
    a.send('');
    a.send('more', 'data');
    expect(radio.pattern.dropped).toBe(3);
    expect(() => radio.pattern.tryReceive()).toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
    expect([radio.pattern.canReceive(), radio.pattern.source]).toEqual([false, undefined]);
  });

  it('a group is at most 255 bytes, none of them zero', () => {
    const radio = new PatternHarness('RADIO');
    const a = radio.join();
    expect(radio.send('g'.repeat(255), 'x')).toBe(true);
    for (const group of ['g'.repeat(256), 'a\0b', '\0']) {
      expect(() => radio.send(group, 'x')).toThrow(EINVAL);
      expect(() => radio.pattern.trySendTo(a.own, frames(group, 'x'))).toThrow(EINVAL);
    }
  });

  it('a full member misses the message, and only that one', () => {
    const radio = new PatternHarness('RADIO');
    const [a, b] = [radio.join(undefined, marks(1)), radio.join()];
    a.send('\x01g');
    b.send('\x01g');
    expect([radio.send('g', '1'), radio.send('g', '2'), radio.pattern.canSend()]).toEqual([true, true, true]);
    expect([a.readAll(), b.readAll()]).toEqual([
      [['g', '1']],
      [
        ['g', '1'],
        ['g', '2'],
      ],
    ]);
    expect(radio.pattern.dropped).toBe(1);
  });

  it('noDrop: a full member of the group makes the sender wait, and nobody gets it', () => {
    const radio = new PatternHarness('RADIO', { noDrop: true });
    const [a, b] = [radio.join(undefined, marks(1)), radio.join()];
    a.send('\x01g');
    b.send('\x01g');
    b.send('\x01other');
    expect([radio.send('g', '1'), radio.send('g', '2'), radio.send('other', '3')]).toEqual([true, false, true]);
    expect([a.readAll(), b.readAll()]).toEqual([
      [['g', '1']],
      [
        ['g', '1'],
        ['other', '3'],
      ],
    ]);
    expect(radio.send('g', '2')).toBe(true);
    expect(radio.pattern.dropped).toBe(0);
  });

  it('sends to one peer alone, whatever it has joined', () => {
    const radio = new PatternHarness('RADIO');
    const [a, b] = [radio.join(), radio.join(undefined, marks(1))];
    expect(radio.pattern.trySendTo(b.own, frames('g', 'x'))).toBe(true);
    expect(radio.pattern.trySendTo(b.own, frames('g', 'y'))).toBe(false);
    expect([a.readAll(), b.readAll()]).toEqual([[], [['g', 'x']]]);
  });

  it('forgets the groups of a pipe that is gone', () => {
    const radio = new PatternHarness('RADIO');
    const a = radio.join();
    a.send('\x01g');
    a.close();
    const b = radio.join();
    radio.send('g', 'x');
    expect(b.readAll()).toEqual([]);
    radio.leave(b);
    expect(radio.send('g', 'x')).toBe(true);
  });

  it('a later connection on the same pipe joins for itself; until then the old groups fill it', () => {
    const radio = new PatternHarness('RADIO');
    const a = radio.attach({ dialed: true });
    a.announce();
    a.send('\x01g');
    a.hiccup();
    radio.send('g', 'while it is away');
    a.announce();
    radio.send('g', 'not joined');
    a.send('\x01h');
    radio.send('h', 'joined');
    expect(a.readAll()).toEqual([
      ['g', 'while it is away'],
      ['h', 'joined'],
    ]);
  });

  it.each([
    ['groups', { maxSubscriptions: 2 }, /more than 2 groups/],
    ['bytes of groups', { maxSubscriptionBytes: 5 }, /more than 5 bytes/],
  ])('refuses a peer that joins too many %s', (_, options, reason) => {
    const radio = new PatternHarness('RADIO', options);
    const [modest, greedy] = [radio.join(), radio.join()];
    for (const group of ['aa', 'bb', 'bb']) modest.send(`\x01${group}`);
    for (const group of ['aa', 'bb', 'cc', 'dd']) greedy.send(`\x01${group}`);
    expect(radio.refused).toEqual([expect.stringMatching(reason)]);
    expect([modest.closed, greedy.closed]).toEqual([undefined, expect.stringMatching(reason)]);
    radio.send('bb', 'x');
    expect(modest.readAll()).toEqual([['bb', 'x']]);
  });
});
