import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotReceive, discardAll, sendTo } from './addressed.js';
import { requireFrame } from './envelope.js';
import { LoadBalancer } from './load-balancer.js';
import type { Pattern, PatternEnvironment } from './pattern.js';

/** 30/PIPELINE, PUSH: round robin over the PULLs; waits when none takes a message, and never drops one. */
export class PushPattern implements Pattern {
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

  /** A PULL never sends; what a stranger sends all the same is thrown away (30/PIPELINE). */
  readable(end: PipeEnd): void {
    this.dropped += discardAll(end);
  }

  writable(end: PipeEnd): void {
    this.#pipes.writable(end);
  }

  trySend(message: Multipart): boolean {
    requireFrame(message);
    const end = this.#pipes.write(message);
    if (end === undefined) return false;
    end.flush();
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireFrame(message);
    return sendTo(end, message);
  }

  tryReceive(): undefined {
    throw cannotReceive('PUSH');
  }

  canSend(): boolean {
    return this.#pipes.canWrite();
  }

  canReceive(): boolean {
    return false;
  }
}
