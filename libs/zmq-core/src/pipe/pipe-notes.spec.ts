import { message, peerInfo, PipeLog, readAll, reason } from '../testing/pipe-log.js';
import { createPipe, type PipeEnd, type PipeNotes } from './pipe.js';

const joined = message('joined');
const left = [message('left'), message('left too')];

function make(notes: PipeNotes, messages = 0): { a: PipeEnd; b: PipeEnd; atB: PipeLog } {
  const mark = { messages, bytes: 0 };
  const [a, b] = createPipe({ outward: mark, inward: mark });
  const atB = new PipeLog();
  a.handler = new PipeLog();
  b.handler = atB;
  b.notes = notes;
  return { a, b, atB };
}

describe('the notes of an end', () => {
  it('are found before the first message of a connection and behind its last, whatever the mark', async () => {
    const { a, b, atB } = make({ joined, left }, 1);
    a.announcePeer(peerInfo('DEALER'));
    expect(atB.take()).toEqual(['peer DEALER 0', 'readable']);
    expect(readAll(b)).toEqual(['joined']);
    a.send(message('1'));
    a.hiccup(reason('lost'));
    a.announcePeer(peerInfo('ROUTER'));
    a.close(reason('closed'));
    expect(atB.take()).toEqual(['readable', 'hiccup lost']);
    expect(readAll(b)).toEqual(['1', 'left', 'left too', 'joined', 'left', 'left too']);
    await Promise.resolve();
    // Who comes and goes is told between the messages, in the same order.
    expect(atB.take()).toEqual(['gone lost', 'peer ROUTER 1', 'closed closed']);
  });

  it('come once a loss: not for a connection that was lost before, nor for one that never was', () => {
    const { a, b } = make({ left });
    a.hiccup(reason('never there'));
    expect(readAll(b)).toEqual([]);
    a.announcePeer(peerInfo('DEALER'));
    a.hiccup(reason('lost'));
    a.hiccup(reason('not there again'));
    a.close(reason('closed'));
    expect(readAll(b)).toEqual(['left', 'left too']);
  });

  it('are found when all that was written is dropped, too', () => {
    const { a, b, atB } = make({ left });
    a.announcePeer(peerInfo('DEALER'), true);
    a.write(message('dropped'));
    a.close(reason('refused'), true);
    expect(atB.take()).toEqual(['peer DEALER 0', 'readable']);
    expect(readAll(b)).toEqual(['left', 'left too']);
  });

  it('are not written for an end that is closed', () => {
    const { a, b } = make({ joined, left });
    a.announcePeer(peerInfo('DEALER'));
    readAll(b);
    b.close(reason('closed'));
    a.announcePeer(peerInfo('DEALER'));
    a.close(reason('closed'));
    expect(readAll(b)).toEqual([]);
  });

  it('an announcement ahead of what was written is told at once', () => {
    const { a, b, atB } = make({ left: [] });
    a.write(message('1'));
    a.announcePeer(peerInfo('DEALER'), true);
    expect(atB.take()).toEqual(['peer DEALER 0']);
    a.flush();
    expect(readAll(b)).toEqual(['1']);
  });
});
