import { open, type Loose } from './classes.js';
import { endOf, type Notes, turn, type Zmq } from './notes.js';

/** What a close does to what is under way, and what a closed socket says. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  await observeClosed(zmq, notes);
  await observeIterators(zmq, notes);
  await observeDeferred(zmq, notes);

  const pair = open(zmq, 'Pair');
  const order: string[] = [];
  const sent = endOf(pair['send']!('x') as Promise<void>).finally(() => order.push('send'));
  const received = endOf(pair['receive']!() as Promise<unknown>).finally(() => order.push('receive'));
  pair.close();
  order.push('close returned');
  notes.note('pending operations of a closed socket', [await sent, await received]);
  notes.note('are settled later', order[0]);

  const request = open(zmq, 'Request');
  const early = endOf(request['receive']!() as Promise<unknown>);
  request.close();
  notes.note('a receive in the wrong state, closed', await early);

  const limited = new zmq.Context({ maxSockets: 1 });
  const only = open(zmq, 'Dealer', { context: limited });
  await notes.outcome('more sockets than maxSockets', () => open(zmq, 'Dealer', { context: limited }));
  notes.note('its context', only.context === limited);
  only.close();
}

async function observeClosed(zmq: Zmq, notes: Notes): Promise<void> {
  const socket = open(zmq, 'Dealer');
  notes.note('open', [socket.closed, socket.context === zmq.context, socket.events === socket.events]);
  const { events } = socket;
  socket.close();
  socket.close();
  notes.note('closed', [socket.closed, socket.readable, socket.writable]);
  for (const [name, operation] of Object.entries<() => unknown>({
    send: () => socket['send']!('x'),
    'send of undefined': () => socket['send']!(undefined),
    receive: () => socket['receive']!(),
    bind: () => socket.bind('tcp://127.0.0.1:*'),
    'bind of a number': () => (socket as Loose)['bind']!(1 as never),
    bindSync: () => socket['bindSync']!('tcp://127.0.0.1:*'),
    unbind: () => socket.unbind('tcp://127.0.0.1:1'),
    unbindSync: () => socket['unbindSync']!('tcp://127.0.0.1:1'),
    connect: () => socket.connect('tcp://127.0.0.1:1'),
    disconnect: () => socket.disconnect('tcp://127.0.0.1:1'),
    close: () => socket.close(),
    events: () => socket.events,
    context: () => socket.context,
    type: () => socket.type,
    lastEndpoint: () => socket.lastEndpoint,
    'linger = 0': () => (socket.linger = 0),
    'linger = text': () => ((socket as unknown as Record<string, unknown>)['linger'] = 'x'),
    'getInt32Option(17)': () => socket['getInt32Option']!(17),
    'getInt32Option(999)': () => socket['getInt32Option']!(999),
    'new Observer': () => new zmq.Observer(socket),
  })) {
    await notes.outcome(`closed: ${name}`, operation);
  }
  const seen: unknown[] = [];
  for await (const event of events) seen.push(event);
  notes.note('events that were had before', [seen, events.closed]);
  const subscriber = open(zmq, 'Subscriber');
  subscriber.close();
  await notes.outcome('closed: subscribe', () => subscriber['subscribe']!('x'));
}

async function observeIterators(zmq: Zmq, notes: Notes): Promise<void> {
  const [push, pull] = [open(zmq, 'Push'), open(zmq, 'Pull')];
  await pull.bind('inproc://drop-in-iterators');
  push.connect('inproc://drop-in-iterators');
  for (const text of ['a', 'b', 'c', 'last']) await push['send']!(text);
  const messages: string[] = [];
  for await (const [message] of pull as unknown as AsyncIterable<[Buffer]>) {
    messages.push(String(message));
    if (messages.length === 2) break;
  }
  notes.note('a break does not close', [messages.slice(), pull.closed]);
  for await (const [message] of pull as unknown as AsyncIterable<[Buffer]>) {
    messages.push(String(message));
    if (String(message) === 'last') pull.close();
  }
  notes.note('an iterator ends when its socket is closed', messages);

  const waiting = open(zmq, 'Pull');
  const iterator = iteratorOf(waiting);
  notes.note('what an iterator has', Object.keys(iterator));
  const next = endOf(iterator.next());
  waiting.close();
  notes.note('an iterator that waits, closed', await next);
  notes.note('after its end', await endOf(iterator.next()));

  const impatient = open(zmq, 'Pull', { receiveTimeout: 5 });
  notes.note('an iterator whose time is up', await endOf(iteratorOf(impatient).next()));
  const request = open(zmq, 'Request', { receiveTimeout: 0 });
  notes.note('an iterator in the wrong state', await endOf(iteratorOf(request).next()));
  const two = open(zmq, 'Pull');
  const first = endOf(iteratorOf(two).next());
  notes.note('a second iterator', await endOf(iteratorOf(two).next()));
  two.close();
  await first;
}

/** A close while a bind is under way is done when that has settled. */
async function observeDeferred(zmq: Zmq, notes: Notes): Promise<void> {
  for (const endpoint of ['tcp://127.0.0.1:*', 'inproc://drop-in-deferred', 'tcp://127.0.0.1']) {
    const socket = open(zmq, 'Dealer');
    const bound = socket.bind(endpoint).then(
      () => ['bound', socket.closed],
      (error: unknown) => [error, socket.closed],
    );
    socket.close();
    const during = [socket.closed];
    try {
      void socket['send']!('x');
    } catch (error) {
      during.push(error as never);
    }
    notes.note(`${endpoint}: closed during the bind, and after`, [during, await bound]);
  }
  await turn();
}

function iteratorOf(socket: Loose): AsyncIterator<Buffer[], undefined> {
  return (socket as unknown as AsyncIterable<Buffer[], undefined>)[Symbol.asyncIterator]();
}
