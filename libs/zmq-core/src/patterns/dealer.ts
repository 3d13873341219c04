import type { Multipart } from '../foundation/multipart.js';
import type { PeerInfo } from '../foundation/peer-info.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import { probe, requireFrame } from './envelope.js';
import { FairQueue } from './fair-queue.js';
import { LoadBalancer } from './load-balancer.js';
import type { Attachment, Pattern, PatternEnvironment, PatternOptions } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';

/** 28/REQREP, DEALER: round robin out, fair queuing in, and no envelope of its own. */
export class DealerPattern implements Pattern {
  readonly dropped = 0;
  readonly #options: PatternOptions;
  readonly #inward = new FairQueue();
  readonly #outward = new LoadBalancer();

  constructor(environment: PatternEnvironment) {
    this.#options = environment.options;
  }

  get source(): PipeEnd | undefined {
    return this.#inward.source?.end;
  }

  attach(end: PipeEnd, _how: Attachment): void {
    this.#inward.attach(new PipeSlot(end));
    this.#outward.attach(end);
    if (this.#options.probeRouter) end.send(probe());
  }

  /** The probe of a pipe's first connection was queued by `attach`, before anything else. */
  peerReady(end: PipeEnd, _info: PeerInfo): undefined {
    if (this.#options.probeRouter && end.epoch > 0) end.send(probe());
    return undefined;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
    this.#outward.detach(end);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(end: PipeEnd): void {
    this.#outward.writable(end);
  }

  trySend(message: Multipart): boolean {
    requireFrame(message);
    const end = this.#outward.write(message);
    if (end === undefined) return false;
    end.flush();
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    return sendTo(end, message);
  }

  tryReceive(): Multipart | undefined {
    return this.#inward.read();
  }

  canSend(): boolean {
    return this.#outward.canWrite();
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }
}
