import { open, type Loose } from './classes.js';
import { endOf, type Notes, outcomeOf, turn, type Zmq } from './notes.js';

const dead = 'tcp://127.0.0.1:1';

/** What waits, for how long, and what it ends with. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  await observeNobody(zmq, notes);
  await observeTurns(zmq, notes);
  await observeBusy(zmq, notes);
  await observeMarks(zmq, notes);
  await observeFairness(zmq, notes);
}

/** Without any peer. */
async function observeNobody(zmq: Zmq, notes: Notes): Promise<void> {
  const senders = [
    'Pair',
    'Publisher',
    'Request',
    'Reply',
    'Dealer',
    'Router',
    'Push',
    'XPublisher',
    'XSubscriber',
    'Stream',
  ] as const;
  for (const name of senders) {
    const socket = open(zmq, name);
    notes.note(`${name}: writable, readable without a peer`, [socket.writable, socket.readable]);
    const sent = socket['send']!(['to nobody', 'x']) as Promise<void>;
    const ended = endOf(sent);
    notes.note(`${name}: send without a peer`, await outcomeOf(() => sent));
    socket.close();
    notes.note(`${name}: send without a peer, closed`, await ended);
    const impatient = open(zmq, name, { sendTimeout: 0 });
    notes.note(
      `${name}: send without a peer, timeout 0`,
      await endOf(impatient['send']!(['to nobody', 'x']) as Promise<void>),
    );
    const patient = open(zmq, name, { sendTimeout: 10 });
    notes.note(
      `${name}: send without a peer, timeout 10`,
      await endOf(patient['send']!(['to nobody', 'x']) as Promise<void>),
    );
  }
  const receivers = [
    'Pair',
    'Subscriber',
    'Request',
    'Reply',
    'Dealer',
    'Router',
    'Pull',
    'XPublisher',
    'XSubscriber',
    'Stream',
  ] as const;
  for (const name of receivers) {
    const socket = open(zmq, name);
    const received = socket['receive']!() as Promise<unknown>;
    const ended = endOf(received);
    notes.note(`${name}: receive without a peer`, await outcomeOf(() => received));
    socket.close();
    notes.note(`${name}: receive without a peer, closed`, await ended);
    for (const receiveTimeout of [0, 10]) {
      const impatient = open(zmq, name, { receiveTimeout });
      notes.note(
        `${name}: receive, timeout ${receiveTimeout}`,
        await endOf(impatient['receive']!() as Promise<unknown>),
      );
    }
  }
  const mandatory = open(zmq, 'Router', { mandatory: true, sendTimeout: 0 });
  notes.note('Router: mandatory, unknown peer', await endOf(mandatory['send']!(['who', 'x']) as Promise<void>));
}

/** REQ and REP take turns. */
async function observeTurns(zmq: Zmq, notes: Notes): Promise<void> {
  const [request, reply] = await joined(zmq, 'Request', 'Reply', {});
  await request['send']!('first');
  notes.note(
    'Request: second send',
    await endOf(withTimeout(request, 'sendTimeout', 0, () => request['send']!('second'))),
  );
  notes.note(
    'Reply: send before a receive',
    await endOf(withTimeout(reply, 'sendTimeout', 0, () => reply['send']!('x'))),
  );
  notes.note('Reply: receive', await reply['receive']!());
  notes.note('Reply: receive twice', await endOf(withTimeout(reply, 'receiveTimeout', 0, () => reply['receive']!())));
  const early = request['receive']!() as Promise<unknown>;
  await reply['send']!('answer');
  notes.note('Request: receive', await early);
  notes.note(
    'Request: receive twice',
    await endOf(withTimeout(request, 'receiveTimeout', 0, () => request['receive']!())),
  );
  notes.note(
    'Request: receive twice, timeout 5',
    await endOf(withTimeout(request, 'receiveTimeout', 5, () => request['receive']!())),
  );
}

