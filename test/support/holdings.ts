import { stats } from '@nest-zmq/core';
import { existsSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nextTurn } from './raw-peer.js';

/** What a process holds of the system's things and of ours. */
export interface Holdings {
  /** Open descriptors; 0 where the system does not show them. */
  readonly descriptors: number;
  /** What keeps the event loop alive, by kind. Handles of sockets do not. */
  readonly resources: Readonly<Record<string, number>>;
  /** Timers of this realm that are set, also those that do not keep the event loop alive. Of timers of a clock that is moved ask the clock. */
  readonly timers: number;
  readonly sockets: number;
  readonly connections: number;
  readonly handshakes: number;
}

/** Where Linux lists what is open. */
const DESCRIPTORS = '/proc/self/fd';
/** Of the test runner and of Node itself: they come and go. Timers are counted otherwise. */
const NOT_OURS: ReadonlySet<string> = new Set(['Timeout', 'Immediate', 'FSReqCallback', 'FSReqPromise', 'PipeWrap', 'TTYWrap', 'MessagePort', 'CloseReq']); // prettier-ignore
const PATIENCE_MS = 5_000;
const PATIENCE_WITH_TIMERS_MS = 200;

/**
 * Node shows only timers that keep the event loop alive, and those of sockets do not; so they
 * are counted where they are set. The test runner had its own functions before.
 */
const timers = new Set<unknown>();
countTimers();

function countTimers(): void {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const once = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer: NodeJS.Timeout = setTimeout(() => {
      timers.delete(timer);
      callback(...args);
    }, ms);
    timers.add(timer);
    return timer;
  };
  const again = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer = setInterval(callback, ms, ...args);
    timers.add(timer);
    return timer;
  };
  const clear = (timer?: Parameters<typeof clearTimeout>[0]): void => {
    timers.delete(timer);
    clearTimeout(timer);
  };
  const stop = (timer?: Parameters<typeof clearInterval>[0]): void => {
    timers.delete(timer);
    clearInterval(timer);
  };
  Object.assign(globalThis, {
    setTimeout: Object.defineProperties(once, Object.getOwnPropertyDescriptors(setTimeout)),
    setInterval: Object.defineProperties(again, Object.getOwnPropertyDescriptors(setInterval)),
    clearTimeout: clear,
    clearInterval: stop,
  });
}

export function holdings(): Holdings {
  const { sockets, connections, handshakes } = stats();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (!NOT_OURS.has(kind)) resources[kind] = (resources[kind] ?? 0) + 1;
  }
  const descriptors = existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS).length : 0;
  return { descriptors, resources, timers: timers.size, sockets, connections, handshakes };
}

/** Resolves when the process holds no more than it did. Throws what is left, if anything stays. */
export async function untilGivenBack(before: Holdings): Promise<void> {
  await untilNone(PATIENCE_MS, () => excess(holdings(), before));
  // What they were for is gone: they are to be cancelled, not to fire for nothing some time.
  await untilNone(PATIENCE_WITH_TIMERS_MS, () =>
    timers.size > before.timers ? [`${timers.size - before.timers} timers`] : [],
  );
}

async function untilNone(patienceMs: number, left: () => readonly string[]): Promise<void> {
  const until = performance.now() + patienceMs;
  for (let found = left(); found.length > 0; found = left()) {
    if (performance.now() > until) throw new Error(`not given back: ${found.join(', ')}`);
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

/** The same when all is over: some of it is held until the collector has run once, and what that lets go is taken the next time. */
export async function bytesAtRest(): Promise<number> {
  await nextTurn();
  usedBytes();
  await nextTurn();
  return usedBytes();
}
