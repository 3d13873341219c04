import { fractions } from '../../support/fractions.js';
import { type classNames, type Loose, open } from './classes.js';
import { type Notes, turn, type Zmq } from './notes.js';

/*
 * Scripts that nobody wrote: operations in an order by chance, the same on both sides.
 * Over inproc, where libzmq has no thread that is faster or slower at times.
 * (Longer series show that it is not laid down whose turn it is after a connection has ended.)
 */

type ClassName = (typeof classNames)[number];

interface Cast {
  /** One of the first, two of the second. */
  readonly classes: readonly [ClassName, ClassName];
  /** What a socket sends, beginning with its number. */
  readonly message?: (from: number, number: number, pick: (count: number) => number) => unknown;
  /** Without marks: libzmq loses subscriptions that find no room. */
  readonly unlimited?: true;
  /**
   * For who knows its peers by their ids, and for PAIR. libzmq aborts the process when
   * there is no room for an id, or nobody any more; and it lets a peer starve that comes
   * back before what it was sent is read, or comes a second time. So there are no marks
   * and one endpoint, no connects before it is bound, and none is taken back.
   */
  readonly careful?: true;
}

const topics = ['', 'a', 'ab', 'b'] as const;

const casts: readonly Cast[] = [
  { classes: ['Push', 'Pull'] },
  { classes: ['Pull', 'Push'] },
  { classes: ['Dealer', 'Dealer'] },
  { classes: ['Pair', 'Pair'], careful: true },
  { classes: ['Request', 'Reply'], careful: true },
  { classes: ['Reply', 'Request'], careful: true },
  {
    classes: ['Publisher', 'Subscriber'],
    message: (_from, number, pick) => [topics[pick(topics.length)], String(number)],
  },
  {
    classes: ['XPublisher', 'XSubscriber'],
    unlimited: true,
    // One topic: in which order several are told, to a new publisher or at an end, is not laid down.
    message: (from, number, pick) =>
      from === 0 ? [topics[pick(topics.length)], String(number)] : pick(2) === 0 ? '\x01a' : '\x00a',
  },
  {
    classes: ['Router', 'Dealer'],
    message: (from, number, pick) => (from === 0 ? [`socket ${1 + pick(2)}`, String(number)] : String(number)),
    careful: true,
  },
];

const SCRIPTS = 12;
const STEPS = 80;
/** With larger ones libzmq tells a writer of what was read in steps of half the mark; here it knows at once. */
const marks = [0, 1];

export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  for (const cast of casts) {
    for (let seed = 1; seed <= SCRIPTS; seed++) {
      notes.note(`${cast.classes.join(' and ')}, script ${seed}`, await play(zmq, cast, seed));
    }
  }
  await observeMoments(zmq, notes);
}

/** What longer series have shown, in as few steps as it takes. */
async function observeMoments(zmq: Zmq, notes: Notes): Promise<void> {
  const sends = { linger: 0, sendTimeout: 0 };
  const receives = { linger: 0, receiveTimeout: 0 };
  const now = { ...sends, ...receives };
  const push = open(zmq, 'Push', { ...sends, sendHighWaterMark: 5 });
  const pull = open(zmq, 'Pull', { ...receives, receiveHighWaterMark: 5 });
  await pull.bind('inproc://moments-marks');
  push.connect('inproc://moments-marks');
  for (let i = 0; i < 9; i++) await push['send']!(String(i));
  for (let i = 0; i < 3; i++) await pull['receive']!();
  await settle([push, pull]);
  let taken = 0;
  while ((await outcomeOf('', () => push['send']!('more'))) === ': ok') taken++;
  notes.note('taken by a queue that was read in part', { taken });

  const xpub = open(zmq, 'XPublisher', now);
  const xsub = open(zmq, 'XSubscriber', { ...now, sendHighWaterMark: 1 });
  xsub.connect('inproc://moments-room');
  for (const topic of ['a', 'b']) await xsub['send']!(`\x01${topic}`);
  await xpub.bind('inproc://moments-room');
  await settle([xpub, xsub]);
  const [first, second] = [await nextOf(xpub), await nextOf(xpub)];
  notes.note('subscriptions that find no room', { first, second });

  const other = open(zmq, 'XSubscriber', now);
  const connected = open(zmq, 'XPublisher', now);
  await other.bind('inproc://moments-end');
  connected.connect('inproc://moments-end');
  await other['send']!('\x01a');
  await settle([connected, other]);
  await connected['receive']!();
  await connected['send']!('a, not read');
  connected.disconnect('inproc://moments-end');
  await settle([connected, other]);
  notes.note('the end of a connection that an XPUB takes back', { end: await nextOf(connected) });
  for (const socket of [push, pull, xpub, xsub, other, connected]) socket.close();
}

