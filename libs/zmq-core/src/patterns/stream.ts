import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { peerGone, sendTo } from './addressed.js';
import { withFrame } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';
import { Route, RoutingTable } from './routing-table.js';

const ID_TAKEN = 'its routing id is in use by another connection';

/**
 * STREAM: raw connections. Each message is a routing id and bytes, both ways; an
 * empty one that is sent ends the connection, one that comes tells of its beginning
 * or end (`notify`: those are the connection's).
 *
 * A pipe has its id from `connect` or from us, and from the start: nobody announces
 * one. It keeps it over all its connections.
 */
export class StreamPattern implements Pattern {
  readonly dropped = 0;
  readonly #environment: PatternEnvironment;
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
    if (this.#inward.find(end) !== undefined) return;
    const route = new Route(end);
    if (connectRoutingId === undefined || connectRoutingId.length === 0) {
      this.#table.addGenerated(route);
    } else if (this.#table.find(connectRoutingId) === undefined) {
      this.#table.add(route, connectRoutingId);
    } else {
      this.#environment.refusePeer(end, ID_TAKEN);
      return;
    }
    this.#inward.attach(route);
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(): void {
    // The id stays with the pipe: what is sent to it waits for the next connection.
  }

  detach(end: PipeEnd): void {
    const route = this.#inward.detach(end);
    if (route !== undefined) this.#table.remove(route);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    if (message.length !== 2) throw wrongFrames(message, 2, 'a routing id and the bytes for its peer');
    const end = this.#table.find(message[0]!)?.end;
    if (end === undefined) throw new ZmqError('EHOSTUNREACH', 'no connection has this routing id');
    return this.#send(end, [message[1]!]);
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    if (message.length !== 1) throw wrongFrames(message, 1, 'the bytes, when the peer is given');
    if (this.#inward.find(end) === undefined) throw peerGone();
    return this.#send(end, message);
  }

  tryReceive(): Multipart | undefined {
    const message = this.#inward.read();
    // A pipe is read only while it has an id.
    return message === undefined ? undefined : withFrame(this.#inward.source!.id!, message);
  }

  /** Optimistic: whether there is room is known when it is known for whom. */
  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }

  routingIdOf(end: PipeEnd): Buffer | undefined {
    return this.#inward.find(end)?.id;
  }

  #send(end: PipeEnd, bytes: Multipart): boolean {
    if (bytes[0]!.length > 0) return sendTo(end, bytes);
    this.#environment.hangUp(end);
    return true;
  }
}

/** libzmq would take a third frame for the id of the next message. */
function wrongFrames(message: Multipart, count: number, what: string): ZmqError {
  return new ZmqError(
    'EINVAL',
    `a message of ${message.length} frames; a STREAM sends ${count}: ${what} (an empty one ends the connection)`,
  );
}
