/**
 * Chance that is the same in every run: a failure names its seed, and the seed brings it
 * back. (xorshift32: fast enough to throw it for each of many million inputs.)
 */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = 1;
    this.seed(seed);
  }

  /** Begins anew. Neighbouring seeds have nothing in common. */
  seed(seed: number): void {
    let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
    this.#state = (mixed ^ (mixed >>> 13)) | 0 || 1;
  }

  /** 32 bits. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.next() / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let i = 0; i < size; i++) bytes[i] = this.next();
    return bytes;
  }
}
