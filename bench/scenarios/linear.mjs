import { peakBytes } from '../proc.mjs';
import { pushPull } from './throughput.mjs';

/** Ten times as many messages take ten times as long: nothing piles up. */
export const linear = {
  ...pushPull,
  title: 'PUSH → PULL, 64 B, tcp loopback, two processes, by number of messages',
  roleOf: 'push-pull',
  cases: [
    { label: '1 M', size: 64, count: 1_000_000 },
    { label: '10 M', size: 64, count: 10_000_000 },
  ],
  contenders: ['ours', 'libzmq'],
};

/** And no more memory. */
export const linearMemory = {
  ...linear,
  title: 'PUSH → PULL, 64 B, by number of messages: peak of the resident memory of both processes together',
  unit: 'MB',
  higherIsBetter: false,

  async measure({ start }) {
    const receiver = start('receiver');
    const { endpoint } = await receiver.until('endpoint');
    const sender = start('sender', { endpoint });
    await receiver.until('value');
    return (peakBytes(receiver.pid) + peakBytes(sender.pid)) / 1e6;
  },
};
