import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { peerGone, sendTo } from './addressed.js';
import { probe, requireFrame, withFrame, withoutFrames } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';
import { Route, RoutingTable } from './routing-table.js';

const ID_TAKEN = 'its routing id is in use by another peer (see `handover`)';
const HANDED_OVER = 'a new peer took over its routing id';

/**
 * 28/REQREP, ROUTER: each message in gets the routing id of its peer as first
 * frame; each message out goes to the peer whose id is its first frame.
 *
 * A peer has its id from `connect`, or else from its handshake, or else from us. A
 * pipe without an id is neither read nor written: with an announced id in use it
 * never gets one (`handover`: it takes over and the older pipe is closed).
 */
export class RouterPattern implements Pattern {
  dropped = 0;
  readonly #environment: PatternEnvironment;
  readonly #routes = new Map<PipeEnd, Route>();
  readonly #table: RoutingTable;
  readonly #inward = new FairQueue<Route>();

  constructor(environment: PatternEnvironment) {
    this.#environment = environment;
    this.#table = new RoutingTable(environment.random);
  }

  get source(): PipeEnd | undefined {
    return this.#inward.source?.end;
  }

  attach(end: PipeEnd, { connectRoutingId }: Attachment): void {
    const route = new Route(end);
    this.#routes.set(end, route);
    if (connectRoutingId !== undefined && connectRoutingId.length > 0) {
      if (!this.#claim(route, connectRoutingId)) {
        this.#environment.refusePeer(end, ID_TAKEN);
        return;
      }
      route.named = true;
      this.#inward.attach(route);
    }
    if (this.#environment.options.probeRouter) end.send(probe());
  }

  peerReady(end: PipeEnd, info: PeerInfo): string | undefined {
    const route = this.#routes.get(end);
    if (route === undefined) return undefined;
    if (!route.named && !this.#identify(route, info.routingId)) return ID_TAKEN;
    this.#inward.attach(route);
    // The probe of a pipe's first connection was queued by `attach`, before anything else.
    if (this.#environment.options.probeRouter && end.epoch > 0) end.send(probe());
    return undefined;
  }

  hiccup(): void {
    // The id stays with the pipe: what is sent to it waits for the next connection.
  }

  detach(end: PipeEnd): void {
    const route = this.#routes.get(end);
    if (route === undefined) return;
    this.#routes.delete(end);
    this.#inward.detach(end);
    this.#table.remove(route);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    requireFrame(message);
    // An id with nothing behind it is nothing to send, even to nobody; libzmq ignores it silently.
    if (message.length === 1) return true;
    const end = this.#table.find(message[0]!)?.end;
    if (end !== undefined && end.send(withoutFrames(message, 1))) return true;
    if (this.#environment.options.mandatory) {
      if (end === undefined) throw new ZmqError('EHOSTUNREACH', 'no peer has this routing id');
      if (!end.open) throw peerGone();
      return false;
    }
    this.dropped++;
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    if (this.#routes.get(end)?.id === undefined) throw peerGone();
    return sendTo(end, message);
  }

  tryReceive(): Multipart | undefined {
    const message = this.#inward.read();
    // A pipe is read only while it has an id.
    return message === undefined ? undefined : withFrame(this.#inward.source!.id!, message);
  }

  /** What cannot be routed is dropped, so only `mandatory` ever waits: while no peer at all takes a message. */
  canSend(): boolean {
    if (!this.#environment.options.mandatory) return true;
    for (const route of this.#routes.values()) if (route.id !== undefined && route.end.writable) return true;
    return false;
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }

  routingIdOf(end: PipeEnd): Buffer | undefined {
    return this.#routes.get(end)?.id;
  }

  /** A later connection on the same pipe may be another peer with another id; one without keeps what we made. */
  #identify(route: Route, announced: Buffer | undefined): boolean {
    if (announced !== undefined && announced.length > 0) return this.#claim(route, announced);
    if (!route.generated) {
      this.#table.remove(route);
      this.#table.addGenerated(route);
    }
    return true;
  }

  /** False when another pipe has the id and keeps it. */
  #claim(route: Route, id: Buffer): boolean {
    const holder = this.#table.find(id);
    if (holder === route) return true;
    if (holder !== undefined && !this.#environment.options.handover) return false;
    if (holder !== undefined) this.detach(holder.end);
    this.#table.remove(route);
    this.#table.add(route, id);
    if (holder !== undefined) this.#environment.refusePeer(holder.end, HANDED_OVER);
    return true;
  }
}
