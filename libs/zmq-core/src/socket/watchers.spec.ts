import { Watchers } from './watchers.js';

describe('Watchers', () => {
  it('cost nothing while there is nobody', () => {
    const watchers = new Watchers();
    expect(watchers.tell).toBeUndefined();
    const stop = watchers.add(() => {});
    expect(watchers.tell).toBeDefined();
    stop();
    expect(watchers.tell).toBeUndefined();
  });

  it('are all told, each as often as it was added, until it ends', () => {
    const told: string[] = [];
    const watchers = new Watchers();
    const a = (): unknown => told.push('a');
    const stops = [watchers.add(a), watchers.add(() => told.push('b')), watchers.add(a)];
    watchers.tell?.();
    expect(told.splice(0)).toEqual(['a', 'b', 'a']);
    stops[0]!();
    stops[0]!();
    watchers.tell?.();
    expect(told).toEqual(['b', 'a']);
  });

  it('may end from within', () => {
    const told: string[] = [];
    const watchers = new Watchers();
    const stop = watchers.add(() => {
      told.push('a');
      stop();
    });
    watchers.add(() => told.push('b'));
    watchers.tell?.();
    watchers.tell?.();
    expect(told).toEqual(['a', 'b', 'b']);
  });
});
