import { ManualClock } from '../testing/manual.clock.js';
import { Deadline, DeadlineQueue } from './deadline.queue.js';

/** How late a deadline may be told, in ms: one tick of the wheel, and the timer's rounding. */
const LATE = 18;

let clock: ManualClock;
let queue: DeadlineQueue;
let fired: { name: string; at: number }[];

class Entry extends Deadline {
  constructor(
    readonly name: string,
    readonly then?: () => void,
  ) {
    super();
  }

  onDue(): void {
    fired.push({ name: this.name, at: clock.now() });
    this.then?.();
  }
}

beforeEach(() => {
  clock = new ManualClock();
  queue = new DeadlineQueue(clock);
  fired = [];
});

const names = () => fired.map(({ name }) => name);

describe('DeadlineQueue', () => {
  it.each([1, 15, 16, 17, 100, 1_000, 30_000, 32_768, 40_000, 200_000, 86_400_000])(
    'tells %i ms, never early',
    (ms) => {
      queue.set(new Entry('a'), clock.now() + ms);
      clock.advance(ms - 0.5);
      expect(fired).toEqual([]);
      clock.advance(LATE);
      expect(names()).toEqual(['a']);
      expect(clock.pending).toBe(0);
    },
  );

  it('tells many, each at its time, and keeps one timer', () => {
    const due = Array.from({ length: 500 }, (_, i) => ((i * 7_919) % 90_000) + 1);
    for (const ms of due) queue.set(new Entry(String(ms)), ms);
    expect(clock.pending).toBe(1);
    for (let i = 0; i < 9_100; i++) {
      clock.advance(10);
      expect(clock.pending).toBeLessThanOrEqual(1);
    }
    expect(fired).toHaveLength(500);
    for (const { name, at } of fired) {
      expect(at).toBeGreaterThanOrEqual(Number(name));
      expect(at).toBeLessThanOrEqual(Number(name) + LATE);
    }
    expect(queue.size).toBe(0);
  });

  it('moves an entry to a later and to an earlier time', () => {
    const entry = new Entry('a');
    queue.set(entry, 100);
    queue.set(entry, 5_000);
    clock.advance(4_999);
    expect(fired).toEqual([]);
    queue.set(entry, 20_000);
    queue.set(entry, 6_000);
    clock.advance(1_001 + LATE);
    expect(names()).toEqual(['a']);
    expect(queue.size).toBe(0);
  });

  it('forgets what is removed, any number of times', () => {
    const [a, b, c] = [new Entry('a'), new Entry('b'), new Entry('c')];
    for (const entry of [a, b, c]) queue.set(entry, 100);
    queue.remove(b);
    queue.remove(b);
    clock.advance(200);
    expect(names().sort()).toEqual(['a', 'c']);
  });

  it('tells what is due in one tick in the order of its times, and of one time as it came, also when it was moved', () => {
    const set = (name: string, due: number): Entry => {
      const entry = new Entry(name);
      queue.set(entry, due);
      return entry;
    };
    const moved = [set('moved 1', 10), set('moved 2', 10)];
    set('106', 106);
    for (const name of ['a', 'b', 'c']) set(name, 104);
    set('101', 101);
    for (const entry of moved) queue.set(entry, 40_101);
    clock.advance(200);
    expect(names()).toEqual(['101', 'a', 'b', 'c', '106']);
    clock.advance(40_000);
    expect(names().slice(5)).toEqual(['moved 1', 'moved 2']);
  });

  it('takes an entry that is overdue already', () => {
    clock.advance(10_000);
    queue.set(new Entry('a'), 5_000);
    clock.advance(2 * LATE);
    expect(names()).toEqual(['a']);
  });

  it('lets an entry remove another that is due at the same time, and add new ones', () => {
    const victim = new Entry('victim');
    const again: Entry = new Entry('again', () => {
      if (fired.length < 3) queue.set(again, clock.now() + 50);
    });
    const killer = new Entry('killer', () => queue.remove(victim));
    queue.set(victim, 100);
    queue.set(killer, 100);
    queue.set(again, 10);
    clock.advance(1_000);
    expect(names().filter((name) => name === 'again').length).toBeGreaterThanOrEqual(2);
    expect(names()).toContain('killer');
    expect(queue.size).toBe(0);
  });

  it('catches up after the event loop stood still for longer than a round', () => {
    const slow = new ManualClock();
    let now = 0;
    let fire = (): void => {};
    queue = new DeadlineQueue({
      now: () => now,
      setTimer: (_ms, then) => {
        fire = then;
        return slow.setTimer(0, () => {});
      },
    });
    for (const ms of [20, 5_000, 40_000, 90_000]) queue.set(new Entry(String(ms)), ms);
    now = 100_000;
    fire();
    expect(names().sort()).toEqual(['20', '40000', '5000', '90000']);
  });

  it('has no timer when nothing is due', () => {
    expect(clock.pending).toBe(0);
    queue.set(new Entry('a'), 100);
    queue.clear();
    expect(clock.pending).toBe(0);
    expect(queue.size).toBe(0);
    clock.advance(1_000);
    expect(fired).toEqual([]);
  });
});
