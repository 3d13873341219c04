import { type SocketTypeName, socketTypes } from '../foundation/socket-type.js';
import type { MechanismName } from '../mechanism/mechanism.js';
import type { ReadOnlyOptionName } from './option-table.js';
import type { SocketCore } from './socket-core.js';

/** libzmq calls these thread-safe, for they have no message of several parts. */
const threadSafe: readonly SocketTypeName[] = [
  'SERVER',
  'CLIENT',
  'RADIO',
  'DISH',
  'GATHER',
  'SCATTER',
  'PEER',
  'CHANNEL',
];

/** The names of zeromq.js. */
const shown = { NULL: null, PLAIN: 'plain', CURVE: 'curve' } as const satisfies Record<MechanismName, string | null>;

/** What a socket tells of itself, by the option's name. */
export const readOnlyOptions = {
  type: (core: SocketCore): number => socketTypes[core.type].id,
  lastEndpoint: (core: SocketCore): string | null => core.endpoints.last,
  /** What is bound or connected next speaks; `null`: NULL. */
  securityMechanism: (core: SocketCore): 'plain' | 'curve' | null => shown[core.security.mechanism],
  threadSafe: (core: SocketCore): boolean => threadSafe.includes(core.type),
  topicsCount: (core: SocketCore): number => core.pattern.topicsCount ?? 0,
} as const satisfies Record<ReadOnlyOptionName, (core: SocketCore) => unknown>;

export type ReadOnlyOptionValue<Name extends ReadOnlyOptionName> = ReturnType<(typeof readOnlyOptions)[Name]>;
