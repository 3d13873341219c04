import { keepSession, keptSession, keptSessions } from '../corpus.js';
import type { Session } from '../mutator.js';
import type { Target } from '../target.js';
import { ConnectionTarget } from './connection-target.js';
import { record } from './record.js';
import { fixedKeys, securedSides, type SecuredSide } from './secured-sides.js';

/** What the good peer of a side says, by the name under which it is kept: the peer's role and type. */
function fileOf({ role, peerType }: SecuredSide): string {
  return `${role === 'server' ? 'client' : 'server'}-${peerType}`;
}

export function recordSession({ create, createPeer, type, peerType, decide }: SecuredSide): Session {
  return record(create(), createPeer(), peerType, type, decide);
}

export function keptSessionOf(side: SecuredSide): Session | undefined {
  return keptSession(side.mechanism, fileOf(side));
}

export function targetOf(side: SecuredSide, corpus: readonly Session[]): ConnectionTarget {
  const { mechanism, role, type, create, decide } = side;
  const guard = { user: role === 'server' ? 'joe' : 'nobody', decide } as const;
  return new ConnectionTarget(`${mechanism} ${role} ${type}`, type, corpus, create, guard);
}

/** Records them all anew, as `--record` asks for. Gives the files. */
export async function keepSessions(): Promise<string[]> {
  return securedSides(await fixedKeys()).map((side) => {
    const who = `what a ${side.peerType} says that is a ${side.role === 'server' ? 'client' : 'server'}`;
    const remark = `${side.mechanism.toUpperCase()}: ${who}, to a ${side.type}. Recorded by npm run test:fuzz -- --record`;
    return keepSession(side.mechanism, fileOf(side), remark, recordSession(side));
  });
}

/** Each mechanism, in each of its roles, with the sessions that are kept. */
export async function securedTargets(): Promise<Target[]> {
  const sides = securedSides(await fixedKeys());
  return sides.map((side) => {
    const good = keptSessionOf(side) ?? recordSession(side);
    // NULL is what every other session is in.
    return targetOf(side, [good, ...(side.mechanism === 'null' ? keptSessions('zmtp') : [])]);
  });
}
