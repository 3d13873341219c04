import { fill, message, peerInfo, PipeLog, readAll, reason } from '../testing/pipe-log.js';
import { createPipe, type PipeEnd } from './pipe.js';

const retired = reason('retired');

function make(messages = 0): { a: PipeEnd; b: PipeEnd; atA: PipeLog; atB: PipeLog } {
  const mark = { messages, bytes: 0 };
  const [a, b] = createPipe({ outward: mark, inward: mark });
  const [atA, atB] = [new PipeLog(), new PipeLog()];
  a.handler = atA;
  b.handler = atB;
  return { a, b, atA, atB };
}

describe('retire', () => {
  it('of an empty pipe ends it at both ends at once', () => {
    const { a, b, atA, atB } = make();
    a.retire(retired);
    expect([atA.take(), atB.take()]).toEqual([['closed retired'], ['closed retired']]);
    expect([a.open, b.open, a.send(message('x')), b.send(message('x'))]).toEqual([false, false, false, false]);
  });

  it('lets both ends read what was there, and takes nothing new', async () => {
    const { a, b, atA, atB } = make();
    a.announcePeer(peerInfo('A'));
    b.announcePeer(peerInfo('B'));
    a.send(message('to b'));
    b.send(message('to a'));
    b.send(message('to a too'));
    atA.take();
    atB.take();
    a.retire(retired);
    expect([atA.take(), atB.take()]).toEqual([[], []]);
    expect([a.writable, b.writable, a.write(message('x')), b.writeAlways(message('x'))]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(readAll(b)).toEqual(['to b']);
    await Promise.resolve();
    expect([atA.take(), atB.take()]).toEqual([[], ['closed retired']]);
    expect(readAll(a)).toEqual(['to a', 'to a too']);
    await Promise.resolve();
    expect(atA.take()).toEqual(['closed retired']);
  });

  it('wakes a reader that sleeps, for the end of what was written', async () => {
    const { a, b, atB } = make();
    a.write(message('1'));
    a.retire(retired);
    expect(atB.take()).toEqual(['readable']);
    expect(readAll(b)).toEqual(['1']);
    await Promise.resolve();
    expect(atB.take()).toEqual(['closed retired']);
  });

  it('may drop what was written here, and only that', async () => {
    const { a, b, atA, atB } = make();
    a.send(message('dropped'));
    b.send(message('kept'));
    atB.take();
    a.retire(retired, true);
    expect(atB.take()).toEqual(['closed retired']);
    expect([readAll(b), readAll(a)]).toEqual([[], ['kept']]);
    await Promise.resolve();
    expect(atA.take()).toEqual(['readable', 'closed retired']);
  });

  it('tells a writer who waits for room that there will be none', () => {
    const { a, b, atB } = make(2);
    expect(fill(b)).toBe(2);
    a.retire(retired);
    expect(atB.take()).toEqual(['closed retired']);
    const other = make(2);
    other.a.write(message('still to be read'));
    fill(other.b);
    other.a.retire(retired);
    expect(other.atB.take()).toEqual(['readable', 'writable']);
  });

  it.each(['the same end', 'the other end'])('can be followed by close at %s; nobody is told twice', async (where) => {
    const { a, b, atA, atB } = make();
    a.send(message('1'));
    b.send(message('2'));
    a.retire(retired);
    a.retire(reason('again'));
    atA.take();
    atB.take();
    const [near, far, farLog] = where === 'the same end' ? [a, b, atB] : [b, a, atA];
    near.close(reason('closed'));
    expect(readAll(near)).toEqual([]);
    expect(readAll(far)).toHaveLength(1);
    await Promise.resolve();
    expect(farLog.take()).toEqual(['closed retired']);
  });
});
