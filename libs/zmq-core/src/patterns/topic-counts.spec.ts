import { TopicCounts } from './topic-counts.js';

describe('TopicCounts', () => {
  it('a topic ends when it was removed as often as it was added', () => {
    const counts = new TopicCounts();
    counts.add('a');
    counts.add('a');
    counts.add('b');
    expect([...counts.topics()]).toEqual(['a', 'b']);
    expect([counts.remove('a'), counts.matches(Buffer.from('abc'))]).toEqual([false, true]);
    expect([counts.remove('a'), counts.matches(Buffer.from('abc'))]).toEqual([true, false]);
    expect([counts.remove('a'), counts.remove('unknown')]).toEqual([false, false]);
    expect([...counts.topics()]).toEqual(['b']);
    expect([counts.has('a'), counts.has('b'), counts.has('bc')]).toEqual([false, true, false]);
  });

  it('the empty topic matches everything', () => {
    const counts = new TopicCounts();
    expect(counts.matches(Buffer.alloc(0))).toBe(false);
    counts.add('');
    expect([counts.matches(Buffer.alloc(0)), counts.matches(Buffer.from('x'))]).toEqual([true, true]);
  });
});
