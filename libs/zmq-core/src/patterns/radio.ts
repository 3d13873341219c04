import { ZmqError } from '../foundation/errors.js';
import { isGroup } from '../foundation/group.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { cannotReceive, sendTo } from './addressed.js';
import { Distributor } from './distributor.js';
import { GroupMember, GroupTable } from './group-table.js';
import type { Pattern, PatternEnvironment } from './pattern.js';
import { requireOnePart } from './single-part.js';
import { isSubscribe, isSubscription, topicOf } from './subscription-message.js';

/**
 * 48/RADIO-DISH, RADIO: a message goes to every DISH that has joined its group; a
 * full one misses it, unless `noDrop` makes the sender wait. It receives nothing but
 * what its DISHes join (`01 group`) and leave (`00 group`).
 *
 * The group is the first frame of a message, its part the second, here and on the
 * wire.
 */
export class RadioPattern implements Pattern {
  readonly source = undefined;
  readonly #environment: PatternEnvironment;
  readonly #byEnd = new Map<PipeEnd, GroupMember>();
  readonly #distributor = new Distributor<GroupMember>();
  readonly #groups = new GroupTable();
  #discarded = 0;

  constructor(environment: PatternEnvironment) {
    this.#environment = environment;
  }

  /** Messages that full pipes lost, and messages that came up though a DISH has none to send. */
  get dropped(): number {
    return this.#distributor.dropped + this.#discarded;
  }

  attach(end: PipeEnd): void {
    if (this.#byEnd.has(end)) return;
    const member = new GroupMember(end);
    this.#byEnd.set(end, member);
    this.#distributor.attach(member);
  }

  /** A later connection joins for itself; until it is there, the old groups fill its pipe. */
  peerReady(end: PipeEnd): undefined {
    const member = this.#byEnd.get(end);
    if (member?.lost) {
      member.lost = false;
      this.#groups.leaveAll(member);
    }
    return undefined;
  }

  hiccup(end: PipeEnd): void {
    const member = this.#byEnd.get(end);
    if (member !== undefined) member.lost = true;
  }

  detach(end: PipeEnd): void {
    const member = this.#byEnd.get(end);
    if (member === undefined) return;
    this.#byEnd.delete(end);
    this.#distributor.detach(member);
    this.#groups.leaveAll(member);
  }

  /** Memberships count at once, so they are read as they come. */
  readable(end: PipeEnd): void {
    const member = this.#byEnd.get(end);
    if (member === undefined) return;
    for (let message = end.read(); message !== undefined; message = end.read()) {
      if (member.index < 0) return; // closed from within the read
      const frame = message[0]!;
      if (!isSubscription(frame)) this.#discarded++;
      else if (!isSubscribe(frame)) this.#groups.leave(topicOf(frame), member);
      else if (!this.#join(member, topicOf(frame))) return;
    }
  }

  writable(): void {}

  trySend(message: Multipart): boolean {
    checkMessage(message);
    this.#distributor.selectEach(this.#groups.members(message[0]!.toString('latin1')));
    return this.#distributor.send(message, this.#environment.options.noDrop);
  }

  trySendTo(end: PipeEnd, message: Multipart): boolean {
    checkMessage(message);
    return sendTo(end, message);
  }

  tryReceive(): undefined {
    throw cannotReceive('RADIO');
  }

  canSend(): boolean {
    return true;
  }

  canReceive(): boolean {
    return false;
  }

  /** False: the peer was refused, it makes us remember more than it may. */
  #join(member: GroupMember, group: string): boolean {
    const { maxSubscriptions, maxSubscriptionBytes } = this.#environment.options;
    this.#groups.join(group, member);
    const tooMany = member.groups.size > maxSubscriptions;
    if (!tooMany && member.groupBytes <= maxSubscriptionBytes) return true;
    this.#environment.refusePeer(
      member.end,
      tooMany
        ? `it joined more than ${maxSubscriptions} groups (see \`maxSubscriptions\`)`
        : `its groups take more than ${maxSubscriptionBytes} bytes (see \`maxSubscriptionBytes\`)`,
      tooMany ? 'maxSubscriptions' : 'maxSubscriptionBytes',
    );
    return false;
  }
}

function checkMessage(message: Multipart): void {
  requireOnePart(message, 'RADIO', 1);
  if (!isGroup(message[0]!)) throw new ZmqError('EINVAL', 'a group has at most 255 bytes, none of them zero');
}
