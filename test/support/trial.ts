import { type Clock, type CounterName, type SocketOptions, stats } from '@nest-zmq/core';
import { Bystander } from './bystander.js';
import { bytesAtRest, type Holdings, holdings, untilGivenBack, usedBytes } from './holdings.js';
import type { RawPeer } from './raw-peer.js';
import { Stage } from './stage.js';

/**
 * What a trial may leave behind in memory: code that was compiled meanwhile, the test runner's
 * notes. What a single offender leaves may hide in it: `leaks.spec.ts` has hundreds of each.
 */
export const UNRELATED_BYTES = 8 * 1024 * 1024;

/** A clock that tests hold still, and move. */
export interface StillClock extends Clock {
  /** How many timers are set. */
  readonly pending: number;
  advance(ms: number): void;
}

/**
 * A socket on trial: a ROUTER with a good peer of its own, in time that the test moves, and a
 * healthy pair beside it. At its end everything must be as it was: connections, descriptors,
 * timers and memory.
 */
export class Trial {
  stage!: Stage;
  bystander!: Bystander;
  #before!: Holdings;
  #usedBefore = 0;
  #counted!: Readonly<Record<CounterName, number>>;
  readonly #peers: RawPeer[] = [];

  private constructor(readonly clock: StillClock) {}

  static async begin(clock: StillClock, options: SocketOptions<'ROUTER'> = {}): Promise<Trial> {
    const trial = new Trial(clock);
    trial.#usedBefore = usedBytes();
    trial.#before = holdings();
    trial.bystander = await Bystander.start();
    trial.stage = await Stage.set(trial.clock, options);
    trial.#counted = stats().counters;
    return trial;
  }

  async raw(): Promise<RawPeer> {
    const peer = await this.stage.raw();
    this.#peers.push(peer);
    return peer;
  }

  /** A raw DEALER whose handshake is done. */
  async connected(id: string): Promise<RawPeer> {
    const peer = await this.raw();
    await peer.handshake('DEALER', id);
    return peer;
  }

  /** What was counted since the beginning. */
  get counted(): Partial<Record<CounterName, number>> {
    return countedSince(this.#counted);
  }

  /** The bytes that came to be used since the beginning, the collector having done its work. */
  get grownBy(): number {
    return usedBytes() - this.#usedBefore;
  }

  /** Closes everything, and throws unless all is as it was before. */
  async end(): Promise<void> {
    await this.bystander.stop();
    for (const peer of this.#peers.splice(0)) peer.destroy();
    this.stage.close();
    await untilGivenBack(this.#before);
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
    const grownBy = (await bytesAtRest()) - this.#usedBefore;
    if (grownBy > UNRELATED_BYTES) throw new Error(`${grownBy} bytes more are used than before`);
  }
}

/** Names of counters with how much they have grown, those that have not left out. */
export function countedSince(before: Readonly<Record<CounterName, number>>): Partial<Record<CounterName, number>> {
  const grown: Partial<Record<CounterName, number>> = {};
  for (const [name, count] of Object.entries(stats().counters) as [CounterName, number][]) {
    if (count !== before[name]) grown[name] = count - before[name];
  }
  return grown;
}
