import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../proc.mjs';
import { sendUntilFull } from './paths.mjs';

const SETTLE_MS = 1_000;
const hwm = 1_000;

/**
 * PUSH → PULL that nobody reads, until the sender is refused: what the two processes
 * grow by, over the messages that their marks allow. What is in the kernel's buffers
 * counts neither as memory nor as messages. The messages of the sender share one
 * body, those of the receiver are whole.
 */
export const memoryFull = {
  title: `PUSH → PULL, both full at marks of ${hwm}: resident memory of both processes, by queued message`,
  roleOf: 'full-mark',
  unit: 'B',
  higherIsBetter: false,
  cases: [{ label: '1024 B', size: 1024, hwm, count: 0 }],
  contenders: ['ours', 'libzmq', 'npm'],
  baseline: 'libzmq',

  async measure({ start }) {
    const receiver = start('receiver');
    const { endpoint } = await receiver.until('endpoint');
    // A sender before it sends: connected, but not answered, and one message fills it.
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const waiting = start('sender', { endpoint: `tcp://127.0.0.1:${mute.address().port}`, hwm: 1 });
    await waiting.until('value');
    await sleep(SETTLE_MS);
    const before = residentBytes(receiver.pid) + residentBytes(waiting.pid);

    const sender = start('sender', { endpoint });
    await sender.until('value');
    await sleep(SETTLE_MS);
    mute.close();
    return (residentBytes(receiver.pid) + residentBytes(sender.pid) - before) / (2 * hwm);
  },

  roles: {
    async receiver({ sockets }, { hwm }, tell) {
      const socket = new sockets.Pull({ receiveHighWaterMark: hwm });
      await socket.bind('tcp://127.0.0.1:*');
      tell({ endpoint: socket.lastEndpoint });
      await new Promise(() => {});
    },

    async sender({ sockets }, { endpoint, size, hwm }, tell) {
      const socket = new sockets.Push({ sendHighWaterMark: hwm, sendTimeout: 1_000 });
      socket.connect(endpoint);
      tell({ value: await sendUntilFull(socket, Buffer.alloc(size, 0x61)) });
      await new Promise(() => {});
    },
  },
};
