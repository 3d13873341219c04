import { open } from './classes.js';
import { type Notes, warningsOf, type Zmq } from './notes.js';

/** What the process is warned of. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  for (const accessor of ['backlog', 'linger', 'sendTimeout', 'immediate', 'sendHighWaterMark', 'routingId']) {
    const socket = open(zmq, 'Dealer');
    socket.connect(`inproc://drop-in-${accessor}`);
    const values: Record<string, unknown> = { immediate: true, routingId: 'x' };
    const warnings = await warningsOf(() => {
      (socket as Record<string, unknown>)[accessor] = values[accessor] ?? 5;
    });
    notes.note(`warnings of ${accessor} after a connect`, warnings);
  }
  const binding = open(zmq, 'Dealer');
  const warnings = await warningsOf(async () => {
    const bound = binding.bind('tcp://127.0.0.1:*');
    binding.backlog = 5;
    await bound;
  });
  notes.note('warnings of backlog during a bind', warnings);
  const numbers = await warningsOf(() => open(zmq, 'Dealer', { affinity: 2 ** 60 }));
  notes.note('warnings of a number beyond the safe ones', numbers);
  const useless = await warningsOf(() => open(zmq, 'Dealer', { multicastHops: 1, rate: 200 }));
  notes.note('warnings of an option without effect', useless);
}