async function observeBusy(zmq: Zmq, notes: Notes): Promise<void> {
  const pair = open(zmq, 'Pair');
  const [sent, received] = [endOf(pair['send']!('x') as Promise<void>), endOf(pair['receive']!() as Promise<unknown>)];
  await notes.outcome('second send', () => pair['send']!('y'));
  await notes.outcome('second receive', () => pair['receive']!());
  await notes.outcome('send of nothing while busy', () => pair['send']!([]));
  await notes.outcome('send of undefined while busy', () => pair['send']!(undefined));
  await notes.outcome('connect while busy', () => pair.connect('inproc://drop-in-busy'));
  pair.close();
  notes.note('busy, closed', [await sent, await received]);

  const binding = open(zmq, 'Dealer');
  const bound = binding.bind('tcp://127.0.0.1:*');
  for (const [name, operation] of Object.entries<() => unknown>({
    bind: () => binding.bind('tcp://127.0.0.1:*'),
    unbind: () => binding.unbind('x'),
    bindSync: () => binding['bindSync']!('x'),
    unbindSync: () => binding['unbindSync']!('x'),
    connect: () => binding.connect(dead),
    disconnect: () => binding.disconnect(dead),
    send: () => binding['send']!('x'),
    receive: () => binding['receive']!(),
    linger: () => (binding.linger = 5),
    readable: () => binding.readable,
    events: () => binding.events.closed,
  })) {
    await notes.outcome(`${name} while a bind is under way`, operation);
    if (name === 'bind') binding.linger = 0;
  }
  await bound;
}

/** How many messages are taken. */
async function observeMarks(zmq: Zmq, notes: Notes): Promise<void> {
  const count = async (socket: Loose): Promise<[number, unknown]> => {
    for (let sent = 0; sent < 5000; sent++) {
      const end = (await endOf(socket['send']!('x') as Promise<void>)) as { rejects?: { code: string } };
      if (end.rejects !== undefined) return [sent, end.rejects.code];
    }
    return [5000, 'and more'];
  };
  for (const sendHighWaterMark of [1, 3, 10]) {
    const dealer = open(zmq, 'Dealer', { sendHighWaterMark, sendTimeout: 0, linger: 0 });
    dealer.connect(dead);
    notes.note(`taken without a connection, mark ${sendHighWaterMark}`, await count(dealer));
    dealer.close();
  }
  for (const [sendHighWaterMark, receiveHighWaterMark] of [
    [5, 7],
    [1, 1],
    [0, 5],
    [5, 0],
    [1000, 1000],
  ] as const) {
    const push = open(zmq, 'Push', { sendHighWaterMark, sendTimeout: 0, linger: 0 });
    const pull = open(zmq, 'Pull', { receiveHighWaterMark });
    const endpoint = `inproc://drop-in-marks-${sendHighWaterMark}-${receiveHighWaterMark}`;
    await pull.bind(endpoint);
    push.connect(endpoint);
    notes.note(`taken over inproc, marks ${sendHighWaterMark} and ${receiveHighWaterMark}`, await count(push));
    push.close();
    pull.close();
  }
  const immediate = open(zmq, 'Push', { immediate: true, sendTimeout: 0, linger: 0 });
  immediate.connect(dead);
  notes.note('taken without a connection, immediate', await count(immediate));
  const pair = open(zmq, 'Pair', { sendHighWaterMark: 1, linger: 0 });
  pair.connect(dead);
  notes.note('Pair: writable after a connect', pair.writable);
}

/** Thousands of operations that are done at once let timers run. */
async function observeFairness(zmq: Zmq, notes: Notes): Promise<void> {
  const [push, pull] = await joined(zmq, 'Push', 'Pull', { sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  let turns = 0;
  const watch = setInterval(() => turns++, 0);
  for (let i = 0; i < 3000; i++) await push['send']!('x');
  for (let i = 0; i < 3000; i++) await pull['receive']!();
  clearInterval(watch);
  notes.note('timers fire between thousands of operations', turns > 0);
}

async function joined(
  zmq: Zmq,
  connecting: Parameters<typeof open>[1],
  binding: Parameters<typeof open>[1],
  options: { sendHighWaterMark?: number; receiveHighWaterMark?: number },
): Promise<[Loose, Loose]> {
  const [from, to] = [open(zmq, connecting), open(zmq, binding)];
  if (options.sendHighWaterMark !== undefined)
    (from as unknown as Record<string, unknown>)['sendHighWaterMark'] = options.sendHighWaterMark;
  if (options.receiveHighWaterMark !== undefined)
    (to as unknown as Record<string, unknown>)['receiveHighWaterMark'] = options.receiveHighWaterMark;
  const endpoint = `inproc://drop-in-${connecting}-${binding}`;
  await to.bind(endpoint);
  from.connect(endpoint);
  await turn();
  return [from, to];
}

function withTimeout(socket: Loose, option: string, timeout: number, operation: () => unknown): Promise<unknown> {
  const options = socket as unknown as Record<string, unknown>;
  options[option] = timeout;
  const result = operation() as Promise<unknown>;
  options[option] = -1;
  return result;
}
