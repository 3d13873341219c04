import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { requireOnePart, SinglePartQueue } from './single-part.js';

const SECOND_PEER = 'a CHANNEL socket has one peer, and this one has its peer already (52/CHANNEL)';

/** 52/CHANNEL: one peer and no other; messages both ways, none dropped but those of several parts. */
export class ChannelPattern implements Pattern {
  readonly #environment: PatternEnvironment;
  readonly #inward = new SinglePartQueue();
  #end: PipeEnd | undefined;

  constructor(environment: PatternEnvironment) {
    this.#environment = environment;
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

  /** A second peer that came to us is refused by its `peerReady`, which follows at once. */
  attach(end: PipeEnd, { dialed }: Attachment): void {
    if (this.#end === undefined) {
      this.#end = end;
      this.#inward.attach(new PipeSlot(end));
    } else if (dialed && end !== this.#end) {
      this.#environment.refusePeer(end, SECOND_PEER);
    }
  }

  peerReady(end: PipeEnd, _info: PeerInfo): string | undefined {
    return end === this.#end ? undefined : SECOND_PEER;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
    if (end === this.#end) this.#end = undefined;
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    requireOnePart(message, 'CHANNEL');
    return this.#end !== undefined && this.#end.send(message);
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireOnePart(message, 'CHANNEL');
    return sendTo(end, message);
  }

  checkWaiting(message: Multipart): void {
    requireOnePart(message, 'CHANNEL');
  }

  tryReceive(): Multipart | undefined {
    return this.#inward.read();
  }

  canSend(): boolean {
    return this.#end !== undefined && this.#end.writable;
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }
}
