import type { SocketTypeName } from '../foundation/socket-type.js';
import type { OptionEffect } from './option-row.js';

/* What many rows of the option tables have in common. */

export const everySocket = [
  'PAIR',
  'PUB',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'PUSH',
  'XPUB',
  'XSUB',
  'STREAM',
  'SERVER',
  'CLIENT',
  'RADIO',
  'DISH',
  'GATHER',
  'SCATTER',
  'PEER',
  'CHANNEL',
] as const satisfies readonly SocketTypeName[];
/** Those that ZMTP 2.0 and 1.0 know. */
export const classic = [
  'PAIR',
  'PUB',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'PUSH',
  'XPUB',
  'XSUB',
] as const satisfies readonly SocketTypeName[];
export const sending = [
  'PAIR',
  'PUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PUSH',
  'XPUB',
  'XSUB',
  'STREAM',
  'SERVER',
  'CLIENT',
  'RADIO',
  'SCATTER',
  'PEER',
  'CHANNEL',
] as const satisfies readonly SocketTypeName[];
export const receiving = [
  'PAIR',
  'SUB',
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PULL',
  'XPUB',
  'XSUB',
  'STREAM',
  'SERVER',
  'CLIENT',
  'DISH',
  'GATHER',
  'PEER',
  'CHANNEL',
] as const satisfies readonly SocketTypeName[];

// Types with their usual range, and where they are.
export const int = { kind: 'int', on: everySocket } as const;
export const bool = { kind: 'bool', initial: false, on: everySocket } as const;
/** Write-only, and counts at once. */
export const flag = { ...bool, live: true, access: 'write-only' } as const;
export const text = { kind: 'text', initial: null, min: 1, max: 255, on: everySocket } as const;
export const bytes = { kind: 'bytes', initial: null, access: 'write-only' } as const;
export const ms = { ...int, unit: 'ms', min: 0 } as const;
/** -1 = without end. */
export const msOrEver = { ...ms, min: -1, initial: -1 } as const;
/** 0 = none. */
export const mark = { ...int, unit: 'messages', min: 0, initial: 1000, live: true } as const;
export const markBytes = { ...int, unit: 'bytes', min: 0, max: Number.MAX_SAFE_INTEGER, initial: 0 } as const;
/** -1 = the system's. */
export const system = { ...int, min: -1, initial: -1 } as const;
export const key = { kind: 'key', initial: null, on: everySocket } as const;
export const osId = { kind: 'id', initial: null, on: everySocket, access: 'write-only' } as const;

// Why some have no effect, or are refused.
export const hidden = { kind: 'none', reason: 'Node.js does not show this setting of the system' } as const;
export const noMulticast = { kind: 'none', reason: 'there is no multicast transport' } as const;
export const noThreads = {
  kind: 'none',
  reason: 'there are no I/O threads, all sockets share the event loop',
} as const;
export const chunks = { kind: 'none', reason: 'Node.js decides how much it reads at once (64 KiB)' } as const;
export const noVmci = { kind: 'refused', reason: 'there is no VMCI transport' } as const;
export const noDevice = {
  kind: 'refused',
  reason: 'Node.js cannot bind to a device, and other traffic must not pass silently; bind to its address',
} as const;
export const noFd = {
  kind: 'refused',
  reason: 'Node.js cannot take over a descriptor here; bind or connect instead',
} as const;
export const noCredentials = {
  kind: 'refused',
  reason: "Node.js does not show who connects over ipc, and nobody must pass unchecked; use the file's permissions",
} as const satisfies OptionEffect;

export const vmciSize = { ...int, min: 0, unit: 'bytes', effect: noVmci } as const;
