import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, Observer } from 'zeromq';
import { bytes, command, greeting, message, property } from '../../support/raw-bytes.js';
import { RawPeer } from '../../support/raw-peer.js';
import { open, type Loose } from './classes.js';
import { endOf, type Notes, turn, type Zmq } from './notes.js';

/** What happens to endpoints and connections, as an observer tells it. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'drop-in-'));
  try {
    for (const endpoint of ['tcp://127.0.0.1:*', `ipc://${directory}/x`, 'inproc://drop-in-events']) {
      await observeConnection(zmq, notes, endpoint, endpoint.split(':')[0]!);
    }
    await observeRetries(zmq, notes, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  await observeFailures(zmq, notes);
  await observeRawPeers(zmq, notes);
  await observeObserver(zmq, notes);
}

async function observeConnection(zmq: Zmq, notes: Notes, endpoint: string, name: string): Promise<void> {
  const [binder, connecter] = [
    open(zmq, 'Dealer', { linger: 0 }),
    open(zmq, 'Dealer', { linger: 0, reconnectInterval: 2000 }),
  ];
  const [bound, connected] = [record(binder.events), record(connecter.events)];
  await binder.bind(endpoint);
  const address = binder.lastEndpoint!;
  notes.alias(address, name);
  connecter.connect(address);
  if (name !== 'inproc') await Promise.all([bound.until('handshake'), connected.until('handshake')]);
  connecter.disconnect(address);
  if (name !== 'inproc') await ticking(bound.until('disconnect'), connecter);
  await binder.unbind(address);
  if (name !== 'inproc') await ticking(bound.until('close'), binder);
  binder.close();
  connecter.close();
  notes.note(`${name}: events of who binds`, await bound.all);
  notes.note(`${name}: events of who connects`, await connected.all);
}

async function observeRetries(zmq: Zmq, notes: Notes, directory: string): Promise<void> {
  const vacant = await listen();
  const { port } = vacant.address() as AddressInfo;
  await new Promise((resolve) => vacant.close(resolve));
  for (const [name, address] of [
    ['tcp', `tcp://127.0.0.1:${port}`],
    ['ipc', `ipc://${directory}/nobody`],
  ] as const) {
    notes.alias(address, `vacant ${name}`);
    const connecter = open(zmq, 'Dealer', { linger: 0, reconnectInterval: 10 });
    const connected = record(connecter.events);
    connecter.connect(address);
    await connected.until('connect:retry', 2);
    connecter.close();
    const events = (await connected.all) as (Event & { interval?: number })[];
    const intervals = events.flatMap(({ interval }) => interval ?? []);
    for (const event of events) delete event.interval;
    const second = events.findIndex(
      ({ type }, i) => type === 'connect:retry' && events.slice(0, i).some((each) => each.type === type),
    );
    notes.note(`${name}: events of two tries`, events.slice(0, second + 1));
    notes.note(
      `${name}: intervals`,
      intervals.slice(0, 2).every((interval) => interval >= 10 && interval < 20),
    );
  }
}

async function observeFailures(zmq: Zmq, notes: Notes): Promise<void> {
  const first = open(zmq, 'Dealer', { linger: 0 });
  await first.bind('tcp://127.0.0.1:*');
  const taken = first.lastEndpoint!;
  notes.alias(taken, 'taken');
  notes.alias(taken.replace('tcp://', ''), 'taken without scheme');
  const second = open(zmq, 'Dealer', { linger: 0 });
  const events = record(second.events);
  await second.bind(taken).catch(() => {});
  await turn();
  second.close();
  notes.note('a bind that fails', await events.all);
  first.close();

  const router = open(zmq, 'Router', { linger: 0 });
  const seen = record(router.events);
  await router.bind('tcp://127.0.0.1:*');
  const address = router.lastEndpoint!;
  notes.alias(address, 'router');
  const push = open(zmq, 'Push', { linger: 0, reconnectInterval: 5000 });
  const pushed = record(push.events);
  push.connect(address);
  await pushed.until('disconnect');
  await seen.until('disconnect');
  router.close();
  push.close();
  notes.note('a peer of a type that does not fit', kinds(await seen.all));
  notes.note('who does not fit', kinds(await pushed.all));
}

/** The errors of handshakes that fail: their classes, texts and codes. */
async function observeRawPeers(zmq: Zmq, notes: Notes): Promise<void> {
  const cut = property('X-a', 'bcd').subarray(0, -1);
  const plays: { readonly [name: string]: readonly Buffer[] } = {
    'another mechanism': [greeting(3, 1, 'PLAIN')],
    'data before READY': [greeting(), message('x')],
    'an unknown command': [greeting(), command('HELLO')],
    'a READY that is cut': [greeting(), command('READY', Buffer.concat([property('Socket-Type', 'DEALER'), cut]))],
    'an ERROR that is cut': [greeting(), command('ERROR', bytes('09 "bus"'))],
    'a greeting, and its end': [greeting()],
  };
  for (const [name, parts] of Object.entries(plays)) {
    const router = open(zmq, 'Router', { linger: 0 });
    const seen = record(router.events);
    await router.bind('tcp://127.0.0.1:*');
    const address = router.lastEndpoint!;
    notes.alias(address, `bound for ${name}`);
    const peer = await RawPeer.connect(address);
    await ticking(seen.until('accept'), router);
    peer.write(...parts);
    if (name.endsWith('its end')) peer.end();
    await ticking(seen.until('disconnect'), router);
    peer.destroy();
    router.close();
    // Of one that closes it depends on the moment which of two codes it is.
    const either = (event: Event): unknown =>
      event.type === 'handshake:error:other'
        ? { ...event, error: [event.error.constructor.name, Object.keys(event.error)] }
        : event;
    notes.note(`a peer that says ${name}`, (await seen.all).map(either));
  }
}

