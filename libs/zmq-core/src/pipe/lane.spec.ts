import { message } from '../testing/pipe-log.js';
import { Lane } from './lane.js';
import type { MessageRun } from './unopened-queue.js';

function lane(messages: number, bytes = 0): Lane {
  const made = new Lane(false, false);
  made.setWriterMark({ messages, bytes });
  return made;
}

function runOf(...texts: string[]): MessageRun {
  return {
    get length() {
      return texts.length;
    },
    shift: () => message(texts.shift()!),
  };
}

function text(of: Lane): string | undefined {
  return of.shift()?.[0]?.toString();
}

describe('Lane', () => {
  describe('limits', () => {
    it('is full at the mark, and may reopen at its reopen level', () => {
      const five = lane(5);
      for (let i = 0; i < 4; i++) five.push(message('x'), 0);
      expect(five.full).toBe(false);
      five.push(message('x'), 0);
      expect([five.full, five.mayReopen()]).toEqual([true, false]);
      five.shift();
      five.shift();
      expect(five.mayReopen()).toBe(false);
      five.shift();
      expect(five.mayReopen()).toBe(true);
    });

    it('has room for what is missing to the mark, for a run as for single messages', () => {
      const five = lane(5);
      five.push(message('1'), 0);
      expect(five.room).toBe(4);
      five.pushRun(runOf('2', '3', '4', '5'), 0);
      expect([five.full, five.room]).toEqual([true, 0]);
      expect(Array.from({ length: 6 }, () => text(five))).toEqual(['1', '2', '3', '4', '5', undefined]);
    });

    it('is never full without a mark', () => {
      const unmarked = new Lane(false, false);
      for (let i = 0; i < 10_000; i++) unmarked.push(message('x'), 1e9);
      expect([unmarked.full, unmarked.countsBytes]).toEqual([false, false]);
    });

    it('adds what writer and reader allow, in either order; none of one means none', () => {
      const both = new Lane(false, false);
      both.setReaderMark({ messages: 2, bytes: 0 });
      both.push(message('1'), 0);
      both.push(message('2'), 0);
      expect(both.full).toBe(true);
      both.setWriterMark({ messages: 1, bytes: 0 });
      expect(both.full).toBe(false);
      both.push(message('3'), 0);
      expect(both.full).toBe(true);
      both.setReaderMark({ messages: 0, bytes: 0 });
      expect(both.full).toBe(false);
    });

    it('applies a new mark to what is queued', () => {
      const lowered = lane(100);
      for (let i = 0; i < 80; i++) lowered.push(message('x'), 0);
      lowered.setWriterMark({ messages: 70, bytes: 0 });
      expect([lowered.full, lowered.mayReopen()]).toEqual([true, false]);
      for (let i = 0; i < 45; i++) lowered.shift();
      expect(lowered.mayReopen()).toBe(true);
    });
  });

  describe('bytes', () => {
    it('is full when the costs reach the mark, and opens at half of it', () => {
      const hundred = lane(0, 100);
      hundred.push(message('a'), 40);
      hundred.push(message('b'), 59);
      expect(hundred.full).toBe(false);
      hundred.push(message('c'), 1);
      expect(hundred.full).toBe(true);
      // A message's cost counts until the next one with a cost is taken: its chunk is still in use.
      expect([text(hundred), hundred.mayReopen()]).toEqual(['a', false]);
      expect([text(hundred), hundred.mayReopen()]).toEqual(['b', false]);
      expect([text(hundred), hundred.mayReopen()]).toEqual(['c', true]);
    });

    it('counts a chunk until the last message that shares it was read', () => {
      const shared = lane(0, 10);
      shared.push(message('first'), 8);
      shared.push(message('same chunk'), 0);
      shared.push(message('next chunk'), 4);
      expect(shared.full).toBe(true);
      shared.shift();
      shared.shift();
      expect(shared.mayReopen()).toBe(false);
      shared.shift();
      expect(shared.mayReopen()).toBe(true);
    });

    it('opens after a message larger than the mark, once it was found empty', () => {
      const small = lane(0, 10);
      small.push(message('large'), 1000);
      small.shift();
      expect([small.full, small.mayReopen()]).toEqual([true, false]);
      small.shift();
      expect(small.mayReopen()).toBe(true);
    });

    it('must satisfy both limits to reopen', () => {
      const both = lane(4, 100);
      for (const cost of [10, 10, 10, 70]) both.push(message('x'), cost);
      both.shift();
      both.shift();
      both.shift();
      // Few enough messages, but the last is large.
      expect([both.queue.length, both.mayReopen()]).toEqual([1, false]);
      both.shift();
      both.shift();
      expect(both.mayReopen()).toBe(true);
    });

    it('counts the cost of a run until the next message with a cost was taken', () => {
      const runs = lane(0, 100);
      runs.pushRun(runOf('1', '2', '3'), 60);
      expect(runs.full).toBe(false);
      runs.pushRun(runOf('4'), 60);
      expect(runs.full).toBe(true);
      expect([text(runs), text(runs), text(runs), runs.mayReopen()]).toEqual(['1', '2', '3', false]);
      expect([text(runs), runs.mayReopen()]).toEqual(['4', false]);
      expect([text(runs), runs.mayReopen()]).toEqual([undefined, true]);
    });

    it('counts from the moment on that a byte mark is set', () => {
      const late = lane(0);
      late.push(message('free'), 0);
      late.setWriterMark({ messages: 0, bytes: 10 });
      expect([late.countsBytes, late.full]).toEqual([true, false]);
      late.push(message('costs'), 10);
      expect(late.full).toBe(true);
      expect([text(late), late.mayReopen()]).toEqual(['free', false]);
      late.shift();
      late.shift();
      expect(late.mayReopen()).toBe(true);
      late.setWriterMark({ messages: 0, bytes: 0 });
      late.push(message('huge'), 1e9);
      expect(late.full).toBe(false);
    });
  });

  describe('signals', () => {
    it('are told at once when nothing is queued', () => {
      const told: string[] = [];
      lane(0).signal(() => told.push('now'));
      expect(told).toEqual(['now']);
    });

    it('are told between the messages around them', () => {
      const order: string[] = [];
      const between = lane(0);
      between.push(message('a'), 0);
      between.signal(() => order.push('signal 1'));
      between.signal(() => order.push('signal 2'));
      between.push(message('b'), 0);
      between.signal(() => order.push('signal 3'));
      for (let next = text(between); next !== undefined; next = text(between)) order.push(next);
      expect(order).toEqual(['a', 'signal 1', 'signal 2', 'b', 'signal 3']);
    });

    it('are told soon after the last message, without a further read', async () => {
      const told: string[] = [];
      const last = lane(0);
      last.push(message('a'), 0);
      last.signal(() => told.push('signal'));
      last.shift();
      // The reader is still busy with the message.
      expect(told).toEqual([]);
      await Promise.resolve();
      expect(told).toEqual(['signal']);
      last.shift();
      expect(told).toEqual(['signal']);
    });

    it('may make new ones', async () => {
      const told: string[] = [];
      const nested = lane(0);
      nested.push(message('a'), 0);
      nested.signal(() => {
        told.push('outer');
        nested.signal(() => told.push('inner'));
      });
      nested.shift();
      await Promise.resolve();
      expect(told).toEqual(['outer', 'inner']);
    });

    it('are told by clear(), after which nothing is queued and nothing counted', () => {
      const told: string[] = [];
      const cleared = lane(1, 10);
      cleared.push(message('a'), 10);
      cleared.signal(() => told.push('signal'));
      cleared.clear();
      expect([told, cleared.queue.length, cleared.full, cleared.shift()]).toEqual([['signal'], 0, false, undefined]);
      cleared.push(message('b'), 9);
      expect(cleared.mayReopen()).toBe(false);
      cleared.signal(() => told.push('later'));
      expect(text(cleared)).toBe('b');
      expect(told).toEqual(['signal']);
    });
  });

  describe('conflating', () => {
    it('is never full, and a signal behind a replaced message comes before its successor', () => {
      const told: string[] = [];
      const newest = new Lane(true, false);
      newest.setWriterMark({ messages: 1, bytes: 1 });
      newest.push(message('a'), 5);
      newest.signal(() => told.push('signal'));
      newest.push(message('b'), 5);
      expect([newest.full, newest.queue.length]).toEqual([false, 1]);
      expect([text(newest), told, text(newest)]).toEqual(['b', ['signal'], undefined]);
    });

    it('may begin later: only the newest is kept', () => {
      const later = lane(2, 10);
      later.push(message('a'), 5);
      later.push(message('b'), 5);
      later.conflate();
      later.conflate();
      expect([later.full, later.queue.length, later.countsBytes]).toEqual([false, 1, false]);
      later.push(message('c'), 0);
      expect([text(later), text(later)]).toEqual(['c', undefined]);
    });

    it('may begin while a signal waits', () => {
      const told: string[] = [];
      const later = lane(0);
      later.push(message('a'), 0);
      later.signal(() => told.push('signal'));
      later.push(message('b'), 0);
      later.conflate();
      expect([text(later), told]).toEqual(['b', ['signal']]);
    });
  });
});
