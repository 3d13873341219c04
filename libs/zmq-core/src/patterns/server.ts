import { ZmqError } from '../foundation/errors.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { peerGone, sendTo } from './addressed.js';
import { withFrame, withoutFrames } from './envelope.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { requireOnePart, SinglePartQueue } from './single-part.js';

const ID_SIZE = 4;

/** A peer and the number by which its messages go. */
class NumberedPipe extends PipeSlot {
  readonly number: number;
  /** The number in four bytes, big-endian: one object for all messages of the peer, not to be changed by anybody. */
  readonly id: Buffer;

  constructor(end: PipeEnd, id: Buffer) {
    super(end);
    this.number = id.readUInt32BE();
    this.id = id;
  }
}

/**
 * 41/CLISRV, SERVER: each message in comes with the routing id of its peer, each
 * message out goes to the peer that its routing id names, and waits when that peer
 * is full.
 *
 * The id is a number of our own, never 0, which no peer is told or can choose; it
 * belongs to the pipe, so a peer that we dialled keeps it over reconnects. In a
 * message it is a frame of four bytes before the part.
 */
export class ServerPattern implements Pattern {
  readonly #type: string;
  readonly #numbered = new Map<number, NumberedPipe>();
  readonly #inward = new SinglePartQueue<NumberedPipe>();
  #last: number;

  constructor({ random }: PatternEnvironment, type = 'SERVER') {
    this.#type = type;
    this.#last = random.bytes(ID_SIZE).readUInt32BE();
  }

  get dropped(): number {
    return this.#inward.dropped;
  }

  get source(): PipeEnd | undefined {
    return this.#inward.source?.end;
  }

  get sourceLabel(): unknown {
    return this.#inward.sourceLabel;
  }

  /** An id that no peer has, for a pipe that is to come. */
  newRoutingId(): Buffer {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#last === 0 || this.#numbered.has(this.#last));
    const id = Buffer.alloc(ID_SIZE);
    id.writeUInt32BE(this.#last);
    return id;
  }

  attach(end: PipeEnd, { connectRoutingId }: Attachment): void {
    if (this.#inward.find(end) !== undefined) return;
    const pipe = new NumberedPipe(end, connectRoutingId ?? this.newRoutingId());
    this.#numbered.set(pipe.number, pipe);
    this.#inward.attach(pipe);
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    const pipe = this.#inward.detach(end);
    if (pipe !== undefined) this.#numbered.delete(pipe.number);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    requireOnePart(message, this.#type, 1);
    const id = message[0]!;
    if (id.length !== ID_SIZE) throw new ZmqError('EINVAL', `a routing id has four bytes, and this one ${id.length}`);
    const pipe = this.#numbered.get(id.readUInt32BE());
    if (pipe === undefined) throw new ZmqError('EHOSTUNREACH', 'no peer has this routing id');
    return sendTo(pipe.end, withoutFrames(message, 1));
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireOnePart(message, this.#type);
    if (this.#inward.find(end) === undefined) throw peerGone();
    return sendTo(end, message);
  }

  tryReceive(): Multipart | undefined {
    const message = this.#inward.read();
    return message === undefined ? undefined : withFrame(this.#inward.source!.id, message);
  }

  /** Only the peer that a message names decides. */
  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }

  routingIdOf(end: PipeEnd): Buffer | undefined {
    return this.#inward.find(end)?.id;
  }
}
