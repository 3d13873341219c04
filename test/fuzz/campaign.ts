import { Dice } from '../support/dice.js';
import { Mutator } from './mutator.js';
import type { Target } from './target.js';

/** An input that broke something. */
export interface Finding {
  readonly target: string;
  readonly seed: number;
  /** Which of the seed's inputs: with both, the input can be made again. */
  readonly index: number;
  readonly chunks: readonly Buffer[];
  readonly error: unknown;
}

/** After so many findings in one target no more are looked for. */
const ENOUGH = 5;

/**
 * Mutates a target's sessions, one input after the other. Each input has a seed of its
 * own, so that it can be tried again alone.
 */
export class Campaign {
  readonly findings: Finding[] = [];
  inputs = 0;
  readonly #target: Target;
  readonly #seed: number;
  readonly #dice = new Dice(0);
  readonly #mutator: Mutator;

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#seed = seed;
    this.#mutator = new Mutator(this.#dice, target.corpus);
  }

  get over(): boolean {
    return this.findings.length >= ENOUGH;
  }

  /** Tries the inputs `from` to `from + count` - 1. */
  async try(from: number, count: number): Promise<void> {
    for (let index = from; index < from + count && !this.over; index++) {
      const chunks = this.#chunksOf(index);
      this.inputs++;
      try {
        const running = this.#target.run(chunks, this.#dice);
        if (running !== undefined) await running;
      } catch (error) {
        // The code under test keeps views: the input is made anew.
        this.findings.push({
          target: this.#target.name,
          seed: this.#seed,
          index,
          error,
          chunks: this.#chunksOf(index),
        });
      }
    }
  }

  #chunksOf(index: number): Buffer[] {
    this.#dice.seed(Math.imul(this.#seed, 0x01000193) ^ index);
    const pieces = this.#mutator.session();
    if (this.#target.takesFrames) return pieces;
    // A stream never brings nothing.
    return this.#mutator.chunks(pieces).filter(({ length }) => length > 0);
  }
}
