import type * as npmDraft from 'zeromq/draft.js';
import type { Loose } from './classes.js';
import { endOf, type Notes, turn, warningsOf, type Zmq } from './notes.js';

type Draft = typeof npmDraft;

const names = ['Server', 'Client', 'Radio', 'Dish', 'Gather', 'Scatter'] as const;
type DraftName = (typeof names)[number];

/** The socket types of `zeromq/draft`. */
export async function observe(_zmq: Zmq, notes: Notes, load: (entry: string) => Promise<unknown>): Promise<void> {
  let draft!: Draft;
  notes.note('warnings of loading it', await warningsOf(async () => (draft = (await load('/draft')) as Draft)));
  notes.note('what is in it', Object.keys(draft).sort());
  const open = (name: DraftName, options: object = {}): Loose =>
    new draft[name]({ linger: 0, ...options } as object) as unknown as Loose;

  for (const name of names) {
    const socket = open(name);
    notes.note(`${name}: at rest`, [
      socket.type,
      socket.threadSafe,
      socket.readable,
      name === 'Dish' || socket.writable,
    ]);
    notes.note(`${name}: linger`, (new draft[name]() as unknown as Loose).linger);
  }

  const [server, client] = [open('Server'), open('Client')];
  await server.bind('inproc://drop-in-server');
  client.connect('inproc://drop-in-server');
  await client['send']!('question');
  const [question, meta] = (await server['receive']!()) as [Buffer, { routingId: number }];
  notes.note('Server: receive', [question, Object.keys(meta), typeof meta.routingId]);
  await server['send']!('answer', meta);
  await server['send']!('and more', { routingId: meta.routingId });
  notes.note('Client: receive', [await client['receive']!(), await client['receive']!()]);
  notes.note('Client: several parts', await endOf(client['send']!(['a', 'b']) as Promise<void>));
  notes.note('Server: several parts', await endOf(server['send']!(['a', 'b'], meta) as Promise<void>));
  notes.note(
    'Server: an unknown id',
    await endOf(server['send']!('x', { routingId: (meta.routingId ^ 0x55555555) >>> 0 }) as Promise<void>),
  );
  await notes.outcome('Server: send()', () => server['send']!());
  await notes.outcome('Server: without an address', () => server['send']!('x'));
  await notes.outcome('Server: a number as address', () => server['send']!('x', 1));
  await notes.outcome('Server: an address without an id', () => server['send']!('x', {}));
  await notes.outcome('Server: id 0', () => server['send']!('x', { routingId: 0 }));
  await notes.outcome('Server: too many arguments', () => server['send']!('x', meta, 1));
  await notes.outcome('Client: too many arguments', () => client['send']!('x', {}));

  const [radio, dish] = [open('Radio'), open('Dish')];
  await radio.bind('inproc://drop-in-radio');
  dish.connect('inproc://drop-in-radio');
  dish['join']!('news', Buffer.from('weather'), 'with\0zero');
  await turn();
  await radio['send']!('to nobody', { group: 'sport' });
  await radio['send']!('rain', { group: 'weather' });
  await radio['send']!('headline', { group: Buffer.from('news') });
  notes.note('Dish: receive', [await dish['receive']!(), await dish['receive']!()]);
  dish['leave']!('weather');
  await notes.outcome('Dish: join twice', () => dish['join']!('news'));
  await notes.outcome('Dish: leave what was not joined', () => dish['leave']!('weather'));
  await notes.outcome('Dish: join a long group', () => dish['join']!('x'.repeat(256)));
  await notes.outcome('Dish: join a number', () => dish['join']!(1));
  await notes.outcome('Dish: join nothing', () => dish['join']!());
  await notes.outcome('Radio: without an address', () => radio['send']!('x'));
  await notes.outcome('Radio: an address without a group', () => radio['send']!('x', {}));
  await notes.outcome('Radio: a number as group', () => radio['send']!('x', { group: 1 }));
  notes.note('Radio: several parts', await endOf(radio['send']!(['a', 'b'], { group: 'news' }) as Promise<void>));
  notes.note(
    'Radio: a long group',
    await endOf(Promise.resolve().then(() => radio['send']!('x', { group: 'x'.repeat(256) }))),
  );

  const [scatter, gather] = [open('Scatter'), open('Gather')];
  await gather.bind('inproc://drop-in-gather');
  scatter.connect('inproc://drop-in-gather');
  await scatter['send']!('spread');
  notes.note('Gather: receive', await gather['receive']!());
  notes.note('Scatter: several parts', await endOf(scatter['send']!(['a', 'b']) as Promise<void>));
  await notes.outcome('new Datagram()', () => new draft.Datagram());
  await notes.outcome('Radio: connect over udp', () => radio.connect('udp://127.0.0.1:47115'));
  for (const socket of [server, client, radio, dish, scatter, gather]) socket.close();
  await notes.outcome('closed: Server send', () => server['send']!('x', meta));
  await notes.outcome('closed: Dish join', () => dish['join']!('x'));
}
