import { noThreads } from './option-presets.js';
import type { OptionKinds, ValueRow } from './option-row.js';

/**
 * Every option of a context, as `option-table.ts` has those of a socket. The
 * accessors of `Context` and the check of a value come from here, and
 * `docs/options.md` is read against it.
 */
export interface ContextOptionRow extends ValueRow {
  /** libzmq's number. It reads SOCKET_LIMIT and writes THREAD_PRIORITY under the same one. */
  readonly id: number;
  readonly zmq: string;
  readonly unit?: string;
  readonly access?: 'read-only' | 'write-only';
}

export const contextOptionTable = {
  ioThreads: { id: 1, zmq: 'IO_THREADS', kind: 'int', min: 0, initial: 1, unit: 'threads', effect: noThreads },
  maxSockets: { id: 2, zmq: 'MAX_SOCKETS', kind: 'int', min: 1, initial: 1023, unit: 'sockets' },
  maxSocketsLimit: { id: 3, zmq: 'SOCKET_LIMIT', kind: 'int', initial: 65535, unit: 'sockets', access: 'read-only' },
  maxMessageSize: { id: 5, zmq: 'MAX_MSGSZ', kind: 'int', min: 0, initial: 2147483647, unit: 'bytes' },
  ipv6: { id: 42, zmq: 'IPV6', kind: 'bool', initial: false },
  blocky: { id: 70, zmq: 'BLOCKY', kind: 'bool', initial: true },
  threadPriority: {
    id: 3,
    zmq: 'THREAD_PRIORITY',
    kind: 'int',
    min: 0,
    initial: -1,
    access: 'write-only',
    effect: noThreads,
  },
  threadSchedulingPolicy: {
    id: 4,
    zmq: 'THREAD_SCHED_POLICY',
    kind: 'int',
    min: 0,
    initial: -1,
    access: 'write-only',
    effect: noThreads,
  },
} as const satisfies Record<string, ContextOptionRow>;

type Table = typeof contextOptionTable;
export type ContextOptionName = keyof Table;
export type ReadOnlyContextOptionName = {
  [Name in ContextOptionName]: Table[Name] extends { access: 'read-only' } ? Name : never;
}[ContextOptionName];

export type ContextOptionValues = { [Name in ContextOptionName]: OptionKinds[Table[Name]['kind']] };

export const contextOptionNames = Object.keys(contextOptionTable) as ContextOptionName[];

export function contextRowOf(name: ContextOptionName): ContextOptionRow {
  return contextOptionTable[name];
}

export function defaultContextOptions(): ContextOptionValues {
  return Object.fromEntries(
    contextOptionNames.map((name) => [name, contextOptionTable[name].initial]),
  ) as unknown as ContextOptionValues;
}
