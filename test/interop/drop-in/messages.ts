import { open } from './classes.js';
import { endOf, type Notes, type Zmq } from './notes.js';

/** What becomes of everything that can be given as a message. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  const push = open(zmq, 'Push', { linger: 0 });
  const pull = open(zmq, 'Pull', { receiveTimeout: 2000 });
  await pull.bind('inproc://drop-in-messages');
  push.connect('inproc://drop-in-messages');
  const floats = new Float32Array([1, 2, 3]);
  const shared = new SharedArrayBuffer(2);
  new Uint8Array(shared).set([69, 70]);
  const messages: Record<string, unknown> = {
    text: 'text',
    'text of no length': '',
    'text beyond ASCII': 'ü € 😀',
    'half a surrogate pair': 'a\ud800b',
    'a buffer': Buffer.from([0, 255]),
    'an empty buffer': Buffer.alloc(0),
    'a view into a buffer': new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
    'a view of floats': floats.subarray(1, 2),
    'an array buffer': new Uint8Array([65, 66]).buffer,
    null: null,
    'a number': 1.5,
    NaN: Number.NaN,
    'a boolean': false,
    'a bigint': 12n,
    'an object': { a: 1 },
    'an object with a text': { toString: (): string => 'said' },
    'a date': new Date(0).toISOString(),
    'several parts': ['a', null, Buffer.from('b'), 3],
    'parts without a value': ['a', undefined],
    'a nested array': ['a', ['b', 'c']],
    'a data view': new DataView(new Uint8Array([67, 68]).buffer),
    'a shared array buffer': shared,
    '200 bytes': Buffer.alloc(200, 'x'),
    '200 characters': 'y'.repeat(200),
  };
  for (const [name, message] of Object.entries(messages)) {
    // Some npm throws away, and the next one comes in its place.
    notes.note(`send ${name}`, await endOf((async () => push['send']!(message))()));
    await push['send']!('fence');
    const received = (await pull['receive']!()) as Buffer[];
    if (String(received[0]) !== 'fence') await pull['receive']!();
    notes.note(`receive ${name}`, [Array.isArray(received), received]);
  }
  notes.note('send no parts at all', await endOf(push['send']!([]) as Promise<void>));
  await push['send']!('after');
  notes.note('what comes after no parts at all', await pull['receive']!());
  await notes.outcome('send undefined', () => push['send']!(undefined));
  await notes.outcome('send a symbol', () => push['send']!(Symbol('s')));
  await notes.outcome('send a symbol as a part', () => push['send']!(['a', Symbol('s')]));

  // Up to 128 bytes are copied, more are by reference; over inproc the receiver sees the memory.
  for (const size of [128, 129]) {
    const given = Buffer.alloc(size, 'a');
    await push['send']!(given);
    given.fill('b');
    const [received] = (await pull['receive']!()) as [Buffer];
    notes.note(`a buffer of ${size} bytes that is changed after the send`, received.toString()[0]);
  }
}
