import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotSend } from './addressed.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { SinglePartQueue } from './single-part.js';

/** 49/SCATTERGATHER, GATHER: fair queuing over the SCATTERs. */
export class GatherPattern implements Pattern {
  readonly #inward = new SinglePartQueue();

  constructor(_environment: PatternEnvironment) {}

  get dropped(): number {
    return this.#inward.dropped;
  }

  get source(): PipeEnd | undefined {
    return this.#inward.source?.end;
  }

  get sourceLabel(): unknown {
    return this.#inward.sourceLabel;
  }

  attach(end: PipeEnd): void {
    this.#inward.attach(new PipeSlot(end));
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  trySend(_message: Multipart): boolean {
    throw cannotSend('GATHER');
  }

  trySendTo(_end: PipeEnd, _message: Multipart): boolean {
    throw cannotSend('GATHER');
  }

  tryReceive(): Multipart | undefined {
    return this.#inward.read();
  }

  canSend(): boolean {
    return false;
  }

  canReceive(): boolean {
    return this.#inward.canRead();
  }
}
