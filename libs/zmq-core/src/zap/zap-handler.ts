import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { ContextCore } from '../socket/context-core.js';
import { SocketCore } from '../socket/socket-core.js';
import type { Outcome } from './admission.js';
import { decodeRequest, encodeReply, type ReceivedRequest, ZAP_ADDRESS } from './zap-message.js';

const ENDPOINT = `inproc://${ZAP_ADDRESS}`;

/** Decides about one request, and calls `give` once, at once or later. */
export type Decide = (request: ReceivedRequest, give: (outcome: Outcome) => void) => void;

/**
 * The ZAP handler of a context: a ROUTER, so that it takes requests while it thinks about
 * others. It does not keep the process alive, as a socket that waits would.
 */
export class ZapHandler {
  readonly #socket: SocketCore;
  readonly #decide: Decide;
  readonly #stopWatching: () => void;

  /**
   * Throws EADDRINUSE when the context has a handler already.
   * @param ended it was closed, perhaps with its context
   */
  constructor(context: ContextCore, decide: Decide, ended: () => void) {
    this.#decide = decide;
    this.#socket = openOn(context);
    this.#stopWatching = this.#socket.watchers.add(() => this.#takeAll());
    this.#socket.events.observe(({ type }) => {
      if (type === 'end') ended();
    });
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  /** Idempotent. */
  close(): void {
    this.#stopWatching();
    this.#socket.close();
  }

  #takeAll(): void {
    const { receiver } = this.#socket;
    while (this.#socket.usable) {
      const message = receiver.tryReceive();
      if (message === undefined) return;
      this.#take(message);
    }
  }

  #take(message: Multipart): void {
    const request = decodeRequest(message);
    // Not of a server of ours. Without a reply the handshake ends at its limit.
    if (request === undefined) return;
    this.#decide(request, (outcome) => this.#reply(request, outcome));
  }

  #reply(request: ReceivedRequest, outcome: Outcome): void {
    if (!this.#socket.usable) return;
    const reply =
      outcome.status === 200
        ? { ...outcome, text: 'OK' }
        : { status: outcome.status, text: outcome.reason, userId: '', properties: [] };
    // Whoever asked may be gone meanwhile: then it is dropped.
    this.#socket.sender.trySend(encodeReply(request, reply), undefined);
  }
}

function openOn(context: ContextCore): SocketCore {
  const socket = new SocketCore(context, 'ROUTER');
  // Nobody waits for a reply when the process ends.
  socket.options.linger = 0;
  try {
    socket.bindSync(ENDPOINT);
    return socket;
  } catch (error) {
    socket.close();
    if (!(error instanceof ZmqError) || error.code !== 'EADDRINUSE') throw error;
    throw new ZmqError(
      'EADDRINUSE',
      `the context has a ZAP handler already, a socket bound to ${ENDPOINT}; close it first, or use another context`,
      { address: ENDPOINT, cause: error },
    );
  }
}
