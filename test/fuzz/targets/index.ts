import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { keptSessions } from '../corpus.js';
import type { Session } from '../mutator.js';
import type { Target } from '../target.js';
import { connectionTargets } from './connections.js';
import { packetTargets } from './packets.js';
import { socketTargets } from './sockets.js';

const kept = new Map<string, readonly Session[]>();

function extra(kind: string): readonly Session[] {
  let sessions = kept.get(kind);
  if (sessions === undefined) kept.set(kind, (sessions = keptSessions(kind)));
  return sessions;
}

/** All that takes bytes of peers. */
export function allTargets(): Target[] {
  const connections = connectionTargets(extra);
  const sessionsOf = (type: SocketTypeName): readonly Session[] =>
    connections.find(({ name }) => name === `zmtp ${type}`)!.corpus;
  return [...connections, ...packetTargets(extra), ...socketTargets(sessionsOf)];
}
