import { randomBytes } from 'node:crypto';

/** The only source of chance: routing ids, jitter, nonces. */
export interface RandomSource {
  bytes(size: number): Buffer;
  /** Uniform in [0, 1), for jitter; not for secrets. */
  fraction(): number;
}

export const systemRandom: RandomSource = {
  bytes: (size) => randomBytes(size),
  fraction: () => Math.random(),
};
