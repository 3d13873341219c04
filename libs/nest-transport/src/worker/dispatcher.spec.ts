import { AnswerStatus } from '../packet/delivery.packet.js';
import { dispatcherSetUp } from '../testing/fake.workers.js';
import { ZmqMalformedError } from '../zmq.errors.js';

describe('credit', () => {
  it('is asked for, and before it is told nothing is sent', () => {
    const { dispatcher, join, submit } = dispatcherSetUp();
    const worker = join();
    submit('a');
    expect(worker).toMatchObject({ hellos: 1, names: [] });
    worker.credit(1);
    expect(worker.names).toEqual(['a']);
    expect(dispatcher).toMatchObject({ queued: 0, unanswered: 1, unsettled: 1 });
  });

  it('bounds what a worker has unanswered; the rest waits', () => {
    const { dispatcher, join, submit, settled, counters } = dispatcherSetUp();
    const worker = join(2);
    submit('a', 'b', 'c', 'd');
    expect(worker.names).toEqual(['a', 'b']);
    expect(dispatcher.queued).toBe(2);
    worker.done('b');
    expect(worker.names).toEqual(['a', 'b', 'c']);
    worker.done('a');
    worker.done('c');
    worker.done('d');
    expect(settled).toEqual(['b: done', 'a: done', 'c: done', 'd: done']);
    expect(counters.idle).toBe(1);
    expect(dispatcher.counts).toMatchObject({ delivered: 4, done: 4, lateAnswers: 0, strayAnswers: 0 });
  });

  it('may grow and shrink: what is there already stays', () => {
    const { join, submit } = dispatcherSetUp();
    const worker = join(2);
    submit('a', 'b', 'c', 'd', 'e');
    worker.credit(1);
    worker.done('a');
    expect(worker.names).toEqual(['a', 'b']);
    worker.done('b');
    expect(worker.names).toEqual(['a', 'b', 'c']);
    worker.credit(3);
    expect(worker.names).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is not used while the worker leaves too much unread: others get the tasks', () => {
    const { join, submit, dispatcher } = dispatcherSetUp();
    const worker = join(3);
    submit('a');
    worker.overfull = true;
    worker.credit(3);
    submit('b');
    expect(worker.names).toEqual(['a']);
    expect(dispatcher.queued).toBe(1);
    const other = join(1);
    expect(other.names).toEqual(['b']);
    submit('c');
    // Its answers show that it reads.
    worker.overfull = false;
    worker.done('a');
    expect(worker.names).toEqual(['a', 'c']);
  });

  it('goes round the workers that have some', () => {
    const { join, submit } = dispatcherSetUp();
    const workers = [join(2), join(3), join(1)];
    submit('a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect(workers.map(({ names }) => names)).toEqual([['a', 'd'], ['b', 'e', 'f'], ['c']]);
  });
});

describe('the queue', () => {
  it('takes so many, and then as many as leave it', () => {
    const { dispatcher, join, submit } = dispatcherSetUp({ queueLimit: 2 });
    expect(submit('a', 'b', 'c')).toEqual([true, true, false]);
    let room = 0;
    dispatcher.whenRoom(() => room++);
    expect(room).toBe(0);
    const worker = join(1);
    expect(room).toBe(1);
    expect(submit('c', 'd')).toEqual([true, false]);
    worker.done('a');
    expect(worker.names).toEqual(['a', 'b']);
    dispatcher.whenRoom(() => room++);
    expect(room).toBe(2);
  });

  it('of no length takes what a worker can take at once', () => {
    const { dispatcher, join, submit } = dispatcherSetUp({ queueLimit: 0 });
    expect(submit('a')).toEqual([false]);
    let room = 0;
    dispatcher.whenRoom(() => room++);
    const worker = join(1);
    expect(room).toBe(1);
    expect(submit('a', 'b')).toEqual([true, false]);
    worker.done('a');
    expect(submit('b')).toEqual([true]);
  });

  it('lets who is told of a settled task submit the next', () => {
    const { dispatcher, join, task, submit } = dispatcherSetUp();
    const worker = join(1);
    const chained = task('first');
    Object.assign(chained, { onSettled: () => submit('second') });
    dispatcher.submit(chained);
    worker.done('first');
    expect(worker.names).toEqual(['first', 'second']);
  });
});

describe('a worker that is lost', () => {
  it('has its tasks given to others, marked, in their order and before those that wait', () => {
    const { dispatcher, join, submit, settled } = dispatcherSetUp();
    const lost = join(3);
    submit('a', 'b', 'c', 'd');
    lost.done('b');
    lost.leave();
    expect(dispatcher).toMatchObject({ queued: 3, unanswered: 0 });
    const other = join(9);
    expect(other.names).toEqual(['a #2', 'c #2', 'd #2']);
    for (const name of ['a', 'c', 'd']) other.done(name);
    expect(settled).toEqual(['b: done', 'a: done', 'c: done', 'd: done']);
    expect(dispatcher.counts).toMatchObject({ workerLost: 3, done: 4 });
  });

  it('and others that are lost later have them in the order in which they were pushed', () => {
    const { join, submit } = dispatcherSetUp();
    const workers = [join(2), join(2), join(2)];
    submit('a', 'b', 'c', 'd', 'e', 'f', 'g');
    for (const index of [1, 2, 0]) workers[index]!.leave();
    expect(join(9).names).toEqual(['a #2', 'b #2', 'c #2', 'd #2', 'e #2', 'f #2', 'g']);
  });

  it('too often takes the task along: it is given up after `maxDeliveries`', () => {
    const { join, submit, settled, dispatcher } = dispatcherSetUp({ maxDeliveries: 2 });
    submit('poison');
    join(1).leave();
    expect(settled).toEqual([]);
    join(1).leave();
    expect(settled).toEqual(['poison: lost']);
    expect(dispatcher).toMatchObject({ queued: 0, unsettled: 0 });
    expect(join(1).names).toEqual([]);
  });

  it('leaves once', () => {
    const { join, submit, dispatcher } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    worker.leave();
    worker.leave();
    expect(dispatcher.counts.workerLost).toBe(1);
    worker.credit(5);
    expect(worker.names).toEqual(['a']);
  });
});

describe('silence', () => {
  it('gives the task to another worker, cancels it at the first one, and keeps its place there', () => {
    const { clock, dispatcher, join, submit, settled } = dispatcherSetUp();
    const slow = join(2);
    submit('a');
    const other = join(1);
    clock.advance(1_016);
    expect(slow).toMatchObject({ cancelled: [1], hellos: 2 });
    expect(other.names).toEqual(['a #2']);
    submit('b');
    // It gets nothing more before it has said something, and then what its places allow.
    expect(slow.names).toEqual(['a']);
    slow.credit(2);
    expect(slow.names).toEqual(['a', 'b']);
    submit('c');
    expect(dispatcher.queued).toBe(1);
    other.done('a');
    expect(settled).toEqual(['a: done']);
    expect(other.names).toEqual(['a #2', 'c']);
    slow.answerId(1, AnswerStatus.failed);
    expect(settled).toEqual(['a: done']);
    expect(dispatcher.counts).toMatchObject({ timedOut: 1, lateAnswers: 1 });
  });

  it('of several tasks that ends in one moment has them given out in their order', () => {
    const { clock, join, submit } = dispatcherSetUp();
    const frozen = join(3);
    submit('a', 'b', 'c', 'd');
    clock.advance(1_050);
    expect(frozen.names).toEqual(['a', 'b', 'c']);
    expect(join(9).names).toEqual(['a #2', 'b #2', 'c #2', 'd']);
    const { clock: later, join: joinLater, submit: submitLater } = dispatcherSetUp();
    joinLater(3);
    submitLater('a', 'b', 'c');
    const other = joinLater(1);
    later.advance(1_050);
    expect(other.names).toEqual(['a #2']);
    other.done('a');
    other.done('b');
    expect(other.names).toEqual(['a #2', 'b #2', 'c #2']);
  });

  it('that is broken by a late result settles the task, and cancels its other run', () => {
    const { clock, dispatcher, join, submit, settled } = dispatcherSetUp();
    const slow = join(1);
    submit('a');
    const other = join(1);
    clock.advance(1_016);
    slow.done('a');
    expect(settled).toEqual(['a: done']);
    expect(other.cancelled).toEqual([2]);
    other.answer('a', AnswerStatus.value, { payload: '1' });
    expect(settled).toEqual(['a: done']);
    expect(dispatcher).toMatchObject({ unanswered: 0, unsettled: 0 });
    expect(dispatcher.counts).toMatchObject({ done: 1, lateAnswers: 1 });
  });

  it('that is broken by a late result while the task waits, takes it from the queue', () => {
    const { clock, join, submit, settled, dispatcher } = dispatcherSetUp();
    const slow = join(1);
    submit('a');
    clock.advance(1_016);
    expect(dispatcher.queued).toBe(1);
    slow.done('a');
    expect(settled).toEqual(['a: done']);
    expect(dispatcher.queued).toBe(0);
    expect(slow.names).toEqual(['a']);
  });

  it('starts again with each sign of life', () => {
    const { clock, join, submit, dispatcher } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    for (let i = 0; i < 5; i++) {
      clock.advance(900);
      worker.answer('a', AnswerStatus.working);
    }
    expect(dispatcher.counts.timedOut).toBe(0);
    clock.advance(1_016);
    expect(dispatcher.counts.timedOut).toBe(1);
  });

  it('is never told without a timeout', () => {
    const { clock, join, submit, dispatcher } = dispatcherSetUp({ ackTimeoutMs: 0 });
    join(1);
    submit('a');
    clock.advance(1e9);
    expect(clock.pending).toBe(0);
    expect(dispatcher.counts.timedOut).toBe(0);
  });
});

describe('answers', () => {
  it('that it failed, settle the task with the error', () => {
    const { join, submit, settled, outcomes } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    worker.answer('a', AnswerStatus.failed, { payload: '{"message":"no"}' });
    expect(settled).toEqual(['a: failed']);
    expect(outcomes).toEqual([{ kind: 'failed', payload: Buffer.from('{"message":"no"}') }]);
  });

  it('that it is to be run again, repeat it after the delay, wherever there is a place', () => {
    const { clock, dispatcher, join, submit } = dispatcherSetUp();
    const worker = join(1);
    submit('a', 'b');
    worker.answer('a', AnswerStatus.again, { delayMs: 500 });
    expect(worker.names).toEqual(['a', 'b']);
    expect(dispatcher).toMatchObject({ delayed: 1, queued: 0 });
    worker.leave();
    const other = join(2);
    expect(other.names).toEqual(['b #2']);
    clock.advance(516);
    expect(other.names).toEqual(['b #2', 'a #2']);
    other.answer('a', AnswerStatus.again);
    expect(other.names).toEqual(['b #2', 'a #2', 'a #3']);
    expect(dispatcher.counts.retried).toBe(2);
  });

  it('that tasks are to be run again, or are handed back, keep their order', () => {
    const { clock, join, submit } = dispatcherSetUp();
    const worker = join(4);
    submit('a', 'b', 'c', 'd', 'e');
    for (const name of ['a', 'b']) worker.answer(name, AnswerStatus.again, { delayMs: 500 });
    worker.credit(0);
    for (const name of ['c', 'd']) worker.answer(name, AnswerStatus.back);
    worker.leave();
    const other = join(3);
    expect(other.names).toEqual(['c', 'd', 'e #2']);
    for (const name of ['c', 'd', 'e']) other.done(name);
    clock.advance(550);
    expect(other.names.slice(3)).toEqual(['a #2', 'b #2']);
  });

  it('that it is handed back, repeat it elsewhere, and not as another run', () => {
    const { dispatcher, join, submit } = dispatcherSetUp();
    const stopping = join(1);
    submit('a');
    const other = join(1);
    stopping.credit(0);
    expect(stopping.drains).toBe(0);
    stopping.answer('a', AnswerStatus.back);
    expect(stopping.drains).toBe(1);
    expect(other.names).toEqual(['a']);
    expect(dispatcher.counts).toMatchObject({ handedBack: 1, workerLost: 0 });
  });

  it('that hand back for ever are stopped some day', () => {
    const { join, submit, settled } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    for (let i = 0; i < 1_000; i++) worker.answer('a', AnswerStatus.back);
    expect(settled).toEqual(['a: lost']);
    expect(worker.got).toHaveLength(1_000);
  });

  it('that ask for one more attempt for ever are stopped some day', () => {
    const { join, submit, settled } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    for (let i = 0; i < 1_000; i++) worker.answer('a', AnswerStatus.again);
    expect(settled).toEqual(['a: failed']);
  });

  it('that cannot be read, settle the task as failed', () => {
    const { dispatcher, join, submit, settled } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    dispatcher.malformedAnswer(worker.worker, 7, new ZmqMalformedError('what?'));
    expect(settled).toEqual([]);
    dispatcher.malformedAnswer(worker.worker, 1, new ZmqMalformedError('what?'));
    expect(settled).toEqual(['a: failed']);
    expect(dispatcher.counts).toMatchObject({ strayAnswers: 1, failed: 1 });
  });

  it('count once, and only from the worker that was asked', () => {
    const { dispatcher, join, submit, settled } = dispatcherSetUp();
    const worker = join(1);
    submit('a');
    const other = join(1);
    other.answerId(1, AnswerStatus.done);
    expect(settled).toEqual([]);
    worker.answerId(1, AnswerStatus.done);
    worker.answerId(1, AnswerStatus.done);
    expect(settled).toEqual(['a: done']);
    expect(dispatcher.counts).toMatchObject({ done: 1, strayAnswers: 2 });
  });
});

describe('a deadline', () => {
  it('that passes in the queue, settles the task', () => {
    const { clock, dispatcher, settled, task, join } = dispatcherSetUp();
    dispatcher.submit(task('a', { deadlineMs: 100 }));
    clock.advance(116);
    expect(settled).toEqual(['a: expired']);
    expect(join(1).names).toEqual([]);
  });

  it('ends a run wherever it is; a pushed task is left to its worker', () => {
    const { clock, dispatcher, settled, task, join } = dispatcherSetUp();
    const worker = join(2);
    dispatcher.submit(task('run', { deadlineMs: 100, isRun: true }));
    dispatcher.submit(task('push', { deadlineMs: 100 }));
    clock.advance(116);
    expect(settled).toEqual(['run: expired']);
    expect(worker.cancelled).toEqual([1]);
    worker.answer('push', AnswerStatus.again, { delayMs: 50 });
    expect(settled).toEqual(['run: expired', 'push: expired']);
  });

  it('makes an error of the worker one of time', () => {
    const { clock, dispatcher, settled, task, join } = dispatcherSetUp();
    const worker = join(1);
    dispatcher.submit(task('a', { deadlineMs: 100 }));
    clock.advance(116);
    worker.answer('a', AnswerStatus.failed);
    expect(settled).toEqual(['a: expired']);
  });

  it('leaves no timer behind', () => {
    const { dispatcher, task, join, deadlines } = dispatcherSetUp();
    const worker = join(1);
    dispatcher.submit(task('a', { deadlineMs: 100 }));
    worker.done('a');
    expect(deadlines.size).toBe(0);
  });
});

describe('the end of a task from outside', () => {
  it('tells the worker that has it, and ignores the answer', () => {
    const { dispatcher, task, join, settled } = dispatcherSetUp();
    const worker = join(1);
    const [running, waiting, never] = [task('a', { isRun: true }), task('b', { isRun: true }), task('c')];
    dispatcher.submit(running);
    dispatcher.submit(waiting);
    for (const one of [running, running, waiting, never]) dispatcher.cancel(one);
    expect(settled).toEqual(['a: cancelled', 'b: cancelled']);
    expect(worker.cancelled).toEqual([1]);
    expect(dispatcher).toMatchObject({ unsettled: 0, unanswered: 1 });
    worker.done('a');
    expect(dispatcher).toMatchObject({ unanswered: 0, counts: { lateAnswers: 1, done: 0 } });
  });

  it('is that of all tasks when the pool closes; pushed ones may be finished', () => {
    const { dispatcher, task, join, submit, settled } = dispatcherSetUp();
    const worker = join(3);
    submit('delivered', 'delayed');
    dispatcher.submit(task('run', { isRun: true }));
    submit('queued');
    worker.credit(2);
    worker.answer('delayed', AnswerStatus.again, { delayMs: 500 });
    expect(dispatcher).toMatchObject({ queued: 1, delayed: 1 });
    expect(dispatcher.abandon()).toBe(4);
    expect(settled.toSorted()).toEqual(['delayed: closed', 'delivered: closed', 'queued: closed', 'run: closed']);
    expect(worker.cancelled).toEqual([3]);
    expect(dispatcher.abandon()).toBe(0);
  });
});

describe('a worker that stops', () => {
  it('may go when it owes nothing', () => {
    const { join, submit } = dispatcherSetUp();
    const worker = join(2);
    submit('a', 'b');
    worker.credit(0);
    worker.done('a');
    expect(worker.drains).toBe(0);
    worker.done('b');
    expect(worker.drains).toBe(1);
    submit('c');
    expect(worker.names).toEqual(['a', 'b']);
  });

  it('may go at once when it has nothing', () => {
    const { join } = dispatcherSetUp();
    const worker = join(1);
    worker.credit(0);
    expect(worker.drains).toBe(1);
  });
});
