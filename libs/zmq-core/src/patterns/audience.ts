import type { CounterName } from '../foundation/diagnostics.js';
import type { Multipart } from '../foundation/multipart.js';
import type { PipeEnd } from '../pipe/pipe.js';
import { Distributor } from './distributor.js';
import { requireFrame } from './envelope.js';
import type { PatternEnvironment, PatternOptions } from './pattern.js';
import type { PrefixVisitor } from './radix-trie.js';
import { type SubscribedPipe, SubscriptionTrie } from './subscription-trie.js';

/** Told of each subscription as it comes in, repeated ones too, after it took effect. */
export type SubscriptionListener = (end: PipeEnd, topic: Buffer, subscribed: boolean) => void;

/** 29/PUBSUB: the subscribers of a PUB or XPUB, and who of them gets a message. */
export class Audience<P extends SubscribedPipe> implements PrefixVisitor<SubscribedPipe[]> {
  readonly topics = new SubscriptionTrie();
  readonly #options: PatternOptions;
  readonly #environment: PatternEnvironment;
  readonly #pipes = new Map<PipeEnd, P>();
  readonly #distributor = new Distributor<SubscribedPipe>();

  constructor(environment: PatternEnvironment) {
    this.#environment = environment;
    this.#options = environment.options;
  }

  /** Messages that full pipes lost. A message that nobody wants is not lost. */
  get dropped(): number {
    return this.#distributor.dropped;
  }

  find(end: PipeEnd): P | undefined {
    return this.#pipes.get(end);
  }

  attach(pipe: P): void {
    this.#pipes.set(pipe.end, pipe);
    this.#distributor.attach(pipe);
  }

  /** The caller then takes the pipe's topics away. */
  detach(end: PipeEnd): P | undefined {
    const pipe = this.#pipes.get(end);
    if (pipe === undefined) return undefined;
    this.#pipes.delete(end);
    this.#distributor.detach(pipe);
    return pipe;
  }

  /** To everybody who holds a prefix of the first frame. False: `noDrop`, and one of them is full. */
  publish(message: Multipart): boolean {
    requireFrame(message);
    const { invertMatching, noDrop } = this.#options;
    const everybody = invertMatching ? undefined : this.topics.onlyEverything;
    if (everybody !== undefined) {
      this.#distributor.selectEach(everybody);
    } else {
      this.#distributor.clear();
      this.topics.match(message[0]!, this);
      if (invertMatching) this.#distributor.invert();
    }
    return this.#distributor.send(message, noDrop);
  }

  /** To this one of those who get it, and to nobody else. */
  publishTo(pipe: P, message: Multipart): boolean {
    requireFrame(message);
    const { invertMatching, noDrop } = this.#options;
    let holds = false;
    this.topics.match(message[0]!, { visit: (pipes) => (holds ||= pipes.includes(pipe)) });
    this.#distributor.clear();
    if (holds !== invertMatching) this.#distributor.select(pipe);
    return this.#distributor.send(message, noDrop);
  }

  visit(pipes: SubscribedPipe[]): void {
    for (let i = 0; i < pipes.length; i++) this.#distributor.select(pipes[i]!);
  }

  /** Refuses the peer that makes us remember more than it may. True when it did. */
  refuseExcess(pipe: P, topics: number, bytes: number): boolean {
    const { maxSubscriptions, maxSubscriptionBytes } = this.#options;
    if (topics <= maxSubscriptions && bytes <= maxSubscriptionBytes) return false;
    if (topics > maxSubscriptions)
      this.#refuse(pipe, `it subscribed to more than ${maxSubscriptions} topics`, 'maxSubscriptions');
    else this.#refuse(pipe, `its topics take more than ${maxSubscriptionBytes} bytes`, 'maxSubscriptionBytes');
    return true;
  }

  /** Refuses the peer of whose subscriptions and cancellations more wait for the application than may. True when it did. */
  refuseUnread(pipe: P, notifications: number, bytes: number): boolean {
    const { maxPendingNotifications: most, maxPendingNotificationBytes: mostBytes } = this.#options;
    if (notifications <= most && bytes <= mostBytes) return false;
    if (notifications > most)
      this.#refuse(
        pipe,
        `more than ${most} of its subscriptions and cancellations are unread`,
        'maxPendingNotifications',
      );
    else
      this.#refuse(
        pipe,
        `its unread subscriptions and cancellations take more than ${mostBytes} bytes`,
        'maxPendingNotificationBytes',
      );
    return true;
  }

  #refuse(pipe: P, reason: string, counter: CounterName & keyof PatternOptions): void {
    this.#environment.refusePeer(pipe.end, `${reason} (see \`${counter}\`)`, counter);
  }
}
