import { ZmqError } from '../foundation/errors.js';
import { uint64 } from '../foundation/host-order.js';
import type { Multipart } from '../foundation/multipart.js';
import { ProxyDirection, type Traffic } from './proxy-direction.js';
import type { Occupant, SocketCore } from './socket-core.js';

/** Messages that one direction may move before the other is looked at, as in libzmq. */
const BURST = 1000;

export interface ProxySockets {
  readonly frontEnd: SocketCore;
  readonly backEnd: SocketCore;
  readonly capture: SocketCore | undefined;
  readonly control: SocketCore | undefined;
}

export interface ProxyCounters {
  readonly frontEnd: { readonly received: Readonly<Traffic>; readonly sent: Readonly<Traffic> };
  readonly backEnd: { readonly received: Readonly<Traffic>; readonly sent: Readonly<Traffic> };
  readonly dropped: number;
}

/**
 * A running proxy. It is woken by changes of its sockets, and then moves all that can
 * be moved: no promise, and no turn of the event loop, for a message. While a side
 * takes nothing, nothing is read for it, so that what comes waits in the pipes up to
 * their marks, and the senders feel it.
 */
export class ProxyCore implements Occupant {
  /** Settles at the end, when both sockets are closed. */
  readonly ended: Promise<void>;
  readonly #sockets: ProxySockets;
  readonly #upward: ProxyDirection;
  /** `undefined` when both ends are one socket: one direction is all there is. */
  readonly #downward: ProxyDirection | undefined;
  readonly #unwatch: (() => void)[] = [];
  #settle!: (error: ZmqError | undefined) => void;
  #state: 'active' | 'paused' | 'ended' = 'active';
  #pumping = false;
  #changed = false;
  /** An answer that the control socket had no room for. */
  #reply: Multipart | undefined;

  /** Throws EBUSY, and takes nothing, when one of the sockets is in use. */
  constructor(sockets: ProxySockets) {
    const { frontEnd, backEnd, capture } = sockets;
    this.#sockets = sockets;
    this.#upward = new ProxyDirection(frontEnd, backEnd, capture);
    this.#downward = frontEnd === backEnd ? undefined : new ProxyDirection(backEnd, frontEnd, capture);
    this.ended = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    const all = this.#all;
    for (const socket of all) socket.assertIdle();
    for (const socket of all) {
      socket.occupy(this);
      this.#unwatch.push(socket.watchers.add(this.#pump));
    }
    frontEnd.context.keepAlive.hold();
    this.#pump();
  }

  get running(): boolean {
    return this.#state !== 'ended';
  }

  pause(): void {
    this.#state = 'paused';
  }

  resume(): void {
    this.#state = 'active';
    this.#pump();
  }

  /** Idempotent. */
  terminate(): void {
    this.#end(undefined);
  }

  get counters(): ProxyCounters {
    const [up, down] = [this.#upward, this.#downward];
    const nothing = { frames: 0, bytes: 0 };
    return {
      frontEnd: { received: { ...up.received }, sent: { ...(down?.sent ?? nothing) } },
      backEnd: { received: { ...(down?.received ?? nothing) }, sent: { ...up.sent } },
      dropped: up.dropped + (down?.dropped ?? 0),
    };
  }

  /** One of the sockets is to be closed, or with an error its context was shut down. */
  leave(error: ZmqError | undefined): void {
    this.#end(error);
  }

  get #all(): Set<SocketCore> {
    const { frontEnd, backEnd, capture, control } = this.#sockets;
    return new Set([frontEnd, backEnd, capture, control].filter((socket) => socket !== undefined));
  }

  readonly #pump = (): void => {
    this.#changed = true;
    // What we do here changes the sockets, and so calls us again.
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#changed && this.running) {
      this.#changed = false;
      this.#obey();
      if (this.#state === 'active' && this.#move() > 0) this.#changed = true;
    }
    this.#pumping = false;
  };

  #move(): number {
    return this.#upward.forward(BURST) + (this.#downward?.forward(BURST) ?? 0);
  }

  /** All commands that have come, each after the answer to the one before it has gone. */
  #obey(): void {
    const { control } = this.#sockets;
    if (control === undefined) return;
    if (this.#reply !== undefined && !this.#answer(control, this.#reply)) return;
    this.#reply = undefined;
    while (this.running && control.pattern.canReceive()) {
      const message = control.pattern.tryReceive();
      if (message === undefined) return;
      const reply = this.#perform(message, control);
      if (reply === undefined || this.#answer(control, reply)) continue;
      this.#reply = reply;
      return;
    }
  }

  /** The last frame is the command; what is before it (an id, a delimiter) leads back to who gave it. */
  #perform(message: Multipart, control: SocketCore): Multipart | undefined {
    const envelope = message.slice(0, -1);
    const command = message[message.length - 1]!.toString('latin1');
    // A REP owes an answer to everything, and it owes it before the proxy is gone.
    const reply = control.type === 'REP' ? [Buffer.alloc(0)] : undefined;
    switch (command) {
      case 'STATISTICS':
        return [...envelope, ...statisticsFrames(this.counters)];
      case 'PAUSE':
        this.#state = 'paused';
        break;
      case 'RESUME':
        this.#state = 'active';
        break;
      case 'TERMINATE':
        if (reply !== undefined) this.#answer(control, reply);
        this.#end(undefined);
        return undefined;
    }
    return reply;
  }

  /** False when there is no room. A type that never sends, and a peer that is gone, get no answer. */
  #answer(control: SocketCore, reply: Multipart): boolean {
    try {
      return control.pattern.trySend(reply);
    } catch (error) {
      if (error instanceof ZmqError) return true;
      throw error;
    }
  }

  #end(error: ZmqError | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const { frontEnd, backEnd } = this.#sockets;
    for (const unwatch of this.#unwatch) unwatch();
    for (const socket of this.#all) socket.vacate();
    this.#upward.close();
    this.#downward?.close();
    frontEnd.close();
    backEnd.close();
    frontEnd.context.keepAlive.release();
    this.#settle(error);
  }
}

/** As libzmq flattens them, in the order of its documentation. */
function statisticsFrames({ frontEnd, backEnd }: ProxyCounters): Buffer[] {
  return [frontEnd.received, frontEnd.sent, backEnd.received, backEnd.sent].flatMap(({ frames, bytes }) => [
    uint64(frames),
    uint64(bytes),
  ]);
}
