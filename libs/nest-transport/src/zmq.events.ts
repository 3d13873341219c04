import type { ErrorLog } from './error.log.js';
import { ObserverGuard } from './observer.guard.js';
import type { PeerLossReason } from './zmq.errors.js';
import type { ZmqPeer } from './zmq.peer.js';

/** Endpoints as they became: wildcard ports resolved. What `app.listen()` resolves with. */
export interface ZmqListenInfo {
  readonly calls: readonly string[];
  readonly events: readonly string[];
}

/** Events of `server.on(…)`. A type and not an interface, as Nest's base class wants it. */
export type ZmqServerEvents = {
  /** All endpoints are open. */
  listening: (info: ZmqListenInfo) => void;
  /** A client's handshake is done. */
  connect: (peer: ZmqPeer) => void;
  /** A client's connection ended. */
  disconnect: (peer: ZmqPeer, reason: PeerLossReason) => void;
  /** `close()` began; clients are asked to send no new calls. */
  drain: () => void;
  /** All sockets are closed. */
  close: () => void;
};

/** Events of `client.on(…)`. Servers are those of its calls; of a client without an endpoint for calls, its subscribers. */
export type ZmqClientEvents = {
  /** A server's handshake is done. */
  connect: (peer: ZmqPeer) => void;
  /** A server's connection ended; it is dialled again. */
  disconnect: (peer: ZmqPeer, reason: PeerLossReason) => void;
  /** A server closes and gets no new calls. */
  drain: (peer: ZmqPeer) => void;
  /** An endpoint could not be opened. */
  error: (error: unknown) => void;
};

type Listener<TEvents, TName extends keyof TEvents> = TEvents[TName] extends (...args: infer A) => void ? A : never;

/**
 * Listeners of a server or client. They are kept until `close()`, so that they can
 * be added before it is connected. One that throws, or rejects, is logged and disturbs nobody.
 */
export class ZmqListeners<TEvents extends Record<string, unknown>> {
  readonly #guard: ObserverGuard;
  #listeners = new Map<keyof TEvents, ((...args: never[]) => void)[]>();

  constructor(errors: ErrorLog) {
    this.#guard = new ObserverGuard(errors);
  }

  on<TName extends keyof TEvents>(name: TName, listener: TEvents[TName]): void {
    const list = this.#listeners.get(name);
    const added = listener as (...args: never[]) => void;
    if (list === undefined) this.#listeners.set(name, [added]);
    else list.push(added);
  }

  emit<TName extends keyof TEvents>(name: TName, ...args: Listener<TEvents, TName>): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      this.#guard.call(`a listener of '${String(name)}'`, () =>
        (listener as (...args: unknown[]) => unknown)(...(args as unknown[])),
      );
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