async function observeObserver(zmq: Zmq, notes: Notes): Promise<void> {
  const socket = open(zmq, 'Dealer', { linger: 0 });
  await socket.bind('tcp://127.0.0.1:*');
  const { events } = socket;
  notes.note('an observer', [events.closed, Object.keys(events)]);
  const waiting = events.receive();
  await notes.outcome('second receive', () => events.receive());
  const address = socket.lastEndpoint!;
  notes.alias(address, 'observed');
  await socket.unbind(address);
  notes.note('an event, in the order of its properties', Object.entries(await waiting));
  const end = events.receive();
  socket.close();
  notes.note('the last event', [await end, events.closed]);
  await notes.outcome('receive after the end', () => events.receive());
  notes.note('iterate after the end', await endOf(events[Symbol.asyncIterator]().next()));
  await notes.outcome('close after the end', () => events.close());

  const emitting = open(zmq, 'Dealer', { linger: 0 });
  const types: string[] = [];
  const listener = ({ type }: Event): void => void types.push(type);
  const ended = new Promise<void>((resolve) => {
    const given = emitting.events.on('bind', listener).on('end', listener).on('close', listener);
    notes.note('what on() gives', [(given as unknown) === emitting.events, typeof given.on, typeof given.off]);
    emitting.events.on('end', () => resolve());
    notes.note('what off() gives', (emitting.events.off('close', listener) as unknown) === given);
  });
  await notes.outcome('receive in emitter mode', () => emitting.events.receive());
  await emitting.bind('tcp://127.0.0.1:*');
  await turn();
  emitting.close();
  await ended;
  notes.note('what listeners get', [types, emitting.closed]);

  const watched = open(zmq, 'Dealer', { linger: 0 });
  const before = record(watched.events);
  const another = new zmq.Observer(watched);
  const after = record(another);
  await watched.bind('inproc://drop-in-two-observers');
  watched.close();
  notes.note('an observer that is replaced', [await before.all, await after.all]);

  const closing = open(zmq, 'Dealer', { linger: 0 });
  const its = closing.events;
  its.close();
  its.close();
  await notes.outcome('receive of a closed observer', () => its.receive());
  notes.note('iterate a closed observer', [
    await endOf(its[Symbol.asyncIterator]().next()),
    its.closed,
    closing.closed,
  ]);
  closing.close();

  const unread = open(zmq, 'Dealer', { linger: 0 });
  const unreadEvents = unread.events;
  const pending = endOf(unreadEvents.receive());
  unreadEvents.close();
  notes.note('a pending receive of an observer that is closed', await pending);
  unread.close();
}

/** libzmq goes on with what a socket is to do when the program asks the socket for something. */
async function ticking(operation: Promise<void>, ...sockets: Loose[]): Promise<void> {
  let done = false;
  const ended = operation.finally(() => (done = true));
  while (!done) {
    await turn();
    for (const socket of sockets) void socket.readable;
  }
  await ended;
}

interface Record {
  readonly all: Promise<Event[]>;
  until(type: Event['type'], count?: number): Promise<void>;
}

/** Reads all events until the end. */
function record(observer: Observer): Record {
  const events: Event[] = [];
  const waiters = new Set<() => void>();
  const all = (async () => {
    for await (const event of observer) {
      events.push(event);
      for (const check of waiters) check();
    }
    return events;
  })();
  const until = (type: Event['type'], count = 1): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (events.filter((event) => event.type === type).length < count) return;
        waiters.delete(check);
        resolve();
      };
      waiters.add(check);
      check();
      void all.then(() => reject(new Error(`no ${type}`)));
    });
  return { all, until };
}

/** Without what depends on the clock. */
function kinds(events: readonly Event[]): unknown[] {
  return events.map((event) => ({ ...event, ...('interval' in event ? { interval: 'some' } : {}) }));
}

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
}
