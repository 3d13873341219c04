import { ManualClock } from './manual-clock.js';

describe('ManualClock', () => {
  it('fires in the order of the deadlines, each at its own time', () => {
    const clock = new ManualClock(1000);
    const fired: string[] = [];
    const set = (name: string, delay: number) => clock.setTimer(delay, () => fired.push(`${name}@${clock.now()}`));
    set('c', 30);
    set('a', 10);
    set('b1', 20);
    set('b2', 20);
    expect(clock.untilNext).toBe(10);
    clock.advance(20);
    expect(fired).toEqual(['a@1010', 'b1@1020', 'b2@1020']);
    expect(clock.now()).toBe(1020);
    clock.advance(9);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(fired[3]).toBe('c@1030');
  });

  it('fires within one advance what a timer sets', () => {
    const clock = new ManualClock();
    const at: number[] = [];
    const tick = () => {
      at.push(clock.now());
      clock.setTimer(10, tick);
    };
    clock.setTimer(10, tick);
    clock.advance(35);
    expect(at).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it('does not fire what was cancelled, also from within another timer', () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const second = clock.setTimer(5, () => fired.push('second'));
    clock.setTimer(1, () => second.cancel());
    clock.advance(10);
    second.cancel();
    expect(fired).toEqual([]);
    expect(clock.untilNext).toBeUndefined();
  });
});
