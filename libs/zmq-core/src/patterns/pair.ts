import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import { requireFrame } from './envelope.js';
import type { Attachment, Pattern, PatternEnvironment } from './pattern.js';

const SECOND_PEER = 'a PAIR socket has one peer, and this one has its peer already (31/EXPAIR)';

/** 31/EXPAIR: one peer and no other; messages both ways, none dropped. */
export class PairPattern implements Pattern {
  readonly dropped = 0;
  /** The pipe of the last message, which was of the only peer there was. */
  source: PipeEnd | undefined;
  readonly #environment: PatternEnvironment;
  #end: PipeEnd | undefined;

  constructor(environment: PatternEnvironment) {
    this.#environment = environment;
  }

  /** A second peer that came to us is refused by its `peerReady`, which follows at once. */
  attach(end: PipeEnd, how: Attachment): void {
    if (this.#end === undefined) this.#end = end;
    else if (how.dialed && end !== this.#end) this.#environment.refusePeer(end, SECOND_PEER);
  }

  peerReady(end: PipeEnd, _info: PeerInfo): string | undefined {
    return end === this.#end ? undefined : SECOND_PEER;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    if (end === this.#end) this.#end = undefined;
  }

  readable(): void {}

  writable(): void {}

  trySend(message: Multipart): boolean {
    requireFrame(message);
    return this.#end !== undefined && this.#end.send(message);
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    return sendTo(end, message);
  }

  tryReceive(): Multipart | undefined {
    const end = this.#end;
    if (end === undefined) return undefined;
    const message = end.read();
    if (message !== undefined) this.source = end;
    return message;
  }

  canSend(): boolean {
    return this.#end !== undefined && this.#end.writable;
  }

  canReceive(): boolean {
    return this.#end !== undefined && this.#end.poll();
  }
}
