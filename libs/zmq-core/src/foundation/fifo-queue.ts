/** Each connection has four queues, and most of them never hold more. */
const INITIAL_CAPACITY = 4;
const KEEP_CAPACITY = 2048;

/**
 * First in, first out, each step O(1), in a ring whose size is a power of two:
 *
 *      head          tail
 *       v             v
 *   [ . a  b  c  d  e . . ]      index & mask wraps around
 *
 * It grows by doubling and falls back to its first size when it runs empty after
 * having been large, so that one burst does not pin its memory for ever.
 */
export class FifoQueue<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(INITIAL_CAPACITY);
  #mask = INITIAL_CAPACITY - 1;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length > this.#mask) this.#grow();
    this.#items[(this.#head + this.#length) & this.#mask] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    if (--this.#length === 0 && this.#mask >= KEEP_CAPACITY) this.clear();
    return item;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** From the first to the last, which stay. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#items[(this.#head + i) & this.#mask] as T;
  }

  clear(): void {
    this.#items = new Array<T | undefined>(INITIAL_CAPACITY);
    this.#mask = INITIAL_CAPACITY - 1;
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const capacity = this.#mask + 1;
    const items = new Array<T | undefined>(capacity * 2);
    for (let i = 0; i < this.#length; i++) items[i] = this.#items[(this.#head + i) & this.#mask];
    this.#items = items;
    this.#mask = items.length - 1;
    this.#head = 0;
  }
}
