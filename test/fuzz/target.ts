import type { Session } from './mutator.js';

/** Something that takes bytes of a peer. */
export interface Target {
  readonly name: string;
  /** What a good peer says, and what bad ones have said. Never empty. */
  readonly corpus: readonly Session[];
  /** The pieces are frames of a message, and not bytes of a stream that come in chunks. */
  readonly takesFrames?: true;
  /**
   * Takes one input from its beginning to its end. Throws `Broken`, or whatever the code
   * under test lets out, when something holds no more that always must.
   * @param chance for what is up to the other side of the code: when it reads, and how much
   */
  run(chunks: readonly Buffer[], chance: Chance): void | Promise<void>;
  /** Ends what it has open. */
  close?(): Promise<void>;
}

/** What a target may throw dice for. */
export interface Chance {
  below(limit: number): number;
  chance(probability: number): boolean;
}

/** Something held no more that always must. */
export class Broken extends Error {}

export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}
