import type { SocketTypeName } from '../../../libs/zmq-core/src/foundation/socket-type.js';
import { foundSessions, keptSessions } from '../corpus.js';
import type { Session } from '../mutator.js';
import type { Target } from '../target.js';
import { connectionTargets } from './connections.js';
import { packetTargets } from './packets.js';
import { sealedTargets } from './sealed.js';
import { securedTargets } from './secured.js';
import { socketTargets } from './sockets.js';
import { textTargets } from './texts.js';
import { zapTargets } from './zap.js';

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
  const targets = [
    ...connections,
    ...(await securedTargets()),
    ...(await sealedTargets()),
    ...textTargets(),
    ...packetTargets(extra),
    ...socketTargets(sessionsOf),
    ...zapTargets(),
  ];
  return targets.map(withFindings);
}

/** What broke it once is tried with the rest, and mutated. */
function withFindings(target: Target): Target {
  const found = foundSessions(target.name);
  return found.length === 0 ? target : Object.assign(target, { corpus: [...target.corpus, ...found] });
}