/** The next message, if there is one. */
async function nextOf(socket: Loose): Promise<unknown> {
  try {
    return await socket['receive']!();
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

/** What each step of the script gives. */
async function play(zmq: Zmq, cast: Cast, seed: number): Promise<string[]> {
  const fraction = fractions(seed);
  const pick = (count: number): number => Math.floor(fraction() * count);
  const [first, second] = cast.classes;
  const sockets = [first, second, second].map((name, i) => {
    const mark = (): number => marks[cast.careful || cast.unlimited ? 0 : pick(marks.length)]!;
    const [sendHighWaterMark, receiveHighWaterMark] = [mark(), mark()];
    const socket = open(zmq, name, { linger: 0 });
    const options = {
      sendHighWaterMark,
      receiveHighWaterMark,
      sendTimeout: 0,
      receiveTimeout: 0,
      routingId: `socket ${i}`,
      mandatory: pick(2) === 0,
    };
    for (const [option, value] of Object.entries(options))
      if (option in socket) (socket as unknown as Record<string, unknown>)[option] = value;
    return socket;
  });
  /**
   * The first socket binds the first, to which the second connects, and connects to the
   * second, which the third binds: whose turn it is among several connections of the same
   * two is not laid down.
   */
  const endpoints = [0, 1].map((i) => `inproc://script-${first}-${second}-${seed}-${i}`);
  const connected = new Set<string>();
  const bound = new Set<number>();
  const seen: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const [who, either, kind] = [pick(sockets.length), pick(endpoints.length), fraction()];
    const where = cast.careful ? 0 : who === 0 ? either : who - 1;
    const socket = sockets[who]!;
    const endpoint = endpoints[where]!;
    const binds = (who === 0) === (where === 0);
    const place = `${who} ${where}`;
    if (kind < 0.15) {
      if (!binds && connected.has(place)) continue;
      if (!binds && cast.careful && !bound.has(where)) continue;
      connected.add(place);
      if (binds) bound.add(where);
      seen.push(await outcomeOf(`${who} ${binds ? 'bind' : 'connect'} ${where}`, () => begin(socket, endpoint, binds)));
    } else if (kind < 0.2) {
      // A PAIR there keeps its place for who has left before it was bound.
      if (cast.careful || !bound.has(where)) continue;
      connected.delete(place);
      if (binds) bound.delete(where);
      seen.push(await outcomeOf(`${who} ${binds ? 'unbind' : 'disconnect'} ${where}`, () => end(socket, endpoint, binds)));
    } else if (kind < 0.3 && socket['subscribe'] !== undefined) {
      const [method, topic] = [pick(3) > 0 ? 'subscribe' : 'unsubscribe', topics[pick(topics.length)]];
      seen.push(await outcomeOf(`${who} ${method} ${topic}`, () => socket[method]!(topic)));
    } else if (kind < 0.65) {
      if (!('sendTimeout' in socket)) continue;
      const message = cast.message?.(who, step, pick) ?? String(step);
      seen.push(await outcomeOf(`${who} send ${JSON.stringify(message)}`, () => socket['send']!(message)));
    } else {
      if (!('receiveTimeout' in socket)) continue;
      seen.push(await outcomeOf(`${who} receive`, () => socket['receive']!()));
    }
    await settle(sockets);
  }
  for (const socket of sockets) socket.close();
  return seen;
} // prettier-ignore

function begin(socket: Loose, endpoint: string, binds: boolean): unknown {
  return binds ? socket.bind(endpoint) : socket.connect(endpoint);
}

function end(socket: Loose, endpoint: string, binds: boolean): unknown {
  return binds ? socket.unbind(endpoint) : socket.disconnect(endpoint);
}

async function outcomeOf(what: string, operation: () => unknown): Promise<string> {
  try {
    const result = await operation();
    if (!Array.isArray(result)) return `${what}: ok`;
    return `${what}: ${JSON.stringify(result.map((part: Buffer) => part.toString('latin1')))}`;
  } catch (error) {
    return `${what}: ${String((error as { code?: string }).code ?? error)}`;
  }
}

/**
 * What sockets have told each other counts, there when a socket is asked something, here
 * a little later. Not asked whether it is readable: some take a message ahead to know.
 */
async function settle(sockets: readonly Loose[]): Promise<void> {
  for (let i = 0; i < 3; i++)
    for (const socket of sockets) await outcomeOf('', () => socket.disconnect('inproc://none'));
  await turn();
}
