import { ZmqError } from '../foundation/errors.js';
import { isGroup, MAX_GROUP_SIZE } from '../foundation/group.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotSend } from './addressed.js';
import { FairQueue } from './fair-queue.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { PipeSlot } from './pipe-rotation.js';
import { SubscriptionForwarder } from './subscription-forwarder.js';

/**
 * 48/RADIO-DISH, DISH: fair queuing over the RADIOs, of messages to a group that it
 * has joined. It filters by itself too, for a RADIO may send more: it may not know
 * yet that we left, or send everything (as over udp). What does not match is
 * filtered, not dropped.
 */
export class DishPattern implements Pattern {
  /** Messages that were not a group and one part. */
  dropped = 0;
  /** The pipe of the last message. */
  source: PipeEnd | undefined;
  sourceLabel: unknown;
  readonly #inward = new FairQueue();
  readonly #upward = new SubscriptionForwarder();
  /** A message that matches, when `canReceive` has found it. */
  #ahead: Multipart | undefined;
  #aheadLabel: unknown;

  constructor(_environment: PatternEnvironment) {}

  attach(end: PipeEnd): void {
    this.#inward.attach(new PipeSlot(end));
    this.#upward.attach(end);
  }

  peerReady(): undefined {
    return undefined;
  }

  hiccup(end: PipeEnd): void {
    this.#upward.hiccup(end);
  }

  detach(end: PipeEnd): void {
    this.#inward.detach(end);
    this.#upward.detach(end);
  }

  readable(end: PipeEnd): void {
    this.#inward.readable(end);
  }

  writable(): void {}

  /** Throws EINVAL for a group that was joined already, or is none. */
  join(group: Buffer): void {
    if (!isGroup(group)) {
      throw new ZmqError('EINVAL', `a group of ${group.length} bytes; it may have ${MAX_GROUP_SIZE}, and no zero byte`);
    }
    const key = group.toString('latin1');
    if (this.#upward.topics.has(key)) {
      throw new ZmqError('EINVAL', `the group ${JSON.stringify(String(group))} is joined already`);
    }
    this.#upward.subscribe(key);
  }

  /** Throws EINVAL for a group that is not joined. */
  leave(group: Buffer): void {
    const key = group.toString('latin1');
    if (!this.#upward.topics.has(key)) {
      throw new ZmqError('EINVAL', `the group ${JSON.stringify(String(group))} is not joined`);
    }
    this.#upward.unsubscribe(key);
  }

  trySend(_message: Multipart): boolean {
    throw cannotSend('DISH');
  }

  trySendTo(_end: PipeEnd, _message: Multipart): boolean {
    throw cannotSend('DISH');
  }

  tryReceive(): Multipart | undefined {
    const message = this.#ahead ?? this.#nextMatch();
    if (message === undefined) return undefined;
    this.sourceLabel = this.#ahead && this.#aheadLabel;
    this.#ahead = undefined;
    this.source = this.#inward.source?.end;
    return message;
  }

  canSend(): boolean {
    return false;
  }

  canReceive(): boolean {
    if (this.#ahead !== undefined) return true;
    this.#ahead = this.#nextMatch();
    if (this.#ahead === undefined) return false;
    this.#aheadLabel = this.#inward.source?.end.label;
    return true;
  }

  #nextMatch(): Multipart | undefined {
    for (;;) {
      const message = this.#inward.read();
      if (message === undefined) return undefined;
      if (message.length !== 2) this.dropped++;
      else if (this.#upward.topics.has(message[0]!.toString('latin1'))) return message;
    }
  }
}
