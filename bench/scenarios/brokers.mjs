import { pushPull } from './throughput.mjs';

/**
 * One million messages of 1 KB, as ZeroMQ and brokers were first compared: a sender,
 * a receiver, and the broker between them, by the plain client libraries, without Nest.
 */
export const million = {
  ...pushPull,
  roleOf: 'push-pull',
  title: 'One million messages of 1 KB, one sender, one receiver, tcp loopback',
  cases: [{ label: '1024 B', size: 1_024, count: 1_000_000 }],
  contenders: ['ours', 'libzmq', 'npm', 'nats', 'redis', 'mqtt', 'rabbitmq'],
  baseline: 'ours',
  warmUp: undefined,
  mostRounds: 3,
};
