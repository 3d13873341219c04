import { RoundRobin } from './round-robin.balancer.js';

const take = (rotation: RoundRobin<string>, count: number) => Array.from({ length: count }, () => rotation.next());

describe('RoundRobin', () => {
  it('gives each in turn', () => {
    const rotation = new RoundRobin<string>();
    expect(rotation.next()).toBeUndefined();
    for (const item of ['a', 'b', 'c']) rotation.add(item);
    expect(take(rotation, 7)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']);
  });

  it('keeps the turn of the others when one leaves', () => {
    const rotation = new RoundRobin<string>();
    for (const item of ['a', 'b', 'c', 'd']) rotation.add(item);
    take(rotation, 2);
    rotation.remove('a');
    rotation.remove('a');
    expect(take(rotation, 4)).toEqual(['c', 'd', 'b', 'c']);
    rotation.remove('d');
    expect(take(rotation, 3)).toEqual(['b', 'c', 'b']);
  });

  it('reaches who joins', () => {
    const rotation = new RoundRobin<string>();
    rotation.add('a');
    take(rotation, 5);
    rotation.add('b');
    expect(new Set(take(rotation, 2))).toEqual(new Set(['a', 'b']));
  });
});
