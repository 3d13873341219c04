import type { ZmqHeaders } from '../packet/metadata.codec.js';
import type { ZmqCancellation } from '../zmq.cancellation.js';
import { ZmqContext } from '../zmq.context.js';
import type { ZmqPeer } from '../zmq.peer.js';

/**
 * What `@Ctx()` gives to an `@OnTask` method: a `ZmqContext` that also knows which attempt this is. Each attempt gets its
 * own. `getPattern()` is the task's name; `signal` aborts when the application stops and the grace period is over, or when
 * the task's deadline has passed.
 */
export class ZmqTaskContext extends ZmqContext {
  readonly #attempt: number;

  constructor(
    task: string,
    peer: ZmqPeer,
    headers: ZmqHeaders | undefined,
    cancellation: ZmqCancellation,
    attempt: number,
  ) {
    super(task, peer, headers, cancellation);
    this.#attempt = attempt;
  }

  /** 1 for the first run of the task, 2 for the first retry, … */
  getAttempt(): number {
    return this.#attempt;
  }

  /** The headers that came with the task, and `':attempt'`, the same number as `getAttempt()`. */
  override getMetadata(): ZmqHeaders {
    return { ...this.getHeaders(), ':attempt': String(this.#attempt) };
  }
}
