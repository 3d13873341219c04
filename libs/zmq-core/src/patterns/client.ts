import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { sendTo } from './addressed.js';
import { LoadBalancer } from './load-balancer.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { requireOnePart, SinglePartQueue } from './single-part.js';

/** 41/CLISRV, CLIENT: round robin out to the SERVERs, fair queuing in. */
export class ClientPattern implements Pattern {
  readonly #inward = new SinglePartQueue();
  readonly #outward = new LoadBalancer();

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
    this.#outward.attach(end);
  }

  peerReady(): undefined {
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
    requireOnePart(message, 'CLIENT');
    const end = this.#outward.write(message);
    if (end === undefined) return false;
    end.flush();
    return true;
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    requireOnePart(message, 'CLIENT');
    return sendTo(end, message);
  }

  checkWaiting(message: Multipart): void {
    requireOnePart(message, 'CLIENT');
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
