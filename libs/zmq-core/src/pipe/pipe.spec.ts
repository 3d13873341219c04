import fc from 'fast-check';
import { fill, message, peerInfo, PipeLog, readAll, reason } from '../testing/pipe-log.js';
import { createPipe, type PipeEnd, type PipeMarks } from './pipe.js';

interface Sides {
  readonly a: PipeEnd;
  readonly b: PipeEnd;
  readonly atA: PipeLog;
  readonly atB: PipeLog;
}

function make(marks: Partial<PipeMarks> = {}): Sides {
  const none = { messages: 0, bytes: 0 };
  const [a, b] = createPipe({ outward: none, inward: none, ...marks });
  const [atA, atB] = [new PipeLog(), new PipeLog()];
  a.handler = atA;
  b.handler = atB;
  return { a, b, atA, atB };
}

const mark = (messages: number, bytes = 0) => ({ messages, bytes });

describe('a pipe', () => {
  describe('messages', () => {
    it('go both ways, in order, and the same object comes out', () => {
      const { a, b } = make();
      const [first, second, back] = [message('1', 'x'), message('2'), message('3')];
      a.write(first);
      a.write(second);
      b.write(back);
      expect([a.pending, a.queued, b.pending, b.queued]).toEqual([2, 1, 1, 2]);
      expect([b.read(), b.read(), b.read()]).toEqual([first, second, undefined]);
      expect(a.read()).toBe(back);
    });

    it('wake the reader once until it has found nothing', () => {
      const { a, b, atB } = make();
      a.write(message('1'));
      expect(atB.take()).toEqual([]);
      a.flush();
      a.flush();
      a.send(message('2'));
      expect(atB.take()).toEqual(['readable']);
      b.read();
      b.read();
      a.send(message('3'));
      // The reader has not looked since: it will find it.
      expect(atB.take()).toEqual([]);
      expect(readAll(b)).toEqual(['3']);
      a.send(message('4'));
      expect(atB.take()).toEqual(['readable']);
    });

    it('do not wake anybody when there are none', () => {
      const { a, atB } = make();
      a.flush();
      expect(atB.take()).toEqual([]);
    });

    it('may be read from within the wake-up', () => {
      const { a, atB } = make();
      const read: string[] = [];
      atB.onRead = (end) => void read.push(...readAll(end));
      a.send(message('1'));
      a.send(message('2'));
      expect(read).toEqual(['1', '2']);
    });

    it('wait for a new handler that wake() tells of them', () => {
      const { a, b, atB } = make();
      b.wake();
      a.send(message('1'));
      b.handler = new PipeLog();
      const next = b.handler as PipeLog;
      b.wake();
      expect([atB.take(), next.take()]).toEqual([['readable'], ['readable']]);
    });
  });

  describe('its mark', () => {
    it.each([1, 2, 3, 5, 1000])('of %d takes exactly so many', (limit) => {
      const { a, b } = make({ outward: mark(limit), inward: mark(limit + 1) });
      expect([fill(a), fill(b)]).toEqual([limit, limit + 1]);
      expect([a.writable, a.write(message('x'))]).toEqual([false, false]);
      expect(b.queued).toBe(limit);
    });

    it('of 0 takes all', () => {
      expect(fill(make().a, 5000)).toBe(5000);
    });

    it.each([
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
      [1000, 500],
    ])('of %d opens again after %d were read, and tells the writer once', (limit, reads) => {
      const { a, b, atA } = make({ outward: mark(limit) });
      fill(a);
      for (let i = 0; i < reads - 1; i++) b.read();
      expect([a.writable, atA.take()]).toEqual([false, []]);
      b.read();
      expect([a.writable, atA.take()]).toEqual([true, ['writable']]);
      readAll(b);
      expect(atA.take()).toEqual([]);
      expect(fill(a)).toBe(limit);
    });

    it('counts whole messages', () => {
      const { a } = make({ outward: mark(2) });
      const parts = message(...Array.from({ length: 10 }, String));
      expect([a.write(parts), a.write(parts), a.write(parts)]).toEqual([true, true, false]);
    });

    it('in bytes counts sizes, or the costs that are given', () => {
      const { a, b, atA } = make({ outward: mark(0, 10) });
      expect([a.write(message('12345', '67')), a.write(message('890')), a.write(message(''))]).toEqual([
        true,
        true,
        false,
      ]);
      readAll(b);
      expect(atA.take()).toEqual(['writable']);
      expect([a.write(message('a'), 10), a.write(message('b'), 0)]).toEqual([true, false]);
    });

    it('does not hold for writeAlways', () => {
      const { a, b } = make({ outward: mark(1) });
      a.write(message('1'));
      expect(a.writeAlways(message('2'))).toBe(true);
      expect(readAll(b)).toEqual(['1', '2']);
    });

    it('may rise: the writer is told', () => {
      const { a, atA, atB, b } = make({ outward: mark(1), inward: mark(1) });
      fill(a);
      fill(b);
      a.setMarks(mark(5), mark(3));
      expect([atA.take(), atB.take()]).toEqual([
        ['readable', 'writable'],
        ['readable', 'writable'],
      ]);
      expect([fill(a), fill(b)]).toEqual([4, 2]);
    });

    it('may fall: nothing is lost, and the new one holds from then on', () => {
      const { a, b } = make({ outward: mark(100) });
      fill(a);
      a.setMarks(mark(70), mark(0));
      expect(a.writable).toBe(false);
      expect(readAll(b)).toHaveLength(100);
      expect(fill(a)).toBe(70);
    });

    it("is added to the other owner's", () => {
      const { a, b } = make({ outward: mark(5), inward: mark(2) });
      b.setMarks(mark(1), mark(7));
      expect([fill(a), fill(b)]).toEqual([12, 3]);
      b.setMarks(mark(1), mark(8));
      a.setMarks(mark(6), mark(3));
      expect([fill(a), fill(b)]).toEqual([2, 1]);
    });
  });

  describe('conflating', () => {
    it('keeps the newest message, both ways or one', () => {
      for (const [conflate, expected] of [
        [true, [['c'], ['c']]],
        ['outward', [['c'], ['a', 'b', 'c']]],
        ['inward', [['a', 'b', 'c'], ['c']]],
        [
          false,
          [
            ['a', 'b', 'c'],
            ['a', 'b', 'c'],
          ],
        ],
      ] as const) {
        const { a, b } = make({ conflate, outward: mark(3), inward: mark(3) });
        for (const text of ['a', 'b', 'c']) {
          a.send(message(text));
          b.send(message(text));
        }
        expect([readAll(b), readAll(a)]).toEqual(expected);
      }
    });

    it('takes a message always', () => {
      const { a } = make({ conflate: true, outward: mark(1) });
      expect(fill(a, 100)).toBe(100);
      expect(a.pending).toBe(1);
    });

    it('may begin later, and opens a full lane', () => {
      const { a, b, atA } = make({ outward: mark(2) });
      fill(a);
      b.shapeInward({ conflate: true, deferWakes: false });
      expect(atA.take()).toEqual(['writable']);
      expect(readAll(b)).toEqual(['1']);
    });
  });

  describe('peers', () => {
    it('are told in order with the messages', () => {
      const { a, b, atB } = make();
      a.announcePeer(peerInfo('REQ'));
      expect(atB.take()).toEqual(['peer REQ 0']);
      a.send(message('1'));
      a.hiccup(reason('ECONNRESET'));
      a.announcePeer(peerInfo('DEALER'));
      a.send(message('2'));
      // The loss itself is told at once.
      expect([atB.take(), b.epoch]).toEqual([['readable', 'hiccup ECONNRESET'], 1]);
      expect([b.read()?.[0]?.toString(), atB.take()]).toEqual(['1', []]);
      expect([b.read()?.[0]?.toString(), atB.take()]).toEqual(['2', ['gone ECONNRESET', 'peer DEALER 1']]);
    });

    it('are told by the epoch in which they came, even late', () => {
      const { a, b, atB } = make();
      a.send(message('0'));
      a.announcePeer(peerInfo('REQ'));
      a.hiccup(reason('gone'));
      atB.take();
      readAll(b);
      expect(atB.take()).toEqual(['peer REQ 0', 'gone gone']);
      expect([a.epoch, b.epoch]).toEqual([0, 1]);
    });

    it('come and go without effect once the pipe is closed', () => {
      const { a, b, atB } = make();
      b.close(reason('bye'));
      a.announcePeer(peerInfo('REQ'));
      a.hiccup(reason('gone'));
      expect([atB.take(), b.epoch]).toEqual([[], 0]);
    });

    it('are not told to one who closed while the news waited', () => {
      const { a, b, atA, atB } = make();
      a.send(message('1'));
      a.announcePeer(peerInfo('REQ'));
      a.hiccup(reason('gone'));
      atB.take();
      b.close(reason('bye'));
      expect([atB.take(), atA.take()]).toEqual([[], ['closed bye']]);
    });
  });

  describe('closing', () => {
    it('knows what was never read of what it wrote', () => {
      const { a, b } = make();
      fill(a, 3);
      b.read();
      b.close(reason('bye'));
      expect([a.dropped, b.dropped]).toEqual([2, 0]);
      const dropping = make();
      fill(dropping.a, 3);
      dropping.a.close(reason('bye'), true);
      expect(dropping.a.dropped).toBe(3);
      const kind = make();
      fill(kind.a, 3);
      kind.a.close(reason('bye'));
      expect([kind.a.dropped, readAll(kind.b).length]).toEqual([0, 3]);
    });

    it('is told at once when nothing is queued', () => {
      const { a, b, atA, atB } = make();
      a.close(reason('bye'));
      a.close(reason('again'));
      expect([atA.take(), atB.take()]).toEqual([[], ['closed bye']]);
      b.close(reason('me too'));
      expect([atA.take(), atB.take()]).toEqual([[], []]);
    });

    it('is told after the last message, while both ends refuse new ones at once', async () => {
      const { a, b, atB } = make();
      a.send(message('1'));
      a.close(reason('bye'));
      expect([a.open, b.open, a.writable, b.writable]).toEqual([false, false, false, false]);
      expect([a.write(message('x')), a.writeAlways(message('x')), b.write(message('x')), b.send(message('x'))]).toEqual(
        [false, false, false, false],
      );
      expect(atB.take()).toEqual(['readable']);
      expect(b.read()?.[0]?.toString()).toBe('1');
      await Promise.resolve();
      expect(atB.take()).toEqual(['closed bye']);
    });

    it('drops what was queued for the one who closes', () => {
      const { a, b } = make();
      b.send(message('unread'));
      a.close(reason('bye'));
      expect([a.queued, b.pending, a.read()]).toEqual([0, 0, undefined]);
    });

    it("from both ends at once tells neither of the other's", async () => {
      const { a, b, atA, atB } = make();
      a.send(message('1'));
      b.send(message('2'));
      a.close(reason('a'));
      b.close(reason('b'));
      await Promise.resolve();
      expect([atA.take(), atB.take()]).toEqual([['readable'], ['readable']]);
    });

    it('from within the wake-up of the other end is fine', () => {
      const { a, b, atA, atB } = make({ outward: mark(1) });
      atB.onRead = () => b.close(reason('refused'));
      expect(a.send(message('1'))).toBe(true);
      expect([atA.take(), atB.take(), a.open]).toEqual([['closed refused'], ['readable'], false]);
    });

    it('with `drop` is told at once, and nothing of what was written is read', () => {
      const { a, b, atA, atB } = make({ outward: mark(2) });
      fill(a);
      atB.take();
      a.close(reason('bye'), true);
      expect([b.read(), a.pending, atB.take(), atA.take()]).toEqual([undefined, 0, ['closed bye'], []]);
    });

    it('tells a writer who waits for room, and has still to read, that none will come', async () => {
      const { a, b, atA, atB } = make({ outward: mark(1) });
      fill(a);
      b.send(message('still'));
      atA.take();
      b.close(reason('bye'));
      expect([atA.take(), a.write(message('x'))]).toEqual([['writable'], false]);
      expect(readAll(a)).toEqual(['still']);
      await Promise.resolve();
      expect([atA.take(), atB.take()]).toEqual([['closed bye'], ['readable']]);
    });

    it('in the wake-up of a read does not overtake the message that is being read', async () => {
      const { a, b, atA, atB } = make({ outward: mark(1) });
      fill(a);
      atB.take();
      atA.onWritable = () => a.close(reason('bye'));
      expect([b.read()?.[0]?.toString(), atB.take()]).toEqual(['0', []]);
      await Promise.resolve();
      expect(atB.take()).toEqual(['closed bye']);
    });

    it('of a full pipe says nothing of room', () => {
      const { a, b, atA } = make({ outward: mark(1) });
      fill(a);
      a.close(reason('bye'));
      readAll(b);
      a.setMarks(mark(5), mark(5));
      a.discardPending();
      expect(atA.take()).toEqual([]);
    });
  });

  describe('discardPending', () => {
    it('drops what the other end has not read, and opens', () => {
      const { a, b, atA } = make({ outward: mark(2) });
      fill(a);
      a.discardPending();
      expect([b.queued, b.read(), atA.take()]).toEqual([0, undefined, ['writable']]);
    });

    it('tells the news that waited behind it', () => {
      const { a, atB } = make();
      a.send(message('1'));
      a.announcePeer(peerInfo('REQ'));
      a.close(reason('bye'));
      a.discardPending();
      expect(atB.take()).toEqual(['readable', 'peer REQ 0', 'closed bye']);
    });
  });

  describe('with deferred wake-ups', () => {
    it('tells of a batch once, and later', async () => {
      const { a, b, atB } = make({ deferWakes: true });
      a.send(message('1'));
      a.send(message('2'));
      expect(atB.take()).toEqual([]);
      await Promise.resolve();
      expect(atB.take()).toEqual(['readable']);
      expect(readAll(b)).toEqual(['1', '2']);
      a.send(message('3'));
      await Promise.resolve();
      expect(atB.take()).toEqual(['readable']);
    });

    it('tells of room once, and later', async () => {
      const { a, b, atA } = make({ deferWakes: true, outward: mark(2) });
      fill(a);
      readAll(b);
      fill(a);
      readAll(b);
      expect([atA.take(), a.writable]).toEqual([[], true]);
      await Promise.resolve();
      expect(atA.take()).toEqual(['writable']);
    });

    it('says nothing of room that is gone again', async () => {
      const { a, b, atA } = make({ deferWakes: true, outward: mark(2) });
      fill(a);
      readAll(b);
      fill(a);
      await Promise.resolve();
      expect(atA.take()).toEqual([]);
      readAll(b);
      await Promise.resolve();
      expect(atA.take()).toEqual(['writable']);
    });

    it.each([
      ['read', (_a: PipeEnd, b: PipeEnd) => void b.read()],
      ['dropped', (a: PipeEnd) => a.discardPending()],
    ])('forgets no reader when what it was to be told of was %s meanwhile', async (_how, empty) => {
      const { a, b, atB } = make({ deferWakes: true });
      a.send(message('1'));
      empty(a, b);
      await Promise.resolve();
      expect(atB.take()).toEqual([]);
      a.send(message('2'));
      await Promise.resolve();
      expect([atB.take(), readAll(b)]).toEqual([['readable'], ['2']]);
    });

    it('tells nothing to one who closed meanwhile', async () => {
      const { a, b, atA, atB } = make({ deferWakes: true, outward: mark(1) });
      a.send(message('1'));
      b.read();
      b.close(reason('bye'));
      await Promise.resolve();
      expect([atA.take(), atB.take()]).toEqual([['closed bye'], []]);
    });

    it('keeps the order of messages and the end', async () => {
      const { a, atB } = make({ deferWakes: true });
      atB.onRead = (end) => {
        atB.events.push(`${end.read()?.[0]?.toString()}`);
        end.read();
      };
      a.send(message('1'));
      a.close(reason('bye'));
      expect(atB.take()).toEqual([]);
      await Promise.resolve();
      expect(atB.take()).toEqual(['readable', '1', 'closed bye']);
    });

    it('does not pile up calls when both ends answer each other', async () => {
      const { a, b, atA, atB } = make({ deferWakes: true });
      let exchanges = 0;
      let depth = 0;
      let deepest = 0;
      const answer = (end: PipeEnd): void => {
        deepest = Math.max(deepest, ++depth);
        readAll(end);
        if (++exchanges < 20_000) end.send(message('ball'));
        depth--;
      };
      atB.onRead = answer;
      const done = new Promise<void>((resolve) => {
        atA.onRead = (end) => {
          answer(end);
          if (exchanges >= 20_000) resolve();
        };
      });
      a.send(message('ball'));
      await done;
      expect([deepest, b.open]).toEqual([1, true]);
    });
  });

  it('behaves as a bounded list, whatever is done to it', () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.constant('write' as const) },
      { weight: 4, arbitrary: fc.constant('read' as const) },
      { weight: 1, arbitrary: fc.constant('discard' as const) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 6 }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.array(action, { maxLength: 200 }), (first, actions) => {
        const { a, b, atA } = make({ outward: mark(first) });
        let limit = first;
        let list: string[] = [];
        let closedDoor = false;
        for (const [i, next] of actions.entries()) {
          if (next === 'write') {
            expect(a.write(message(String(i)))).toBe(!closedDoor);
            if (!closedDoor) list.push(String(i));
            if (limit > 0 && list.length >= limit) closedDoor = true;
          } else if (next === 'read') {
            expect(b.read()?.[0]?.toString()).toBe(list.shift());
            if (closedDoor && list.length <= limit - ((limit + 1) >> 1)) closedDoor = false;
          } else if (next === 'discard') {
            a.discardPending();
            list = [];
            closedDoor = false;
          } else {
            limit = next;
            a.setMarks(mark(limit), mark(0));
            closedDoor = limit > 0 && list.length >= limit;
          }
          expect([a.writable, a.pending]).toEqual([!closedDoor, list.length]);
        }
        // It was told of room as often as it had lost it, at most once more than it still has.
        expect(atA.take().every((event) => event === 'writable')).toBe(true);
      }),
    );
  });
});
