import { ZmqError } from '../../foundation/errors.js';
import { Proxy as InnerProxy } from '../proxy.js';
import { coreOf, type Socket as InnerSocket } from '../socket.js';
import { checkCount, checkObject } from './arguments.js';
import { asNpmError, attempt, rejectAsNpm } from './failure.js';
import { innerOf } from './inner-socket.js';
import type { Socket } from './socket.js';

/**
 * Passes all messages of one socket on to another, and back: ROUTER and DEALER make a
 * shared queue, XSUB and XPUB a forwarder, PULL and PUSH a streamer.
 */
export class Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  readonly #frontEnd: F;
  readonly #backEnd: B;
  readonly #inner: InnerProxy;

  constructor(frontEnd: F, backEnd: B);
  constructor(frontEnd: F, backEnd: B, ...extra: readonly unknown[]) {
    checkObject(frontEnd, 'Front-end must be a socket object');
    checkObject(backEnd, 'Back-end must be a socket object');
    checkCount(2, extra);
    this.#frontEnd = frontEnd;
    this.#backEnd = backEnd;
    this.#inner = new InnerProxy(innerOf(frontEnd), innerOf(backEnd));
  }

  get frontEnd(): F {
    return this.#frontEnd;
  }

  get backEnd(): B {
    return this.#backEnd;
  }

  /**
   * Passes messages on until `terminate`, then closes both sockets and resolves. Until
   * then they can be used by nobody else: their operations throw EBUSY.
   * @throws EINVAL when one of the two is neither bound nor connected
   */
  run(): Promise<void>;
  run(...extra: readonly unknown[]): Promise<void> {
    checkCount(0, extra);
    assertReachable(this.#inner.frontEnd, 'Front-end');
    assertReachable(this.#inner.backEnd, 'Back-end');
    return attempt(() => this.#inner.run()).catch(rejectAsNpm);
  }

  /** Passes nothing on until `resume`. Throws EBADF when it does not run. */
  pause(): void;
  pause(...extra: readonly unknown[]): void {
    checkCount(0, extra);
    attempt(() => this.#inner.pause());
  }

  /** Goes on after `pause`. Throws EBADF when it does not run. */
  resume(): void;
  resume(...extra: readonly unknown[]): void {
    checkCount(0, extra);
    attempt(() => this.#inner.resume());
  }

  /** Ends it. Throws EBADF when it does not run. */
  terminate(): void;
  terminate(...extra: readonly unknown[]): void {
    checkCount(0, extra);
    attempt(() => this.#inner.terminate());
  }
}

function assertReachable(inner: InnerSocket, what: string): void {
  if (inner.closed || coreOf(inner).endpoints.count === 0)
    throw asNpmError(new ZmqError('EINVAL'), `${what} socket must be bound or connected`);
}
