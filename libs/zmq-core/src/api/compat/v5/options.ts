import type { OptionAccessor } from '../option-accessors.js';
import type { Socket } from '../socket.js';
import { socketAccessors } from '../socket-options.js';
import { Subscriber, type XPublisher } from '../sockets.js';
import { typeAccessors } from '../type-options.js';

export type OptionValue = string | number | boolean | null;

/** The options that were properties of a socket. */
export const shortOptions = {
  _fd: 14,
  _ioevents: 15,
  _receiveMore: 13,
  _subscribe: 6,
  _unsubscribe: 7,
  affinity: 4,
  backlog: 19,
  identity: 5,
  linger: 17,
  rate: 8,
  rcvbuf: 12,
  last_endpoint: 32,
  reconnect_ivl: 18,
  recovery_ivl: 9,
  sndbuf: 11,
  mechanism: 43,
  plain_server: 44,
  plain_username: 45,
  plain_password: 46,
  curve_server: 47,
  curve_publickey: 48,
  curve_secretkey: 49,
  curve_serverkey: 50,
  zap_domain: 55,
  heartbeat_ivl: 75,
  heartbeat_ttl: 76,
  heartbeat_timeout: 77,
  connect_timeout: 79,
};
export type ShortOption = keyof typeof shortOptions;

/** Those that had a number only. Later options are unknown here, as they were then. */
const others: readonly number[] = [16, 21, 22, 23, 24, 25, 27, 28, 33, 34, 35, 36, 37, 38, 39, 42, 56];

const known = new Set<number>([...Object.values(shortOptions), ...others]);

/** What they are today, by number. */
const accessors: ReadonlyMap<number, OptionAccessor> = new Map(
  [...socketAccessors, ...typeAccessors].filter(({ id }) => known.has(id)).map((accessor) => [accessor.id, accessor]),
);

interface Special {
  read?(this: void, socket: Socket): OptionValue;
  write?(this: void, socket: Socket, value: never): void;
}

/** What is more, or less, than the property of today. */
const specials: Readonly<Record<number, Special>> = {
  6: { write: (socket, topic: string) => subscriberOf(socket).subscribe(topic) },
  7: { write: (socket, topic: string) => subscriberOf(socket).unsubscribe(topic) },
  13: { read: () => unsupported('ZMQ_RCVMORE') },
  14: { read: () => unsupported('ZMQ_FD') },
  15: { read: ({ readable, writable }) => Number(readable) + 2 * Number(writable) },
  31: { read: ({ ipv6 }) => !ipv6, write: (socket, value) => void (socket.ipv6 = !value) },
  38: { read: unknownOption },
  40: {
    read: () => {
      throw new Error('Reading ZMQ_XPUB_VERBOSE is not supported');
    },
    write: (socket, value) => void ((socket as XPublisher).verbosity = value ? 'allSubs' : null),
  },
  41: { read: () => unsupported('ZMQ_ROUTER_RAW'), write: () => unsupported('ZMQ_ROUTER_RAW') },
  43: { read: ({ securityMechanism }) => [null, 'plain', 'curve', 'gssapi'].indexOf(securityMechanism) },
};

export function writeOption(socket: Socket, option: number | ShortOption, value: unknown): void {
  const { special, accessor } = find(option);
  if (special?.write !== undefined) special.write(socket, value as never);
  else if (accessor === undefined || accessor.access === 'read-only') unknownOption();
  else (socket as unknown as Properties)[accessor.name] = accessor.type === 'Bool' ? Boolean(value) : value;
}

/** Switches are 0 or 1. */
export function readOption(socket: Socket, option: number | ShortOption): OptionValue {
  const { special, accessor } = find(option);
  if (special?.read !== undefined) return special.read(socket);
  if (accessor === undefined || accessor.access === 'write-only') return unknownOption();
  const value = (socket as unknown as Properties)[accessor.name] as OptionValue;
  return accessor.type === 'Bool' ? Number(Boolean(value)) : value;
}

type Properties = Record<string, unknown>;

function find(option: number | ShortOption): { special: Special | undefined; accessor: OptionAccessor | undefined } {
  const id = typeof option === 'number' ? option : shortOptions[option];
  return { special: specials[id], accessor: accessors.get(id) };
}

export function subscriberOf(socket: Socket): Subscriber {
  if (socket instanceof Subscriber) return socket;
  throw new Error('Subscriber socket required');
}

function unknownOption(): never {
  throw new Error('Unknown option');
}

function unsupported(name: string): never {
  throw new Error(`${name} is not supported in compatibility mode`);
}
