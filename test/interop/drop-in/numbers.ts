import { type Loose, open } from './classes.js';
import type { Notes, Zmq } from './notes.js';

const types = ['Bool', 'Int32', 'Uint32', 'Int64', 'Uint64', 'String'] as const;

/** Of these libzmq copies its memory whatever type is asked for: what comes out of the wrong one means nothing. */
const texts = [5, 6, 7, 32, 38, 45, 46, 48, 49, 50, 55, 61, 68, 72, 92, 95, 99, 100, 110, 111, 114];
const lax = [13, 15, 81, 116];

/** 14 and 89 are descriptors; npm ends with a segmentation fault of 115. */
const ids = Array.from({ length: 126 }, (_, id) => id).filter((id) => ![14, 68, 89, 99, 100, 115].includes(id));

const classes = ['Dealer', 'Router', 'Request', 'Subscriber', 'XPublisher', 'Push', 'Stream'] as const;

function typesOf(id: number): readonly (typeof types)[number][] {
  if (texts.includes(id)) return ['String'];
  return lax.includes(id) ? ['Bool', 'Int32', 'Uint32'] : types;
}

const values: Record<(typeof types)[number], readonly unknown[]> = {
  Bool: [true, false],
  Int32: [-1, 0, 1, 7, 2 ** 32 + 1],
  Uint32: [0, 1, 2 ** 32 - 1],
  Int64: [-1, 0, 1, 1e300],
  Uint64: [-1, 0, 1, 2 ** 64],
  String: [null, 'a', Buffer.from('ab')],
};

/** Every option by its number, as each of C's types. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  for (const name of classes) {
    for (const id of ids) {
      const untouched = open(zmq, name, { linger: 0 });
      for (const type of typesOf(id))
        notes.note(`${name} get${type}Option(${id})`, attempt(untouched, `get${type}Option`, id));
      untouched.close();
      const written = open(zmq, name, { linger: 0 });
      for (const type of typesOf(id)) {
        const taken = values[type].filter((value) => attempt(written, `set${type}Option`, id, value) === undefined);
        notes.note(`${name} set${type}Option(${id}) takes`, taken);
      }
      for (const type of typesOf(id)) {
        notes.note(`${name} get${type}Option(${id}) then`, attempt(written, `get${type}Option`, id));
      }
      written.close();
    }
  }
}

function attempt(socket: Loose, method: string, ...args: unknown[]): unknown {
  try {
    return socket[method]!(...args);
  } catch (error) {
    return (error as { code: string }).code;
  }
}
