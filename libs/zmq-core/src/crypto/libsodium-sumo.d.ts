/** The package has no types; what is used of it is in `SodiumModule`. */
declare module 'libsodium-sumo' {
  import type { SodiumModule } from './sodium-module.js';

  export default function create(options: {
    readonly getRandomValue: () => number;
  }): Promise<SodiumModule & { _sodium_init(): number }>;
}
