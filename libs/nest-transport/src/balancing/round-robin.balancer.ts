/** Gives each in turn. Who joins is next but for those before it; who leaves takes no turn away. */
export class RoundRobin<T> {
  readonly #items: T[] = [];
  #turn = 0;

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  /** Idempotent. */
  remove(item: T): void {
    const index = this.#items.indexOf(item);
    if (index < 0) return;
    this.#items.splice(index, 1);
    if (index < this.#turn) this.#turn--;
  }

  /** The next one; `undefined` when there is none. */
  next(): T | undefined {
    if (this.#items.length === 0) return undefined;
    if (this.#turn >= this.#items.length) this.#turn = 0;
    return this.#items[this.#turn++];
  }

  all(): readonly T[] {
    return this.#items;
  }
}
