import { ZmqError } from '../foundation/errors.js';
import type { SocketCore } from '../socket/socket-core.js';
import type { Socket } from './socket.js';

/** What a poller waits for with one item. */
export interface PollEvents {
  /** Something can be received or read without waiting. Default false. */
  readonly readable?: boolean;
  /** Something can be sent or written without waiting. Default false. */
  readonly writable?: boolean;
}

/** A stream of Node: of `node:stream`, `node:net`, `node:fs`, … */
export type PollableStream = NodeJS.ReadableStream | NodeJS.WritableStream;

/** What a poller takes. */
export type Pollable = Socket | PollableStream;

/** How an item is now. */
export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly error?: Error;
}

/** What a poller needs of an item, whatever it is. */
export interface Polled {
  /** How it is now, of what is asked for; `undefined` when it is nothing of that. */
  readiness(events: PollEvents): Readiness | undefined;
  /** Calls back when it may have become something else. @returns ends it */
  watch(changed: () => void): () => void;
  /** It is polled no more. */
  release(): void;
}

export class PolledSocket implements Polled {
  readonly #core: SocketCore;

  constructor(core: SocketCore) {
    this.#core = core;
  }

  readiness({ readable = false, writable = false }: PollEvents): Readiness | undefined {
    const core = this.#core;
    const error = refusalOf(core);
    if (error !== undefined) return { readable: false, writable: false, error };
    return readinessOf(readable && core.receiver.readable, writable && core.sender.writable);
  }

  watch(changed: () => void): () => void {
    return this.#core.watchers.add(changed);
  }

  release(): void {}
}

export function readinessOf(readable: boolean, writable: boolean): Readiness | undefined {
  return readable || writable ? { readable, writable } : undefined;
}

/** Why the socket cannot be used any more. */
function refusalOf(core: SocketCore): ZmqError | undefined {
  try {
    core.assertOpen();
    return undefined;
  } catch (error) {
    return error as ZmqError;
  }
}
