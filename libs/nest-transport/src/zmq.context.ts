import { BaseRpcContext } from '@nestjs/microservices';
import type { ZmqHeaders } from './packet/metadata.codec.js';
import { ZmqCancellation } from './zmq.cancellation.js';
import { userIdOf, type ZmqPeer } from './zmq.peer.js';

type ZmqContextArgs = [peer: ZmqPeer, pattern: string, metadata: ZmqHeaders | undefined];

/**
 * What `@Ctx()` gives to a handler of a call, an event or a task.
 *
 * `getArgs()` is `[peer, pattern, headers]`.
 */
export class ZmqContext extends BaseRpcContext<ZmqContextArgs> {
  readonly #cancellation: ZmqCancellation;

  /** @param cancellation held by the transport, which cancels the work through it */
  constructor(
    pattern: string,
    peer: ZmqPeer,
    headers?: ZmqHeaders,
    cancellation: ZmqCancellation = new ZmqCancellation(),
  ) {
    super([peer, pattern, headers]);
    this.#cancellation = cancellation;
  }

  /** The name as it came: the pattern of the call, the topic of the event, the task's name. */
  getPattern(): string {
    return this.args[1];
  }

  /** What the client attached to the packet (Nest's dispatch hook, a `ZmqRecord`), if anything. */
  getMetadata(): ZmqHeaders | undefined {
    return this.args[2];
  }

  /** The same as `getMetadata()`, and an empty object when there is nothing. */
  getHeaders(): ZmqHeaders {
    return this.args[2] ?? {};
  }

  /** Who sent it: the connection, not the person. Behind a proxy it is the proxy. */
  getPeer(): ZmqPeer {
    return this.args[0];
  }

  /**
   * Who the sender has proved to be (option `security`): the user id that the application's authenticator gave it, by
   * default the user name of PLAIN or the public key of CURVE. `undefined` when nobody has vouched for it.
   */
  getUserId(): string | undefined {
    return userIdOf(this.getPeer());
  }

  /**
   * What is left of the call's deadline, in ms; 0 when it has passed, `undefined` when it has none. For the calls that the
   * handler makes in its turn: `new ZmqRecordBuilder(data).setDeadline(context.getRemainingTime() ?? 5_000)`.
   */
  getRemainingTime(): number | undefined {
    return this.#cancellation.remainingMs;
  }

  /**
   * Aborts when nobody wants the result any more: the caller unsubscribed, its
   * deadline passed, its connection was lost, or this server had to close.
   */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }
}
