import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotReceive, discardAll, sendTo } from './addressed.js';
import { LoadBalancer } from './load-balancer.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { requireOnePart } from './single-part.js';

/** 49/SCATTERGATHER, SCATTER: round robin over the GATHERs; waits when none takes a message, and never drops one. */
export class ScatterPattern implements Pattern {
  dropped = 0;
  readonly source = undefined;
  readonly #pipes = new LoadBalancer();

  constructor(_environment: PatternEnvironment) {}

  attach(end: PipeEnd): void {
    this.#pipes.attach(end);
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(): void {}

  detach(end: PipeEnd): void {
    this.#pipes.detach(end);
  }

  /** A GATHER never sends; what a stranger sends all the same is thrown away. */
  readable(end: PipeEnd): void {
    this.dropped += discardAll(end);
  }

  writable(end: PipeEnd): void {
    this.#pipes.writable(end);
  }

  trySend(message: Multipart): boolean {
    requireOnePart(message, 'SCATTER');
    const end = this.#pipes.write(message);
    if (end === undefined) return false;
    end.flush();
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireOnePart(message, 'SCATTER');
    return sendTo(end, message);
  }

  checkWaiting(message: Multipart): void {
    requireOnePart(message, 'SCATTER');
  }

  tryReceive(): undefined {
    throw cannotReceive('SCATTER');
  }

  canSend(): boolean {
    return this.#pipes.canWrite();
  }

  canReceive(): boolean {
    return false;
  }
}
