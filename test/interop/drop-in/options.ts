import { classNames, type Loose, open } from './classes.js';
import type { Notes, Zmq } from './notes.js';

const ints = [-2, -1, 0, 1, 2, 99, 199, 6553599, 6553600, 2147483647, 2147483648, 1.9, NaN, '1', true, null];
const texts = [null, '', 'a', 'a\0b', 'ü', Buffer.from('bytes'), 'x'.repeat(255), 'x'.repeat(256), '127.0.0.1', 1];
const bools = [true, false, 1, null, 'x'];

/** Options that are more than a value of one type. */
const special: Record<string, readonly unknown[]> = {
  verbosity: [null, 'allSubs', 'allSubsUnsubs', 'else', 1],
  tcpAcceptFilter: [null, '127.0.0.1', '10.0.0.0/8', '::1', 1],
  socksProxy: [null, '', 'localhost:1080', 1],
};

/** Every accessor of every class: its default, and what each value gives. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  // What is read before and after is the same for all, so once is enough of what all have.
  for (const name of classNames) {
    for (const accessor of accessorsOf(zmq, name)) await observeAccessor(zmq, notes, name, accessor);
  }
  await observeContext(zmq, notes);
}

async function observeAccessor(
  zmq: Zmq,
  notes: Notes,
  name: (typeof classNames)[number],
  accessor: string,
): Promise<void> {
  const socket = open(zmq, name, { linger: 0 });
  await notes.outcome(`${name}.${accessor}`, () => socket[accessor]);
  for (const value of valuesFor(socket, accessor)) {
    await notes.outcome(`${name}.${accessor} = ${show(value)}`, () => {
      (socket as Record<string, unknown>)[accessor] = value;
      return read(socket, accessor);
    });
  }
  socket.close();
  await notes.outcome(`${name}.${accessor} when closed`, () => socket[accessor]);
}

async function observeContext(zmq: Zmq, notes: Notes): Promise<void> {
  const make = (): Record<string, unknown> => new zmq.Context() as unknown as Record<string, unknown>;
  for (const accessor of Object.getOwnPropertyNames(zmq.Context.prototype).filter((each) => each !== 'constructor')) {
    if (accessor.endsWith('Option')) continue;
    const value = make()[accessor];
    notes.note(`Context.${accessor}`, value);
    for (const given of typeof value === 'boolean' ? bools : ints) {
      await notes.outcome(`Context.${accessor} = ${show(given)}`, () => {
        const context = make();
        context[accessor] = given;
        return context[accessor];
      });
    }
  }
}

/** What all classes have is looked at on one of them. */
function accessorsOf(zmq: Zmq, name: (typeof classNames)[number]): string[] {
  const prototypes: object[] = name === 'Dealer' ? [zmq[name].prototype, zmq.Socket.prototype] : [zmq[name].prototype];
  const names = prototypes.flatMap((prototype) =>
    Object.getOwnPropertyNames(prototype).filter((key) => isAccessor(prototype, key)),
  );
  // Objects, and not options.
  return names.filter((each) => each !== 'events' && each !== 'context' && each !== 'socksProxy').sort();
}

function isAccessor(prototype: object, key: string): boolean {
  return !('value' in Object.getOwnPropertyDescriptor(prototype, key)!);
}

function valuesFor(socket: Loose, accessor: string): readonly unknown[] {
  if (accessor in special) return special[accessor]!;
  const value = read(socket, accessor);
  if (typeof value === 'number') return ints;
  if (typeof value === 'boolean') return bools;
  return value === null ? texts : [...new Set([...bools, ...texts])];
}

function read(socket: Loose, accessor: string): unknown {
  try {
    return socket[accessor];
  } catch (error) {
    return error;
  }
}

function show(value: unknown): string {
  if (Buffer.isBuffer(value)) return `bytes ${value.toString()}`;
  return typeof value === 'string'
    ? JSON.stringify(value.length > 20 ? `${value.length} of ${value[0]}` : value)
    : String(value);
}
