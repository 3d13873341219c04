import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { keptSessions } from '../corpus.js';
import type { Session } from '../mutator.js';
import type { Target } from '../target.js';
import { connectionTargets } from './connections.js';
import { packetTargets } from './packets.js';
import { sealedTarget } from './sealed.js';
import { securedTargets } from './secured.js';
import { socketTargets } from './sockets.js';
import { textTargets } from './texts.js';

const kept = new Map<string, readonly Session[]>();

function extra(kind: string): readonly Session[] {
  let sessions = kept.get(kind);
  if (sessions === undefined) kept.set(kind, (sessions = keptSessions(kind)));
  return sessions;
}

/** All that takes bytes of peers. */
export async function allTargets(): Promise<Target[]> {
  const connections = connectionTargets(extra);
  const sessionsOf = (type: SocketTypeName): readonly Session[] =>
    connections.find(({ name }) => name === `zmtp ${type}`)!.corpus;
  return [
    ...connections,
    ...(await securedTargets(extra)),
    await sealedTarget(),
    ...textTargets(),
    ...packetTargets(extra),
    ...socketTargets(sessionsOf),
  ];
}
