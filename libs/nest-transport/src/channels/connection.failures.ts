import type { Observer } from '@nest-zmq/core';

const FAILURES = [
  'close',
  'connect:retry',
  'disconnect',
  'handshake:error:protocol',
  'handshake:error:auth',
  'handshake:error:other',
] as const;

/** Remembers why the last attempt to connect failed, for the error of who waits in vain. */
export class ConnectionFailures {
  #last: unknown;

  constructor(events: Observer) {
    for (const type of FAILURES) {
      // Exactly one event of a failure carries the reason.
      events.on(type, ({ reason }) => {
        if (reason !== undefined) this.#last = reason;
      });
    }
  }

  get last(): unknown {
    return this.#last;
  }
}
