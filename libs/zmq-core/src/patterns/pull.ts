import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotSend } from './addressed.js';
import { FairQueue } from './fair-queue.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';

/** 30/PIPELINE, PULL: fair queuing over the PUSHes. */
export class PullPattern implements Pattern {
  readonly dropped = 0;
  readonly #pipes = new FairQueue();

  constructor(_environment: PatternEnvironment) {}

  get source(): PipeEnd | undefined {
    return this.#pipes.source?.end;
  }

  attach(end: PipeEnd): void {
    this.#pipes.attach(new PipeSlot(end));
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    this.#pipes.detach(end);
  }

  readable(end: PipeEnd): void {
    this.#pipes.readable(end);
  }

  writable(): void {}

  trySend(_message: Multipart): boolean {
    throw cannotSend('PULL');
  }

  trySendTo(_end: PipeEnd, _message: Multipart): boolean {
    throw cannotSend('PULL');
  }

  tryReceive(): Multipart | undefined {
    return this.#pipes.read();
  }

  canSend(): boolean {
    return false;
  }

  canReceive(): boolean {
    return this.#pipes.canRead();
  }
}
