import { stats } from '@nest-zmq/core';
import { existsSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nextTurn } from './raw-peer.js';

/** What a process holds of the system's things and of ours. */
export interface Holdings {
  /** Open descriptors; 0 where the system does not show them. */
  readonly descriptors: number;
  /** What keeps the event loop alive, by kind. Handles and timers of sockets do not; of timers ask the clock. */
  readonly resources: Readonly<Record<string, number>>;
  readonly sockets: number;
  readonly connections: number;
  readonly handshakes: number;
}

/** Where Linux lists what is open. */
const DESCRIPTORS = '/proc/self/fd';
/** Of the test runner and of Node itself: they come and go. */
const NOT_OURS: ReadonlySet<string> = new Set(['Timeout', 'Immediate', 'FSReqCallback', 'FSReqPromise', 'PipeWrap', 'TTYWrap', 'MessagePort', 'CloseReq']); // prettier-ignore
const PATIENCE_MS = 5_000;

export function holdings(): Holdings {
  const { sockets, connections, handshakes } = stats();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (!NOT_OURS.has(kind)) resources[kind] = (resources[kind] ?? 0) + 1;
  }
  const descriptors = existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS).length : 0;
  return { descriptors, resources, sockets, connections, handshakes };
}

/** Resolves when the process holds no more than it did. Throws what is left, if anything stays. */
export async function untilGivenBack(before: Holdings): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = excess(holdings(), before);
    if (left.length === 0) return;
    if (performance.now() > until) throw new Error(`not given back: ${left.join(', ')}`);
    await nextTurn();
  }
}

function excess(now: Holdings, before: Holdings): string[] {
  const found: string[] = [];
  const compare = (what: string, is: number, was: number): void => {
    if (is > was) found.push(`${is - was} ${what}`);
  };
  compare('descriptors', now.descriptors, before.descriptors);
  compare('sockets', now.sockets, before.sockets);
  compare('connections', now.connections, before.connections);
  compare('handshakes', now.handshakes, before.handshakes);
  for (const [kind, count] of Object.entries(now.resources)) compare(kind, count, before.resources[kind] ?? 0);
  return found;
}

let collect: (() => void) | undefined;

/** Bytes that the process needs for what it refers to: objects, and memory outside of the heap. */
export function usedBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
