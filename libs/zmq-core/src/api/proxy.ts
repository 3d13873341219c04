import { ZmqError } from '../foundation/errors.js';
import { ProxyCore, type ProxyCounters } from '../socket/proxy-core.js';
import type { Readable, Writable } from './capabilities.js';
import { coreOf, Socket } from './socket.js';

/** Frames (not messages, as libzmq counts) and their bytes. */
export interface ProxyTraffic {
  readonly frames: number;
  readonly bytes: number;
}

/** What went through a proxy. */
export interface ProxyStatistics {
  readonly frontEnd: { readonly received: ProxyTraffic; readonly sent: ProxyTraffic };
  readonly backEnd: { readonly received: ProxyTraffic; readonly sent: ProxyTraffic };
  /** Messages that one socket had received and the other could not send: to a peer that is gone (`mandatory`), or of a form that its type does not have. */
  readonly dropped: number;
}

export interface ProxyRunOptions {
  /**
   * A socket whose messages steer the proxy, as the control socket of libzmq's
   * `zmq_proxy_steerable`: `PAUSE`, `RESUME`, `TERMINATE`, `STATISTICS`. Statistics are
   * answered by eight frames, each an unsigned 64-bit number in the byte order of the
   * machine: of the front end the frames and bytes received, then those sent, and the same
   * of the back end. A `Reply` answers everything else by an empty message, the others do
   * not. A type that cannot send (`Pull`, `Subscriber`) can steer, but not ask.
   *
   * It is not closed at the end.
   */
  readonly control?: Socket & Readable;
}

const nothing: ProxyCounters = {
  frontEnd: { received: { frames: 0, bytes: 0 }, sent: { frames: 0, bytes: 0 } },
  backEnd: { received: { frames: 0, bytes: 0 }, sent: { frames: 0, bytes: 0 } },
  dropped: 0,
};

/**
 * Passes all messages of one socket on to another, and back (libzmq's `zmq_proxy`).
 * ROUTER and DEALER make a shared queue, XSUB and XPUB a forwarder (subscriptions go up),
 * PULL and PUSH a streamer; both may be the same socket, which then answers itself.
 *
 *     const proxy = new Proxy(new Router(), new Dealer());
 *     await proxy.frontEnd.bind('tcp://*:5555');
 *     await proxy.backEnd.bind('tcp://*:5556');
 *     await proxy.run();
 *
 * Nothing is read from one side that the other has no room for: it waits in the queue of
 * the socket that received it, up to its `receiveHighWaterMark`, and then with the sender.
 * A message that can never be sent (see `ProxyStatistics.dropped`) is dropped; libzmq ends
 * the proxy.
 */
export class Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  readonly frontEnd: F;
  readonly backEnd: B;
  /**
   * Gets a copy of every message, of both directions. As in libzmq the proxy waits for it:
   * while a `Push`, `Pair` or `Dealer` has no peer with room, nothing is passed on (but
   * the proxy can be steered, unlike libzmq's). A `Publisher` never holds it up; its slow
   * subscribers miss what they have no room for.
   */
  readonly capture: (Socket & Writable) | undefined;
  #core: ProxyCore | undefined;

  /** Throws a `TypeError` for what is no socket and for a capture that cannot send, EINVAL for a capture that is one of the two. */
  constructor(frontEnd: F, backEnd: B, capture?: Socket & Writable) {
    if (!(frontEnd instanceof Socket)) throw new TypeError('Front-end must be a socket object');
    if (!(backEnd instanceof Socket)) throw new TypeError('Back-end must be a socket object');
    if (capture !== undefined && !((capture as unknown) instanceof Socket))
      throw new TypeError('Capture must be a socket object');
    if (capture !== undefined && !('send' in capture)) throw new TypeError('Capture must be a socket that can send');
    assertOther(capture, 'capture', [frontEnd, backEnd]);
    this.frontEnd = frontEnd;
    this.backEnd = backEnd;
    this.capture = capture;
  }

  /**
   * Passes messages on until `terminate`, then closes both sockets and resolves. Closing
   * one of its sockets ends it too; when their context is shut down it rejects with ETERM.
   * Until then they can be used by nobody else: all operations throw EBUSY. Keeps the
   * process alive.
   *
   * @throws EINVAL when one of the two is neither bound nor connected, or closed; EBUSY when
   *   one of the sockets is in use: by a pending `send` or `receive`, a sink, another proxy
   */
  run({ control }: ProxyRunOptions = {}): Promise<void> {
    const { frontEnd, backEnd, capture } = this;
    if (control !== undefined && !((control as unknown) instanceof Socket))
      throw new TypeError('Control must be a socket object');
    if (control !== undefined && !('receive' in control))
      throw new TypeError('Control must be a socket that can receive');
    assertOther(control, 'control', [frontEnd, backEnd, capture]);
    assertReachable(frontEnd, 'Front-end');
    assertReachable(backEnd, 'Back-end');
    const sockets = [frontEnd, backEnd, capture, control].filter((socket) => socket !== undefined);
    this.#core = new ProxyCore({
      frontEnd: coreOf(frontEnd),
      backEnd: coreOf(backEnd),
      capture: capture && coreOf(capture),
      control: control && coreOf(control),
    });
    const pin = (keep: boolean): void => {
      for (const socket of sockets) if (!socket.closed) coreOf(socket).pin('proxy', keep ? socket : undefined);
    };
    pin(true);
    return this.#core.ended.finally(() => pin(false));
  }

  /** Passes nothing on until `resume`; the senders meet their high-water marks. Throws EBADF when it does not run. */
  pause(): void {
    this.#running.pause();
  }

  /** Goes on after `pause`. Throws EBADF when it does not run. */
  resume(): void {
    this.#running.resume();
  }

  /** Ends it. What was passed on is still delivered, as far as the sockets' `linger` goes. Throws EBADF when it does not run. */
  terminate(): void {
    this.#running.terminate();
  }

  /** What went through since `run`; also after the end. */
  statistics(): ProxyStatistics {
    return this.#core?.counters ?? structuredClone(nothing);
  }

  get #running(): ProxyCore {
    if (this.#core?.running !== true) throw new ZmqError('EBADF', 'the proxy does not run');
    return this.#core;
  }
}

function assertReachable(socket: Socket, what: string): void {
  const core = coreOf(socket);
  if (core.closed || core.endpoints.count === 0)
    throw new ZmqError('EINVAL', `${what} socket must be bound or connected`);
}

function assertOther(socket: Socket | undefined, what: string, others: readonly (Socket | undefined)[]): void {
  if (socket !== undefined && others.includes(socket))
    throw new ZmqError('EINVAL', `the ${what} socket must be one that the proxy does not have yet`);
}
