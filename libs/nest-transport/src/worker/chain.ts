/** What can be in a chain: it is its own link, so that coming and going cost neither a search nor an object. */
export abstract class Link<T extends Link<T>> {
  /** Managed by the chain. */
  chain: Chain<T> | undefined;
  before: T | undefined;
  after: T | undefined;
}

/**
 * A queue that can be entered and left anywhere, all in constant time.
 *
 *     first ⇄ … ⇄ last
 */
export class Chain<T extends Link<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** To the end. The link must not be in a chain. */
  push(link: T): void {
    link.chain = this;
    link.before = this.#last;
    if (this.#last === undefined) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    this.#size++;
  }

  /**
   * Behind another one of this chain; without one to the front. The link must not be in a chain.
   */
  insert(link: T, behind?: T): void {
    const after = behind === undefined ? this.#first : behind.after;
    link.chain = this;
    link.before = behind;
    link.after = after;
    if (behind === undefined) this.#first = link;
    else behind.after = link;
    if (after === undefined) this.#last = link;
    else after.before = link;
    this.#size++;
  }

  /** Idempotent; a link of another chain stays there. */
  remove(link: T): void {
    if (link.chain !== this) return;
    if (link.before === undefined) this.#first = link.after;
    else link.before.after = link.after;
    if (link.after === undefined) this.#last = link.before;
    else link.after.before = link.before;
    link.chain = undefined;
    link.before = undefined;
    link.after = undefined;
    this.#size--;
  }

  /** From first to last. */
  all(): T[] {
    const links: T[] = [];
    for (let link = this.#first; link !== undefined; link = link.after) links.push(link);
    return links;
  }
}
