import { createContext, Router } from '@nest-zmq/core';
import { frames, shown } from '../testing/frames.js';
import { turns, until } from '../testing/turns.js';
import { type DeliverySink, TaskDealerChannel } from './task-dealer.channel.js';

/** A pool by its frames that reads the first word of the worker, and nothing after that. */
async function setUp() {
  const context = createContext({});
  const got = { deliveries: 0, cancels: 0 };
  const sink: DeliverySink = {
    receive: () => got.deliveries++,
    cancel: () => got.cancels++,
    left: () => {},
  };
  const pool = new Router({ context, receiveHighWaterMark: 1, linger: 0 });
  await pool.bind('inproc://pool');
  const worker = new TaskDealerChannel({ connect: 'inproc://pool' }, { context, sendHighWaterMark: 1 }, 1, sink);
  await worker.open();
  const [id, ...first] = await pool.receive();
  expect(shown(first)).toEqual(['', '', 'credit 1']);
  const send = (...parts: string[]) => pool.send([id!, ...frames(...parts)]);
  const close = async () => {
    pool.close();
    await worker.close();
    await context.terminate();
  };
  return { worker, got, send, close };
}

describe('a pool that leaves the answers unread', () => {
  /** Gives an answer of 60 KiB. */
  const large = 'x'.repeat(60 * 1024);

  it.each([
    ['asks for the credit', ['', '', 'hello'], 101_000, 100_010],
    ['delivers what is no task', [large, '', 'resize'], 1_500, 1_120],
  ])('and %s gets so many only; cancels take effect', async (_what, parts, count, most) => {
    const { worker, got, send, close } = await setUp();
    for (let i = 0; i < count; i++) {
      await send(...parts);
      // A ROUTER drops what is too much for a queue: the worker is to read.
      if (i % 500 === 0) await turns();
    }
    await send('<00000001>', '', 'resize', '');
    await send('<00000001>', '', '', 'cancel');
    await until(() => got.cancels === 1);
    // The delivery was not taken either: what it brings could not be answered.
    expect(got.deliveries).toBe(0);
    expect(count + 1 - worker.unread).toBeLessThan(most);
    await close();
  });
});
