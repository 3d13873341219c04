import { DeadlineQueue } from '../inflight/deadline.queue.js';
import { ManualClock } from '../testkit/manual.clock.js';
import type { ZmqPeer } from '../zmq.peer.js';
import { ReadyMarks } from './ready.marks.js';

const peer = (nest = true): ZmqPeer => ({
  socketType: 'SUB',
  address: 'fake',
  properties: nest ? { 'X-Nest-Zmq': '1' } : {},
});

describe('ReadyMarks', () => {
  let clock: ManualClock;
  let marks: ReadyMarks;
  let changes: boolean[];

  beforeEach(() => {
    clock = new ManualClock();
    changes = [];
    marks = new ReadyMarks(new DeadlineQueue(clock), 1_000, () => changes.push(marks.ready));
  });

  it('is not ready without a subscriber', () => {
    expect(marks.ready).toBe(false);
  });

  it('is ready when all of ours have marked, and not while one has not', () => {
    const [a, b] = [peer(), peer()];
    marks.joined(a);
    marks.marked(a);
    marks.joined(b);
    marks.joined(b);
    marks.marked(b);
    marks.marked(b);
    expect(changes).toEqual([false, true, false, true]);
  });

  it('takes a mark that is told before its peer', () => {
    const a = peer();
    marks.marked(a);
    expect(marks.ready).toBe(true);
    marks.joined(a);
    expect(marks.ready).toBe(true);
  });

  it('does not wait for peers of other libraries', () => {
    marks.joined(peer(false));
    expect(marks.ready).toBe(true);
  });

  it('gives up who is late, once, and sets no timer for who has gone', () => {
    const [late, gone] = [peer(), peer()];
    marks.joined(late);
    marks.joined(gone);
    marks.left(gone);
    clock.advance(1_050);
    expect([marks.ready, marks.late]).toEqual([true, 1]);
    marks.marked(late);
    marks.left(late);
    expect([marks.ready, marks.late, clock.pending]).toEqual([false, 1, 0]);
  });

  it('forgets everything', () => {
    marks.joined(peer());
    marks.joined(peer(false));
    marks.clear();
    clock.advance(5_000);
    expect([marks.ready, marks.late]).toEqual([false, 0]);
  });
});
