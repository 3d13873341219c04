import { open, type Loose } from './classes.js';
import { endOf, type Notes, turn, type Zmq } from './notes.js';

/** How long npm is given to do what ours does: it never does it. */
const LONG_MS = 500;

/** What becomes of peers and messages that a socket does not want. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  await observeSecondPair(zmq, notes);
  await observeHandover(zmq, notes);
  await observeReplies(zmq, notes);
  await observeParts(zmq, notes);
}

async function observeSecondPair(zmq: Zmq, notes: Notes): Promise<void> {
  const pair = open(zmq, 'Pair', { linger: 0 });
  await pair.bind('tcp://127.0.0.1:*');
  const [first, second] = [connected(zmq, 'Pair', pair), connected(zmq, 'Pair')];
  await first.socket['send']!('from the first');
  notes.note('PAIR: the first', await pair['receive']!());
  const lost = first.isLost();
  const ended = second.isLost();
  second.socket.connect(pair.lastEndpoint!);
  notes.note('PAIR: a second one is told', await ended);
  await pair['send']!('still');
  notes.note('PAIR: still with the first', await first.socket['receive']!());
  notes.note('PAIR: the first is told', await lost);
  for (const socket of [pair, first.socket, second.socket]) socket.close();
}

async function observeHandover(zmq: Zmq, notes: Notes): Promise<void> {
  const router = open(zmq, 'Router', { linger: 0, handover: true });
  await router.bind('tcp://127.0.0.1:*');
  const first = connected(zmq, 'Dealer', router, { routingId: 'name' });
  await first.socket['send']!('from the first');
  notes.note('handover: the first', await router['receive']!());
  const lost = first.isLost();
  const second = connected(zmq, 'Dealer', router, { routingId: 'name' });
  await second.socket['send']!('from the second');
  notes.note('handover: the second', await router['receive']!());
  await router['send']!(['name', 'to the second']);
  notes.note('handover: who gets it', await second.socket['receive']!());
  notes.note('handover: who had the name is told', await lost);
  for (const socket of [router, first.socket, second.socket]) socket.close();
}

async function observeReplies(zmq: Zmq, notes: Notes): Promise<void> {
  const router = open(zmq, 'Router', { linger: 0 });
  await router.bind('tcp://127.0.0.1:*');
  const { socket: request } = connected(zmq, 'Request', router, { receiveTimeout: LONG_MS });
  await request['send']!('question');
  const [id, ...question] = (await router['receive']!()) as Buffer[];
  notes.note('REQ: what it asks', question);
  await router['send']!([id!, 'no empty part before it']);
  await router['send']!([id!, '', 'answer']);
  notes.note('REQ: what it gets', await endOf(request['receive']!() as Promise<unknown>));
  for (const socket of [router, request]) socket.close();
}

async function observeParts(zmq: Zmq, notes: Notes): Promise<void> {
  const [push, pull] = [open(zmq, 'Push', { linger: 0, conflate: true }), open(zmq, 'Pull', { linger: 0, conflate: true })];
  await pull.bind('inproc://drop-in-parts');
  push.connect('inproc://drop-in-parts');
  for (const parts of [['a', 'b'], ['c', 'd', 'e']]) await push['send']!(parts);
  await turn();
  notes.note('conflate: several parts', await pull['receive']!());
  push.close();
  pull.close();
} // prettier-ignore

/** A socket that does not come back by itself, and whether its connection is lost in time. */
function connected(
  zmq: Zmq,
  name: Parameters<typeof open>[1],
  to?: Loose,
  options: object = {},
): { socket: Loose; isLost: () => Promise<boolean> } {
  const socket = open(zmq, name, { linger: 0, reconnectInterval: 60_000, ...options });
  const isLost = (): Promise<boolean> =>
    new Promise((resolve) => {
      const limit = setTimeout(resolve, LONG_MS, false);
      socket.events.on('disconnect', () => {
        clearTimeout(limit);
        resolve(true);
      });
    });
  if (to !== undefined) socket.connect(to.lastEndpoint!);
  return { socket, isLost };
}
