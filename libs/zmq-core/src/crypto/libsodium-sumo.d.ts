/** The package has no types; what is used of its module is in `SodiumModule`. */
declare module 'libsodium-sumo' {
  export default function create(options: { readonly getRandomValue: () => number }): Promise<unknown>;
}
