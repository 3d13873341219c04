import { fixedPrefix, isWildcard, TopicMatcher } from './topic.matcher.js';

describe('TopicMatcher', () => {
  it.each([
    ['orders', ['orders'], ['order', 'orders.created', 'orders2', '']],
    ['orders.*', ['orders.created', 'orders.'], ['orders', 'orders.created.eu', 'xorders.a']],
    ['*.created', ['orders.created', '.created'], ['created', 'a.b.created']],
    ['orders.>', ['orders.a', 'orders.a.b', 'orders.'], ['orders', 'order.a']],
    ['*.*.eu', ['a.b.eu'], ['a.eu', 'a.b.c.eu', 'a.b.us']],
    ['>', ['a', 'a.b'], []],
    ['a.*.>', ['a.b.c', 'a.b.c.d'], ['a.b', 'a']],
    ['a.>.b', ['a.>.b'], ['a.x.b']],
    ['a*', ['a*'], ['ab', 'a']],
    ['{"cmd":"a.*"}', ['{"cmd":"a.*"}'], ['{"cmd":"a.b"}']],
  ])('%s', (pattern, matching, others) => {
    const matcher = new TopicMatcher<string>();
    matcher.add(pattern, 'handler');
    for (const name of matching) expect([name, matcher.match(name)]).toEqual([name, ['handler']]);
    for (const name of others) expect([name, matcher.match(name)]).toEqual([name, []]);
    for (const name of matching) expect(name.startsWith(fixedPrefix(pattern))).toBe(true);
  });

  it.each([
    ['orders', 'orders'],
    ['orders.*', 'orders.'],
    ['orders.*.eu', 'orders.'],
    ['a.b.>', 'a.b.'],
    ['*', ''],
    ['>', ''],
    ['a.>.b', 'a.>.b'],
  ])('subscribes %s by %j', (pattern, prefix) => {
    expect(fixedPrefix(pattern)).toBe(prefix);
    expect(isWildcard(pattern)).toBe(pattern !== prefix);
  });

  it('gives all that match, exact ones first, and each prefix once', () => {
    const matcher = new TopicMatcher<number>();
    for (const [index, pattern] of ['a.*', 'a.b', 'a.>', 'a.b', 'a.*'].entries()) matcher.add(pattern, index);
    expect(matcher.match('a.b')).toEqual([1, 3, 0, 4, 2]);
    expect(matcher.prefixes()).toEqual(['a.b', 'a.']);
    expect(matcher.size).toBe(3);
    matcher.set('a.*', 5);
    matcher.set('a.b', 6);
    expect(matcher.match('a.b')).toEqual([6, 5, 2]);
  });

  it('takes no huge name apart', () => {
    const matcher = new TopicMatcher<string>();
    matcher.add('a.>', 'handler');
    expect(matcher.match('a' + '.b'.repeat(2_000))).toEqual(['handler']);
    expect(matcher.match('a' + '.b'.repeat(3_000))).toEqual([]);
  });
});
